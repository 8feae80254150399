"""The way to the disk: nothing may be published before it is written, and a full disk loses nothing that was taken."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from helpers.edge import dwell, until

from edge import writer as writer_module
from edge.config import EdgeConfig
from edge.writer import Writer
from shelfwire.clock import BootClock, SystemClock
from shelfwire.codec import decode_from_agent
from shelfwire.errors import FullError
from shelfwire.messages import Lost, Report


class Bench:
    """A writer at work, and what it says."""

    def __init__(self, folder: Path) -> None:
        config = EdgeConfig(site="demo", agent="edge-1", state_dir="state", report_interval_ms=10)
        self.troubles: dict[str, str] = {}
        self.taken = 0
        self.writer = Writer(
            config,
            folder,
            boot="b",
            clock=BootClock(SystemClock()),
            on_taken=self._on_taken,
            trouble=self.troubles.__setitem__,
        )
        self.outbox = self.writer.outbox

    def _on_taken(self) -> None:
        self.taken += 1

    def messages(self) -> list[Report | Lost]:
        items = [self.outbox.item(seq) for seq in range(self.outbox.upto + 1, self.outbox.committed + 1)]
        return [decode_from_agent(item.payload) for item in items if item is not None]


@contextlib.asynccontextmanager
async def working(folder: Path) -> AsyncIterator[Bench]:
    bench = Bench(folder)
    task = asyncio.create_task(bench.writer.run())
    try:
        yield bench
        bench.writer.stop()
        await asyncio.wait_for(task, 5)
    finally:
        task.cancel()
        await asyncio.wait([task])
        bench.outbox.close()


def _no_space(*args: Any) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


async def test_dwells_are_on_disk_within_the_interval_and_one_commit(tmp_path: Path) -> None:
    async with working(tmp_path) as bench:
        bench.writer.take(dwell(1))
        bench.writer.take(dwell(2))
        await until(lambda: bench.outbox.committed == 1, 1.0)
        [report] = bench.messages()
        assert isinstance(report, Report)
        assert len(report.dwells) == 2
        await until(lambda: bench.taken == 1)


async def test_a_clean_stop_writes_what_is_left(tmp_path: Path) -> None:
    async with working(tmp_path) as bench:
        bench.writer.take(dwell(1))
    assert bench.outbox.committed == 1


@pytest.mark.parametrize("broken", ["pwrite", "fdatasync"])
async def test_a_full_disk_is_told_and_becomes_a_lost_record_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    monkeypatch.setattr(writer_module, "FULL_RETRY_US", 100_000)
    async with working(tmp_path) as bench:
        bench.writer.take(dwell(1))
        await until(lambda: bench.outbox.committed == 1)
        with monkeypatch.context() as full:
            full.setattr(os, broken, _no_space, raising=False)
            bench.writer.take(dwell(2, port=2, at_us=10**15 + 5))
            await until(lambda: "No space left" in bench.troubles.get("disk", ""))
            bench.writer.take(dwell(3, port=3, at_us=10**15 + 6))
            await until(lambda: bench.writer.batch.hole_dwells >= 2)
            assert [type(message) for message in bench.messages()] == [Report], "what was taken stays"
        await until(lambda: bench.outbox.committed == 2)
        bench.writer.take(dwell(4))
        await until(lambda: bench.outbox.committed == 3)
        first, lost, last = bench.messages()
        assert isinstance(lost, Lost)
        assert (first.seq, lost.seq, lost.upto, last.seq) == (1, 2, 2, 3)
        assert [(span.port, span.started_at_us) for span in lost.spans] == [(2, 10**15 + 5), (3, 10**15 + 6)]
        assert "could not write" in lost.reason
        assert bench.troubles["disk"] == ""


@pytest.mark.parametrize("when", ["while it is written", "while it is committed"])
async def test_what_is_missed_while_a_hole_is_booked_becomes_a_hole_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setattr(writer_module, "FULL_RETRY_US", 50_000)
    bench = Bench(tmp_path)
    batch, append, commit = bench.writer.batch, bench.outbox.append, bench.outbox.commit
    appended = 0

    def full_behind_the_hole(payload: bytes, now_us: int) -> int:
        nonlocal appended
        appended += 1
        if appended == 2:
            raise FullError("no room for the group")
        return append(payload, now_us)

    def overflown() -> None:
        if bench.outbox.committed == 0:
            batch.miss([dwell(2, port=2)])
        commit()

    batch.miss([dwell(1, port=1)])
    if when == "while it is written":
        monkeypatch.setattr(bench.outbox, "append", full_behind_the_hole)
        bench.writer.take(dwell(2, port=2))
    else:
        monkeypatch.setattr(bench.outbox, "commit", overflown)
    task = asyncio.create_task(bench.writer.run())
    try:
        await until(lambda: bench.outbox.committed == 2, 5)
        messages = bench.messages()
        assert all(isinstance(message, Lost) for message in messages)
        assert [span.port for message in messages if isinstance(message, Lost) for span in message.spans] == [
            1,
            2,
        ]
    finally:
        bench.writer.stop()
        await asyncio.wait_for(task, 5)
        bench.outbox.close()


async def test_dwells_that_no_hub_would_take_are_left_out_in_words_and_block_nothing(tmp_path: Path) -> None:
    async with working(tmp_path) as bench:
        strange = dwell(1, at_us=5 * 10**15)  # the year 2128
        bench.writer.take(strange)
        await until(lambda: "1 dwells are left out" in bench.troubles.get("driver", ""))
        bench.writer.take(dwell(2))
        bench.writer.take(strange)
        bench.writer.take(dwell(3))
        await until(lambda: bench.outbox.committed == 1)
        [report] = bench.messages()
        assert isinstance(report, Report)
        assert report.dwells == [dwell(2), dwell(3)]
        assert bench.writer.unfit == 2


async def test_a_patient_driver_waits_while_the_disk_is_slow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "PATIENT_BYTES", 1_000)
    bench = Bench(tmp_path)
    for number in range(50):
        bench.writer.take(dwell(number))
    waiting = asyncio.create_task(bench.writer.room())
    await asyncio.sleep(0.05)
    assert not waiting.done()
    task = asyncio.create_task(bench.writer.run())
    await asyncio.wait_for(waiting, 5)
    bench.writer.stop()
    await task
    bench.outbox.close()
