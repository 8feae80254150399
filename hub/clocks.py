"""The agents' clocks → hub time. Pure.

An agent's boot clock never jumps (`shelfwire.clock.BootClock`), so one offset corrects a whole boot. A report arrives a
little after it was made, and the way can only delay it: of all differences *arrival - made* of one boot, the smallest
is nearest to the truth, and every further report can improve it. Where the clock stood (1970, an hour off, set
later) does not matter. A birth message counts like a report: it goes out at once, before a backlog.

Two things raise an offset again. Clocks run at different speeds: the smallest difference is believed a little less with
every minute that has passed since (`LEAK_US`). And the hub's own clock may be set: if all reports of a boot come late by
the same large amount for long, that amount is no delay. A backlog is late as well, but it is made up faster than
it was measured, so its lateness shrinks.

What this cannot see: the shortest way itself (some milliseconds), a boot of which neither birth nor any report ever came
at once (its outbox was sent by a later boot: its dwells look too new by the least of their delays), and a hub clock
that was set forward before `STEADY_US` have passed: until then dwells are dated by the old clock.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

MAX_BOOTS: Final = 4_096
"""Boots remembered. An agent that boots anew every second for an hour fills it; the longest unheard are forgotten first."""
MINUTE_US: Final = 60_000_000
LEAK_US: Final = 12_000
"""What an offset rises by itself in a minute: 200 ppm. Quartz clocks differ by up to 100; more would believe in delays instead."""
LATE_US: Final = 60_000_000
"""Lateness that may be a step of the hub's clock: twice the watermark. Smaller steps leak away, a minute in four days."""
STEADY_US: Final = 600_000_000
"""So long a lateness must last to be a step: as long as the hub waits for a clock that is set back."""
SHRINKS_US: Final = 6_000_000
"""A lateness that shrinks by more in that time, a hundredth of it, is a backlog that is being made up."""


class _Boot(msgspec.Struct, array_like=True):
    """What is known of one boot; all in microseconds."""

    least_us: int
    """The smallest difference, and when it was seen in hub time."""
    least_at_us: int
    offset_us: int
    late_us: int = 0
    """The difference with which a lateness began, and since when in hub time; 0: it is not late."""
    late_since_us: int = 0


class Clocks:
    """The offset of each (agent, boot), in microseconds: hub time = boot time + offset."""

    def __init__(self) -> None:
        self._boots: dict[tuple[str, str], _Boot] = {}
        """In the order of their last use."""

    def heard(self, agent: str, boot: str, made_at_us: int, arrived_at_us: int) -> int:
        """A report came; the offset of its boot, as it is known with this report."""
        key = (agent, boot)
        seen_us = arrived_at_us - made_at_us
        one = self._boots.pop(key, None)
        if one is None:
            if len(self._boots) >= MAX_BOOTS:
                del self._boots[next(iter(self._boots))]
            one = _Boot(seen_us, arrived_at_us, seen_us)
        self._boots[key] = one
        one.offset_us = one.least_us + max(0, arrived_at_us - one.least_at_us) // MINUTE_US * LEAK_US
        if seen_us <= one.offset_us or _steadily_late(one, seen_us, arrived_at_us):
            one.least_us = one.offset_us = seen_us
            one.least_at_us, one.late_since_us = arrived_at_us, 0
        return one.offset_us

    def step_back(self, step_us: int) -> None:
        """The hub's clock was set back by `step_us`: every boot that was known is known by the new clock."""
        for one in self._boots.values():
            one.least_us -= step_us
            one.offset_us -= step_us
            one.least_at_us -= step_us
            one.late_since_us = 0

    def offset_us(self, agent: str, boot: str) -> int | None:
        """The offset as known now; None for a boot never heard."""
        one = self._boots.get((agent, boot))
        return None if one is None else one.offset_us

    def dump(self) -> list[Any]:
        """Plain data for `load`."""
        return [[agent, boot, msgspec.to_builtins(one)] for (agent, boot), one in self._boots.items()]

    @classmethod
    def load(cls, state: list[Any]) -> Clocks:
        """The clocks as `dump` left them."""
        clocks = cls()
        clocks._boots = {(agent, boot): msgspec.convert(one, _Boot) for agent, boot, one in state}
        return clocks


def _steadily_late(one: _Boot, seen_us: int, arrived_at_us: int) -> bool:
    """Whether all reports have been late for long, and by the same amount."""
    if seen_us - one.offset_us < LATE_US:
        one.late_since_us = 0
    elif not one.late_since_us or seen_us < one.late_us - SHRINKS_US:
        one.late_us, one.late_since_us = seen_us, arrived_at_us
    return one.late_since_us > 0 and arrived_at_us - one.late_since_us >= STEADY_US
