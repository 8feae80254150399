"""Closed journal files → Parquet, one row a dwell, so that a better model can run again over last month.

The work is done by a process of its own at low priority (``shelfwire hub compact``), because decoding costs as much as taking did. When it
cannot keep up and the journal needs the room, files are given back without a raw log; that is counted and shown.

**Law**: a tag that is no item's and no reference tag is not kept. Such tags are only counted, in the column `strangers`; the raw log
holds the EPCs of known items alone. Files lie in ``raw_log/<site>/<UTC day>/<first>-<last>.parquet``.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa
from pyarrow import parquet

from hub.config import HubFiles
from hub.events import ReportTaken
from hub.frames import Group
from hub.intake import event_of
from hub.journal import Segment, read_segment, sync_folder
from shelfwire.errors import PeerError
from shelfwire.messages import Dwell, Lost, Report
from shelfwire.tags.key import tag_key

log = logging.getLogger(__name__)

ROWS: Final = 20_000
"""Dwells in one row group: some 10 MB of columns."""
PATIENCE_S: Final = 600.0
"""A compaction of one file of 64 MiB takes a few seconds on an idle core; one that takes this long is stuck."""

SCHEMA: Final = pa.schema(
    [
        pa.field("position", pa.uint64()),
        pa.field("arrived_at_us", pa.int64()),
        pa.field(
            "kind", pa.dictionary(pa.int8(), pa.string())
        ),  # dwell, or lost: a span of which nothing is known
        pa.field("agent", pa.dictionary(pa.int32(), pa.string())),
        pa.field("log", pa.dictionary(pa.int32(), pa.string())),
        pa.field("seq", pa.int64()),
        pa.field("boot", pa.dictionary(pa.int32(), pa.string())),
        pa.field("made_at_us", pa.int64()),
        pa.field("wall_at_us", pa.int64()),
        pa.field("reader", pa.dictionary(pa.int32(), pa.string())),
        pa.field("port", pa.int32()),
        pa.field("started_at_us", pa.int64()),
        pa.field("ended_at_us", pa.int64()),
        pa.field("quality", pa.dictionary(pa.int8(), pa.string())),
        pa.field("rounds", pa.int32()),
        pa.field("power_dbm", pa.float32()),
        pa.field("session", pa.int8()),
        pa.field("target", pa.dictionary(pa.int8(), pa.string())),
        pa.field("search", pa.dictionary(pa.int8(), pa.string())),
        pa.field("sweep", pa.dictionary(pa.int32(), pa.string())),
        pa.field("epc", pa.list_(pa.string())),
        pa.field("pc", pa.list_(pa.int32())),
        pa.field("count", pa.list_(pa.int32())),
        pa.field("rssi_dbm", pa.list_(pa.float32())),
        pa.field("phase_deg", pa.list_(pa.float32())),
        pa.field("channel_khz", pa.list_(pa.int32())),
        pa.field("position_m", pa.list_(pa.float32())),
        pa.field("strangers", pa.int32()),  # tags that are no item's: counted, not kept
    ]
)

Row = dict[str, Any]


class _LinkKeys(msgspec.Struct):
    """Of a kept catalogue, only the tag keys."""

    link_key: list[str]


class Known:
    """The tags that may stand in the raw log of one site."""

    def __init__(self, keys: Collection[str]) -> None:
        self._keys = frozenset(keys)
        self._seen: dict[tuple[str, int | None], bool] = {}

    def __call__(self, epc: str, pc: int | None) -> bool:
        """Whether this is a tag of an item or of a shelf."""
        tag = (epc, pc)
        found = self._seen.get(tag)
        if found is None:
            try:
                found = tag_key(epc, pc) in self._keys
            except PeerError:
                found = False
            if len(self._seen) > 2_000_000:  # noqa: PLR2004 (about 300 MB; the next file begins anew)
                self._seen.clear()
            self._seen[tag] = found
        return found


def rows_of(group: Group, site: str, known: Known) -> Iterator[Row]:
    """The dwells and lost spans of one group of the journal."""
    for place, entry in enumerate(group.entries):
        if entry.kind != "report" or entry.site != site:
            continue
        event = event_of(entry)
        assert isinstance(event, ReportTaken)
        message = event.message
        head: Row = {"position": group.first + place, "arrived_at_us": entry.now_us}
        head |= {
            name: getattr(message, name)
            for name in ("agent", "log", "seq", "boot", "made_at_us", "wall_at_us")
        }
        if isinstance(message, Lost):
            for span in message.spans:
                yield head | {"kind": "lost", "reader": span.reader, "port": span.port,
                              "started_at_us": span.started_at_us, "ended_at_us": span.ended_at_us}  # fmt: skip
        elif isinstance(message, Report):
            for dwell in message.dwells:
                yield head | dwell_row(dwell, known)


def dwell_row(dwell: Dwell, known: Known) -> Row:
    """One dwell with the tags that are known."""
    tags = dwell.tags
    pcs: list[int] | list[None] = tags.pc if tags.pc is not None else [None] * len(tags.epc)
    kept = [at for at, (epc, pc) in enumerate(zip(tags.epc, pcs, strict=True)) if known(epc, pc)]

    def column(values: list[Any] | None) -> list[Any] | None:
        return None if values is None else [values[at] for at in kept]

    row: Row = {"kind": "dwell", "strangers": len(tags.epc) - len(kept)}
    for name in ("reader", "port", "started_at_us", "ended_at_us", "quality", "rounds", "power_dbm", "sweep"):
        row[name] = getattr(dwell, name)
    for name in ("session", "target", "search"):
        row[name] = getattr(dwell.air, name)
    for name in ("epc", "pc", "count", "rssi_dbm", "phase_deg", "channel_khz", "position_m"):
        row[name] = column(getattr(tags, name))
    return row


def compact(files: HubFiles, segment: Segment, sites: dict[str, Known]) -> list[Path]:
    """Write one closed journal file as Parquet; files that stand there already are left."""
    made = []
    last = segment.first
    starts_us = 0
    for group in read_segment(segment):
        last = group.last
        starts_us = starts_us or (group.entries[0].now_us if group.entries else 0)
    day = datetime.fromtimestamp(starts_us / 1e6, UTC).strftime("%Y-%m-%d")
    for site, known in sites.items():
        path = files.raw_log_dir / site / day / f"{segment.first:020d}-{last:020d}.parquet"
        if path.exists() or _write(path, _chunks(segment, site, known)):
            made.append(path)
    return made


def _chunks(segment: Segment, site: str, known: Known) -> Iterator[list[Row]]:
    rows: list[Row] = []
    for group in read_segment(segment):
        rows.extend(rows_of(group, site, known))
        if len(rows) >= ROWS:
            yield rows
            rows = []
    if rows:
        yield rows


def _write(path: Path, chunks: Iterator[list[Row]]) -> bool:
    """Whether there was anything to write."""
    first = next(chunks, None)
    if first is None:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    try:
        with parquet.ParquetWriter(part, SCHEMA, compression="zstd") as writer:
            for chunk in chain([first], chunks):
                writer.write_table(pa.Table.from_pylist(chunk, schema=SCHEMA))
        part.replace(path)
        sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)
    return True


def known_tags(files: HubFiles, references: Mapping[str, Collection[str]]) -> dict[str, Known]:
    """The known tags of each site: reference tags, and those of the youngest catalogue that the engine got."""
    decoder = msgspec.msgpack.Decoder(_LinkKeys)
    found = {}
    for site, epcs in references.items():
        keys = {tag_key(epc, None) for epc in epcs}
        paths = sorted(files.imports_dir.glob(f"*.{site}.columns"))
        if paths:
            keys.update(decoder.decode(paths[-1].read_bytes()).link_key)
        found[site] = Known(keys)
    return found


def retain(files: HubFiles, now_us: int) -> int:
    """Remove what is too old or too much, oldest first; returns the bytes that stay."""
    config = files.config.raw_log
    paths = sorted(files.raw_log_dir.glob("*/*/*.parquet"), key=lambda path: path.name)
    oldest_s = now_us / 1e6 - config.keep_days * 86_400
    stats = {path: path.stat() for path in paths}
    total = sum(one.st_size for one in stats.values())
    too_old = [path for path in paths if stats[path].st_mtime < oldest_s]
    for path in [*too_old, *(path for path in paths if path not in set(too_old))]:
        if total <= config.max_bytes and path not in too_old:
            break
        path.unlink()
        total -= stats[path].st_size
    return total


class Compactor:
    """Runs `compact` in a process of low priority, one at a time, for the hub."""

    def __init__(self, files: HubFiles) -> None:
        self.size_bytes = 0
        self.skipped = 0
        """Journal files given back without a raw log."""
        self._files = files
        self._process: asyncio.subprocess.Process | None = None

    async def take(self, segments: list[Segment], in_a_hurry: bool) -> None:  # noqa: FBT001 (the keeper's callback)
        """Bring closed files into the raw log; returns when they may be given back, at once when `in_a_hurry`."""
        if self._files.config.raw_log.keep_days <= 0:
            return
        if in_a_hurry:
            self.skipped += len(segments)
            log.warning(
                "raw log: %d journal files are given back without one: the journal needs the room",
                len(segments),
            )
            return
        names = [segment.path.name for segment in segments]
        try:
            async with asyncio.timeout(PATIENCE_S):
                code, said = await self._run(names)
        except (OSError, TimeoutError) as fault:
            code, said = -1, str(fault) or "took too long"
        if code:
            self.skipped += len(segments)
            log.warning(
                "raw log: %d journal files are given back without one: %s", len(segments), said.strip()[-500:]
            )
            return
        if said.strip().isdigit():
            self.size_bytes = int(said)

    async def close(self) -> None:
        """End a compaction that is under way; the next start does it again."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()

    async def _run(self, names: list[str]) -> tuple[int, str]:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "shelfwire", "hub", "compact", "--config", str(self._files.path), *names,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env=os.environ | {"ARROW_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        try:
            out, errors = await self._process.communicate()
        except asyncio.CancelledError:
            self._process.terminate()
            await self._process.wait()
            raise
        code = self._process.returncode or 0
        return code, (errors if code else out).decode(errors="replace")
