"""Plays recorded reads through reader → agent → broker → hub, and counts what the hub took.

Reads: CSV ``session, experiment, t_ms, tag, rssi_dbm``; expected: CSV ``tag, panel``. The count is made from the reports in the hub's journal,
that is, from what went through the whole chain and was acknowledged; nothing is counted on the way in.
"""

from __future__ import annotations

import asyncio
import csv
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, Literal

import msgspec

from firmware_sim.broker import Wish
from firmware_sim.form import Polling
from firmware_sim.house import House
from firmware_sim.radio import Answer, Listen
from firmware_sim.readers.box import Box
from firmware_sim.readers.llrp import LlrpEmulator
from firmware_sim.world import PLAIN_PC
from hub.catalog.model import Item
from hub.config import HubFiles
from hub.events import ReportTaken
from hub.intake import event_of
from hub.journal import list_segments, read_segment
from shelfwire import config
from shelfwire.errors import AwayError, InputError
from shelfwire.messages import Report
from shelfwire.site.load import load_site

Speed = Literal["max", "1"]

DWELL_MS: Final = 100

READS_A_DWELL: Final = 250
"""At full speed a dwell holds so many recorded reads: 2,500 a second, some 40 times as fast as they were read."""

_READER: Final = "R1"
_SHELF: Final = "1F-R01A-B01-S1"


class Read(msgspec.Struct, frozen=True):
    """One recorded read."""

    t_ms: int
    tag: str
    rssi_dbm: float


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """What a count of stock says: of the expected tags, how many were read; and how many others."""

    expected: int
    read: int
    not_read: int
    stray: int


def read_reads(path: Path) -> list[Read]:
    """Recorded reads in the order of time. Raises `InputError` with the line."""
    found = []
    for line, row in _rows(path, ("t_ms", "tag", "rssi_dbm")):
        try:
            found.append(Read(int(row["t_ms"]), _tag(row["tag"]), float(row["rssi_dbm"])))
        except ValueError as fault:
            raise InputError(f"{path}:{line}: {fault}") from fault
    return sorted(found, key=lambda read: read.t_ms)


def read_expected(path: Path) -> list[str]:
    """The tags that should be there. Raises `InputError`."""
    try:
        return list(dict.fromkeys(_tag(row["tag"]) for _, row in _rows(path, ("tag",))))
    except ValueError as fault:
        raise InputError(f"{path}: {fault}") from fault


def epc_of(tag: str) -> str:
    """A 96-bit EPC that stands for a recorded tag number."""
    return f"6DE7{int(tag):020X}"


class Recording:
    """A field of one antenna in which recorded reads happen again, each once."""

    def __init__(self, reads: list[Read], speed: Speed) -> None:
        self._reads = reads
        self._speed = speed
        self._next = 0
        self._started_us: int | None = None

    @property
    def over(self) -> bool:
        """Whether every read was handed out."""
        return self._next >= len(self._reads)

    def answers(self, listen: Listen) -> list[Answer]:
        """The reads of this dwell, summed up by tag."""
        first = self._next
        if self._speed == "max":
            self._next = min(len(self._reads), first + READS_A_DWELL)
        else:
            if self._started_us is None:
                self._started_us = listen.from_us
            passed_ms = (listen.to_us - self._started_us) / 1000
            while self._next < len(self._reads) and self._reads[self._next].t_ms <= passed_ms:
                self._next += 1
        loudest: dict[str, list[float]] = {}
        for read in self._reads[first : self._next]:
            loudest.setdefault(read.tag, []).append(read.rssi_dbm)
        return [
            Answer(
                epc=epc_of(tag),
                pc=PLAIN_PC,
                count=len(rssi),
                rssi_dbm=max(rssi),
                first_us=listen.from_us,
                last_us=listen.to_us,
            )
            for tag, rssi in loudest.items()
        ]


def count(expected: Iterable[str], heard_epcs: Iterable[str]) -> Count:
    """Hold what was heard against what should be there."""
    wanted = {epc_of(tag) for tag in expected}
    heard = set(heard_epcs)
    found = len(wanted & heard)
    return Count(expected=len(wanted), read=found, not_read=len(wanted) - found, stray=len(heard - wanted))


def heard_by_hub(files: HubFiles) -> Iterator[str]:
    """Every EPC in the reports of the hub's journal."""
    for segment in list_segments(files.journal_dir):
        for group in read_segment(segment):
            for entry in group.entries:
                event = event_of(entry) if entry.kind == "report" else None
                if isinstance(event, ReportTaken) and isinstance(event.message, Report):
                    for dwell in event.message.dwells:
                        yield from dwell.tags.epc


async def replay(
    reads: list[Read], expected: list[str], *, speed: Speed, broker: Wish, say: Callable[[str], object]
) -> Count:
    """Play `reads` through the whole chain, and count."""
    with tempfile.TemporaryDirectory(prefix="shelfwire-replay-") as name:
        folder = Path(name)
        site_file = folder / "site.yaml"
        config.write(site_file, _site())
        house = House(folder, load_site(site_file).now, site_file, broker=broker)
        # the recording begins when the agent is ready: before, nobody listens
        field = _Gate(Recording(reads, speed))
        emulator = LlrpEmulator(Box(name=_READER, antennas=1), field)
        try:
            await emulator.start()
            files = await _start(house, expected, emulator.port)
            say(f"{len(reads)} reads of {len({read.tag for read in reads})} tags begin")
            field.open = True
            while not field.recording.over:
                house.check()
                await asyncio.sleep(0.1)
            await asyncio.sleep(4 * DWELL_MS / 1000)
            await emulator.stop()
            await house.drained()
        finally:
            await emulator.stop()
            await house.stop()
        return count(expected, heard_by_hub(files))


class _Gate:
    """Nothing is heard until it opens."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.open = False

    def answers(self, listen: Listen) -> list[Answer]:
        return self.recording.answers(listen) if self.open else []


async def _start(house: House, expected: list[str], port: int) -> HubFiles:
    files = house.write_hub({})
    items = [
        Item(barcode=f"TAG-{tag}", title=f"Tag {tag}", home_from=_SHELF, home_to=_SHELF, tags=(epc_of(tag),))
        for tag in expected
    ]
    act = house.import_catalogue(items, "expected tags of a recording")
    house.add("hub", ["hub", "run", "--config", str(files.path)], "hub ready")
    edge = house.write_edge("edge-1", {_READER: port}, Polling(dwell_ms=DWELL_MS))
    house.add("edge-1", ["edge", "run", "--config", str(edge)], "agent ready")
    await house.start()
    await house.act_done(act)
    return files


def _site() -> dict[str, object]:
    return {
        "site": "replay",
        "name": {"en": "A recording"},
        "timezone": "UTC",
        "valid_from": "2019-01-01T00:00:00+00:00",
        "shelves_m": [0.1],
        "floors": [
            {
                "id": "1F",
                "name": {"en": "Floor"},
                "width_m": 5.0,
                "depth_m": 5.0,
                "ranges": [{"id": "R01", "at_m": [1.0, 1.0], "depth_m": 0.3, "A": {"bays": 1}}],
            }
        ],
        "readers": [{"id": _READER, "agent": "edge-1", "ports": 1}],
        "antennas": [{"id": "ant-0001", "reader": _READER, "port": 1, "hears": [_SHELF]}],
    }


def _tag(text: str) -> str:
    return str(int(text))


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            missing = [name for name in columns if name not in (rows.fieldnames or [])]
            if missing:
                raise InputError(f"{path}: columns are missing: {', '.join(missing)}")
            for row in rows:
                if None in row or None in row.values():
                    raise InputError(f"{path}:{rows.line_num}: more or fewer columns than the header")
                yield rows.line_num, row
    except OSError as fault:
        raise InputError(f"{path}: cannot be read: {fault.strerror}") from fault
    except (csv.Error, UnicodeDecodeError) as fault:
        raise InputError(f"{path}: is no readable CSV: {fault}") from fault


def run(reads: Path, expected: Path, *, speed: Speed, broker: Wish, say: Callable[[str], object]) -> Count:
    """Read the files, replay, count. Raises `InputError` before anything is started."""
    recorded, wanted = read_reads(reads), read_expected(expected)
    if not recorded:
        raise AwayError(f"{reads}: holds no reads")
    return asyncio.run(replay(recorded, wanted, speed=speed, broker=broker, say=say))
