"""One description of an item → the memory of a tag in any format. Pure. What it writes, `decode` reads back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from shelfwire.tags.alliance import encode_alliance
from shelfwire.tags.alliance_user import encode_user
from shelfwire.tags.bits import to_hex
from shelfwire.tags.decoder import decode
from shelfwire.tags.errors import TagError
from shelfwire.tags.extensions import Value
from shelfwire.tags.fixed import WHOLE, encode_fixed
from shelfwire.tags.gs1 import encode_sgtin
from shelfwire.tags.objects import Wanted, encode_objects
from shelfwire.tags.sets import set_text
from shelfwire.tags.tag import AFI_ARMED, AFI_OFF, Family
from shelfwire.tags.uhf import PcWord, encode_pc, encode_uii

WRITABLE: Final[tuple[Family, ...]] = ("iso28560-2", "iso28560-3", "iso28560-4", "gxlm", "gs1")
_ALLIANCE_USAGE: Final = {"10": "0.0", "20": "0.1", "70": "0.2", "80": "3.0", "90": "4.0"}
_MAX_PARTS: Final = 255


@dataclass(frozen=True, slots=True)
class Fields:
    """What a tag shall say. For GS1 `primary_item_id` is the GTIN or ISBN, and `serial` tells copies apart."""

    primary_item_id: str
    owner: str | None = None
    part: int | None = None
    parts: int | None = None
    usage: str | None = None
    """Two hex digits of ISO 28560, ``10`` for a circulating item."""
    shelf_hint: str | None = None
    alternative_item_id: str | None = None
    lent: bool = False
    size: int = WHOLE
    """Of the basic block of ISO 28560-3: 34 or 32 bytes."""
    serial: str = "0"
    company_digits: int = 7
    """Digits of the GS1 company prefix, as the barcode's owner knows them."""
    sorting: int = 0
    """Sorting bin of an alliance tag."""


@dataclass(frozen=True, slots=True)
class Written:
    """The memory of a tag: EPC with PC word and user bank, or the block of an HF tag with DSFID and AFI."""

    family: Family
    pc: int | None = None
    epc: bytes = b""
    user: bytes = b""
    block: bytes = b""
    dsfid: int | None = None
    afi: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The memory for programs, in hex; None for what this kind of tag does not have."""
        return {
            "family": self.family,
            "pc": None if self.pc is None else f"{self.pc:04X}",
            "epc": to_hex(self.epc) or None,
            "user": to_hex(self.user) or None,
            "block": to_hex(self.block) or None,
            "dsfid": None if self.dsfid is None else f"{self.dsfid:02X}",
            "afi": None if self.afi is None else f"{self.afi:02X}",
        }


def encode(family: str, fields: Fields) -> Written:
    """The memory. Raises `TagError` with a code for what the format cannot hold, or would not give back."""
    if family not in _WRITERS:
        raise TagError("bad_use", f"{family!r} cannot be written: want one of {', '.join(WRITABLE)}")
    _check(fields)
    written = _WRITERS[family](fields)
    _check_reading(written, fields)
    return written


def _iso_3(fields: Fields) -> Written:
    usage = fields.usage or "10"
    if usage[1] != "0":
        raise TagError(
            "bad_number", f"type of usage {usage}: ISO 28560-3 holds only the first digit; want {usage[0]}0"
        )
    blocks: dict[int, Mapping[int, Value]] = {}
    if fields.alternative_item_id:
        blocks[1] = {22: fields.alternative_item_id}
    if fields.shelf_hint:
        blocks[3] = {6: fields.shelf_hint}
    block = encode_fixed(
        fields.primary_item_id,
        fields.owner,
        usage=int(usage[0], 16),
        parts=1 if fields.parts is None else fields.parts,
        ordinal=1 if fields.part is None else fields.part,
        size=fields.size,
        blocks=blocks,
    )
    return Written("iso28560-3", block=block, dsfid=0x3E, afi=_afi(fields))


def _iso_2(fields: Fields) -> Written:
    more = _objects(fields)
    if fields.owner:
        more.append(Wanted(3, fields.owner))
    if (text := _set(fields)) is not None:
        more.insert(0, Wanted(4, text))
    index = [Wanted(2, index=tuple(sorted(one.oid for one in more)))] if more else []
    block = encode_objects([Wanted(1, fields.primary_item_id, align=True), *index, *more])
    return Written("iso28560-2", block=block, dsfid=0x06, afi=_afi(fields))


def _iso_4(fields: Fields) -> Written:
    epc = encode_uii(fields.owner, fields.primary_item_id, _set(fields) if fields.owner else None)
    more = _objects(fields)
    if not fields.owner and (text := _set(fields)) is not None:
        more.insert(0, Wanted(4, text))
    user = b""
    if more:
        index = Wanted(2, index=tuple(sorted(one.oid for one in more)))
        user = b"\x06" + encode_objects([index, *more], start=1)
        user += bytes(len(user) % 2)
    afi = _afi(fields)
    return Written(
        "iso28560-4", encode_pc(PcWord(len(epc) // 2, bool(user), xpc=False, iso=True, low=afi)), epc, user
    )


def _alliance(fields: Fields) -> Written:
    elements: list[tuple[int, str]] = []
    if fields.owner:
        elements.append((3, fields.owner))
    if fields.parts is not None:
        elements.append((4, f"{fields.part}/{fields.parts}"))
    if fields.usage:
        if fields.usage not in _ALLIANCE_USAGE:
            raise TagError(
                "bad_number",
                f"type of usage {fields.usage}: an alliance tag has {', '.join(_ALLIANCE_USAGE)}",
            )
        elements.append((5, _ALLIANCE_USAGE[fields.usage]))
    if fields.shelf_hint:
        elements.append((6, fields.shelf_hint))
    if fields.alternative_item_id:
        elements.append((14, fields.alternative_item_id))
    epc = encode_alliance(
        fields.primary_item_id, lent=fields.lent, sorting=fields.sorting, content=[oid for oid, _ in elements]
    )
    user = encode_user(elements)
    return Written(
        "gxlm", encode_pc(PcWord(len(epc) // 2, bool(user), xpc=False, iso=False, low=0)), epc, user
    )


def _gs1(fields: Fields) -> Written:
    epc = encode_sgtin(fields.primary_item_id, fields.serial, fields.company_digits)
    return Written("gs1", encode_pc(PcWord(len(epc) // 2, umi=False, xpc=False, iso=False, low=0)), epc)


_WRITERS: Final = {
    "iso28560-3": _iso_3,
    "iso28560-2": _iso_2,
    "iso28560-4": _iso_4,
    "gxlm": _alliance,
    "gs1": _gs1,
}


def _objects(fields: Fields) -> list[Wanted]:
    wanted = ((5, fields.usage), (6, fields.shelf_hint), (22, fields.alternative_item_id))
    return [Wanted(oid, text) for oid, text in wanted if text]


def _set(fields: Fields) -> str | None:
    return None if fields.parts is None else set_text(fields.part or 0, fields.parts)


def _afi(fields: Fields) -> int:
    return AFI_OFF if fields.lent else AFI_ARMED


def _check(fields: Fields) -> None:
    if (fields.part is None) != (fields.parts is None):
        raise TagError("bad_number", "give both: part and parts")
    if fields.parts is not None and not 0 <= (fields.part or 0) <= fields.parts <= _MAX_PARTS:
        raise TagError(
            "bad_number", f"part {fields.part} of {fields.parts}: want 0 (the whole set) to {_MAX_PARTS}"
        )
    usage = fields.usage or "10"
    if len(usage) != 2 or not set(usage) <= set("0123456789ABCDEF"):  # noqa: PLR2004 (two hex digits)
        raise TagError("bad_number", f"type of usage {usage!r}: want two hex digits, as 10")
    if usage[0] == "8":
        raise TagError("bad_use", "patron cards are not written: nothing about a patron may enter")


def _check_reading(written: Written, fields: Fields) -> None:
    """Whether the tag says what was asked for: the last check before anyone writes it to a chip."""
    if written.block:
        tag = decode(block=written.block, dsfid=written.dsfid, afi=written.afi)
    else:
        tag = decode(written.epc, written.pc, written.user)
    wanted = (written.family, fields.primary_item_id, fields.owner or None, fields.shelf_hint or None)
    found = (tag.family, tag.primary_item_id, tag.owner, tag.shelf_hint)
    if written.family != "gs1" and (found != wanted or tag.errors):
        raise TagError("bad_character", f"{wanted} would be read back as {found}: this format cannot hold it")
