"""Staging an import: what a connector read, put beside the catalogue until the hub takes it with the act ``catalog.import``.

Compared with the catalogue first (`hub.store.difference`), only what is new or changed is staged; without that, every row.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, delete, func, select, update

from hub.catalog.digest import DROPPED, item_digest
from hub.catalog.model import Gone, Item, RowFault, Unsaid
from hub.catalog.tagtext import key_of
from hub.store.bulk import insert_rows
from hub.store.difference import Difference, base_of, known_digests
from hub.store.engine import open_engine, reading, upsert, writing
from hub.store.faults import BY_ITSELF
from hub.store.rows import Row, chunks, clean
from hub.store.sources import change_source
from hub.store.tables import import_faults, import_rows, imports
from shelfwire.errors import FullError, InputError, PeerError, ShelfwireError

log = logging.getLogger(__name__)

CHUNK: Final = 2_000
"""Rows a transaction: the hub, which writes to the same file, waits some milliseconds, not the whole import."""

MAX_BARCODE_CHARS: Final = 200
MAX_TEXT_CHARS: Final = 4_000
"""The longest title of the Library of Congress has fewer; the rest is cut, the item stays."""
MAX_TAGS_AN_ITEM: Final = 100
"""A boxed set has one a part; a longer list is a broken file."""
ABSENT_LISTED: Final = 1_000
"""Barcodes kept as examples of what an import lacks; more is a list that nobody reads."""
NO_ITEM: Final = "no item could be taken, so the catalogue stays as it is"
"""Why a file is refused: whatever it says, a catalogue of nothing is none."""


class Staged(msgspec.Struct, frozen=True, kw_only=True):
    """What was put aside."""

    import_id: str
    items: int
    """In the source, also those that are as they were."""
    faults: int
    """With those that staging itself found."""
    staged: int = 0
    """Rows that the hub will apply."""
    gone: int = 0
    """Items that it would drop."""
    known: int = 0
    """Items in the catalogue when they were compared; 0 without a comparison."""
    same: bool = False
    """The catalogue is so already: it counts as taken, and the hub need not be asked."""
    refused: str = ""
    """Why it never waits for the hub; empty: it does."""


def import_row(site: str, import_id: str, source: str, at_us: int, **more: Any) -> Row:
    """A whole row of `imports` in state ``staging``."""
    row: Row = {"site": site, "import_id": import_id, "source": source, "state": "staging", "kind": "items"}
    row |= {"staged_at_us": at_us, "applied_at_us": None, "base": None, "complete": False}
    row |= {"from_source": None, "cursor": None, "detail": "", "seen": None, "unsaid": []}
    row |= dict.fromkeys(("items", "added", "changed", "absent", "known", "gone", "staged", "done"), 0)
    return row | more


def stage_import(  # noqa: PLR0917 (all of them are needed, in the order in which they are said)
    target: str | Engine,
    site: str,
    import_id: str,
    items: Iterable[Item | Unsaid],
    faults: Sequence[RowFault],
    source: str,
    *,
    difference: Difference | None = None,
    complete: bool = False,
    min_free_bytes: int = 0,
) -> Staged:
    """Put an import aside. Items come one a barcode and one a tag (`hub.catalog.merge` decides that before).

    With `difference` (fresh, of this catalogue) only what is new or changed is staged, and the hub refuses the import when
    another one was taken meanwhile. `complete`: the source has all items of the library, so those that it lacks
    are dropped: they become ``withdrawn`` and keep their links. The act must accept their share
    (`hub.store.difference.default_drop_share`). `min_free_bytes`: what stays free on the disk of an SQLite file.

    Staging the same `import_id` again starts anew; one that was taken already is refused with `InputError`. One without any
    item is refused in words (`NO_ITEM`) and drops nothing. Raises `AwayError`, `FullError` and what `items` raises: before the
    first item nothing was written, after it what was written is deleted again as far as the disk allows, and never taken.
    """
    engine = open_engine(target)
    try:
        if complete and difference is None:
            difference = known_digests(engine, site)
        staging = Staging(
            engine,
            site,
            import_id,
            source,
            difference=difference,
            complete=complete,
            of_file=True,
            min_free_bytes=min_free_bytes,
        )
        try:
            for item in items:
                if isinstance(item, Unsaid):
                    staging.leave_out(item.fields)
                else:
                    staging.put(item)
            return staging.finish(faults)
        except FullError as fault:
            staging.throw_away()
            raise FullError(f"{str(fault).removesuffix(BY_ITSELF)} and run it again") from fault
        except BaseException:
            staging.throw_away()
            raise
    finally:
        if engine is not target:
            engine.dispose()


def waiting_listing(target: str | Engine, site: str, source: str) -> tuple[Staged, bool, int] | None:
    """(the newest listing of a followed system that waits to be taken, whether complete, when it began in microseconds).

    None: there is none, or the catalogue has changed since it was compared. Raises `AwayError`.
    """
    engine = open_engine(target)
    wanted = (
        select(imports)
        .where(imports.c.site == site, imports.c.from_source == source, imports.c.kind == "items")
        .order_by(imports.c.staged_at_us.desc(), imports.c.import_id)
        .limit(1)
    )
    try:
        with reading(engine, "look for a listing that waits") as connection:
            found = connection.execute(wanted).one_or_none()
            if found is None or found.state != "staged" or found.base != base_of(connection, site):
                return None
    finally:
        if engine is not target:
            engine.dispose()
    numbers = {name: getattr(found, name) for name in ("items", "staged", "gone", "known")}
    return Staged(import_id=found.import_id, faults=0, **numbers), found.complete, found.staged_at_us


class Staging:
    """An import that is being put aside, row by row. Blocking; one thread."""

    def __init__(
        self,
        engine: Engine,
        site: str,
        import_id: str,
        source: str,
        *,
        difference: Difference | None = None,
        complete: bool = False,
        from_source: str | None = None,
        full: bool | None = None,
        go_on: bool = False,
        of_file: bool = False,
        min_free_bytes: int = 0,
    ) -> None:
        """`of_file`: nothing is written before the first item, and without any item it is refused.

        `from_source`: the row of `hub.store.sources` that this is a listing of; `full`: of all its items (default: `complete`).

        Begins anew or, with `go_on`, behind the last `mark` of the same import; `InputError` when the catalogue has changed
        since, or there is nothing to go on with.
        """
        self.import_id = import_id
        self.items = 0
        """In the source so far."""
        self.faults = 0
        """Told so far."""
        self._engine = engine
        self._site = site
        self._source = clean(source)
        self._difference = difference
        self._complete = complete
        self._unsaid: frozenset[str] = frozenset()
        self._from = from_source
        self._full = complete if full is None else full
        self._faults: list[RowFault] = []
        self._number = 0
        self._gone = 0
        self._fault_number = 0
        self._untaken = False
        """Whether a row of the source could not be taken."""
        self._at_us = time.time_ns() // 1000
        self._rows: list[Row] = []
        self._begun = False
        self._file = of_file
        self._min_free_bytes = min_free_bytes
        if not of_file:
            self._begin_once(go_on=go_on)

    def _begin_once(self, *, go_on: bool = False) -> None:
        if self._begun:
            return
        with self._writing() as connection:
            (self._go_on if go_on else self._begin)(connection)
        self._begun = True

    def leave_out(self, unsaid: frozenset[str]) -> None:
        """The source says nothing of these things (`hub.catalog.model.Unsaid`); said before the first item."""
        self._unsaid = unsaid
        if self._difference is not None:
            self._difference.unsaid = unsaid

    def put(self, item: Item) -> None:
        """One item of the source."""
        row = self._row(item)
        if row is None:
            return
        self._begin_once()
        self.items += 1
        if self._difference is None or self._difference.see(item) != "same":
            self._add(row)

    def drop(self, gone: Gone) -> None:
        """The source says that it has no such item any more. Needs a difference."""
        if self._difference is None or self._difference.see_gone(gone.barcode):
            self._drop(clean(gone.barcode), clean(gone.source_status))

    def fault(self, fault: RowFault) -> None:
        """A row that could not be taken as it stands."""
        self.faults += 1
        self._untaken = self._untaken or not fault.taken
        self._faults.append(fault)

    def mark(self, cursor: str) -> None:
        """Everything put so far is on the disk, and the listing goes on from `cursor` after a stop."""
        self._flush(cursor)

    def finish(self, faults: Sequence[RowFault] = (), cursor: str | None = None) -> Staged:
        """All of the source was put: the import may be taken. `cursor`: where the next listing of it begins."""
        self._begin_once()
        if not self.items and self._file:
            return self._refuse(faults)
        difference = self._difference
        whole = self._from is None or self._full  # what a listing of changes lacks is as it was
        absent = difference.absent if difference is not None and whole else 0
        if difference is not None and self._complete:
            day = datetime.fromtimestamp(self._at_us / 1e6, tz=UTC).date()
            word = f"not in {self._source} of {day}"
            for barcode in difference.absent_barcodes(self._engine, self._site):
                self._drop(barcode, word)
        self._flush(None)
        if difference is not None and whole and not self._complete:
            self._examples(difference)
        self._put_faults(faults)
        done = {
            "state": "staged",
            "items": self.items,
            "unsaid": sorted(self._unsaid),
            "staged": self._number,
            "gone": self._gone,
            "known": difference.known if difference is not None else 0,
            "absent": absent,
            "cursor": cursor,
            "seen": None,
        }
        same = difference is not None and not self._number
        if same:  # nothing to take: the catalogue need not be read again because nothing in it changed
            done |= {"state": "applied", "applied_at_us": time.time_ns() // 1000}
        with self._writing() as connection:
            self._update(connection, done)
            if self._from is not None:
                news = not same or self._untaken or (self._full and self._fault_number > 0)
                self._take_place(connection, told_nothing=not news)
                ended: Row = {"listing": None, "listing_cursor": None}
                if same:
                    ended |= {"cursor": cursor} | ({"last_full_at_us": self._at_us} if self._full else {})
                change_source(connection, self._site, self._from, **ended)
        return Staged(
            import_id=self.import_id,
            items=self.items,
            faults=self._fault_number,
            staged=self._number,
            gone=self._gone,
            known=difference.known if difference is not None else 0,
            same=same,
        )

    def _refuse(self, faults: Sequence[RowFault]) -> Staged:
        """A file without any item: its faults stay to be looked at, and nothing of it waits."""
        self._put_faults(faults)
        with self._writing() as connection:
            self._update(connection, {"state": "refused", "detail": NO_ITEM})
        return Staged(import_id=self.import_id, items=0, faults=self._fault_number, refused=NO_ITEM)

    def throw_away(self) -> None:
        """Delete what was put aside, chunk by chunk beside the hub, as far as the database lets us; what stays is never taken."""
        if not self._begun:
            return
        mine = [
            (table.c.site == self._site) & (table.c.import_id == self.import_id)
            for table in (import_rows, import_faults, imports)
        ]
        try:
            for first in range(0, self._number, CHUNK):
                numbers = import_rows.c.number.between(first, first + CHUNK - 1)
                with self._writing() as connection:
                    connection.execute(delete(import_rows).where(mine[0], numbers))
            with self._writing() as connection:
                for table, which in zip((import_rows, import_faults, imports), mine, strict=True):
                    connection.execute(delete(table).where(which))
        except ShelfwireError as fault:
            log.warning(
                "%s: a part of it stays behind for a day, and is never taken: %s", self.import_id, fault
            )

    def _take_place(self, connection: Connection, *, told_nothing: bool) -> None:
        """Earlier listings of this system need not be taken any more; of one that `told_nothing` no line is left.

        There are a hundred of these a day, and they would push out the imports that a person wants to look at. What was
        not taken is told, and so are all remarks of a listing of everything.
        """
        earlier = (
            imports.c.site == self._site,
            imports.c.import_id != self.import_id,
            imports.c.from_source == self._from,
            imports.c.state == "staged",
        )
        why = f"a later listing of {self._source} has taken its place"
        connection.execute(update(imports).where(*earlier).values(state="refused", detail=why))
        if told_nothing:
            for table in (import_rows, import_faults, imports):
                connection.execute(
                    delete(table).where(table.c.site == self._site, table.c.import_id == self.import_id)
                )

    def _ask_for_room(self) -> None:
        """Before the hub itself has to stop taking for want of room. Raises `FullError`."""
        file = self._engine.url.database
        if not self._min_free_bytes or self._engine.dialect.name != "sqlite" or not file:
            return
        folder = Path(file).parent
        free = shutil.disk_usage(folder).free
        if free < self._min_free_bytes:
            raise FullError(
                f"{folder}: {free} bytes are free on its disk, less than journal.min_free_bytes of {self._min_free_bytes}, "
                "which the hub needs; make room"
            )

    def _writing(self) -> Any:
        return writing(self._engine, "put an import aside")

    def _begin(self, connection: Connection) -> None:
        mine = (imports.c.site == self._site, imports.c.import_id == self.import_id)
        state = connection.execute(select(imports.c.state).where(*mine)).scalar_one_or_none()
        if state in {"applied", "applying"}:
            raise InputError(f"import {self.import_id}: was taken already; use a new id")
        for table in (import_rows, import_faults):
            connection.execute(
                delete(table).where(table.c.site == self._site, table.c.import_id == self.import_id)
            )
        if self._from is not None:
            self._forget_unmarked(connection)
        base = None if self._difference is None else self._difference.base
        row = import_row(self._site, self.import_id, self._source, self._at_us, base=base)
        upsert(connection, imports, [row | {"complete": self._complete, "from_source": self._from}])

    def _forget_unmarked(self, connection: Connection) -> None:
        """Earlier listings of this system that broke off before their first mark: a bad night has a hundred of them."""
        dead = select(imports.c.import_id).where(
            imports.c.site == self._site,
            imports.c.from_source == self._from,
            imports.c.state == "staging",
            imports.c.seen.is_(None),
        )
        for name in connection.execute(dead).scalars().all():
            for table in (import_rows, import_faults, imports):
                connection.execute(delete(table).where(table.c.site == self._site, table.c.import_id == name))

    def _go_on(self, connection: Connection) -> None:
        mine = (imports.c.site == self._site, imports.c.import_id == self.import_id)
        found = connection.execute(select(imports).where(*mine)).one_or_none()
        base = None if self._difference is None else self._difference.base
        if (
            found is None
            or found.state != "staging"
            or found.base != base
            or found.complete != self._complete
        ):
            raise InputError(
                f"import {self.import_id}: cannot go on: the catalogue has changed since it was begun; begin it anew"
            )
        if self._difference is not None and found.seen is not None:
            self._difference.remember(found.seen)
        # What was put aside behind the last mark comes again.
        later = (import_rows.c.site == self._site, import_rows.c.import_id == self.import_id)
        connection.execute(delete(import_rows).where(*later, import_rows.c.number >= found.staged))
        self.items, self._number, self._gone = found.items, found.staged, found.gone
        told = (import_faults.c.site == self._site, import_faults.c.import_id == self.import_id)
        count = select(func.count()).select_from(import_faults).where(*told)
        self._fault_number = connection.execute(count).scalar_one()
        self.faults = self._fault_number
        self._untaken = self._fault_number > 0  # maybe; then its line is kept
        self._at_us = found.staged_at_us

    def _update(self, connection: Connection, values: Row) -> None:
        mine = (imports.c.site == self._site, imports.c.import_id == self.import_id)
        connection.execute(update(imports).where(*mine).values(**values))

    def _add(self, row: Row) -> None:
        row["number"] = self._number
        self._number += 1
        self._rows.append(row)
        if len(self._rows) >= CHUNK:
            self._flush(None)

    def _drop(self, barcode: str, source_status: str) -> None:
        self._gone += 1
        self._add(self._bare("gone", barcode, source_status, "withdrawn") | {"digest": DROPPED})

    def _flush(self, cursor: str | None) -> None:
        if not self._rows and cursor is None:
            return
        self._ask_for_room()
        with self._writing() as connection:
            insert_rows(connection, import_rows, self._rows)
            if cursor is not None:
                insert_rows(connection, import_faults, list(map(self._fault_row, self._faults)))
                self._faults = []
                seen = None if self._difference is None else self._difference.memory()
                values = {"items": self.items, "staged": self._number, "gone": self._gone, "seen": seen}
                self._update(connection, values)
                if self._from is not None:
                    change_source(
                        connection,
                        self._site,
                        self._from,
                        listing=self.import_id,
                        listing_cursor=cursor,
                        listing_full=self._full,
                    )
        self._rows = []

    def _examples(self, difference: Difference) -> None:
        """What the source lacks, for people; numbered behind all rows, and never applied."""
        barcodes = difference.absent_barcodes(self._engine, self._site, ABSENT_LISTED)
        rows = [
            self._bare("absent", barcode, "", "on_shelf") | {"number": self._number + place}
            for place, barcode in enumerate(barcodes)
        ]
        with self._writing() as connection:
            insert_rows(connection, import_rows, rows)

    def _put_faults(self, faults: Sequence[RowFault]) -> None:
        rows = map(self._fault_row, chain(faults, self._faults))
        for some in chunks(rows, CHUNK):
            with self._writing() as connection:
                insert_rows(connection, import_faults, some)

    def _bare(self, kind: str, barcode: str, source_status: str, status: str) -> Row:
        row: Row = {"site": self._site, "import_id": self.import_id, "kind": kind, "barcode": barcode}
        row |= dict.fromkeys(("title", "author", "call_number", "scheme", "home_from", "home_to"), "")
        row |= {"status": status, "source_status": source_status, "flags": [], "digest": None}
        return row | {"tag_keys": [], "alternative_ids": []}

    def _row(self, item: Item) -> Row | None:
        barcode = clean(item.barcode)
        if not barcode or len(barcode) > MAX_BARCODE_CHARS:
            what = f"a barcode has 1 to {MAX_BARCODE_CHARS} characters; left out"
            self._faults.append(RowFault(where=f"barcode {barcode[:40]!r}", what=what, taken=False))
            return None
        row: Row = {"site": self._site, "import_id": self.import_id, "kind": "item", "barcode": barcode}
        for name in ("title", "author", "call_number", "source_status", "home_from", "home_to"):
            row[name] = self._text(barcode, name, getattr(item, name))
        row |= {"status": item.status, "scheme": item.scheme, "flags": list(item.flags)}
        row["alternative_ids"] = [clean(one) for one in item.alternative_ids]
        row["tag_keys"] = self._tag_keys(barcode, item.tags[:MAX_TAGS_AN_ITEM])
        row["digest"] = item_digest(item, self._unsaid)
        if len(item.tags) > MAX_TAGS_AN_ITEM:
            what = f"more than {MAX_TAGS_AN_ITEM} tags; the rest is left out"
            self._faults.append(RowFault(where=f"barcode {barcode}", what=what, taken=True))
        return row

    def _tag_keys(self, barcode: str, epcs: Sequence[str]) -> list[str]:
        keys: dict[str, None] = {}
        for epc in epcs:
            try:
                keys[key_of(epc)] = None
            except PeerError as fault:
                what = f"{fault}; this tag is left out"
                self._faults.append(RowFault(where=f"barcode {barcode}", what=what, taken=True))
        return list(keys)

    def _text(self, barcode: str, name: str, text: str) -> str:
        if len(text) > MAX_TEXT_CHARS:
            what = f"{name} is longer than {MAX_TEXT_CHARS} characters; cut"
            self._faults.append(RowFault(where=f"barcode {barcode}", what=what, taken=True))
        kept: str = clean(text[:MAX_TEXT_CHARS])
        return kept

    def _fault_row(self, fault: RowFault) -> Row:
        row: Row = {"site": self._site, "import_id": self.import_id, "phase": "read"}
        row |= {"number": self._fault_number, "place": clean(fault.where), "what": clean(fault.what)}
        self._fault_number += 1
        return row | {"taken": fault.taken}
