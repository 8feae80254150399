"""``shelfwire labels``: check a table of shelf labels, bring it in, show what holds, learn borders from where books stand."""

from __future__ import annotations

import csv
import json
import logging
import secrets
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, get_args

import click
import msgspec

from hub.asking import config_option, library, site_option
from hub.catalog.connect import ROLE, hub_says, wait_for_answer, wake
from hub.catalog.labels.check import Examined
from hub.catalog.labels.file import HEADER, as_csv, decode, read_labels
from hub.catalog.labels.learning import GOOD_AGREEMENT, Proposal
from hub.catalog.labels.work import learned_table, look, proposed, whole_rows
from hub.catalog.model import RowFault
from hub.config import HubFiles, read_hub
from hub.events import ActAsked
from hub.store.acts import ActAnswer, insert_act
from hub.store.labels import LabelKind, stage_labels
from hub.store.read import StoreReader
from shelfwire.callnumbers.labels import Row
from shelfwire.cli import AWAY, NEEDS_A_PERSON
from shelfwire.errors import InputError
from shelfwire.options import Number
from shelfwire.site.model import Site

SHOWN: Final = 20
ACT: Final = "catalog.labels"
FILE: Final = click.Path(path_type=Path, dir_okay=False)
_JSON: Final = click.option("--json", "as_json", is_flag=True, help="For programs.")
_WAIT: Final = click.option(
    "--wait", "wait_s", type=Number(0, 36_000), default=120.0, show_default=True, help="Seconds to wait for the hub."
)  # fmt: skip


class _At(msgspec.Struct, frozen=True):
    """What every command works with."""

    files: HubFiles
    site: Site
    reader: StoreReader


@click.group()
def labels() -> None:
    """Shelf labels: where each board starts, and so where each book has its home."""


@labels.command()
@click.argument("file", type=FILE)
@config_option
@site_option
@_JSON
def check(file: Path, config_path: Path, site_id: str | None, *, as_json: bool) -> int:
    """Say what is wrong with FILE (CSV: shelf,start,end,scheme) and which homes it would change. Nothing changes."""
    with _at(config_path, site_id) as at:
        rows, faults = _read(at, file)
        found = look(at.reader, at.site, "label", rows)
    _tell(file.name, found, faults, as_json=as_json)
    return NEEDS_A_PERSON if found.faults or faults else 0


@labels.command("import")
@click.argument("file", type=FILE)
@config_option
@site_option
@_WAIT
@click.option(
    "--accept-faults", is_flag=True, help="Let it hold also with faults, and where items lose their home."
)
@_JSON
def import_command(
    file: Path, config_path: Path, site_id: str | None, wait_s: float, *, accept_faults: bool, as_json: bool
) -> int:
    """Let FILE take the place of the whole table of labels in force. `labels check` says before what would change.

    A table with faults, or by which items lose their home, is only put aside, for somebody to approve it on the map's page
    Labels; exit code 1. Exit code 3: the hub has not answered.
    """
    with _at(config_path, site_id) as at:
        rows, faults = _read(at, file)
        found = look(at.reader, at.site, "label", rows)
        labels_id = _put_aside(at, rows, "label", file.name, faults)
        held = "" if accept_faults else _doubts(found, faults)
        answer = None if held else _hand_in(at, labels_id, wait_s)
    _tell(file.name, found, faults, as_json=as_json, answer=answer, held=held)
    if held:
        click.echo(
            f"Nothing was changed: {held}. The table is put aside as {labels_id}: approve it on the map's page Labels, or throw it "
            "away there and import it again, mended or with --accept-faults.",
            err=True,
        )
        return NEEDS_A_PERSON
    return _tell_answer(answer, at.files.health_file)


def _doubts(found: Examined, faults: Sequence[RowFault]) -> str:
    """Why a person must approve the table first; empty: nobody must."""
    wrong, lost = len(found.faults) + len(faults), found.difference.lost
    return " and ".join(
        said
        for said in (
            f"it has {wrong} {'faults' if wrong > 1 else 'fault'}" if wrong else "",
            f"{lost} {'items' if lost > 1 else 'item'} would lose {'their' if lost > 1 else 'its'} home"
            if lost
            else "",
        )
        if said
    )


@labels.command()
@config_option
@site_option
@click.option("--kind", type=click.Choice(get_args(LabelKind)), default="label", show_default=True)
def show(config_path: Path, site_id: str | None, kind: LabelKind) -> int:
    """The table in force as CSV, each row with its fault. Leaves with 1 when a row has one, or when there is no table."""
    with _at(config_path, site_id) as at:
        held = next(
            (one for one in at.reader.label_sets() if one.kind == kind and one.state == "applied"), None
        )
        rows = [] if held is None else at.reader.label_rows(held.labels_id)
    if held is None:
        click.echo(f"{at.site.id}: no table of this kind is in force", err=True)
        return NEEDS_A_PERSON
    _write(HEADER, as_csv(rows))
    return NEEDS_A_PERSON if any(fault for _, fault in rows) else 0


@labels.command()
@config_option
@site_option
@click.option(
    "--min-agreement", type=Number(0, 1), default=GOOD_AGREEMENT, show_default=True,
    help="Share of a board's books that must fit.",
)  # fmt: skip
@click.option(
    "--approve", is_flag=True, help="Let the proposed borders hold; without it they are only shown."
)
@_WAIT
def learn(
    config_path: Path, site_id: str | None, min_agreement: float, wait_s: float, *, approve: bool
) -> int:
    """Propose where each board starts from where its books stand, as CSV; on standard error what it would change."""
    with _at(config_path, site_id) as at:
        learning = proposed(at.reader, at.site)
        every = learning.proposals
        chosen = [one for one in every if one.agreement >= min_agreement]
        rows = learned_table(at.reader, at.site, learning, chosen)
        found = look(at.reader, at.site, "learned", rows)
        why_not = _nothing_to_approve(at, rows, chosen)
        answer = None
        if approve and not why_not:
            answer = _hand_in(at, _put_aside(at, rows, "learned", "learned"), wait_s)
    _write(("shelf", "start", "scheme", "agreeing", "heard", "agreement", "now"), map(_cells, chosen))
    click.echo(
        f"{len(chosen)} borders, {len(every) - len(chosen)} more agree less than {min_agreement:.0%}; "
        f"{found.difference.changed} of {found.difference.items} homes would change",
        err=True,
    )
    if approve and why_not:
        click.echo(f"Nothing to approve: {why_not}.", err=True)
        return 0 if chosen else NEEDS_A_PERSON
    return _tell_answer(answer, at.files.health_file) if approve else 0


def _nothing_to_approve(at: _At, rows: Sequence[Row], chosen: Sequence[Proposal]) -> str:
    """Why there is nothing to hand in; empty: there is."""
    if not chosen:
        return "no border agrees so well"

    def told(table: Sequence[Row]) -> list[tuple[str, str, str, str]]:
        return [(row.shelf, row.start, row.end, row.scheme) for row in table]

    return "they hold already" if told(rows) == told(at.reader.labels_in_force("learned")) else ""


@contextmanager
def _at(config_path: Path, site_id: str | None) -> Iterator[_At]:
    files = read_hub(config_path)
    with library(files, site_id) as (history, reader):
        yield _At(files, history.now, reader)


def _read(at: _At, file: Path) -> tuple[list[Row], list[RowFault]]:
    try:
        data = file.read_bytes()
    except OSError as fault:
        raise InputError(f"{file}: cannot be read: {fault.strerror}") from fault
    rows, faults = read_labels(decode(data, file.name), file.name)
    return whole_rows(at.reader, at.site, rows), faults


def _put_aside(
    at: _At, rows: Sequence[Row], kind: LabelKind, source: str, faults: Iterable[RowFault] = ()
) -> str:
    """Stage the table for whoever approves it; its id."""
    labels_id = f"labels-{secrets.token_hex(8)}"
    stage_labels(at.files.database_url, at.site.id, labels_id, rows, kind, source, faults)
    return labels_id


def _hand_in(at: _At, labels_id: str, wait_s: float) -> ActAnswer | None:
    """Ask the hub to let a table hold that was put aside; its answer, None: not within `wait_s`."""
    database = at.files.database_url
    asked_at_us = time.time_ns() // 1000
    act = ActAsked(
        id=labels_id, role=ROLE, asked_at_us=asked_at_us, kind=ACT, subject=labels_id, body={"labels_id": labels_id}
    )  # fmt: skip
    insert_act(database, at.site.id, act)
    link = logging.getLogger("shelfwire.link")
    before = link.level
    link.setLevel(logging.ERROR)  # a broker that is away is no trouble here: the hub finds the act by itself
    try:
        wake(at.files.config.broker, at.files.base, at.site.id)
    finally:
        link.setLevel(before)
    return wait_for_answer(database, at.site.id, labels_id, wait_s)


def _tell(
    name: str,
    found: Examined,
    faults: list[RowFault],
    *,
    as_json: bool,
    answer: ActAnswer | None = None,
    held: str = "",
) -> None:
    if as_json:
        data: dict[str, Any] = msgspec.to_builtins(found.difference)
        told = [msgspec.to_builtins(fault) for fault in faults] + [
            {"where": f"line {fault.line}: shelf {fault.shelf}", "what": fault.what, "taken": True}
            for fault in found.faults
        ]
        data |= {
            "rows": found.rows,
            "left_out": found.left_out,
            "changed": found.difference.changed,
            "faults": told,
        }
        data |= {"applied": None if answer is None else answer.ok, "detail": answer.detail if answer else ""}
        data["held"] = held
        click.echo(json.dumps(data, ensure_ascii=False))
        return
    to = found.difference
    click.echo(
        f"{name}: {found.rows} boards; of {to.items} items {to.other} get another home, {to.gained} a first one, "
        f"{to.lost} lose theirs, {to.same} keep it, {to.without} have none and get none, {to.listed} have theirs from a list; "
        f"the call numbers of {to.unread} cannot be read"
    )
    if found.left_out:
        click.echo(
            f"  {found.left_out} boards between the first and the last are not in the table, and the board before each takes "
            f"its books in: {', '.join(found.left_out_first)}{' …' if found.left_out > len(found.left_out_first) else ''}"
        )
    lines = [f"{fault.where}: {fault.what}" for fault in faults] + [str(fault) for fault in found.faults]
    for line in lines[:SHOWN]:
        click.echo(f"  {line}")
    if len(lines) > SHOWN:
        click.echo(f"  … {len(lines) - SHOWN} more; all of them with --json")


def _tell_answer(answer: ActAnswer | None, health_file: Path) -> int:
    """Say what the hub said, or how it is when it says nothing; the exit code."""
    if answer is None:
        click.echo(f"Put aside. The hub has not taken it yet; {hub_says(health_file)[1]}.", err=True)
        return AWAY
    click.echo(answer.detail if answer.ok else f"The hub refused it: {answer.detail}", err=True)
    return 0 if answer.ok else NEEDS_A_PERSON


def _cells(one: Proposal) -> tuple[object, ...]:
    return (
        one.shelf,
        one.start,
        one.scheme.lower(),
        one.agreeing,
        one.heard,
        f"{one.agreement:.2f}",
        one.now,
    )


def _write(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
