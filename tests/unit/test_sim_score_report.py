from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest

from firmware_sim.scoring.commands import _typed
from firmware_sim.scoring.curve import Confusion
from firmware_sim.scoring.goals import GOALS
from firmware_sim.scoring.gone import GoneCounts
from firmware_sim.scoring.match import KINDS, Tally
from firmware_sim.scoring.measures import measures, of
from firmware_sim.scoring.page import page
from firmware_sim.scoring.places import PlaceCounts
from firmware_sim.scoring.reliability import Reliability
from firmware_sim.scoring.report import Report, make_report
from firmware_sim.scoring.results import FalseMissing, Moved, RunResult, SubjectResult
from firmware_sim.scoring.table import markdown, summary

RIVALS_KNOW = ["misplaced", "missing", "unexpected"]


def result(
    name: str, *, right: int, wrong: int, missed: int, knows: list[str] | None = None
) -> SubjectResult:
    found = {kind: Tally() for kind in KINDS}
    delays = [60.0 * n for n in range(right)]
    found["misplaced"] = Tally(
        true=right, false=wrong, missed=missed, never=missed, found=right, delays_s=delays
    )
    return SubjectResult(
        name=name, knows=knows, findings=found,
        false_missing=FalseMissing(count=wrong, openings=wrong, at_opening=0, causes={"on_shelf": wrong} if wrong else {}),
        looks=[Confusion(tp=right, fp=wrong, fn=missed, books=1000)] * 5 + [Confusion()] * 5,
        places=PlaceCounts(books=1000, shelf=990, bay=999), by_time=[(1.0, 0.99, 0.999), (2.0, 0.98, 0.999)],
        gone=GoneCounts(left=10, away=10, nights={1: (10, 9), 3: (0, 0)}),
        confidence=Reliability.of([0.95] * 20, [True] * 19 + [False]) if knows is None else Reliability(),
        moved=Moved(books=800, proposals=1, single=3), examples=["missing of book 3 <b>at</b> 1.00 h"] if wrong else [],
    )  # fmt: skip


def run(scenario: str, seed: int, **how: Any) -> RunResult:
    hub = result("hub", right=9 + seed % 2, wrong=0, missed=how.pop("missed", 0))
    rival = result("timeout", right=5, wrong=40, missed=5, knows=RIVALS_KNOW)
    return RunResult(
        scenario=scenario, about={"en": "A <quiet> day.", "zh": "安静的一天。"}, seed=seed, items=10_000, hours=26, nights=1,
        usual=True, program="abc", shelves=200, antennas=200, deeds=10, dwells=100, reads=5_000_000, seconds=30.0,
        conditions={"misplaced": 10}, due={"misplaced": 10}, subjects=[hub, rival],
    )  # fmt: skip


@pytest.fixture(scope="module")
def report() -> Report:
    runs = [
        run(name, seed)
        for name in ("reference_20", "quiet_day", "mass_move", "theft_day")
        for seed in (1, 2, 3)
    ]
    return make_report(runs, program="abc")


def test_counts_of_all_seeds_are_pooled_with_their_interval(report: Report) -> None:
    hub, rival = report.scenarios[1].subjects
    assert hub.measures["misplaced.recall"].cases == 29
    assert hub.measures["misplaced.f1"].value == 1.0
    assert (hub.measures["misplaced.f1"].low or 1) < 0.95
    assert (rival.measures["misplaced.precision"].value or 0) == pytest.approx(15 / 135)
    assert rival.measures["false_missing"].value == 40.0
    assert hub.measures["false_missing.upper"].value == pytest.approx(2.9957 / 3, abs=1e-3)


def test_a_kind_that_a_rival_has_no_notion_of_is_not_held_against_it(report: Report) -> None:
    rival = report.scenarios[0].subjects[1]
    assert "stale_shelf" not in rival.findings
    assert not any(name.startswith("stale_shelf") for name in rival.measures)


def test_every_goal_whose_scenario_was_run_is_told(report: Report) -> None:
    told = {one.goal.measure: one for one in report.goals}
    assert {
        "looks[5].f1",
        "place.shelf",
        "place.bay",
        "false_missing",
        "confidence.ece",
        "moved.single",
        "moved.proposals",
    } <= set(told)
    assert told["false_missing"].met
    assert not told["place.bay"].goal.met(0.998)
    assert told["false_missing"].values["timeout"].value == 40.0


def test_a_rate_is_not_reached_by_too_few_nights() -> None:
    few = make_report([run("quiet_day", seed) for seed in (1, 2, 3)], program="abc")
    (goal,) = [one for one in few.goals if one.goal.measure == "false_missing"]
    assert goal.values["hub"].value == 0.0
    assert goal.too_few
    assert not goal.met
    assert "too few" in markdown(few, "shelfwire score")
    assert "too few cases" in page(few)


@pytest.mark.parametrize(
    ("measure", "few", "enough"), [("looks[5].f1", 7, 324), ("gone.away_30min", 26, 280), ("place.shelf", 1_000, 30_000)]
)  # fmt: skip
def test_all_of_a_few_books_reach_no_share(measure: str, few: int, enough: int) -> None:
    goal = next(one for one in GOALS if one.measure == measure and one.is_met == "at least")
    assert not goal.met(1.0, few)
    assert goal.met(1.0, enough)


def test_a_moved_range_wants_one_proposal_and_not_five() -> None:
    (goal,) = [one for one in GOALS if one.measure == "moved.proposals"]
    assert [goal.met(number) for number in (0.0, 1.0, 5.0)] == [False, True, False]


def test_the_middle_of_two_delays_is_the_first_of_them() -> None:
    hub = measures(of([run("quiet_day", 1)], "hub"))  # ten delays: 0, 60 … 540 s
    assert hub["misplaced.delay_median_s"].value == 240.0
    assert hub["misplaced.delay_p95_s"].value == 540.0
    assert hub["misplaced.delay_median_s"].low == 0.0
    assert hub["misplaced.delay_median_s"].high == 540.0


def test_a_time_that_too_many_never_reached_is_never() -> None:
    report = make_report([run("quiet_day", 1, missed=12)], program="abc")
    hub = report.scenarios[0].subjects[0].measures
    assert hub["misplaced.delay_median_s"].never
    assert "never" in markdown(report, "shelfwire score")


def test_the_json_says_all_and_no_number_is_infinite(report: Report) -> None:
    data = msgspec.json.encode(report)
    assert b"Infinity" not in data
    assert b"NaN" not in data
    assert msgspec.json.decode(data, type=Report).scenarios[0].subjects[0].name == "hub"


class Reader(HTMLParser):
    """Counts what opens and closes, and looks for other files."""

    VOID = frozenset({"meta", "br", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.langs: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.links += [value for name in ("src", "href") if (value := given.get(name)) is not None]
        self.langs.add(given.get("lang") or "")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Closes itself."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_one_well_formed_file_in_two_languages(report: Report) -> None:
    text = page(report)
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    assert all(link.startswith("#") for link in reader.links)
    assert {"en", "zh"} <= reader.langs
    assert "A &lt;quiet&gt; day." in text
    assert "<b>at</b>" not in text
    assert text.count('<svg class="plot"') >= 8


def test_the_table_has_a_line_for_each_subject_and_names_its_command(report: Report) -> None:
    text = markdown(report, "shelfwire score my/branch.yaml --seed 3")
    assert "    shelfwire score my/branch.yaml --seed 3\n" in text
    assert "over 120,000 item-nights of usual days" in text
    widths = {line.count("|") for line in text.splitlines() if line.startswith("| `")}
    assert len(widths) == 1
    assert "Shelfwire hub" in summary(report) or "hub" in summary(report)


def test_the_screen_says_the_unit_and_where_the_words_are_explained(report: Report) -> None:
    text = summary(report)
    assert "per 10,000 items a night" in text
    assert text.endswith("docs/scoring.md.")


def test_the_command_in_the_table_is_the_one_that_was_typed() -> None:
    typed = _typed((Path("my/a branch.yaml"),), (1, 7), 600, Path("out.md"))
    assert typed == "shelfwire score 'my/a branch.yaml' --seed 1 --seed 7 --items 600 --table out.md"
