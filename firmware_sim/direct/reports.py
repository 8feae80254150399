"""Deliveries → the messages that an agent would have sent: EPCs, PC words, ports, its own clock. Pure.

Each EPC is made once and kept: the same text is used in every report, as a decoder with a cache would do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from firmware_sim.hearing import HALF_DB, Delivery, Int32
from shelfwire.messages import Air, Dwell, Lost, Report, Silence, Tags
from shelfwire.site.model import Site

PLAIN_PC: Final = 0x3000
"""Six words, nothing else: reference tags."""
_LOUDEST: Final = 64
"""In half decibels; nothing a reader reports is louder than +32 dBm or quieter than −224."""
_DBM: Final[list[float]] = [(step - 448) * HALF_DB for step in range(448 + _LOUDEST)]


class Tagged(Protocol):
    """What is asked of `firmware_sim.world.World`."""

    @property
    def strangers_from(self) -> int: ...  # noqa: D102 (see World)
    @property
    def strangers(self) -> int: ...  # noqa: D102
    def epc(self, tag: int) -> str: ...  # noqa: D102
    def pc(self, tag: int) -> int: ...  # noqa: D102


class TagTable:
    """EPC and PC word of every tag, by its number; negative numbers are reference tags, as in `Heard`."""

    def __init__(self, world: Tagged, site: Site) -> None:
        self._world = world
        self._references = [tag.epc for tag in site.reference_tags]
        self._known = 0
        self._room = 0
        self.epcs: NDArray[Any] = np.zeros(0, dtype=object)
        self.pcs: NDArray[np.uint16] = np.zeros(0, dtype=np.uint16)
        self.grow()

    def grow(self) -> None:
        """Know the tags that the world has gained."""
        count = self._world.strangers_from + self._world.strangers
        references = len(self._references)
        if count > self._room:
            self._room = max(count + 64, count + count // 64)
            epcs = np.full(self._room + references, None, dtype=object)
            pcs = np.full(self._room + references, PLAIN_PC, dtype=np.uint16)
            epcs[: self._known] = self.epcs[: self._known]
            pcs[: self._known] = self.pcs[: self._known]
            for number, epc in enumerate(self._references):
                epcs[-1 - number] = epc
            self.epcs, self.pcs = epcs, pcs
        for tag in range(self._known, count):
            self.epcs[tag] = self._world.epc(tag)
            self.pcs[tag] = self._world.pc(tag)
        self._known = count

    def renew(self, tags: Iterable[int]) -> None:
        """Read the EPCs of some tags anew: the desk has written them."""
        for tag in tags:
            if 0 <= tag < self._known:
                epc = self._world.epc(tag)
                if epc != self.epcs[tag]:
                    self.epcs[tag] = epc

    def of(self, tags: Int32) -> list[str]:
        """The EPCs."""
        if len(tags) and int(tags.max()) >= self._known:
            self.grow()
        found: list[str] = self.epcs[tags].tolist()
        return found


class Reporter:
    """Makes reports of one site."""

    def __init__(self, site: Site, table: TagTable) -> None:
        self.table = table
        self._place = [(one.reader, one.port) for one in site.antennas]
        self._airs: dict[tuple[bool, int], Air] = {}
        self._dbm: NDArray[Any] = np.array(_DBM, dtype=object)

    def message(self, delivery: Delivery) -> Report | Lost:
        """What the agent put into its outbox."""
        made_us = delivery.made_us + delivery.clock_us
        head: dict[str, Any] = {
            "agent": delivery.agent,
            "log": delivery.log,
            "seq": delivery.seq,
            "boot": delivery.boot,
            "made_at_us": made_us,
            "wall_at_us": delivery.made_us + delivery.wall_us,
        }
        if delivery.lost:
            return Lost(**head, upto=delivery.seq, reason=delivery.lost, spans=self._spans(delivery))
        return Report(**head, dwells=self._dwells(delivery))

    def _spans(self, delivery: Delivery) -> list[Silence]:
        dwells = delivery.heard.dwells
        columns = (dwells.antenna.tolist(), dwells.started_us.tolist(), dwells.ended_us.tolist())
        return [
            Silence(
                reader=self._place[at][0],
                port=self._place[at][1],
                started_at_us=start + delivery.clock_us,
                ended_at_us=end + delivery.clock_us,
            )
            for at, start, end in zip(*columns, strict=True)
        ]

    def _dwells(self, delivery: Delivery) -> list[Dwell]:
        heard, clock_us = delivery.heard, delivery.clock_us
        dwells = heard.dwells
        epcs = self.table.of(heard.tag)
        pcs = self.table.pcs[heard.tag].tolist()
        counts = heard.count.tolist()
        dbm = self._dbm[heard.rssi + 448].tolist()
        doubtful = [False] * len(dwells) if delivery.doubtful is None else delivery.doubtful.tolist()
        first = heard.first.tolist()
        made = []
        for at, (antenna, start, end, power, dual, session) in enumerate(
            zip(
                dwells.antenna.tolist(),
                dwells.started_us.tolist(),
                dwells.ended_us.tolist(),
                dwells.power_dbm.tolist(),
                dwells.dual.tolist(),
                dwells.session.tolist(),
                strict=True,
            )
        ):
            a, b = first[at], first[at + 1]
            reader, port = self._place[antenna]
            made.append(
                Dwell(
                    reader=reader,
                    port=port,
                    started_at_us=start + clock_us,
                    ended_at_us=end + clock_us,
                    quality="doubtful" if doubtful[at] else "exact",
                    power_dbm=power,
                    air=self._air(dual=dual, session=session),
                    tags=Tags(epc=epcs[a:b], pc=pcs[a:b], count=counts[a:b], rssi_dbm=dbm[a:b]),
                )
            )
        return made

    def _air(self, *, dual: bool, session: int) -> Air:
        found = self._airs.get((dual, session))
        if found is None:
            found = Air(session=session, target="AB" if dual else "A", search="dual" if dual else "single")
            self._airs[dual, session] = found
        return found
