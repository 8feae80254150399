"""Findings with the names that a card shows."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import Select, and_, func, or_, select

from hub.store.engine import reading
from hub.store.read.base import Reader, bounded, evidence_of, plain_row
from hub.store.tables import findings, items
from hub.views import FindingView

LIVE: Final = ("open", "claimed", "resolved")
"""States of findings that a person still sees on the map; suspected ones wait for more evidence."""

_JOINED: Final = findings.outerjoin(
    items, and_(items.c.site == findings.c.site, items.c.item_id == findings.c.item_id)
)
_WANTED: Final = select(
    findings.c.id,
    findings.c.kind,
    findings.c.state,
    findings.c.opened_at_us,
    findings.c.changed_at_us,
    findings.c.confidence,
    findings.c.item_id,
    items.c.barcode,
    items.c.title,
    items.c.author,
    items.c.call_number,
    findings.c.antenna,
    findings.c.shelf,
    findings.c.home_from,
    findings.c.home_to,
    findings.c.why,
    findings.c.evidence,
    findings.c.claimed_by,
    findings.c.reason,
).select_from(_JOINED)


class FindingReader(Reader):
    """Findings of one site."""

    def findings(
        self,
        states: Collection[str] | None = LIVE,
        kinds: Collection[str] | None = None,
        limit: int = 100,
        offset: int = 0,
        *,
        shelves: Collection[str] | None = None,
    ) -> tuple[list[FindingView], int]:
        """Findings, newest change first, and how many there are in all. None: any state or kind.

        `shelves`: only those heard on one of these shelves.
        """
        which: list[Any] = [findings.c.site == self._site]
        if states is not None:
            which.append(findings.c.state.in_(list(states)))
        if kinds is not None:
            which.append(findings.c.kind.in_(list(kinds)))
        if shelves is not None:
            which.append(findings.c.shelf.in_(list(shelves)))
        rows, start = bounded(limit, offset)
        page = _WANTED.where(*which).order_by(findings.c.changed_at_us.desc(), findings.c.id)
        with reading(self._engine, "read the findings") as connection:
            total = connection.execute(select(func.count()).select_from(findings).where(*which)).scalar_one()
            found = connection.execute(page.limit(rows).offset(start)).all()
        return [finding_view(row) for row in found], total

    def finding(self, finding_id: str) -> FindingView | None:
        """One finding."""
        found = self._all(_WANTED.where(findings.c.site == self._site, findings.c.id == finding_id))
        return finding_view(found[0]) if found else None


def findings_of_items(site: str, item_ids: Collection[int]) -> Select[Any]:
    """The live findings of some items."""
    return _WANTED.where(
        findings.c.site == site, findings.c.item_id.in_(list(item_ids)), findings.c.state.in_(LIVE)
    ).order_by(findings.c.opened_at_us, findings.c.id)


def findings_then(site: str, item_id: int, at_us: int) -> Select[Any]:
    """The findings of an item that stood open at a time: what ended since has its end as its last change."""
    still = or_(findings.c.state.in_(LIVE), findings.c.changed_at_us > at_us)
    mine = (findings.c.site == site, findings.c.item_id == item_id, findings.c.opened_at_us <= at_us, still)
    return _WANTED.where(*mine).order_by(findings.c.opened_at_us, findings.c.id)


def finding_view(row: Any) -> FindingView:
    """A row of the select above → view."""
    values = plain_row(row)
    values["evidence"] = evidence_of(values["evidence"])
    return FindingView(**values)
