"""``shelfwire sim``: pieces of the simulated library one by one. The whole is ``shelfwire demo``."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Literal

import click
import msgspec

from firmware_sim.broker import Wish
from shelfwire.data import config_file


@click.group()
def sim() -> None:
    """Reader emulators and recorded reads."""


@sim.command("replay")
@click.option(
    "--reads",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="CSV: session, experiment, t_ms, tag, rssi_dbm.",
)
@click.option(
    "--expected", required=True, type=click.Path(path_type=Path, dir_okay=False), help="CSV: tag, panel."
)
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="Write the count as JSON.")
@click.option(
    "--speed",
    type=click.Choice(["max", "1"]),
    default="max",
    show_default=True,
    help="1: as fast as it was read.",
)
@click.option(
    "--broker", type=click.Choice(["auto", "mosquitto", "amqtt"]), default="auto", show_default=True
)
def replay_command(
    reads: Path, expected: Path, report: Path | None, speed: Literal["max", "1"], broker: Wish
) -> int:
    """Play recorded reads through reader, agent, broker and hub, and count what the hub took."""
    from firmware_sim import replay  # noqa: PLC0415 (the hub's libraries take a second; --help does without)

    found = replay.run(
        reads, expected, speed=speed, broker=broker, say=lambda text: click.echo(text, err=True)
    )
    text = msgspec.json.format(msgspec.json.encode(found), indent=2)
    if report is not None:
        report.write_bytes(text + b"\n")
    click.echo(text.decode())
    return 0


@sim.command("readers")
@click.argument("scenario", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--seed", default=1, show_default=True)
def readers_command(scenario: Path | None, seed: int) -> int:
    """Run only the readers of SCENARIO (default: the demo's), on loopback, for any LLRP client. Ctrl-C ends them."""
    asyncio.run(_readers(scenario or config_file("scenarios/demo.yaml"), seed))
    return 0


async def _readers(path: Path, seed: int) -> None:
    from firmware_sim import scenario as scenarios  # noqa: PLC0415 (as above)
    from firmware_sim.library import SimulatedLibrary, read_titles  # noqa: PLC0415
    from shelfwire.site.load import load_site  # noqa: PLC0415

    found = scenarios.load(path)
    titles = read_titles(scenarios.find(found.catalog, path), found.items)
    site = load_site(scenarios.find(found.site, path)).now
    library = SimulatedLibrary(site, titles, seed=seed, rates=found.rates, radio=found.radio)
    library.people_act = True
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await library.start()
    for name, reader in library.readers.items():
        click.echo(f"reader {name}: llrp 127.0.0.1:{reader.port}, {reader.machine.box.antennas} antennas")
    people = asyncio.create_task(library.run())
    await stop.wait()
    people.cancel()
    await asyncio.gather(people, return_exceptions=True)
    await library.stop()
