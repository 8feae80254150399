"""``shelfwire sim readers``: only the readers of a scenario, on the ports that it prints, for any LLRP client."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from firmware_sim import options
from firmware_sim.shipped import ScenarioFile
from shelfwire.data import config_file

if TYPE_CHECKING:
    from firmware_sim.direct.plan import Simulation

STEP_S: Final = 0.25
"""How finely deeds of people fall between dwells."""

HIGHEST_PORT: Final = 65_535


HELP: Final = (
    "Connect an LLRP client to one of these ports, without TLS and password; or an agent, with `kind: llrp`, `host: 127.0.0.1` and the `port`.\n"
    "Each reader takes one client at a time. Ctrl-C ends all of them."
)


@click.command("readers")
@click.argument("scenario", required=False, type=ScenarioFile())
@options.seed
@options.items
@click.option(
    "--first-port", type=click.IntRange(min=1024, max=HIGHEST_PORT), help="This port and the next ones; default: free ones."
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One line of JSON instead of words.")
def readers(
    scenario: Path | None, *, seed: int, items: int | None, first_port: int | None, as_json: bool
) -> int:
    """Run only the readers of SCENARIO (default: the demo's), on loopback, for any LLRP client. Its people act, in real time from now on. Ctrl-C ends it."""
    from firmware_sim import scenario as scenarios  # noqa: PLC0415 (numpy takes a moment; --help does without)
    from firmware_sim.direct.plan import build  # noqa: PLC0415 (as above)
    from shelfwire.clock import SystemClock  # noqa: PLC0415 (as above)

    path = scenario or config_file("scenarios/demo.yaml")
    simulation = build(scenarios.load(path), path, seed, items=items, start_us=SystemClock().wall_us())
    asyncio.run(_run(simulation, first_port=first_port or 0, as_json=as_json))
    return 0


async def _run(simulation: Simulation, *, first_port: int, as_json: bool) -> None:
    from firmware_sim.readers.group import emulators  # noqa: PLC0415 (as above)
    from shelfwire.clock import SystemClock  # noqa: PLC0415 (as above)
    from shelfwire.errors import InputError  # noqa: PLC0415 (as above)

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    clock = SystemClock()
    found = emulators(simulation.site, simulation.radio, first_port=first_port)
    try:
        for name, reader in found.items():
            try:
                await reader.start()
            except OSError as fault:
                raise InputError(
                    f"reader {name}: port {reader.port} cannot be used: {fault.strerror}; choose another --first-port"
                ) from fault
        click.echo(_words(simulation, as_json=as_json, ports={name: one.port for name, one in found.items()}))
        if not as_json:
            click.echo(HELP)
        while not stop.is_set():
            simulation.world.advance(clock.wall_us())
            try:
                async with asyncio.timeout(STEP_S):
                    await stop.wait()
            except TimeoutError:
                continue
    finally:
        for reader in found.values():
            await reader.stop()


def _words(simulation: Simulation, *, as_json: bool, ports: dict[str, int]) -> str:
    antennas = {
        name: sorted(one.port for one in simulation.site.antennas if one.reader == name) for name in ports
    }
    if as_json:
        rows = [
            {
                "reader": name,
                "protocol": "llrp",
                "host": "127.0.0.1",
                "port": port,
                "antennas": antennas[name],
            }
            for name, port in ports.items()
        ]
        return json.dumps({"site": simulation.site.id, "seed": simulation.seed, "readers": rows})
    return "\n".join(
        f"reader {name}: llrp 127.0.0.1:{port}, {len(antennas[name])} antennas"
        for name, port in ports.items()
    )
