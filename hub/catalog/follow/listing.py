"""One listing of a library system: from its rows to an import that the hub is asked to take. Blocking; one thread.

What is put aside survives a stop, and the listing goes on at its last mark. Nothing is applied before the end of a listing,
and nothing at all when the system breaks off in the middle.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from math import ceil
from typing import Any, Final

import msgspec

from hub.catalog.connect import KEPT_FAULTS, import_act, merger_of
from hub.catalog.follow.config import CatalogSource
from hub.catalog.follow.told import Told
from hub.catalog.model import FROM_A_SYSTEM, Gone, Item, RowFault
from hub.catalog.source import Mark, System, Tell
from hub.store.acts import insert_act
from hub.store.difference import Difference, known_digests
from hub.store.engine import Target, open_engine
from hub.store.imports import Staged, Staging
from hub.store.sources import MAX_CURSOR_CHARS, Source, list_sources
from shelfwire.errors import InputError, PeerError
from shelfwire.site.model import Site

MARK_ROWS: Final = 2_000
MARK_S: Final = 60.0
"""Rows or time between two marks that are kept: what a stop costs at the most, against writing 100 kB of memory a mark."""


class StoppedError(Exception):
    """The listing was asked to stop; it goes on at its last mark."""


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """A listing that is through."""

    full: bool
    staged: Staged
    asked: bool
    """Whether the hub was asked to take it; not, when nothing would change, or when too much would be dropped."""
    held: str = ""
    """Why a person must approve it first."""

    @property
    def shown(self) -> dict[str, str]:
        """State and detail of the source, for the map."""
        detail = self.held or f"{self.staged.items} items listed, {self.staged.staged} new, changed or gone"
        return {"state": "held" if self.held else "waiting", "detail": detail}


class Listing:
    """Listings of one source, one after the other."""

    def __init__(
        self,
        database: str,
        site: Site,
        source: CatalogSource,
        system: System,
        *,
        told: Told,
        tell: Tell,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._database, self._site, self._source, self._system = database, site, source, system
        self._told, self._tell, self._stop = told, tell, stop

    def run(self, *, full: bool, accepted_share: float | None = None) -> Ended:
        """List everything or what changed, stage it, and ask the hub to take it.

        Goes on with one that was broken off, whatever `full` says. `accepted_share`: what a person said may be dropped.
        Raises what the system raises, `StoppedError`, and the store's `AwayError` and `FullError`; called again it goes on.
        """
        engine = open_engine(self._database)
        try:
            difference = known_digests(engine, self._site.id)
            staging, full, cursor = self._begin(engine, difference, full=full)
            self._told.say(state="listing", detail="", last_at_us=_now_us())
            rows, marked_s = 0, time.monotonic()
            end: str | None = None
            merger = merger_of(self._site, unit="item")
            staging.leave_out(FROM_A_SYSTEM)
            for row in merger.merge(self._answers(cursor)):
                if isinstance(row, Mark):
                    if len(row.cursor) > MAX_CURSOR_CHARS:
                        raise PeerError(
                            f"{self._source.name}: a mark of {len(row.cursor)} signs; {MAX_CURSOR_CHARS} are kept"
                        )
                    if row.done:
                        end = row.cursor
                        break
                    if rows >= MARK_ROWS or time.monotonic() - marked_s >= MARK_S:
                        staging.mark(row.cursor)
                        rows, marked_s = 0, time.monotonic()
                    self._progress(staging, row)
                    continue
                rows += 1
                self._put(staging, difference, row)
            if end is None:
                raise PeerError(
                    f"{self._source.name}: the listing broke off without its end; it goes on later"
                )
            staged = staging.finish(cursor=end)
            if staged.same:
                return Ended(full=full, staged=staged, asked=False)
            return self._hand_over(staged, full=full, unread=difference.unread, accepted_share=accepted_share)
        finally:
            engine.dispose()

    def _begin(self, engine: Any, difference: Difference, *, full: bool) -> tuple[Staging, bool, str | None]:
        row = row_of(self._database, self._site.id, self._source.name)

        def staging(import_id: str, *, full: bool, go_on: bool) -> Staging:
            return Staging(
                engine,
                self._site.id,
                import_id,
                self._source.name,
                difference=difference,
                complete=full and self._source.complete,
                from_source=self._source.name,
                full=full,
                go_on=go_on,
            )

        if row is not None and row.listing is not None and row.listing_cursor is not None:
            try:
                return (
                    staging(row.listing, full=row.listing_full, go_on=True),
                    row.listing_full,
                    row.listing_cursor,
                )
            except InputError as fault:
                self._tell(f"{self._source.name}: {fault}")
                full = row.listing_full
        cursor = None if full or row is None else row.cursor
        full = cursor is None
        return staging(f"listing-{secrets.token_hex(8)}", full=full, go_on=False), full, cursor

    def _answers(self, cursor: str | None) -> Iterator[Any]:
        for row in self._system.items(cursor):
            if self._stop():
                raise StoppedError
            yield row

    def _put(self, staging: Staging, difference: Difference, row: object) -> None:
        if isinstance(row, Item):
            staging.put(row)
        elif isinstance(row, Gone):
            staging.drop(row)
        elif isinstance(row, RowFault):
            difference.unread += row.unread
            if staging.faults < KEPT_FAULTS:
                staging.fault(row)
            if row.barcode and not row.taken:
                difference.see_gone(row.barcode)  # it has the item, though not so that it can be taken

    def _progress(self, staging: Staging, mark: Mark) -> None:
        of = f" of {mark.total}" if mark.total is not None else ""
        self._told.well("listing")
        self._told.put(rows=staging.items)
        self._told.say(state="listing", detail=f"{staging.items}{of} items listed", ok_at_us=_now_us())

    def _hand_over(self, staged: Staged, *, full: bool, unread: int, accepted_share: float | None) -> Ended:
        bound = self._source.drop_share if accepted_share is None else accepted_share
        held = lacks(staged, self._source.name, bound, full=full)
        if not held and staged.gone and unread and accepted_share is None:
            held = (
                f"{unread} rows of the listing could not be read, so the {staged.gone} items that it lacks may be among them; "
                "look at the remarks, then approve it or list again"
            )
        if not held:
            # The hub writes the place of the next listing together with what this one changes.
            insert_act(self._database, self._site.id, import_act(staged.import_id, bound))
        return Ended(full=full, staged=staged, asked=not held, held=held)


def lacks(staged: Staged, name: str, bound: float, *, full: bool) -> str:
    """Why a listing of the source `name` must wait for a person: it would drop more than `bound`. Empty: it need not."""
    share = staged.gone / max(staged.known, 1)
    if share <= bound:
        return ""
    return (
        f"the listing lacks {staged.gone} of {staged.known} items ({share:.1%}), more than the {bound:.1%} that may be "
        f"dropped; approve it on the map's catalogue page, or stop `shelfwire catalog run` and give "
        f"`shelfwire catalog sync {name}{' --full' if full else ''} --accept-drop {ceil(share * 1000) / 10:g}`"
    )


def row_of(store: Target, site: str, name: str) -> Source | None:
    """The row of a source; None: it was never followed."""
    return next((row for row in list_sources(store, site) if row.source == name), None)


def _now_us() -> int:
    return time.time_ns() // 1000
