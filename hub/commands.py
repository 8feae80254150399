"""``shelfwire hub …``: run the hub, check its files, ask how it is, repair a damaged journal."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from pathlib import Path

import click

from hub import health
from hub.asking import config_option
from hub.calibrate.commands import calibrate_command
from hub.config import read_hub
from hub.explain.commands import explain_command
from hub.health import HubHealth
from hub.memory import map_large_arrays
from hub.promised import promises_command
from hub.rerun.commands import rerun_command
from shelfwire import cli
from shelfwire.broker import read_password
from shelfwire.errors import AwayError, InputError


@click.group()
def hub() -> None:
    """The hub: takes what the agents hear, decides, keeps."""


@hub.command("run")
@config_option
@click.option("--verbose", is_flag=True, help="Say more on standard error.")
def run_command(config_path: Path, *, verbose: bool) -> int:
    """Run until SIGTERM or SIGINT."""
    from hub import service  # noqa: PLC0415 (numpy, pyarrow and SQLAlchemy take a second; the other commands do without)

    logging.basicConfig(
        stream=sys.stderr,
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    map_large_arrays()
    asyncio.run(service.run(read_hub(config_path)))
    return 0


@hub.command("check")
@config_option
def check_command(config_path: Path) -> int:
    """Read the configuration and the sites, and say what is wrong; start nothing."""
    from hub.start import load_sites  # noqa: PLC0415 (as above)
    from hub.sweep.plan import scope_shelves  # noqa: PLC0415 (as above)

    files = read_hub(config_path)
    sites, scope = load_sites(files), files.config.sweeps.scope
    faults = [
        f"{files.path}: sweeps.scope: site {site} has no floor, range, face, bay or shelf {scope!r}; 'all' is the whole site"
        for site, history in sites.items()
        if not scope_shelves(history.now, scope)
    ]
    if faults:
        raise InputError(*faults)
    for site, history in sites.items():
        now = history.now
        click.echo(
            f"site {site}: {len(now.shelves)} shelves, {len(now.antennas)} antennas, {len(now.readers)} readers"
        )
    click.echo(f"state: {files.state_dir}")
    broker = files.config.broker
    click.echo(f"broker: {broker.host}:{broker.port}, MQTT {broker.protocol}{', TLS' if broker.tls else ''}")
    read_password(broker, files.base)
    click.echo("configuration is sound")
    return 0


@hub.command("status")
@config_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def status_command(config_path: Path, form: str) -> int:
    """Say how the running hub is. Exit code 1: something needs a person; 3: it does not run."""
    said = health.read(read_hub(config_path).health_file)
    now_us = time.time_ns() // 1000
    if form == "json":
        import msgspec  # noqa: PLC0415 (one branch)

        click.echo(msgspec.json.format(msgspec.json.encode(said), indent=2).decode())
    else:
        for line in lines_of(said, now_us):
            click.echo(line)
    if not health.is_fresh(said, now_us):
        raise AwayError(
            f"the hub last said something {(now_us - said.at_us) / 1e6:.0f} s ago; it does not run or stands still"
        )
    return cli.NEEDS_A_PERSON if said.troubles else 0


def lines_of(said: HubHealth, now_us: int) -> list[str]:
    """A health file as lines for a person."""
    up_s = max(0, said.at_us - said.started_at_us) / 1e6
    state = "ready" if said.ready else "starting or stopped"
    found = [
        f"hub {said.software}, process {said.pid}: {state}, up {up_s:.0f} s, {'taking' if said.taking else 'NOT taking'} reports",
        f"journal: position {said.position}, {said.journal_bytes} bytes; engine at {said.applied}, database at {said.stored}",
        f"since the start: {said.reports} reports with {said.observations} tag observations, {said.refused} messages refused",
        f"doubles: {said.doubled}; held back: {said.held_back}; waiting: {said.waiting}; dropped: {said.dropped}; unsent: {said.unsent}; unmatched: {said.unmatched}",
        f"memory: {said.memory_bytes} bytes; raw log: {said.raw_log_bytes} bytes, {said.raw_log_skipped} files skipped",
    ]
    found += [
        f"trouble for {max(0, now_us - one.since_us) / 1e6:.0f} s: {one.what}: {one.text}"
        for one in said.troubles
    ]
    return found


@hub.command("repair")
@config_option
def repair_command(config_path: Path) -> int:
    """Cut damage out of the journal, and say what is lost. The damaged files stay beside, with the suffix .damaged."""
    from hub.repair import repair  # noqa: PLC0415 (as above)
    from hub.start import only_one  # noqa: PLC0415 (as above)

    files = read_hub(config_path)
    if not files.journal_dir.is_dir():
        raise InputError(f"{files.journal_dir}: there is no journal")
    with only_one(files.state_dir):
        said = repair(files.journal_dir)
    for line in said or ["the journal is sound; nothing was changed"]:
        click.echo(line)
    return cli.NEEDS_A_PERSON if said else 0


@hub.command("compact", hidden=True)
@config_option
@click.argument("names", nargs=-1)
def compact_command(config_path: Path, names: tuple[str, ...]) -> int:
    """Bring closed journal files into the raw log; run by the hub itself. Prints the bytes of the raw log."""
    from hub import rawlog  # noqa: PLC0415 (as above)
    from hub.journal import list_segments  # noqa: PLC0415 (as above)
    from hub.start import load_sites  # noqa: PLC0415 (as above)

    os.nice(10)
    files = read_hub(config_path)
    references = {
        site: {
            epc
            for version in history.versions
            for antenna in version.antennas
            for epc in antenna.reference_tags
        }
        for site, history in load_sites(files).items()
    }
    known = rawlog.known_tags(files, references)
    for segment in list_segments(files.journal_dir):
        if segment.path.name in names:
            rawlog.compact(files, segment, known)
    click.echo(rawlog.retain(files, time.time_ns() // 1000))
    return 0


hub.add_command(calibrate_command)
hub.add_command(rerun_command)
hub.add_command(explain_command)
hub.add_command(promises_command)
