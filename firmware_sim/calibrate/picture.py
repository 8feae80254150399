"""The comparison drawn: passes, walks, and every row's distance in tolerances; one SVG without any library, light and dark, and a page around it. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from firmware_sim.calibrate import passes, recorded
from firmware_sim.calibrate.counts import Counts
from firmware_sim.calibrate.measure import Model
from firmware_sim.calibrate.rows import Row

WIDE: Final = 980
_TOP: Final = 96
_PANEL_HIGH: Final = 250
_ROW_HIGH: Final = 19
_GROUP_HIGH: Final = 34
_LIST_TOP: Final = _TOP + _PANEL_HIGH + 96
_MOST_OFF: Final = 1.6
_WALKS: Final = (6, 5, 4, 3, 2)
_LEAST_TAGS: Final = 0.03

STYLE: Final = """
:root { --paper: #ffffff; --ink: #1c2330; --dim: #667085; --line: #d5dae3; --model: #1d5fd1; --bad: #b3261e; --band: #e9f1fd; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #12161d; --ink: #e8ebf1; --dim: #98a2b3; --line: #333b49; --model: #7fb0ff; --bad: #ff8a80; --band: #1b2a44; }
}
svg { font: 13px system-ui, "Segoe UI", "Noto Sans", sans-serif; }
.paper { fill: var(--paper); } .band { fill: var(--band); }
text { fill: var(--ink); } .dim { fill: var(--dim); } .title { font-size: 19px; font-weight: 650; } .head { font-weight: 650; }
.axis { stroke: var(--line); fill: none; } .rule { stroke: var(--dim); fill: none; }
.model { stroke: var(--model); fill: none; stroke-width: 2; } .ring { stroke: var(--model); fill: var(--paper); stroke-width: 2; } .full { fill: var(--model); }
.told { fill: var(--ink); } .alone { stroke: var(--dim); fill: none; stroke-width: 1.5; stroke-dasharray: 4 4; } .out { fill: var(--bad); } .none { fill: none; stroke: var(--dim); stroke-width: 2; }
"""


@dataclass(frozen=True, slots=True)
class _Frame:
    """A panel: where values lie in pixels. The vertical axis may be of powers of ten."""

    left: float
    top: float
    wide: float
    high: float
    x: tuple[float, float]
    y: tuple[float, float]

    def at(self, x: float, y: float) -> tuple[float, float]:
        share_x = (x - self.x[0]) / (self.x[1] - self.x[0])
        share_y = (y - self.y[0]) / (self.y[1] - self.y[0])
        return self.left + share_x * self.wide, self.top + (1.0 - share_y) * self.high


def svg(model: Model, rows: Sequence[Row], shop: Counts) -> str:
    """The whole drawing."""
    parts = [*_title(rows), *_passes(model), *_walks(model, shop)]
    listed, bottom = _list(rows)
    body = "\n".join([*parts, *listed])
    high = bottom + 20
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {high:.0f}" width="{WIDE}" height="{high:.0f}" role="img" '
        f'aria-label="The simulated radio beside recordings">\n<style>{STYLE}</style>\n'
        f'<rect class="paper" width="{WIDE}" height="{high:.0f}"/>\n{body}\n</svg>\n'
    )


def page(drawing: str, rows: Sequence[Row]) -> str:
    """The drawing and, below it, every row with its reason; one file, nothing fetched."""
    head = "".join(
        f"<th>{name}</th>"
        for name in ("figure", "recorded", "model", "may differ by", "basis", "why so much", "")
    )
    lines, group = [], ""
    for row in rows:
        if row.group != group:
            group = row.group
            lines.append(f'<tr><th colspan="7" scope="rowgroup">{escape(group)}</th></tr>')
        cells = (
            row.what,
            row.told,
            row.shown(row.model),
            row.shown(row.tolerance),
            row.basis,
            row.why,
            _verdict(row),
        )
        lines.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f"<title>Calibration</title><style>{STYLE}{_PAGE_STYLE}</style></head>\n<body>\n"
        f'<div class="box" tabindex="0" role="region" aria-label="The drawing">\n{drawing}</div>\n'
        '<div class="box" tabindex="0" role="region" aria-label="Every figure with its reason">\n'
        f"<table><thead><tr>{head}</tr></thead><tbody>\n"
        + "\n".join(lines)
        + "\n</tbody></table>\n</div>\n</body></html>\n"
    )


_PAGE_STYLE: Final = """
body { background: var(--paper); color: var(--ink); font: 14px system-ui, "Segoe UI", "Noto Sans", sans-serif; margin: 16px auto; max-width: 980px; padding: 0 12px; }
.box { overflow-x: auto; } svg { display: block; max-width: 100%; min-width: 640px; height: auto; } table { min-width: 640px; border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
td, th { border-bottom: 1px solid var(--line); padding: 5px 8px; text-align: left; vertical-align: top; } th[scope] { padding-top: 18px; }
"""


def _verdict(row: Row) -> str:
    if row.basis == "left out":
        return "not claimed"
    return "within" if row.within else "OUTSIDE"


def _title(rows: Sequence[Row]) -> Iterator[str]:
    counted = [row for row in rows if row.basis != "left out"]
    good = sum(row.within for row in counted)
    yield _text(24, 34, "The simulated radio beside recordings", "title")
    yield _text(
        24,
        56,
        f"{good} of {len(counted)} figures within their tolerance; {len(rows) - len(counted)} shown and not claimed",
        "dim",
    )
    yield '<circle class="told" cx="560" cy="30" r="5"/>' + _text(572, 34, "recorded")
    yield '<circle class="ring" cx="660" cy="30" r="5"/>' + _text(672, 34, "model")
    yield '<path class="alone" d="M745 30h34"/>' + _text(786, 34, "every miss thrown anew")


def _passes(model: Model) -> Iterator[str]:
    frame = _Frame(60, _TOP + 24, 390, _PANEL_HIGH - 24, (0.75, 4.25), (0.5, 1.0))
    yield _text(24, _TOP + 8, "Share of books read after so many handheld passes", "head")
    for share in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        yield _level(frame, share, f"{share:.1f}")
    for n in (1, 2, 3, 4):
        x, y = frame.at(n, frame.y[0])
        yield _text(x, y + 18, str(n), "dim", "middle")
    for found, level, marks in (
        (model.usual, recorded.ONE_PASS, ((1, recorded.ONE_PASS), (2, recorded.TWO_PASSES))),
        (model.bad, recorded.BAD_ONE_PASS, ((1, recorded.BAD_ONE_PASS), (4, recorded.BAD_FOUR_PASSES))),
    ):
        yield _line(frame, [(n, passes.independent(level, n)) for n in range(1, 5)], "alone")
        yield _line(frame, list(enumerate(found, 1)), "model")
        yield from (_dot(frame, n, share, "ring", 5) for n, share in enumerate(found, 1))
        yield from (_dot(frame, n, mark, "told", 4) for n, mark in marks)
    for text, at, share in (("usual", 1.15, 0.81), ("bad arrangement", 3.05, model.bad[2] - 0.04)):
        x, y = frame.at(at, share)
        yield _text(x, y, text, "dim")


def _walks(model: Model, shop: Counts) -> Iterator[str]:
    frame = _Frame(560, _TOP + 24, 390, _PANEL_HIGH - 24, (-0.5, len(_WALKS) - 0.5), (-1.5, 3.0))
    yield _text(524, _TOP + 8, "Known tags seen in so many of six walks through a shop", "head")
    for power, name in ((-1, "0.1"), (0, "1"), (1, "10"), (2, "100"), (3, "1,000")):
        yield _level(frame, power, name)
    alone = shop.expected_if_independent
    for place, walks in enumerate(_WALKS):
        x, y = frame.at(place, frame.y[0])
        yield _text(x, y + 18, str(walks), "dim", "middle")
        left, level = frame.at(place - 0.32, _power(alone[walks]))
        yield f'<path class="alone" d="M{left:.1f} {level:.1f}h{frame.at(0.64, 0)[0] - frame.at(0, 0)[0]:.1f}"/>'
        mean = sum(one.seen_in[walks] for one in model.shops) / len(model.shops)
        yield _dot(frame, place + 0.12, _power(mean), "ring", 5)
        yield _dot(frame, place - 0.12, _power(shop.seen_in[walks]), "told", 5)


def _power(count: float) -> float:
    return math.log10(max(count, _LEAST_TAGS))


def _list(rows: Sequence[Row]) -> tuple[list[str], float]:
    found = [
        _text(
            24,
            _LIST_TOP - 34,
            "Every figure: how far the model lies from what was recorded, in tolerances",
            "head",
        ),
        _text(
            24,
            _LIST_TOP - 14,
            "filled: follows, no constant was chosen for it · ring: a constant was fitted to it, or it was set · grey ring: left out · band: tolerated",
            "dim",
        ),
    ]
    frame = _Frame(430, 0, 210, 1, (-_MOST_OFF, _MOST_OFF), (0, 1))
    y, group, first = float(_LIST_TOP), "", float(_LIST_TOP)
    lines = []
    for row in rows:
        if row.group != group:
            group = row.group
            y += _GROUP_HIGH
            lines.append(_text(24, y - 10, group, "dim"))
        lines += _listed(frame, row, y)
        y += _ROW_HIGH
    left, right = frame.at(-1, 0)[0], frame.at(1, 0)[0]
    middle = frame.at(0, 0)[0]
    found.append(
        f'<rect class="band" x="{left:.1f}" y="{first + 8:.1f}" width="{right - left:.1f}" height="{y - first - 8:.1f}" rx="4"/>'
    )
    found.append(f'<path class="rule" d="M{middle:.1f} {first + 8:.1f}V{y:.1f}"/>')
    found += [
        _text(760, first + 16, "recorded", "dim", "end"),
        _text(830, first + 16, "model", "dim", "end"),
        _text(850, first + 16, "basis", "dim"),
    ]
    return found + lines, y


def _listed(frame: _Frame, row: Row, y: float) -> Iterator[str]:
    off = max(-_MOST_OFF, min(_MOST_OFF, row.off))
    x = frame.at(off, 0)[0]
    kind = "full" if row.basis == "follows" else "ring"
    if row.basis == "left out":
        kind = "none"
    elif not row.within:
        kind = "out"
    yield _text(36, y + 9, row.what)
    yield f'<circle class="{kind}" cx="{x:.1f}" cy="{y + 5:.1f}" r="5"/>'
    yield _text(760, y + 9, row.told, "", "end")
    yield _text(830, y + 9, row.shown(row.model), "", "end")
    yield _text(850, y + 9, f"{row.basis} · {row.unit}", "dim")


def _level(frame: _Frame, value: float, name: str) -> str:
    x, y = frame.at(frame.x[0], value)
    return f'<path class="axis" d="M{x:.1f} {y:.1f}h{frame.wide:.1f}"/>' + _text(
        x - 8, y + 4, name, "dim", "end"
    )


def _line(frame: _Frame, points: Sequence[tuple[float, float]], kind: str) -> str:
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in (frame.at(*point) for point in points))
    return f'<polyline class="{kind}" points="{places}"/>'


def _dot(frame: _Frame, x: float, y: float, kind: str, radius: int) -> str:
    left, top = frame.at(x, y)
    return f'<circle class="{kind}" cx="{left:.1f}" cy="{top:.1f}" r="{radius}"/>'


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{style}>{escape(text)}</text>'
