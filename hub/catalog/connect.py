"""Finds the connector for a catalogue file, and hands an import over to the hub: compare, stage, ask, wake, wait.

Connectors are found by the entry-point group ``shelfwire.catalogs``, so that a library can add its own: a function
``read(path, options) -> Iterator[Item | RowFault]``.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import entry_points
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from hub import health
from hub.catalog.filing import filing_of
from hub.catalog.merge import Counts, Merger
from hub.catalog.model import Item, Reached, RowFault, Unsaid
from hub.events import ActAsked
from hub.store.acts import ActAnswer, act_answer, insert_act
from hub.store.difference import DEFAULT_DROP_ITEMS, Difference, default_drop_share, known_digests
from hub.store.imports import NO_ITEM, stage_import
from hub.store.migrate import require_current
from shelfwire import topics
from shelfwire.errors import AwayError, InputError
from shelfwire.link import BrokerConfig, Link, Message
from shelfwire.site.model import Site

GROUP: Final = "shelfwire.catalogs"
ROLE: Final = "command-line"

KEPT_FAULTS: Final = 100_000
"""Lines of a report held in memory and kept in the database, about 40 MB; a report file gets all of them."""

WAKE_S: Final = 1.0
"""How long the broker may take to hear the wake message; without it the hub looks by itself after a second or two."""

EXAMPLES: Final = 10
"""Barcodes shown of what a file lacks, and faults of a file of which nothing can be taken."""

Read = Callable[[Path, dict[str, Any]], Iterator[Item | RowFault | Reached | Unsaid]]
Progress = Callable[[int, int], None]
"""Rows and bytes read so far."""
Report = Callable[[RowFault], None]

_BY_SUFFIX: Final = {
    ".csv": "csv",
    ".tsv": "csv",
    ".mrc": "marc",
    ".marc": "marc",
    ".iso": "marc",
    ".xml": "marc",
}
_UNITS: Final = {"csv": "line", "marc": "record"}


class Change(msgspec.Struct, kw_only=True):
    """What an import would change, or has changed, in the catalogue as it was when the file was read."""

    known: int
    """Items in the catalogue before."""
    added: int
    changed: int
    same: int
    absent: int
    """Of the known ones, how many the file lacks."""
    examples: list[str]
    """The barcodes of the first of these."""

    @property
    def share(self) -> float:
        """Absent items as a share of the known ones, from 0 to 1."""
        return self.absent / self.known if self.known else 0.0


class Outcome(msgspec.Struct, kw_only=True):
    """What an import came to."""

    import_id: str = ""
    counts: Counts = msgspec.field(default_factory=Counts)
    faults: list[RowFault] = []
    unlisted: int = 0
    """Faults beyond `KEPT_FAULTS`; counted only, and in the report file."""
    change: Change | None = None
    """None: there is no catalogue yet to compare with."""
    complete: bool = False
    same: bool = False
    """The catalogue is so already, and the hub was not asked."""
    held: str = ""
    """Why the hub was not asked to apply it; empty: it was."""
    answer: ActAnswer | None = None
    """The hub's answer; None: it has not answered yet, or was not asked."""
    hub: str = ""
    """How the hub is that has not answered, for people."""
    hub_away: bool = False
    """It does not run."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One file to import."""

    name: str
    kind: str
    """Of the connector."""
    rows: Iterable[Item | RowFault | Reached | Unsaid]
    complete: bool = False
    """It has all items of the library, so those that it lacks are dropped."""
    drop_share: float | None = None
    """How much of the catalogue may be dropped, as a person said, from 0 to 1; None: nobody said."""


def connector(name: str | None, path: Path) -> tuple[str, Read]:
    """The connector of that name, or for the file's suffix. Raises `InputError` for one that reads no file, or that nobody registered."""
    known = {entry.name: entry for entry in entry_points(group=GROUP)}
    name = name or _BY_SUFFIX.get(path.suffix.lower())
    if name is None:
        raise InputError(f"{path}: say --format, one of {', '.join(_file_formats())}")
    if name not in known:
        raise InputError(f"--format {name}: no such connector; there are {', '.join(_file_formats())}")
    found: Any = known[name].load()
    if isinstance(found, type):
        raise InputError(
            f"--format {name}: follows a library system and reads no file (`catalogs:` in hub.yaml)"
        )
    read: Read = found
    return name, read


def _file_formats() -> list[str]:
    return sorted(entry.name for entry in entry_points(group=GROUP) if not isinstance(entry.load(), type))


def compare(database: str | None, site: Site, source: Source, progress: Progress, report: Report) -> Outcome:
    """Read the file and say what it would change, without changing anything. Raises `AwayError`, and `InputError` also when no item could be taken."""
    outcome = Outcome(complete=source.complete)
    difference = None if database is None else known_digests(database, site.id)
    for item in _merged(source, site, outcome, difference, progress=progress, report=report):
        if difference is not None and isinstance(item, Item):
            difference.see(item)
    if not outcome.counts.items:
        raise _no_item(source, outcome)
    if difference is not None and database is not None:
        outcome.change = _change(difference, database, site.id)
        outcome.held = _held(outcome, source.drop_share)
    return outcome


def hand_over(  # noqa: PLR0917 (all of them are needed, in the order in which they are said)
    database: str, site: Site, source: Source, progress: Progress, report: Report, min_free_bytes: int = 0
) -> Outcome:
    """Stage what is new or changed and ask the hub to take it, unless it would drop too much (`Outcome.held`).

    `min_free_bytes`: what stays free on the disk for the hub.

    Raises `AwayError`, `FullError`, `InputError`, and whatever stops the reading: then nothing was asked for, and what was
    staged is never taken.
    """
    require_current(database)
    outcome = Outcome(import_id=f"import-{secrets.token_hex(8)}", complete=source.complete)
    difference = known_digests(database, site.id)
    items = _merged(source, site, outcome, difference, progress=progress, report=report)
    staged = stage_import(
        database,
        site.id,
        outcome.import_id,
        items,
        outcome.faults,
        source.name,
        difference=difference,
        complete=source.complete,
        min_free_bytes=min_free_bytes,
    )
    if staged.refused:
        raise _no_item(source, outcome)
    outcome.change = _change(difference, database, site.id)
    outcome.held = _held(outcome, source.drop_share)
    if staged.same:
        outcome.same, outcome.held = True, ""
    elif not outcome.held:
        accepted = source.drop_share if source.complete else None
        insert_act(database, site.id, import_act(outcome.import_id, accepted))
    return outcome


def _no_item(source: Source, outcome: Outcome) -> InputError:
    first = (f"{source.name}: {fault.where}: {fault.what}" for fault in outcome.faults[:EXAMPLES])
    return InputError(*first, f"{source.name}: {NO_ITEM}")


def import_act(import_id: str, accepted_share: float | None = None) -> ActAsked:
    """The act that asks the hub to take a staged import. `accepted_share`: what may be dropped, as a person said."""
    at_us = time.time_ns() // 1000
    body: dict[str, Any] = {"import_id": import_id}
    if accepted_share is not None:
        body["accepted_share"] = accepted_share
    return ActAsked(
        id=import_id, role=ROLE, asked_at_us=at_us, kind="catalog.import", subject=import_id, body=body
    )


def _merged(
    source: Source,
    site: Site,
    outcome: Outcome,
    difference: Difference | None,
    *,
    progress: Progress,
    report: Report,
) -> Iterator[Item | Unsaid]:
    """Items as the rules decide, one by one; faults and counts go to `outcome`, all faults to `report`."""
    merger = merger_of(site, _UNITS.get(source.kind, "row"))
    outcome.counts = merger.counts
    for row in merger.merge(source.rows):
        if isinstance(row, Item):
            yield row
        elif isinstance(row, Unsaid):
            if difference is not None:
                difference.unsaid = row.fields
            yield row
        elif isinstance(row, Reached):
            progress(merger.counts.rows, row.at_bytes)
        elif isinstance(row, RowFault):
            report(row)
            if len(outcome.faults) < KEPT_FAULTS:
                outcome.faults.append(row)
            else:
                outcome.unlisted += 1
            if row.barcode and not row.taken and difference is not None:
                difference.see_gone(
                    row.barcode
                )  # it stands in the source, though not so that it can be taken


def merger_of(site: Site, unit: str) -> Merger:
    """The rules for rows of `site`; `unit` is what a row of the source is called."""
    shelves = {shelf.id: shelf.index for shelf in site.shelves}
    references = (tag.epc for tag in site.reference_tags)
    return Merger(shelves, references, filing=filing_of(site.callnumbers), unit=unit)


def _change(difference: Difference, database: str, site: str) -> Change:
    examples = difference.absent_barcodes(database, site, EXAMPLES) if difference.absent else ()
    return Change(
        known=difference.known,
        added=difference.added,
        changed=difference.changed,
        same=difference.same,
        absent=difference.absent,
        examples=list(islice(examples, EXAMPLES)),
    )


def _held(outcome: Outcome, accepted: float | None) -> str:
    """Why a complete file is not applied as it stands; empty: it is."""
    change = outcome.change
    if change is None or not outcome.complete or not change.absent:
        return ""
    bound = default_drop_share(change.known) if accepted is None else accepted
    if change.share > bound:
        many = accepted is None and change.absent > DEFAULT_DROP_ITEMS
        most = f"{DEFAULT_DROP_ITEMS} items" if many else f"{bound:.1%}"
        return (
            f"it lacks {change.absent} of the {change.known} items in the catalogue ({change.share:.1%}), more than the "
            f"{most} that may be dropped unless you say so"
        )
    if outcome.counts.unread and accepted is None:
        return f"{outcome.counts.unread} rows could not be read, so the {change.absent} items that it lacks may be among them"
    return ""


def wait_for_answer(database: str, site: str, act_id: str, seconds: float) -> ActAnswer | None:
    """The hub's answer within `seconds`, or None."""
    until = time.monotonic() + seconds
    while True:
        try:
            answer = act_answer(database, site, act_id)
        except AwayError:
            answer = None
        if answer is not None or time.monotonic() >= until:
            return answer
        time.sleep(0.25)


def hub_says(health_file: Path) -> tuple[bool, str]:
    """(whether the hub runs, in words how it is), for an answer that does not come."""
    try:
        said = health.read(health_file)
    except AwayError:
        said = None
    if said is None or not health.is_fresh(said, time.time_ns() // 1000):
        return False, "it takes it as soon as it runs (shelfwire hub run)"
    if said.troubles:
        return True, "it runs, but: " + "; ".join(f"{one.what}: {one.text}" for one in said.troubles)
    return True, "it runs, and takes it when it comes to it (shelfwire catalog status)"


def wake(broker: BrokerConfig, base: Path, site: str) -> bool:
    """Tell the hub that there is an act. False: the broker is away; the hub finds the act by itself."""
    return asyncio.run(_wake(broker, base, site))


async def _wake(broker: BrokerConfig, base: Path, site: str) -> bool:
    async def ignore(_: Message) -> None:
        """Nothing is subscribed to."""

    link = Link(broker, client_id=f"catalog-{secrets.token_hex(4)}", filters=[], on_message=ignore, base=base)
    task = asyncio.create_task(link.run())
    try:
        async with asyncio.timeout(WAKE_S):
            await link.connected.wait()
            return await link.publish(topics.wake(site), b"")
    except TimeoutError:
        return False
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
