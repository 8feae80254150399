"""Tables and plots of a report's page. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from firmware_sim.scoring.curve import SCORED, Confusion
from firmware_sim.scoring.goals import SIGNS
from firmware_sim.scoring.intervals import Value
from firmware_sim.scoring.labels import KINDS, Words, both, interval, number, subject, told
from firmware_sim.scoring.match import KINDS as ALL_KINDS
from firmware_sim.scoring.plots import Axis, Row, Series, intervals, legend_mark, lines, percent
from firmware_sim.scoring.reliability import Bin
from firmware_sim.scoring.report import ORACLE, Reached, ScenarioReport, SubjectReport
from firmware_sim.scoring.results import HUB

NEVER: Final[Words] = ("never", "未达到")
COLUMNS: Final[tuple[tuple[str, Words], ...]] = (
    ("precision", ("Precision", "准确率")), ("recall", ("Recall", "召回率")), ("f1", ("F1", "F1")),
    ("delay_median_s", ("Delay, median", "延迟中位数")), ("delay_p95_s", ("Delay, 95 %", "延迟 95%")),
)  # fmt: skip
FROM_ZERO: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def t(words: Words, tag: str = "span") -> str:
    """Both languages; the page shows one."""
    english, chinese = (escape(one) for one in words)
    if english == chinese:
        return english
    return f'<{tag} lang="en">{english}</{tag}><{tag} lang="zh">{chinese}</{tag}>'


def cell(name: str, value: Value | None, *, hub: bool = False) -> str:
    """A value over its interval."""
    words = t(NEVER) if value is not None and value.never else escape(told(name, value))
    ends = interval(name, value)
    return f"<td{' class=hub' if hub else ''}>{words}{f'<small>{escape(ends)}</small>' if ends else ''}</td>"


def table(head: Iterable[str], rows: Iterable[str], words: Words) -> str:
    """A table that scrolls sideways where it is too wide."""
    name = escape(words[0], quote=True)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{name}"><table><thead><tr>'
        + "".join(f"<th scope=col>{one}</th>" for one in head)
        + "</tr></thead><tbody>" + "".join(rows) + "</tbody></table></div>"
    )  # fmt: skip


def legend(names: Sequence[str]) -> str:
    """Which sign is who."""
    return '<ul class="legend">' + "".join(
        f"<li>{legend_mark(style)}{t(subject(name))}</li>" for style, name in enumerate(names)
    ) + "</ul>"  # fmt: skip


def figure(plot: str, words: Words) -> str:
    """A plot with its caption."""
    return f"<figure>{plot}<figcaption>{t(words)}</figcaption></figure>"


def goals(reached: Sequence[Reached], names: Sequence[str]) -> str:
    """The goals of the product, rivals beside."""
    rows = []
    for one in reached:
        goal, name = one.goal, one.goal.measure
        cells = "".join(cell(name, one.values.get(who), hub=who == HUB) for who in names)
        cells += cell(name, one.oracle)
        what = t((goal.what["en"], goal.what["zh"]))
        rows.append(f"<tr><th scope=row>{what}</th><td>{_wanted(one)}</td>{cells}</tr>")
    head = [t(("What", "指标")), t(("Wanted", "目标")), *(t(subject(name)) for name in [*names, ORACLE])]
    return table(head, rows, ("Goals", "目标"))


def _wanted(one: Reached) -> str:
    """The goal's number, and whether the hub reached it."""
    if one.goal.is_met == "published":
        return f'<span class="chip told">{t(("no goal", "无目标"))}</span>'
    sign = SIGNS[one.goal.is_met]
    chip, words = ("yes", ("met", "达到")) if one.met else ("no", ("not met", "未达到"))
    if one.too_few:
        chip, words = "told", ("too few cases", "样本不足")
    return f'{sign} {one.goal.wanted:g}<br><span class="chip {chip}">{t(words)}</span>'


def kinds(scenario: ScenarioReport) -> str:
    """By kind of finding, who found how much of it."""
    rows = []
    for kind in ALL_KINDS:
        shown = [one for one in scenario.subjects if f"{kind}.precision" in one.measures]
        if not shown:
            continue
        true, due = scenario.conditions.get(kind, 0), scenario.due.get(kind, 0)
        count = t((f"{true:,} really so, {due:,} due", f"实际 {true:,}，应报 {due:,}"))
        rows.append(
            f"<tr class=group><th colspan=7 scope=rowgroup><span>{t(KINDS[kind])} <small>{count}</small></span></th></tr>"
        )
        for one in shown:
            cells = "".join(
                cell(f"{kind}.{name}", one.measures.get(f"{kind}.{name}"), hub=one.name == HUB)
                for name, _ in COLUMNS
            )
            tally = one.findings.get(kind)
            counts = f"{tally.true:,} / {tally.false:,}" if tally is not None else "–"
            rows.append(f"<tr><th scope=row>{t(subject(one.name))}</th><td>{counts}</td>{cells}</tr>")
    head = ["", t(("True / false", "正确 / 错误")), *(t(words) for _, words in COLUMNS)]
    return table(head, rows, ("Findings by kind", "按类别"))


def looks_plot(subjects: Sequence[SubjectReport]) -> str:
    """F1 of misplaced books over the looks."""
    series = [
        Series(one.name, [(float(n), _f1(look)) for n, look in enumerate(one.looks, 1)], style)
        for style, one in enumerate(subjects)
    ]
    last = max((len(one.looks) for one in subjects), default=1)
    x = Axis(0.7, last + 0.3, range(1, last + 1), both(("independent covered look", "独立有效读取次数")))
    y = Axis(0.0, 1.0, FROM_ZERO)
    ideal = [(SCORED, 0.0), (SCORED, 1.0)] if last >= SCORED else ()
    return lines(
        series, x, y, title=both(("F1 of misplaced books by look", "错架 F1 随读取次数")), ideal=ideal
    )


def _f1(one: Confusion) -> float:
    whole = 2 * one.tp + one.fp + one.fn
    return 2 * one.tp / whole if whole else 0.0


def places_plot(subjects: Sequence[SubjectReport], hours: float) -> str:
    """Share of settled books whose shelf is named rightly, over time."""
    series = [
        Series(one.name, [(at, shelf) for at, shelf, _ in one.by_time], style, marks=False)
        for style, one in enumerate(subjects)
    ]
    least = min((shelf for one in subjects for _, shelf, _ in one.by_time), default=0.0)
    low = max(0.0, int(least * 10) / 10)
    step = 0.02 if low >= 0.9 else 0.1  # noqa: PLR2004 (about five lines of a grid)
    ticks = [round(low + step * n, 2) for n in range(round((1 - low) / step) + 1)]
    every = 1 if hours <= 8 else 4 if hours <= 34 else 12  # noqa: PLR2004
    x = Axis(0.0, hours, range(0, int(hours) + 1, every), both(("hours since the start", "开始后小时数")))
    return lines(
        series,
        x,
        Axis(low, 1.0, ticks, words=percent),
        title=both(("Right shelf over time", "层板正确率随时间")),
    )


def reliability_plot(bins: Sequence[Bin], words: Words) -> str:
    """Promised against true; the size of a mark is how many promises it stands for."""
    full = [one for one in bins if one.cases]
    most = max((one.cases for one in full), default=1)
    points = [(one.promised / one.cases, one.true / one.cases) for one in full]
    sizes = [3.0 + 8.0 * (one.cases / most) ** 0.5 for one in full]
    series = [Series(HUB, points, 0, sizes=sizes)]
    x = Axis(0.0, 1.0, FROM_ZERO, both(("promised", "所示可信度")), percent)
    y = Axis(0.0, 1.0, FROM_ZERO, both(("came true", "实际正确")), percent)
    return lines(series, x, y, title=both(words), ideal=[(0.0, 0.0), (1.0, 1.0)])


def overview_plot(
    scenarios: Sequence[ScenarioReport],
    measure: str,
    names: Sequence[str],
    words: Words,
    *,
    goal: float | None,
) -> str:
    """One row a scenario, one dot a subject."""
    rows = []
    for scenario in scenarios:
        values = []
        for one in scenario.subjects:
            value = one.measures.get(measure)
            if value is not None and value.value is not None:
                low = value.value if value.low is None else value.low
                high = value.value if value.high is None else value.high
                values.append((names.index(one.name), value.value, low, high))
        if values:
            rows.append(Row(scenario.name, values))
    if measure.startswith("false_missing"):
        top = max((high for row in rows for _, _, _, high in row.values), default=1.0)
        ticks = [tick for tick in (0.1, 1.0, 10.0, 100.0, 1000.0, 10_000.0) if tick < max(10.0, top) * 10]
        axis = Axis(0.1, ticks[-1], ticks, both(words), lambda tick: f"{tick:,g}", log=True)
    else:
        axis = Axis(0.0, 1.0, FROM_ZERO, both(words))
    return intervals(rows, axis, title=both(words), goal=goal)


def further(scenario: ScenarioReport, names: Sequence[tuple[str, Words]]) -> str:
    """Measures that are not of one kind of finding."""
    rows = []
    for name, words in names:
        values = {one.name: one.measures.get(name) for one in scenario.subjects}
        if any(value is not None and (value.value is not None or value.never) for value in values.values()):
            cells = "".join(cell(name, value, hub=who == HUB) for who, value in values.items())
            rows.append(f"<tr><th scope=row>{t(words)}</th>{cells}</tr>")
    if not rows:
        return ""
    head = [t(("Measure", "指标")), *(t(subject(one.name)) for one in scenario.subjects)]
    return table(head, rows, ("Further measures", "其他指标"))


def tile(words: Words, name: str, value: Value | None) -> str:
    """One large number."""
    return f'<div class="tile"><b>{escape(number(name, value.value if value is not None else None))}</b><span>{t(words)}</span></div>'
