"""Beliefs → findings about items. Pure.

Each detector says of each weighed tag whether its condition holds, is refuted, or cannot be told; the machine does the
rest. Thresholds come in pairs, so that nothing flickers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hub.belief.index import TagIndex
from hub.belief.interface import Homes, Ints, Weighed
from hub.belief.model import ONE_HIT, TWO_HITS, ShelfBelief
from hub.belief.security import TagSecurity
from hub.belief.slots import NOBODY, SLOTS
from hub.belief.stock import Stock
from hub.catalog.model import STATUSES
from hub.effects import Effect, Evidence, Finding, FindingKind
from hub.explain.witnesses import OFF_SHELF, contest_of, witnesses
from hub.findings import shipped
from hub.findings.about import About
from hub.findings.again import looks_since, missing_again
from hub.findings.confidence import Calibration
from hub.findings.decision import threshold
from hub.findings.loans import Loans, patience, stands, template
from hub.findings.machine import Machine, Subject, Suspicion
from hub.findings.ranges import MovedRanges
from hub.settings import EngineSettings
from shelfwire.ids import digest_id

Bools = NDArray[np.bool_]
_S: Final = 1_000_000
TWICE: Final = 2.0
HALF: Final = 0.5
ITEM_KINDS: tuple[FindingKind, ...] = ("misplaced", "missing", "unexpected", "held", "security")
OF_STATUS: Final = frozenset({"unexpected", "held", "security"})
"""Kinds whose words go by the catalogue's status."""


@dataclass(frozen=True)
class Conditions:
    """Per weighed row, for each kind: suspect, holds for sure, refuted; none of them: cannot be told."""

    suspect: dict[FindingKind, Bools]
    holds: dict[FindingKind, Bools]
    refuted: dict[FindingKind, Bools]


def conditions(
    belief: ShelfBelief, weighed: Weighed, homes: Homes, loans: Loans, settings: EngineSettings, *, now_s: int
) -> Conditions:
    """All detectors at once."""
    rows = weighed.rows
    away = belief.away[rows]
    located = (belief.place[rows] >= 0) & ~away
    outside = (1 - weighed.away) * (1 - weighed.at_home)
    homed = homes.expected & (homes.first >= 0)
    heard_twice = weighed.hits >= TWO_HITS
    # A weak tag that stands wrong falls silent now and then, and stands wrong still.
    around = (belief.place[rows] >= 0) & (weighed.seen >= TWICE) & (weighed.away < HALF)
    outside_home = homed & around & (outside >= settings.place_certain)
    misplaced = outside_home & (outside >= threshold("misplaced", settings))
    at_home = (weighed.hits >= ONE_HIT) & (weighed.at_home >= 1 - settings.misplaced_below)
    long_away = weighed.covered_s >= settings.longest_use_h * 3600
    silent = weighed.silent_looks >= settings.missing_looks
    gone = weighed.away >= threshold("missing", settings)
    night = (weighed.closed_looks >= settings.missing_looks) & (
        weighed.covered_s >= settings.missing_after_h * 3600
    )
    night &= belief.people.hours.opens_in_s(now_s) <= settings.listed_before_opening_h * 3600
    quiet = (silent & long_away) | night
    missing = homes.expected & away & gone & quiet
    if missing.any() and belief.antennas.dark_share(belief.geometry, now_s) > settings.dark_share:
        missing[:] = False
    # A book that was lent just now was heard until it was taken to the desk.
    heard = located & heard_twice & (weighed.newest_s > homes.since_s)
    of_status: dict[FindingKind, Bools] = {
        "unexpected": loans.unexpected & heard,
        "held": loans.held & heard,
        "security": loans.wrong & heard,
    }
    return Conditions(
        suspect={"misplaced": outside_home, "missing": missing, **of_status},
        holds={"misplaced": misplaced, "missing": missing, **of_status},
        refuted={
            "misplaced": ~homed | (away & (weighed.away >= HALF)) | at_home,
            "missing": ~homes.expected | ~away,
            "unexpected": ~loans.unexpected | away,
            "held": ~loans.held | away,
            "security": loans.right | away,
        },
    )


class ItemWatch:
    """Runs the machine over the detectors' answers."""

    def __init__(
        self,
        site: str,
        stock: Stock,
        index: TagIndex,
        belief: ShelfBelief,
        machine: Machine,
        *,
        security: TagSecurity,
        settings: EngineSettings,
        calibration: Calibration | None = None,
        moved: MovedRanges | None = None,
    ) -> None:
        self._site = site
        self._stock = stock
        self._belief = belief
        self._machine = machine
        self._security = security
        self._settings = settings
        self._index = index
        self._calibration = calibration or shipped.calibration()
        self._moved = moved or MovedRanges()
        self.about = About(machine, index, stock)

    def sense(self, found: Conditions, weighed: Weighed, now_us: int) -> list[Effect]:
        """What the weighed rows change in the findings."""
        effects: list[Effect] = []
        known = self._known(weighed.rows)
        for kind in ITEM_KINDS:
            holds = found.holds[kind]
            for at in np.flatnonzero(found.suspect[kind]).tolist():
                if kind == "missing" and self._there_by_another_tag(int(weighed.rows[at])):
                    found.refuted[kind][at] = True
                    continue
                effects += self._holds(kind, weighed, at, now_us, sure=bool(holds[at]))
            # Nearly every row of a tidy library refutes everything: only what is known can be refuted.
            for at in known[kind]:
                if found.refuted[kind][at]:
                    for subject in self._subjects(kind, int(weighed.rows[at])):
                        effects += self._machine.refute(subject, now_us)
        return effects

    def settle(self, places: Ints, now_us: int) -> list[Effect]:
        """The catalogue says something else of these items now: what cannot be a finding any more is settled at once."""
        stock, effects = self._stock, list[Effect]()
        changed = {int(stock.item_id[place]): place for place in places.tolist()}
        about = [
            one for one in (*self._machine.findings, *self._machine.suspicions) if one.item_id in changed
        ]
        for subject in dict.fromkeys(about):
            place = changed[subject.item_id]
            row = int(self._index.codes([subject.name], 1)[0])
            state = int(self._security.state[row]) if row >= 0 else 0
            status, flags = int(stock.status[place]), int(stock.flags[place])
            if not stands(subject.kind, status, flags, state, self._settings):
                effects += self._machine.refute(subject, now_us)
        return effects

    def _there_by_another_tag(self, row: int) -> bool:
        """Whether the same part of the same item is heard by another tag: this one was replaced or torn off."""
        belief = self._belief
        return any(
            belief.place[other] >= 0 and not belief.away[other] for other in self._stock.doubles.get(row, ())
        )

    def _known(self, rows: Ints) -> dict[FindingKind, list[int]]:
        """By kind: where in `rows` (sorted) the tags stand that a suspicion or finding is about, in the order of rows."""
        return {kind: _stand(self.about.of(kind), rows) for kind in ITEM_KINDS}

    def _subjects(self, kind: FindingKind, row: int) -> list[Subject]:
        ids = [int(self._stock.item_id[place]) for place in self._stock.items_of(row)]
        return [Subject(kind, item_id, self._stock.keys[row]) for item_id in ids]

    def _holds(
        self, kind: FindingKind, weighed: Weighed, at: int, now_us: int, *, sure: bool
    ) -> list[Effect]:
        row = int(weighed.rows[at])
        # A tag on several items speaks of the first one: its home is the one that was weighed.
        subject = self._subjects(kind, row)[0]
        looks = {self._antenna(a): int(self._belief.antennas.looks[a]) for a in self._slots(row)}
        suspicion = self._machine.suspect(subject, self._since_us(kind, weighed, at, now_us), looks)
        finding = self._machine.findings.get(subject)
        place = int(self._stock.item_of_row[row])
        if not sure:
            return []
        if finding is None or finding.state == "resolved":
            if self._moved.holds_back(kind, subject.item_id, int(weighed.newest_s[at])):
                return []
            if not self._ripe(subject, suspicion, looks, finding, now_us):
                return []
            fresh = self._word(subject, suspicion, weighed, at, now_us)
            return list(self._machine.confirm(subject, now_us, lambda: fresh))
        status, flags = int(self._stock.status[place]), int(self._stock.flags[place])
        words = (STATUSES[status], template(kind, status, flags))
        other_words = kind in OF_STATUS and (finding.why.get("status"), finding.why.get("template")) != words
        if kind != "missing" and (finding.shelf != self._shelf(row) or other_words):
            return list(
                self._machine.update(subject, now_us, self._word(subject, suspicion, weighed, at, now_us))
            )
        return []

    def _since_us(self, kind: FindingKind, weighed: Weighed, at: int, now_us: int) -> int:
        if kind != "missing":
            return now_us
        newest_s = int(weighed.newest_s[at])
        return (newest_s or int(self._belief.known_s[weighed.rows[at]])) * _S

    def _ripe(
        self,
        subject: Subject,
        suspicion: Suspicion,
        looks: dict[str, int],
        finding: Finding | None,
        now_us: int,
    ) -> bool:
        """Whether a suspicion has held long enough: so many looks of an antenna that hears the tag, and so long."""
        if subject.kind == "missing":
            if finding is None or finding.state != "resolved":
                return True
            closed = bool((self._belief.antennas.at_closing >= 0).any())
            return missing_again(finding, suspicion, looks, now_us, self._settings, closed=closed)
        place = int(self._stock.places(np.array([subject.item_id]))[0])
        need, wait_s = patience(subject.kind, int(self._stock.status[place]), self._settings)
        if subject.kind == "misplaced":
            need *= self._machine.patience(subject, now_us)
        return looks_since(suspicion, looks) >= need and now_us - suspicion.since_us >= wait_s * 1e6

    def _word(
        self, subject: Subject, suspicion: Suspicion, weighed: Weighed, at: int, now_us: int
    ) -> Finding:
        row, stock, kind = int(weighed.rows[at]), self._stock, subject.kind
        place = int(stock.item_of_row[row])
        shelf = None if kind == "missing" else self._shelf(row)
        proof = self._proof(kind, row, suspicion.since_us, now_us)
        heard = max(
            (one for one in proof if one.says == "heard"),
            key=lambda one: (one.shelf == shelf, one.heard),
            default=None,
        )
        raw = self._raw(kind, weighed, at)
        why: dict[str, Any] = {"since_us": suspicion.since_us, "raw": raw}
        if kind == "missing":
            why |= self._why_missing(row, weighed, at)
        elif heard is not None:
            why |= {"heard": heard.heard, "dwells": heard.dwells, "since_us": heard.first_at_us}
        if kind in OF_STATUS:
            status, flags = int(stock.status[place]), int(stock.flags[place])
            why |= {"status": STATUSES[status], "template": template(kind, status, flags)}
        home, last = int(stock.home_from[place]), int(stock.home_to[place])
        ids = self._belief.geometry.shelf_ids
        return Finding(
            id=digest_id(self._site, subject.item_id, subject.name, kind, suspicion.since_us, shelf),
            kind=kind,
            state="open",
            opened_at_us=now_us,
            changed_at_us=now_us,
            confidence=self._calibration.shown(kind, raw),
            item_id=subject.item_id,
            tag_key=subject.name,
            part=int(stock.part_of_row[row]) or None,
            antenna=heard.antenna if heard is not None else None,
            shelf=shelf,
            home_from=ids[home] if home >= 0 else None,
            home_to=ids[last] if last >= 0 else None,
            why=why,
            evidence=proof,
        )

    def _proof(self, kind: FindingKind, row: int, since_us: int, now_us: int) -> list[Evidence]:
        """What the antennas say: of a misplaced one against its home, else whether it is there at all."""
        place, home = int(self._belief.place[row]), int(self._stock.home_from[self._stock.item_of_row[row]])
        against = home if kind == "misplaced" else OFF_SHELF
        if kind == "missing":
            place, against = OFF_SHELF, place if place >= 0 else home
        return witnesses(
            self._belief, self._stock, contest_of(row, place, against, since_us // _S), now_us // _S
        )[0]

    def _why_missing(self, row: int, weighed: Weighed, at: int) -> dict[str, Any]:
        why: dict[str, Any] = {"dwells": int(weighed.silent_looks[at])}
        newest_s = int(weighed.newest_s[at])
        if newest_s:
            why["last_heard_us"] = newest_s * _S
            why["last_shelf"] = self._belief.geometry.shelf_ids[int(self._belief.place[row])]
        if int(self._belief.place[row]) < 0:
            why["template"] = "missing_never"
        elif (returned_s := int(self._stock.since_s[self._stock.item_of_row[row]])) > newest_s:
            why |= {"template": "missing_returned", "returned_us": returned_s * _S}
        return why

    def _raw(self, kind: FindingKind, weighed: Weighed, at: int) -> float:
        """The belief's own probability that the finding is true, before experience corrects it."""
        away = float(weighed.away[at])
        if kind == "missing":
            return round(away, 6)
        sure = 1.0 - float(weighed.at_home[at]) if kind == "misplaced" else 1.0
        return round((1.0 - away) * sure, 6)

    def _shelf(self, row: int) -> str | None:
        place = int(self._belief.place[row])
        return self._belief.geometry.shelf_ids[place] if place >= 0 else None

    def _antenna(self, antenna: int) -> str:
        return self._belief.geometry.antenna_ids[antenna]

    def _slots(self, row: int) -> list[int]:
        owners = self._belief.slots.antenna[row * SLOTS : (row + 1) * SLOTS].tolist()
        return [owner for owner in owners if owner != NOBODY]


def _stand(known: Ints, rows: Ints) -> list[int]:
    """Where in `rows` those that are `known` stand; both sorted."""
    at = np.searchsorted(rows, known)
    there = at < len(rows)
    there[there] = rows[at[there]] == known[there]
    found: list[int] = at[there].tolist()
    return found
