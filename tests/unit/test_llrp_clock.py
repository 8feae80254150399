"""A reader's clock, corrected to the host's: by the smallest delay, whatever its clock believes."""

from __future__ import annotations

import pytest

from edge.llrp.readerclock import ReaderClock

HOST = 1_767_225_600_000_000
YEAR_2000 = 946_684_800_000_000
SECOND = 1_000_000


@pytest.mark.parametrize("epoch_us", [HOST, YEAR_2000, 5 * SECOND, HOST + 86_400 * SECOND])
def test_any_clock_even_an_uptime_gives_host_time(epoch_us: int) -> None:
    clock = ReaderClock()
    clock.sample(epoch_us, HOST)
    clock.sample(epoch_us + 10 * SECOND, HOST + 10 * SECOND + 40_000)
    assert clock.to_host(epoch_us + 10 * SECOND, HOST + 10 * SECOND + 40_000) == HOST + 10 * SECOND
    assert clock.offset_us == epoch_us - HOST
    assert clock.jumps == 0


def test_the_smallest_delay_of_the_last_minute_counts() -> None:
    clock = ReaderClock()
    clock.sample(HOST, HOST + 300_000)
    clock.sample(HOST + SECOND, HOST + SECOND + 20_000)
    assert clock.offset_us == -20_000
    clock.sample(HOST + 62 * SECOND, HOST + 62 * SECOND + 50_000)
    assert clock.offset_us == -50_000


def test_a_clock_set_forward_is_one_jump() -> None:
    clock = ReaderClock()
    clock.sample(HOST, HOST)
    clock.sample(HOST + 3601 * SECOND, HOST + SECOND)
    assert clock.jumps == 1
    assert clock.to_host(HOST + 3601 * SECOND, HOST + SECOND) == HOST + SECOND


def test_a_burst_of_delayed_messages_is_no_jump() -> None:
    clock = ReaderClock()
    clock.sample(HOST, HOST)
    for second in range(1, 5):
        clock.sample(HOST + second * SECOND, HOST + 8 * SECOND)
    assert (clock.jumps, clock.offset_us) == (0, 0)
    assert clock.to_host(HOST + 2 * SECOND, HOST + 8 * SECOND) == HOST + 2 * SECOND


def test_a_clock_set_back_is_believed_after_five_seconds() -> None:
    clock = ReaderClock()
    clock.sample(HOST, HOST)
    for second in range(1, 8):
        clock.sample(HOST - 3600 * SECOND + second * SECOND, HOST + second * SECOND)
    assert (clock.jumps, clock.offset_us) == (1, -3600 * SECOND)


@pytest.mark.parametrize("reader_us", [None, 0, HOST + 3600 * SECOND, YEAR_2000, 2**64 - 1])
def test_a_time_that_cannot_be_true_is_replaced_by_the_hosts(reader_us: int | None) -> None:
    clock = ReaderClock()
    clock.sample(HOST, HOST)
    assert clock.to_host(reader_us, HOST + 5) == HOST + 5


def test_before_the_first_event_the_hosts_time_counts() -> None:
    assert ReaderClock().to_host(HOST, HOST + 7) == HOST + 7
    assert ReaderClock().offset_us is None
