"""The simulated library at work: the world, its radio and the readers on loopback, moved by the wall clock. The shell around the pure parts."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Callable
from pathlib import Path
from typing import Final

from firmware_sim.books import Title, furnish
from firmware_sim.radio import Radio, RadioSettings
from firmware_sim.readers.box import IMPINJ, Box
from firmware_sim.readers.llrp import LlrpEmulator
from firmware_sim.score import Outage
from firmware_sim.world import Deed, Rates, World
from shelfwire.clock import SystemClock
from shelfwire.errors import InputError
from shelfwire.site.model import Site

STEP_S: Final = 0.05
"""How finely deeds fall between reads; shorter than any dwell."""

_COLUMNS: Final = ("barcode", "title", "author", "call_number")


def read_titles(path: Path, count: int) -> list[Title]:
    """The first `count` rows of a catalogue CSV, in the order of the file. Raises `InputError`."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (rows.fieldnames or [])]
            if missing:
                raise InputError(f"{path}: columns are missing: {', '.join(missing)}")
            found: list[Title] = []
            for row in rows:
                if len(found) == count:
                    break
                found.append(Title(*(row[name] or "" for name in _COLUMNS)))
    except OSError as fault:
        raise InputError(f"{path}: cannot be read: {fault.strerror}") from fault
    if not found:
        raise InputError(f"{path}: holds no rows")
    return found


class SimulatedLibrary:
    """World, radio and one emulator a reader of the site. `on_deed` hears of everything that people do."""

    def __init__(
        self,
        site: Site,
        titles: list[Title],
        *,
        seed: int,
        rates: Rates | None = None,
        radio: RadioSettings | None = None,
        on_deed: Callable[[Deed], None] = lambda _deed: None,
    ) -> None:
        self.site = site
        self.clock = SystemClock()
        books = furnish(site, titles, seed=seed)
        self.world = World(site, books, start_us=self.clock.wall_us(), seed=seed, rates=rates)
        self.radio = Radio(self.world, seed=seed, settings=radio)
        ports = {reader.id: 1 for reader in site.readers}
        for antenna in site.antennas:
            ports[antenna.reader] = max(ports[antenna.reader], antenna.port)
        self.readers = {
            name: LlrpEmulator(Box(name=name, antennas=count, vendor=IMPINJ), self.radio)
            for name, count in ports.items()
        }
        self.outages: list[Outage] = []
        self.people_act = False
        """Whether the dice of the processes are thrown; else only what is told happens."""
        self._on_deed = on_deed
        self._down: dict[str, tuple[int, bool]] = {}

    async def start(self) -> None:
        """Let the readers listen."""
        for reader in self.readers.values():
            await reader.start()

    async def stop(self) -> None:
        """End all readers."""
        for reader in self.readers.values():
            await reader.stop()

    async def run(self) -> None:
        """Let time pass until cancelled."""
        while True:
            self.advance()
            await asyncio.sleep(STEP_S)

    def advance(self) -> None:
        """Let happen what is due by now."""
        for deed in self.world.advance(self.clock.wall_us(), dice=self.people_act):
            self._on_deed(deed)

    def tell(self, deed: Deed | None) -> None:
        """A deed that was told and not thrown."""
        if deed is not None:
            self._on_deed(deed)

    def unplug(self, antenna_id: str) -> None:
        """An antenna falls silent: a cable behind its hub was pulled, and the reader cannot know."""
        antenna = next((one for one in self.site.antennas if one.id == antenna_id), None)
        if antenna is None:
            raise InputError(f"unplug: the site has no antenna {antenna_id}")
        self.readers[antenna.reader].unplug(antenna.port)
        self._goes_down(antenna_id, silent=True)

    def plug(self, antenna_id: str) -> None:
        """The cable is back."""
        antenna = next(one for one in self.site.antennas if one.id == antenna_id)
        self.readers[antenna.reader].plug(antenna.port)
        self._comes_back(antenna_id)

    async def reader_dies(self, name: str) -> None:
        """A reader loses power."""
        await self._reader(name).die()
        for antenna in self._antennas_of(name):
            self._goes_down(antenna, silent=False)

    async def reader_back(self, name: str) -> None:
        """It has power again; the agent finds it by itself."""
        await self._reader(name).start()
        for antenna in self._antennas_of(name):
            self._comes_back(antenna)

    def finished_outages(self, end_us: int) -> list[Outage]:
        """All outages of the run; those that still last end with it."""
        open_ = [
            Outage(antenna=name, from_us=since, to_us=end_us, silent=silent)
            for name, (since, silent) in self._down.items()
        ]
        return self.outages + open_

    def _reader(self, name: str) -> LlrpEmulator:
        if name not in self.readers:
            raise InputError(f"the site has no reader {name}")
        return self.readers[name]

    def _antennas_of(self, reader: str) -> list[str]:
        return [antenna.id for antenna in self.site.antennas if antenna.reader == reader]

    def _goes_down(self, antenna: str, *, silent: bool) -> None:
        self._down.setdefault(antenna, (self.clock.wall_us(), silent))

    def _comes_back(self, antenna: str) -> None:
        since = self._down.pop(antenna, None)
        if since is not None:
            self.outages.append(
                Outage(antenna=antenna, from_us=since[0], to_us=self.clock.wall_us(), silent=since[1])
            )
