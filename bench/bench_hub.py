"""From real Mosquitto to findings: tag observations a second that one hub sustains, beside two others on the same bytes.

    python bench/bench_hub.py --tags 1000000 --seconds 20 > out.json

Three receivers get the same reports from the same generator (a process of its own), one after the other:

* ``hub``: `shelfwire hub run`, journal and database on, all tags known; the clock stops when the engine has applied everything.
* ``plain``: the plain way with the same duties: paho callback, json, validate, append and fsync, dict, acknowledge.
* ``drain``: ``mosquitto_sub`` to /dev/null, the limit.

The generator keeps a bounded window of unacknowledged reports for the first two, as agents do. For the third, which
acknowledges nothing, it sends as fast as it can, and the clock stops when the last message is out.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import paho.mqtt.client as paho
import psutil
from paho.mqtt.enums import CallbackAPIVersion

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from helpers.at_rest import put_at_rest, put_heard, put_stock

from firmware_sim.broker import free_port, mosquitto_program
from hub import health, snapshot
from hub.catalog.model import Item
from hub.engine import Engine
from hub.events import ActAsked
from hub.keeper import FORMAT
from hub.settings import EngineSettings
from hub.store.acts import act_answer, insert_act
from hub.store.imports import stage_import
from hub.store.migrate import upgrade
from hub.store.read import StoreReader
from shelfwire import config
from shelfwire.messages import Tags
from shelfwire.site.generate import Plan, generate
from shelfwire.site.load import load_site
from shelfwire.site.model import Antenna, SiteHistory

SITE = "bench"
A_SHELF, MOST_SHELVES = 40, 60_000
"""One engine carries 65,534 antennas; in a larger library more tags are before each."""
HEARD = 0.9
MISPLACED = 0.0005
FILTER = f"shelfwire/v1/{SITE}/agent/+/dwells"
ACKS = f"shelfwire/v1/{SITE}/agent/+/ack"


def epc(item: int) -> str:
    return f"E28011{item:018X}"


class RawDwell(msgspec.Struct, omit_defaults=True):
    """A dwell whose tags are encoded already: only its times are new each time."""

    reader: str
    port: int
    started_at_us: int
    ended_at_us: int
    quality: str
    air: msgspec.Raw
    tags: msgspec.Raw


class RawReport(msgspec.Struct, tag="dwells", tag_field="kind"):
    v: int
    agent: str
    log: str
    seq: int
    boot: str
    made_at_us: int
    wall_at_us: int
    dwells: list[RawDwell]


def hearing(history: SiteHistory, tags: int) -> Iterator[tuple[Antenna, list[int], list[int], list[float]]]:
    """(antenna, items that it hears, counts, loudness) of one look of each; of the last two those of its reference tags are behind."""
    dice, site = random.Random(1), history.now
    for antenna in site.antennas:
        shelf = site.shelf_by_id[antenna.hears[0]].index
        low, high = shelf * tags // len(site.shelves), (shelf + 1) * tags // len(site.shelves)
        items = [item for item in range(low, high) if dice.random() < HEARD]
        if dice.random() < MISPLACED * A_SHELF:
            items.append(dice.randrange(tags))
        size = len(items) + len(antenna.reference_tags)
        counts = [dice.randint(1, 9) for _ in range(size)]
        yield antenna, items, counts, [round(dice.uniform(-70, -45) * 2) / 2 for _ in range(size)]


def pool(history: SiteHistory, tags: int, observations: int) -> list[tuple[str, list[RawDwell], int]]:
    """(agent, dwells, observations) of reports that together hear the whole library once."""
    agent_of = {reader.id: reader.agent for reader in history.now.readers}
    encode = msgspec.json.encode
    air = msgspec.Raw(encode({"session": 1, "target": "AB"}))
    made: dict[str, list[RawDwell]] = {}
    counts: dict[str, int] = {}
    found = []
    for antenna, items, times, loud in hearing(history, tags):
        heard = [epc(item) for item in items] + list(antenna.reference_tags)
        columns = Tags(epc=heard, pc=[0x3000] * len(heard), count=times, rssi_dbm=loud)
        agent = agent_of[antenna.reader]
        dwell = RawDwell(antenna.reader, antenna.port, 0, 0, "exact", air, msgspec.Raw(encode(columns)))
        made.setdefault(agent, []).append(dwell)
        counts[agent] = counts.get(agent, 0) + len(heard)
        if counts[agent] >= observations:
            found.append((agent, made.pop(agent), counts.pop(agent)))
    found += [(agent, dwells, counts[agent]) for agent, dwells in made.items()]
    random.Random(2).shuffle(found)
    return found


class Generator:
    """Sends reports with a bounded window, as agents do; counts what was acknowledged."""

    def __init__(self, port: int, reports: list[tuple[str, list[RawDwell], int]], window: int | None) -> None:
        self.reports = reports
        self.window = window
        self.sent: dict[str, int] = {}
        self.upto: dict[str, int] = {}
        self.moved = threading.Condition()
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id="generator", protocol=paho.MQTTv311)
        self.client.max_inflight_messages_set(1_000)
        self.client.max_queued_messages_set(0)
        self.client.on_message = self.on_ack
        self.client.connect("127.0.0.1", port)
        self.client.subscribe(ACKS, 1)
        self.client.loop_start()
        self.observations = 0
        self.bytes = 0
        self.log = f"log{time.time_ns()}"
        self.boot = f"boot{time.time_ns()}"

    def on_ack(self, _client: Any, _data: Any, message: Any) -> None:
        said = json.loads(message.payload)
        if said["log"] == self.log:
            with self.moved:
                agent = message.topic.split("/")[4]
                self.upto[agent] = max(self.upto.get(agent, 0), said["upto"])
                self.moved.notify_all()

    def outstanding(self) -> int:
        return sum(self.sent.values()) - sum(self.upto.values())

    def run(self, seconds: float, most: int | None = None) -> None:
        end = time.monotonic() + seconds
        number = 0
        while time.monotonic() < end and (most is None or number < most):
            agent, dwells, count = self.reports[number % len(self.reports)]
            number += 1
            if self.window is not None:
                with self.moved:
                    while self.outstanding() >= self.window and time.monotonic() < end:
                        self.moved.wait(0.2)
            now_us = time.time_ns() // 1000
            for dwell in dwells:
                dwell.started_at_us = now_us - 900_000
                dwell.ended_at_us = now_us
            seq = self.sent.get(agent, 0) + 1
            payload = msgspec.json.encode(
                RawReport(1, agent, self.log, seq, self.boot, now_us, now_us, dwells)
            )
            info = self.client.publish(f"shelfwire/v1/{SITE}/agent/{agent}/dwells", payload, qos=1)
            if self.window is None and number % 200 == 0:
                info.wait_for_publish(30)  # the broker has it; memory stays bounded
            self.sent[agent] = seq
            self.observations += count
            self.bytes += len(payload)

    def wait_acknowledged(self, limit_s: float) -> bool:
        end = time.monotonic() + limit_s
        with self.moved:
            while self.outstanding() > 0 and time.monotonic() < end:
                self.moved.wait(0.2)
        return self.outstanding() == 0

    def close(self) -> None:
        self.client.loop_stop()
        self.client.disconnect()


def generator_main(args: argparse.Namespace) -> None:
    """The process that sends. Prints one line of JSON when all is acknowledged."""
    one = Generator(
        args.port, pool(load_site(Path(args.site)), args.tags, args.observations), args.window or None
    )
    print("ready", flush=True)
    sys.stdin.readline()
    started = time.monotonic()
    one.run(args.seconds, args.most or None)
    sending_s = time.monotonic() - started
    whole = one.wait_acknowledged(120) if one.window else True
    reports = sum(one.sent.values())
    result = {
        "reports": reports, "observations": one.observations, "bytes": one.bytes, "sending_s": sending_s,
        "acknowledged_s": time.monotonic() - started, "all_acknowledged": whole,
    }  # fmt: skip
    if one.window is None:
        time.sleep(0.5)
    one.close()
    print(json.dumps(result), flush=True)


def plain_valid(message: Any) -> bool:
    wanted = (("agent", str), ("log", str), ("seq", int), ("boot", str), ("made_at_us", int))
    if not isinstance(message, dict) or message.get("kind") != "dwells" or message.get("v") != 1:
        return False
    return all(isinstance(message.get(name), kind) for name, kind in wanted) and all(
        isinstance(dwell["reader"], str)
        and isinstance(dwell["port"], int)
        and len(dwell["tags"]["epc"]) == len(dwell["tags"]["count"]) == len(dwell["tags"]["rssi_dbm"])
        and all(isinstance(one, str) for one in dwell["tags"]["epc"])
        and all(isinstance(one, int | float) for one in dwell["tags"]["rssi_dbm"])
        for dwell in message["dwells"]
    )


def plain_main(args: argparse.Namespace) -> None:
    """The plain way: what anyone would write in an afternoon, with the same duties."""
    places: dict[str, tuple[str, int, float, int]] = {}
    seen: dict[tuple[str, str], int] = {}
    file = Path(args.file).open("ab")  # noqa: SIM115 (open as long as the process)

    def on_message(client: Any, _data: Any, message: Any) -> None:
        report = json.loads(message.payload)
        if not plain_valid(report):
            return
        key = (report["agent"], report["log"])
        if report["seq"] > seen.get(key, 0):
            file.write(message.payload + b"\n")
            file.flush()
            os.fsync(file.fileno())
            seen[key] = report["seq"]
            for dwell in report["dwells"]:
                tags = dwell["tags"]
                for tag, rssi, count in zip(tags["epc"], tags["rssi_dbm"], tags["count"], strict=True):
                    places[tag] = (dwell["reader"], dwell["port"], rssi, count)
        ack = json.dumps({"v": 1, "log": report["log"], "upto": seen[key], "want": []})
        client.publish(f"shelfwire/v1/{SITE}/agent/{report['agent']}/ack", ack, qos=1)

    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="plain", protocol=paho.MQTTv311)
    client.on_message = on_message
    client.connect("127.0.0.1", args.port)
    client.subscribe(FILTER, 1)
    print("ready", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    client.loop_forever()


def rest_main(args: argparse.Namespace) -> None:
    """The process that writes a snapshot of a library at rest."""
    history, now_s = load_site(Path(args.site)), time.time_ns() // 10**9
    engine, tags, shelves = Engine(history, EngineSettings()), args.tags, len(history.now.shelves)
    home = (np.arange(tags) * shelves // tags).astype(np.int32)
    put_stock(engine, [epc(item) for item in range(tags)], home, now_s)
    lent = np.ones(tags, dtype=bool)
    for antenna, items, _, loud in hearing(history, tags):
        shelf = history.now.shelf_by_id[antenna.hears[0]].index
        own = [item for item in items if home[item] == shelf]
        rows = np.array(own, dtype=np.int64)
        put_heard(engine, rows, 0, np.full(len(rows), antenna.index), dbm=loud[: len(rows)], now_s=now_s)
        lent[rows] = False
    put_at_rest(engine, np.flatnonzero(lent), now_s)
    around: dict[str, Any] = {"format": FORMAT, "intake_position": 0, "intakes": {}, "acts": [], "sites": {}}
    frozen = snapshot.within(snapshot.freeze(0, {SITE: engine.dump()}), "engines", around)
    snapshot.publish(snapshot.stage(Path(args.file), frozen))
    print("ready", flush=True)


@contextmanager
def broker(folder: Path, args: argparse.Namespace) -> Iterator[tuple[int, psutil.Process]]:
    port = free_port()
    conf = folder / f"broker{port}.conf"
    conf.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\nmax_queued_messages 0\nmax_inflight_messages {args.inflight}\n"
        "set_tcp_nodelay true\nlog_type none\n"
    )
    program = mosquitto_program()
    assert program is not None, "install Mosquitto"
    with subprocess.Popen(
        [program, "-c", str(conf)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            time.sleep(0.5)
            yield port, psutil.Process(process.pid)
        finally:
            process.terminate()


@contextmanager
def child(*command: str, wait: str | None = "ready") -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).resolve()), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            if wait:
                assert process.stdout is not None
                assert process.stdout.readline().strip() == wait
            yield process
        finally:
            process.terminate()


def generator(args: argparse.Namespace, port: int, site: Path, **more: Any) -> list[str]:
    chosen = {"seconds": args.seconds, "window": args.window, "most": 0} | more
    return [
        "--role", "generator", "--port", str(port), "--site", str(site), "--tags", str(args.tags),
        "--observations", str(args.observations), *[word for name, value in chosen.items() for word in (f"--{name}", str(value))],
    ]  # fmt: skip


def go(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Let the generator begin, and return what it says at its end."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    found: dict[str, Any] = json.loads(process.stdout.readline())
    return found


def cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def start_hub(files: Path, folder: Path) -> tuple[subprocess.Popen[bytes], Path]:
    log = folder / "hub.log"
    with log.open("ab") as out:
        before = out.tell()
        process = subprocess.Popen(
            [sys.executable, "-m", "shelfwire", "hub", "run", "--config", str(files)], stdout=out, stderr=out
        )
    while b"hub ready" not in log.read_bytes()[before:]:
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    return process, log


def hub_files(args: argparse.Namespace, folder: Path, port: int) -> Path:
    """A hub's folder with an empty database."""
    files = folder / "hub.yaml"
    config.write(
        files,
        {
            "sites": ["site.yaml"], "state_dir": "state", "broker": {"port": port, "protocol": args.protocol},
            "journal": {"max_bytes": 64 * 2**30, "snapshot_every_s": args.snapshot_s}, "raw_log": {"keep_days": 0},
        },
    )  # fmt: skip
    (folder / "state").mkdir()
    upgrade(f"sqlite:///{folder / 'state' / 'hub.db'}")
    return files


def known(
    args: argparse.Namespace, folder: Path, history: SiteHistory, port: int
) -> tuple[Path, dict[str, Any]]:
    """A hub's folder with the whole catalogue taken, and what it cost."""
    files, shelves = hub_files(args, folder, port), history.now.shelves
    url = f"sqlite:///{folder / 'state' / 'hub.db'}"
    items = (
        Item(barcode=f"{n:010d}", title=f"Title {n}", author=f"Author {n % 9973}", call_number=f"QA {n}",
             home_from=shelves[n * len(shelves) // args.tags].id, tags=(epc(n),))
        for n in range(args.tags)
    )  # fmt: skip
    started = time.monotonic()
    stage_import(url, SITE, "bench", items, [], "bench")
    staged_s = time.monotonic() - started
    process, _ = start_hub(files, folder)
    time.sleep(1.0)
    before = psutil.Process(process.pid).memory_info().rss
    started = time.monotonic()
    insert_act(
        url,
        SITE,
        ActAsked("import", "bench", time.time_ns() // 1000, "catalog.import", "", {"import_id": "bench"}),
    )
    while (answer := act_answer(url, SITE, "import")) is None:
        time.sleep(0.2)
    assert answer.ok, answer.detail
    taken_s = time.monotonic() - started
    time.sleep(3.0)
    after = psutil.Process(process.pid).memory_info().rss
    process.terminate()
    process.wait(60)
    return files, {
        "stage_s": round(staged_s, 1), "import_s": round(taken_s, 1), "rss_before": before, "rss_after_import": after,
        "bytes_a_tag_after_import": round((after - before) / args.tags),
    }  # fmt: skip


def warm_up(args: argparse.Namespace, folder: Path, port: int, state: Path) -> dict[str, Any]:
    """Until the hub has placed nearly all tags: the first hour of a new site is no sustained load."""
    reader = StoreReader(f"sqlite:///{folder / 'state' / 'hub.db'}", SITE)
    started = time.monotonic()
    located = 0
    try:
        while time.monotonic() - started < args.warm_s and located < 0.97 * HEARD * args.tags:
            with child(*generator(args, port, folder / "site.yaml", seconds=15)) as sender:
                go(sender)
            now = health.read(state)
            while health.read(state).stored < now.position:
                time.sleep(0.2)
            located = reader.counts().items_located
    finally:
        reader.close()
    return {"seconds": round(time.monotonic() - started, 1), "items_located": located}


def rested(args: argparse.Namespace, folder: Path, port: int) -> tuple[Path, dict[str, Any]]:
    """A hub's folder with a snapshot of a library at rest, and no rows of items."""
    files, started = hub_files(args, folder, port), time.monotonic()
    command = ["--role", "rest", "--site", str(folder / "site.yaml"), "--tags", str(args.tags)]
    with child(*command, "--file", str(folder / "state" / "snapshots")):
        return files, {"made_s": round(time.monotonic() - started, 1), "rss_before": 0}


@contextmanager
def course(hub: psutil.Process, state: Path) -> Iterator[list[tuple[int, float]]]:
    """(observations in the journal a second, cores of the hub's CPU) of each ten seconds meanwhile."""
    found: list[tuple[int, float]] = []
    over = threading.Event()

    def look() -> None:
        taken, used, at = health.read(state).observations, cpu_s(hub), time.monotonic()
        while not over.wait(10.0):
            before = (taken, used, at)
            taken, used, at = health.read(state).observations, cpu_s(hub), time.monotonic()
            span_s = at - before[2]
            found.append((round((taken - before[0]) / span_s), round((used - before[1]) / span_s, 2)))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


def run_hub(args: argparse.Namespace, folder: Path, history: SiteHistory) -> dict[str, Any]:
    with broker(folder, args) as (port, mosquitto), ExitStack() as early:
        if args.rest:
            # It needs a minute to make its reports, in which the antennas of a hub that runs already would fall silent.
            sender = early.enter_context(child(*generator(args, port, folder / "site.yaml")))
            files, said = rested(args, folder, port)
        else:
            files, said = known(args, folder, history, port)
        started = time.monotonic()
        process, _ = start_hub(files, folder)
        said["start_s"] = round(time.monotonic() - started, 1)
        state = folder / "state" / "health.json"
        try:
            time.sleep(2.5)
            mine = psutil.Process(process.pid)
            restarted = mine.memory_info().rss
            warm = {} if args.rest else warm_up(args, folder, port, state)
            if not args.rest:
                sender = early.enter_context(child(*generator(args, port, folder / "site.yaml")))
            before = (cpu_s(mine), cpu_s(mosquitto))
            started = time.monotonic()
            with course(mine, state) as by_ten_s:
                sent = go(sender)
            early.close()
            acknowledged_us = time.time_ns() // 1000
            while (
                now := health.read(state)
            ).at_us <= acknowledged_us:  # the position that was reached by then
                time.sleep(0.02)
            target = now.position
            while health.read(state).applied < target:
                time.sleep(0.05)
            took_s = time.monotonic() - started
            used = (cpu_s(mine) - before[0], cpu_s(mosquitto) - before[1])
            now = health.read(state)
            samples = [rss_soon(mine) for _ in range(60)]
            loaded, loaded_most = min(samples), max(samples)
        finally:
            process.send_signal(signal.SIGKILL if args.rest else signal.SIGTERM)
            process.wait(120)
    reader = StoreReader(f"sqlite:///{folder / 'state' / 'hub.db'}", SITE)
    counts = reader.counts()
    reader.close()
    return {
        "warm": warm,
        **sent,
        "applied_s": took_s,
        "observations_a_second": round(sent["observations"] / took_s),
        "observations_a_second_to_journal": round(sent["observations"] / sent["acknowledged_s"]),
        "message_bytes": round(sent["bytes"] / sent["reports"]),
        "hub_cpu_s": round(used[0], 2),
        "broker_cpu_s": round(used[1], 2),
        "us_a_report_of_hub_cpu": round(used[0] / sent["reports"] * 1e6),
        "journal_bytes": now.journal_bytes,
        "by_ten_s": by_ten_s,
        "troubles": [one.text for one in now.troubles],
        "memory": said | {
            "rss_restarted": restarted, "rss_after_load": loaded,
            "bytes_a_tag_restarted": round((restarted - said["rss_before"]) / args.tags),
            "bytes_a_tag_after_load": round((loaded - said["rss_before"]) / args.tags),
            "bytes_a_tag_while_a_snapshot_is_made": round((loaded_most - said["rss_before"]) / args.tags),
        },
        "store": msgspec.to_builtins(counts),
    }  # fmt: skip


def rss_soon(process: psutil.Process) -> int:
    """Resident bytes half a second from now."""
    time.sleep(0.5)
    return int(process.memory_info().rss)


def run_plain(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    with (
        broker(folder, args) as (port, _),
        child("--role", "plain", "--port", str(port), "--file", str(folder / "plain.journal")) as receiver,
        child(*generator(args, port, folder / "site.yaml")) as sender,
    ):
        mine = psutil.Process(receiver.pid)
        before = cpu_s(mine)
        sent = go(sender)
        used = cpu_s(mine) - before
    return {
        **sent,
        "observations_a_second": round(sent["observations"] / sent["acknowledged_s"]),
        "message_bytes": round(sent["bytes"] / sent["reports"]),
        "us_a_report_of_cpu": round(used / sent["reports"] * 1e6),
    }


def run_drain(args: argparse.Namespace, folder: Path, reports: int) -> dict[str, Any]:
    """As many reports as the generator can send; the clock stops when mosquitto_sub has them all."""
    with broker(folder, args) as (port, _):
        command = [
            "mosquitto_sub",
            "-p",
            str(port),
            "-q",
            "1",
            "-t",
            FILTER,
            "-C",
            str(reports),
            "-i",
            "drain",
        ]
        with child(
            *generator(args, port, folder / "site.yaml", window=0, seconds=600, most=reports)
        ) as sender:
            with subprocess.Popen(command, stdout=subprocess.DEVNULL) as receiver:
                time.sleep(0.5)
                mine = psutil.Process(receiver.pid)
                started = time.monotonic()
                assert sender.stdin is not None
                sender.stdin.write("go\n")
                sender.stdin.flush()
                used = 0.0
                while receiver.poll() is None:
                    try:
                        used = cpu_s(mine)
                    except psutil.Error:
                        break
                    time.sleep(0.02)
                receiver.wait(600)
                took_s = time.monotonic() - started
            assert sender.stdout is not None
            sent = json.loads(sender.stdout.readline())
    return {
        **sent,
        "drained_s": took_s,
        "observations_a_second": round(sent["observations"] / took_s),
        "message_bytes": round(sent["bytes"] / sent["reports"]),
        "us_a_report_of_cpu": round(used / sent["reports"] * 1e6),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tags", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--observations", type=int, default=500, help="in one report")
    parser.add_argument(
        "--window", type=int, default=400, help="reports under way and not acknowledged, all agents together"
    )
    parser.add_argument(
        "--inflight", type=int, default=0, help="Mosquitto's max_inflight_messages; 0: no bound"
    )
    parser.add_argument("--protocol", default="5")
    parser.add_argument("--snapshot-s", type=float, default=300.0)
    parser.add_argument(
        "--warm-s", type=float, default=300.0, help="at most so long until all tags have a place; 0: none"
    )
    parser.add_argument(
        "--rest",
        action="store_true",
        help="begin with a library at rest: no import, no warm-up, no rows of items",
    )
    parser.add_argument("--only", choices=["hub", "plain", "drain"])
    parser.add_argument("--keep", type=Path, help="a folder to work in and keep")
    parser.add_argument("--role", choices=["generator", "plain", "rest"], help=argparse.SUPPRESS)
    for name in ("port", "most"):
        parser.add_argument(f"--{name}", type=int, default=0, help=argparse.SUPPRESS)
    for name in ("site", "file"):
        parser.add_argument(f"--{name}", default="", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.role:
        {"generator": generator_main, "plain": plain_main, "rest": rest_main}[args.role](args)
        return
    folder = Path(args.keep or tempfile.mkdtemp(prefix="shelfwire-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        config.write(folder / "site.yaml", generate(
            Plan(site=SITE, shelves=max(8, min(MOST_SHELVES, args.tags // A_SHELF)), seed=1, floors=5, valid_from=datetime(2026, 1, 1, tzinfo=UTC))
        ))  # fmt: skip
        history = load_site(folder / "site.yaml")
        result: dict[str, Any] = {
            "tags": args.tags, "shelves": len(history.now.shelves), "antennas": len(history.now.antennas),
            "agents": len({reader.agent for reader in history.now.readers}), "cores": os.cpu_count(), "window": args.window,
            "broker_max_inflight": args.inflight, "protocol": args.protocol, "python": sys.version.split()[0],
        }  # fmt: skip
        if args.only in {None, "hub"}:
            result["hub"] = run_hub(args, folder, history)
        if args.only in {None, "plain"}:
            result["plain"] = run_plain(args, folder)
        if args.only in {None, "drain"}:
            reports = max(20_000, result.get("hub", {}).get("reports", 0))
            result["drain"] = run_drain(args, folder, reports)
        if args.only is None:
            speed = {name: result[name]["observations_a_second"] for name in ("hub", "plain", "drain")}
            result["hub_to_plain"] = round(speed["hub"] / speed["plain"], 2)
            result["hub_to_drain"] = round(speed["hub"] / speed["drain"], 3)
        print(json.dumps(result, indent=1))
    finally:
        if not args.keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
