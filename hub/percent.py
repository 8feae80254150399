"""How sure, in whole percent: one rounding for all who tell it. Pure."""

from __future__ import annotations

from typing import Final

_ALL: Final = 100


def percent(probability: float) -> str:
    """The nearest whole number, for example ``98``; ``>99`` and ``<1`` at the ends, since nobody is certain."""
    whole = round(max(0.0, min(1.0, probability)) * _ALL)
    return ">99" if whole >= _ALL else "<1" if whole < 1 else str(whole)
