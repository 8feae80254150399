"""``shelfwire demo``: a whole library on one machine, from the reader's antenna to the map, with people who move books."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from firmware_sim import scenario as scenarios
from firmware_sim.broker import Wish, free_port, port_is_free
from firmware_sim.house import House
from firmware_sim.library import SimulatedLibrary, read_titles
from firmware_sim.observer import Observer
from firmware_sim.report import count_reports, make_report
from firmware_sim.story import Story
from firmware_sim.world import AWAY, Deed
from hub.catalog.model import Item
from hub.settings import EngineSettings
from shelfwire.data import config_file
from shelfwire.site.load import load_site

log = logging.getLogger(__name__)

STAFF: Final = "staff"
CHECK_S: Final = 0.2


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line said."""

    for_s: float | None
    report: Path | None
    port: int
    seed: int
    broker: Wish
    scenario: Path
    site: Path | None


@click.command()
@click.option(
    "--for", "for_s", type=click.FloatRange(min=5), metavar="SECONDS", help="End by itself after this time."
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what was found, held against the truth (JSON).",
)
@click.option(
    "--port",
    default=8080,
    show_default=True,
    type=click.IntRange(0, 65_535),
    help="Of the map; 0 or taken: a free one.",
)
@click.option("--seed", default=1, show_default=True, help="Another seed is another morning.")
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep everything in this folder; else it is removed at the end.",
)
@click.option(
    "--broker", type=click.Choice(["auto", "mosquitto", "amqtt"]), default="auto", show_default=True
)
@click.option(
    "--site",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Another library (its antennas must be driven by LLRP readers).",
)
@click.option(
    "--scenario", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Another story."
)
@click.option("--verbose", is_flag=True, help="Say more on standard error.")
def demo(report: Path | None, port: int, state: Path | None, *, verbose: bool, **given: Any) -> int:
    """Show a simulated library: readers, agents, broker, hub and map, without any hardware or server."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(levelname)s %(message)s"
    )
    given["scenario"] = given["scenario"] or config_file("scenarios/demo.yaml")
    options = Options(
        report=report.resolve() if report is not None else None,
        port=port if port and port_is_free(port) else free_port(),
        **given,
    )
    if port and options.port != port:
        click.echo(f"Port {port} is taken; the map gets {options.port}.")
    os.umask(0o077)  # passwords of every process and the demo's library stand below; the children inherit it
    with _folder(state) as folder:
        asyncio.run(Demo(options, folder).run())
    return 0


@contextmanager
def _folder(state: Path | None) -> Iterator[Path]:
    if state is not None:
        state.mkdir(0o700, parents=True, exist_ok=True)
        yield state.resolve()
        return
    folder = Path(tempfile.mkdtemp(prefix="shelfwire-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Demo:
    """One run."""

    def __init__(self, options: Options, folder: Path) -> None:
        self._options = options
        self._scenario = scenarios.load(options.scenario)
        site_file = options.site or scenarios.find(self._scenario.site, options.scenario)
        site = load_site(site_file).now
        titles = read_titles(scenarios.find(self._scenario.catalog, options.scenario), self._scenario.items)
        self._house = House(folder, site, site_file, broker=options.broker)
        self._library = SimulatedLibrary(
            site,
            titles,
            seed=options.seed,
            rates=self._scenario.rates,
            radio=self._scenario.radio,
            on_deed=self._desk,
        )
        self._settings = msgspec.convert(self._scenario.engine, EngineSettings)
        self._stop = asyncio.Event()
        self._asking: set[asyncio.Task[Any]] = set()

    async def run(self) -> None:
        """Start all, play, end all, whatever happens."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop.set)
        try:
            await self._library.start()
            self._prepare()
            click.echo("Starting broker, hub, agents and map …")
            if await self._unless_stopped(self._start()):
                await self._play()
        finally:
            for task in self._asking:
                task.cancel()
            await self._house.stop()
            await self._library.stop()

    async def _unless_stopped(self, work: Any) -> bool:
        """Do `work`, but leave at once when someone asks to stop."""
        task = asyncio.ensure_future(work)
        stop = asyncio.create_task(self._stop.wait())
        await asyncio.wait([task, stop], return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return False
        await task
        return True

    def _prepare(self) -> None:
        house, library = self._house, self._library
        house.write_hub(self._scenario.engine, sweeps=self._scenario.sweeps)
        self._password = house.add_user(STAFF, "librarian")
        self._import = house.import_catalogue(self._catalogue(), "simulated library")
        ports = {name: reader.port for name, reader in library.readers.items()}
        house.add("hub", ["hub", "run", "--config", str(house.folder / "hub.yaml")], "hub ready")
        for agent in house.agents:
            path = house.write_edge(agent, ports, self._scenario.dwell_ms)
            house.add(agent, ["edge", "run", "--config", str(path)], "agent ready")
        web = house.write_web(self._options.port)
        house.add("web", ["web", "run", "--config", str(web)], "map:")

    def _catalogue(self) -> list[Item]:
        shelves = self._library.site.shelves
        return [
            Item(
                barcode=book.row.barcode,
                title=book.row.title,
                author=book.row.author,
                call_number=book.row.call_number,
                status="on_shelf",
                home_from=shelves[book.home_from].id,
                home_to=shelves[book.home_to].id,
                tags=(book.epc,),
            )
            for book in self._library.world.books
        ]

    async def _start(self) -> None:
        await self._house.start()
        await self._house.act_done(self._import)

    async def _play(self) -> None:
        self._greet()
        observer = Observer(self._house.database, self._house.site.id, since_us=self._library.clock.wall_us())
        story = Story(self._scenario, self._library, self._house, say=click.echo)
        tasks = [
            asyncio.create_task(self._library.run()),
            asyncio.create_task(observer.run()),
            asyncio.create_task(story.run()),
            asyncio.create_task(self._watch()),
        ]
        try:
            ended = asyncio.create_task(self._stop.wait())
            await asyncio.wait(
                [ended, *tasks], timeout=self._options.for_s, return_when=asyncio.FIRST_COMPLETED
            )
            ended.cancel()
            for task in tasks:
                if task.done():
                    task.result()
            await observer.look()
            end_us = self._library.clock.wall_us()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._options.report is not None or self._options.for_s is not None:
            await self._finish(observer, end_us)
        observer.close()

    async def _finish(self, observer: Observer, end_us: int) -> None:
        library, house = self._library, self._house
        outages = library.finished_outages(end_us)
        await library.stop()
        await house.drained()
        agents = await asyncio.to_thread(observer.agents)
        await house.stop()
        taken = house.taken()
        counted = None if taken is None else (taken.reports, taken.doubled)
        reports = count_reports(house.sent(), counted, agents)
        report = make_report(
            library.world,
            observer.shown,
            outages,
            self._settings,
            end_us=end_us,
            broker=house.broker.kind,
            series=house.hub_files.config.series.kind,
            reports=reports,
        )
        if self._options.report is not None:
            self._options.report.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2))
            click.echo(f"Report: {self._options.report}")

    async def _watch(self) -> None:
        while True:
            self._house.check()
            await asyncio.sleep(CHECK_S)

    def _desk(self, deed: Deed) -> None:
        """What the desk books goes to the hub as an act, as a loan system would tell it."""
        if deed.kind not in {"borrow", "return"}:
            return
        barcode = self._library.world.books[deed.tag].row.barcode
        work = asyncio.to_thread(self._house.ask, "item.status", barcode, {"status": deed.status})
        task = asyncio.get_running_loop().create_task(work)
        self._asking.add(task)
        task.add_done_callback(self._asked)

    def _asked(self, task: asyncio.Task[Any]) -> None:
        """The truth knows of a loan that the hub was never told of: the report would blame the hub for it."""
        self._asking.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.warning("the desk could not book: %s", fault)

    def _greet(self) -> None:
        world = self._library.world
        standing = sum(place != AWAY for place in world.shelf.tolist())
        url = f"http://127.0.0.1:{self._options.port}/"
        click.echo(
            f"\n  map: {url}\n"
            f"  log in as {STAFF} with {self._password}\n\n"
            f"{standing} books stand on {len(world.site.shelves)} shelves, heard by {len(world.site.antennas)} antennas; "
            f"broker {self._house.broker.kind}.\n"
            "Every bay has its colour, shape and number. Tap one to see its shelves and books; open Findings to see what\n"
            "a person should look at, and why; search for any title. The health page shows readers and antennas.\n"
            "What happens in the room is told here; watch how the map follows. Ctrl-C ends everything.\n"
        )
