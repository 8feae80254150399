"""Any order and any doubling of reports: each is booked once, and acknowledgements only grow."""

from __future__ import annotations

from helpers.hubs import AGENT, T0, heard, lost, report
from hypothesis import given
from hypothesis import strategies as st

from hub.events import ReportTaken
from hub.intake import Intake
from hub.sequences import Sequence
from shelfwire.messages import Report

NUMBERS = st.lists(st.integers(1, 30), max_size=80)
RANGES = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 8)), max_size=30)


@given(NUMBERS)
def test_each_number_is_taken_once_in_any_order(numbers: list[int]) -> None:
    one = Intake(frozenset({AGENT}))
    taken: list[int] = []
    uptos: list[int] = []
    for number in numbers:
        for item in one.admit(heard(report(number)), T0):
            assert isinstance(item.event, ReportTaken)
            assert isinstance(item.event.message, Report)
            taken.append(item.event.message.seq)
        uptos.append(one.ack(AGENT, "log-a", T0).upto)
    assert sorted(taken) == sorted(set(numbers))
    assert uptos == sorted(uptos)
    if numbers:
        expected = next(n for n in range(32) if n + 1 not in numbers)
        assert uptos[-1] == expected
        assert one.state.agents[AGENT].logs["log-a"].doubled == len(numbers) - len(set(numbers))


@given(RANGES)
def test_ranges_hold_exactly_what_was_added(ranges: list[tuple[int, int]]) -> None:
    sequence = Sequence()
    booked: set[int] = set()
    for first, more in ranges:
        assert sequence.holds_all(first, first + more) == (booked >= set(range(first, first + more + 1)))
        sequence.add(first, first + more)
        booked |= set(range(first, first + more + 1))
        assert {n for n in range(1, 80) if sequence.holds(n)} == booked
    assert sequence.beyond == sorted(sequence.beyond)
    gaps = {n for first, last in sequence.gaps() for n in range(first, last + 1)}
    assert gaps == set(range(1, max(booked, default=0) + 1)) - booked
    assert sequence.missing() == len(gaps)


@given(NUMBERS, st.tuples(st.integers(1, 30), st.integers(0, 6)))
def test_a_lost_record_and_reports_in_any_order_cover_the_same_numbers(
    numbers: list[int], span: tuple[int, int]
) -> None:
    one, other = Intake(frozenset({AGENT})), Intake(frozenset({AGENT}))
    gone = lost(span[0], sum(span))
    for number in numbers:
        one.admit(heard(report(number)), T0)
    one.admit(heard(gone), T0)
    other.admit(heard(gone), T0)
    for number in reversed(numbers):
        other.admit(heard(report(number)), T0)
    first = one.state.agents[AGENT].logs["log-a"]
    second = other.state.agents[AGENT].logs["log-a"]
    assert (first.upto, first.beyond) == (second.upto, second.beyond)
