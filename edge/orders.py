"""What the hub's commands make of the readers' cycles. Pure: commands and time in; replies and changed cycles out.

Each id is applied once. A cycle with `for_s` ends by itself, so that a dead hub never leaves a reader at the power of a sweep.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from edge.config import ReaderConfig
from edge.ports import Cycle
from shelfwire.messages import Command, DwellTime, Ping, Power, Reply, StartCycle, StopCycle

REMEMBERED: Final = 1_000
"""Ids of commands that were answered. A broker repeats a command within seconds; a hub sends a few a minute."""

CLOCK_SLACK_US: Final = 300_000_000
"""Five minutes: an agent's clock is set over the network or wrong by hours. Less would refuse good commands on a board whose clock
drifts; more would run a sweep that was cancelled long ago."""


class Outcome(NamedTuple):
    """The answer to one command, and the readers whose cycle is another now."""

    reply: Reply
    changed: tuple[str, ...] = ()


class _Reader:
    """One reader: its usual cycle, and what is in force instead and until when (None: until another command)."""

    def __init__(self, config: ReaderConfig) -> None:
        self.ports = tuple(config.antennas or ())
        self.usual = Cycle.usual(config)
        self.special: Cycle | None = None
        self.until_us: int | None = None
        self.stopped = False

    @property
    def cycle(self) -> Cycle | None:
        """What the reader is to do now; None: radio off."""
        if self.special is not None:
            return self.special
        return None if self.stopped else self.usual


class Orders:
    """The commands in force. Times are those of the boot clock."""

    def __init__(self, readers: Iterable[ReaderConfig]) -> None:
        self._readers = {config.id: _Reader(config) for config in readers}
        self._answers: OrderedDict[str, Reply] = OrderedDict()

    def cycle(self, reader: str) -> Cycle | None:
        """What `reader` is to do now; None: radio off."""
        return self._readers[reader].cycle

    def apply(self, command: Command, now_us: int) -> Outcome:
        """Apply one command. One that was answered already is answered again in the same words, and does nothing."""
        if (known := self._answers.get(command.id)) is not None:
            return Outcome(known)
        ok, detail, changed = self._apply(command, now_us)
        reply = Reply(id=command.id, ok=ok, detail=detail, at_us=now_us)
        self._answers[command.id] = reply
        if len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)
        return Outcome(reply, changed)

    def expire(self, now_us: int) -> tuple[str, ...]:
        """Go back to the usual cycle where a special one has had its time; the readers concerned."""
        over = tuple(
            name
            for name, reader in self._readers.items()
            if reader.until_us is not None and now_us >= reader.until_us
        )
        for name in over:
            self._readers[name].special = self._readers[name].until_us = None
        return over

    def next_us(self) -> int | None:
        """When `expire` has something to do; None: never."""
        return min((r.until_us for r in self._readers.values() if r.until_us is not None), default=None)

    def _apply(self, command: Command, now_us: int) -> tuple[bool, str, tuple[str, ...]]:
        if command.expires_at_us and now_us > command.expires_at_us + CLOCK_SLACK_US:
            late_s = (now_us - command.expires_at_us) // 1_000_000
            return (
                False,
                f"expired {late_s} s ago by this agent's clock; send it again, or set the agent's clock",
                (),
            )
        if isinstance(command, Ping):
            return True, "here", ()
        reader = self._readers.get(command.reader)
        if reader is None:
            known = ", ".join(sorted(self._readers)[:20]) or "none"
            return False, f"this agent has no reader {command.reader}; it has {known}", ()
        ports = command.ports if isinstance(command, Power | StartCycle) else None
        if ports is not None and (strange := _strange(ports, reader.ports)):
            return False, f"reader {command.reader}: {strange}", ()
        return True, _change(reader, command, now_us), (command.reader,)


def _strange(ports: list[int], own: tuple[int, ...]) -> str:
    """What is wrong with the ports that a command names, or nothing."""
    if not ports:
        return "an empty list of ports; leave it out for all"
    if len(set(ports)) < len(ports):
        return f"a port stands twice in {ports}"
    unknown = sorted(set(ports) - set(own)) if own else []
    return f"is not set up to drive port {', '.join(map(str, unknown))}" if unknown else ""


def _change(reader: _Reader, command: Power | DwellTime | StartCycle | StopCycle, now_us: int) -> str:
    """Change the reader's cycles; says what was done."""
    match command:
        case Power():
            return _power(reader, command)
        case DwellTime(dwell_ms=dwell_ms):
            reader.usual = msgspec.structs.replace(reader.usual, dwell_ms=dwell_ms)
            return f"each antenna listens for {dwell_ms} ms until the agent starts again"
        case StopCycle():
            reader.special, reader.until_us, reader.stopped = None, None, True
            return "radio off until a cycle is started"
        case StartCycle():
            return _start(reader, command, now_us)


def _power(reader: _Reader, command: Power) -> str:
    power = command.power_dbm
    if command.ports is None:
        reader.usual = msgspec.structs.replace(reader.usual, power_dbm=power, port_power_dbm={})
        return f"power {power:g} dBm on all ports until the agent starts again"
    wished = reader.usual.port_power_dbm | dict.fromkeys(command.ports, power)
    reader.usual = msgspec.structs.replace(reader.usual, port_power_dbm=wished)
    return f"power {power:g} dBm on port {', '.join(map(str, command.ports))} until the agent starts again"


def _start(reader: _Reader, command: StartCycle, now_us: int) -> str:
    wishes = (command.ports, command.dwell_ms, command.power_dbm, command.for_s, command.sweep)
    if all(wish is None for wish in wishes):
        reader.special, reader.until_us, reader.stopped = None, None, False
        return "usual cycle"
    reader.stopped = False
    usual = reader.usual
    reader.special = Cycle(
        antennas=usual.antennas if command.ports is None else tuple(command.ports),
        dwell_ms=command.dwell_ms or usual.dwell_ms,
        power_dbm=usual.power_dbm if command.power_dbm is None else command.power_dbm,
        port_power_dbm=usual.port_power_dbm if command.power_dbm is None else {},
        sweep=command.sweep,
    )
    reader.until_us = None if command.for_s is None else now_us + int(command.for_s * 1e6)
    ending = "until another command" if command.for_s is None else f"for {command.for_s:g} s"
    return f"cycle of {reader.special.dwell_ms} ms at {reader.special.power_dbm:g} dBm {ending}"
