"""End of the deciding dwell → visible in a browser, with tablets open: reader emulators, agents, broker, hub, map, Chromium.

    ./run bench latency [--trials 30] [--tablets 50]

Books are put on wrong shelves one by one. The clock of a finding starts at the end of the last dwell in its evidence (the dwell
that decided) and stops when its card is in the page of a real Chromium. The other tablets are clients that hold the event stream open and fetch
the page again at each change, as the page's own script does.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import shutil
import statistics
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import msgspec
from playwright.async_api import Browser, Page, async_playwright

from firmware_sim import scenario as scenarios
from firmware_sim.broker import free_port
from firmware_sim.direct.plan import build
from firmware_sim.house import House
from firmware_sim.library import SimulatedLibrary
from hub.events import ReportTaken
from hub.intake import event_of
from hub.journal import list_segments, read_segment
from hub.store.read import StoreReader
from shelfwire.clock import SystemClock
from shelfwire.data import config_file
from shelfwire.messages import Report

LAST_S = 30
"""Three looks of the usual cycle, and some."""

WATCH = """() => {
  window.seenAt = {};
  const look = () => {
    for (const card of document.querySelectorAll("article.finding"))
      window.seenAt[card.id.slice(2)] ??= performance.timeOrigin + performance.now();
  };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  look();
}"""


def tablet(port: int, cookie: str) -> None:
    """One tablet: listens for changes, and fetches the findings again when some changed."""
    headers = {"Cookie": cookie}
    while True:
        try:
            stream = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            page = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            stream.request("GET", "/s/demo/events", headers=headers | {"Accept": "text/event-stream"})
            answer = stream.getresponse()
            while line := answer.readline():
                if line.startswith(b"data:") and b'"findings": []' not in line and b"findings" in line:
                    page.request("GET", "/s/demo/findings", headers=headers | {"Shelfwire-Part": "1"})
                    page.getresponse().read()
        except OSError:
            threading.Event().wait(1)


def tablets(port: int, cookie: str, count: int) -> None:
    """Run them until the process is ended."""
    threads = [threading.Thread(target=tablet, args=(port, cookie), daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    threads[0].join()


async def installed(folder: Path, port: int) -> tuple[House, SimulatedLibrary, str]:
    """The demo's library without its people and its story."""
    path = config_file("scenarios/demo.yaml")
    quiet = msgspec.structs.replace(scenarios.load(path), people=None, story=[])
    simulation = build(quiet, path, 1, start_us=SystemClock().wall_us())
    library = SimulatedLibrary(simulation)
    house = House(folder, simulation.site, config_file("sites/small.yaml"))
    await library.start()
    house.write_hub({})
    password = house.add_user("bench", "librarian")
    act = house.import_catalogue(library.catalogue(), "bench")
    ports = {name: reader.port for name, reader in library.readers.items()}
    house.add("hub", ["hub", "run", "--config", str(folder / "hub.yaml")], "hub ready")
    for agent in house.agents:
        config = house.write_edge(agent, ports, quiet.polling)
        house.add(agent, ["edge", "run", "--config", str(config)], "agent ready")
    house.add("web", ["web", "run", "--config", str(house.write_web(port))], "map:")
    await house.start()
    await house.act_done(act)
    return house, library, password


async def logged_in(browser: Browser, url: str, password: str) -> tuple[Page, str]:
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{url}/s/demo/findings")
    await page.fill("#name", "bench")
    await page.fill("#password", password)
    await page.click("form.login button.strong")
    await page.wait_for_url("**/findings*")
    await page.evaluate(WATCH)
    cookies = await context.cookies()
    return page, "; ".join(f"{one['name']}={one['value']}" for one in cookies)


def delays_of(
    house: House, library: SimulatedLibrary, seen: dict[str, float]
) -> tuple[list[float], list[float]]:
    """Seconds from the end of the deciding dwell to the card, and to the decision.

    A book heard elsewhere or a silence at its home may decide. Evidence keeps whole seconds; the exact end of its last dwell is in the journal.
    """
    heard = heard_of(house)
    world = library.world
    epc_of = {world.barcode(tag): world.epc(tag) for tag in range(world.stock.count)}
    port_of = {antenna.id: (antenna.reader, antenna.port) for antenna in house.site.antennas}
    reader = StoreReader(house.database, house.site.id)
    delays, decided = [], []
    for finding, at_ms in seen.items():
        row = reader.finding(finding)
        if row is None or row.kind != "misplaced" or row.barcode is None:
            continue
        ends = [
            ended_us
            for one in row.evidence
            for ended_us in heard.get(
                (*port_of[one.antenna], epc_of[row.barcode] if one.says == "heard" else ""), ()
            )
            if ended_us // 1_000_000 <= one.last_at_us // 1_000_000 and ended_us <= row.opened_at_us
        ]
        delays.append(at_ms / 1e3 - max(ends) / 1e6)
        decided.append((row.opened_at_us - max(ends)) / 1e6)
    reader.close()
    return delays, decided


def heard_of(house: House) -> dict[tuple[str, int, str], list[int]]:
    """(reader, port, EPC) → ends of the dwells that heard it; EPC "": of all dwells. The hub must be stopped."""
    found: dict[tuple[str, int, str], list[int]] = {}
    for segment in list_segments(house.hub_files.journal_dir):
        for group in read_segment(segment):
            for entry in group.entries:
                event = event_of(entry) if entry.kind == "report" else None
                if isinstance(event, ReportTaken) and isinstance(event.message, Report):
                    for dwell in event.message.dwells:
                        for epc in ("", *dwell.tags.epc):
                            found.setdefault((dwell.reader, dwell.port, epc), []).append(dwell.ended_at_us)
    return found


async def measure(folder: Path, trials: int, count: int) -> dict[str, Any]:
    port = free_port()
    house, library, password = await installed(folder, port)
    others: asyncio.subprocess.Process | None = None
    moving = asyncio.create_task(library.run())
    try:
        async with async_playwright() as play:
            program = shutil.which("chromium") or shutil.which("chromium-browser")
            browser = await play.chromium.launch(executable_path=program, args=["--no-sandbox"])
            page, cookie = await logged_in(browser, f"http://127.0.0.1:{port}", password)
            others = await asyncio.create_subprocess_exec(
                sys.executable, __file__, "--as-tablets", str(port), cookie, str(count - 1)
            )
            await asyncio.sleep(12)  # every book is heard once, every tablet is there
            for _ in range(trials):
                library.advance()
                library.world.do("misplace")
                await asyncio.sleep(2)
            await asyncio.sleep(LAST_S)
            seen: dict[str, float] = await page.evaluate("() => window.seenAt")
            await browser.close()
        await house.stop()
        delays, decided = delays_of(house, library, seen)
        found = {"moved": trials, "tablets": count, "broker": house.broker.kind}
        return found | {"delays_s": sorted(delays), "decided_s": sorted(decided)}
    finally:
        moving.cancel()
        if others is not None:
            others.terminate()
            await others.wait()
        await house.stop()
        await library.stop()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--trials", type=int, default=30)
    asked.add_argument("--tablets", type=int, default=50)
    asked.add_argument("--as-tablets", nargs=3, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.as_tablets:
        tablets(int(given.as_tablets[0]), given.as_tablets[1], int(given.as_tablets[2]))
        return
    with tempfile.TemporaryDirectory(prefix="shelfwire-bench-") as folder:
        found = asyncio.run(measure(Path(folder), given.trials, given.tablets))
    delays = found.pop("delays_s")
    decided = found.pop("decided_s")
    if len(delays) < given.trials // 2:
        sys.exit(f"only {len(delays)} of {given.trials} moved books were seen")
    cuts = statistics.quantiles(delays, n=20)
    found |= {
        "seen": len(delays),
        "median_s": round(cuts[9], 3),
        "p95_s": round(cuts[18], 3),
        "max_s": round(delays[-1], 3),
        "of that dwell to decision, median_s": round(statistics.median(decided), 3),
    }
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
