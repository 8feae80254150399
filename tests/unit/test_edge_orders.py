"""Commands: each once, in time, for a reader that is there, and a special cycle ends by itself."""

from __future__ import annotations

import pytest

from edge.config import ReaderConfig
from edge.orders import CLOCK_SLACK_US, REMEMBERED, Orders
from edge.ports import Cycle
from shelfwire.messages import Command, DwellTime, Ping, Power, StartCycle, StopCycle

NOW_US = 1_790_000_000_000_000
SECOND_US = 1_000_000
USUAL = Cycle(antennas=(1, 2), dwell_ms=800, power_dbm=27.0)


@pytest.fixture
def orders() -> Orders:
    return Orders(
        [
            ReaderConfig(id="R1", host="h1", antennas=[1, 2], dwell_ms=800, power_dbm=27.0),
            ReaderConfig(id="R2", host="h2"),
        ]
    )


def start(
    orders: Orders, number: str = "c1", *, for_s: float | None = 60.0, power_dbm: float | None = 31.0
) -> None:
    command = StartCycle(
        id=number,
        expires_at_us=0,
        reader="R1",
        dwell_ms=2_000,
        power_dbm=power_dbm,
        for_s=for_s,
        sweep="sweep-7",
    )
    assert orders.apply(command, NOW_US).changed == ("R1",)


def test_a_ping_is_answered_and_changes_nothing(orders: Orders) -> None:
    outcome = orders.apply(Ping(id="p", expires_at_us=0), NOW_US)
    assert (outcome.reply.ok, outcome.reply.at_us, outcome.changed) == (True, NOW_US, ())


def test_power_and_dwell_time_change_the_usual_cycle(orders: Orders) -> None:
    orders.apply(Power(id="w", expires_at_us=0, reader="R1", ports=[2], power_dbm=20), NOW_US)
    orders.apply(DwellTime(id="d", expires_at_us=0, reader="R1", dwell_ms=3_000), NOW_US)
    cycle = orders.cycle("R1")
    assert cycle is not None
    assert (cycle.power_of(1), cycle.power_of(2), cycle.dwell_ms) == (27.0, 20.0, 3_000)
    orders.apply(Power(id="w2", expires_at_us=0, reader="R1", power_dbm=25), NOW_US)
    cycle = orders.cycle("R1")
    assert cycle is not None
    assert (cycle.power_of(1), cycle.power_of(2)) == (25.0, 25.0)
    assert orders.cycle("R2") == Cycle()


def test_a_special_cycle_ends_by_itself(orders: Orders) -> None:
    start(orders, for_s=60.0)
    cycle = orders.cycle("R1")
    assert cycle == Cycle(antennas=(1, 2), dwell_ms=2_000, power_dbm=31.0, sweep="sweep-7")
    assert orders.next_us() == NOW_US + 60 * SECOND_US
    assert orders.expire(NOW_US + 60 * SECOND_US - 1) == ()
    assert orders.expire(NOW_US + 60 * SECOND_US) == ("R1",)
    assert orders.cycle("R1") == USUAL
    assert orders.next_us() is None


def test_a_stopped_reader_stays_off_until_a_cycle_is_started(orders: Orders) -> None:
    start(orders, for_s=60.0)
    orders.apply(StopCycle(id="s", expires_at_us=0, reader="R1"), NOW_US)
    assert orders.cycle("R1") is None
    assert orders.expire(NOW_US + 3_600 * SECOND_US) == ()
    assert orders.cycle("R1") is None
    orders.apply(StartCycle(id="g", expires_at_us=0, reader="R1"), NOW_US)
    assert orders.cycle("R1") == USUAL


def test_after_a_sweep_a_stopped_reader_goes_back_to_its_usual_cycle(orders: Orders) -> None:
    orders.apply(StopCycle(id="s", expires_at_us=0, reader="R1"), NOW_US)
    start(orders, for_s=1.0)
    orders.expire(NOW_US + SECOND_US)
    assert orders.cycle("R1") == USUAL


def test_each_id_is_done_once_and_answered_again_in_the_same_words(orders: Orders) -> None:
    stop = StopCycle(id="s", expires_at_us=0, reader="R1")
    first = orders.apply(stop, NOW_US)
    start(orders)
    again = orders.apply(stop, NOW_US + 5)
    assert (again.reply, again.changed) == (first.reply, ())
    assert orders.cycle("R1") is not None


def test_ids_are_remembered_within_a_bound(orders: Orders) -> None:
    for number in range(REMEMBERED + 10):
        orders.apply(Ping(id=f"p{number}", expires_at_us=0), NOW_US)
    assert len(orders._answers) == REMEMBERED


def test_an_expired_command_is_refused_in_words(orders: Orders) -> None:
    late = StopCycle(id="s", expires_at_us=NOW_US, reader="R1")
    outcome = orders.apply(late, NOW_US + CLOCK_SLACK_US + SECOND_US)
    assert not outcome.reply.ok
    assert "expired 301 s ago" in outcome.reply.detail
    assert orders.cycle("R1") == USUAL


def test_a_clock_that_is_a_little_wrong_refuses_nothing(orders: Orders) -> None:
    command = StopCycle(id="s", expires_at_us=NOW_US, reader="R1")
    assert orders.apply(command, NOW_US + CLOCK_SLACK_US).reply.ok


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (StopCycle(id="a", expires_at_us=0, reader="R9"), "no reader R9; it has R1, R2"),
        (Power(id="b", expires_at_us=0, reader="R1", ports=[3], power_dbm=20), "not set up to drive port 3"),
        (StartCycle(id="c", expires_at_us=0, reader="R1", ports=[]), "empty list of ports"),
        (StartCycle(id="d", expires_at_us=0, reader="R1", ports=[1, 1]), "stands twice"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(orders: Orders, command: Command, words: str) -> None:
    outcome = orders.apply(command, NOW_US)
    assert not outcome.reply.ok
    assert words in outcome.reply.detail
    assert outcome.changed == ()
