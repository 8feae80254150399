"""``shelfwire sim watch``: one process, one page, until Ctrl-C."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from firmware_sim import options
from firmware_sim.shipped import ScenarioFile

DEFAULT: Final = "scenarios/watch.yaml"
MOST_ITEMS: Final = 200_000
"""More cannot be stepped smoothly; large libraries are run with ``sim run --direct``."""


@click.command("watch")
@click.argument("scenario", required=False, type=ScenarioFile())
@options.seed
@click.option("--items", type=click.IntRange(1, MOST_ITEMS), help="So many items instead of the scenario's.")
@click.option(
    "--port",
    default=8090,
    show_default=True,
    type=click.IntRange(0, 65_535),
    help="On 127.0.0.1 only; 0: any free one.",
)
@click.option("--paused", is_flag=True, help="Begin with the time standing still.")
def watch(scenario: Path | None, seed: int, items: int | None, port: int, *, paused: bool) -> int:
    """Watch SCENARIO in a browser: truth and belief of a bay side by side, with faults and speed to play with."""
    from firmware_sim import scenario as scenarios  # noqa: PLC0415 (the hub's libraries take a second; --help does without)
    from firmware_sim.direct.plan import build  # noqa: PLC0415 (as above)
    from firmware_sim.watch.serve import serve  # noqa: PLC0415 (as above)
    from firmware_sim.watch.session import Session  # noqa: PLC0415 (as above)
    from firmware_sim.watch.worker import Worker  # noqa: PLC0415 (as above)
    from shelfwire.data import config_file  # noqa: PLC0415 (as above)

    path = config_file(DEFAULT) if scenario is None else scenario
    found = scenarios.load(path)
    worker = Worker(Session(build(found, path, seed, items=items)), playing=not paused)
    serve(worker, found.about, port, lambda url: click.echo(f"watch: {url}"))
    return 0
