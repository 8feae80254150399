"""How findings ended: whether what was promised came true. Pure; docs/confidence.md says what counts.

A finding says of itself how it ended: `why` keeps what it promised when it opened (``promised``, ``raw``) and what the
person who went there said with one tap (``told``). The outcome follows from the finding alone, so a replay gives the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from hub.effects import Finding, FindingKind

Told = Literal["as_said", "in_place", "not_there", "elsewhere", "done"]
"""``as_said``: it was as the card says. ``in_place``: it stood where it belongs (of `security`: it was right). ``not_there``: not
where the card says. ``elsewhere``: a missing book stood on another shelf. ``done``: put right, without a word about how it was."""
Outcome = Literal["right", "wrong", "untold"]

CHOICES: Final[Mapping[FindingKind, Mapping[Told, Outcome]]] = {
    "misplaced": {"as_said": "right", "in_place": "wrong", "not_there": "wrong"},
    "missing": {"as_said": "right", "in_place": "wrong", "elsewhere": "untold"},
    "unexpected": {"as_said": "right", "not_there": "wrong"},
    "held": {"as_said": "right", "not_there": "wrong"},
    "security": {"as_said": "right", "in_place": "wrong"},
    "unknown_tag": {"as_said": "right", "not_there": "wrong"},
}
"""What a person can say of each kind, and what it makes of the promise. A missing book on another shelf is no word about the
promise: the antennas of that shelf may hear nothing, or may have failed."""
SENSED: Final = frozenset({"misplaced", "unexpected", "held", "security"})
"""Kinds that are right when a person did something and the antenna then heard the change. Not `missing`: whoever looks for a shaded
book takes it in the hand, and then it is heard."""
KEPT: Final = ("promised", "raw", "told")
"""What of `why` outlives a change of words: the promise of the opening counts."""
CLOSES: Final[frozenset[Outcome]] = frozenset({"wrong"})
"""Outcomes that end the task: whoever says that the hub is wrong is not asked again while it goes on believing it."""


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """One finding that made a promise and has ended; a row of the store. Nothing in it is about a person."""

    finding: str
    kind: FindingKind
    promised: float
    raw: float | None
    """What the belief itself said; None: it does not weigh findings of this kind."""
    outcome: Outcome
    told: str
    """`Told`; empty: nobody said anything."""
    opened_at_us: int
    ended_at_us: int


def promise_of(finding: Finding) -> Promise | None:
    """How a finding ended; None: it has not, or findings of its kind cannot be confirmed on the spot."""
    if finding.kind not in CHOICES or finding.state not in {"resolved", "verified", "dismissed"}:
        return None
    told = str(finding.why.get("told", ""))
    outcome: Outcome = "untold"
    for said, means in CHOICES[finding.kind].items():
        if told == said:
            outcome = means
    if told == "done" and finding.state == "verified" and finding.kind in SENSED:
        outcome = "right"
    raw = finding.why.get("raw")
    return Promise(
        finding=finding.id,
        kind=finding.kind,
        promised=float(finding.why.get("promised", finding.confidence)),
        raw=None if raw is None else float(raw),
        outcome=outcome,
        told=told,
        opened_at_us=finding.opened_at_us,
        ended_at_us=finding.changed_at_us,
    )


def opened(finding: Finding) -> Finding:
    """With its promise written into it."""
    return msgspec.structs.replace(finding, why=finding.why | {"promised": finding.confidence})


def carried(before: Finding, fresh: Mapping[str, Any]) -> dict[str, Any]:
    """New words for a finding that go on with its old promise."""
    return dict(fresh) | {name: before.why[name] for name in KEPT if name in before.why}


def again(before: Finding, fresh: Mapping[str, Any]) -> dict[str, Any]:
    """The same for one that the antenna opens again: a mere *done* has proved nothing, a word about what was seen stands."""
    why = carried(before, fresh)
    if why.get("told") == "done":
        del why["told"]
    return why


def fault(kind: FindingKind, act: str, told: object) -> str | None:
    """Why `told` does not fit an act about a finding of `kind`, in words; None: it does."""
    known = CHOICES.get(kind, {})
    if not isinstance(told, str) or told not in known:
        return f"nobody can say that of a finding of kind {kind}"
    outcome = next(means for said, means in known.items() if said == told)
    fits = "finding.dismiss" if outcome in CLOSES else "finding.resolve"
    return None if act == fits else f"{told} goes with {fits}"
