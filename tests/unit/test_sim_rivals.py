from __future__ import annotations

from collections.abc import Callable

import pytest
from helpers.scoring import SECOND, delivery
from helpers.sims import START_US, tiny_world

from firmware_sim.rivals import Known, LastHeard, Loudest, Rival, Smurf, all_rivals
from firmware_sim.scoring.subject import NEVER_HEARD, NOWHERE
from firmware_sim.world import World
from hub.settings import EngineSettings

CYCLE_S = 300
MINUTE = 60 * SECOND
Make = Callable[[Known], Rival]
ALL: list[Make] = [Loudest, LastHeard, Smurf]


def known(world: World, **settings: object) -> Known:
    return Known.of(world, EngineSettings(**settings), cycle_s=CYCLE_S)  # type: ignore[arg-type]


def cycles(
    rival: Rival, world: World, count: int, heard: dict[int, list[tuple[int, float, int]]], *, first: int = 0
) -> int:
    """So many rounds of all antennas in which some of them hear (tag, dBm, answers); the time at their end."""
    for number in range(first, first + count):
        now_us = START_US + number * CYCLE_S * SECOND
        for antenna in range(len(world.site.antennas)):
            reads = heard.get(antenna, [])
            rival.take(delivery(world.site, [(antenna, now_us + antenna * SECOND)], [reads]))
        rival.tick(now_us + CYCLE_S * SECOND)
    return START_US + (first + count) * CYCLE_S * SECOND


@pytest.mark.parametrize("make", ALL)
def test_a_tag_is_where_its_antenna_is_and_what_was_never_heard_is_nowhere(make: Make) -> None:
    world = tiny_world()
    rival = make(known(world))
    cycles(rival, world, 3, {7: [(5, -50.0, 8)]})
    places = rival.places()
    assert places.shelf[5] == world.site.shelf_by_id[world.site.antennas[7].hears[0]].index
    assert places.shelf[6] == NEVER_HEARD


@pytest.mark.parametrize("make", ALL)
def test_a_book_that_falls_silent_is_nowhere_after_its_time(make: Make) -> None:
    world = tiny_world()
    rival = make(known(world))
    cycles(rival, world, 3, {7: [(5, -50.0, 8)]})
    cycles(rival, world, 12, {}, first=3)
    assert rival.places().shelf[5] == NOWHERE


@pytest.mark.parametrize("make", ALL)
def test_a_book_outside_its_home_is_misplaced_after_three_looks_and_no_longer_when_it_is_back(
    make: Make,
) -> None:
    world = tiny_world()
    rival = make(known(world))
    home, far = int(world.stock.home[5]), 40
    cycles(rival, world, 2, {far: [(5, -50.0, 8)]})
    assert rival.shown() == []
    cycles(rival, world, 2, {far: [(5, -50.0, 8)]}, first=2)
    (one,) = rival.shown()
    assert (one.kind, one.tag, one.place, one.closed_us) == ("misplaced", 5, far, None)
    cycles(rival, world, 8, {home: [(5, -50.0, 8)]}, first=4)
    assert one.closed_us is not None
    assert len(rival.shown()) == 1


@pytest.mark.parametrize("make", ALL)
def test_silence_beyond_the_longest_use_is_missing_and_a_loan_ends_it(make: Make) -> None:
    world = tiny_world(items=12)
    rival = make(known(world, longest_use_h=1.0))
    everybody = {
        antenna: [(tag, -50.0, 8) for tag in range(12) if tag != 5 and int(world.stock.home[tag]) == antenna]
        for antenna in range(len(world.site.antennas))
    }
    end_us = cycles(rival, world, 14, everybody)
    assert [(one.kind, one.tag) for one in rival.shown()] == [("missing", 5)]
    rival.status(5, "on_loan", end_us)
    cycles(rival, world, 2, everybody, first=14)
    assert rival.shown()[0].closed_us is not None


@pytest.mark.parametrize("make", ALL)
def test_a_lent_book_and_an_unknown_tag_on_a_shelf_are_told(make: Make) -> None:
    world = tiny_world()
    rival = make(known(world, unknown_stays_h=0.5, unexpected_after_s=600.0))
    rival.status(5, "on_loan", START_US)
    stranger = world.strangers_from
    cycles(rival, world, 12, {3: [(5, -50.0, 8), (stranger, -52.0, 8)]})
    assert {(one.kind, one.tag) for one in rival.shown()} >= {("unexpected", 5), ("unknown_tag", -1)}


def test_the_loudest_wins_over_the_last_one() -> None:
    world = tiny_world()
    loud, last = Loudest(known(world)), LastHeard(known(world))
    heard = {7: [(5, -48.0, 8)], 9: [(5, -60.0, 8)]}
    for rival in (loud, last):
        cycles(rival, world, 3, heard)
    assert loud.places().shelf[5] == 7
    assert last.places().shelf[5] == 9


def test_smurf_waits_longer_for_a_tag_that_is_read_badly() -> None:
    world = tiny_world()
    rival = Smurf(known(world))
    strong, weak = (5, -45.0, 10), (6, -66.0, 1)
    cycles(rival, world, 20, {7: [strong, weak]})
    cycles(rival, world, 6, {7: [(8, -45.0, 10)]}, first=20)
    places = rival.places().shelf
    assert places[5] == NOWHERE
    assert places[6] == 7


def test_a_double_counts_once_and_what_never_left_the_agent_not_at_all() -> None:
    world = tiny_world()
    rival = LastHeard(known(world))
    for _ in range(2):
        rival.take(delivery(world.site, [(7, START_US)], [[(5, -50.0, 8)]], log="one", seq=4))
    rival.take(delivery(world.site, [(9, START_US)], [[(5, -50.0, 8)]], lost="disk full"))
    assert len(rival._waiting) == 1


def test_a_long_run_makes_no_rival_deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_sim.rivals.base._REMEMBERED", 10)
    world = tiny_world()
    rival = LastHeard(known(world))
    for seq in [*range(1, 41), 40, 39]:
        rival.take(delivery(world.site, [(7, START_US)], [[(5, -50.0, 8)]], log="one", seq=seq))
    assert len(rival._waiting) == 40
    assert len(rival._numbers["edge-1", "one"]) <= 11


def test_a_late_backlog_moves_nothing() -> None:
    world = tiny_world()
    rival = LastHeard(known(world))
    now_us = cycles(rival, world, 4, {7: [(5, -50.0, 8)]})
    rival.take(delivery(world.site, [(20, START_US + MINUTE)], [[(5, -40.0, 8)]], arrived_us=now_us))
    rival.tick(now_us + CYCLE_S * SECOND)
    assert rival.places().shelf[5] == 7


def test_no_rival_names_a_dead_reader() -> None:
    world = tiny_world()
    for rival in all_rivals(known(world, longest_use_h=1.0)):
        cycles(rival, world, 20, {})
        kinds = {one.kind for one in rival.shown()}
        assert kinds == {"missing"}, rival.name
        assert "stale_shelf" not in rival.kinds
