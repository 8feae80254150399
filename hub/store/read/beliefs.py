"""What was believed of an item, now and at a time in the past, and what else an explanation is made of."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, select

from hub.catalog.digest import barcode_key
from hub.effects import AntennaChanged
from hub.explain.keeping import kept
from hub.explain.model import AWAY, NOWHERE, Facts, Held
from hub.explain.nearby import one_sign_off
from hub.store.engine import reading
from hub.store.read.base import Reader, candidates_of, evidence_of, plain_row, rows_of
from hub.store.read.findings import finding_view, findings_of_items, findings_then
from hub.store.rows import chunks
from hub.store.tables import antennas, item_events, items, meta, places, shelves
from hub.views import ShelfView

PLACED: Final = ("placed", "away")
MAX_CHANGES: Final = 500
"""Changes that are read back to find each tag's newest: enough for a set of a hundred parts that were all moved five times since
its quietest one was."""
_IDS_A_QUESTION: Final = 500


class BeliefReader(Reader):
    """Beliefs about items of one site."""

    def facts(self, item_id: int, at_us: int | None, around: Collection[str] = ()) -> Facts:
        """All that is known about an item at `at_us` (None: now). `around`: shelves that matter too, such as its home."""
        mine = (item_events.c.site == self._site, item_events.c.item_id == item_id)
        changes = select(item_events).where(*mine, item_events.c.kind.in_(PLACED))
        since = select(items.c.since_us).where(items.c.site == self._site, items.c.item_id == item_id)
        of_item = select(places).where(places.c.site == self._site, places.c.item_id == item_id)
        with reading(self._engine, "read what is believed of an item") as connection:
            since_us = connection.execute(since).scalar_one_or_none() or 0
            now = [_now(row) for row in rows_of(connection, of_item)]
            then: list[Held] = []
            after = None
            if at_us is not None:
                newest = item_events.c.at_us.desc(), item_events.c.id
                before = changes.where(item_events.c.at_us <= at_us).order_by(*newest).limit(MAX_CHANGES)
                then = _newest(rows_of(connection, before))
                behind = changes.where(item_events.c.at_us > at_us)
                first = rows_of(connection, behind.order_by(item_events.c.at_us, item_events.c.id).limit(1))
                after = _change(first[0]) if first else None
            heard = {one.antenna for held in now for one in held.evidence}
            named = {*around, *(held.answer for held in now)}
            return Facts(
                since_us=since_us,
                now=now,
                then=then,
                after=after,
                shelves=self._shelves(rows_of(connection, self._of(shelves, shelves.c.shelf, named))),
                antennas={
                    row.antenna: AntennaChanged(**plain_row(row))
                    for row in rows_of(connection, self._of(antennas, antennas.c.antenna, heard))
                },
                findings=[finding_view(row) for row in rows_of(connection, self._findings(item_id, at_us))],
                written_at_us=self._written_at_us(connection),
            )

    def nearly(self, barcode: str, limit: int = 5) -> list[tuple[str, str]]:
        """(barcode, title) of items whose barcode differs from this one by one wrong, missing, doubled or swapped sign."""
        found: list[tuple[str, str]] = []
        wanted = select(items.c.barcode, items.c.title).where(items.c.site == self._site)
        with reading(self._engine, "look for barcodes alike") as connection:
            for some in chunks(one_sign_off(barcode_key(barcode.replace("\x00", ""))), _IDS_A_QUESTION):
                alike = wanted.where(items.c.barcode_key.in_(some), items.c.barcode != "")
                rows = rows_of(connection, alike.order_by(items.c.barcode).limit(limit - len(found)))
                found += [(row.barcode, row.title) for row in rows]
                if len(found) >= limit:
                    break
        return found

    def _written_at_us(self, connection: Connection) -> int | None:
        """When the hub last wrote a group of effects."""
        wanted = select(meta.c.value).where(meta.c.site == self._site, meta.c.name == "changed_at_us")
        found = connection.execute(wanted).scalar_one_or_none()
        return None if found is None else int(found)

    def _of(self, table: Any, column: Any, names: Collection[str]) -> Select[Any]:
        return select(table).where(table.c.site == self._site, column.in_(sorted(names)))

    def _shelves(self, rows: Collection[Any]) -> dict[str, ShelfView]:
        return {row.shelf: ShelfView(**plain_row(row)) for row in rows}

    def _findings(self, item_id: int, at_us: int | None) -> Select[Any]:
        return (
            findings_of_items(self._site, [item_id])
            if at_us is None
            else findings_then(self._site, item_id, at_us)
        )


def _now(row: Row[Any]) -> Held:
    return Held(
        tag_key=row.tag_key,
        at_us=row.at_us,
        answer=_answer(row.shelf, row.last_heard_at_us),
        probability=row.probability,
        candidates=candidates_of(row.candidates),
        evidence=evidence_of(row.evidence),
        last_heard_at_us=row.last_heard_at_us or None,
    )


def _change(row: Row[Any]) -> Held:
    """A line of the history; one from before reasons were kept tells its place alone, and no tag."""
    reasons = kept(row.detail)
    if reasons is None:
        answer = row.shelf or AWAY
        return Held(
            tag_key="",
            at_us=row.at_us,
            answer=answer,
            probability=row.probability,
            candidates=[],
            evidence=[],
        )
    return Held(
        at_us=row.at_us,
        answer=_answer(row.shelf, reasons.last_heard_at_us),
        probability=row.probability,
        tag_key=reasons.tag_key,
        candidates=reasons.candidates,
        evidence=reasons.evidence,
        before=reasons.before,
        last_heard_at_us=reasons.last_heard_at_us or None,
    )


def _answer(shelf: str | None, last_heard_at_us: int) -> str:
    """What was never heard is not away: nobody knows that it was ever here."""
    return shelf or (AWAY if last_heard_at_us else NOWHERE)


def _newest(rows: Collection[Row[Any]]) -> list[Held]:
    """The first of each tag."""
    found: dict[str, Held] = {}
    for row in rows:
        held = _change(row)
        found.setdefault(held.tag_key, held)
    return list(found.values())
