"""``shelfwire catalog``: bring a catalogue in, and say what was wrong with it."""

from __future__ import annotations

import contextlib
import csv
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from hub.catalog.connect import Outcome, connector, hand_over, read_catalogue, wait_for_answer, wake
from hub.catalog.csv_file import FIELDS, safe_cell
from hub.catalog.merge import Counts
from hub.catalog.model import STATUSES, RowFault
from hub.config import HubFiles, read_hub
from shelfwire import config
from shelfwire.cli import NEEDS_A_PERSON
from shelfwire.errors import AwayError, InputError
from shelfwire.site.load import load_site
from shelfwire.site.model import Site

SHOWN: Final = 20
EVERY_ROWS: Final = 20_000

FILE: Final = click.Path(path_type=Path, dir_okay=False)


@click.group()
def catalog() -> None:
    """The catalogue: which items the library has, and where they belong."""


@catalog.command("import")
@click.argument("file", type=FILE)
@click.option("--config", "config_path", type=FILE, required=True, help="The hub's configuration, hub.yaml.")
@click.option("--format", "kind", help="csv, marc, or a connector of your own; default: by the file's name.")
@click.option(
    "--mapping", type=FILE, help="YAML: columns, encoding, delimiter, statuses (docs/catalogue.md)."
)
@click.option("--site", "site_id", help="Needed when the hub serves several.")
@click.option("--report", type=FILE, help="Write every fault to this CSV file.")
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(0, 3_600),
    default=60.0,
    show_default=True,
    help="Seconds to wait for the hub.",
)
@click.option("--dry-run", is_flag=True, help="Read and report; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def import_command(file: Path, config_path: Path, **options: Any) -> int:
    """Import FILE: new items are added, known ones changed; those that it lacks stay as they are."""
    files = read_hub(config_path)
    site = _site(files, options["site_id"])
    kind, read = connector(options["kind"], file)
    mapping = _mapping(options["mapping"])
    report: Path | None = options["report"]
    if report is not None:
        _writable(report)
    rows = read(file, mapping)
    as_json: bool = options["as_json"]
    progress = _Progress(quiet=as_json)
    if options["dry_run"]:
        outcome = Outcome(import_id="", counts=Counts(), faults=[])
        for _ in read_catalogue(rows, site, outcome, progress):
            pass
    else:
        _has_run(files)
        outcome = hand_over(files.database_url, site, rows, file.name, progress)
        with _quiet_link():
            wake(files.config.broker, files.base, site.id)
        outcome.answer = wait_for_answer(files.database_url, site.id, outcome.import_id, options["wait_s"])
    if report is not None:
        write_report(report, outcome.faults)
    if as_json:
        click.echo(json.dumps(as_data(outcome, kind, site.id), ensure_ascii=False))
    else:
        _show(outcome, site.id, file, report, dry_run=options["dry_run"])
    done = options["dry_run"] or (outcome.answer is not None and outcome.answer.ok)
    return 0 if done else NEEDS_A_PERSON


@catalog.command("export-template")
@click.option("--out", type=FILE, help="Default: standard output.")
def export_template(out: Path | None) -> None:
    """An empty catalogue as CSV, with the columns that are read, to fill from any system."""
    text = ",".join(FIELDS) + "\n"
    if out is None:
        click.echo(text, nl=False)
    else:
        _writable(out)
        out.write_text(text, encoding="utf-8-sig")
        click.echo(
            f"{out}: fill one row an item. status is one of {', '.join(STATUSES)}; only barcode is needed."
        )


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


class _Progress:
    """A line on standard error now and then; nothing when a program reads."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._next = EVERY_ROWS

    def __call__(self, rows: int) -> None:
        if rows >= self._next:
            self._next = rows + EVERY_ROWS
            if not self._quiet:
                click.echo(f"{rows} rows read …", err=True)


def _site(files: HubFiles, wanted: str | None) -> Site:
    """The newest version of the site that the import is for. Raises `InputError`."""
    sites = {history.now.id: history.now for history in map(load_site, files.site_files)}
    if wanted is None and len(sites) == 1:
        return next(iter(sites.values()))
    if wanted not in sites:
        said = f"--site {wanted}: unknown" if wanted else "--site is missing"
        raise InputError(f"{files.path}: {said}; the hub serves {', '.join(sites)}")
    return sites[wanted]


def _has_run(files: HubFiles) -> None:
    """Raises `AwayError` before the hub has made its folder and database."""
    if files.config.database is None and not files.state_dir.is_dir():
        raise AwayError(
            f"{files.state_dir}: is not there yet; start the hub first (shelfwire hub run --config {files.path})"
        )


def _mapping(path: Path | None) -> dict[str, Any]:
    data = {} if path is None else config.read_data(path)
    if not isinstance(data, dict):
        raise InputError(f"{path}: is no mapping; it has keys such as `columns:` and `statuses:`")
    return data


def _writable(path: Path) -> None:
    """Raises `InputError` now rather than after a long import."""
    try:
        path.open("a", encoding="utf-8").close()
    except OSError as fault:
        raise InputError(f"{path}: cannot be written: {fault.strerror}") from fault


def write_report(path: Path, faults: list[RowFault]) -> None:
    """Every fault as a row; no cell is a formula. Raises `InputError`."""
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["where", "what", "taken"])
            writer.writerows(
                [safe_cell(fault.where), safe_cell(fault.what), "yes" if fault.taken else "no"]
                for fault in faults
            )
    except OSError as fault:
        raise InputError(f"{path}: cannot be written: {fault.strerror}") from fault


def as_data(outcome: Outcome, kind: str, site: str) -> dict[str, Any]:
    """The outcome for programs."""
    answer = outcome.answer
    return {
        "site": site,
        "format": kind,
        "import_id": outcome.import_id,
        "counts": msgspec.to_builtins(outcome.counts),
        "applied": None if answer is None else answer.ok,
        "detail": "" if answer is None else answer.detail,
        "faults": [msgspec.to_builtins(fault) for fault in outcome.faults],
        "unlisted": outcome.unlisted,
    }


def _show(outcome: Outcome, site: str, file: Path, report: Path | None, *, dry_run: bool) -> None:
    counts = outcome.counts
    click.echo(
        f"{file}: {counts.rows} rows, {counts.items} items taken, {counts.not_taken} not taken, "
        f"{counts.with_home} with a home, {counts.tags} tags"
    )
    for note in counts.notes:
        click.echo(f"  {note}")
    if counts.statuses:
        click.echo(
            "  " + ", ".join(f"{number} {status}" for status, number in sorted(counts.statuses.items()))
        )
    for fault in outcome.faults[:SHOWN]:
        click.echo(f"  {'taken' if fault.taken else 'NOT taken'}: {fault.where}: {fault.what}")
    if counts.faults > SHOWN:
        rest = (
            f"in {report}"
            if report
            else f"with --report FILE, or in the hub's database as {outcome.import_id}"
        )
        rest = "with --report FILE" if dry_run and not report else rest
        click.echo(f"  … {counts.faults - SHOWN} more; all of them {rest}")
    if dry_run:
        click.echo("Nothing was changed (--dry-run).")
    elif outcome.answer is None:
        click.echo(
            f"Put aside as {outcome.import_id}. The hub has not taken it yet; it will as soon as it runs "
            "(shelfwire hub run)."
        )
    elif outcome.answer.ok:
        click.echo(f"The hub of {site} has taken it. {outcome.answer.detail}".rstrip())
    else:
        click.echo(f"The hub of {site} refused it: {outcome.answer.detail}")
