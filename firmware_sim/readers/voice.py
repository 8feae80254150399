"""What an emulated reader says: numbers its messages, knows who listens, holds back what nobody takes, and asks whether the client still lives. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec

from edge.llrp import messages as m
from edge.llrp.events import (
    ON_BUFFER,
    BufferOverflow,
    BufferWarning,
    ConnectionClose,
    Event,
    EventData,
)
from edge.llrp.rospec import Uptime, Utc
from firmware_sim.readers.box import Box
from firmware_sim.readers.reports import Clocked
from firmware_sim.readers.settings import Settings

WARNING_PERCENT: Final = 80
"""Fill of the buffer at which a reader warns, where warnings are switched on."""


class Out(msgspec.Struct, frozen=True):
    """One message that goes to the client; `close`: then the reader closes the connection."""

    message: m.Message
    id: int
    close: bool = False
    version: int = 1


class Voice:
    """Collects what goes out; `flush` gives it. One client at a time is the shell's business."""

    def __init__(self, box: Box, settings: Settings, clock: Callable[[], Clocked]) -> None:
        self.version = 1
        """LLRP version in all heads."""
        self.connected = False
        self.congested = False
        """The client does not take what is sent: reports and events wait in the buffer as if nobody were there."""
        self._box, self._settings, self._clock = box, settings, clock
        self._holding = False
        self._held: deque[m.Message] = deque()
        self._held_tags = 0
        self._overflowed = False
        self._ids = 0
        self._unacknowledged = 0
        self._keepalive_us = 0
        self._out: list[Out] = []

    def connect(self, now_us: int, greeting: Event) -> None:
        """A client came: the reader speaks first, then tells what waits unless it is to hold it."""
        self.connected, self.congested, self.version = True, False, 1
        self._holding = self._settings.holds
        self.restart_keepalive(now_us)
        self._say(self.notification(now_us, greeting))
        if not self._holding:
            self.release(now_us)

    def disconnect(self) -> None:
        """The client is gone."""
        self.connected = self.congested = False
        self._holding = self._settings.holds
        if not self._settings.holds:
            self._held.clear()
            self._held_tags = 0

    @property
    def holding(self) -> bool:
        """Until the client asks for events and reports they are held back."""
        return self._holding

    def tell(self, message: m.Message) -> None:
        """To the client, or into the buffer; without holding, what nobody takes is gone."""
        if self.connected and not self._holding and not self.congested:
            self._say(message)
            return
        if not (self.connected or self._settings.holds):
            return
        tags = len(message.tags) if isinstance(message, m.ROAccessReport) else 0
        box = self._box
        if len(self._held) >= box.buffer_messages or self._held_tags + tags > box.buffer_tags:
            self._overflowed = True
            return
        self._held.append(message)
        self._held_tags += tags

    def event(self, at_us: int, kind: int, event: Event) -> None:
        """An event of a kind that can be switched off."""
        if kind in self._settings.events:
            self.tell(self.notification(at_us, event))

    def answer(self, message: m.Message, number: int, *, close: bool = False, version: int = 0) -> None:
        """The answer to the request `number`."""
        self._out.append(Out(message, number, close=close, version=version or self.version))

    def aside(self, now_us: int, event: Event) -> None:
        """An event that is always sent, at once, whatever is held."""
        if self.connected:
            self._say(self.notification(now_us, event))

    def lost(self) -> None:
        """Data were dropped before they became a message; the client hears of it with what comes next."""
        self._overflowed = True

    def release(self, now_us: int) -> None:
        """The client asks for what was held, or takes what is sent again."""
        self._holding = False
        filled = 100 * max(
            len(self._held) / self._box.buffer_messages, self._held_tags / self._box.buffer_tags
        )
        if filled >= WARNING_PERCENT:
            self.event(now_us, ON_BUFFER, BufferWarning(min(100, round(filled))))
        while self._held:
            self._say(self._held.popleft())
        self._held_tags = 0
        self.confess(now_us)

    def confess(self, now_us: int) -> None:
        """Say that data were lost, if they were and somebody listens."""
        if self._overflowed and self.connected and not self._holding and not self.congested:
            self._overflowed = False
            self._say(self.notification(now_us, BufferOverflow()))

    def restart_keepalive(self, now_us: int) -> None:
        """The period begins anew."""
        self._unacknowledged = 0
        self._keepalive_us = now_us + self._settings.keepalive_ms * 1000

    def acknowledged(self) -> None:
        """The client lives."""
        self._unacknowledged = 0

    @property
    def keepalive_us(self) -> int | None:
        """When the next question is due."""
        return self._keepalive_us if self.connected and self._settings.keepalive_ms else None

    def ask_alive(self, now_us: int) -> None:
        """Ask whether the client lives, if it is time; one that missed too many answers is left."""
        due_us = self.keepalive_us
        if due_us is None or now_us < due_us:
            return
        self._keepalive_us = now_us + self._settings.keepalive_ms * 1000
        if self._unacknowledged >= self._settings.missed_acks:
            goodbye = self.notification(now_us, ConnectionClose())
            self._out.append(Out(goodbye, self.next_id(), close=True, version=self.version))
            return
        self._unacknowledged += 1
        self._say(m.Keepalive())

    def notification(self, at_us: int, *events: Event) -> m.Message:
        """The event message of one moment, on the reader's clock."""
        clock = self._clock()
        utc, uptime = clock.utc(at_us), clock.uptime(at_us)
        return m.ReaderEventNotification(
            EventData(
                utc=None if utc is None else Utc(utc),
                uptime=None if uptime is None else Uptime(uptime),
                events=events,
            )
        )

    def next_id(self) -> int:
        """The reader's own counter."""
        self._ids = (self._ids + 1) & 0xFFFFFFFF
        return self._ids

    def flush(self) -> list[Out]:
        """What goes out now."""
        out, self._out = self._out, []
        return out

    def _say(self, message: m.Message) -> None:
        self._out.append(Out(message, self.next_id(), version=self.version))
