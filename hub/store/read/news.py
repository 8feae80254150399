"""What the shelves say of items, for whoever asks a library system about them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import and_, func, select

from hub.store.read.base import MAX_LIMIT, Reader
from hub.store.read.findings import LIVE
from hub.store.tables import findings, item_events, items

ASKABLE: Final = ("missing", "unexpected", "security", "held")
"""Findings that the library system's own word can settle. Where a book stands, it does not know."""


class ItemNews(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the shelves say of an item."""

    barcode: str
    status: str
    """What the catalogue says now."""
    kind: str
    """``placed``, ``away``, or the kind of a finding."""
    at_us: int


class StateNow(msgspec.Struct, frozen=True, kw_only=True):
    """What the catalogue says of an item's loan state."""

    status: str
    source_status: str
    flags: list[str]


class NewsReader(Reader):
    """News of one site."""

    def heard_or_gone(self, after_us: int, upto_us: int, limit: int = 1_000) -> list[ItemNews]:
        """Items that got a place or fell silent behind one time and up to another, oldest first; all of the last time in it.

        The next call goes on after the newest `at_us`, so no time may be cut in two.
        """
        here = (
            item_events.c.site == self._site,
            item_events.c.kind.in_(("placed", "away")),
            item_events.c.at_us > after_us,
            item_events.c.at_us <= upto_us,
        )
        times = select(item_events.c.at_us).where(*here)
        last = times.order_by(item_events.c.at_us).limit(min(limit, MAX_LIMIT)).subquery()
        upto = select(func.max(last.c.at_us)).scalar_subquery()
        wanted = (
            select(items.c.barcode, items.c.status, item_events.c.kind, item_events.c.at_us)
            .join(items, and_(items.c.site == item_events.c.site, items.c.item_id == item_events.c.item_id))
            .where(*here, item_events.c.at_us <= upto)
            .order_by(item_events.c.at_us, item_events.c.item_id)
        )
        return [ItemNews(barcode=b, status=s, kind=k, at_us=t) for b, s, k, t in self._all(wanted)]

    def askable_findings(self, limit: int = MAX_LIMIT) -> list[ItemNews]:
        """Items with a live finding that the library system can say something about, newest change first."""
        wanted = (
            select(items.c.barcode, items.c.status, findings.c.kind, findings.c.changed_at_us)
            .join(items, and_(items.c.site == findings.c.site, items.c.item_id == findings.c.item_id))
            .where(findings.c.site == self._site, findings.c.kind.in_(ASKABLE), findings.c.state.in_(LIVE))
            .order_by(findings.c.changed_at_us.desc(), findings.c.id)
            .limit(min(limit, MAX_LIMIT))
        )
        return [ItemNews(barcode=b, status=s, kind=k, at_us=t) for b, s, k, t in self._all(wanted)]

    def states(self, barcodes: Collection[str]) -> dict[str, StateNow]:
        """By barcode, of those that the catalogue has; at most some thousand at a time."""
        wanted = select(items.c.barcode, items.c.status, items.c.source_status, items.c.flags).where(
            items.c.site == self._site, items.c.barcode.in_(list(barcodes))
        )
        return {
            row.barcode: StateNow(status=row.status, source_status=row.source_status, flags=row.flags)
            for row in self._all(wanted)
        }
