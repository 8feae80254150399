"""``shelfwire sweep …``: start a sweep, list sweeps, read a report. Only hands in acts and reads the store."""

from __future__ import annotations

import asyncio
import csv
import io
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
import msgspec

from hub.asking import config_option, library, site_of, site_option
from hub.config import HubFiles, read_hub
from hub.events import ActAsked
from hub.store.acts import act_answer, insert_act
from hub.views import SweepRowView, SweepView
from shelfwire import cli, topics
from shelfwire.errors import AwayError, InputError
from shelfwire.link import BrokerConfig, Link
from shelfwire.options import Number

WAKE_S: Final = 3.0
"""The hub looks for acts by itself every other second; the wake message only saves that."""
COLUMNS: Final = ("outcome", "barcode", "title", "call_number", "home", "heard", "confidence")
_SIGNS_OF_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")

wait_option = click.option(
    "--wait",
    "wait_s",
    type=Number(0, 600),
    default=10.0,
    show_default=True,
    help="Seconds to wait for the hub's answer.",
)


@click.group()
def sweep() -> None:
    """Planned passes over an area, each with a report."""


@sweep.command("start")
@config_option
@site_option
@click.option("--scope", required=True, help="'all', or the id of a floor, range, face, bay or shelf.")
@wait_option
def start_command(config_path: Path, site_id: str | None, scope: str, wait_s: float) -> int:
    """Ask the hub for a sweep. Exit code 1: the hub refused it, in words; 3: it has not answered yet (it will still start)."""
    files = read_hub(config_path)
    return _ask(files, site_of(files, site_id).now.id, "sweep.start", scope, {"scope": scope}, wait_s)


@sweep.command("cancel")
@config_option
@site_option
@click.argument("sweep_id")
@wait_option
def cancel_command(config_path: Path, site_id: str | None, sweep_id: str, wait_s: float) -> int:
    """Ask the hub to end a sweep now; the readers go back to their usual cycle. Exit codes as of `start`."""
    files = read_hub(config_path)
    return _ask(files, site_of(files, site_id).now.id, "sweep.cancel", sweep_id, {}, wait_s)


@sweep.command("list")
@config_option
@site_option
@click.option("--limit", type=click.IntRange(1, 1_000), default=20, show_default=True)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def list_command(config_path: Path, site_id: str | None, limit: int, form: str) -> int:
    """The youngest sweeps."""
    with library(read_hub(config_path), site_id) as (_, reader):
        found = reader.sweeps(limit)
    if form == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
        return 0
    for one in found:
        click.echo(
            f"{one.id}  {_clock(one.started_at_us)}  {one.state:9}  {one.scope}  {len(one.covered)}/{len(one.shelves)} shelves  "
            f"{one.found_in_place + one.found_elsewhere}/{one.expected} found  {one.missing} missing"
        )
    if not found:
        click.echo("no sweep yet")
    return 0


@sweep.command("report")
@config_option
@site_option
@click.argument("sweep_id")
@click.option(
    "--format", "form", type=click.Choice(["text", "csv", "json"]), default="text", show_default=True
)
def report_command(config_path: Path, site_id: str | None, sweep_id: str, form: str) -> int:
    """The report of one sweep, to standard output."""
    with library(read_hub(config_path), site_id) as (_, reader):
        found = reader.sweep(sweep_id)
        if found is None:
            raise InputError(f"{sweep_id}: there is no such sweep; `shelfwire sweep list` names them")
        rows = reader.sweep_rows(sweep_id)
    click.echo({"text": as_text, "csv": as_csv, "json": as_json}[form](found, rows), nl=False)
    return 0


def as_text(found: SweepView, rows: Sequence[SweepRowView]) -> str:
    """For a person: the counts, then what needs one."""
    ended = _clock(found.ended_at_us) if found.ended_at_us else "not ended"
    lines = [
        f"Sweep {found.id} of {found.scope}: {found.state}",
        f"  {_clock(found.started_at_us)} to {ended}, asked by {found.asked_by}",
        f"  shelves covered   {len(found.covered)} of {len(found.shelves)}",
        f"  expected          {found.expected}",
        f"  found in place    {found.found_in_place}",
        f"  found elsewhere   {found.found_elsewhere}",
        f"  missing           {found.missing}",
        f"  unexpected        {found.unexpected}",
        f"  unknown           {found.unknown}",
        f"  not covered       {found.not_covered}",
    ]
    if found.detail:
        lines.append(f"  {found.detail}")
    for row in rows:
        if row.outcome != "found_in_place":
            place = row.heard or row.home or ""
            lines.append(
                f"{row.outcome:16}  {row.barcode or '':16}  {row.call_number or '':24}  {place:18}  {row.title or ''}"
            )
    return "\n".join(lines) + "\n"


def as_csv(found: SweepView, rows: Sequence[SweepRowView]) -> str:  # noqa: ARG001 (one signature for all forms)
    """One line a row; cells that a spreadsheet would take for a formula are quoted with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_cell(getattr(row, name)) for name in COLUMNS] for row in rows)
    return out.getvalue()


def as_json(found: SweepView, rows: Sequence[SweepRowView]) -> str:
    """The sweep with its rows."""
    data = msgspec.to_builtins(found) | {"rows": msgspec.to_builtins(rows)}
    return msgspec.json.format(msgspec.json.encode(data)).decode() + "\n"


def wake(files: HubFiles, site: str) -> None:
    """Tell the hub that there is an act; if the broker is away, the hub finds it by itself."""

    async def publish(config: BrokerConfig) -> None:
        async def ignore(_message: object) -> None:
            return

        link = Link(
            config,
            client_id=f"shelfwire-cli-{secrets.token_hex(4)}",
            filters=[],
            on_message=ignore,
            base=files.base,
        )
        task = asyncio.create_task(link.run())
        try:
            async with asyncio.timeout(WAKE_S):
                await link.connected.wait()
                await link.publish(topics.wake(site), b"")
        except TimeoutError:
            pass
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(publish(files.config.broker))


def _ask(  # noqa: PLR0917 (all of them make one act)
    files: HubFiles, site: str, kind: str, subject: str, body: dict[str, str], wait_s: float
) -> int:
    """Hand in an act and say the hub's answer; returns the exit code. Raises `AwayError` without an answer in time."""
    act = ActAsked(secrets.token_hex(10), "command_line", time.time_ns() // 1000, kind, subject, body)
    insert_act(files.database_url, site, act)
    wake(files, site)
    end = time.monotonic() + wait_s
    while True:
        answer = act_answer(files.database_url, site, act.id)
        if answer is not None:
            click.echo(answer.detail or ("done" if answer.ok else "refused"))
            return 0 if answer.ok else cli.NEEDS_A_PERSON
        if time.monotonic() >= end:
            raise AwayError(
                "the hub has not answered; does it run (`shelfwire hub status`)? It will when it looks for acts again"
            )
        time.sleep(0.1)


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_SIGNS_OF_FORMULAS):
        return f"'{value}"
    return "" if value is None else value


def _clock(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1e6, UTC).strftime("%Y-%m-%d %H:%M UTC")
