"""When an antenna listened: from a reader's events and reads to dwells, *including the empty ones*. Pure.

A reader works through a cycle of turns, usually one antenna each. Its word for "this turn is over" (LLRP event 254) closes
a dwell, whether a tag was heard or not; the turn before, or the start of the cycle, opened it. Everything
that is less than that word is marked (facts sheet on readers, section 9):

``exact``      opened and closed by events
``estimated``  an event was lost or is never sent: the start, or both ends, come from the configured duration
``cut``        the cycle was stopped in the middle of the turn
``doubtful``   reads outside of any known turn, or reads may have been lost: counts what was heard, never what was not

Times are on the host's boot clock in microseconds; the caller has corrected the reader's clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from edge.reads import Heard, Sums
from shelfwire.messages import Air, Dwell, Quality

GRACE_US: Final = 2_000_000
"""Added to twice a turn's duration before an end is missed: real ends lie up to some 100 ms late, retuning included. Less takes a
slow reader for a mute one."""

SETTLE_US: Final = 300_000
"""In a computed schedule: a turn's report may come in several messages; those within this time are one turn."""


SHORTEST: Final = 10
"""A turn that ends within a tenth of its duration after the one before was none: an event came twice, or the reader floods us. It is a
gap, and no dwell, so that no reader can fill the outbox with events alone. Real readers finish the round they started."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a cycle."""

    antennas: tuple[int, ...]
    """Usually one. More: they shared the time, and nobody knows how."""
    duration_us: int
    """The wish; a started round is finished."""
    power_dbm: tuple[float | None, ...]
    """As set, one an antenna."""


class Open(msgspec.Struct, frozen=True):
    """The turn that runs now."""

    turn: int
    """From 1."""
    since_us: int


class DwellBuilder:
    """The turns of one reader. Each call returns the dwells that it closed, in order of their ends."""

    def __init__(self, reader: str) -> None:
        self._reader = reader
        self._turns: Sequence[Turn] = ()
        self._air = Air()
        self._sweep: str | None = None
        self._open: Open | None = None
        self._sums: dict[int, dict[int, Sums]] = {}
        self._turn_of: dict[int, int] = {}
        self._doubt = False
        self._ends_seen = False
        self._starts_seen = False
        self._waiting_since_us: int | None = None
        self._proof_us: int | None = None
        self._settle_us: int | None = None
        self._closed: Open | None = None
        self.computed = False
        """The reader does not say when its antennas work; dwells come from the configured durations."""
        self.gaps = 0
        """Ends of turns that were missed."""
        self.refused = 0
        """Reads that no dwell can hold."""

    def begin(self, turns: Sequence[Turn], air: Air, sweep: str | None, now_us: int) -> list[Dwell]:
        """The reader takes up a cycle of `turns` (none: it rests). What was open before is `cut`."""
        closed = self.ended(now_us)
        self._turns, self._air, self._sweep = turns, air, sweep
        self._turn_of = {port: index for index, turn in enumerate(turns, 1) for port in turn.antennas}
        self._ends_seen = self._starts_seen = self.computed = self._doubt = False
        self._waiting_since_us = now_us if turns else None
        self._proof_us = self._settle_us = self._closed = None
        return closed

    def started(self, at_us: int) -> list[Dwell]:
        """The cycle starts."""
        closed = self.ended(at_us) if self._open else []
        self._starts_seen = True
        self._proof_us = at_us
        if self._turns:
            self._open = Open(1, at_us)
            if not self._ends_seen and self._waiting_since_us is None:
                self._waiting_since_us = at_us
        return closed

    def turn_ended(self, turn: int, at_us: int) -> list[Dwell]:
        """The reader's word that a turn is over."""
        if not 1 <= turn <= len(self._turns):
            self.gaps += 1
            return []
        self._ends_seen, self.computed, self._waiting_since_us, self._settle_us = True, False, None, None
        running, duration_us = self._open, self._turns[turn - 1].duration_us
        closed: list[Dwell] = []
        if self._closed and abs(at_us - self._closed.since_us) < duration_us // SHORTEST:
            self.gaps += 1
            return self._rescue(turn, at_us)
        if running and running.turn == turn and at_us - running.since_us <= 2 * duration_us + GRACE_US:
            closed += self._close(turn, running.since_us, at_us, "exact")
        else:
            self.gaps += 1
            if running and running.turn != turn:
                closed += self._rescue(running.turn, at_us)
            closed += self._close(turn, at_us - duration_us, at_us, "estimated")
        self._open_next(turn, at_us)
        return closed

    def ended(self, at_us: int) -> list[Dwell]:
        """The cycle is over, or was preempted: what is in the middle of its turn is `cut`."""
        running, self._open, self._settle_us = self._open, None, None
        closed: list[Dwell] = []
        if running and self.computed:
            closed += self._rest_of_cycle(running, at_us)
        elif running and at_us > running.since_us and self._is_one_turn(running, at_us):
            closed += self._close(running.turn, running.since_us, at_us, "cut")
        for turn in list(self._sums):
            closed += self._rescue(turn, at_us)
        return closed

    def lost(self, at_us: int) -> list[Dwell]:
        """Nothing is known any more (the link, the reader): the running turn proves nothing, what it heard still counts."""
        self._open = self._settle_us = self._proof_us = self._waiting_since_us = None
        closed: list[Dwell] = []
        for turn in list(self._sums):
            closed += self._rescue(turn, at_us)
        return closed

    def doubt(self) -> None:
        """Reads may have been lost in this turn."""
        self._doubt = True

    def heard(self, reads: Iterable[Heard], now_us: int) -> list[Dwell]:
        """Take reads as they came."""
        closed: list[Dwell] = []
        late: dict[int, Sums] = {}
        self._proof_us = now_us
        for read in reads:
            turn = self._turn(read)
            if turn is None or not self._expects(turn, now_us, closed):
                late.setdefault(read.antenna, Sums()).add(read)
            else:
                self._sums.setdefault(turn, {}).setdefault(read.antenna, Sums()).add(read)
        for port, sums in late.items():
            closed += self._doubtful(port, sums, now_us)
        return closed

    def deadline(self) -> int | None:
        """When `tick` has something to do at the latest."""
        if self.computed:
            return self._computed_end_us()
        if self._waiting_since_us is None or not self._turns:
            return None
        return self._waiting_since_us + 2 * self._longest_us() + GRACE_US

    def tick(self, now_us: int) -> list[Dwell]:
        """Time has passed. A reader that never says when a turn ends gets a computed schedule."""
        closed: list[Dwell] = []
        due_us = self.deadline()
        if due_us is None or now_us < due_us:
            return closed
        if not self.computed:
            self._waiting_since_us = None if self._proof_us is not None else now_us
            if self._proof_us is None:
                return closed  # not one report or start: nothing says that any antenna works
            self.computed, self._open = True, None
            for turn in list(self._sums):
                closed += self._rescue(turn, now_us)
            return closed
        for _ in self._turns:
            running, due_us = self._open, self._computed_end_us()
            if running is None or due_us is None or now_us < due_us:
                break
            closed += self._close_computed(running, now_us)
        return closed

    def _turn(self, read: Heard) -> int | None:
        if read.turn is not None and 1 <= read.turn <= len(self._turns):
            return read.turn if read.antenna in self._turns[read.turn - 1].antennas else None
        return self._turn_of.get(read.antenna)

    def _expects(self, turn: int, now_us: int, closed: list[Dwell]) -> bool:
        """Whether reads of `turn` belong to the running turn or to the one that comes next."""
        if self.computed:
            return self._expects_computed(turn, now_us, closed)
        if self._open is None:
            return turn == 1
        return turn in (self._open.turn, self._open.turn % len(self._turns) + 1)

    def _close(self, turn: int, since_us: int, at_us: int, quality: Quality) -> list[Dwell]:
        """One dwell for each antenna of the turn, with what it heard."""
        sums = self._sums.pop(turn, {})
        step = self._turns[turn - 1]
        if len(step.antennas) > 1 and quality == "exact":
            quality = "estimated"
        if self._doubt:
            quality, self._doubt = "doubtful", False
        closed = []
        for port, power_dbm in zip(step.antennas, step.power_dbm, strict=True):
            closed.append(self._dwell(port, (since_us, at_us), quality, sums.get(port), power_dbm))
        return closed

    def _dwell(
        self,
        port: int,
        span_us: tuple[int, int],
        quality: Quality,
        sums: Sums | None,
        power_dbm: float | None,
    ) -> Dwell:
        started_us, ended_us = max(0, min(span_us)), max(0, *span_us)
        heard = sums or Sums()
        self.refused += heard.refused
        return Dwell(
            reader=self._reader,
            port=port,
            started_at_us=started_us,
            ended_at_us=ended_us,
            quality=quality,
            power_dbm=power_dbm,
            air=self._air,
            tags=heard.tags(),
            sweep=self._sweep,
        )

    def _rescue(self, turn: int, now_us: int) -> list[Dwell]:
        """What was heard in a turn whose end nobody told."""
        closed = []
        for port, sums in self._sums.pop(turn, {}).items():
            closed += self._doubtful(port, sums, now_us)
        return closed

    def _doubtful(self, port: int, sums: Sums, now_us: int) -> list[Dwell]:
        """A dwell that only says what was heard."""
        if not sums or port < 1:
            self.refused += sums.refused + (port < 1)
            return []
        last_us = now_us if sums.last_us is None else min(sums.last_us, now_us)
        first_us = last_us if sums.first_us is None else min(sums.first_us, last_us)
        step = self._turn_of.get(port)
        powers = (
            dict(zip(self._turns[step - 1].antennas, self._turns[step - 1].power_dbm, strict=True))
            if step
            else {}
        )
        return [self._dwell(port, (first_us, last_us), "doubtful", sums, powers.get(port))]

    def _open_next(self, turn: int, at_us: int) -> None:
        """After the last turn a cycle start must follow, unless this reader never tells one: then it goes round."""
        self._closed = Open(turn, at_us)
        if turn < len(self._turns):
            self._open = Open(turn + 1, at_us)
        else:
            self._open = None if self._starts_seen else Open(1, at_us)

    def _is_one_turn(self, running: Open, at_us: int) -> bool:
        """Whether the time since `running` began was this turn and no other, and long enough to tell of."""
        duration_us = self._turns[running.turn - 1].duration_us
        if at_us - running.since_us < duration_us // SHORTEST and not self._sums.get(running.turn):
            return False
        if running.turn == 1 and not self._starts_seen and self._closed is not None:
            return False  # only open because the last one closed; it may never have begun
        if self._ends_seen:
            return True
        return at_us - running.since_us <= duration_us * 5 // 4

    # The computed schedule: turns in order, each for its duration; a report of a turn says that it ends about now.

    def _longest_us(self) -> int:
        return max(turn.duration_us for turn in self._turns)

    def _computed_end_us(self) -> int | None:
        if self._open is None:
            return None
        if self._settle_us is not None:
            return self._settle_us
        duration_us = self._turns[self._open.turn - 1].duration_us
        return self._open.since_us + duration_us + duration_us // 2 + SETTLE_US

    def _expects_computed(self, turn: int, now_us: int, closed: list[Dwell]) -> bool:
        """Bring the schedule to `turn`, whose report is there; turns that it passes were silent."""
        before = self._closed
        duration_us = self._turns[turn - 1].duration_us
        if (
            before
            and before.turn == turn
            and len(self._turns) > 1
            and now_us - before.since_us < duration_us // 2
        ):
            return False
        for _ in self._turns:
            if self._open is None or self._open.turn == turn:
                break
            closed += self._close_computed(self._open, now_us)
        if self._open is None:
            self._open = Open(turn, now_us - duration_us)
        if self._settle_us is None:
            self._settle_us = now_us + SETTLE_US
        return True

    def _close_computed(self, running: Open, now_us: int) -> list[Dwell]:
        duration_us = self._turns[running.turn - 1].duration_us
        if self._settle_us is not None:
            end_us = min(now_us, self._settle_us - SETTLE_US)
        else:
            end_us = min(now_us, running.since_us + duration_us)
        self._settle_us = None
        closed = self._close(running.turn, running.since_us, end_us, "estimated")
        self._open_next(running.turn, end_us)
        cycle_us = sum(turn.duration_us for turn in self._turns)
        if self._proof_us is None or now_us - self._proof_us > 2 * cycle_us + GRACE_US:
            self._open = (
                None  # for two cycles nothing spoke of any antenna: the schedule proves nothing any more
            )
        return closed

    def _rest_of_cycle(self, running: Open, at_us: int) -> list[Dwell]:
        """The reader says that its cycle is over: the turns that are left share the time that is left."""
        closed: list[Dwell] = []
        left = self._turns[running.turn - 1 :]
        whole_us, since_us, done_us = sum(turn.duration_us for turn in left), running.since_us, 0
        for index, turn in enumerate(left, running.turn):
            done_us += turn.duration_us
            end_us = running.since_us + (at_us - running.since_us) * done_us // whole_us
            closed += self._close(index, since_us, end_us, "estimated")
            since_us = end_us
        return closed
