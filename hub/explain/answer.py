"""Facts of the store → the explanation. Pure.

What the past was is read from changes: the newest one at or before the time that is asked for stood then. Where the history
does not reach back, the first change after it says where the item was before, and what is not kept is not made up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from hub.effects import Evidence
from hub.explain import doubts
from hub.explain.model import AWAY, NOWHERE, PIECES, Basis, Explanation, Facts, Held, contender
from hub.views import ItemView

NO_WEIGHT: Final = 0.05
"""Odds of 1.05: the antenna says the same of both answers."""
QUIET_US: Final = 300_000_000
"""While it runs, a hub writes every minute at least how its antennas are; after five it says as of when it speaks."""
_DAY_US: Final = 86_400_000_000


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which time is asked for, seen from which."""

    now_us: int
    at_us: int | None = None
    """None: now."""
    kept_days: int
    """How long the store keeps what happened to items."""

    @property
    def in_history(self) -> bool:
        """Whether the store still has what happened then."""
        return self.at_us is None or self.at_us >= self.now_us - self.kept_days * _DAY_US


def explain(item: ItemView, facts: Facts, asked: Asked, shelf_index: Mapping[str, int]) -> Explanation:
    """Why `item` is, or was, believed where it is. `shelf_index`: shelf id → its place in shelving order."""
    basis, held = _found(facts, asked)
    answer = held.answer if held is not None else NOWHERE
    told = held is not None and basis in {"now", "change"}
    home = home_shelves(item, shelf_index)
    kept = held.candidates if held is not None and told else []
    evidence = heaviest(_newest(held, facts, basis)) if held is not None and told else []
    against = next((one.against for one in evidence if one.against), contender(answer, kept))
    candidates = _with_home(kept, answer, against, home)
    rival, rival_chance = next(
        ((place, chance) for place, chance in candidates if place != answer), ("", None)
    )
    named = {answer, against, *(place for place, _ in candidates), *(one.shelf for one in evidence)}
    explanation = Explanation(
        item_id=item.item_id,
        barcode=item.barcode,
        title=item.title,
        asked_at_us=asked.at_us,
        as_of_us=_as_of_us(facts, asked),
        basis=basis,
        at_us=held.at_us if held is not None else None,
        tag_key=held.tag_key or None if held is not None else None,
        tags=len(item.tag_keys),
        answer=answer,
        probability=held.probability if held is not None and told else None,
        rival=rival,
        rival_probability=rival_chance,
        against=against,
        home_from=item.home_from,
        home_to=item.home_to,
        at_home=sorted(named & set(home)),
        last_heard_at_us=held.last_heard_at_us if held is not None and told else None,
        candidates=candidates,
        evidence=evidence,
        doubts=[],
        findings=facts.findings,
    )
    return msgspec.structs.replace(explanation, doubts=doubts.of(explanation, facts, home))


def heaviest(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The pieces that weigh most for or against; of those without a weight, what was heard most. What weighs nothing is left out."""
    told = [one for one in evidence if one.weight is None or abs(one.weight) >= NO_WEIGHT]
    return sorted(told or evidence, key=lambda one: (-abs(one.weight or 0.0), -one.heard, one.antenna))[
        :PIECES
    ]


def home_shelves(item: ItemView, shelf_index: Mapping[str, int]) -> list[str]:
    """The shelves of the item's home span, in shelving order; none where the site does not know it any more."""
    first = shelf_index.get(item.home_from or "")
    last = shelf_index.get(item.home_to or item.home_from or "")
    if first is None or last is None:
        return []
    return [shelf for shelf, index in shelf_index.items() if first <= index <= last]


def _newest(held: Held, facts: Facts, basis: Basis) -> list[Evidence]:
    """What was weighed last. The silence of what is away is written when it is shown so, and again when it is found missing."""
    if basis != "now" or held.answer != AWAY or len(facts.now) > 1:
        return held.evidence
    of_findings = (one.evidence for one in facts.findings if one.kind == "missing")
    return max(
        (held.evidence, *of_findings), key=lambda some: max((one.last_at_us for one in some), default=0)
    )


def _with_home(
    candidates: list[tuple[str, float]], answer: str, against: str, home: Sequence[str]
) -> list[tuple[str, float]]:
    """The home of what stands outside of it is named, however improbable."""
    stands = candidates and answer not in {AWAY, NOWHERE, *home}
    if not stands or not home or any(place in home for place, _ in candidates):
        return candidates
    return [*candidates, (against if against in home else home[0], 0.0)]


def _as_of_us(facts: Facts, asked: Asked) -> int | None:
    written_us = facts.written_at_us
    if asked.at_us is not None or written_us is None or asked.now_us - written_us <= QUIET_US:
        return None
    return written_us


def speaker(held: Sequence[Held]) -> Held | None:
    """Of several tags the one to tell of: one that stands somewhere before one that is away, then the newest."""
    return min(
        held,
        key=lambda one: (
            one.answer in {AWAY, NOWHERE},
            -(one.last_heard_at_us or 0),
            -one.at_us,
            one.tag_key,
        ),
        default=None,
    )


def _found(facts: Facts, asked: Asked) -> tuple[Basis, Held | None]:
    now = speaker(facts.now)
    if asked.at_us is None:
        return ("now", now) if now is not None else ("unheard", None)
    at_us = asked.at_us
    # A tag's row of now stood then already if it was written before; else its newest change did.
    stood = {one.tag_key: one for one in facts.then}
    stood |= {one.tag_key: one for one in facts.now if one.at_us <= at_us}
    # Before reasons were kept a change named no tag: it counts until a newer one does.
    if len(stood) > 1 and "" in stood and stood[""].at_us < max(one.at_us for one in stood.values()):
        del stood[""]
    if (held := speaker(list(stood.values()))) is not None:
        return "change", held
    if at_us < facts.since_us:
        return "unknown", None
    if facts.after is not None:
        return _before(facts.after, asked)
    if now is None:
        return "unheard", None
    # It was weighed since, but nothing changed: what placed it is older than the history.
    return "unmoved", now


def _before(after: Held, asked: Asked) -> tuple[Basis, Held | None]:
    """What the first kept change says of the time before it."""
    if after.before:
        return "before", msgspec.structs.replace(after, answer=after.before)
    if after.before == NOWHERE or asked.in_history:
        return "unheard", msgspec.structs.replace(after, answer=NOWHERE)
    return "forgotten", None
