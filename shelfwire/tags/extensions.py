"""Extension blocks behind the basic block of ISO 28560-3. Pure and total."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import xor
from typing import Final, NamedTuple

from shelfwire.tags.errors import TagError

LIBRARY: Final = 1
PII: Final = 1
OWNER: Final = 3
ALTERNATIVE_PII: Final = 22
ALTERNATIVE_OWNER: Final = 23
_MEDIA: Final = 19
_STAGE: Final = 20
FIELDS: Final[Mapping[int, tuple[int, ...]]] = {
    LIBRARY: (_MEDIA, ALTERNATIVE_PII, ALTERNATIVE_OWNER),
    2: (9, 18, 10, 21, 13, _STAGE),
    3: (6, 8, 7, 24),
    4: (17,),
    5: (11, 12, 25),
}
"""Elements in their order by block id. In the library block 1 and 3 take the places of 22 and 23 where the basic block
has no room for them. Ids as of the 2011 and 2014 text; the 2024 edition is said to have changed some."""
MAX_BLOCKS: Final = 64
_MAX_LENGTH: Final = 0xFF
_WIDE_ID: Final = 0xFF
_HEAD: Final = 4
_WIDE_HEAD: Final = 6

Value = str | int
"""Text, or one byte for elements 19 and 20."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block. A block of unknown id has only `raw`; one whose checksum is wrong has neither fields nor trust."""

    id: int
    xor_ok: bool
    fields: Mapping[int, Value] = field(default_factory=dict)
    raw: bytes = b""
    at: int = 0
    end: int = 0


class Blocks(NamedTuple):
    """The blocks read, and the codes of what was wrong."""

    blocks: tuple[Block, ...]
    errors: tuple[str, ...]


def decode_blocks(memory: bytes, at: int = 0, *, pii: bool = False, owner: bool = False) -> Blocks:
    """The blocks from `at` on. `pii` and `owner` say that the library block has these, not the alternative ones."""
    found: list[Block] = []
    errors: list[str] = []
    size = len(memory)
    while at < size and memory[at] and len(found) < MAX_BLOCKS:
        length = memory[at]
        if length == 1:
            at += 1
            continue
        wide = at + 2 < size and memory[at + 2] == _WIDE_ID
        head = _WIDE_HEAD if wide else _HEAD
        if length < head or at + length > size:
            errors.append("bad_block_length")
            break
        block = memory[at : at + length]
        number = block[1] | block[3] << 8 | block[4] << 16 if wide else block[1] | block[2] << 8
        if reduce(xor, block):
            found.append(Block(number, xor_ok=False, raw=block[head:], at=at, end=at + length))
            if "xor_mismatch" not in errors:
                errors.append("xor_mismatch")
        else:
            order = _order(number, pii=pii, owner=owner)
            found.append(Block(number, True, _fields(block[head:], order), block[head:], at, at + length))  # noqa: FBT003 (the checksum is right)
        at += length
    return Blocks(tuple(found), tuple(errors))


def encode_block(number: int, fields: Mapping[int, Value]) -> bytes:
    """One block. Raises `TagError` for an unknown id or element, a text with 00, or more than 255 bytes."""
    if number not in FIELDS:
        raise TagError("bad_oid", f"extension block {number} is none of {sorted(FIELDS)}")
    order = _order(number, pii=PII in fields, owner=OWNER in fields)
    unknown = sorted(set(fields) - set(order))
    if unknown:
        raise TagError(
            "bad_oid", f"extension block {number} has no room for element {unknown[0]}: it holds {order}"
        )
    body = _body(order, fields)
    length = _HEAD + len(body)
    if length > _MAX_LENGTH:
        raise TagError(
            "bad_block_length", f"extension block {number} would have {length} bytes, at most {_MAX_LENGTH}"
        )
    block = bytearray((length, number, 0, 0)) + body
    block[3] = reduce(xor, block)
    return bytes(block)


def _order(number: int, *, pii: bool, owner: bool) -> tuple[int, ...]:
    if number == LIBRARY:
        return (_MEDIA, PII if pii else ALTERNATIVE_PII, OWNER if owner else ALTERNATIVE_OWNER)
    return FIELDS.get(number, ())


def _fields(body: bytes, order: tuple[int, ...]) -> dict[int, Value]:
    """Values by element; empty ones are left out."""
    found: dict[int, Value] = {}
    at = 0
    for oid in order:
        if at >= len(body):
            break
        if oid in {_MEDIA, _STAGE}:
            if body[at]:
                found[oid] = body[at]
            at += 1
            continue
        end = body.find(0, at)
        end = len(body) if end < 0 else end
        if end > at:
            found[oid] = _text(body[at:end])
        at = end + 1
    return found


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _body(order: tuple[int, ...], fields: Mapping[int, Value]) -> bytes:
    """Trailing empty fields are left out, and so is the 00 behind the last."""
    coded = bytearray()
    kept = 0
    for oid in order:
        value = fields.get(oid, "")
        if oid in {_MEDIA, _STAGE}:
            number = value or 0
            if not isinstance(number, int) or not 0 <= number <= 0xFF:  # noqa: PLR2004 (one byte)
                raise TagError("bad_number", f"element {oid}: {value!r} is not one byte")
            coded.append(number)
            kept = len(coded) if number else kept
            continue
        raw = _raw(oid, value)
        coded += raw
        kept = len(coded) if raw else kept
        coded.append(0)
    return bytes(coded[:kept])


def _raw(oid: int, value: Value) -> bytes:
    try:
        raw = value.encode() if isinstance(value, str) else b"\x00"
    except UnicodeEncodeError:
        raw = b"\x00"
    if 0 in raw:
        raise TagError("bad_character", f"element {oid}: {value!r} is no text")
    return raw
