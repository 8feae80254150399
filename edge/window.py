"""Which number to publish next: a bounded window of unacknowledged reports, sent again when it must be. Pure.

The rules, in this order. What the hub asks for again goes at once, yet not twice within `QUIET_US`, because each of its
acknowledgements repeats the question until the answer has arrived. What was never sent on this connection goes while the window has
room. What had no answer for the back-off goes again, the whole window, and the back-off doubles while the hub stays silent; any
acknowledgement resets it. A new connection begins behind the last acknowledgement: the broker may have lost everything.

    window.up(now_us)
    while (seq := window.due(now_us, outbox.upto, outbox.committed)) is not None:
        item = outbox.item(seq)
        publish(item.payload)
        window.sent(item.first, item.last, len(item.payload), now_us)

All of ``upto + 1 … cursor - 1`` is always in flight, so that the number on which the hub waits is never the one for which there is no room.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from shelfwire.retry import Backoff

REPORTS: Final = 64
"""Unacknowledged at once. At 4 reports a second and a hub that journals within 50 ms one is enough; 64 carry a backlog of 1,000
reports a second over a way of 60 ms. A hundred agents with full windows are 6,400 messages, which broker and hub can queue."""

BYTES: Final = 4 * 1024 * 1024
"""Large reports fill the window earlier, so that a hundred agents cannot fill the broker's memory."""

QUIET_US: Final = 500_000
"""A report is not sent twice within this time, whoever asks."""

RESEND: Final = Backoff(first_s=5.0, longest_s=60.0, jitter=0.0)
"""No answer for 5 s: the hub or the broker has lost it, or is away. A window a minute to a hub that is away costs nobody much."""


class _Sent(NamedTuple):
    last: int
    size: int
    at_us: int


class Window:
    """State of one connection's sending. Numbers are those of the outbox; a lost record counts as one, whatever it covers."""

    def __init__(self, reports: int = REPORTS, size: int = BYTES, resend: Backoff = RESEND) -> None:
        self._reports, self._size, self._resend = reports, size, resend
        self._flying: dict[int, _Sent] = {}
        self._flying_bytes = 0
        self._again: dict[int, None] = {}
        self._cursor = 1
        self._silent_rounds = 0
        self._heard_us = 0
        self._up = False

    @property
    def flying(self) -> int:
        """Messages sent and not acknowledged."""
        return len(self._flying)

    def up(self, now_us: int) -> None:
        """A new connection: all that is not acknowledged is to be sent, in order."""
        self._up = True
        self._flying.clear()
        self._again.clear()
        self._flying_bytes = self._silent_rounds = 0
        self._cursor = 1
        self._heard_us = now_us

    def down(self) -> None:
        """The connection is lost: nothing is due."""
        self._up = False

    def due(self, now_us: int, upto: int, committed: int) -> int | None:
        """The number to publish now, or None. `upto` is acknowledged, `committed` the last that is on disk."""
        if not self._up:
            return None
        if self._flying and now_us - self._heard_us >= self._wait_us():
            # No answer to the whole window: all of it again.
            self._silent_rounds += 1
            self._heard_us = now_us
            self._again = dict.fromkeys(sorted(self._flying))
        for seq in self._again:
            if now_us - self._flying[seq].at_us >= QUIET_US:
                # Of a lost record the hub may have had the first reports: the rest of it stands at the number behind them.
                return max(seq, upto + 1)
        self._cursor = max(self._cursor, upto + 1)
        room = len(self._flying) < self._reports and self._flying_bytes < self._size
        return self._cursor if room and self._cursor <= committed else None

    def wait_us(self, now_us: int) -> int | None:
        """Microseconds until something may be due by time alone; None: not before something happens."""
        if not self._up or not self._flying:
            return None
        if self._again:
            return QUIET_US
        return max(1_000, self._heard_us + self._wait_us() - now_us)

    def sent(self, first: int, last: int, size: int, now_us: int) -> None:
        """`first` … `last` (one message) was handed to the broker."""
        self._land([seq for seq, sent in self._flying.items() if seq <= last and sent.last >= first])
        if not self._flying:
            self._heard_us = now_us
        self._flying[first] = _Sent(last, size, now_us)
        self._flying_bytes += size
        self._cursor = max(self._cursor, last + 1)

    def acked(self, upto: int, now_us: int) -> None:
        """The hub lives, and has all up to `upto` (checked by the outbox)."""
        self._silent_rounds = 0
        landed = [seq for seq, sent in self._flying.items() if sent.last <= upto]
        self._land(landed)
        if landed:
            self._heard_us = now_us

    def want(self, ranges: Iterable[tuple[int, int]], committed: int) -> int:
        """The hub asks for `ranges` again. Returns how many of them make no sense and are left alone.

        What has not been sent on this connection yet comes in its turn anyway.
        """
        strange = 0
        for first, last in ranges:
            if not 1 <= first <= last <= committed:
                strange += 1
                continue
            wanted = [seq for seq, sent in self._flying.items() if seq <= last and sent.last >= first]
            self._again.update(dict.fromkeys(sorted(wanted)))
        return strange

    def _land(self, numbers: Iterable[int]) -> None:
        for seq in numbers:
            self._flying_bytes -= self._flying.pop(seq).size
            self._again.pop(seq, None)

    def _wait_us(self) -> int:
        return int(self._resend.wait_s(self._silent_rounds + 1, 0.5) * 1e6)
