"""What an import tells people and programs: progress while it reads, its report file, and the lines at its end."""

from __future__ import annotations

import contextlib
import csv
import secrets
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from hub.catalog.connect import Outcome, Progress, Report
from hub.catalog.csv_file import safe_cell
from hub.catalog.kinds import kind_of, kinds, place_of
from hub.catalog.model import RowFault
from shelfwire.errors import InputError, ShelfwireError

SHOWN: Final = 20
OF_A_KIND: Final = 2
"""Lines that are shown of each kind."""
SAME: Final = "the catalogue is so already"
EVERY_S: Final = 10.0
"""Between two lines of progress where there is no terminal to draw on."""


@contextmanager
def progress_of(path: Path, *, quiet: bool) -> Iterator[Progress]:
    """A bar on a terminal: bytes of the file, rows, rows a second. Elsewhere a line now and then; nothing when `quiet`."""
    total = path.stat().st_size if path.is_file() else 0
    if quiet:
        yield lambda _rows, _bytes: None
    elif sys.stderr.isatty():
        with _bar(path.name, total) as told:
            yield told
    else:
        yield _Lines(total)


class _Lines:
    """A line on standard error every few seconds."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._began = self._told = time.monotonic()

    def __call__(self, rows: int, at_bytes: int) -> None:
        now = time.monotonic()
        if now < self._told + EVERY_S:
            return
        self._told = now
        share = f"{at_bytes / self._total:.0%}, " if self._total else ""
        click.echo(f"{share}{rows} rows read, {rows / (now - self._began):.0f} a second …", err=True)


@contextmanager
def _bar(name: str, total: int) -> Iterator[Progress]:
    from rich.console import Console  # noqa: PLC0415 (only where somebody looks)
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        DownloadColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bar  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rows]}"),
        TimeRemainingColumn(),
    )
    began = time.monotonic()
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=total or None, rows="")

        def told(rows: int, at_bytes: int) -> None:
            a_second = rows / max(time.monotonic() - began, 1e-3)
            bar.update(task, completed=at_bytes, rows=f"{rows:,} rows, {a_second:,.0f} a second")

        yield told


@contextmanager
def report_to(path: Path | None) -> Iterator[Report]:
    """Writes every fault as a row, as it comes; no cell is a formula. Raises `InputError`.

    An older file of this name stays until the reading is over, and for good when that is broken off.
    """
    if path is None:
        yield lambda _fault: None
        return
    try:
        whole = path.resolve()
        aside = whole.with_name(f"{whole.name}.{secrets.token_hex(4)}.part")
        if whole.exists() and not whole.is_file():
            aside = whole  # a pipe or a terminal
        try:
            with aside.open("w", encoding="utf-8-sig", newline="", errors="replace") as file:
                writer = csv.writer(file)
                writer.writerow(["line", "barcode", "what", "taken"])
                told = 0

                def put(fault: RowFault) -> None:
                    nonlocal told
                    told += 1
                    said = (*place_of(fault), fault.what, "yes" if fault.taken else "no")
                    writer.writerow(map(safe_cell, said))

                try:
                    yield put
                except ShelfwireError:
                    if not told:
                        raise
                    file.flush()
                    _put_in_place(aside, whole)
                    raise
            _put_in_place(aside, whole)
        finally:
            if aside != whole:
                aside.unlink(missing_ok=True)
    except OSError as fault:
        raise InputError(f"{path}: cannot be written: {fault.strerror}") from fault


def _put_in_place(aside: Path, whole: Path) -> None:
    if aside != whole:
        aside.replace(whole)


def as_data(outcome: Outcome, kind: str, site: str) -> dict[str, Any]:
    """The outcome for programs."""
    answer = outcome.answer
    return {
        "site": site,
        "format": kind,
        "import_id": outcome.import_id,
        "counts": msgspec.to_builtins(outcome.counts),
        "complete": outcome.complete,
        "change": msgspec.to_builtins(outcome.change),
        "held": outcome.held,
        "applied": True if outcome.same else None if answer is None else answer.ok,
        "detail": SAME if outcome.same else outcome.hub if answer is None else answer.detail,
        "faults": [_as_row(fault) for fault in outcome.faults],
        "unlisted": outcome.unlisted,
    }


def _as_row(fault: RowFault) -> dict[str, Any]:
    return {"where": fault.where, "what": fault.what, "taken": fault.taken}


def show(outcome: Outcome, site: str, file: Path, report: Path | None, *, dry_run: bool) -> None:
    """The outcome for people."""
    counts = outcome.counts
    click.echo(
        f"{file}: {counts.rows} rows, {counts.items} items taken, {counts.not_taken} not taken, "
        f"{counts.with_home} with a home, {counts.without_key} without a readable call number, {counts.tags} tags"
    )
    for note in counts.notes:
        click.echo(f"  {note}")
    if counts.statuses:
        click.echo(
            "  " + ", ".join(f"{number} {status}" for status, number in sorted(counts.statuses.items()))
        )
    _show_faults(outcome, report)
    _show_change(outcome)
    _show_end(outcome, site, dry_run=dry_run)


def _show_faults(outcome: Outcome, report: Path | None) -> None:
    """First how many there are of each kind, then the first ones of each."""
    faults = sorted(outcome.faults, key=lambda one: one.taken)  # what was not taken comes first
    found = kinds(faults)
    if len(found) < len(faults):
        for number, what, taken in found[:SHOWN]:
            click.echo(f"  {number} × {'taken' if taken else 'NOT taken'}: {what}")
        if len(found) > SHOWN:
            click.echo(f"  … and {len(found) - SHOWN} kinds more")
        click.echo("For example")
    told: Counter[str] = Counter()
    for fault in faults:
        kind = kind_of(fault.what)
        if told[kind] < OF_A_KIND and told.total() < SHOWN:
            told[kind] += 1
            click.echo(f"  {'taken' if fault.taken else 'NOT taken'}: {fault.where}: {fault.what}")
    if outcome.counts.faults > told.total():
        where = f"in {report}" if report else "with --report FILE"
        click.echo(f"  … {outcome.counts.faults - told.total()} more; all of them {where}")


def _show_change(outcome: Outcome) -> None:
    change = outcome.change
    if change is None:
        return
    lacks = (
        "dropped, as the file is complete" if outcome.complete else "not in the file, and left as they are"
    )
    click.echo(
        f"Against the {change.known} items of the catalogue (without those dropped before): {change.added} added, {change.changed} changed, "
        f"{change.same} as they were, {change.absent} {lacks}"
    )
    if change.absent and outcome.complete:  # what is left as it is is no news
        more = " …" if change.absent > len(change.examples) else ""
        click.echo(f"  not in the file: {', '.join(change.examples)}{more}")


def _show_end(outcome: Outcome, site: str, *, dry_run: bool) -> None:
    if outcome.held:
        share = 0.0 if outcome.change is None else outcome.change.share
        percent = _rounded_up(share * 100)
        click.echo(
            f"Nothing was changed: {outcome.held}. If that is right, import it again with --drop-share {percent}"
            + ("" if dry_run else f", or approve {outcome.import_id} on the page Catalogue")
            + "; without --complete nothing is dropped."
        )
    elif dry_run:
        click.echo("Nothing was changed (--dry-run).")
    elif outcome.same:
        click.echo(f"{SAME[0].upper()}{SAME[1:]}; the hub was not asked.")
    elif outcome.answer is None:
        click.echo(f"Put aside as {outcome.import_id}. The hub has not taken it yet; {outcome.hub}")
    elif outcome.answer.ok:
        click.echo(f"The hub of {site} has taken it. {outcome.answer.detail}".rstrip())
    else:
        click.echo(f"The hub of {site} refused it: {outcome.answer.detail}")


def _rounded_up(percent: float) -> str:
    """With one decimal, never less than `percent`."""
    return f"{min(100.0, int(percent * 10 + 1) / 10):g}"


def writable(path: Path, *read: Path | None) -> None:
    """Raises `InputError` before the work, not after it, also for one of the files that are `read`.

    Leaves no file behind that was not there.
    """
    for one in read:
        if one is not None and path.exists() and one.exists() and path.samefile(one):
            raise InputError(f"{path}: is read by this very command; give the report a name of its own")
    was_there = path.exists()
    try:
        with path.open("a"):
            pass
    except OSError as fault:
        raise InputError(f"{path}: cannot be written: {fault.strerror}") from fault
    if not was_there:
        with contextlib.suppress(OSError):
            path.unlink()
