"""``shelfwire demo``: a whole library on one machine, from the reader's antenna to the map, with people who move books."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from firmware_sim import outputs
from firmware_sim import scenario as scenarios
from firmware_sim.broker import Wish, free_port, port_is_free
from firmware_sim.direct.plan import build
from firmware_sim.play import Play, folder_of, unless
from firmware_sim.shipped import ScenarioFile
from firmware_sim.told import report_lines
from shelfwire.data import config_file
from shelfwire.options import Number

STAFF: Final = "staff"


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
@click.option("--for", "for_s", type=Number(min=5), metavar="SECONDS", help="End by itself after this time.")
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
@click.option("--scenario", type=ScenarioFile(), help="Another story: a file, or one shipped by its name.")
@click.option("--verbose", is_flag=True, help="Say more on standard error.")
def demo(report: Path | None, port: int, state: Path | None, *, verbose: bool, **given: Any) -> int:
    """Show a simulated library: readers, agents, broker, hub and map, without any hardware or server."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(levelname)s %(message)s"
    )
    outputs.check(report)
    given["scenario"] = given["scenario"] or config_file("scenarios/demo.yaml")
    options = Options(
        report=report.resolve() if report is not None else None,
        port=port if port and port_is_free(port) else free_port(),
        **given,
    )
    if port and options.port != port:
        click.echo(f"Port {port} is taken; the map gets {options.port}.")
    os.umask(0o077)  # passwords of every process and the demo's library stand below; the children inherit it
    with folder_of(state) as folder:
        asyncio.run(Demo(options, folder).run())
    return 0


class Demo:
    """One run."""

    def __init__(self, options: Options, folder: Path) -> None:
        self._options = options
        scenario = scenarios.load(options.scenario)
        if options.site is not None:
            scenario = scenarios.at_site(scenario, options.site)
        simulation = build(scenario, options.scenario, options.seed)
        self._play = Play(simulation, folder, broker=options.broker, speed=1.0, say=click.echo)
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Start all, play, end all, whatever happens."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop.set)
        try:
            house = self._play.house
            self._password = house.add_user(STAFF, "librarian")
            web = house.write_web(self._options.port)
            house.add("web", ["web", "run", "--config", str(web)], "map:")
            click.echo("Starting broker, hub, agents and map …")
            if await unless(self._stop, self._play.start()):
                self._greet()
                end_us = await self._play.run(self._options.for_s, ended=self._stop)
                if self._options.report is not None or self._options.for_s is not None:
                    await self._finish(end_us)
        finally:
            await self._play.stop()

    async def _finish(self, end_us: int) -> None:
        report = self._play.report(end_us, await self._play.finish())
        for line in report_lines(report, None):
            click.echo(line)
        if self._options.report is not None:
            outputs.write_json(self._options.report, report)
            click.echo(f"Report: {self._options.report}")

    def _greet(self) -> None:
        world = self._play.library.world
        standing = int((world.place[: world.stock.count] >= 0).sum())
        url = f"http://127.0.0.1:{self._options.port}/"
        click.echo(
            f"\n  map: {url}\n"
            f"  log in as {STAFF} with {self._password}\n\n"
            f"{standing} books stand on {len(world.site.shelves)} shelves, heard by {len(world.site.antennas)} antennas; "
            f"broker {self._play.house.broker.kind}.\n"
            "Every bay has its colour, shape and number. Tap one to see its shelves and books; open Findings to see what\n"
            "a person should look at, and why; search for any title. The health page shows readers and antennas.\n"
            "What happens in the room is told here; watch how the map follows. Ctrl-C ends everything.\n"
        )
