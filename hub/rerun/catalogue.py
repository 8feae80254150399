"""The catalogue as it was: items, links and states of a past time, and what changed them since. Pure.

Exact for links (they have times), for statuses whose change was noted with what was before, and for homes that a person gave to a
moved range. Homes that a catalogue brought, flags and other identifiers have no history: those of today stand for all of the past.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from hub.events import ActAsked, CatalogColumns, Event
from hub.pastviews import PastHome, PastItem, PastLink, PastStatus

STATES_AT_ONCE: Final = 500
"""Rows of one act ``item.states`` (`hub.engine.states`)."""
IMPORTS: Final = frozenset({"catalog.import", "catalog.labels"})
MOVES: Final = frozenset({"moved.approve", "moved.undo"})
"""After these the homes are what they became, whether or not this run had the proposal."""
_USUAL_BEFORE: Final = {"on_shelf": "on_loan"}


class PastCatalogue:
    """See the module. `noted`: the last status that history noted before the first of `statuses`, by item."""

    def __init__(
        self,
        items: Sequence[PastItem],
        links: Sequence[PastLink],
        statuses: Sequence[PastStatus],
        noted: Mapping[int, str],
        homes: Sequence[PastHome] = (),
    ) -> None:
        self.guessed = 0
        """Items whose first status is not noted anywhere, and was taken as the usual one before what followed."""
        self._items = items
        self._links = links
        self._statuses = statuses
        self._at_us = [one.at_us for one in statuses]
        self._homes = homes
        self._first_homes: dict[int, tuple[int, int]] = {}
        """The home before all of `homes`, of items that stand in them."""
        for home in homes:
            self._first_homes.setdefault(home.item_id, home.before)
        self._first: dict[int, str] = {}
        """The status before all of `statuses`, of items that stand in them."""
        for one in statuses:
            if one.item_id not in self._first:
                self._first[one.item_id] = self._before(one, noted)
        changed = {time for item in items for time in (item.since_us,)}
        changed |= {
            time for link in links for time in (link.valid_from_us, link.valid_to_us) if time is not None
        }
        self._changed_us = sorted(changed)
        self._barcode = {item.item_id: item.barcode for item in items}

    def _before(self, change: PastStatus, noted: Mapping[int, str]) -> str:
        known = change.before or noted.get(change.item_id)
        if known is None:
            self.guessed += 1
        return known or _USUAL_BEFORE.get(change.after, "on_shelf")

    def columns(self, at_us: int) -> CatalogColumns:
        """The whole catalogue as the engine would have got it at that time."""
        status = dict(self._first)
        for change in self._statuses[: bisect_right(self._at_us, at_us)]:
            status[change.item_id] = change.after
        homes = dict(self._first_homes)
        for moved in self._homes:
            if moved.at_us <= at_us:
                homes[moved.item_id] = moved.after
        made = CatalogColumns(f"history-{at_us}", [], [], [], [], [], [], [], [])
        flags: list[int] = []
        for item in self._items:
            if item.since_us > at_us:
                continue
            made.item_id.append(item.item_id)
            made.barcode.append(item.barcode)
            made.status.append(status.get(item.item_id, item.status))
            first, last = homes.get(item.item_id, (item.home_from, item.home_to))
            made.home_from.append(first)
            made.home_to.append(last)
            made.home_source.append(item.home_source)
            flags.append(item.flag_bits)
            made.alias_digest.extend(item.aliases)
            made.alias_item.extend([item.item_id] * len(item.aliases))
        if any(flags):
            made.flag_bits.extend(flags)
        self._link(made, at_us)
        return made

    def _link(self, made: CatalogColumns, at_us: int) -> None:
        known = set(made.item_id)
        parts: list[int] = []
        for link in self._links:
            ended = link.valid_to_us is not None and link.valid_to_us <= at_us
            if link.item_id in known and link.valid_from_us <= at_us and not ended:
                made.link_key.append(link.tag_key)
                made.link_item.append(link.item_id)
                parts.append(link.part)
        numbers = _numbers(made.link_item)
        if parts != numbers:
            made.link_part.extend(parts)

    def event(self, at_us: int, act: ActAsked, since_us: int) -> list[Event]:
        """What the engine got for an act that was done at `at_us`; `since_us`: when it last got a catalogue.

        An import that changed no item's being and no tag comes as the states that it changed: a whole catalogue costs
        seconds, and a followed system brings one every few minutes.
        """
        if act.kind in MOVES:
            return [act, self.columns(at_us)]
        if act.kind not in IMPORTS:
            return [act]
        changed = self._statuses[bisect_right(self._at_us, since_us) : bisect_right(self._at_us, at_us)]
        is_same = bisect_right(self._changed_us, at_us) == bisect_right(self._changed_us, since_us)
        if act.kind == "catalog.labels" or not is_same or len(changed) > STATES_AT_ONCE:
            return [self.columns(at_us)]
        after = {one.item_id: one.after for one in changed}
        if not after:
            return []
        rows: list[dict[str, Any]] = [
            {"barcode": self._barcode[item_id], "status": status}
            for item_id, status in after.items()
            if self._barcode.get(item_id)
        ]
        return [ActAsked(f"history-{act.id}", "system", at_us, "item.states", "", {"states": rows})]


def _numbers(item_of_link: Sequence[int]) -> list[int]:
    """1, 2, 3 … within each item: the parts of links that come in their order."""
    found = [1] * min(1, len(item_of_link))
    for before, item in pairwise(item_of_link):
        found.append(found[-1] + 1 if item == before else 1)
    return found
