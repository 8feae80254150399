"""The agents' clocks → hub time. Pure.

An agent's boot clock never jumps (`shelfwire.clock.BootClock`), so one offset corrects a whole boot. A report arrives a
little after it was made, and the way can only delay it: of all differences *arrival - made* of one boot, the smallest
is nearest to the truth, and every further report can only improve it. Where the clock stood (1970, an hour off, set
later) does not matter. A birth message counts like a report: it goes out at once, before a backlog.

What this cannot see: the shortest way itself (some milliseconds), and a boot of which neither birth nor any report ever came
at once (its outbox was sent by a later boot): its dwells look too new by the least of their delays.
"""

from __future__ import annotations

from typing import Any, Final

MAX_BOOTS: Final = 4_096
"""Boots remembered. An agent that boots anew every second for an hour fills it; the oldest are forgotten first."""


class Clocks:
    """The offset of each (agent, boot), in microseconds: hub time = boot time + offset."""

    def __init__(self) -> None:
        self._offset_us: dict[tuple[str, str], int] = {}

    def heard(self, agent: str, boot: str, made_at_us: int, arrived_at_us: int) -> int:
        """A report came; the offset of its boot, which may have become smaller."""
        key = (agent, boot)
        seen = arrived_at_us - made_at_us
        known = self._offset_us.get(key)
        if known is None and len(self._offset_us) >= MAX_BOOTS:
            del self._offset_us[next(iter(self._offset_us))]
        offset = seen if known is None else min(known, seen)
        self._offset_us[key] = offset
        return offset

    def offset_us(self, agent: str, boot: str) -> int | None:
        """The offset as known now; None for a boot never heard."""
        return self._offset_us.get((agent, boot))

    def dump(self) -> list[Any]:
        """Plain data for `load`."""
        return [[agent, boot, offset] for (agent, boot), offset in self._offset_us.items()]

    @classmethod
    def load(cls, state: list[Any]) -> Clocks:
        """The clocks as `dump` left them."""
        clocks = cls()
        clocks._offset_us = {(agent, boot): offset for agent, boot, offset in state}
        return clocks
