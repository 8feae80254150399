"""Small plots as SVG text: lines with marks, dots with intervals. Pure, no library; colours come from the page's style, so they follow its theme.

Every plot is drawn in units of pixels in a box of its own and scales with its column. Series differ by colour, mark and dash, so that colour is never alone.
Classes that the page's style has to know: ``plot``, ``grid``, ``axis``, ``tick``, ``label``, ``s0`` … ``s5`` (one a series), ``band``, ``ideal``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

WIDTH: Final = 560
HEIGHT: Final = 300
LEFT: Final = 52
RIGHT: Final = 14
TOP: Final = 14
BOTTOM: Final = 42
MARKS: Final = 6
"""Kinds of marks and dashes; further series begin anew."""
DASHES: Final = ("", "7 4", "2 4", "9 3 2 3", "4 2", "12 5")
_RADIUS: Final = 4.2

Point = tuple[float, float]


def plain(value: float) -> str:
    """A number as short as it can be said."""
    return f"{value:g}"


def percent(value: float) -> str:
    """A share in percent, as short as it can be said."""
    return f"{value * 100:g}%"


@dataclass(frozen=True, slots=True)
class Axis:
    """One direction of a plot."""

    low: float
    high: float
    ticks: Sequence[float]
    label: str = ""
    words: Callable[[float], str] = plain
    log: bool = False

    def at(self, value: float) -> float:
        """0 at the low end, 1 at the high end; what lies beyond stays at the end."""
        low, high, x = (
            math.log10(max(one, 1e-12)) if self.log else one for one in (self.low, self.high, value)
        )
        return min(1.0, max(0.0, (x - low) / (high - low))) if high > low else 0.0


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a plot."""

    name: str
    points: Sequence[Point]
    style: int
    """Number of its colour, mark and dash."""
    band: Sequence[tuple[float, float, float]] = ()
    """(x, low, high): drawn as a light area."""
    line: bool = True
    marks: bool = True
    sizes: Sequence[float] = field(default=())
    """Radius of each mark; empty: all the same."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an interval plot: a name, and for each style the value with its ends."""

    name: str
    values: Sequence[tuple[int, float, float, float]]
    """(style, value, low, high)."""


def lines(
    series: Sequence[Series],
    x: Axis,
    y: Axis,
    *,
    title: str,
    ideal: Sequence[Point] = (),
    height: int = HEIGHT,
) -> str:
    """Lines over a grid. `ideal`: a thin line for comparison, for example the diagonal of a reliability diagram."""
    box = _Box(x, y, height)
    parts = [_open(title, height), *_grid(box)]
    if ideal:
        parts.append(f'<path class="ideal" d="{_path(box, ideal)}"/>')
    for one in series:
        if one.band:
            outline = [(at, high) for at, _, high in one.band] + [
                (at, low) for at, low, _ in reversed(one.band)
            ]
            parts.append(f'<path class="band s{one.style % MARKS}" d="{_path(box, outline)}Z"/>')
    for one in series:
        parts += _series(box, one)
    return "".join([*parts, "</svg>"])


def intervals(rows: Sequence[Row], x: Axis, *, title: str, goal: float | None = None) -> str:
    """One row a name, one dot with whiskers a style, below each other; a line at the goal."""
    step = 15
    tall = [max(1, len(row.values)) * step + 14 for row in rows]
    height = TOP + sum(tall) + BOTTOM
    left = 168
    box = _Box(x, Axis(0, 1, ()), height, left=left)
    parts = [_open(title, height)]
    for tick in x.ticks:
        at = box.x(tick)
        parts.append(f'<path class="grid" d="M{at:.1f} {TOP}V{height - BOTTOM}"/>')
        parts.append(_text(at, height - BOTTOM + 17, x.words(tick), "tick", "middle"))
    if goal is not None:
        parts.append(f'<path class="ideal" d="M{box.x(goal):.1f} {TOP}V{height - BOTTOM}"/>')
    top = float(TOP)
    for row, size in zip(rows, tall, strict=True):
        parts.append(f'<path class="grid" d="M{left} {top + size:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(_text(left - 10, top + size / 2 + 4, row.name, "tick", "end"))
        for number, (style, value, low, high) in enumerate(row.values):
            at = top + 7 + step * (number + 0.5)
            parts.append(
                f'<path class="whisker s{style % MARKS}" d="M{box.x(low):.1f} {at:.1f}H{box.x(high):.1f}"/>'
            )
            parts.append(_mark(box.x(value), at, style, _RADIUS))
        top += size
    parts.append(_text((left + WIDTH - RIGHT) / 2, height - 6, x.label, "label", "middle"))
    return "".join([*parts, "</svg>"])


def legend_mark(style: int) -> str:
    """The sign of a series for a legend beside the plot."""
    dash = f' stroke-dasharray="{DASHES[style % MARKS]}"' if DASHES[style % MARKS] else ""
    return (
        '<svg class="key" viewBox="0 0 34 12" aria-hidden="true">'
        f'<path class="line s{style % MARKS}" d="M2 6H32"{dash}/>{_mark(17, 6, style, _RADIUS)}</svg>'
    )


class _Box:
    """From values to pixels."""

    def __init__(self, x: Axis, y: Axis, height: int, *, left: int = LEFT) -> None:
        self.axes = x, y
        self.height = height
        self.left = left

    def x(self, value: float) -> float:
        return self.left + self.axes[0].at(value) * (WIDTH - self.left - RIGHT)

    def y(self, value: float) -> float:
        return self.height - BOTTOM - self.axes[1].at(value) * (self.height - TOP - BOTTOM)


def _open(title: str, height: int) -> str:
    name = escape(title.replace("|", " · "), quote=True)
    return (
        f'<svg class="plot" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{name}" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{name}</title>'
    )


def _grid(box: _Box) -> list[str]:
    x, y = box.axes
    low, parts = box.height - BOTTOM, []
    for tick in y.ticks:
        at = box.y(tick)
        parts.append(f'<path class="grid" d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(_text(LEFT - 7, at + 4, y.words(tick), "tick", "end"))
    for tick in x.ticks:
        at = box.x(tick)
        parts.append(f'<path class="axis" d="M{at:.1f} {low}v4"/>')
        parts.append(_text(at, low + 17, x.words(tick), "tick", "middle"))
    parts.append(f'<path class="axis" d="M{LEFT} {low}H{WIDTH - RIGHT}"/>')
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, box.height - 6, x.label, "label", "middle"))
    if y.label:
        parts.append(_text(LEFT, 9, y.label, "label", "start"))
    return parts


def _series(box: _Box, one: Series) -> list[str]:
    parts = []
    if one.line and len(one.points) > 1:
        dash = f' stroke-dasharray="{DASHES[one.style % MARKS]}"' if DASHES[one.style % MARKS] else ""
        parts.append(f'<path class="line s{one.style % MARKS}" d="{_path(box, one.points)}"{dash}/>')
    if one.marks:
        for number, (x, y) in enumerate(one.points):
            size = one.sizes[number] if one.sizes else _RADIUS
            parts.append(
                _mark(box.x(x), box.y(y), one.style, size, f"{one.name}: {box.axes[0].words(x)}, {y:.4g}")
            )
    return parts


def _path(box: _Box, points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{box.x(x):.1f} {box.y(y):.1f}" for x, y in points)


def _mark(x: float, y: float, style: int, r: float, title: str = "") -> str:
    """Circle, triangle, square, diamond, then hollow ones."""
    kind = style % MARKS
    shapes = {
        1: f"M{x:.1f} {y - r * 1.2:.1f}l{r * 1.15:.1f} {r * 2:.1f}h{-r * 2.3:.1f}z",
        2: f"M{x - r * 0.9:.1f} {y - r * 0.9:.1f}h{r * 1.8:.1f}v{r * 1.8:.1f}h{-r * 1.8:.1f}z",
        3: f"M{x:.1f} {y - r * 1.3:.1f}l{r * 1.3:.1f} {r * 1.3:.1f}l{-r * 1.3:.1f} {r * 1.3:.1f}l{-r * 1.3:.1f} {-r * 1.3:.1f}z",
        4: f"M{x - r:.1f} {y:.1f}h{2 * r:.1f}M{x:.1f} {y - r:.1f}v{2 * r:.1f}",
    }
    told = f"<title>{escape(title)}</title>" if title else ""
    if kind in shapes:
        return f'<path class="mark s{kind}" d="{shapes[kind]}">{told}</path>'
    return f'<circle class="mark s{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}">{told}</circle>'


def _text(x: float, y: float, words: str, style: str, anchor: str) -> str:
    """English and Chinese, divided by a bar, become two texts of which the page shows one."""
    where = f'class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    english, bar, chinese = words.partition("|")
    if bar:
        return f'<text {where} lang="en">{escape(english)}</text><text {where} lang="zh">{escape(chinese)}</text>'
    return f"<text {where}>{escape(words)}</text>" if words else ""
