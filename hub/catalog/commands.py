"""``shelfwire catalog``: bring a catalogue in, and say what was wrong with it."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from hub.asking import config_option, has_run, site_of, site_option
from hub.catalog.connect import (
    Outcome,
    Progress,
    Report,
    Source,
    compare,
    connector,
    hand_over,
    hub_says,
    wait_for_answer,
    wake,
)
from hub.catalog.csv_file import FIELDS
from hub.catalog.follow.commands import check_command, run_command, sync_command
from hub.catalog.model import STATUSES
from hub.catalog.standing import Standing, standing
from hub.catalog.telling import as_data, progress_of, report_to, show, writable
from hub.config import HubFiles, read_hub
from shelfwire import config
from shelfwire.cli import AWAY, NEEDS_A_PERSON
from shelfwire.errors import InputError
from shelfwire.options import Number
from shelfwire.site.model import Site

WAIT_S: Final = 60.0
ROWS_A_SECOND: Final = 2_000
"""The slowest hub that we know takes more; so long the command waits for a large import before it leaves the hub alone with it."""

FILE: Final = click.Path(path_type=Path, dir_okay=False)


@click.group()
def catalog() -> None:
    """The catalogue: which items the library has, and where they belong."""


@catalog.command("import")
@click.argument("file", type=FILE)
@config_option
@click.option("--format", "kind", help="csv, marc, or a connector of your own; default: by the file's name.")
@click.option(
    "--mapping",
    type=FILE,
    help="YAML: columns or fields, encoding, statuses … (docs/catalogs/csv.md, marc.md).",
)
@site_option
@click.option("--report", type=FILE, help="Write every fault to this CSV file.")
@click.option(
    "--complete", is_flag=True, help="FILE has all items of the library: those that it lacks are dropped."
)
@click.option(
    "--drop-share",
    "drop_percent",
    type=Number(0, 100),
    metavar="PERCENT",
    help="With --complete: how much of the catalogue may be dropped; above it nothing is changed. [default: 5, but at most 500 items]",
)
@click.option(
    "--wait",
    "wait_s",
    type=Number(0, 36_000),
    help="Seconds to wait for the hub. [default: 60, and 1 for each 2,000 rows to apply]",
)
@click.option("--dry-run", is_flag=True, help="Read, compare and report; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def import_command(file: Path, config_path: Path, **options: Any) -> int:
    """Import FILE: new items are added, known ones changed; those that it lacks stay as they are, unless --complete."""
    files = read_hub(config_path)
    site = site_of(files, options["site_id"]).now
    kind, read = connector(options["kind"], file)
    mapping = _mapping(options["mapping"])
    percent: float | None = options["drop_percent"]
    if percent is not None and not options["complete"]:
        raise InputError("--drop-share: only with --complete are items dropped at all")
    report: Path | None = options["report"]
    if report is not None:
        writable(report, file, options["mapping"], config_path)
    source = Source(
        name=file.name,
        kind=kind,
        rows=read(file, mapping),
        complete=options["complete"],
        drop_share=None if percent is None else percent / 100,
    )
    as_json: bool = options["as_json"]
    dry_run: bool = options["dry_run"]
    with report_to(report) as told, progress_of(file, quiet=as_json) as progress:
        if dry_run:
            outcome = compare(_database_if_there(files), site, source, progress, told)
        else:
            outcome = _hand_over(files, site, source, progress, told)
    if not (dry_run or outcome.held or outcome.same):
        _ask(files, site, outcome, options["wait_s"])
    if as_json:
        click.echo(json.dumps(as_data(outcome, kind, site.id), ensure_ascii=False))
    else:
        show(outcome, site.id, file, report, dry_run=dry_run)
    if outcome.hub_away:
        return AWAY
    applied = dry_run or outcome.same or (outcome.answer is not None and outcome.answer.ok)
    return 0 if applied and not outcome.held else NEEDS_A_PERSON


@catalog.command()
@config_option
@site_option
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(config_path: Path, site_id: str | None, *, as_json: bool) -> int:
    """What came in last, what waits for a person, and how the followed systems are."""
    files = read_hub(config_path)
    site = site_of(files, site_id).now
    has_run(files)
    found = standing(files.database_url, site.id)
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(found), ensure_ascii=False))
    else:
        for line in found.lines():
            click.echo(line)
    return NEEDS_A_PERSON if _needs_a_person(found) else 0


@catalog.command("export-template")
@click.option("--out", type=FILE, help="Default: standard output.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def export_template(out: Path | None, *, force: bool) -> None:
    """An empty catalogue as CSV, with the columns that are read, to fill from any system."""
    text = ",".join(FIELDS) + "\n"
    if out is None:
        click.echo(text, nl=False)
    else:
        if out.exists() and not force:
            raise InputError(f"{out}: is there already; take another name, or --force to write over it")
        writable(out)
        out.write_text(text, encoding="utf-8-sig")
        click.echo(
            f"{out}: fill one row an item. status is one of {', '.join(STATUSES)}; only barcode is needed."
        )


def _hand_over(files: HubFiles, site: Site, source: Source, progress: Progress, told: Report) -> Outcome:
    has_run(files)
    room = files.config.journal.min_free_bytes
    return hand_over(files.database_url, site, source, progress, told, room)


def _ask(files: HubFiles, site: Site, outcome: Outcome, wait_s: float | None) -> None:
    """Wake the hub and wait for its answer."""
    with _quiet_link():
        wake(files.config.broker, files.base, site.id)
    change = outcome.change
    rows = 0 if change is None else change.added + change.changed + (change.absent if outcome.complete else 0)
    seconds = WAIT_S + rows / ROWS_A_SECOND if wait_s is None else wait_s
    outcome.answer = wait_for_answer(files.database_url, site.id, outcome.import_id, seconds)
    if outcome.answer is None:
        runs, outcome.hub = hub_says(files.health_file)
        outcome.hub_away = not runs


@contextlib.contextmanager
def _quiet_link() -> Iterator[None]:
    """A broker that is away is no trouble here, and only here."""
    link = logging.getLogger("shelfwire.link")
    before = link.level
    link.setLevel(logging.ERROR)
    try:
        yield
    finally:
        link.setLevel(before)


def _needs_a_person(found: Standing) -> bool:
    return any(one.waits for one in found.imports[:1]) or any(one.state == "wrong" for one in found.sources)


def _database_if_there(files: HubFiles) -> str | None:
    """None before the hub ever ran: then there is no catalogue to compare with."""
    if files.config.database is None and not (files.state_dir / "hub.db").is_file():
        return None
    return files.database_url


def _mapping(path: Path | None) -> dict[str, Any]:
    data = {} if path is None else config.read_data(path)
    if not isinstance(data, dict):
        raise InputError(f"{path}: is no mapping; it has keys such as `columns:` and `statuses:`")
    return data


for _command in (run_command, check_command, sync_command):
    catalog.add_command(_command)
