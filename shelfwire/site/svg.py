"""A floor plan for print and for the eye: SVG, to scale, light or dark, in the language asked for. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from xml.sax.saxutils import escape

from shelfwire.site.draw import BayShape, FloorLayout, RangeShape, floor_layout
from shelfwire.site.geometry import XY
from shelfwire.site.model import Site

PIXELS_A_METRE: Final = 90

_LIGHT: Final = {
    "paper": "#ffffff", "floor": "#f6f4ef", "grid": "#e9e5dc", "wall": "#3b3f46", "ink": "#22262b", "soft": "#767b84",
    "bay": "#e7dccb", "edge": "#a08d70", "few": "#f3ece0", "none": "#ffffff", "antenna": "#0f766e", "panel": "#3f4a5a",
    "panelink": "#ffffff", "aisle": "#ffffff",
}  # fmt: skip
_DARK: Final = {
    "paper": "#14171c", "floor": "#1c2027", "grid": "#252a33", "wall": "#8b93a1", "ink": "#e8eaee", "soft": "#98a0ad",
    "bay": "#4a4335", "edge": "#8a7a5c", "few": "#363229", "none": "#1c2027", "antenna": "#2dd4bf", "panel": "#c9d1dd",
    "panelink": "#14171c", "aisle": "#14171c",
}  # fmt: skip

_WORDS: Final = {
    "en": {
        "each": "antenna on every board", "few": "antenna for several boards", "none": "no antenna",
        "antenna": "antenna", "aisle": "aisle", "facts": "{ranges} ranges · {bays} bays · {shelves} shelves · {antennas} antennas",
    },
    "zh": {
        "each": "每层一支天线", "few": "数层共用一支天线", "none": "无天线",
        "antenna": "天线", "aisle": "通道", "facts": "{ranges} 排 · {bays} 架 · {shelves} 层 · {antennas} 支天线",
    },
}  # fmt: skip

_STYLE: Final = """
text{{font-family:'Inter','Noto Sans','Noto Sans CJK SC','Helvetica Neue',Arial,sans-serif;fill:{ink}}}
.floor{{fill:{floor}}} .walls{{fill:none;stroke:{wall};stroke-width:.07}} .grid{{stroke:{grid};stroke-width:.012}}
.bay{{fill:{bay};stroke:{edge};stroke-width:.014}} .few{{fill:{few}}} .none{{fill:{none};stroke-dasharray:.05 .04}}
.body{{fill:none;stroke:{edge};stroke-width:.035;stroke-linejoin:round}} .ant{{fill:{antenna}}} .num{{font-size:.13px;fill:{soft}}}
.label{{font-size:.145px;fill:{ink}}} .panel{{fill:{panel}}} .name{{font-size:.15px;font-weight:600;fill:{panelink}}}
.aisle{{fill:{aisle};stroke:{soft};stroke-width:.014}} .small{{font-size:.15px;fill:{soft}}} .title{{font-size:.32px;font-weight:600}}
.rule{{stroke:{soft};stroke-width:.02;fill:none}}
"""

_HEAD_M: Final = 1.0
_FOOT_M: Final = 0.7
_LEGEND_M: Final = 9.6


def floor_svg(site: Site, floor_id: str, *, language: str = "en", dark: bool = False) -> str:
    """One floor as an SVG document. Raises `KeyError` for a floor that the site does not have."""
    return floors_svg(site, [floor_id], language=language, dark=dark)


def floors_svg(site: Site, floor_ids: Sequence[str], *, language: str = "en", dark: bool = False) -> str:
    """Several floors, one under the other, in one SVG document."""
    layouts = [floor_layout(site, floor_id) for floor_id in floor_ids]
    width = max([layout.view_box[2] for layout in layouts] + [_LEGEND_M])
    heights = [layout.view_box[3] + _HEAD_M + _FOOT_M for layout in layouts]
    colours = _DARK if dark else _LIGHT
    lines = [
        _open(width, sum(heights)),
        f"<style>{_STYLE.format(**colours)}</style>",
        f'<rect width="{_n(width)}" height="{_n(sum(heights))}" fill="{colours["paper"]}"/>',
    ]
    top = 0.0
    for layout, height in zip(layouts, heights, strict=True):
        lines.append(f'<g transform="translate({_n(-layout.view_box[0])} {_n(top)})">')
        lines.extend(_floor(site, layout, language))
        lines.append("</g>")
        top += height
    lines.append("</svg>")
    return "\n".join(lines) + "\n"


def _open(width_m: float, height_m: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width_m)} {_n(height_m)}" '
        f'width="{width_m * PIXELS_A_METRE:.0f}" height="{height_m * PIXELS_A_METRE:.0f}">'
    )


def _floor(site: Site, layout: FloorLayout, language: str) -> Iterator[str]:
    words = _WORDS.get(language, _WORDS["en"])
    yield from _head(site, layout, language, words)
    yield f'<g transform="translate(0 {_n(_HEAD_M - layout.view_box[1])})">'
    size = f'width="{_n(layout.width_m)}" height="{_n(layout.depth_m)}"'
    yield f'<rect class="floor" {size}/>'
    yield from _grid(layout)
    yield f'<rect class="walls" x="-.035" y="-.035" width="{_n(layout.width_m + 0.07)}" height="{_n(layout.depth_m + 0.07)}"/>'
    for bay in layout.bays:
        yield from _bay(bay)
    for rng in layout.ranges:
        yield f'<polygon class="body" points="{_points(rng.outline)}"/>'
        yield from _panels(rng)
        for face in rng.faces:
            if face.label:
                yield _text(
                    face.label_at, face.text_angle_deg, "label", _fitted(face.label, face.length_m - 0.7)
                )
    for aisle in layout.aisles:
        x, y = aisle.at
        yield f'<circle class="aisle" cx="{_n(x)}" cy="{_n(y)}" r=".12"/>'
        yield _text(aisle.at, 0, "num", str(aisle.number))
    yield "</g>"
    yield from _legend(layout, words)


def _head(site: Site, layout: FloorLayout, language: str, words: dict[str, str]) -> Iterator[str]:
    shelves = site.within(layout.floor)
    antennas = {antenna.id for shelf in shelves for antenna in site.heard_by.get(shelf.id, ())}
    title = _name(layout.name, language)
    house = _name(site.name, language)
    title = title if house == title else f"{house} – {title}"
    facts = words["facts"].format(
        ranges=len(layout.ranges), bays=len(layout.bays), shelves=len(shelves), antennas=len(antennas)
    )
    yield f'<text class="title" x="0" y=".72">{escape(title)}</text>'
    yield f'<text class="small" x="0" y="1.05">{escape(facts)}</text>'
    x = layout.width_m - 0.15
    yield f'<path class="rule" d="M{_n(x)} 1.05V.5m-.11 .16L{_n(x)} .5l.11 .16"/>'
    yield f'<text class="small" x="{_n(x)}" y=".42" text-anchor="middle">N</text>'


def _grid(layout: FloorLayout) -> Iterator[str]:
    columns = "".join(f"M{x} 0V{_n(layout.depth_m)}" for x in range(1, int(layout.width_m) + 1))
    rows = "".join(f"M0 {y}H{_n(layout.width_m)}" for y in range(1, int(layout.depth_m) + 1))
    yield f'<path class="grid" d="{columns}{rows}"/>'


def _bay(bay: BayShape) -> Iterator[str]:
    kind = "bay" if bay.antennas >= len(bay.shelves) else "bay few" if bay.antennas else "bay none"
    yield f'<polygon class="{kind}" points="{_points(bay.outline)}"><title>{escape(bay.id)}</title></polygon>'
    start, end, back, _ = bay.outline
    depth = (back[0] - end[0], back[1] - end[1])
    name_at = (bay.center[0] + depth[0] * 0.12, bay.center[1] + depth[1] * 0.12)
    yield _text(name_at, bay.text_angle_deg, "num", bay.label[:12])
    for at in range(bay.antennas):
        share = 0.5 + (at - (bay.antennas - 1) / 2) * min(0.1, 0.9 / bay.antennas)
        x = start[0] + (end[0] - start[0]) * share + depth[0] * 0.14
        y = start[1] + (end[1] - start[1]) * share + depth[1] * 0.14
        yield f'<circle class="ant" cx="{_n(x)}" cy="{_n(y)}" r=".02"/>'


def _panels(rng: RangeShape) -> Iterator[str]:
    """The end panels, with the range's name along them, as they hang in a library."""
    (x1, y1), (x2, y2) = rng.ends
    length = max(((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5, 1e-6)
    east = ((x2 - x1) / length, (y2 - y1) / length)
    wide = 0.1 * len(rng.name) + 0.12
    # A range that is shallower than its name is long has its name along, not across.
    across = rng.depth_m >= wide
    span, thick, angle = (
        (rng.depth_m, 0.2, rng.text_angle_deg - 90) if across else (wide, 0.2, rng.text_angle_deg)
    )
    out = (thick if across else span) / 2 + 0.02
    for end, sign in ((rng.ends[0], -1), (rng.ends[1], 1)):
        x, y = end[0] + east[0] * out * sign, end[1] + east[1] * out * sign
        yield (
            f'<g transform="translate({_n(x)} {_n(y)}) rotate({_n(angle)})">'
            f'<rect class="panel" x="{_n(-span / 2)}" y="{_n(-thick / 2)}" width="{_n(span)}" height="{_n(thick)}" rx=".03"/>'
            f'<text class="name" text-anchor="middle" dominant-baseline="central">{escape(rng.name)}</text></g>'
        )


def _legend(layout: FloorLayout, words: dict[str, str]) -> Iterator[str]:
    y = _HEAD_M + layout.view_box[3] + 0.1
    yield f'<path class="rule" d="M0 {_n(y - 0.06)}v.12M0 {_n(y)}h1m0 -.06v.12"/>'
    yield f'<text class="small" x="1.1" y="{_n(y + 0.05)}">1 m</text>'
    x = 1.75
    for kind in ("each", "few", "none"):
        css = {"each": "bay", "few": "bay few", "none": "bay none"}[kind]
        yield f'<rect class="{css}" x="{_n(x)}" y="{_n(y - 0.1)}" width=".26" height=".2"/>'
        yield f'<text class="small" x="{_n(x + 0.34)}" y="{_n(y + 0.05)}">{words[kind]}</text>'
        x += 0.34 + 0.3 + _width_m(words[kind], 0.15)
    yield f'<circle class="ant" cx="{_n(x + 0.1)}" cy="{_n(y)}" r=".035"/>'
    yield f'<text class="small" x="{_n(x + 0.22)}" y="{_n(y + 0.05)}">{words["antenna"]}</text>'
    x += 0.22 + 0.3 + _width_m(words["antenna"], 0.15)
    yield f'<circle class="aisle" cx="{_n(x + 0.1)}" cy="{_n(y)}" r=".12"/>'
    yield f'<text class="small" x="{_n(x + 0.3)}" y="{_n(y + 0.05)}">{words["aisle"]}</text>'


def _text(at: XY, angle_deg: float, css: str, text: str) -> str:
    turn = f" rotate({_n(angle_deg)})" if angle_deg else ""
    return (
        f'<text class="{css}" transform="translate({_n(at[0])} {_n(at[1])}){turn}" '
        f'text-anchor="middle" dominant-baseline="central">{escape(text)}</text>'
    )


def _name(names: dict[str, str], language: str) -> str:
    return names.get(language) or names.get("en") or ""


def _width_m(text: str, size_m: float) -> float:
    """About as wide as the text will be: Chinese signs are square, others a good half."""
    return sum(size_m if ord(sign) > 0x2E7F else size_m * 0.54 for sign in text)  # noqa: PLR2004 (CJK begins there)


def _fitted(text: str, room_m: float) -> str:
    while len(text) > 1 and _width_m(text, 0.145) > room_m:
        text = text[:-2].rstrip() + "…"
    return text


def _points(outline: Sequence[XY]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in outline)


def _n(number: float) -> str:
    return f"{number:.3f}".rstrip("0").rstrip(".") or "0"
