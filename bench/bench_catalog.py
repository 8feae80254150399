"""A catalogue of a million items from a MARC file into a running hub, and again with 1 % changed: seconds, and memory of all processes.

    python bench/bench_catalog.py --items 1000000 > out.json
    python bench/bench_catalog.py --items 1000000 --database postgresql+psycopg://user@host/name

The file is made first (MARC21, UTF-8, about 1,100 bytes and 1.5 items a record as in a university library, every fourth title
Chinese, 1 % of the call numbers malformed) and not counted. Then ``shelfwire catalog import --complete`` runs three times
against ``shelfwire hub run`` with a broker on the same machine, from its start to the hub's answer: all new, 1 % changed
with 0.1 % gone, and nothing changed. `peak_mb` is the most that command, hub and broker had resident together.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from helpers.large_catalog import Maker

from bench.bench_hub import broker, cpu_s, start_hub
from shelfwire import config
from shelfwire.site.generate import Plan, generate

SITE: Final = "bench"
A_RECORD: Final = (1, 1, 1, 1, 2, 2, 3)
"""Items of a record; 1.57 on average, 1.45 in the records of the University of Virginia."""
MALFORMED: Final = 0.01
ABSTRACT: Final = (
    "What readers of the last century found on the shelves of three libraries, and what they missed. " * 4
)


def field(tag: str, text: str) -> tuple[str, bytes]:
    raw = text.encode() if tag < "010" else b"  " + text.encode().replace(b"$", b"\x1f")
    return tag, raw + b"\x1e"


def record(fields: list[tuple[str, bytes]]) -> bytes:
    directory, at = [], 0
    for tag, raw in fields:
        directory.append(f"{tag}{len(raw):04d}{at:05d}")
        at += len(raw)
    base = 24 + 12 * len(fields) + 1
    leader = f"{base + at + 1:05d}nam a22{base:05d} a 4500"
    return (
        leader.encode() + "".join(directory).encode() + b"\x1e" + b"".join(raw for _, raw in fields) + b"\x1d"
    )


def records(items: int, *, change: float, gone: float) -> Iterator[bytes]:
    """The same records every time, but for the shares that `change` and that are `gone`."""
    dice, odds = random.Random(4), random.Random(5)
    made = 0
    for number, book in enumerate(Maker().items(items)):
        if made >= items:
            return
        call = book.call_number if dice.random() > MALFORMED else f"Regal {dice.randint(1, 99)}"
        fields = [
            field("001", f"b{number:08d}"), field("008", "090908s1999    nyua     b    001 0 eng  "),
            field("020", f"$a978{number:010d}"), field("035", f"$a(OCoLC){number:09d}"), field("050", f"$a{call}"),
            field("100", f"$a{book.author},$d1901-1980."), field("245", f"$a{book.title} :$ba history /$c{book.author}."),
            field("260", "$aNew York :$bNorthern University Press,$cc1999."), field("300", "$axii, 345 p. :$bill. ;$c24 cm."),
            field("504", "$aIncludes bibliographical references (p. 301-330) and index."), field("520", f"$a{ABSTRACT}"),
            field("650", "$aLibraries$zEurope$xHistory."), field("650", "$aReading$xPsychological aspects."),
        ]  # fmt: skip
        for copy in range(min(dice.choice(A_RECORD), items - made)):
            made += 1
            luck = odds.random()
            state = "$kCHECKEDOUT" if (made % 50 == 0) != (luck < change) else ""
            if luck < 1 - gone:
                text = f"$a{call}$wLC$c{copy + 1}$iX{made:09d}$lSTACKS{state}$mMAIN$tBOOK$rY$sY$u1/1/2001"
                fields.append(field("999", text))
        yield record(fields)


class Memory:
    """The most that some processes, and their children, had resident together, looked at ten times a second."""

    def __init__(self, *pids: int) -> None:
        self.peak_bytes = 0
        self._pids = pids
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._done.wait(0.1):
            self.peak_bytes = max(self.peak_bytes, sum(map(self._rss, self._pids)))

    @staticmethod
    def _rss(pid: int) -> int:
        try:
            process = psutil.Process(pid)
            return sum(int(one.memory_info().rss) for one in (process, *process.children(recursive=True)))
        except psutil.NoSuchProcess:
            return 0

    def stop(self) -> int:
        self._done.set()
        self._thread.join()
        return self.peak_bytes


def command_cpu_s() -> float:
    """Of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(files: Path, file: Path, hub: int, mosquitto: int, *more: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "shelfwire", "catalog", "import", str(file), "--config", str(files)]
    started, command_s, hub_s = time.monotonic(), command_cpu_s(), cpu_s(psutil.Process(hub))
    with subprocess.Popen(
        [*command, "--complete", "--json", "--wait", "7200", *more], stdout=subprocess.PIPE, text=True
    ) as process:
        memory = Memory(process.pid, hub, mosquitto)
        said, _ = process.communicate()
    seconds = time.monotonic() - started
    outcome = json.loads(said)
    assert process.returncode == 0, (
        process.returncode,
        outcome["applied"],
        outcome["detail"],
        outcome["held"],
    )
    return {
        "seconds": round(seconds, 1),
        "command_cpu_s": round(command_cpu_s() - command_s, 1),
        "hub_cpu_s": round(cpu_s(psutil.Process(hub)) - hub_s, 1),
        "peak_mb": round(memory.stop() / 1e6),
        "change": {name: value for name, value in outcome["change"].items() if name != "examples"},
        "faults": outcome["counts"]["faults"],
        "detail": outcome["detail"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--database", help="SQLAlchemy URL of an empty database; default: SQLite")
    parser.add_argument("--inflight", type=int, default=64, help=argparse.SUPPRESS)
    args = parser.parse_args()
    said: dict[str, Any] = {"items": args.items, "database": (args.database or "sqlite").split(":")[0]}
    with tempfile.TemporaryDirectory() as name, broker(Path(name), args) as (port, mosquitto):
        folder = Path(name)
        plan = Plan(
            site=SITE,
            shelves=max(8, args.items // 40),
            seed=1,
            floors=5,
            valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        )
        site = generate(plan)
        config.write(folder / "site.yaml", site)
        hub_yaml: dict[str, Any] = {"sites": ["site.yaml"], "state_dir": "state", "broker": {"port": port}}
        if args.database:
            hub_yaml["database"] = args.database
        config.write(folder / "hub.yaml", hub_yaml)
        for file, change, gone in (("first.mrc", 0.0, 0.0), ("second.mrc", 0.01, 0.001)):
            with (folder / file).open("wb") as out:
                out.writelines(records(args.items, change=change, gone=gone))
        said["file_mb"] = round((folder / "first.mrc").stat().st_size / 1e6)
        hub, _ = start_hub(folder / "hub.yaml", folder)
        try:
            for what, file, more in (
                ("read_only", "first.mrc", ("--dry-run",)),
                ("first", "first.mrc", ()),
                (
                    "second",
                    "second.mrc",
                    ("--drop-share", "1"),
                ),  # 0.1 % is 1,000 items: somebody has to say so
                ("third_nothing_changed", "second.mrc", ("--drop-share", "1")),
            ):
                said[what] = run(folder / "hub.yaml", folder / file, hub.pid, mosquitto.pid, *more)
                print(what, said[what], file=sys.stderr)
        finally:
            hub.terminate()
            hub.wait(120)
    print(json.dumps(said, indent=1))


if __name__ == "__main__":
    main()
