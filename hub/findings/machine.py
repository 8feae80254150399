"""The one state machine of findings. Pure.

The theory. A finding is about one *subject* (a kind, and the tag, antenna or shelf it is about). What is sensed is one of
three: the condition *holds*, is *refuted*, or *cannot be told* now (no coverage, or between the two thresholds); then
nothing changes.

    (nothing) ──holds──► suspected ──holds long enough──► open ──claim──► claimed
                            │                              │ ◄─release──┘   │
                         refuted                           ├──resolve───────┤
                            ▼                              ▼                ▼
                        (nothing)                       resolved ◄──────────┘
                                                           │
    open, claimed, resolved ──refuted──► verified          └─holds again, long enough─► open
    open, claimed, resolved ──dismiss──► dismissed

*Suspected* is known to nobody but the engine. *Resolved* is what a person says; the antenna has the last word: it turns it
into *verified* when it senses the fix, and into *open* again when it senses, long enough after, that nothing changed.
*Verified* needs no person: whoever moved the book. *Dismissed* stays while the condition holds, so that a
dismissed finding does not come back at the next look; when the condition is refuted it is forgotten, and a
new one may begin.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal, NamedTuple

import msgspec

from hub.effects import Finding, FindingKind, PutFinding
from hub.findings import promises

FLICKERS: Final = 10_000
"""Subjects remembered that a finding was opened and refuted about."""
FLICKER_US: Final = 24 * 3_600_000_000
MOST_PATIENCE: Final = 8
Sensed = Literal["holds", "refuted", "unknown"]
LIVE: Final = ("open", "claimed", "resolved")
CHANGES: Final = 20_000
"""Subjects that came or went, remembered; who has missed more looks at all of them (`hub.findings.about`)."""


class Subject(NamedTuple):
    """What a finding is about."""

    kind: FindingKind
    item_id: int
    """-1: no item."""
    name: str
    """Tag key, antenna, shelf or hash."""


class Suspicion(msgspec.Struct, array_like=True):
    """A condition that holds, since when, and where its antennas' counts of looks stood then."""

    since_us: int
    looks: dict[str, int]
    """By antenna id."""


class RefusedError(Exception):
    """An act that does not fit the finding's state, in words; answered, never fatal."""


class Machine:
    """All findings of a site that are not finished, and the suspicions."""

    def __init__(self) -> None:
        self.suspicions: dict[Subject, Suspicion] = {}
        self.findings: dict[Subject, Finding] = {}
        """Open, claimed, resolved, and dismissed while the condition holds."""
        self._subject_of: dict[str, Subject] = {}
        self.flickers: dict[Subject, tuple[int, int]] = {}
        """How often, and when last, an open finding was refuted by the antennas alone; oldest first."""
        self.changed: deque[Subject] = deque(maxlen=CHANGES)
        """Subjects of items that may have come or gone, newest last."""
        self.changes = 0
        """How many ever were noted in `changed`."""
        self._dated: list[Subject] = []

    def suspect(self, subject: Subject, since_us: int, looks: dict[str, int]) -> Suspicion:
        """The suspicion about `subject`, begun now if there is none."""
        known = self.suspicions.get(subject)
        if known is None:
            known = self.suspicions[subject] = Suspicion(since_us, looks)
            self._note(subject)
        return known

    def refute(self, subject: Subject, now_us: int) -> list[PutFinding]:
        """The condition does not hold (any more)."""
        suspicion, finding = self.suspicions.pop(subject, None), self.findings.pop(subject, None)
        if suspicion is not None or finding is not None:
            self._note(subject)
        if finding is None:
            return []
        del self._subject_of[finding.id]
        if finding.state == "dismissed":
            return []
        if finding.state != "resolved":
            self._flicker(subject, now_us)
        return [PutFinding(msgspec.structs.replace(finding, state="verified", changed_at_us=now_us))]

    def _flicker(self, subject: Subject, now_us: int) -> None:
        often, last_us = self.flickers.pop(subject, (0, now_us))
        self.flickers[subject] = (often + 1 if now_us - last_us < FLICKER_US else 1, now_us)
        while len(self.flickers) > FLICKERS:
            del self.flickers[next(iter(self.flickers))]

    def patience(self, subject: Subject, now_us: int) -> int:
        """How many times as much must be sensed as usual: twice for each time lately that the antennas took back what they had said."""
        often, last_us = self.flickers.get(subject, (0, 0))
        return min(2**often, MOST_PATIENCE) if now_us - last_us < FLICKER_US else 1

    def confirm(self, subject: Subject, now_us: int, make: Callable[[], Finding]) -> list[PutFinding]:
        """The condition has held long enough; `make` words the finding if one opens or shows another place."""
        finding = self.findings.get(subject)
        if finding is None:
            return [self._keep(subject, promises.opened(make()))]
        if finding.state == "resolved":
            fresh = make()
            return [self._keep(subject, _again(finding, fresh, now_us))]
        return []

    def update(self, subject: Subject, now_us: int, fresh: Finding) -> list[PutFinding]:
        """The same finding, seen elsewhere or surer: the words change, the state stays."""
        finding = self.findings[subject]
        if finding.state == "dismissed":
            return []
        changed = msgspec.structs.replace(
            finding,
            shelf=fresh.shelf,
            home_from=fresh.home_from,
            home_to=fresh.home_to,
            confidence=fresh.confidence,
            why=promises.carried(finding, fresh.why),
            evidence=fresh.evidence,
            changed_at_us=now_us,
        )
        return [self._keep(subject, changed)]

    def act(self, kind: str, finding_id: str, role: str, body: dict[str, Any], now_us: int) -> PutFinding:
        """Claim, release, resolve or dismiss. Raises `RefusedError` in words."""
        subject = self._subject_of.get(finding_id)
        finding = self.findings[subject] if subject is not None else None
        if subject is None or finding is None or finding.state == "dismissed":
            raise RefusedError(f"there is no open finding {finding_id}; it may have been settled meanwhile")
        return self._keep(subject, _acted(kind, finding, role, body, now_us))

    def subject_of(self, finding_id: str) -> Subject | None:
        """Whom a live finding is about."""
        return self._subject_of.get(finding_id)

    def subjects(self, kind: FindingKind) -> list[Subject]:
        """All subjects of one kind that have a finding."""
        return [subject for subject in self.findings if subject.kind == kind]

    def absorb(self, subjects: Iterable[Subject], finding_id: str, now_us: int) -> list[PutFinding]:
        """Findings that have become part of another one, `finding_id`. Their suspicions stay: they open again when it is rejected."""
        effects = []
        for subject in list(subjects):
            finding = self.findings.pop(subject)
            self._note(subject)
            del self._subject_of[finding.id]
            part = msgspec.structs.replace(
                finding, state="dismissed", reason=f"part of {finding_id}", changed_at_us=now_us,
                why=finding.why | {"part_of": finding_id},
            )  # fmt: skip
            effects.append(PutFinding(part))
        return effects

    def settle(self, subjects_gone: Iterable[Subject], now_us: int) -> list[PutFinding]:
        """Subjects that do not exist any more (an item left the catalogue): their findings are settled."""
        return [effect for subject in list(subjects_gone) for effect in self.refute(subject, now_us)]

    def step_back(self, now_us: int) -> None:
        """The hub's clock was set back to `now_us`: nothing was suspected, opened, changed or taken back later. `dated` tells of the findings.

        When something was heard, and its evidence, stay as they were told.
        """
        for suspicion in self.suspicions.values():
            suspicion.since_us = min(suspicion.since_us, now_us)
        for subject, finding in self.findings.items():
            if finding.changed_at_us > now_us:
                self.findings[subject] = msgspec.structs.replace(
                    finding, opened_at_us=min(finding.opened_at_us, now_us), changed_at_us=now_us
                )
                self._dated.append(subject)
        self.flickers = {
            subject: (often, min(last_us, now_us)) for subject, (often, last_us) in self.flickers.items()
        }

    def dated(self) -> list[PutFinding]:
        """Findings that got another date since this was asked last, as they are now."""
        subjects, self._dated = self._dated, []
        return [PutFinding(self.findings[one]) for one in subjects if one in self.findings]

    def _note(self, subject: Subject) -> None:
        if subject.item_id >= 0:
            self.changed.append(subject)
            self.changes += 1

    def _keep(self, subject: Subject, finding: Finding) -> PutFinding:
        if subject not in self.findings:
            self._note(subject)
        self.findings[subject] = finding
        self._subject_of[finding.id] = subject
        return PutFinding(finding)

    def dump(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "suspicions": [[list(s), one.since_us, dict(one.looks)] for s, one in self.suspicions.items()],
            "findings": [[list(s), msgspec.to_builtins(one)] for s, one in self.findings.items()],
            "flickers": [[list(s), *one] for s, one in self.flickers.items()],
        }

    @classmethod
    def load(cls, state: dict[str, Any]) -> Machine:
        """As `dump` left it."""
        machine = cls()
        for subject, since_us, looks in state["suspicions"]:
            machine.suspicions[Subject(*subject)] = Suspicion(since_us, dict(looks))
        for subject, finding in state["findings"]:
            machine._keep(Subject(*subject), msgspec.convert(finding, Finding))
        for subject, often, last_us in state.get("flickers", ()):
            machine.flickers[Subject(*subject)] = (often, last_us)
        return machine


def _again(finding: Finding, fresh: Finding, now_us: int) -> Finding:
    """A person said *resolved*, the antenna still senses it: open again, with today's words."""
    return msgspec.structs.replace(
        finding, state="open", shelf=fresh.shelf, confidence=fresh.confidence,
        why=promises.again(finding, fresh.why), evidence=fresh.evidence, changed_at_us=now_us, claimed_by=None,
    )  # fmt: skip


def _acted(kind: str, finding: Finding, role: str, body: dict[str, Any], now_us: int) -> Finding:
    """The finding after a person's act."""
    match kind, finding.state:
        case "finding.claim", "open":
            return msgspec.structs.replace(
                finding, state="claimed", claimed_by=_who(role, body), changed_at_us=now_us
            )
        case "finding.claim", _:
            raise RefusedError(
                f"it is {finding.state} already" + (f" by {finding.claimed_by}" if finding.claimed_by else "")
            )
        case "finding.release", "claimed":
            return msgspec.structs.replace(finding, state="open", claimed_by=None, changed_at_us=now_us)
        case "finding.resolve", ("open" | "claimed"):
            why = finding.why | {"told": _told(kind, finding, body) or "done"}
            return msgspec.structs.replace(finding, state="resolved", changed_at_us=now_us, why=why)
        case "finding.dismiss", _:
            reason = str(body.get("reason", "")).strip()[:400]
            told = _told(kind, finding, body)
            if not reason and told is None:
                raise RefusedError("say why it is no finding: the reason is missing")
            why = finding.why | ({"told": told} if told is not None else {})
            return msgspec.structs.replace(
                finding, state="dismissed", reason=reason or None, changed_at_us=now_us, why=why
            )
        case _:
            raise RefusedError(
                f"{kind.removeprefix('finding.')} does not fit a finding that is {finding.state}"
            )


def _told(act: str, finding: Finding, body: dict[str, Any]) -> str | None:
    """What a person saw there; None: not said."""
    if "told" not in body:
        return None
    if fault := promises.fault(finding.kind, act, body["told"]):
        raise RefusedError(fault)
    return str(body["told"])


def _who(role: str, body: dict[str, Any]) -> str:
    """A role or a device's label, never a person's record."""
    return str(body.get("by") or role)[:40]
