"""Whatever the way does to reports and acknowledgements, all arrives in the end, and nothing is sent behind its acknowledgement."""

from __future__ import annotations

from collections import deque

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.window import QUIET_US, REPORTS, RESEND, Window

SECOND_US = 1_000_000


class Way:
    """A broker that drops and doubles, a hub that takes once and acknowledges; both by `dice`."""

    def __init__(self, dice: st.DataObject, reports: int, loss: float) -> None:
        self.dice, self.reports, self.loss = dice, reports, loss
        self.covered: set[int] = set()
        self.acks: deque[tuple[int, list[tuple[int, int]]]] = deque()

    def chance(self, share: float) -> bool:
        return self.dice.draw(st.integers(0, 99)) < share * 100

    @property
    def upto(self) -> int:
        upto = 0
        while upto + 1 in self.covered:
            upto += 1
        return upto

    def carry(self, first: int, last: int) -> None:
        for _ in range(0 if self.chance(self.loss) else 1 + self.chance(0.1)):
            self.covered |= set(range(first, last + 1))
            beyond = [seq for seq in self.covered if seq > self.upto]
            want = [(self.upto + 1, min(beyond) - 1)] if beyond else []
            if not self.chance(self.loss):
                self.acks.append((self.upto, want))
                if self.chance(0.2):
                    self.acks.rotate(1)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 60), st.sampled_from([0.0, 0.2, 0.5]))
def test_all_arrives_whatever_is_dropped_doubled_or_reordered(
    dice: st.DataObject, reports: int, loss: float
) -> None:
    way = Way(dice, reports, loss)
    window = Window(reports=8)
    upto, now_us = 0, 0
    lost = dice.draw(st.integers(0, min(5, reports - 1)))  # the first `lost` numbers are one lost record
    had = dice.draw(
        st.integers(0, lost)
    )  # of which the hub took so many before they were given up; its word is late
    way.covered = set(range(1, had + 1))
    way.acks.append((had, []))
    window.up(now_us)
    for step in range(3_000):
        if step > 600:
            way.loss = 0.0  # every way works some day
        if upto == reports:
            break
        while (seq := window.due(now_us, upto, reports)) is not None:
            assert upto < seq <= reports
            first, last = (1, lost) if seq <= lost else (seq, seq)
            way.carry(first, last)
            window.sent(first, last, 100, now_us)
            assert window.flying <= 8
        while way.acks:
            ack, want = way.acks.popleft()
            upto = max(upto, ack)
            window.acked(ack, now_us)
            assert window.want(want, reports) == 0
        if way.chance(0.02):
            window.down()
            assert window.due(now_us, upto, reports) is None
            window.up(now_us)
        now_us += window.wait_us(now_us) or 1_000
    assert upto == reports
    assert window.flying == 0


@given(st.integers(1, 300), st.integers(1, 5_000))
def test_a_silent_hub_is_not_flooded(reports: int, seconds: int) -> None:
    window = Window()
    window.up(0)
    sent, now_us = 0, 0
    while now_us < seconds * SECOND_US:
        while (seq := window.due(now_us, 0, reports)) is not None:
            window.sent(seq, seq, 100, now_us)
            sent += 1
        now_us += max(window.wait_us(now_us) or SECOND_US, 1_000)
    rounds = 1 + 4 + seconds / RESEND.longest_s  # at once, after 5, 10, 20 and 40 s, then once a minute
    assert sent <= min(reports, REPORTS) * (rounds + 1)


def _flying(reports: int) -> Window:
    window = Window()
    window.up(0)
    for seq in range(1, reports + 1):
        assert window.due(0, 0, reports) == seq
        window.sent(seq, seq, 100, 0)
    return window


def test_what_the_hub_asks_for_goes_at_once_and_once() -> None:
    window = _flying(5)
    later = QUIET_US
    window.want([(2, 3)], 5)
    assert window.due(later - 1, 0, 5) is None, "it was sent a moment ago"
    assert window.due(later, 0, 5) == 2
    window.sent(2, 2, 100, later)
    window.want([(2, 3)], 5)
    assert window.due(later, 0, 5) == 3
    window.sent(3, 3, 100, later)
    assert window.due(later, 0, 5) is None


def test_nonsense_ranges_are_counted_and_left_alone() -> None:
    window = _flying(5)
    assert window.want([(0, 2), (4, 3), (2, 6), (-5, -1), (1, 2**53)], 5) == 5
    assert window.due(QUIET_US, 0, 5) is None


def test_the_window_closes_when_full_and_opens_with_each_acknowledgement() -> None:
    window = _flying(REPORTS)
    assert window.due(0, 0, 1_000) is None
    window.acked(10, 0)
    assert [_next(window, 10) for _ in range(11)] == [*range(REPORTS + 1, REPORTS + 11), None]


def _next(window: Window, upto: int) -> int | None:
    seq = window.due(0, upto, 1_000)
    if seq is not None:
        window.sent(seq, seq, 100, 0)
    return seq


def test_large_reports_close_the_window_earlier() -> None:
    window = Window(size=1_000)
    window.up(0)
    sizes = []
    while (seq := window.due(0, 0, 100)) is not None:
        window.sent(seq, seq, 400, 0)
        sizes.append(400)
    assert len(sizes) == 3


def test_after_a_reconnect_all_that_is_not_acknowledged_goes_again() -> None:
    window = _flying(5)
    window.acked(2, 0)
    window.down()
    window.up(1)
    assert window.due(1, 2, 5) == 3


def test_of_a_lost_record_that_is_half_acknowledged_the_rest_goes_again_whole() -> None:
    window = Window()
    window.up(0)
    assert window.due(0, 0, 35) == 1
    window.sent(1, 35, 100, 0)
    window.acked(10, 0)  # the hub had 1 to 10 as reports; the record itself got lost
    assert window.want([(11, 35)], 35) == 0
    assert window.due(QUIET_US, 10, 35) == 11
    window.sent(1, 35, 100, QUIET_US)
    assert (window.flying, window.due(QUIET_US, 10, 35)) == (1, None)
    window.acked(35, QUIET_US)
    assert window.flying == 0


def test_a_lost_record_takes_the_place_of_reports_that_were_in_flight() -> None:
    window = _flying(5)
    window.want([(2, 2)], 5)
    assert window.due(QUIET_US, 0, 5) == 2
    window.sent(1, 4, 100, QUIET_US)  # the outbox gave them up meanwhile
    assert window.flying == 2
    window.acked(4, QUIET_US)
    assert window.flying == 1
