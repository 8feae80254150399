"""From a message's payload to the JSON objects in it: one object, an array, one a line, or nothing at all. Pure.

Readers send all of these, by way out and firmware (facts sheet on readers, 15.1 and 16.4). One broken object never costs the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from shelfwire.errors import PeerError

MAX_BODY_BYTES: Final = 512 * 1024
"""A body of more is refused unread. A reader's event takes 300 bytes, its largest batch some hundred of them."""

MAX_OBJECTS: Final = 5_000
"""In one body; what follows is counted as one fault. 512 KiB of real events hold a third of it."""

Body = dict[str, Any]

_decode: Final = msgspec.json.Decoder().decode
_split: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_BRACKET: Final = b"["


def objects(payload: bytes) -> Iterator[Body | PeerError]:
    """Each object of the body in its order; a `PeerError` in the place of each that is none."""
    if len(payload) > MAX_BODY_BYTES:
        yield PeerError(f"a body of more than {MAX_BODY_BYTES} bytes")
        return
    for number, part in enumerate(_parts(payload.strip())):
        if number == MAX_OBJECTS:
            yield PeerError(f"a body of more than {MAX_OBJECTS} objects")
            return
        yield part if isinstance(part, PeerError) else _object(part)


def _parts(body: bytes) -> Iterator[bytes | PeerError]:
    if not body:
        return
    if body.startswith(_BRACKET):
        try:
            yield from (bytes(one) for one in _split(body))
        except (msgspec.DecodeError, RecursionError):
            yield PeerError("an array that is no JSON")
        return
    if b"\n" not in body or not isinstance(_object(body), PeerError):
        yield body
        return
    yield from (line for line in (line.strip() for line in body.split(b"\n")) if line)


def _object(text: bytes) -> Body | PeerError:
    try:
        found = _decode(text)
    except (msgspec.DecodeError, RecursionError):
        return PeerError("no JSON")
    except UnicodeDecodeError:
        return PeerError("no UTF-8 text")
    return found if isinstance(found, dict) else PeerError("JSON, and no object")
