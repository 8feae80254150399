"""How a change of place keeps its reasons in the item's history: small, since every move of every item writes one. Pure.

About 90 bytes a piece and 30 a candidate; the names of fields would double that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from hub.effects import Evidence
from hub.explain.model import PIECES

_FIELDS: Final = Evidence.__struct_fields__
"""A piece is kept as a list in this order. New fields go to the end, so that old rows are read for ever."""
_MAX_CANDIDATES: Final = 8


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What a change of place kept."""

    tag_key: str
    before: str
    """Shelf id, ``away``, or empty: not heard before."""
    last_heard_at_us: int
    """0: never."""
    candidates: list[tuple[str, float]]
    evidence: list[Evidence]


def keep(why: Kept) -> dict[str, Any]:
    """The detail of a ``placed`` or ``away`` event, as JSON can hold it."""
    return {
        "tag": why.tag_key,
        "before": why.before,
        "heard_us": why.last_heard_at_us,
        "candidates": [[place, share] for place, share in why.candidates[:_MAX_CANDIDATES]],
        "pieces": [list(msgspec.structs.astuple(one)) for one in why.evidence[:PIECES]],
    }


def kept(detail: Mapping[str, Any]) -> Kept | None:
    """What `keep` wrote; None: the event is older than the keeping of reasons, or cannot be read."""
    if "pieces" not in detail:
        return None
    try:
        plain = [dict(zip(_FIELDS, piece, strict=False)) for piece in detail["pieces"]]
        return msgspec.convert(
            {
                "tag_key": detail["tag"],
                "before": detail["before"],
                "last_heard_at_us": detail["heard_us"],
                "candidates": detail["candidates"],
                "evidence": plain,
            },
            Kept,
        )
    except (KeyError, TypeError, msgspec.ValidationError):
        return None
