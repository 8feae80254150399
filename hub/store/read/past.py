"""What the store knows of a site's past: acts, states and links as they were, findings as they opened. Opened for reading only."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from sys import intern
from typing import Any, Final

from sqlalchemy import Connection, Engine, event, select, tuple_

from hub.catalog.identifiers import flag_bits, identifier_digest
from hub.events import ActAsked
from hub.pastviews import PastFinding, PastHome, PastItem, PastLink, PastStatus
from hub.store.engine import reading
from hub.store.read.base import Reader
from hub.store.rows import READ_FROM_TAG, chunks
from hub.store.tables import acts, findings, item_events, items, links

A_PAGE: Final = 500
"""Acts read at a time; one may hold the states of 500 items."""
_IDS: Final = 1_000
_KINDS: Final = (
    "finding.claim", "finding.release", "finding.resolve", "finding.dismiss", "moved.approve", "moved.reject", "moved.undo", "item.status", "item.states", "catalog.import",
    "catalog.labels",
)  # fmt: skip


class PastReader(Reader):
    """Reads the past of one site. Every method raises `AwayError` while the database does not answer."""

    def __init__(self, target: str | Engine, site: str) -> None:
        super().__init__(target, site)
        if self._ours:
            _read_only(self._engine)

    def items(self, shelf_index: Mapping[str, int]) -> list[PastItem]:
        """All items, also those that are withdrawn now, by id."""
        names = (
            "item_id", "barcode", "status", "home_from", "home_to", "home_source", "flags", "alternative_ids", "since_us",
        )  # fmt: skip
        wanted = select(*(items.c[name] for name in names)).where(items.c.site == self._site)
        with reading(self._engine, "read the catalogue") as connection:
            connection.execution_options(yield_per=10_000)
            return [_item(row, shelf_index) for row in connection.execute(wanted.order_by(items.c.item_id))]

    def links(self) -> list[PastLink]:
        """All links that a catalogue gave, also those that ended, by item and part.

        Those that tags told are left out: the raw log does not hold such tags.
        """
        names = (links.c.tag_key, links.c.item_id, links.c.part, links.c.valid_from_us, links.c.valid_to_us)
        wanted = select(*names).where(links.c.site == self._site, links.c.import_id != READ_FROM_TAG)
        wanted = wanted.order_by(links.c.item_id, links.c.part, links.c.tag_key, links.c.valid_from_us)
        with reading(self._engine, "read the links") as connection:
            connection.execution_options(yield_per=10_000)
            return [PastLink(*row) for row in connection.execute(wanted)]

    def statuses(self, from_us: int) -> list[PastStatus]:
        """Changes of status behind `from_us`, oldest first."""
        wanted = select(item_events.c.at_us, item_events.c.item_id, item_events.c.detail).where(
            item_events.c.site == self._site, item_events.c.kind == "status", item_events.c.at_us > from_us
        )
        with reading(self._engine, "read the history of states") as connection:
            connection.execution_options(yield_per=10_000)
            rows = connection.execute(wanted.order_by(item_events.c.at_us, item_events.c.id))
            return [found for row in rows if (found := _status(row)) is not None]

    def homes(self, from_us: int, shelf_index: Mapping[str, int]) -> list[PastHome]:
        """Changes of homes behind `from_us` that history noted, oldest first: those of moved ranges. Others leave no trace."""
        wanted = select(item_events.c.at_us, item_events.c.item_id, item_events.c.detail).where(
            item_events.c.site == self._site, item_events.c.kind == "home", item_events.c.at_us > from_us
        )
        with reading(self._engine, "read the history of homes") as connection:
            connection.execution_options(yield_per=10_000)
            rows = connection.execute(wanted.order_by(item_events.c.at_us, item_events.c.id))
            return [found for row in rows if (found := _home(row, shelf_index)) is not None]

    def last_statuses(self, item_ids: Collection[int], before_us: int) -> dict[int, str]:
        """The status that the history noted last for some items, up to a time."""
        found: dict[int, str] = {}
        with reading(self._engine, "read the history of states") as connection:
            for some in chunks(sorted(item_ids), _IDS):
                wanted = select(item_events.c.at_us, item_events.c.item_id, item_events.c.detail).where(
                    item_events.c.site == self._site,
                    item_events.c.item_id.in_(some),
                    item_events.c.kind == "status",
                    item_events.c.at_us <= before_us,
                )
                for row in connection.execute(wanted.order_by(item_events.c.at_us, item_events.c.id)):
                    if (one := _status(row)) is not None:
                        found[one.item_id] = one.after
        return found

    def acts(self, from_us: int, to_us: int) -> Iterator[tuple[int, ActAsked]]:
        """(when it was done, act) of the acts that the engine did in that time, in their order; a page in memory at a time."""
        names = ("id", "role", "asked_at_us", "kind", "subject", "body")
        wanted = select(acts.c.answered_at_us, *(acts.c[name] for name in names)).where(
            acts.c.site == self._site, acts.c.ok.is_(True), acts.c.kind.in_(_KINDS),
            acts.c.answered_at_us.between(from_us, to_us),
        )  # fmt: skip
        page = wanted
        while True:
            rows = self._all(page.order_by(acts.c.answered_at_us, acts.c.id).limit(A_PAGE))
            for row in rows:
                yield row.answered_at_us, ActAsked(**{name: getattr(row, name) for name in names})
            if len(rows) < A_PAGE:
                return
            page = wanted.where(
                tuple_(acts.c.answered_at_us, acts.c.id) > (rows[-1].answered_at_us, rows[-1].id)
            )

    def findings(self, from_us: int, to_us: int) -> list[PastFinding]:
        """Findings that were open at some moment of that time, oldest first; without those of unknown tags."""
        names = PastFinding.__struct_fields__
        wanted = select(*(findings.c[name] for name in names)).where(
            findings.c.site == self._site,
            findings.c.kind != "unknown_tag",
            findings.c.opened_at_us <= to_us,
            findings.c.changed_at_us.is_not(None),
        )
        rows = self._all(wanted.order_by(findings.c.opened_at_us, findings.c.id))
        ended = {"verified", "dismissed"}
        return [
            PastFinding(**{name: getattr(row, name) for name in names})
            for row in rows
            if row.state not in ended or row.changed_at_us >= from_us
        ]

    def labels(self, item_ids: Collection[int]) -> dict[int, tuple[str, str]]:
        """item_id → (barcode, title)."""
        found: dict[int, tuple[str, str]] = {}
        for some in chunks(sorted(item_ids), _IDS):
            wanted = select(items.c.item_id, items.c.barcode, items.c.title).where(
                items.c.site == self._site, items.c.item_id.in_(some)
            )
            found |= {row.item_id: (row.barcode, row.title) for row in self._all(wanted)}
        return found


def _read_only(engine: Engine) -> None:
    """Whatever is asked of this engine, the database refuses to write."""
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _query_only(connection: Any, _record: Any) -> None:
            connection.execute("PRAGMA query_only = ON")
    else:

        @event.listens_for(engine, "begin")
        def _transaction(connection: Connection) -> None:
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")


def _item(row: Any, shelf_index: Mapping[str, int]) -> PastItem:
    first, last = shelf_index.get(row.home_from, -1), shelf_index.get(row.home_to, -1)
    known = first >= 0 and last >= 0
    return PastItem(
        item_id=row.item_id,
        barcode=row.barcode,
        status=intern(row.status),
        home_from=first if known else -1,
        home_to=last if known else -1,
        home_source=intern(row.home_source) if known else "none",
        flag_bits=flag_bits(row.flags) if row.flags else 0,
        aliases=tuple(identifier_digest(one) for one in row.alternative_ids),
        since_us=row.since_us,
    )


def _home(row: Any, shelf_index: Mapping[str, int]) -> PastHome | None:
    was, now = row.detail.get("was"), row.detail.get("home")
    if not (isinstance(was, list) and isinstance(now, list) and len(was) == len(now) == 2):  # noqa: PLR2004 (first, last)
        return None
    before, after = ((shelf_index.get(pair[0], -1), shelf_index.get(pair[1], -1)) for pair in (was, now))
    return PastHome(row.at_us, row.item_id, before, after)


def _status(row: Any) -> PastStatus | None:
    """An import notes ``from`` and ``to``, an act only ``status``."""
    after = row.detail.get("to") or row.detail.get("status")
    if not isinstance(after, str):
        return None
    before = row.detail.get("from")
    return PastStatus(row.at_us, row.item_id, before if isinstance(before, str) else None, intern(after))
