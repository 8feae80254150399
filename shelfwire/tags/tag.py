"""What one tag says, whatever its format. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from shelfwire.tags.gs1 import Gs1

Family = Literal[
    "iso28560-3", "iso28560-2", "iso28560-4", "gxlm", "gs1", "other-iso", "blank", "raw", "unknown"
]
Security = Literal["armed", "off"]
Kind = Literal["item", "patron_card", "shelf_label", "equipment"]

UHF_FAMILIES: Final[tuple[Family, ...]] = ("iso28560-4", "gxlm", "gs1", "other-iso", "blank", "raw")
HF_FAMILIES: Final[tuple[Family, ...]] = ("iso28560-3", "iso28560-2", "blank", "unknown")

AfiUse = Literal["standard", "exchanged", "unused"]
"""What the AFI means at a site: 07 armed and C2 off, the other way round, or nothing (the EAS bit is used alone)."""

AFI_ARMED: Final = 0x07
AFI_OFF: Final = 0xC2
LONGEST_ID: Final = 64
"""Signs of an identifier that may be matched; a longer one is a fault or an attack."""

ELEMENTS: Final = {
    1: "primary item identifier", 2: "content parameter", 3: "owner institution", 4: "set information",
    5: "type of usage", 6: "shelf location", 7: "ONIX media format", 8: "MARC media format", 9: "supplier",
    10: "order number", 11: "ILL borrowing institution", 12: "ILL transaction number", 13: "GS1 product identifier",
    14: "alternative unique item identifier", 15: "local data A", 16: "local data B", 17: "title",
    18: "product identifier, local", 19: "media format", 20: "supply chain stage", 21: "supplier invoice number",
    22: "alternative item identifier", 23: "alternative owner institution", 24: "subsidiary of the owner",
    25: "alternative ILL borrowing institution", 26: "local data C",
}  # fmt: skip
"""Elements of ISO 28560 by number."""

TOLERATED: Final = {
    "bad_padding": "filling is not as the standard wants it",
    "content_mismatch": "the list of elements does not match the elements",
    "content_swapped": "the two bytes of the list of elements are exchanged",
    "dsfid_mismatch": "the DSFID says another format than the content",
    "index_mismatch": "the list of elements does not match the elements",
    "owner_unparsed": "the owner has no prefix that can be told",
    "parts_swapped": "number of parts and part are exchanged",
    "pc_unknown": "the reader did not report the PC word",
    "short_epc": "the reader handed over fewer bytes than the PC word says",
    "text_legacy": "a text is in an older character set",
    "umi_mismatch": "elements are announced, but the PC word says that there is no user memory",
}
"""What was wrong but harmless."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How a site uses its tags. Never guessed from the tags: a person sets it."""

    families: frozenset[Family] = frozenset(UHF_FAMILIES)
    """UHF formats that the site has."""
    afi: AfiUse = "standard"


@dataclass(frozen=True, slots=True)
class Element:
    """One element as stored. `text` is None where the bytes are none or are not understood."""

    oid: int
    text: str | None
    raw: str

    @property
    def name(self) -> str:
        """Its name in ISO 28560."""
        return ELEMENTS.get(self.oid, f"element {self.oid}")


@dataclass(frozen=True, slots=True)
class Tag:
    """What one tag says. None everywhere means: the tag does not say, or that part of it was not read.

    Text on tags is untrusted: escape it in pages, build no file names or queries from it.
    """

    family: Family
    key: str | None = None
    """The tag key of a UHF tag, the same before, during and after a loan. None for HF, blank tags and patron cards."""
    primary_item_id: str | None = None
    alternative_item_id: str | None = None
    owner: str | None = None
    alternative_owner: str | None = None
    part: int | None = None
    """0: this tag stands for the whole set."""
    parts: int | None = None
    usage: str | None = None
    """ISO 28560's two hex digits."""
    kind: Kind = "item"
    shelf_hint: str | None = None
    """Shelf location or call number as stored; never a proof of anything."""
    afi: int | None = None
    security: Security | None = None
    crc_ok: bool | None = None
    gs1: Gs1 | None = None
    elements: tuple[Element, ...] = ()
    tolerated: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()

    @property
    def matchable(self) -> bool:
        """Whether its identifiers may be looked up: an item's, whole, and nothing that no library would print."""
        return self.kind == "item" and self.crc_ok is not False

    @property
    def stands_for_set(self) -> bool:
        """Whether this one tag stands for all parts of a set."""
        return self.part == 0

    def as_json(self) -> dict[str, Any]:
        """The tag for programs, always with the same keys."""
        return {
            "family": self.family,
            "key": self.key,
            "primary_item_id": self.primary_item_id,
            "alternative_item_id": self.alternative_item_id,
            "owner": self.owner,
            "alternative_owner": self.alternative_owner,
            "part": self.part,
            "parts": self.parts,
            "usage": self.usage,
            "kind": self.kind,
            "shelf_hint": self.shelf_hint,
            "afi": None if self.afi is None else f"{self.afi:02X}",
            "security": self.security,
            "crc_ok": self.crc_ok,
            "gs1": None if self.gs1 is None else _gs1_json(self.gs1),
            "elements": [
                {"oid": one.oid, "name": one.name, "text": one.text, "raw": one.raw} for one in self.elements
            ],
            "tolerated": list(self.tolerated),
            "errors": list(self.errors),
        }


def usable_id(text: str | None) -> str | None:
    """The identifier if it may be used to look something up, else None."""
    if text and len(text) <= LONGEST_ID and text.isprintable() and text.strip():
        return text
    return None


def _gs1_json(gs1: Gs1) -> dict[str, str | None]:
    return {
        "scheme": gs1.scheme,
        "uri": gs1.uri,
        "key": gs1.key,
        "element_string": gs1.element_string,
        "isbn": gs1.isbn,
        "serial": gs1.serial,
    }
