"""A reader that never says when a turn ends: dwells from the configured durations, marked as such."""

from __future__ import annotations

from helpers.dwells import at, builder, read, seen, turn

from edge.dwells import DwellBuilder
from shelfwire.messages import Dwell


def ticked(shelf: DwellBuilder, until: float) -> list[Dwell]:
    """All dwells that passing time closes, up to `until`."""
    closed: list[Dwell] = []
    while (due_us := shelf.deadline()) is not None and due_us <= at(until):
        closed += shelf.tick(due_us)
    return closed


def test_a_reader_with_cycle_events_alone_gets_turns_that_share_its_cycle() -> None:
    shelf = builder(turn(1), turn(2))
    for cycle in range(3):
        shelf.started(at(2 * cycle))
        ticked(shelf, 2 * cycle + 1.9)
        closed = seen(shelf.ended(at(2 * cycle + 2)))
    assert shelf.computed
    shelf.started(at(6))
    closed = seen(ticked(shelf, 7.9) + shelf.ended(at(8.2)))
    assert [(port, quality) for port, _, _, quality, _ in closed] == [(1, "estimated"), (2, "estimated")]
    assert closed[0][1] == 6
    assert closed[-1][2] == 8.2


def test_before_it_is_known_that_ends_are_missing_no_cycle_is_one_long_dwell() -> None:
    shelf = builder(turn(1), turn(2))
    shelf.started(at(0))
    shelf.heard([read(1, 0.5), read(2, 1.5)], at(1.9))
    assert [(port, quality, tags) for port, _, _, quality, tags in seen(shelf.ended(at(2)))] == [
        (1, "doubtful", 1),
        (2, "doubtful", 1),
    ]


def test_keepalives_alone_prove_nothing_about_an_antenna() -> None:
    shelf = builder(turn(1), turn(2))
    assert ticked(shelf, 60) == []
    assert not shelf.computed


def test_reports_alone_carry_a_computed_schedule() -> None:
    shelf = builder(turn(1), turn(2))
    shelf.heard([read(1, 0.9)], at(1))
    ticked(shelf, 4)
    assert shelf.computed
    closed = shelf.heard([read(1, 4.9)], at(5))
    closed += ticked(shelf, 5.9)
    closed += shelf.heard([read(2, 5.9)], at(6))
    closed += ticked(shelf, 6.9)
    assert seen(closed) == [(1, 4, 5, "estimated", 1), (2, 5, 6, "estimated", 1)]


def test_a_silent_antenna_between_two_that_hear_gets_its_empty_dwell() -> None:
    shelf = builder(turn(1), turn(2), turn(3))
    shelf.heard([read(1, 0.9)], at(1))
    ticked(shelf, 4)
    closed = shelf.heard([read(1, 4.9)], at(5))
    closed += ticked(shelf, 5.5)
    closed += shelf.heard([read(3, 6.9)], at(7))
    closed += ticked(shelf, 7.5)
    assert [(port, tags) for port, _, _, _, tags in seen(closed)] == [(1, 1), (2, 0), (3, 1)]


def test_a_report_in_several_messages_is_one_turn() -> None:
    shelf = builder(turn(1), turn(2))
    shelf.heard([read(1, 0.9)], at(1))
    ticked(shelf, 4)
    closed = shelf.heard([read(1, 4.9)], at(5))
    closed += shelf.heard([read(1, 4.9, epc="E280")], at(5.1))
    closed += ticked(shelf, 5.4)
    assert [(port, tags) for port, _, _, _, tags in seen(closed)] == [(1, 2)]


def test_after_two_cycles_without_a_sign_the_schedule_proves_nothing_any_more() -> None:
    shelf = builder(turn(1), turn(2))
    shelf.heard([read(1, 0.9)], at(1))
    ticked(shelf, 4)
    shelf.heard([read(1, 4.9)], at(5))
    closed = ticked(shelf, 60)
    assert 2 <= len(closed) <= 10
    assert max(dwell.ended_at_us for dwell in closed) <= at(14)
    assert shelf.deadline() is None


def test_one_end_of_a_turn_brings_the_exact_way_back() -> None:
    shelf = builder(turn(1), turn(2))
    shelf.heard([read(1, 0.9)], at(1))
    ticked(shelf, 4)
    shelf.turn_ended(1, at(5))
    assert not shelf.computed
    assert seen(shelf.turn_ended(2, at(6))) == [(2, 5, 6, "exact", 0)]
