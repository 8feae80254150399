"""Shelves, agents, antennas, and the hub itself."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Column, Table, func, select

from hub.effects import AgentChanged, AntennaChanged
from hub.store.acts import ActAnswer, act_answer
from hub.store.engine import reading
from hub.store.read.base import Reader, plain_row
from hub.store.tables import acts, agents, antennas, findings, items, links, meta, places, shelves
from hub.views import ShelfView


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many of everything; for the health page and the map's head."""

    items: int
    items_without_home: int
    items_located: int
    """Items of which at least one part is believed on a shelf."""
    links: int
    findings: dict[str, dict[str, int]]
    """Kind → state → how many."""
    items_by_status: dict[str, int]
    shelves: dict[str, int]
    """By state."""
    antennas: dict[str, int]
    """By state."""
    agents_online: int
    agents: int
    acts_pending: int


class HealthReader(Reader):
    """States of one site."""

    def shelf_states(self) -> list[ShelfView]:
        """All shelves of which the hub has said something."""
        rows = self._all(select(shelves).where(shelves.c.site == self._site).order_by(shelves.c.shelf))
        return [ShelfView(**plain_row(row)) for row in rows]

    def agents(self) -> list[AgentChanged]:
        """All agents, those that the site does not know too."""
        rows = self._all(select(agents).where(agents.c.site == self._site).order_by(agents.c.agent))
        return [AgentChanged(**plain_row(row)) for row in rows]

    def antennas(self) -> list[AntennaChanged]:
        """All antennas that were ever heard of."""
        rows = self._all(select(antennas).where(antennas.c.site == self._site).order_by(antennas.c.antenna))
        return [AntennaChanged(**plain_row(row)) for row in rows]

    def act_answer(self, act_id: str) -> ActAnswer | None:
        """The hub's answer to an act; None: not yet."""
        return act_answer(self._engine, self._site, act_id)

    def hub_state(self) -> dict[str, int]:
        """What the hub wrote about itself: ``position``, ``changed_at_us``; empty before its first group."""
        wanted = select(meta.c.name, meta.c.value).where(meta.c.site == self._site)
        rows = self._all(wanted.where(meta.c.name.in_(("position", "changed_at_us"))))
        return {name: int(value) for name, value in rows}

    def counts(self) -> Counts:
        """How many of everything, in one consistent look."""
        with reading(self._engine, "count the hub's rows") as connection:

            def by(table: Table, column: Column[Any]) -> dict[str, int]:
                wanted = select(column, func.count()).where(table.c.site == self._site).group_by(column)
                return {str(name): number for name, number in connection.execute(wanted)}

            def number(table: Table, *which: Any) -> int:
                wanted = select(func.count()).select_from(table).where(table.c.site == self._site, *which)
                return connection.execute(wanted).scalar_one()

            kinds: dict[str, dict[str, int]] = {}
            wanted = select(findings.c.kind, findings.c.state, func.count()).where(
                findings.c.site == self._site
            )
            for kind, state, count in connection.execute(wanted.group_by(findings.c.kind, findings.c.state)):
                kinds.setdefault(kind, {})[state] = count
            located = select(func.count(places.c.item_id.distinct())).where(
                places.c.site == self._site, places.c.shelf.is_not(None)
            )
            online = by(agents, agents.c.online)
            return Counts(
                items=number(items),
                items_without_home=number(items, items.c.home_from.is_(None)),
                items_located=connection.execute(located).scalar_one(),
                links=number(links, links.c.valid_to_us.is_(None)),
                findings=kinds,
                items_by_status=by(items, items.c.status),
                shelves=by(shelves, shelves.c.state),
                antennas=by(antennas, antennas.c.state),
                agents_online=online.get("True", 0),
                agents=sum(online.values()),
                acts_pending=number(acts, acts.c.answered_at_us.is_(None)),
            )
