"""The agents as the health page shows them. Pure."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from hub.effects import AgentChanged
from shelfwire.messages import AgentStatus

MAX_STRANGERS: Final = 200
"""Unknown agents shown; a hostile peer could invent any number."""
MAX_LOGS: Final = 8
"""Logs whose sequence is followed for one agent; a new outbox makes a new one."""
QUIET_S: Final = 30
"""An agent whose counters alone change is written again after this time."""


class LogCount(msgspec.Struct, array_like=True):
    """How much of one log has come."""

    highest: int = 0
    taken: int = 0


class AgentHealth(msgspec.Struct, kw_only=True):
    """One agent, plain data."""

    agent: str
    known: bool
    online: bool = False
    boot: str = ""
    born: bool = False
    """Whether `boot` is known from a birth, and not only from a report, which an older boot may have made."""
    log: str = ""
    at_us: int = 0
    software: str = ""
    trouble: str = ""
    reports: int = 0
    lost: int = 0
    faults: dict[str, int] = {}
    last_fault: str = ""
    readers: list[dict[str, Any]] = []
    outbox_reports: int = 0
    logs: dict[str, LogCount] = {}
    written_us: int = 0
    urgent: bool = True
    """Something other than a counter changed."""


class AgentTable:
    """All agents of the site and, up to a bound, others that spoke."""

    def __init__(self, known: list[str]) -> None:
        self.agents = {agent: AgentHealth(agent=agent, known=True) for agent in known}

    def get(self, agent: str) -> AgentHealth | None:
        """An agent, a new unknown one, or None beyond the bound."""
        found = self.agents.get(agent)
        if found is None and sum(not one.known for one in self.agents.values()) < MAX_STRANGERS:
            found = self.agents[agent] = AgentHealth(agent=agent, known=False)
        return found

    def know(self, known: list[str]) -> None:
        """The agents of another version of the site."""
        for agent in known:
            self.agents.setdefault(agent, AgentHealth(agent=agent, known=True)).known = True

    def status(self, status: AgentStatus, arrived_at_us: int) -> None:
        """A birth, change or death. A death belongs to its own boot: that of an older one changes nothing."""
        one = self.get(status.agent)
        if one is None or (not status.online and one.boot and status.boot != one.boot):
            return
        one.online, one.boot, one.log, one.at_us = status.online, status.boot, status.log, arrived_at_us
        if status.online:
            one.born = True
            one.software, one.trouble = status.software, status.trouble
            one.readers = [msgspec.to_builtins(reader) for reader in status.readers]
            one.outbox_reports = status.outbox_reports
        one.urgent = True

    def taken(self, agent: str, boot: str, log: str, seq: int, upto: int, *, lost: bool, at_us: int) -> None:
        """A report (`seq` = `upto`) or a lost record came."""
        one = self.get(agent)
        if one is None:
            return
        if log not in one.logs:
            while len(one.logs) >= MAX_LOGS:
                del one.logs[next(iter(one.logs))]
            one.logs[log] = LogCount()
        count = one.logs[log]
        count.highest = max(count.highest, upto)
        count.taken += upto - seq + 1
        one.lost += upto - seq + 1 if lost else 0
        one.reports += 0 if lost else 1
        # A backlog may hold reports of an older boot; the Will of the living one must be heard all the same.
        boot = one.boot if one.born else boot
        one.urgent |= lost or not one.online or one.boot != boot
        one.online, one.boot, one.log, one.at_us = True, boot, log, at_us

    def fault(self, agent: str, fault: str, detail: str) -> None:
        """Something went wrong with this agent; counted."""
        one = self.get(agent)
        if one is not None:
            one.faults[fault] = one.faults.get(fault, 0) + 1
            one.last_fault = f"{fault}: {detail}"[:400]
            one.urgent |= one.faults[fault] == 1

    def step_back(self, now_us: int) -> None:
        """The hub's clock was set back to `now_us`."""
        for one in self.agents.values():
            one.at_us, one.written_us = min(one.at_us, now_us), min(one.written_us, now_us)

    def changes(self, offsets: dict[str, int | None], now_us: int) -> list[AgentChanged]:
        """Rows that look different from what was written."""
        rows = []
        for one in self.agents.values():
            moved = one.at_us > one.written_us and now_us - one.written_us >= QUIET_S * 1_000_000
            if one.urgent or moved:
                one.urgent, one.written_us = False, now_us
                rows.append(_row(one, offsets.get(one.agent)))
        return rows

    def dump(self) -> list[Any]:
        """Plain data."""
        return [msgspec.to_builtins(one) for one in self.agents.values()]

    def restore(self, state: list[Any]) -> None:
        """As `dump` left it; agents that the site has gained since stay."""
        for plain in state:
            one = msgspec.convert(plain, AgentHealth)
            self.agents[one.agent] = one


def _row(one: AgentHealth, offset_us: int | None) -> AgentChanged:
    return AgentChanged(
        agent=one.agent,
        online=one.online,
        boot=one.boot,
        log=one.log,
        at_us=one.at_us,
        software=one.software,
        trouble=one.trouble,
        clock_offset_us=offset_us,
        reports=one.reports,
        doubled=one.faults.get("doubled", 0),
        missing=sum(count.highest - count.taken for count in one.logs.values()),
        lost=one.lost,
        faults=dict(one.faults),
        last_fault=one.last_fault,
        readers=one.readers,
        outbox_reports=one.outbox_reports,
        known=one.known,
    )
