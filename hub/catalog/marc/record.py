"""One MARC record as bytes → its fields, read by the directory where that fits and in their order where it lies. Pure.

Systems get lengths wrong in every way: the record's own (also because it needs more than five digits), the base address,
and the places in the directory (counted in characters, or modulo 100,000). The terminators between fields are right
nearly always, so they are what counts.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Final

import msgspec

FIELD_END: Final = b"\x1e"
DELIMITER: Final = b"\x1f"
LEADER: Final = 24
_ENTRY: Final = 12
_INDICATORS: Final = 2

LENGTH_LIES: Final = "its leader says another length than it has"
BASE_LIES: Final = "its leader says another beginning of the fields than its directory"
DIRECTORY_LIES: Final = "its directory says other places than its fields have; taken in their order"
NO_INDICATORS: Final = "a field without its two indicators"

Fields = dict[str, list[bytes]]
"""Tag → raw fields: two indicators, then subfields, each behind `DELIMITER`; a control field is its text alone."""


class Record(msgspec.Struct, frozen=True):
    """One record as it stands, values undecoded."""

    number: int
    """Counted from 1 over all records of the file, broken ones too."""
    fields: Fields
    """Those that were asked for."""
    raw: bytes
    """All of it, to tell the encoding by."""
    utf8: bool
    """What the leader says."""
    notes: list[str]
    """What was odd and could be read all the same."""
    is_xml: bool = False
    """Its values are UTF-8 then, whatever is declared."""


class Subfields:
    """The subfields of one raw field, undecoded."""

    def __init__(self, field: bytes) -> None:
        self._pieces = field.split(DELIMITER)
        self._first: dict[int, bytes] | None = None

    def __call__(self, code: str) -> bytes:
        """The first subfield of that code without blanks around it; empty when there is none."""
        if self._first is None:
            self._first = {piece[0]: piece for piece in reversed(self._pieces[1:]) if piece}
        return self._first.get(ord(code), b"")[1:].strip()

    def all(self, codes: str) -> list[bytes]:
        """All subfields of these codes, as they stand."""
        wanted = codes.encode()
        return [piece[1:] for piece in self._pieces[1:] if piece[:1] in wanted and piece]

    def has(self, code: str) -> bool:
        """Whether a subfield of that code holds more than blanks."""
        return bool(self(code))

    @property
    def indicators(self) -> str:
        """Both; other than two signs when the field has none."""
        return self._pieces[0].decode("ascii", "replace")


def parse(raw: bytes, wanted: Container[str]) -> tuple[Fields, bool, list[str]]:
    """(fields with a tag in `wanted`, whether the leader says UTF-8, what was odd) of a record with its terminator.

    Raises `ValueError` in words for what has no structure.
    """
    notes: list[str] = []
    if raw[:5] != b"%05d" % len(raw):
        notes.append(LENGTH_LIES)
    end = raw.find(FIELD_END, LEADER)
    if end < 0:
        raise ValueError("no field terminator behind its leader: it has no directory")
    directory = raw[LEADER:end]
    if not directory or len(directory) % _ENTRY:
        raise ValueError(
            f"its directory has {len(directory)} bytes, which is no number of entries of {_ENTRY}"
        )
    if not directory.isalnum():
        odd = next(byte for byte in directory if not bytes([byte]).isalnum())
        raise ValueError(f"a byte {odd:#04x} in its directory, where only letters and digits can stand")
    base = end + 1
    if raw[12:17] != b"%05d" % base:
        notes.append(BASE_LIES)
    entries = directory.decode("ascii")
    fields = _by_directory(raw, entries, base, wanted)
    if fields is None:
        fields = _in_order(raw, entries, base, wanted)
        notes.append(DIRECTORY_LIES)
    if any(
        field[_INDICATORS : _INDICATORS + 1] != DELIMITER
        for tag in fields
        if tag >= "010"
        for field in fields[tag]
    ):
        notes.append(NO_INDICATORS)
    return fields, raw[9:10] == b"a", notes


def _by_directory(raw: bytes, entries: str, base: int, wanted: Container[str]) -> Fields | None:
    """None: an entry does not say from one terminator to the next."""
    fields: Fields = {}
    for at in range(0, len(entries), _ENTRY):
        tag = entries[at : at + 3]
        if tag not in wanted:
            continue
        try:
            begins = base + int(entries[at + 7 : at + 12])
            ends = begins + int(entries[at + 3 : at + 7]) - 1
        except ValueError:
            return None
        field = raw[begins:ends]
        if raw[ends : ends + 1] != FIELD_END or raw[begins - 1 : begins] != FIELD_END or FIELD_END in field:
            return None
        fields.setdefault(tag, []).append(field)
    return fields


def _in_order(raw: bytes, entries: str, base: int, wanted: Container[str]) -> Fields:
    parts = raw[base:-1].split(FIELD_END)
    if parts and not parts[-1].strip():
        parts.pop()
    if len(parts) * _ENTRY != len(entries):
        raise ValueError(
            f"its directory names {len(entries) // _ENTRY} fields and fits none; it has {len(parts)}"
        )
    fields: Fields = {}
    for number, part in enumerate(parts):
        tag = entries[number * _ENTRY : number * _ENTRY + 3]
        if tag in wanted:
            fields.setdefault(tag, []).append(part)
    return fields
