"""After each connect: says again what stands on the retained topics, because a broker may have forgotten all of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Protocol

from hub import notices
from hub.effects import ShelfChanged, SweepChanged
from hub.lane import Lane
from hub.notices import Notice
from hub.views import FindingView, ShelfView, SweepView
from hub.words import sentence_of
from shelfwire.errors import AwayError

log = logging.getLogger(__name__)

PAGE: Final = 1_000
OVER: Final = 1_000
"""Findings that ended last, which are cleared once more: they may have ended while the broker was away."""


class Rows(Protocol):
    """What is asked of `hub.store.read.StoreReader`."""

    def shelf_states(self) -> Sequence[ShelfView]:
        """All shelves."""
        ...

    def findings(
        self, states: Sequence[str] | None = ..., kinds: None = ..., limit: int = ..., offset: int = ...
    ) -> tuple[list[FindingView], int]:
        """A page of findings."""
        ...

    def sweeps(self) -> Sequence[SweepView]:
        """The youngest sweeps."""
        ...


class Republisher:
    """See the module. Set `all` when the link is up; run `run` as a task."""

    def __init__(self, readers: Mapping[str, Rows], live: Lane) -> None:
        self.all = asyncio.Event()
        self._readers = readers
        self._live = live

    async def run(self) -> None:
        """Say it all again after each connect, until cancelled."""
        while True:
            await self.all.wait()
            self.all.clear()
            for site, reader in self._readers.items():
                try:
                    found = await asyncio.to_thread(_everything, site, reader)
                except AwayError as fault:
                    log.info("site %s is not published again yet: %s", site, fault)
                    await asyncio.sleep(5.0)
                    self.all.set()
                    continue
                for one in found:
                    self._live.put_older(one.topic, one.payload, key=one.key, retain=one.retain)


def _everything(site: str, reader: Rows) -> list[Notice]:
    """The whole of `everything`, for a thread."""
    return list(everything(site, reader))


def everything(site: str, rows: Rows) -> Iterator[Notice]:
    """All that stands on retained topics, from the store."""
    for shelf in rows.shelf_states():
        yield notices.shelf(
            site, ShelfChanged(**{name: getattr(shelf, name) for name in ShelfChanged.__struct_fields__})
        )
    start, total = 0, 1
    while start < total:
        page, total = rows.findings(sorted(notices.SHOWN), None, PAGE, start)
        for found in page:
            yield notices.finding(site, found, found.barcode, sentence_of(found))
        start += PAGE
    for found in rows.findings(["verified", "dismissed"], None, OVER, 0)[0]:
        yield notices.finding(site, found, None, "")
    for sweep in rows.sweeps():
        yield notices.sweep(
            site, SweepChanged(**{name: getattr(sweep, name) for name in SweepChanged.__struct_fields__})
        )
