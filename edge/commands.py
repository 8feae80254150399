"""``shelfwire edge``: run the agent, or look at its configuration without starting anything."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from edge import config
from edge.agent import Agent
from edge.drivers import find_driver
from shelfwire.broker import read_password, tls_context
from shelfwire.errors import InputError

_config_option = click.option(
    "--config",
    "path",
    required=True,
    type=click.Path(path_type=Path),
    help="The agent's configuration, for example edge.yaml.",
)


@click.group()
def edge() -> None:
    """The agent beside the readers."""


@edge.command()
@_config_option
@click.option("--verbose", is_flag=True, help="Say more.")
def run(path: Path, *, verbose: bool) -> None:
    """Drive the readers and report what they hear, until SIGTERM or SIGINT."""
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    asyncio.run(_serve(config.read(path), path.parent))


@edge.command()
@_config_option
def check(path: Path) -> None:
    """Say what is wrong with a configuration, all at once. Starts nothing and touches no network."""
    found = config.read(path)
    faults: list[str] = []
    looks: list[Callable[[], object]] = [
        partial(read_password, found.broker, path.parent),
        partial(tls_context, found.broker, path.parent),
        *(partial(read_password, one.broker, path.parent) for one in found.readers if one.broker),
        *(partial(tls_context, one.broker, path.parent) for one in found.readers if one.broker),
        *(partial(find_driver, kind) for kind in sorted({reader.kind for reader in found.readers})),
    ]
    for look in looks:
        try:
            look()
        except InputError as fault:
            faults.extend(fault.faults)
    if faults:
        raise InputError(*faults)
    click.echo(
        f"{path}: agent {found.agent} of site {found.site}, {len(found.readers)} readers, "
        f"broker {found.broker.host}:{found.broker.port}; nothing is wrong"
    )


async def _serve(found: config.EdgeConfig, base: Path) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    agent = Agent(found, base)
    work = asyncio.create_task(agent.run(stop))
    ready = asyncio.create_task(agent.ready.wait())
    await asyncio.wait([work, ready], return_when=asyncio.FIRST_COMPLETED)
    if ready.done():
        click.echo(f"agent ready: {found.agent} of {found.site}, {len(found.readers)} readers")
    ready.cancel()
    await work
