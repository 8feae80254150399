"""What a network does to the packets between an agent and its broker, and when each leaves. Pure: time and seed come in.

A `Lane` is one direction of one connection. It keeps the order, as TCP does; only reports (whole MQTT packets) may be overtaken or come twice, which is
what a broker that restarts, a bridge or a second route does to them.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Final

import msgspec

from firmware_sim.dice import mix
from firmware_sim.faults.packets import PUBACK, again, is_report, kind, number

RESEND_S: Final = 0.2
"""TCP sends a lost packet again after its time-out: 200 ms at least (Linux), and twice that for the second try."""

TRIES: Final = 5
"""Losses in a row of one packet; more is a broken connection."""

BREAKS: Final = 0.01
"""Of the lost packets, the share with which the connection breaks: a NAT or a switch forgot it. Assumption."""

OVERTAKEN_S: Final = 0.7
"""A report that is reordered comes so much later: two or three reports of an agent (one in 0.25 s) go before it."""

AGAIN_S: Final = 0.4
"""The second copy of a report comes so much after the first."""

_UNIT: Final = 2.0**-16


class Weather(msgspec.Struct, kw_only=True):
    """How the network is now; changed while it runs."""

    delay_s: float = 0.0
    """Each way."""
    loss: float = 0.0
    """Share of packets that has to be sent again."""
    cut: bool = False
    """Nothing passes; connections stay as they are until somebody gives them up."""
    doubled: float = 0.0
    reordered: float = 0.0
    """Shares of the reports."""


class Broken(Exception):  # noqa: N818 (no error of ours: the weather)
    """The connection is lost."""


class Answered:
    """Answers of the broker to second copies, which the agent never sent and must not see."""

    def __init__(self) -> None:
        self._copies: dict[int, int] = {}

    def copy(self, packet: bytes) -> None:
        """A second copy of this report is sent; bounded by the 65,535 packet identifiers."""
        name = number(packet)
        self._copies[name] = self._copies.get(name, 0) + 1

    def swallows(self, packet: bytes) -> bool:
        """Whether the broker's `packet` answers a copy. Of two equal answers either may be kept."""
        if kind(packet) != PUBACK:
            return False
        name = number(packet)
        left = self._copies.get(name, 0)
        if not left:
            return False
        self._copies[name] = left - 1
        return True


class Lane:
    """Packets in one direction: `take` them as they come, `due` says which leave now."""

    def __init__(self, weather: Weather, seed: int, answered: Answered | None = None) -> None:
        self._weather = weather
        self._seed = seed
        self._answered = answered
        """Given on the agent's lane, whose reports may come twice."""
        self._taken = 0
        self._order = 0
        self._last_s = 0.0
        self._waiting: list[tuple[float, int, bytes, bool]] = []
        """When it leaves, its place in the order, itself, and whether it is a second copy."""
        self.waiting_bytes = 0

    def take(self, packet: bytes, now_s: float) -> None:
        """One packet, or a piece of a stream. Raises `Broken`."""
        weather = self._weather
        throw = int(mix(self._seed, self._taken)[0])
        self._taken += 1
        leave_s = max(self._last_s, now_s + weather.delay_s + self._resends_s(throw))
        report = self._answered is not None and is_report(packet)
        if report and (throw >> 16 & 0xFFFF) * _UNIT < weather.reordered:
            self._put(leave_s + OVERTAKEN_S, packet)
        else:
            self._last_s = leave_s
            self._put(leave_s, packet)
        if report and (throw >> 32 & 0xFFFF) * _UNIT < weather.doubled:
            self._put(leave_s + OVERTAKEN_S + AGAIN_S, again(packet), copy=True)

    def due(self, now_s: float) -> list[bytes]:
        """What leaves by now, in order; nothing while the line is cut."""
        found = []
        while not self._weather.cut and self._waiting and self._waiting[0][0] <= now_s:
            _, _, packet, copy = heappop(self._waiting)
            self.waiting_bytes -= len(packet)
            if copy and self._answered is not None:
                self._answered.copy(packet)
            found.append(packet)
        return found

    def next_s(self) -> float | None:
        """When the next one leaves; None: nothing waits, or the line is cut."""
        return self._waiting[0][0] if self._waiting and not self._weather.cut else None

    def _put(self, leave_s: float, packet: bytes, *, copy: bool = False) -> None:
        self._order += 1
        self.waiting_bytes += len(packet)
        heappush(self._waiting, (leave_s, self._order, packet, copy))

    def _resends_s(self, throw: int) -> float:
        """The wait for a packet that was lost, perhaps again and again."""
        loss = self._weather.loss
        if loss <= 0 or (throw & 0xFFFF) * _UNIT >= loss:
            return 0.0
        if (throw >> 48) * _UNIT < BREAKS:
            raise Broken
        wait_s, step_s = RESEND_S, RESEND_S
        for attempt in range(TRIES):
            if (int(mix(self._seed, self._taken, attempt)[0]) & 0xFFFF) * _UNIT >= loss:
                return wait_s
            step_s *= 2
            wait_s += step_s
        raise Broken
