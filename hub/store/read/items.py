"""Items: search, one item, what stands on a shelf, history."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import Connection, and_, case, or_, select

from hub.catalog.digest import barcode_key
from hub.catalog.tagtext import key_of
from hub.store import search, searchtext
from hub.store.engine import reading
from hub.store.read.base import Reader, bounded, candidates_of, evidence_of, plain_row, rows_of
from hub.store.read.findings import finding_view, findings_of_items
from hub.store.rows import chunks
from hub.store.tables import item_events, items, links, places
from hub.views import FindingView, HistoryLine, ItemView
from shelfwire.errors import PeerError

MAX_ITEMS_ON: Final = 2_000
"""A shelf of a metre holds about 50 books, a bay 400; more in one list is a fault of the site, not of the page."""

_IDS_A_QUESTION: Final = 1_000
_TAG: Final = re.compile(r"(?:[0-9A-F]{4}:)?[0-9A-F]{8,124}")
"""The shortest EPC in use has 32 bits."""
_ALIKE: Final = 100
"""Items whose barcodes differ by case and blanks only: none since imports are matched so, a few of an older database."""

_ITEM: Final = (
    items.c.item_id,
    items.c.barcode,
    items.c.title,
    items.c.author,
    items.c.call_number,
    items.c.status,
    items.c.source_status,
    items.c.home_from,
    items.c.home_to,
    items.c.home_source,
    items.c.flags,
    items.c.scheme,
    items.c.callnumber_fault,
    items.c.alternative_ids,
)


_AS_THEY_STAND: Final = (
    items.c.sort_key.is_(None),  # no call number: behind all others, in both databases
    items.c.sort_key,
    items.c.call_number,
    items.c.title,
    items.c.item_id,
)


class ItemReader(Reader):
    """Items of one site."""

    def search(self, text: str, limit: int = 50, offset: int = 0) -> tuple[list[ItemView], int]:
        """Items that hold every word of `text` in barcode, call number, title or author, and how many there are in all.

        One whose tag `text` is, whole, as EPC or ``PC:EPC`` in hex, comes before all others.
        The total counts up to `hub.store.search.MAX_FOUND`: that many, or more. Case, accents and punctuation do not count.
        Best first: the exact barcode, then call numbers and then titles that begin so, then words that follow each other
        so, then the rest.
        """
        asked = searchtext.query(text)
        if not asked.words:
            return [], 0
        tag_keys = _tag_keys(text)
        rows, start = bounded(limit, offset)
        with reading(self._engine, "search") as connection:
            search.prepare(connection)
            found = self._tagged(connection, tag_keys) if tag_keys else []
            ranked = rows_of(connection, search.ranked(connection, self._site, asked))
            found = list(dict.fromkeys([*found, *(row.item_id for row in ranked)]))[: search.MAX_FOUND]
            views = self._by_id(connection, set(found[start : start + rows]))
        return [views[item_id] for item_id in found[start : start + rows]], len(found)

    def item(self, key: str | int) -> ItemView | None:
        """One item: by `item_id` (int), by barcode (text), or by the text of an `item_id` that is no barcode.

        A barcode counts without case and blanks, as imports match it; what is written just so comes first.
        """
        here = items.c.site == self._site
        with reading(self._engine, "read an item") as connection:
            found: Sequence[Any] = []
            if isinstance(key, str):
                like = (
                    here,
                    items.c.barcode_key == barcode_key(key.replace("\x00", "")),
                    items.c.barcode != "",
                )
                spelt = rows_of(connection, select(*_ITEM).where(*like).limit(_ALIKE))
                found = [row for row in spelt if row.barcode == key] or (spelt if len(spelt) == 1 else [])
            if not found and (number := _number(key)) is not None:
                found = rows_of(connection, select(*_ITEM).where(here, items.c.item_id == number))
            return self._views(connection, found)[0] if found else None

    def item_of_tag(self, text: str) -> ItemView | None:
        """The item whose tag this is, whole, as EPC or ``PC:EPC`` in hex; None for a tag of several items."""
        tag_keys = _tag_keys(text)
        if not tag_keys:
            return None
        with reading(self._engine, "look for a tag") as connection:
            found = self._tagged(connection, tag_keys)
            return self._by_id(connection, set(found))[found[0]] if len(found) == 1 else None

    def _tagged(self, connection: Connection, tag_keys: Collection[str]) -> list[int]:
        mine = (links.c.site == self._site, links.c.tag_key.in_(tag_keys), links.c.valid_to_us.is_(None))
        wanted = select(links.c.item_id).where(*mine).order_by(links.c.item_id).limit(_ALIKE)
        return list(dict.fromkeys(row.item_id for row in rows_of(connection, wanted)))

    def history(self, item_id: int, limit: int = 500) -> list[HistoryLine]:
        """What happened to an item, newest first."""
        names = (item_events.c.at_us, item_events.c.kind, item_events.c.shelf)
        wanted = select(*names, item_events.c.probability, item_events.c.detail).where(
            item_events.c.site == self._site, item_events.c.item_id == item_id
        )
        newest = wanted.order_by(item_events.c.at_us.desc(), item_events.c.id).limit(bounded(limit)[0])
        return [HistoryLine(**plain_row(row)) for row in self._all(newest)]

    def items_on(self, shelf: str) -> list[ItemView]:
        """Items of which a part is believed on `shelf`, as they should stand from the left to the right."""
        return self.items_in_bay([shelf])[shelf]

    def items_in_bay(self, shelf_ids: Collection[str]) -> dict[str, list[ItemView]]:
        """Shelf → items believed on it, as they should stand; every shelf asked for is in the answer."""
        answer: dict[str, list[ItemView]] = {shelf: [] for shelf in shelf_ids}
        on = (
            select(places.c.shelf, places.c.item_id)
            .join(items, and_(items.c.site == places.c.site, items.c.item_id == places.c.item_id))
            .where(places.c.site == self._site, places.c.shelf.in_(list(answer)))
            .order_by(*_AS_THEY_STAND)
            .limit(MAX_ITEMS_ON * len(answer))
        )
        with reading(self._engine, "read what stands on a shelf") as connection:
            pairs = dict.fromkeys((row.shelf, row.item_id) for row in rows_of(connection, on))
            views = self._by_id(connection, {item_id for _, item_id in pairs})
        for shelf, item_id in pairs:
            answer[shelf].append(views[item_id])
        return answer

    def homed_on(self, shelf: str) -> list[ItemView]:
        """Items whose home span begins or ends on `shelf`, wherever they are, as they should stand."""
        wanted = select(*_ITEM).where(
            items.c.site == self._site, or_(items.c.home_from == shelf, items.c.home_to == shelf)
        )
        with reading(self._engine, "read whose home a shelf is") as connection:
            ordered = wanted.order_by(*_AS_THEY_STAND).limit(MAX_ITEMS_ON)
            return self._views(connection, rows_of(connection, ordered))

    def _by_id(self, connection: Connection, item_ids: set[int]) -> dict[int, ItemView]:
        found: dict[int, ItemView] = {}
        for some in chunks(sorted(item_ids), _IDS_A_QUESTION):
            wanted = select(*_ITEM).where(items.c.site == self._site, items.c.item_id.in_(some))
            found |= {view.item_id: view for view in self._views(connection, rows_of(connection, wanted))}
        return found

    def _views(self, connection: Connection, found: Sequence[Any]) -> list[ItemView]:
        """Rows of `_ITEM` → views, with places, tags and findings in three questions, however many items."""
        item_ids = [row.item_id for row in found]
        place = self._places(connection, item_ids)
        tags: dict[int, list[str]] = {}
        in_force = select(links.c.item_id, links.c.tag_key).where(
            links.c.site == self._site, links.c.item_id.in_(item_ids), links.c.valid_to_us.is_(None)
        )
        for link in rows_of(connection, in_force.order_by(links.c.part, links.c.tag_key)) if item_ids else []:
            tags.setdefault(link.item_id, []).append(link.tag_key)
        about: dict[int, list[FindingView]] = {}
        for row in rows_of(connection, findings_of_items(self._site, item_ids)) if item_ids else []:
            about.setdefault(row.item_id, []).append(finding_view(row))
        return [_view(row, place.get(row.item_id), about, tags) for row in found]

    def _places(self, connection: Connection, item_ids: list[int]) -> dict[int, Any]:
        """item_id → the place to show: a part that stands somewhere before one that is away, then the last heard."""
        if not item_ids:
            return {}
        wanted = select(places).where(places.c.site == self._site, places.c.item_id.in_(item_ids))
        away_last = case((places.c.shelf.is_(None), 1), else_=0)
        best: dict[int, Any] = {}
        for row in rows_of(
            connection, wanted.order_by(away_last, places.c.last_heard_at_us.desc(), places.c.tag_key)
        ):
            best.setdefault(row.item_id, row)
        return best


def _tag_keys(text: str) -> set[str]:
    """The keys under which a tag that was typed may be kept; none: it is not written as a whole tag."""
    tag = text.strip().upper()
    if _TAG.fullmatch(tag) is None:
        return set()
    try:
        return {tag, key_of(tag)}
    except PeerError:
        return set()


def _number(key: str | int) -> int | None:
    if isinstance(key, int):
        return key if 0 < key < 2**53 else None
    return int(key) if key.isascii() and key.isdigit() and len(key) < 16 else None  # noqa: PLR2004 (2**53 has 16 digits)


def _view(row: Any, place: Any, about: dict[int, list[FindingView]], tags: dict[int, list[str]]) -> ItemView:
    return ItemView(
        **plain_row(row),
        shelf=place.shelf if place is not None else None,
        probability=place.probability if place is not None else None,
        candidates=candidates_of(place.candidates) if place is not None else [],
        last_heard_at_us=place.last_heard_at_us if place is not None else None,
        last_heard_by=place.last_heard_by if place is not None else None,
        evidence=evidence_of(place.evidence) if place is not None else [],
        findings=about.get(row.item_id, []),
        tag_keys=tags.get(row.item_id, []),
    )
