"""A sparkline: a short row of numbers as one SVG path. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

WIDTH: Final = 120
HEIGHT: Final = 32
_PAD: Final = 2


class Spark(msgspec.Struct, frozen=True):
    """What the template draws."""

    line: str
    """SVG path; starts anew after a hole in the data."""
    low: float
    high: float
    last: float


def spark(points: Sequence[tuple[int, float]], from_us: int, to_us: int, bucket_s: int) -> Spark | None:
    """`points` are (time, value), rising in time; None when there are fewer than two. A missing bucket is a gap, not a zero."""
    if len(points) < 2 or to_us <= from_us:  # noqa: PLR2004 (a line has two ends)
        return None
    values = [value for _, value in points]
    low, high = min(values), max(values)
    base, span = (min(0.0, low), (high - min(0.0, low)) or 1.0)
    parts: list[str] = []
    before: int | None = None
    for at_us, value in points:
        x = _PAD + (WIDTH - 2 * _PAD) * (at_us - from_us) / (to_us - from_us)
        y = HEIGHT - _PAD - (HEIGHT - 2 * _PAD) * (value - base) / span
        gap = before is None or at_us - before > 2_500_000 * bucket_s
        parts.append(f"{'M' if gap else 'L'}{x:.1f} {y:.1f}")
        before = at_us
    return Spark("".join(parts), low, high, values[-1])
