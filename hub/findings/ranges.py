"""Moved ranges → one proposal each, and the single findings that wait for its answer. Pure.

A group (`hub.findings.moved`) is followed by its name, source range > target range. While it is *forming* (some books of one shelf in one
place, and more came within `moved_settles_s`) or *proposed* (a live `moved_range` finding), nothing opens about its books one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec

from hub.belief.geometry import Geometry
from hub.effects import Effect, Finding, FindingKind
from hub.findings.machine import LIVE, Machine, Subject
from hub.findings.moved import SOME, Areas, Group, Ints, Standing, Told, groups, ids_of, unheard, waiting
from hub.settings import EngineSettings
from shelfwire.ids import digest_id

KIND: Final[FindingKind] = "moved_range"
NO_ITEM: Final = -1
FEW: Final = 0.5
"""A proposal is settled when its group has shrunk below this share of `moved_items`: somebody carried the books back."""
ANEW: Final = 2.0
"""A rejected group that grows by this factor, and by `moved_items`, is asked about again."""
APPROVALS: Final = 20
"""Approvals that can be undone; each keeps the homes of its items (100 bytes an item, also in the snapshot)."""
GROWTH: Final = 0.02
"""A group has grown when it is larger by this share, and by `SOME`: single books go on coming for days, from loans and tables."""
TOLD_US: Final = 60_000_000
"""The words of a growing proposal change at most this often."""
_S: Final = 1_000_000

Sure = Callable[[Ints, int], float]
"""(rows of items, target range) → mean probability that they stand in it."""


class Flow(msgspec.Struct):
    """A group through time."""

    since_us: int
    """Of the proposal that is asked now."""
    grew_us: int
    """When it last had grown."""
    most: int
    """Books of it then."""
    began_us: int
    rejected: int = -1
    """How large it was when a person rejected it; -1: nobody did."""


class NewHome(NamedTuple):
    """An item's home before and after an approval; shelf ids."""

    item_id: int
    old_first: str
    old_last: str
    first: str
    last: str


class Approval(msgspec.Struct):
    """A proposal that a person approved, so that it can be undone."""

    finding: Finding
    homes: list[NewHome]


class MovedRanges:
    """All groups of a site; which books wait for an answer."""

    def __init__(self) -> None:
        self.flows: dict[str, Flow] = {}
        self.held: set[int] = set()
        """Ids of items of which no `misplaced` opens."""
        self.gone_s: dict[int, int] = {}
        """Ids of items that may have gone with their shelf → a `missing` opens only if they were heard after this time."""
        self.approved: dict[str, Approval] = {}
        """By finding; the last `APPROVALS`."""
        self.looked_us = 0

    def holds_back(self, kind: FindingKind, item_id: int, newest_s: int) -> bool:
        """Whether a finding about this item waits; `newest_s`: when it was last heard, 0: never."""
        if kind == "misplaced":
            return item_id in self.held
        return kind == "missing" and newest_s <= self.gone_s.get(item_id, -1)

    def approve(self, approval: Approval) -> None:
        """Remember an approval, and forget the oldest one beyond `APPROVALS`."""
        self.approved[approval.finding.id] = approval
        while len(self.approved) > APPROVALS:
            del self.approved[next(iter(self.approved))]

    def step_back(self, now_us: int) -> None:
        """The hub's clock was set back to `now_us`: nothing began or grew later."""
        self.looked_us = min(self.looked_us, now_us)
        for flow in self.flows.values():
            flow.began_us = min(flow.began_us, now_us)
            flow.since_us, flow.grew_us = min(flow.since_us, now_us), min(flow.grew_us, now_us)

    def dump(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "flows": [[name, msgspec.to_builtins(flow)] for name, flow in self.flows.items()],
            "held": sorted(self.held),
            "gone_s": sorted(self.gone_s.items()),
            "approved": [msgspec.to_builtins(one) for one in self.approved.values()],
            "looked_us": self.looked_us,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """As `dump` left it."""
        self.flows = {name: msgspec.convert(flow, Flow) for name, flow in state["flows"]}
        self.held = set(state["held"])
        self.gone_s = {int(item): int(until) for item, until in state["gone_s"]}
        approved = msgspec.convert(state["approved"], list[Approval])
        self.approved = {one.finding.id: one for one in approved}
        self.looked_us = state["looked_us"]


class RangeWatch:
    """Runs the machine over the groups; made anew with each site and catalogue, `moved` stays."""

    def __init__(
        self, geometry: Geometry, machine: Machine, moved: MovedRanges, settings: EngineSettings
    ) -> None:
        self.areas = Areas(geometry.site)
        self._site = geometry.site.id
        self._machine = machine
        self._moved = moved
        self._settings = settings

    def look(self, standing: Standing, item_id: Ints, sure: Sure, now_us: int) -> list[Effect]:
        """Follow all groups; rows of `standing` are those of `item_id`."""
        moved, found = self._moved, self._groups(standing)
        moved.held, moved.gone_s = set(), {}
        effects: list[Effect] = []
        seen: set[str] = set()
        for group in found:
            name = self._name(group)
            seen.add(name)
            effects += self._follow(name, group, standing, item_id, sure, now_us)
        for name in [name for name in moved.flows if name not in seen]:
            del moved.flows[name]
        gone = [one for one in self._machine.subjects(KIND) if one.name not in moved.flows]
        return [*effects, *self._machine.settle(gone, now_us)]

    def _name(self, group: Group) -> str:
        """What a group has been called by longest: one that takes in the next range is still the same."""
        names = group.names(self.areas)
        flows = self._moved.flows
        return min(
            (name for name in names if name in flows), key=lambda one: flows[one].began_us, default=names[0]
        )

    def group(self, name: str, standing: Standing) -> Group | None:
        """The group of that name, now; None: it is no move any more."""
        found = [one for one in self._groups(standing) if name in one.names(self.areas)]
        return found[0] if found and len(found[0].members) else None

    def _groups(self, standing: Standing) -> list[Group]:
        settings = self._settings
        return groups(self.areas, standing, share=settings.moved_share, tolerance=settings.tolerance_shelves)

    def _follow(  # noqa: PLR0917 (a group, what it stands on, and the time)
        self, name: str, group: Group, standing: Standing, item_id: Ints, sure: Sure, now_us: int
    ) -> list[Effect]:
        settings, moved = self._settings, self._moved
        flow = moved.flows.setdefault(name, Flow(now_us, now_us, 0, now_us))
        if len(group.stirring) >= flow.most + max(SOME, GROWTH * flow.most):
            flow.most, flow.grew_us = len(group.stirring), now_us
        grows = now_us - flow.grew_us < settings.moved_settles_s * _S
        subject = Subject(KIND, NO_ITEM, name)
        effects: list[Effect] = []
        count, least = len(group.members), settings.moved_items
        known = self._machine.findings.get(subject)
        if known is not None and known.state == "dismissed":
            flow.rejected = count if flow.rejected < 0 else flow.rejected
            if count < max(ANEW * flow.rejected, flow.rejected + least):
                return []
            # It is another question now: what was rejected is a part of it.
            flow.since_us, flow.rejected = now_us, -1
            effects += self._machine.refute(subject, now_us)
            known = None
        if known is None and count < least:
            if grows:
                moved.held |= self._waits(group, standing, item_id, grows=True)
            return effects
        if count < least * FEW:
            return [*effects, *self._machine.refute(subject, now_us)]
        effects += self._propose(subject, group, standing, item_id, sure, now_us, flow=flow, grows=grows)
        return effects

    def _propose(  # noqa: PLR0917 (as `_follow`)
        self,
        subject: Subject,
        group: Group,
        standing: Standing,
        item_id: Ints,
        sure: Sure,
        now_us: int,
        *,
        flow: Flow,
        grows: bool,
    ) -> list[Effect]:
        """Open or word the proposal; the books' own findings become part of it."""
        moved, machine = self._moved, self._machine
        until_s = (flow.grew_us + int(self._settings.moved_settles_s * _S)) // _S
        gone = ids_of(item_id, unheard(standing, group.emptied))
        waits = self._waits(group, standing, item_id, grows=grows)
        moved.gone_s |= dict.fromkeys(gone, until_s)
        moved.held |= waits
        known = machine.findings.get(subject)
        if known is None or self._is_old(known, group, grows=grows, now_us=now_us):
            why = self._why(group, standing, item_id, flow, grows=grows, gone=len(gone))
            fresh = self._finding(subject, group, standing, why, sure(group.members, group.target), now_us)
            words = (
                machine.confirm(subject, now_us, lambda: fresh)
                if known is None
                else machine.update(subject, now_us, fresh)
            )
        else:
            words = []
        finding = machine.findings[subject]
        own = [
            one
            for one, each in machine.findings.items()
            if each.state == "open"
            and one.item_id in (waits if one.kind == "misplaced" else gone)
            and (one.kind == "misplaced" or each.opened_at_us >= flow.began_us)
            and moved.holds_back(one.kind, one.item_id, int(each.why.get("last_heard_us", 0)) // _S)
        ]
        return [*words, *machine.absorb(own, finding.id, now_us)]

    def _waits(self, group: Group, standing: Standing, item_id: Ints, *, grows: bool) -> set[int]:
        tolerance = self._settings.tolerance_shelves
        return ids_of(item_id, waiting(self.areas, standing, group, tolerance, grows=grows))

    def _is_old(self, known: Finding, group: Group, *, grows: bool, now_us: int) -> bool:
        """Whether the words of a proposal no longer fit."""
        if known.state not in LIVE or now_us - known.changed_at_us < TOLD_US:
            return False
        told = int(known.why.get("items", 0))
        return told != len(group.members) or bool(known.why.get("grows")) != grows

    def _why(
        self, group: Group, standing: Standing, item_id: Ints, flow: Flow, *, grows: bool, gone: int
    ) -> dict[str, Any]:
        told, areas = Told(standing, group.members), self.areas
        return {
            "template": "moved_range_growing" if grows else KIND,
            "since_us": flow.since_us,
            "items": len(group.members),
            "grows": grows,
            "order": round(100 * told.order),
            "unheard": gone,
            "from_area": areas.name(told.homes),
            "to_area": areas.name(told.places),
            "last_shelf": areas.shelf_ids[int(told.places[-1])],
            "first_item": int(item_id[group.members[0]]),
            "last_item": int(item_id[group.members[-1]]),
            "shelves": [list(pair) for pair in told.pairs(areas)],
        }

    def _finding(  # noqa: PLR0917 (the parts of a finding)
        self,
        subject: Subject,
        group: Group,
        standing: Standing,
        why: dict[str, Any],
        sure: float,
        now_us: int,
    ) -> Finding:
        told, ids = Told(standing, group.members), self.areas.shelf_ids
        return Finding(
            id=digest_id(self._site, subject.name, KIND, why["since_us"]),
            kind=KIND,
            state="open",
            opened_at_us=now_us,
            changed_at_us=now_us,
            confidence=round(sure, 3),
            shelf=ids[int(told.places[0])],
            home_from=ids[int(told.homes[0])],
            home_to=ids[int(told.homes[-1])],
            why=why,
        )
