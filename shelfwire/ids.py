"""The forms of ids. Every id that arrives from outside passes one of these before it is used.

None of them can hold a slash, a wildcard or a dot-dot, so each is safe as one level of an MQTT topic and
as a file name.
"""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Final

import msgspec

# `\Z`, not `$`: the latter lets a line break through at the end.
_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}\Z"
_SHELF: Final = r"^[A-Za-z0-9][A-Za-z0-9.-]{0,59}\Z"
_TOKEN: Final = r"^[A-Za-z0-9_-]{1,64}\Z"  # noqa: S105 (a pattern, no secret)

SiteId = Annotated[str, msgspec.Meta(pattern=_NAME)]
AgentId = Annotated[str, msgspec.Meta(pattern=_NAME)]
ReaderId = Annotated[str, msgspec.Meta(pattern=_NAME)]
AntennaId = Annotated[str, msgspec.Meta(pattern=_NAME)]
"""For example ``ant-0417``; never reused, says nothing about where the antenna hangs."""
ShelfId = Annotated[str, msgspec.Meta(pattern=_SHELF)]
"""For example ``2F-R03A-B05-S3``: floor, range and face, bay, shelf; a person can read it."""
Token = Annotated[str, msgspec.Meta(pattern=_TOKEN)]
"""An opaque id made by a machine: a log, a boot, a command, an act, a finding, a sweep."""

_name = re.compile(_NAME)


def is_name(text: str) -> bool:
    """Whether `text` may be the id of a site, agent, reader or antenna."""
    return _name.match(text) is not None


def digest_id(*parts: object) -> str:
    """A short id (20 hex digits) that depends on `parts` alone, so that a replay gives the same id."""
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.blake2s(text.encode(), digest_size=10).hexdigest()
