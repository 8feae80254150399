"""Parts of a set and kinds of things, as elements 4 and 5 tell them. Pure."""

from __future__ import annotations

from typing import Final

from shelfwire.tags.tag import AFI_ARMED, AFI_OFF, AfiUse, Kind, Security
from shelfwire.tags.uhf import is_set

_PATRON_CARD: Final = "8"
_EQUIPMENT: Final = "9"


def parts_of(text: str | None) -> tuple[int | None, int | None]:
    """(part, parts) of set information as ISO 28560 writes it: ``1203`` is part 3 of 12. (None, None) if it is none."""
    if text is None or not is_set(text):
        return None, None
    half = len(text) // 2
    return int(text[half:]), int(text[:half])


def set_text(part: int, parts: int) -> str:
    """Set information as ISO 28560 writes it, in 2, 4 or 6 digits."""
    width = max(len(str(part)), len(str(parts)))
    return f"{parts:0{width}d}{part:0{width}d}"


def kind_of(usage: str | None) -> Kind:
    """What a type of usage (two hex digits) makes of the thing."""
    main = (usage or "1")[0]
    return "patron_card" if main == _PATRON_CARD else "equipment" if main == _EQUIPMENT else "item"


def security_of(afi: int | None, use: AfiUse = "standard") -> Security | None:
    """Whether the gates let the thing pass, by AFI."""
    if use == "unused" or afi not in {AFI_ARMED, AFI_OFF}:
        return None
    return "armed" if (afi == AFI_ARMED) is (use == "standard") else "off"
