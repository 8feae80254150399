"""An item's history as a band chart: one row a shelf, a bar for each time it stood there, gaps where it was away. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from hub.views import HistoryLine

WIDTH: Final = 720
LEFT: Final = 150
ROW: Final = 34
TOP: Final = 8
MAX_ROWS: Final = 6
AWAY: Final = "away"


class Bar(msgspec.Struct, frozen=True):
    """A stay."""

    x: float
    width: float
    y: int
    away: bool
    place: str
    from_us: int
    to_us: int
    probability: float | None


class Row(msgspec.Struct, frozen=True):
    """A place."""

    name: str
    """Shelf id, or ``away``."""
    y: int


class Chart(msgspec.Struct, frozen=True):
    """What the template draws."""

    height: int
    rows: tuple[Row, ...]
    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, int], ...]
    """x and time."""


def chart(lines: Sequence[HistoryLine], now_us: int) -> Chart | None:
    """`lines` in any order; None when nothing was ever heard. Rows beyond `MAX_ROWS` places (oldest) are left out."""
    stays = sorted((line for line in lines if line.kind in {"placed", "away"}), key=lambda line: line.at_us)
    if not stays:
        return None
    start = stays[0].at_us
    span = max(now_us - start, 60_000_000)
    names = _names(stays)
    at = {name: TOP + index * ROW for index, name in enumerate(names)}
    bars = []
    for line, after in zip(stays, [*stays[1:], None], strict=True):
        place = _place(line)
        if place not in at:
            continue
        until = after.at_us if after else max(now_us, line.at_us)
        x = LEFT + (WIDTH - LEFT) * (line.at_us - start) / span
        wide = max(2.0, (WIDTH - LEFT) * (until - line.at_us) / span)
        bars.append(
            Bar(
                round(x, 1),
                round(wide, 1),
                at[place],
                place == AWAY,
                place,
                line.at_us,
                until,
                line.probability,
            )
        )
    ticks = tuple(
        (round(LEFT + (WIDTH - LEFT) * part, 1), int(start + span * part)) for part in (0.0, 0.5, 1.0)
    )
    return Chart(TOP + len(names) * ROW, tuple(Row(name, at[name]) for name in names), tuple(bars), ticks)


def _names(stays: Sequence[HistoryLine]) -> list[str]:
    latest_first = dict.fromkeys(_place(line) for line in reversed(stays))
    shelves = [name for name in latest_first if name != AWAY][:MAX_ROWS]
    return shelves + ([AWAY] if AWAY in latest_first else [])


def _place(line: HistoryLine) -> str:
    return line.shelf if line.kind == "placed" and line.shelf else AWAY
