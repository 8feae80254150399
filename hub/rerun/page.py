"""A rerun as one HTML file: tables and time lines, English and Chinese, light and dark, no other file needed. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby
from typing import Final

from hub.percent import percent
from hub.rerun.compare import Outcome, Row
from hub.rerun.result import Comparison, Example, Result, RunName
from hub.rerun.style import SCRIPT, STYLE
from hub.rerun.times import length, moment

Words = tuple[str, str]
"""English, Chinese."""

RUNS: Final[dict[RunName, Words]] = {
    "really": ("as it really was", "当时的实际结果"),
    "today": ("today's settings", "当前设置"),
    "other": ("other settings", "另一组设置"),
}
KINDS: Final[dict[str, Words]] = {
    "misplaced": ("in the wrong place", "错架"),
    "out_of_order": ("out of order", "乱序"),
    "missing": ("missing", "丢失"),
    "unexpected": ("unexpected", "不应在架"),
    "security": ("security", "防盗状态"),
    "held": ("on hold", "预约待取"),
    "silent_antenna": ("silent antenna", "天线无声"),
    "stale_shelf": ("shelf not looked at", "层板久未查看"),
    "moved_range": ("range has moved", "整排搬迁"),
}
GAPS: Final[dict[str, Words]] = {
    "silent": ("the hub ran and no report came", "中枢在运行，但没有收到报告"),
    "off": ("the hub did not run", "中枢没有运行"),
    "not_kept": ("not kept: the raw log lacks it", "原始日志中没有保存"),
}
_HEAD: Final[tuple[Words, ...]] = (
    ("in both", "两者都有"),
    ("only the first", "仅前者"),
    ("only the second", "仅后者"),
    ("second sooner", "后者更早"),
    ("second later", "后者更晚"),
    ("median difference", "时间差中位数"),
    ("open, first", "前者未结时长"),
    ("open, second", "后者未结时长"),
)
_UNITS: Final = {"s": "秒", "min": "分钟", "h": "小时", "d": "天"}
_LANES: Final[tuple[RunName, ...]] = ("really", "today", "other")
_WIDTH: Final = 1_000
_LEAST: Final = 3.0
"""Of a bar, in thousandths of the width: a finding of minutes in a month can still be seen."""


def t(words: Words) -> str:
    """A text in both languages; the page shows one."""
    return f'<span lang="en">{escape(words[0])}</span><span lang="zh">{escape(words[1])}</span>'


def page(result: Result) -> str:
    """The whole file."""
    return "".join(_page(result))


def _page(result: Result) -> Iterator[str]:
    yield (
        '<!doctype html><html lang="en" data-lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Shelfwire: again over history</title>'
        f"<style>{STYLE}</style></head><body>"
    )
    yield from _top(result)
    yield "<main>"
    yield from _settings(result)
    for comparison in result.comparisons:
        yield from _comparison(result, comparison)
    yield from _limits(result)
    yield f"</main><footer>{t(('Made by shelfwire hub rerun; nothing was written to the hub.', '由 shelfwire hub rerun 生成；未向中枢写入任何内容。'))}</footer>"
    yield f"<script>{SCRIPT}</script></body></html>\n"


def _top(result: Result) -> Iterator[str]:
    zone, held = result.timezone, result.held
    yield (
        '<header><div class="bar"><span>Shelfwire</span><span class="space"></span>'
        f'<button type="button" data-does="lang">{t(("中文", "English"))}</button>'
        f'<button type="button" data-does="theme">{t(("Light / dark", "明 / 暗"))}</button></div>'
        f"<h1>{t(('Again over history', '用历史数据重新运行'))}</h1>"
    )
    span = f"{moment(result.from_us, zone)} … {moment(result.to_us, zone)} ({zone})"
    yield f"<p>{escape(result.site)}: {escape(span)}</p>"
    yield f'<p class="soft">{t(_counts(result))} '
    yield t(
        (
            f"The engines ran from {moment(result.run_in_us, zone)} on, to know the library.",
            f"引擎从 {moment(result.run_in_us, zone)} 起运行，以先熟悉馆藏。",
        )
    )
    if result.step_s:
        yield " " + t((f"A tick each {result.step_s:g} s.", f"每 {result.step_s:g} 秒判定一次。"))
    if held.faults:
        yield "</p>" + "".join(f'<p class="bad">{escape(fault)}</p>' for fault in held.faults) + "<p>"
    yield "</p></header>"


def _counts(result: Result) -> Words:
    held = result.held
    reads, reports, raw, journal = held.observations, held.reports, held.raw_files, held.journal_files
    return (
        f"{reads:,} observations in {reports:,} reports, from {raw} files of the raw log and {journal} of the journal.",
        f"{reports:,} 份报告中的 {reads:,} 次读取，来自 {raw} 个原始日志文件和 {journal} 个流水日志文件。",
    )


def _settings(result: Result) -> Iterator[str]:
    if not result.settings:
        return
    yield (
        f"<h2>{t(('What is set otherwise', '不同的设置'))}</h2>"
        '<div class="card scroll" tabindex="0"><table><thead><tr><th></th>'
    )
    yield f"<th>{t(RUNS['today'])}</th><th>{t(RUNS['other'])}</th></tr></thead><tbody>"
    for one in result.settings:
        cells = f"<td>{escape(str(one.today))}</td><td>{escape(str(one.other))}</td>"
        yield f"<tr><th>{escape(one.name)}</th>{cells}</tr>"
    yield "</tbody></table></div>"


def _comparison(result: Result, comparison: Comparison) -> Iterator[str]:
    first, second = RUNS[comparison.base], RUNS[comparison.other]
    title = (f"First: {first[0]}. Second: {second[0]}.", f"前者：{first[1]}；后者：{second[1]}")
    yield f"<h2>{t(title)}</h2>"
    if not comparison.rows:
        yield f"<p>{t(('Neither shows a finding in this time.', '这段时间两者都没有提示。'))}</p>"
        return
    yield '<div class="card scroll" tabindex="0"><table><thead><tr><th></th>'
    yield f"<th>{t(('first', '前者'))}</th><th>{t(('second', '后者'))}</th>"
    yield "".join(f"<th>{t(words)}</th>" for words in _HEAD) + "</tr></thead><tbody>"
    for row in comparison.rows:
        yield from _row(row)
    yield "</tbody></table></div>"
    for (kind, outcome), some in groupby(comparison.examples, key=lambda one: (one.kind, one.outcome)):
        yield from _lines(result, kind, _heading(outcome), list(some))


def _row(row: Row) -> Iterator[str]:
    counts = (row.base, row.other, row.both, row.only_base, row.only_other, row.sooner, row.later)
    shift = "" if row.shift_s is None else t(_length(row.shift_s))
    open_h = (t(_length(hours * 3600)) for hours in (row.base_open_h, row.other_open_h))
    cells = [*(f"{count:,}" for count in counts), shift, *open_h]
    name = t(KINDS.get(row.kind, (row.kind, row.kind)))
    yield f"<tr><th>{name}</th>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _length(seconds: float) -> Words:
    said = length(seconds)
    number, _, unit = said.rpartition(" ")
    return said, f"{number} {_UNITS[unit]}"


def _heading(outcome: Outcome) -> Words:
    return {
        "only_base": ("only the first has it", "仅前者有"),
        "only_other": ("only the second has it", "仅后者有"),
        "sooner": ("the second is sooner", "后者更早"),
        "later": ("the second is later", "后者更晚"),
        "same": ("the same", "相同"),
    }[outcome]


def _lines(result: Result, kind: str, heading: Words, some: list[Example]) -> Iterator[str]:
    named = KINDS.get(kind, (kind, kind))
    yield f"<h3>{t((f'{named[0]}: {heading[0]}', f'{named[1]}：{heading[1]}'))}</h3>" + '<ul class="legend">'
    shown = [lane for lane in _LANES if any(lane in one.bars for one in some)]
    yield "".join(f'<li><i class="{lane}"></i>{t(RUNS[lane])}</li>' for lane in shown) + "</ul>"
    for one in some:
        yield from _line(result, one)
    yield f'<div class="axis"><span>{moment(result.run_in_us, result.timezone)}</span><span>{moment(result.to_us, result.timezone)}</span></div>'


def _line(result: Result, one: Example) -> Iterator[str]:
    label = one.barcode or one.name or str(one.item_id)
    yield f'<div class="one"><b>{escape(label)}</b> {escape(one.title)}'
    for lane in _LANES:
        bar = one.bars.get(lane)
        if bar is not None:
            began = moment(bar.opened_at_us, result.timezone)
            end = moment(bar.ended_at_us, result.timezone) if bar.ended_at_us is not None else "…"
            said = f"{began} – {end} {bar.shelf or ''} {percent(bar.confidence)} %"
            yield f"<small>{t(RUNS[lane])}: {escape(said)}</small>"
    drawn = "".join(_bar(result, one, lane, 2 + 10 * number) for number, lane in enumerate(_LANES))
    x = _x(result, result.from_us)
    yield f'<svg class="line" viewBox="0 0 {_WIDTH} 33" preserveAspectRatio="none" aria-hidden="true">{drawn}'
    yield f'<line class="begin" x1="{x:.1f}" y1="0" x2="{x:.1f}" y2="33"/></svg></div>'


def _bar(result: Result, one: Example, lane: RunName, y: int) -> str:
    bar = one.bars.get(lane)
    if bar is None:
        return ""
    begin = _x(result, bar.opened_at_us)
    end = _x(result, result.to_us if bar.ended_at_us is None else bar.ended_at_us)
    begin = min(begin, _WIDTH - _LEAST)
    return f'<rect class="{lane}" x="{begin:.1f}" y="{y}" width="{max(_LEAST, end - begin):.1f}" height="9" rx="2"/>'


def _x(result: Result, us: int) -> float:
    span_us = max(1, result.to_us - result.run_in_us)
    return min(1.0, max(0.0, (us - result.run_in_us) / span_us)) * _WIDTH


def _limits(result: Result) -> Iterator[str]:
    yield f"<h2>{t(('What history does not hold', '历史数据中没有的内容'))}</h2>" + '<ul class="plain">'
    for words in _limit_words(result):
        yield f"<li>{t(words)}</li>"
    yield "</ul>"


def _limit_words(result: Result) -> Iterator[Words]:
    held, zone = result.held, result.timezone
    for gap in held.gaps[:20]:
        span = f"{moment(gap.from_us, zone)} … {moment(gap.to_us, zone)}"
        kind = GAPS[gap.kind]
        yield (f"No reports: {span}: {kind[0]}.", f"无报告：{span}：{kind[1]}。")
    more = max(0, len(held.gaps) - 20) + held.gaps_beyond
    if more:
        yield (f"And {more} more gaps.", f"另有 {more} 处空缺。")
    if held.guessed_states:
        count = held.guessed_states
        yield (
            f"The state of {count} items before their first change; the usual one was taken.",
            f"{count} 册图书在第一次变动之前的状态；按通常情况处理。",
        )
    if held.unknown_tags:
        count = held.unknown_tags
        yield (
            f"Tags that are no item's: {count} findings about them are not compared.",
            f"不属于任何馆藏的标签：与之有关的 {count} 条提示未作比较。",
        )
    if held.acts_without_finding:
        count = held.acts_without_finding
        yield (
            f"{count} acts of people were about findings that a run did not have; they were left.",
            f"{count} 次人工操作针对的提示在重新运行中不存在，已略过。",
        )
    for fault in held.engine_faults:
        yield (f"A bug in the engine: {fault}", f"引擎程序错误：{fault}")
    yield (
        "Homes and flags that the catalogue gave in the past: those of today stand for them.",
        "目录过去给出的应在位置与标记：以现在的代替。",
    )
