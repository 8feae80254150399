"""What was heard → deliveries of each agent, as the ways from reader to hub let them come: late, twice, out of turn, in part, never. Pure.

An agent numbers its reports in one outbox and loses none: what cannot go waits, and goes in its order when the way is free again. Only a full disk loses
reads, and then the agent says which antennas it could not account for.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_sim.dice import mix, throw, uniform
from firmware_sim.direct.broken import Broken
from firmware_sim.direct.pieces import in_order, lost, piece
from firmware_sim.faults.model import FaultKind
from firmware_sim.hearing import Delivery, Heard
from shelfwire.site.model import Site

REPORT_US: Final = 5_000_000
"""Dwells that end within so long make one report. An agent reports four times a second; once in 5 s is a twentieth of the work, and of no account
beside cycles of minutes. It stays far below the bounds of a message: 8 readers bring some 4,000 reads in it."""
MADE_US: Final = 150_000
"""A report is put together up to so long after its last dwell (twice the agent's fsync spacing)."""
WAY_US: Final = (20_000, 60_000)
"""From the agent through the broker to the hub: what was measured on loopback (docs/performance.md), and a little for a building's network."""
BACKLOG_US: Final = 5_000
"""Between two reports of a backlog: 200 a second."""
RECONNECT_US: Final = (1_000_000, 5_000_000)
"""After a broken connection until the next one stands: the agents' back-off."""
RESEND_US: Final = 300_000
"""A lost packet comes again after this time, doubled each time (TCP)."""
PACKETS: Final = 8
"""Of one report, 1,400 bytes each."""
BREAKS: Final = 0.1
"""Part of the loss rate by which a report meets the end of a connection."""
OVERTAKEN_US: Final = (6_000_000, 30_000_000)
"""A reordered report comes so much later: at least one later report comes before it."""
TWICE_US: Final = (50_000, 20_000_000)
"""A duplicate comes so much after the first."""
DISK_BYTES: Final = 32 * 1024 * 1024
"""What an agent keeps in memory while its disk is full (`edge.batch`); more is lost."""
_CUTS: Final[tuple[FaultKind, ...]] = ("link_cut", "broker_killed", "hub_killed", "agent_killed")
READ_BYTES: Final = 60
DWELL_BYTES: Final = 480


@dataclass(slots=True)
class _Agent:
    """One agent's outbox and its way to the hub."""

    name: str
    number: int
    log: str
    boots: int = 0
    boot: str = ""
    seq: int = 0
    killed: bool = False
    clock_us: int = 0
    """Boot clock minus true time, without drift: what the wall clock was off by when the process began."""
    up: bool = True
    free_us: int = 0
    """Nothing of it arrives before: one connection keeps its order."""
    waiting: deque[Delivery] = field(default_factory=deque)
    unsaved: list[Delivery] = field(default_factory=list)
    """Made while the disk was full."""
    unsaved_bytes: int = 0
    beyond: list[Delivery] = field(default_factory=list)
    """What found no room in memory either: one lost record, or none."""


class Post:
    """The ways of all agents of a site."""

    def __init__(self, site: Site, broken: Broken, *, start_us: int, seed: int) -> None:
        self._broken = broken
        self._seed = seed & 0xFFFFFFFFFFFFFFFF
        names = sorted({reader.agent for reader in site.readers})
        self._agents = [
            _Agent(name, at, log=f"{int(mix(self._seed, 0x106, at)[0]):016x}", free_us=start_us)
            for at, name in enumerate(names)
        ]
        agent_of = {reader.id: names.index(reader.agent) for reader in site.readers}
        self._agent_of = np.array([agent_of[one.reader] for one in site.antennas], dtype=np.int64)
        self._reader_of = [one.reader for one in site.antennas]
        self._due: list[tuple[int, int, int, int, Delivery]] = []
        """(arrival, agent, number, copy, delivery)."""

    def reaches(self, agent: str, at_us: int) -> bool:
        """Whether a command gets through to an agent then."""
        return all(self._broken.amount(kind, agent, at_us) is None for kind in _CUTS)

    def post(self, heard: Heard | None, now_us: int) -> None:
        """A stretch of time in which no fault began or ended is over at `now_us`; None: no dwell ended in it."""
        for agent in self._agents:
            self._follow(agent, now_us)
        if heard is None:
            return
        for number, part in self._parts(heard):
            self._make(self._agents[number], part)

    def due(self, now_us: int) -> list[Delivery]:
        """What has arrived by then, in the order of arrival."""
        found: list[Delivery] = []
        while self._due and self._due[0][0] <= now_us:
            found.append(heappop(self._due)[-1])
        return found

    def log_of(self, agent: str) -> str:
        """The name of an agent's outbox."""
        return next(one.log for one in self._agents if one.name == agent)

    def held(self) -> int:
        """Reports that wait for their way."""
        return sum(len(one.waiting) + len(one.unsaved) + len(one.beyond) for one in self._agents)

    # --- an agent's state -------------------------------------------------------------------------------------

    def _follow(self, agent: _Agent, now_us: int) -> None:
        """Its process, its disk and its way at that time (the end of a stretch without change: one microsecond before counts)."""
        at_us = now_us - 1
        killed = self._broken.amount("agent_killed", agent.name, at_us) is not None
        if (agent.killed and not killed) or not agent.boot:
            self._boot(agent, at_us)
        agent.killed = killed
        if killed:
            _forget(agent)  # what was only in its memory
        if (agent.unsaved or agent.beyond) and self._broken.amount("disk_full", agent.name, at_us) is None:
            self._save(agent, at_us)
        up = self.reaches(agent.name, at_us)
        if up and not agent.up:
            agent.free_us = max(agent.free_us, at_us + self._between(RECONNECT_US, agent, 0xBAC, agent.seq))
        agent.up = up
        while up and agent.waiting:
            self._send(agent, agent.waiting.popleft(), at_us)

    def _boot(self, agent: _Agent, at_us: int) -> None:
        agent.boots += 1
        agent.boot = f"{int(mix(self._seed, 0xB007, agent.number, agent.boots)[0]):016x}"
        agent.clock_us = self._wrong_us(agent, at_us)

    def _wall_us(self, agent: _Agent, at_us: int) -> int:
        """How far its wall clock is ahead of the truth."""
        return self._wrong_us(agent, at_us) + self._broken.drifted_us(agent.name, at_us)

    def _wrong_us(self, agent: _Agent, at_us: int) -> int:
        return int((self._broken.amount("clock_wrong", agent.name, at_us) or 0.0) * 3_600_000_000)

    # --- a report ---------------------------------------------------------------------------------------------

    def _make(self, agent: _Agent, heard: Heard) -> None:
        """One report out of dwells of one agent."""
        ended_us = int(heard.dwells.ended_us[-1])
        made_us = ended_us + self._between((0, MADE_US), agent, 0x3ADE, ended_us)
        heard, doubtful = self._damage(heard)
        delivery = Delivery(
            agent.name, 0, heard, boot=agent.boot, log=agent.log, made_us=made_us, doubtful=doubtful,
            clock_us=agent.clock_us + self._broken.drifted_us(agent.name, made_us),
            wall_us=self._wall_us(agent, made_us),
        )  # fmt: skip
        if self._broken.amount("disk_full", agent.name, ended_us) is not None:
            _hold(agent, delivery)
            return
        self._number(agent, delivery)

    def _number(self, agent: _Agent, delivery: Delivery) -> None:
        agent.seq += 1
        delivery = replace(delivery, seq=agent.seq)
        if agent.up:
            self._send(agent, delivery, delivery.made_us)
        else:
            agent.waiting.append(delivery)

    def _save(self, agent: _Agent, now_us: int) -> None:
        """There is room on the disk again: what was kept in memory goes, and the rest is said to be lost."""
        for delivery in (*agent.unsaved, *agent.beyond):
            self._number(agent, replace(delivery, made_us=now_us))
        _forget(agent)

    def _send(self, agent: _Agent, delivery: Delivery, from_us: int) -> None:
        """Let it arrive, with all that the way does to it."""
        name, seq = agent.name, delivery.seq
        kept = self._broken.amount
        arrived_us = from_us + self._between(WAY_US, agent, 0x3A7, seq)
        slow_s = kept("link_slow", name, from_us)
        if slow_s is not None:
            arrived_us += int(slow_s * 1e6)
        loss = kept("link_lossy", name, from_us)
        if loss is not None:
            arrived_us += self._resent_us(agent, seq, loss)
        arrived_us = max(arrived_us, agent.free_us + BACKLOG_US if from_us < agent.free_us else agent.free_us)
        agent.free_us = arrived_us
        turned = kept("reordering", name, from_us)
        if turned is not None and self._chance(agent, 0x0D, seq) < turned:
            arrived_us += self._between(OVERTAKEN_US, agent, 0x0E, seq)
        self._put(agent, replace(delivery, arrived_us=arrived_us), 0)
        twice = kept("duplicates", name, from_us)
        if twice is not None and self._chance(agent, 0xD0, seq) < twice:
            later_us = arrived_us + self._between(TWICE_US, agent, 0xD1, seq)
            self._put(agent, replace(delivery, arrived_us=later_us), 1)

    def _put(self, agent: _Agent, delivery: Delivery, copy: int) -> None:
        heappush(self._due, (delivery.arrived_us, agent.number, delivery.seq, copy, delivery))

    def _resent_us(self, agent: _Agent, seq: int, loss: float) -> int:
        """What lost packets cost: each waits for the one before it; now and then the connection is given up."""
        if self._chance(agent, 0x10, seq) < loss * BREAKS:
            return self._between(RECONNECT_US, agent, 0x11, seq) + 10_000_000
        late_us = 0
        for packet in range(PACKETS):
            again = RESEND_US
            left = self._chance(agent, 0x12, seq, packet)
            while left < loss and again < 16 * RESEND_US:
                late_us, again, left = late_us + again, again * 2, left / loss
        return late_us

    def _damage(self, heard: Heard) -> tuple[Heard, NDArray[np.bool_] | None]:
        """Damaged frames take the later reads of a dwell with them; the agent sees that something is missing."""
        dwells = heard.dwells
        readers = {self._reader_of[at] for at in np.unique(dwells.antenna).tolist()}
        shares = {
            name: self._broken.amount("corrupt_frames", name, int(dwells.ended_us[0])) for name in readers
        }
        if not any(shares.values()):
            return heard, None
        share = np.array([shares[self._reader_of[at]] or 0.0 for at in dwells.antenna.tolist()])
        words = (self._seed, 0xC0F, dwells.antenna.astype(np.uint64), dwells.started_us.astype(np.uint64))
        doubtful = uniform(*words, 1) < share
        counts = np.diff(heard.first)
        kept = np.where(doubtful, (counts * uniform(*words, 2)).astype(np.int64), counts)
        place = np.arange(len(heard.tag)) - np.repeat(heard.first[:-1], counts)
        reads = place < np.repeat(kept, counts)
        first = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
        return Heard(dwells, first, heard.tag[reads], heard.count[reads], heard.rssi[reads]), doubtful

    def _parts(self, heard: Heard) -> list[tuple[int, Heard]]:
        """(agent, its dwells of one report), each in the order of ends."""
        agent = self._agent_of[heard.dwells.antenna]
        slot = agent * (1 << 44) + heard.dwells.ended_us // REPORT_US
        order = np.argsort(slot, kind="stable")
        ordered = in_order(heard, order)
        edges = np.flatnonzero(np.diff(slot[order], prepend=-1, append=1 << 62)).tolist()
        numbers = agent[order]
        return [(int(numbers[a]), piece(ordered, a, b)) for a, b in pairwise(edges)]

    def _between(self, span_us: tuple[int, int], agent: _Agent, *names: int) -> int:
        low, high = span_us
        return low + int(self._chance(agent, *names) * (high - low))

    def _chance(self, agent: _Agent, *names: int) -> float:
        return throw(self._seed, 0xDE11, agent.number, *names)


def _hold(agent: _Agent, delivery: Delivery) -> None:
    """The disk is full: memory holds reports up to its bound, and from then on only who listened when."""
    agent.unsaved_bytes += len(delivery.heard.tag) * READ_BYTES + len(delivery.heard.dwells) * DWELL_BYTES
    if agent.unsaved_bytes <= DISK_BYTES:
        agent.unsaved.append(delivery)
    else:
        agent.beyond = [lost([*agent.beyond, delivery])]


def _forget(agent: _Agent) -> None:
    agent.unsaved, agent.beyond, agent.unsaved_bytes = [], [], 0
