"""The report as one HTML file: goals, an overview, and a chapter a scenario; English and Chinese, light and dark, no other file needed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

from firmware_sim.scoring import bound_table, parts
from firmware_sim.scoring.bound import LOOKS
from firmware_sim.scoring.labels import CAUSES, Words, number, subject, told
from firmware_sim.scoring.parts import figure, legend, t
from firmware_sim.scoring.report import Report, ScenarioReport, SubjectReport
from firmware_sim.scoring.results import HUB
from firmware_sim.scoring.style import SCRIPT, STYLE

FURTHER: Final[tuple[tuple[str, Words], ...]] = (
    ("looks[5].f1", ("Misplaced at the fifth look: F1", "第五次读取时错架 F1")),
    ("place.shelf", ("Right shelf", "层板正确")),
    ("place.bay", ("Right bay", "书架节正确")),
    ("false_missing", ("False missing per 10,000 items a night", "每万册每夜误报丢失")),
    ("false_missing.at_opening", ("… on the morning's list", "……早晨清单上")),
    ("false_missing.under_outage", ("False missing under an outage", "故障期间误报丢失")),
    ("missing.in_house", ("True missing, found in the house", "在馆内的丢失")),
    ("lost_sight", ("Standing books shown away, of 10,000", "每万册在架图书中显示为离架的")),
    ("gone.away_30min", ("Gone: away within 30 min", "离架：30 分钟内显示")),
    ("gone.missing_1_night", ("Gone: missing after a night", "离架：一夜后报告")),
    ("gone.missing_3_nights", ("Gone: missing within three nights", "离架：三夜内报告")),
    ("moved.single", ("Moved range: single findings", "搬迁：单册提示")),
    ("moved.proposals", ("Moved range: proposals", "搬迁：整体建议")),
    ("confidence.ece", ("Calibration error of findings", "提示可信度校准误差")),
    ("confidence.brier", ("Brier score of findings", "提示 Brier 分数")),
    ("place_confidence.ece", ("Calibration error of places", "位置可信度校准误差")),
)
OVERVIEW: Final[tuple[tuple[str, Words, float | None], ...]] = (
    ("misplaced.f1", ("misplaced: F1", "错架 F1"), None),
    ("missing.f1", ("missing: F1", "丢失 F1"), None),
    ("place.shelf", ("settled books on the right shelf", "位置稳定图书的层板正确率"), 0.98),
    ("false_missing", ("false missing per 10,000 items a night (log)", "每万册每夜误报丢失（对数）"), 1.0),
)


def page(report: Report) -> str:
    """The whole file."""
    return "".join(_page(report))


def _page(report: Report) -> Iterator[str]:
    names = [one.name for one in report.scenarios[0].subjects]
    yield (
        '<!doctype html><html lang="en" data-lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Shelfwire: how right it is</title>'
        f"<style>{STYLE}</style></head><body>"
    )
    yield from _top(report)
    yield "<main>"
    yield from _goals(report, names)
    yield from _overview(report, names)
    yield from _promises(report)
    for scenario in report.scenarios:
        yield from _scenario(scenario, names)
    yield f"</main>{_foot(report)}<script>{SCRIPT}</script></body></html>\n"


def _top(report: Report) -> Iterator[str]:
    yield (
        '<header class="top"><div class="brand"><span>Shelfwire</span><span class="space"></span>'
        f'<button type="button" data-does="lang" lang="">{t(("中文", "English"))}</button>'
        f'<button type="button" data-does="theme">{t(("Light / dark", "明 / 暗"))}</button></div>'
    )
    yield f"<h1>{t(('How often it is right, and how well it knows it', '有多准，以及它自己知道多少'))}</h1>"
    yield (
        "<p class=soft>"
        + t(
            (
                (
                    "A simulated library knows where each of its books is. The hub and three published ways of tracking tags took the same reads "
                    "in the same runs; below stands what each of them said, held against the truth."
                ),
                "模拟图书馆知道每一册书在哪里。中枢与三种已发表的标签跟踪方法在同一次运行中读取完全相同的数据；下面是它们各自的结论与事实的对照。",
            )
        )
        + "</p>"
    )
    hub = next((one for one in report.pooled if one.name == HUB), None)
    if hub is not None:
        met = sum(one.met for one in report.goals if one.goal.is_met != "published")
        asked = sum(one.goal.is_met != "published" for one in report.goals)
        nights = f"{report.item_nights:,.0f}"
        yield '<div class="tiles">'
        if asked:
            yield f'<div class="tile"><b>{met} / {asked}</b><span>{t(("goals met", "达到的目标"))}</span></div>'
        if "false_missing" in hub.measures:
            words = (
                f"false missing per 10,000 items a night, over {nights} item-nights",
                f"每万册每夜误报丢失（{nights} 册·夜）",
            )
            yield parts.tile(words, "false_missing", hub.measures["false_missing"])
        yield parts.tile(
            ("calibration error of findings", "提示可信度的校准误差"),
            "confidence.ece",
            hub.measures.get("confidence.ece"),
        )
        reads = sum(one.reads for one in report.scenarios)
        yield f'<div class="tile"><b>{reads / 1e6:,.1f} M</b><span>{t(("reads heard by all subjects", "所有对象读取的标签次数"))}</span></div></div>'
    yield '<nav class="toc">' + "".join(
        f'<a href="#{escape(one.name)}">{escape(one.name)}</a>' for one in report.scenarios
    ) + "</nav></header>"  # fmt: skip


def _goals(report: Report, names: list[str]) -> Iterator[str]:
    if not report.goals:
        return
    yield f"<h2 id=goals>{t(('The goals', '目标'))}</h2>"
    yield (
        "<p class=soft>"
        + t(
            (
                (
                    "Under each value its 95 % interval: the wider of what the number of cases and what the seeds allow. "
                    "The oracle knows the true model of the radio: what it does not reach on these reads, nobody can."
                ),
                "数值下方为 95% 置信区间：按样本数与按随机种子两者中较宽的一个。“理论上限”知道射频的真实模型：它在这些读取上达不到的，谁也达不到。",
            )
        )
        + "</p>"
    )
    yield f'<div class="card">{parts.goals(report.goals, names)}</div>'
    yield from _bound(report)


def _bound(report: Report) -> Iterator[str]:
    """What the oracle could know, beside its column."""
    asked = [one for one in report.scenarios if f"{LOOKS}.heard" in one.oracle]
    if asked:
        items = "".join(
            f"<li><code>{escape(one.name)}</code>: {t(bound_table.unheard(one))}</li>" for one in asked
        )
        yield f'<div class="card"><ul>{items}</ul></div>'
    if report.tradeoff:
        words = ("Oracle: false missing against found, usual days", "理论上限：误报与发现，平常日")
        yield _curve(words, bound_table.HEAD, bound_table.rows(report.tradeoff))
    if report.sight:
        words = (
            "Oracle: standing books shown away against gone ones, usual days",
            "理论上限：误显示离架与及时显示，平常日",
        )
        yield _curve(words, bound_table.SIGHT_HEAD, bound_table.sight_rows(report.sight))


def _curve(words: Words, head: Sequence[Words], rows: Iterable[Sequence[str]]) -> str:
    lines = ["<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows]
    table = parts.table([t(one) for one in head], lines, words)
    return f'<div class="card"><p class=soft>{t(words)}</p>{table}</div>'


def _overview(report: Report, names: list[str]) -> Iterator[str]:
    plots = []
    for measure, words, goal in OVERVIEW:
        if any(measure in one.measures for scenario in report.scenarios for one in scenario.subjects):
            plot = parts.overview_plot(report.scenarios, measure, names, words, goal=goal)
            plots.append(f'<div class="card"><figure>{plot}</figure></div>')
    yield f"<h2 id=overview>{t(('All scenarios', '全部场景'))}</h2>{legend(names)}<div class=grid2>{''.join(plots)}</div>"


def _promises(report: Report) -> Iterator[str]:
    """Reliability of the hub over everything."""
    hub = next((one for one in report.pooled if one.name == HUB), None)
    if hub is None or not any(one.cases for one in hub.reliability):
        return
    yield f"<h2 id=confidence>{t(('Does it keep its promises?', '可信度可信吗？'))}</h2>"
    yield (
        "<p class=soft>"
        + t(
            (
                "Of findings shown at 95 %, 95 % should be true: on the dotted line. The larger a mark, the more promises it stands for.",
                "显示为 95% 的提示应有 95% 属实，即落在虚线上。圆点越大，代表的提示越多。",
            )
        )
        + "</p><div class=grid2>"
    )
    for bins, words, name in (
        (hub.reliability, ("Findings", "提示"), "confidence"),
        (hub.place_reliability, ("Places", "位置"), "place_confidence"),
    ):
        if any(one.cases for one in bins):
            errors = {
                part: told(f"{name}.{part}", hub.measures.get(f"{name}.{part}")) for part in ("ece", "brier")
            }
            cases = sum(one.cases for one in bins)
            caption = (
                f"{words[0]}: {cases:,} promises; calibration error {errors['ece']}, Brier score {errors['brier']}.",
                f"{words[1]}：{cases:,} 条；校准误差 {errors['ece']}，Brier 分数 {errors['brier']}。",
            )
            yield f'<div class="card">{figure(parts.reliability_plot(bins, words), caption)}</div>'
    yield "</div>"


def _scenario(scenario: ScenarioReport, names: list[str]) -> Iterator[str]:
    about = (scenario.about.get("en", ""), scenario.about.get("zh", scenario.about.get("en", "")))
    yield f"<h2 id={escape(scenario.name)}>{escape(scenario.name)}</h2><p>{t(about)}</p>"
    facts = (
        (
            f"{scenario.items:,} items on {scenario.shelves:,} shelves · {scenario.antennas:,} antennas · {scenario.hours:g} h · "
            f"seeds {', '.join(str(seed) for seed in scenario.seeds)} · {scenario.reads / 1e6:.1f} M reads · {scenario.deeds:,} deeds"
        ),
        (
            f"{scenario.items:,} 册 · {scenario.shelves:,} 层 · {scenario.antennas:,} 个天线 · {scenario.hours:g} 小时 · "
            f"种子 {', '.join(str(seed) for seed in scenario.seeds)} · {scenario.reads / 1e6:.1f} 百万次读取 · {scenario.deeds:,} 次动作"
        ),
    )
    yield f"<p class=facts>{t(facts)}</p>"
    plots = []
    if any(one.tp or one.fn for each in scenario.subjects for one in each.looks):
        caption = (
            "Misplaced books: F1 at the n-th independent covered look of their shelf.",
            "错架图书：所在层板第 n 次独立有效读取时的 F1。",
        )
        plots.append(figure(parts.looks_plot(scenario.subjects), caption))
    if any(one.by_time for one in scenario.subjects):
        caption = ("Settled books whose shelf is named rightly.", "位置稳定且层板正确的图书比例。")
        plots.append(figure(parts.places_plot(scenario.subjects, scenario.hours), caption))
    if plots:
        yield (
            legend(names)
            + "<div class=grid2>"
            + "".join(f'<div class="card">{one}</div>' for one in plots)
            + "</div>"
        )
    yield f'<div class="card">{parts.kinds(scenario)}</div>'
    yield f'<div class="card">{parts.further(scenario, FURTHER)}{"".join(_wrong(one) for one in scenario.subjects)}</div>'


def _wrong(one: SubjectReport) -> str:
    """What a subject had wrong, for whoever looks for the reason."""
    if not one.examples:
        return ""
    causes = ", ".join(f"{count:,} {CAUSES[name][0]}" for name, count in sorted(one.causes.items()))
    chinese = "，".join(f"{CAUSES[name][1]} {count:,}" for name, count in sorted(one.causes.items()))
    head = (
        f"{subject(one.name)[0]}: false findings, the first of them",
        f"{subject(one.name)[1]}：错误提示举例",
    )
    told_ = (
        f"<p class=soft>{t((f'False missing by book: {causes}.', f'误报丢失的图书：{chinese}。'))}</p>"
        if causes
        else ""
    )
    rows = "".join(f"<li>{escape(text)}</li>" for text in one.examples)
    return f"<details><summary>{t(head)}</summary>{told_}<ul>{rows}</ul></details>"


def _foot(report: Report) -> str:
    minutes = (
        number("", None)
        if not report.scenarios
        else f"{sum(one.seconds for one in report.scenarios) / 60:.1f}"
    )
    words = (
        (
            f"Made by shelfwire score; what is true when, and what each measure means: docs/scoring.md. {minutes} minutes of one core; "
            f"program {report.program}."
        ),
        f"由 shelfwire score 生成；定义见 docs/scoring.md。单核 {minutes} 分钟；程序 {report.program}。",
    )
    return f"<footer>{t(words)}</footer>"
