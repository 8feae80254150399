"""Findings about antennas, shelves, tags that are no item's, and a site whose security says nothing. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from hub.belief.geometry import Geometry
from hub.belief.interface import Bools, Ints
from hub.belief.looks import Antennas
from hub.belief.strangers import STAYS_GAP_S, Stranger, Strangers
from hub.belief.trust import ILLS
from hub.effects import Effect, Evidence, Finding, FindingKind
from hub.findings import shipped
from hub.findings.loans import OffCount
from hub.findings.machine import Machine, Subject
from hub.settings import EngineSettings
from shelfwire.ids import digest_id

NO_ITEM = -1
SITE: Final = "site"
MANY_OFF: Final = 50
"""Books with their security off that make a question of their own; fewer are shown one by one, whatever their share."""
STRANGER_KINDS: Final = frozenset({"unknown_tag", "unexpected"})


class PlaceWatch:
    """Runs the machine over what is not about an item."""

    def __init__(
        self, geometry: Geometry, antennas: Antennas, machine: Machine, settings: EngineSettings
    ) -> None:
        self._geometry = geometry
        self._antennas = antennas
        self._machine = machine
        self._settings = settings

    def antennas(self, now_us: int) -> list[Effect]:
        """`silent_antenna`: dwells come, and the antenna does not prove in them that it hears."""
        effects: list[Effect] = []
        book, g = self._antennas, self._geometry
        for index in np.flatnonzero(silent(book, g, self._settings)).tolist():
            subject = Subject("silent_antenna", NO_ITEM, g.antenna_ids[index])
            resolved = self._machine.suspicions.get(subject)
            before = resolved.looks.get(subject.name, 0) if resolved is not None else 0
            if int(book.distrusted[index]) - before < self._settings.silent_dwells:
                continue
            effects += self._machine.confirm(subject, now_us, self._silent(subject, index, now_us))
        for subject in self._machine.subjects("silent_antenna"):
            at = g.antenna_index.get(subject.name)
            if at is None or not book.distrusted[at] or not g.meant[at]:
                effects += self._machine.refute(subject, now_us)
        return effects

    def _silent(self, subject: Subject, index: int, now_us: int) -> Callable[[], Finding]:
        book, g = self._antennas, self._geometry
        since_us = int(book.last_look_s[index]) * 1_000_000 or now_us
        distrusted = int(book.distrusted[index])
        why: dict[str, Any] = {"since_us": since_us, "dwells": distrusted} | _ails(book, g, index)
        shelf = g.shelf_ids[g.own_shelves[index][0]]
        proof = Evidence(
            antenna=subject.name, shelf=shelf, first_at_us=since_us, last_at_us=int(book.last_dwell_us[index]),
            dwells=distrusted, heard=0, says="silent",
        )  # fmt: skip
        return lambda: self._finding(subject, since_us, now_us, 0.9, shelf=shelf, why=why, evidence=[proof])

    def shelves(self, looked_at_s: Ints, awake_us: int, now_us: int) -> list[Effect]:
        """`stale_shelf`: watched, but without a trusted look for long. Not asked while the hub itself was away."""
        effects: list[Effect] = []
        g, limit_us = self._geometry, int(self._settings.stale_after_s * 1e6)
        stale = (now_us - looked_at_s * 1_000_000 > limit_us) & g.watched
        if now_us - awake_us > limit_us:
            for shelf in np.flatnonzero(stale).tolist():
                subject, at_s = Subject("stale_shelf", NO_ITEM, g.shelf_ids[shelf]), int(looked_at_s[shelf])
                resolved = self._machine.suspicions.get(subject)
                if resolved is not None and now_us - resolved.since_us <= limit_us:
                    continue
                why = (
                    {"since_us": at_s * 1_000_000}
                    if at_s
                    else {"since_us": awake_us, "template": "never_looked"}
                )
                effects += self._machine.confirm(subject, now_us, self._stale(subject, why, now_us))
        for subject in self._machine.subjects("stale_shelf"):
            at = g.shelf_index.get(subject.name)
            if at is None or not stale[at]:
                effects += self._machine.refute(subject, now_us)
        return effects

    def _stale(self, subject: Subject, why: dict[str, Any], now_us: int) -> Callable[[], Finding]:
        return lambda: self._finding(
            subject, why["since_us"], now_us, 1.0, shelf=subject.name, why=why, evidence=[]
        )

    def strangers(self, strangers: Strangers, now_us: int) -> list[Effect]:
        """`unknown_tag`: no item's, and it stays; `unexpected`, if it says itself that it is another library's."""
        effects: list[Effect] = []
        g = self._geometry
        for name, one in strangers.stayed(self._settings.unknown_stays_h * 3600):
            shelves = g.own_shelves[one.antenna] if one.antenna < g.antennas else []
            subject = Subject(_stranger_kind(one), NO_ITEM, name)
            if not shelves or subject in self._machine.findings:
                continue
            why: dict[str, Any] = {"since_us": one.first_s * 1_000_000, "heard": one.heard}
            if one.owner:
                why |= {"template": "unexpected_owner", "owner": one.owner}
            proof = Evidence(
                antenna=g.antenna_ids[one.antenna], shelf=g.shelf_ids[shelves[0]], first_at_us=one.first_s * 1_000_000,
                last_at_us=one.last_s * 1_000_000, dwells=one.heard, heard=one.heard, says="heard",
            )  # fmt: skip
            finding = self._finding(
                subject, one.first_s, now_us, 0.9, shelf=g.shelf_ids[shelves[0]], why=why, evidence=[proof]
            )
            effects += self._machine.confirm(subject, now_us, _just(finding))
        gone = [
            subject for subject in self._machine.findings
            if subject.kind in STRANGER_KINDS and subject.item_id == NO_ITEM
            and (subject.name not in strangers.seen
                 or subject.kind != _stranger_kind(strangers.seen[subject.name])
                 or now_us // 1_000_000 - strangers.seen[subject.name].last_s > STAYS_GAP_S)
        ]  # fmt: skip
        return effects + list(self._machine.settle(gone, now_us))

    def security(self, count: OffCount, now_us: int, *, was_unused: bool) -> tuple[list[Effect], bool]:
        """Where hardly a book has it on: one question, whether the library uses it at all, in place of a finding a book.

        Returns also whether it seems not to.
        """
        share = self._settings.security_share
        many = count.off >= MANY_OFF and count.off >= share * count.known
        unused = many or (was_unused and count.off >= share / 2 * count.known > 0)
        subject = Subject("security", NO_ITEM, SITE)
        if not unused:
            return list(self._machine.refute(subject, now_us)), False
        resolved = self._machine.suspicions.get(subject)
        if resolved is not None and now_us - resolved.since_us < self._settings.security_after_s * 1e6:
            return [], True
        effects: list[Effect] = []
        if not was_unused:
            single = [
                one for one, found in self._machine.findings.items()
                if one.kind == "security" and found.why.get("template") == "security_off"
            ]  # fmt: skip
            effects += self._machine.settle(single, now_us)
        why = {"template": "security_unused", "off": count.off, "known": count.known, "since_us": now_us}
        shelf = self._geometry.shelf_ids[count.shelf]
        found = self._finding(subject, now_us // 1_000_000, now_us, 0.9, shelf=shelf, why=why, evidence=[])
        return [*effects, *self._machine.confirm(subject, now_us, _just(found))], True

    def _finding(
        self,
        subject: Subject,
        since: int,
        now_us: int,
        confidence: float,
        *,
        shelf: str,
        why: dict[str, Any],
        evidence: list[Evidence],
    ) -> Finding:
        kind: FindingKind = subject.kind
        return Finding(
            id=digest_id(self._geometry.site.id, subject.name, kind, since),
            kind=kind,
            state="open",
            opened_at_us=now_us,
            changed_at_us=now_us,
            confidence=shipped.calibration().shown(kind, confidence),
            tag_key=subject.name if kind == "unknown_tag" else None,
            antenna=evidence[0].antenna if evidence else None,
            shelf=shelf,
            why=why | {"raw": confidence},
            evidence=evidence,
        )


def _ails(book: Antennas, g: Geometry, index: int) -> dict[str, Any]:
    """What a silent antenna's finding says of the cause."""
    trust = book.trust
    loss_db = round(float(trust.loss_db[index]))
    match ILLS[trust.ill[index]]:
        case "weak":
            return {"template": "silent_weak", "loss": loss_db}
        case "deaf":
            return {"template": "silent_deaf", "loss": loss_db}
        case "elsewhere":
            return {"template": "silent_elsewhere", "usual": int(trust.residents[index])}
    if g.references[index] and ILLS[trust.ill[index]] != "lost":
        return {}  # nothing is wrong with its books, as far as is known: it was its reference tags that it did not hear
    usual = float(trust.residents[index] if g.references[index] else book.usual[index])
    return {"template": "silent_shelf", "usual": round(usual)}


def _stranger_kind(one: Stranger) -> FindingKind:
    return "unexpected" if one.owner else "unknown_tag"


def _just(finding: Finding) -> Callable[[], Finding]:
    return lambda: finding


def silent(book: Antennas, geometry: Geometry, settings: EngineSettings) -> Bools:
    """By antenna: dwells come, and it does not prove in them that it hears. An antenna that has nothing to hear proves nothing."""
    proves = (np.array(geometry.references) > 0) | (book.usual >= 1)
    result: Bools = (book.distrusted >= settings.silent_dwells) & proves & geometry.meant[:-1]
    return result
