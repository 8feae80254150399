"""Finds the connector for a catalogue file, and hands an import over to the hub: stage, ask, wake, wait.

Connectors are found by the entry-point group ``shelfwire.catalogs``, so that a library can add its own: a function
``read(path, options) -> Iterator[Item | RowFault]``.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final

import msgspec

from hub.catalog.merge import Counts, Merger
from hub.catalog.model import Item, RowFault
from hub.events import ActAsked
from hub.store.acts import ActAnswer, act_answer, insert_act
from hub.store.imports import stage_import
from hub.store.migrate import require_current
from shelfwire import topics
from shelfwire.errors import AwayError, InputError
from shelfwire.link import BrokerConfig, Link, Message
from shelfwire.site.model import Site

GROUP: Final = "shelfwire.catalogs"
ROLE: Final = "command-line"

KEPT_FAULTS: Final = 500_000
"""Lines of a report held in memory at once, about 200 MB; a file with more is not of the format that was said."""

WAKE_S: Final = 1.0
"""How long the broker may take to hear the wake message; without it the hub looks by itself after a second or two."""

Reader = Callable[[Path, dict[str, Any]], Iterator[Item | RowFault]]
Progress = Callable[[int], None]

_BY_SUFFIX: Final = {
    ".csv": "csv",
    ".tsv": "csv",
    ".mrc": "marc",
    ".marc": "marc",
    ".iso": "marc",
    ".xml": "marc",
}


class Outcome(msgspec.Struct, kw_only=True):
    """What an import came to."""

    import_id: str
    counts: Counts
    faults: list[RowFault]
    unlisted: int = 0
    """Faults beyond `KEPT_FAULTS`; counted only."""
    answer: ActAnswer | None = None
    """The hub's answer; None: it has not answered yet."""


def connector(name: str | None, path: Path) -> tuple[str, Reader]:
    """The connector of that name, or for the file's suffix. Raises `InputError` for one that nobody registered."""
    known = {entry.name: entry for entry in entry_points(group=GROUP)}
    name = name or _BY_SUFFIX.get(path.suffix.lower())
    if name is None:
        raise InputError(f"{path}: say --format, one of {', '.join(sorted(known))}")
    if name not in known:
        raise InputError(f"--format {name}: no such connector; there are {', '.join(sorted(known))}")
    reader: Reader = known[name].load()
    return name, reader


def read_catalogue(
    rows: Iterable[Item | RowFault], site: Site, outcome: Outcome, progress: Progress
) -> Iterator[Item]:
    """Items as the rules decide, one by one; faults and counts go to `outcome`."""
    merger = Merger(
        {shelf.id: shelf.index for shelf in site.shelves}, (tag.epc for tag in site.reference_tags)
    )
    outcome.counts = merger.counts
    for row in merger.merge(rows):
        if isinstance(row, Item):
            yield row
        elif len(outcome.faults) < KEPT_FAULTS:
            outcome.faults.append(row)
        else:
            outcome.unlisted += 1
        progress(merger.counts.rows)


def hand_over(
    database: str, site: Site, rows: Iterable[Item | RowFault], source: str, progress: Progress
) -> Outcome:
    """Stage the rows and ask the hub to take them. Raises `AwayError`, `FullError`, `InputError`; then nothing was asked for."""
    require_current(database)
    outcome = Outcome(import_id=f"import-{secrets.token_hex(8)}", counts=Counts(), faults=[])
    items = read_catalogue(rows, site, outcome, progress)
    stage_import(database, site.id, outcome.import_id, items, outcome.faults, source)
    if not outcome.counts.items:
        raise InputError(f"{source}: no item could be taken, so the catalogue stays as it is")
    act = ActAsked(
        id=outcome.import_id,
        role=ROLE,
        asked_at_us=time.time_ns() // 1000,
        kind="catalog.import",
        subject=outcome.import_id,
        body={"import_id": outcome.import_id},
    )
    insert_act(database, site.id, act)
    return outcome


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
