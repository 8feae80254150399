"""The way of a dwell to the disk: batch → report → outbox → one fsync for all that is due. The only task that writes to the outbox.

A report may be published only after that fsync. A full disk stops the taking, and nothing else: what comes meanwhile is counted as a
hole, which becomes one lost record as soon as there is room.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from edge.batch import Batch, Hole
from edge.config import EdgeConfig
from edge.outbox import Outbox
from shelfwire.clock import BootClock
from shelfwire.codec import decode_from_agent, encode
from shelfwire.errors import FullError, PeerError
from shelfwire.messages import Dwell, Lost, Report, Silence

log = logging.getLogger(__name__)

COMMIT_SPACING_S: Final = 0.05
"""At most 20 fsyncs a second: a flash card lives longer, and a report waits at most this and one fsync, together less than 0.1 s on any disk
that is sound."""

ENFORCE_US: Final = 10_000_000
"""How often the age of the outbox is looked at; its bound is hours."""

FULL_RETRY_US: Final = 5_000_000
"""A full disk is asked again this often."""

FULL_ROOM_BYTES: Final = 4 * 1024 * 1024
"""A disk that was full must have this much before anything is written again; else each freed block would be one lost record."""

PATIENT_BYTES: Final = 8 * 1024 * 1024
"""With this much waiting for the disk, a driver that can wait is asked to."""


class Writer:
    """Owns batch and outbox. `on_taken` is called when reports are on disk, `trouble(what, text)` when something is wrong or no more."""

    def __init__(
        self,
        config: EdgeConfig,
        base: Path,
        *,
        boot: str,
        clock: BootClock,
        on_taken: Callable[[], None],
        trouble: Callable[[str, str], None],
    ) -> None:
        self._config, self._boot, self._clock = config, boot, clock
        self._on_taken, self._trouble = on_taken, trouble
        self.batch = Batch(config.report_interval_ms * 1000, config.report_observations)
        self.outbox = Outbox(
            base / config.state_dir / "outbox",
            config.outbox,
            site=config.site,
            agent=config.agent,
            new_log=secrets.token_hex(8),
            make_lost=self._lost,
            now_us=clock.now_us(),
            wall_us=clock.wall_us(),
        )
        self.unfit = 0
        """Dwells of a driver that the wire does not allow, since the start. They say nothing about any time."""
        self._bell, self._room = asyncio.Event(), asyncio.Event()
        self._stopping = False
        self._enforce_us = 0
        self._full_until_us = 0
        self._uncommitted: list[tuple[int, list[Dwell]]] = []
        self._hole: tuple[int, Hole] | None = None
        """The number of the hole's lost record, and the hole, while that record is appended and not committed."""

    def take(self, dwell: Dwell) -> None:
        """Take one dwell; never blocks, never raises."""
        now_us = self._clock.now_us()
        idle = self.batch.wait_us(now_us) is None
        self.batch.add(dwell, now_us)
        if idle or self.batch.wait_us(now_us) == 0:
            self._bell.set()

    async def room(self) -> None:
        """Return when there is room for more dwells."""
        while self.batch.waiting_bytes > PATIENT_BYTES:
            self._room.clear()
            await self._room.wait()

    def stop(self) -> None:
        """Let `run` write what is left, and return."""
        self._stopping = True
        self._bell.set()

    async def run(self) -> None:
        """Write until `stop`."""
        while not self._stopping:
            self._enforce()
            await self._write_due()
            wait_us = self._wait_us()
            if wait_us > 0:
                await ring(self._bell, wait_us)
        self.batch.rest()
        await self._write_due()

    def last_words(self) -> None:
        """Note on disk what was acknowledged last, so that the next start sends nothing twice."""
        self._guarded(self.outbox.commit)

    def _wait_us(self) -> int:
        due_us = self.batch.wait_us(self._clock.now_us())
        longest_us = FULL_RETRY_US if self.batch.hole_dwells else ENFORCE_US
        return longest_us if due_us is None else min(due_us, longest_us)

    def _enforce(self) -> None:
        now_us = self._clock.now_us()
        if now_us >= self._enforce_us:
            self._guarded(lambda: self.outbox.enforce(now_us))
            self._enforce_us = now_us + ENFORCE_US

    async def _write_due(self) -> None:
        """All groups that are due, and what could not be taken before, into the outbox with one fsync."""
        now_us = self._clock.now_us()
        if self.batch.hole_dwells and self._has_room(now_us):
            self._guarded(self._append_hole)
        while (group := self.batch.take(now_us)) is not None:
            self._append(group, now_us)
        self._room.set()
        if self._uncommitted or self._hole:
            await self._commit()
            self._on_taken()
            await asyncio.sleep(COMMIT_SPACING_S)

    async def _commit(self) -> None:
        try:
            await asyncio.to_thread(self.outbox.commit)
        except FullError as fault:
            self._full(fault)
            self.outbox.take_back()
        if self._hole and self._hole[0] > self.outbox.committed:
            self.batch.put_back(self._hole[1])
        for seq, dwells in self._uncommitted:
            if seq > self.outbox.committed:
                self.batch.miss(dwells)
        self._uncommitted, self._hole = [], None

    def _append(self, group: list[Dwell], now_us: int) -> None:
        if not self._has_room(now_us):
            self.batch.miss(group)
            return
        payload = self._payload(group)
        if payload is None:
            return
        try:
            seq = self.outbox.append(payload, now_us)
        except FullError as fault:
            self._full(fault)
            self.batch.miss(group)
            return
        self._uncommitted.append((seq, group))

    def _payload(self, group: list[Dwell]) -> bytes | None:
        """The report's bytes. What the hub would refuse for ever must not get in: such dwells are left out, counted and told."""
        payload = encode(self._report(group), self._config.wire)
        if (fault := _fault(payload)) is None:
            return payload
        whole = [dwell for dwell in group if _fault(encode(self._report([dwell]))) is None]
        self.unfit += len(group) - len(whole)
        self._trouble("driver", f"{self.unfit} dwells are left out because no hub would take them: {fault}")
        return encode(self._report(whole), self._config.wire) if 0 < len(whole) < len(group) else None

    def _append_hole(self) -> None:
        seq = self.outbox.next_seq
        reason = f"the agent could not write {self.batch.hole_dwells} dwells to its disk"
        record = self._lost(seq, seq, reason, self.batch.hole.silences())
        written = self.outbox.append(record, self._clock.now_us())
        self._hole = written, self.batch.take_hole()

    def _guarded(self, work: Callable[[], object]) -> None:
        try:
            work()
        except FullError as fault:
            self._full(fault)

    def _full(self, fault: FullError) -> None:
        if not self._full_until_us:
            log.error("%s", fault)
        self._full_until_us = self._clock.now_us() + FULL_RETRY_US
        self._trouble("disk", str(fault))

    def _has_room(self, now_us: int) -> bool:
        """Whether the disk may be tried: never full, or it has been given time and has room."""
        if not self._full_until_us:
            return True
        if now_us < self._full_until_us:
            return False
        self._full_until_us = now_us + FULL_RETRY_US
        with contextlib.suppress(FullError):
            self.outbox.tidy(now_us)
        if shutil.disk_usage(self.outbox.folder).free < FULL_ROOM_BYTES:
            return False
        log.warning("outbox: the disk has room again")
        self._full_until_us = 0
        self._trouble("disk", "")
        return True

    def _report(self, dwells: list[Dwell]) -> Report:
        return Report(
            agent=self._config.agent,
            log=self.outbox.log,
            seq=self.outbox.next_seq,
            boot=self._boot,
            made_at_us=self._clock.now_us(),
            wall_at_us=self._clock.wall_us(),
            dwells=dwells,
        )

    def _lost(self, seq: int, upto: int, reason: str, spans: Sequence[Silence]) -> bytes:
        record = Lost(
            agent=self._config.agent,
            log=self.outbox.log,
            seq=seq,
            upto=upto,
            boot=self._boot,
            made_at_us=self._clock.now_us(),
            wall_at_us=self._clock.wall_us(),
            reason=reason,
            spans=list(spans),
        )
        return encode(record, self._config.wire)


def _fault(payload: bytes) -> str | None:
    try:
        decode_from_agent(payload)
    except PeerError as fault:
        return str(fault)
    return None


async def ring(bell: asyncio.Event, wait_us: int | None) -> None:
    """Wait until `bell` rings or the time is over (None: as long as it takes)."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(None if wait_us is None else wait_us / 1e6):
            await bell.wait()
    bell.clear()
