"""The time between kept reports: ticks, acts, gaps."""

from __future__ import annotations

from helpers.hubs import T0, report

from hub.events import ActAsked, CatalogColumns, Event, ReportTaken, Ticked
from hub.rerun.catalogue import PastCatalogue
from hub.rerun.messages import Kept
from hub.rerun.pace import Pace, Timed

S = 1_000_000


def came(seconds: float, position: int, *, adjoins: bool = True) -> Kept:
    """A report out of the raw log."""
    at_us = T0 + int(seconds * S)
    return Kept(position, at_us, ReportTaken(report(position), at_us), is_whole=False, adjoins=adjoins)


def stood(seconds: float, position: int, event: Event) -> Kept:
    """An entry of the journal."""
    return Kept(position, T0 + int(seconds * S), event, is_whole=True)


def act(kind: str, subject: str = "") -> ActAsked:
    return ActAsked(f"{kind}-{subject}", "staff", T0, kind, subject, {})


def paced(
    kept: list[Kept], acts: list[tuple[float, ActAsked]] | None = None, *, step_s: float = 0.0
) -> tuple[Pace, list[Timed]]:
    done = [(T0 + int(at * S), one) for at, one in acts or []]
    pace = Pace(PastCatalogue([], [], [], {}), done, step_s=step_s)
    return pace, list(pace.events(kept, T0 - 10 * S))


def told(events: list[Timed]) -> list[tuple[float, str]]:
    return [((now_us - T0) / S, type(event).__name__.lower()[:4]) for now_us, event in events]


def ticks(events: list[Timed]) -> list[float]:
    return [(now_us - T0) / S for now_us, event in events if isinstance(event, Ticked)]


def test_a_group_of_reports_is_followed_by_its_tick_and_silence_by_one_a_second() -> None:
    _, events = paced([came(0, 1), came(0, 2), came(2.5, 6)])
    assert told(events) == [
        (0, "cata"), (0, "tick"), (0, "repo"), (0, "repo"), (0, "tick"), (1, "tick"), (2, "tick"), (2.5, "repo"), (2.5, "tick"),
    ]  # fmt: skip


def test_coarser_ticks_come_no_sooner_than_their_step() -> None:
    kept = [came(n / 2, n + 1) for n in range(60)]
    assert ticks(paced(kept, step_s=10)[1]) == [0, 10, 20]


def test_a_hub_that_did_not_run_does_not_tick() -> None:
    pace, events = paced([came(0, 1), came(3600, 10)])
    assert [gap.kind for gap in pace.gaps] == ["off"]
    assert ticks(events) == [0, 0, 3600]


def test_a_hub_that_ran_without_reports_ticks_on() -> None:
    pace, events = paced([came(0, 1), came(600, 700)])
    assert [gap.kind for gap in pace.gaps] == ["silent"]
    assert len(ticks(events)) > 600


def test_what_is_not_kept_is_named_and_is_no_silence() -> None:
    pace, events = paced([came(0, 1), came(600, 70_000, adjoins=False)])
    assert [gap.kind for gap in pace.gaps] == ["not_kept"]
    assert ticks(events) == [0, 0, 600]


def test_acts_are_done_at_their_time_with_a_tick_of_their_own() -> None:
    _, events = paced([came(0, 1), came(3, 9)], [(1.5, act("item.status", "123"))])
    assert (1.5, "acta") in told(events)
    assert 1.5 in ticks(events)


def test_acts_before_the_beginning_are_in_the_catalogue_already() -> None:
    _, events = paced([came(0, 1)], [(-5, act("item.status", "123"))])
    assert "acta" not in [what for _, what in told(events)]


def test_the_first_catalogue_comes_at_the_time_of_its_import() -> None:
    _, events = paced([came(0, 1)], [(-2, act("catalog.import"))])
    assert told(events)[0] == (-2, "cata")


def test_the_journal_brings_its_own_ticks_and_acts() -> None:
    kept = [came(0, 1), stood(1, 2, act("item.status", "9")), stood(1, 3, Ticked()), stood(5, 4, Ticked())]
    _, events = paced(kept, [(1, act("item.status", "9"))])
    assert [what for _, what in told(events)].count("acta") == 1
    assert ticks(events) == [0, 0, 1, 5]


def test_an_act_at_the_end_of_the_raw_log_is_not_lost() -> None:
    kept = [came(0, 1), stood(4, 9, Ticked())]
    _, events = paced(kept, [(2, act("finding.dismiss", "f"))])
    assert (2, "acta") in told(events)


def test_an_import_that_changed_nothing_brings_no_catalogue() -> None:
    _, events = paced([came(0, 1), came(3, 9)], [(1, act("catalog.import", "x"))])
    assert [type(event) for _, event in events].count(CatalogColumns) == 1
