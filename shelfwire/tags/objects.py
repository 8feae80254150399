"""ISO 28560-2: a list of objects (ISO/IEC 15962), on HF tags and in the user memory of UHF tags. Pure and total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shelfwire.tags import compaction
from shelfwire.tags.bits import to_hex
from shelfwire.tags.errors import TagError
from shelfwire.tags.isil import pack_isil, unpack_isil

PII: Final = 1
INDEX: Final = 2
OWNER: Final = 3
SET: Final = 4
USAGE: Final = 5
LOCATION: Final = 6
BORROWER: Final = 11
TITLE: Final = 17
MEDIA: Final = 19
STAGE: Final = 20

MAX_OBJECTS: Final = 64
"""More do not fit a tag in any sense; a hostile memory of empty objects ends here."""
MAX_OID: Final = 15 + 0xFF
_ISILS: Final = frozenset({OWNER, BORROWER})
_ONE_BYTE: Final = frozenset({USAGE, MEDIA, STAGE})
_OFFSET: Final = 0x80
_EXTENDED: Final = 15
_TWO_BYTE_LENGTH: Final = 0x80


@dataclass(frozen=True, slots=True)
class TagObject:
    """One element. `text` is None where the bytes are none; `index` are the elements that element 2 announces."""

    oid: int
    scheme: int
    data: bytes
    text: str | None
    fault: str | None = None
    tidy: bool = True
    index: tuple[int, ...] | None = None
    at: int = 0
    """Place of the precursor; `data_at` that of the value; `end` behind the padding."""
    data_at: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Objects:
    """Everything read, and the codes of what was wrong. `end` is where reading ended."""

    objects: tuple[TagObject, ...]
    errors: tuple[str, ...]
    end: int

    def first(self, oid: int) -> TagObject | None:
        """The first object of an element: if two are there, it counts."""
        return next((one for one in self.objects if one.oid == oid), None)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An object to write. Without `scheme` the standard's order chooses; `align` ends it on a block boundary."""

    oid: int
    text: str = ""
    index: tuple[int, ...] = ()
    scheme: int | None = None
    align: bool = False


def decode_objects(memory: bytes, start: int = 0) -> Objects:
    """The objects from byte `start` to a 00, the end, or the first that runs past the end."""
    found: list[TagObject] = []
    errors: list[str] = []
    at = start
    while at < len(memory) and memory[at] and len(found) < MAX_OBJECTS:
        one, fault = _object(memory, at)
        if one is not None:
            found.append(one)
            at = one.end
            if one.fault and one.fault not in errors:
                errors.append(one.fault)
        if fault:
            errors.append(fault)
            break
    return Objects(tuple(found), tuple(errors), at)


def encode_objects(wanted: Sequence[Wanted], *, block: int = 4, start: int = 0) -> bytes:
    """The objects one after another; `start` is the place of the first in the memory. Raises `TagError`."""
    coded = bytearray()
    for one in wanted:
        scheme, data = _value(one)
        if not 0 < one.oid <= MAX_OID:
            raise TagError("bad_oid", f"element {one.oid}: want 1 to {MAX_OID}")
        oid = bytes((one.oid - _EXTENDED,)) if one.oid >= _EXTENDED else b""
        precursor = scheme << 4 | min(one.oid, _EXTENDED)
        length = _length(len(data))
        end = start + len(coded) + 1 + len(oid) + len(length) + len(data)
        missing = -end % block if one.align else 0
        offset = bytes((missing - 1,)) if missing else b""
        coded.append(precursor | (_OFFSET if missing else 0))
        coded += oid + offset + length + data + bytes(max(missing - 1, 0))
    return bytes(coded)


def decode_index(data: bytes) -> tuple[int, ...]:
    """The elements that a content parameter (element 2) announces."""
    return tuple(3 + 8 * at + bit for at, byte in enumerate(data) for bit in range(8) if byte & (0x80 >> bit))


def encode_index(oids: Sequence[int]) -> bytes:
    """A content parameter. Elements 1 and 2 are never listed. Raises `TagError` ``bad_oid``."""
    bits = bytearray()
    for oid in oids:
        if not 3 <= oid <= MAX_OID:  # noqa: PLR2004 (the first element of the list)
            raise TagError(
                "bad_oid", f"element {oid} cannot be listed in a content parameter: want 3 to {MAX_OID}"
            )
        place, bit = divmod(oid - 3, 8)
        bits.extend(bytes(max(place + 1 - len(bits), 0)))
        bits[place] |= 0x80 >> bit
    return bytes(bits)


def _object(memory: bytes, at: int) -> tuple[TagObject | None, str | None]:
    """The object at `at`, and what stops the reading behind it."""
    size = len(memory)
    precursor, place = memory[at], at + 1
    oid = precursor & 0x0F
    if oid == _EXTENDED:
        if place >= size:
            return None, "truncated_object"
        oid += memory[place]
        place += 1
    padding = 0
    if precursor & _OFFSET:
        if place >= size:
            return None, "truncated_object"
        padding = memory[place]
        place += 1
    if place >= size:
        return None, "truncated_object"
    length = memory[place]
    place += 1
    if length & _TWO_BYTE_LENGTH:
        if place >= size:
            return None, "truncated_object"
        length = (length & 0x7F) << 7 | memory[place]
        place += 1
    if place + length > size:
        return None, "truncated_object"
    data = memory[place : place + length]
    end = place + length + padding
    one = _read(oid, precursor >> 4 & 7, data, (at, place, min(end, size)))
    return one, "truncated_object" if end > size else None


def _read(oid: int, scheme: int, data: bytes, places: tuple[int, int, int]) -> TagObject:
    index: tuple[int, ...] | None = None
    if oid in _ONE_BYTE and len(data) == 1 and scheme in {compaction.APPLICATION, compaction.OCTETS}:
        value = compaction.Expanded(to_hex(data))
    elif scheme != compaction.APPLICATION:
        value = compaction.expand(scheme, data)
    elif oid in _ISILS:
        value = compaction.Expanded(unpack_isil(data))
    else:
        value = compaction.Expanded(None)
        index = decode_index(data) if oid == INDEX else None
    return TagObject(oid, scheme, data, value.text, value.fault, value.tidy, index, *places)


def _value(one: Wanted) -> tuple[int, bytes]:
    if one.oid == INDEX:
        return compaction.APPLICATION, encode_index(one.index)
    scheme = scheme_for(one.text, one.oid) if one.scheme is None else one.scheme
    if scheme == compaction.APPLICATION:
        return scheme, pack_isil(one.text)
    if one.oid in _ONE_BYTE and scheme == compaction.OCTETS:
        if len(one.text) != 2 or not set(one.text) <= set("0123456789ABCDEFabcdef"):  # noqa: PLR2004 (one byte)
            raise TagError(
                "bad_character", f"element {one.oid}: {one.text!r} is not one byte as two hex digits"
            )
        return scheme, bytes.fromhex(one.text)
    if not one.text:
        raise TagError("bad_character", f"element {one.oid} has no text")
    return scheme, compaction.compact(scheme, one.text)


def scheme_for(text: str, oid: int | None = None) -> int:
    """The compaction code for a text: by element first, else the first that fits."""
    if oid in _ISILS:
        return compaction.APPLICATION
    if oid in _ONE_BYTE:
        return compaction.OCTETS
    if oid == TITLE:
        return compaction.UTF_8
    return compaction.choose(text)


def _length(count: int) -> bytes:
    if count < _TWO_BYTE_LENGTH:
        return bytes((count,))
    if count >= _TWO_BYTE_LENGTH << 7:
        raise TagError("too_long", f"a value of {count} bytes does not fit a tag")
    return bytes((_TWO_BYTE_LENGTH | count >> 7, count & 0x7F))
