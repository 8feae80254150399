"""Snapshots while the hub runs, and what they allow: giving back journal files, old imports, old rows.

A snapshot gets its name only when the database has reached its position, so that a restart never misses effects. Journal files are given
back only behind the older of the two kept snapshots, and only after they stand in the raw log (or the raw log has no room for them).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from hub import snapshot
from hub.applier import Applier
from hub.config import HubFiles
from hub.health import Troubles
from hub.intake import IntakeState
from hub.journal import CUT, Segment
from hub.memory import give_pages_back
from hub.outlet import WAITS, Outlet, Writer
from hub.snapshot import Frozen
from hub.taker import Taker

log = logging.getLogger(__name__)

FORMAT: Final = 1
"""Of the state in a snapshot; a hub that finds a higher one refuses to start."""

FULL_EVERY_S: Final = 10.0
"""While there is no room for the journal, a snapshot is tried this often: it may give room back."""

ROLL_US: Final = 3_600_000_000
"""A file of the journal is closed after an hour, however small: no tag of a passer-by stays in it for long, and the raw log gets at
most 24 files a day of a quiet site."""

HURRY: Final = 0.75
"""Of its budget: a journal that is fuller gives files back without a raw log, because taking reports comes first."""


class Recovered(NamedTuple):
    """A state to start from."""

    position: int
    """What the engines have seen."""
    intake_position: int
    engines: dict[str, dict[str, Any]]
    intakes: dict[str, IntakeState]
    acts: list[str]
    sites: dict[str, str]
    """Digest of each site file that the engines knew."""


NOTHING: Final = Recovered(0, 0, {}, {}, [], {})


def recovered(position: int, state: dict[str, Any]) -> Recovered:
    """What stands in a snapshot. Raises `snapshot.SnapshotDamagedError` for a format of a later version."""
    if state.get("format") != FORMAT:
        raise snapshot.SnapshotDamagedError(
            f"the snapshot has format {state.get('format')}, this version reads {FORMAT}; install the version that wrote it"
        )
    return Recovered(
        position,
        state["intake_position"],
        state["engines"],
        {site: msgspec.convert(raw, IntakeState) for site, raw in state["intakes"].items()},
        state["acts"],
        state["sites"],
    )


class Keeper:
    """See the module. Run `run` as a task."""

    def __init__(
        self,
        *,
        files: HubFiles,
        taker: Taker,
        applier: Applier,
        outlet: Outlet,
        writer: Writer,
        sites: dict[str, str],
        troubles: Troubles,
        now_us: Callable[[], int],
        compact: Callable[[list[Segment], bool], Awaitable[None]],
    ) -> None:
        self.position = 0
        """Of the youngest snapshot."""
        self._files = files
        self._taker = taker
        self._applier = applier
        self._outlet = outlet
        self._writer = writer
        self._sites = sites
        self._troubles = troubles
        self._now_us = now_us
        self._compact = compact
        self._rolled_us = now_us()
        self._one_at_a_time = asyncio.Lock()

    async def run(self) -> None:
        """A snapshot each `snapshot_every_s`, soon after a new catalogue, and when the journal needs room; until cancelled."""
        every_s = self._files.config.journal.snapshot_every_s
        while True:
            await self._until_due(every_s)
            self._applier.after_import.clear()
            await self.snapshot()

    async def snapshot(self) -> None:
        """One snapshot, and what it allows."""
        async with self._one_at_a_time:
            await self._snapshot()

    async def _snapshot(self) -> None:
        try:
            frozen = await self._freeze()
            part = await asyncio.to_thread(snapshot.stage, self._files.snapshot_dir, frozen)
            await self._outlet.reach(frozen.position)
            for site in self._applier.engines:
                await self._outlet.call(self._writer.apply, site, [], frozen.position, self._now_us())
            await asyncio.to_thread(snapshot.publish, part)
        except (*WAITS, OSError) as fault:
            self._troubles.begin("snapshot", f"no snapshot could be written: {fault}", self._now_us())
            return
        self._troubles.end("snapshot")
        self.position = frozen.position
        del frozen
        await asyncio.to_thread(give_pages_back)
        await asyncio.to_thread(_forget_cuts, self._files.journal_dir)
        await self._give_back()

    async def _freeze(self) -> Frozen:
        engines = await self._applier.freeze()
        intake_position, intakes, acts = await self._taker.state()  # never before what the engines have seen
        around = {
            "format": FORMAT,
            "intake_position": intake_position,
            "intakes": {site: msgspec.to_builtins(one) for site, one in intakes.items()},
            "acts": acts,
            "sites": self._sites,
        }
        return snapshot.within(engines, "engines", around)

    async def _give_back(self) -> None:
        """Files that no kept snapshot needs."""
        kept = snapshot.listed(self._files.snapshot_dir)
        if len(kept) < snapshot.KEEP:
            return
        behind = snapshot.position_of(kept[-1])
        journal = self._taker.journal
        if (
            journal.open_bytes > self._files.config.journal.segment_bytes // 4
            or self._now_us() - self._rolled_us > ROLL_US
        ):
            self._rolled_us = self._now_us()
            self._taker.between_groups(journal.roll)
        closed = self._taker.journal.closed_behind(behind)
        if closed:
            in_a_hurry = journal.size_bytes > HURRY * self._files.config.journal.max_bytes
            await self._compact(closed, in_a_hurry)
            dropped = asyncio.get_running_loop().create_future()

            def drop() -> None:
                for segment in closed:
                    self._taker.journal.drop(segment)
                dropped.set_result(None)

            self._taker.between_groups(drop)
            await dropped
        await asyncio.to_thread(_forget_imports, self._files.imports_dir, behind)

    async def _until_due(self, every_s: float) -> None:
        """Until the time has come, a catalogue was taken, or half of the journal's budget is used."""
        loop = asyncio.get_running_loop()
        end = loop.time() + every_s
        budget = self._files.config.journal.max_bytes
        used_before = self._taker.journal.size_bytes
        while loop.time() < end:
            try:
                async with asyncio.timeout(min(1.0, every_s)):
                    await self._applier.after_import.wait()
            except TimeoutError:
                pass
            else:
                return
            if self._taker.journal.size_bytes - used_before > budget // 8:
                return
            if not self._taker.taking and loop.time() > end - every_s + FULL_EVERY_S:
                return


def _forget_cuts(folder: Path) -> None:
    """What a start cut off the journal: raw tags, kept only for a person who wants to look at once."""
    for path in folder.glob(f"*{CUT}"):
        path.unlink(missing_ok=True)


def _forget_imports(folder: Path, behind: int) -> None:
    """Columns of imports that no replay can reach any more; the youngest of each site stays, for the raw log."""
    youngest = {path.name.split(".")[1]: path for path in sorted(folder.glob("*.columns"))}
    for path in folder.glob("*.columns"):
        if int(path.name.split(".", 1)[0]) <= behind and path not in youngest.values():
            path.unlink()
