"""A survey as one HTML file: what to do, which shelf is heard by what, and all levels. English and Chinese, light and dark. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from typing import Final

from hub.calibrate.advice import Advice
from hub.calibrate.survey import Survey, Surveyed
from hub.calibrate.text import percent
from hub.calibrate.words import HEADS, Words, sentence
from hub.rerun.style import SCRIPT, STYLE
from hub.rerun.times import moment
from shelfwire.site.model import Face, Site

MOST_FACES: Final = 60
"""Drawn; a page of a hundred faces is opened by no phone. `--area` chooses."""
MOST_SQUARES: Final = 60
"""Antennas and shelves of one matrix; a longer face is cut into several."""
MOST_SAID: Final = 40
MOST_WISHES: Final = 8
"""Sentences of one kind: of what is wrong, and of what could be better. The table below has all."""
MOST_ROWS: Final = 500
"""Of the table, weakest first."""
_CELL: Final = 15
_LEFT, _TOP = 96, 92

_MORE: Final = """
:root { --heard: 15 93 99; --wrong: 176 56 11; }
:root[data-theme="dark"] { --heard: 116 203 198; --wrong: 255 157 107; }
@media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) { --heard: 116 203 198; --wrong: 255 157 107; } }
svg.map { display: block; font: 11px system-ui, sans-serif; }
svg.map text { fill: var(--soft); }
svg.map .cell { stroke: var(--line); stroke-width: 0.6; fill: var(--sunk); }
svg.map .own { stroke: var(--ink); stroke-width: 1.4; }
svg.map .heard { fill: rgb(var(--heard)); } svg.map .wrong { fill: rgb(var(--wrong)); }
svg.map .none { fill: none; stroke: var(--line); stroke-dasharray: 2 2; }
.todo { list-style: none; margin: 0; padding: 0; } .todo li { padding: 5px 0; overflow-wrap: anywhere; }
.must { color: var(--bad); }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 10px; margin: 14px 0; }
.facts div { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 10px 12px; }
.facts b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
table.levels td.must { white-space: normal; text-align: left; min-width: 9rem; }
"""
_HEAD: Final[tuple[Words, ...]] = (
    ("antenna", "天线"),
    ("shelves", "层板"),
    ("floor, dBm", "听阈 dBm"),
    ("own shelf, dBm", "本层 dBm"),
    ("margin, dB", "余量 dB"),
    ("next shelves, dBm", "相邻层 dBm"),
    ("own heard", "本层听到"),
    ("next heard", "相邻层听到"),
    ("reference tags", "参考标签"),
    ("books", "书"),
    ("looks", "读取次数"),
    ("to do", "待办"),
)


def t(words: Words) -> str:
    """A text in both languages; the page shows one."""
    return f'<span lang="en">{escape(words[0])}</span><span lang="zh">{escape(words[1])}</span>'


def page(survey: Survey, advice: Sequence[Advice], site: Site, area: str = "") -> str:
    """The whole file; `area`: only what stands under this id is drawn."""
    return "".join(_page(survey, advice, site, area))


def _page(survey: Survey, advice: Sequence[Advice], site: Site, area: str) -> Iterator[str]:
    yield (
        '<!doctype html><html lang="en" data-lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Shelfwire: antennas</title>'
        f"<style>{STYLE}{_MORE}</style></head><body>"
    )
    yield from _top(survey, advice)
    yield "<main>"
    yield from _to_do(advice)
    yield from _faces(survey, site, area)
    yield from _levels(survey, advice)
    yield f"</main><footer>{t(('Made by shelfwire hub calibrate; nothing was written to the hub.', '由 shelfwire hub calibrate 生成；未向中枢写入任何内容。'))}</footer>"
    yield f"<script>{SCRIPT}</script></body></html>\n"


def _top(survey: Survey, advice: Sequence[Advice]) -> Iterator[str]:
    yield (
        '<header><div class="bar"><span>Shelfwire</span><span class="space"></span>'
        f'<button type="button" data-does="lang">{t(("中文", "English"))}</button>'
        f'<button type="button" data-does="theme">{t(("Light / dark", "明 / 暗"))}</button></div>'
        f"<h1>{t(('Which shelf is heard by what', '哪层书架由哪个天线听到'))}</h1>"
    )
    at = moment(survey.at_us, survey.timezone)
    yield f"<p>{escape(survey.site)}: {t((f'as the hub knew it at {at} ({survey.timezone}).', f'中枢在 {at}（{survey.timezone}）所知。'))}</p>"
    learned = sum(one.laps > 0 for one in survey.antennas)
    wrong = sum(one.wrong for one in advice)
    numbers: tuple[tuple[Words, str], ...] = (
        (("antennas", "天线"), f"{len(survey.antennas):,}"),
        (("know their own levels", "已学到自己的电平"), f"{learned:,}"),
        (("must be looked at", "必须处理"), f"{wrong:,}"),
        (("could be better", "可以改进"), f"{len(advice) - wrong:,}"),
        (("tags located", "已定位标签"), f"{survey.located:,} / {survey.tags:,}"),
    )
    yield '<div class="facts">'
    yield "".join(f"<div><b>{value}</b>{t(words)}</div>" for words, value in numbers)
    yield "</div></header>"


def _to_do(advice: Sequence[Advice]) -> Iterator[str]:
    yield f"<h2>{t(('What to do next', '下一步'))}</h2>"
    if not advice:
        nothing = (
            "Nothing: every antenna hears its own shelves, and every shelf has one.",
            "无：每个天线都听得到自己的层板，每层都有天线。",
        )
        yield f"<p>{t(nothing)}</p>"
    for kind, group in groupby(advice, key=lambda one: one.kind):
        found = list(group)
        must = ' class="must"' if found[0].wrong else ""
        yield f'<section class="card"><h3{must}>{t(HEADS[kind])} · {len(found)}</h3><ul class="todo">'
        most = MOST_SAID if found[0].wrong else MOST_WISHES
        yield "".join(f"<li>{t(sentence(one))}</li>" for one in found[:most])
        if len(found) > most:
            rest = len(found) - most
            yield f'<li class="soft">{t((f"and {rest} more", f"另有 {rest} 项"))}</li>'
        yield "</ul></section>"


def _faces(survey: Survey, site: Site, area: str) -> Iterator[str]:
    """For each face a matrix: antennas in the order of their shelves down, shelves across."""
    faces = [
        face for floor in site.floors for rng in floor.ranges for face in rng.faces
        if _stands_in(face, floor.id, rng.id, area)
    ]  # fmt: skip
    yield f"<h2>{t(('Shelf by shelf', '逐层'))}</h2><p class='soft'>"
    yield t(
        (
            "Rows are antennas, columns shelves. The darker, the more looks hear the books of that shelf. Framed: its own. Orange: wrong.",
            "行为天线，列为层板。颜色越深，归属该层的书被听到的读取占比越大；带框：本应由它负责。橙色：听它比听自己的层板更清楚。",
        )
    )
    yield "</p>"
    for face in faces[:MOST_FACES]:
        shelves = [shelf.id for bay in face.bays for shelf in bay.shelves]
        here = set(shelves)
        meant = {shelf: at for at, shelf in enumerate(shelves)}
        rows = sorted(
            (one for one in survey.antennas if here.intersection(one.shelves)),
            key=lambda one: (min(meant[shelf] for shelf in one.shelves if shelf in meant), one.antenna),
        )
        yield f'<section class="card"><h3>{escape(face.id)}</h3>'
        for first in range(0, len(shelves), MOST_SQUARES):
            yield from _matrix(face.id, shelves[first : first + MOST_SQUARES], rows)
        yield "</section>"
    if len(faces) > MOST_FACES:
        rest = len(faces) - MOST_FACES
        yield f"<p>{t((f'{rest} more faces are not drawn; choose with --area.', f'另有 {rest} 个架面未画出；请用 --area 选择。'))}</p>"


def _stands_in(face: Face, floor: str, rng: str, area: str) -> bool:
    """Whether the face is in the area: a site, floor, range, face, bay or shelf of it."""
    within = not area or area in {floor, rng, face.id}
    return within or any(
        area == bay.id or any(area == shelf.id for shelf in bay.shelves) for bay in face.bays
    )


def _matrix(name: str, shelves: Sequence[str], antennas: Sequence[Surveyed]) -> Iterator[str]:
    here = {shelf: at for at, shelf in enumerate(shelves)}
    rows = [one for one in antennas if any(shelf in here for shelf in one.shelves)][: MOST_SQUARES * 2]
    wide, high = _LEFT + _CELL * len(shelves) + 40, _TOP + _CELL * len(rows) + 8
    yield (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(name)}"><svg class="map" width="{wide}" height="{high}" '
        f'viewBox="0 0 {wide} {high}" role="img" aria-label="{escape(name)}">'
    )
    for shelf, at in here.items():
        x = _LEFT + _CELL * at + 11
        yield f'<text x="{x}" y="{_TOP - 6}" transform="rotate(-60 {x} {_TOP - 6})">{escape(_short(shelf, name))}</text>'
    for line, one in enumerate(rows):
        y = _TOP + _CELL * line
        yield f'<text x="{_LEFT - 6}" y="{y + 11}" text-anchor="end">{escape(one.antenna)}</text>'
        yield from _cells(one, here, y)
    yield "</svg></div>"


def _cells(one: Surveyed, here: dict[str, int], y: int) -> Iterator[str]:
    own = max((hears.share for hears in one.hears if hears.own), default=0.0)
    told = {hears.shelf: hears for hears in one.hears}
    for shelf, at in here.items():
        x, hears = _LEFT + _CELL * at, told.get(shelf)
        square = f'x="{x}" y="{y}" width="{_CELL}" height="{_CELL}"'
        if hears is None:
            yield f'<rect class="cell" {square}/>'
            continue
        loud = "" if hears.loud_dbm is None else f", {hears.loud_dbm:.0f} dBm"
        title = f"{one.antenna} · {shelf}: {percent(hears.share)}{loud}, {hears.tags}"
        wrong = not hears.own and hears.share > own
        yield f'<rect class="cell" {square}/>'
        yield (
            f'<rect class="{"wrong" if wrong else "heard"}" fill-opacity="{min(1.0, 0.06 + hears.share):.2f}" {square}>'
            f"<title>{escape(title)}</title></rect>"
        )
        if hears.own:
            yield f'<rect class="own" fill="none" {square}/>'


def _short(shelf: str, face: str) -> str:
    """Without the face, which stands above."""
    return shelf.removeprefix(face).lstrip("-") or shelf


def _levels(survey: Survey, advice: Sequence[Advice]) -> Iterator[str]:
    to_do = {one.antenna: one for one in reversed(advice) if one.antenna}
    to_do |= {one.other: one for one in advice if one.kind == "exchanged"}
    rows = sorted(survey.antennas, key=lambda one: (one.antenna not in to_do, one.margin_db, one.antenna))
    yield f"<h2>{t(('All antennas', '全部天线'))}</h2><p class='soft'>"
    yield t(
        (
            "Floor: the loudness at which a tag is heard in half of the looks. Margin: how far the mean tag of its own shelf stands above it.",
            "听阈：标签在一半读取中被听到的强度。余量：本层标签的平均强度高出听阈多少。",
        )
    )
    yield f'</p><div class="card scroll" tabindex="0" role="region" aria-label="Antennas"><table class="levels"><thead><tr>{"".join(f"<th scope=col>{t(words)}</th>" for words in _HEAD)}</tr></thead><tbody>'
    for one in rows[:MOST_ROWS]:
        yield _row(one, to_do.get(one.antenna))
    yield "</tbody></table></div>"
    if len(rows) > MOST_ROWS:
        rest = len(rows) - MOST_ROWS
        yield f"<p>{t((f'{rest} more have nothing to do.', f'另有 {rest} 个无待办。'))}</p>"


def _row(one: Surveyed, advice: Advice | None) -> str:
    references = f"{one.references}" + (
        "" if one.reference_share is None else f" · {percent(one.reference_share)}"
    )
    shelves = (one.shelves[0] if one.shelves else "–") + (
        f" +{len(one.shelves) - 1}" if len(one.shelves) > 1 else ""
    )
    numbers = (
        f"{one.floor_dbm:.1f}", f"{one.own_dbm:.1f}", f"{one.margin_db:.1f}", f"{one.near_dbm:.1f}", percent(one.own_heard),
        percent(one.near_heard), references, f"{one.own_tags:,}", f"{one.looks:,}",
    )  # fmt: skip
    cells = "".join(f"<td>{escape(value)}</td>" for value in (shelves, *numbers))
    said = "" if advice is None else t(HEADS[advice.kind])
    return f'<tr><th scope="row">{escape(one.antenna)}</th>{cells}<td class="must">{said}</td></tr>'
