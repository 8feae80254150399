"""When an R700's antenna listened: from its activations to dwells, *including the empty ones*. Pure. Times are the reader's.

The reader says when an antenna begins; the next beginning ends it, or the end of the inventory does. Nothing tells the end itself, and
events may come in another order than they happened, so that a turn is kept for `SETTLE_US` after its end before it is handed on.

``exact``      from one activation to the next
``cut``        the inventory ended in the middle of the turn
``estimated``  one antenna works without end (the only one in its cycle): its reads prove that it still does
``doubtful``   reads may be missing, or belong to no turn, or an antenna was skipped that should have followed (`edge.impinj.rota`): counts
               what was heard, never what was not
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from edge.impinj.events import TagRead
from edge.impinj.rota import Rota
from edge.iot.turn import Turn
from edge.reads import Heard, Sums
from shelfwire.messages import Quality

SETTLE_US: Final = 500_000
"""Kept back after a turn's end. Events of one reader overtake each other by milliseconds; a report batch lingers for less."""

SLACK_US: Final = 50_000
"""A read may be stamped so much before or after its turn: a started round is finished, and stamps are made in different places."""

SHORTEST_US: Final = 20_000
"""A turn of less is no turn but a flood of activations. Gen2 takes 5 ms for a round without tags; known turns last 100 ms and more."""

LONGEST_US: Final = 10_000_000
"""A turn of more was several of which nobody told, or the reader stood still. Known turns last a second or two."""

ALIVE_US: Final = 2_000_000
"""A read so long ago proves that the antenna works still."""

DISTRUST_US: Final = 60_000_000
"""After reads that fit no turn, silence proves nothing for a minute: reports come summed or late, and who was silent is not known."""

MAX_WAITING: Final = 1_000
"""Turns kept back: half a second of activations every half millisecond. What is beyond is handed on at once."""

MAX_LOOSE_PORTS: Final = 64
"""Antennas with reads outside of turns; twice a reader with hubs. Reads of more are refused."""


class Turns:
    """The turns of one reader. `tick` gives the complete ones; `now_us` is host time, all else the reader's."""

    def __init__(self) -> None:
        self._open: Turn | None = None
        self._waiting: deque[Turn] = deque()
        self._loose: dict[int, Turn] = {}
        self._rota = Rota()
        self._since_us: int | None = None
        """From here on the turns are known."""
        self._last_read_us = 0
        self._distrust_us: int | None = None
        self._doubt = False
        self.activations = 0
        self.gaps = 0
        """Beginnings that were missed or made no sense."""
        self.refused = 0

    @property
    def distrusted(self) -> bool:
        """Whether reads fit no turn, so that silence proves nothing now."""
        return self._distrust_us is not None

    @property
    def unsteady(self) -> bool:
        """Whether activations are missing all the time, as far as the order of the antennas tells."""
        return self._rota.unsteady

    def activated(self, port: int, at_us: int, now_us: int) -> None:
        """An antenna begins."""
        self.activations += 1
        running = self._open
        if running is not None and at_us <= running.from_us:
            if at_us < running.from_us or port != running.port:
                self.gaps += 1
                self._doubt = True
            return
        if running is not None:
            self._close(running, at_us, self._worth(running, port, at_us), now_us)
        if self._since_us is None:
            self._since_us = at_us
        self._open = Turn(port, at_us, at_us, "exact", Sums())

    def rested(self, at_us: int, now_us: int) -> None:
        """The inventory is over, or waits."""
        running, self._open = self._open, None
        if running is None:
            return
        if at_us > running.from_us:
            self._close(running, at_us, "cut", now_us)
        else:  # the two overtook each other: how long it listened is not known, and what it heard still counts
            self._end(running, self._heard_to_us(running), "doubtful", now_us)

    def began(self, at_us: int, now_us: int) -> None:
        """The inventory begins; a turn that was open since before proves nothing."""
        running = self._open
        if running is not None and running.from_us < at_us - SLACK_US:
            self.gaps += 1
            self._end(running, self._heard_to_us(running), "doubtful", now_us)

    def lost(self, now_us: int) -> None:
        """Nothing is known any more (the link, the reader's clock): what was heard still counts, silence does not."""
        running, self._open, self._since_us = self._open, None, None
        if running is not None:
            self._end(running, self._heard_to_us(running), "doubtful", now_us)
        for turn in self._waiting:
            turn.quality = "doubtful"

    def doubt(self, first_us: int | None = None, last_us: int | None = None) -> None:
        """Reads of this time may be lost; without a time: of now."""
        self._doubt = True
        for turn in self._waiting:
            if (first_us is None or turn.to_us >= first_us) and (last_us is None or turn.from_us <= last_us):
                turn.quality = "doubtful"

    def changed(self) -> None:
        """The cycle was changed: the turn that runs now is not one turn, and the antennas' order has to be learned anew."""
        self._doubt |= self._open is not None
        self._rota.forget()

    def heard(self, read: TagRead, at_us: int, now_us: int) -> None:
        """One read, at `at_us`."""
        turn = self._turn_of(read.port, at_us)
        if turn is None:
            turn = self._loose_turn(read.port, at_us, now_us)
        if turn is None:
            self.refused += 1
            return
        if turn.power_dbm is None:
            turn.power_dbm = read.power_dbm
        turn.sums.add(
            Heard(
                epc=read.epc, antenna=read.port, pc=read.pc, rssi_dbm=read.rssi_dbm, first_us=at_us, last_us=at_us,
                phase_deg=read.phase_deg, channel_khz=read.channel_khz,
            )
        )  # fmt: skip

    def tick(self, now_us: int, at_us: int, *, everything: bool = False) -> Iterator[Turn]:
        """What is complete by now, or `everything` that is over; `at_us` is now on the reader's clock."""
        self._split_endless(at_us, now_us)
        if self._distrust_us is not None and now_us - self._distrust_us >= DISTRUST_US:
            self._distrust_us = None
        while self._waiting and (
            everything or self._waiting[0].known_us + SETTLE_US <= now_us or len(self._waiting) > MAX_WAITING
        ):
            turn = self._waiting.popleft()
            if self._distrust_us is not None and turn.quality != "cut":
                turn.quality = "doubtful"
            if turn.sums or turn.to_us - turn.from_us >= SHORTEST_US:
                yield turn
        due = [p for p, turn in self._loose.items() if everything or turn.known_us + 2 * SETTLE_US <= now_us]
        for port in due:
            turn = self._loose.pop(port)
            turn.to_us = self._heard_to_us(turn)
            yield turn

    def deadline(self) -> int | None:
        """Host time at which `tick` has something to do."""
        times = [turn.known_us + 2 * SETTLE_US for turn in self._loose.values()]
        if self._waiting:
            times.append(self._waiting[0].known_us + SETTLE_US)
        return min(times, default=None)

    def _worth(self, turn: Turn, port: int, at_us: int) -> Quality:
        """What a turn is worth that ended when `port` began: of one that is in doubt anyway nothing is learned."""
        if self._doubt or not SHORTEST_US <= at_us - turn.from_us <= LONGEST_US:
            return "exact"  # `_close` and `_end` see to it
        if not self._rota.skips(turn.port, port):
            return "exact"
        self.gaps += 1
        return "doubtful"

    def _close(self, turn: Turn, at_us: int, quality: Quality, now_us: int) -> None:
        """The reader's word ends the turn; one that was too long was several of which nobody told, and proves what it heard only."""
        if at_us - turn.from_us <= LONGEST_US:
            self._end(turn, at_us, quality, now_us)
        else:
            self.gaps += 1
            self._end(turn, self._heard_to_us(turn), "doubtful", now_us)

    def _end(self, turn: Turn, at_us: int, quality: Quality, now_us: int) -> None:
        if self._open is turn:
            self._open = None
        if quality == "exact" and at_us - turn.from_us < SHORTEST_US:
            self.gaps += 1
            quality = "doubtful"
        if self._doubt:
            quality, self._doubt = "doubtful", False
        turn.to_us, turn.quality, turn.known_us = max(turn.from_us, at_us), quality, now_us
        self._waiting.append(turn)

    def _turn_of(self, port: int, at_us: int) -> Turn | None:
        """The newest turn of `port` in which `at_us` lies."""
        running = self._open
        if running is not None and running.port == port and at_us >= running.from_us - SLACK_US:
            self._last_read_us = max(self._last_read_us, at_us)
            return running
        for turn in reversed(self._waiting):
            if turn.port == port and turn.from_us - SLACK_US <= at_us <= turn.to_us + SLACK_US:
                return turn
            if turn.to_us < at_us - SLACK_US:
                break
        return None

    def _loose_turn(self, port: int, at_us: int, now_us: int) -> Turn | None:
        if self._since_us is not None and at_us > self._since_us + SLACK_US:
            # the turns of that time are known, and this antenna had none there: they cannot be trusted
            self._distrust_us = now_us
            self.doubt()
        turn = self._loose.get(port)
        if turn is None:
            if len(self._loose) >= MAX_LOOSE_PORTS:
                return None
            turn = self._loose[port] = Turn(port, at_us, at_us, "doubtful", Sums(), known_us=now_us)
        turn.from_us = min(turn.from_us, at_us)
        return turn

    def _split_endless(self, at_us: int, now_us: int) -> None:
        """An antenna that works alone is told of once: cut its time where its reads prove that it works."""
        running = self._open
        if running is None or at_us - running.from_us < LONGEST_US:
            return
        if self._last_read_us > max(running.from_us, at_us - ALIVE_US):
            to_us = self._last_read_us
            self._end(running, to_us, "estimated", now_us)
            self._open = Turn(running.port, to_us, to_us, "exact", Sums())
        elif at_us - running.from_us > LONGEST_US + ALIVE_US and running.sums:
            self._end(running, self._heard_to_us(running), "doubtful", now_us)

    def _heard_to_us(self, turn: Turn) -> int:
        return max(turn.from_us, turn.sums.last_us if turn.sums.last_us is not None else turn.from_us)
