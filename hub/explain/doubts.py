"""What is missing, and what would change our mind. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from hub.effects import Evidence
from hub.explain.model import AWAY, NOWHERE, Doubt, Explanation, Facts

FAINT_DBM: Final = -66.0
"""At this loudness a usual reader hears a tag in half of its looks (the radio's assumption in `hub.settings`): whatever is as
faint may fall silent without anything having happened. Higher: most neighbours' reads are called weak; lower: nothing is."""
FEW_LOOKS: Final = 4
"""Below so many looks of the best witness the answer is young: a place changes after two, and one more may turn it."""
HEARD_ENOUGH: Final = 0.5
"""A tag that its best witness hears in less than half of its looks is a weak one."""

A_MINUTE_US: Final = 60_000_000
"""States of antennas are written once a minute."""
LEAST: Final = 1e-4
"""Probabilities are kept to so many places; what is less is no measure of a lead."""


def of(said: Explanation, facts: Facts, home: Sequence[str]) -> list[Doubt]:
    """What a reader of `said` should know beside it, most important first. `home`: the shelves of its home."""
    if said.basis in {"unknown", "forgotten"}:
        return []
    if not said.tags:
        return [Doubt(kind="no_tag")]
    found = [*_of_answer(said), *_of_witnesses(said)]
    if said.asked_at_us is None:
        # States of shelves and antennas are known as they are now; nobody kept how they were.
        found += [
            *_of_places(said, facts, home),
            *_of_antennas(said, facts),
            *_since(said, facts),
            *_turning(said),
        ]
    elif said.home_from is not None:
        found.append(Doubt(kind="home_today", shelf=said.home_from))
    if said.home_from is None:
        found.append(Doubt(kind="no_home"))
    if said.tags > 1 and said.tag_key is not None:
        found.append(Doubt(kind="other_tags", looks=said.tags))
    return found


def margin(said: Explanation) -> float | None:
    """Natural logarithm of how many times more probable the answer is than what it is weighed against; None: nothing is."""
    other = dict(said.candidates).get(said.against)
    if not said.probability or other is None or other < LEAST:
        return None
    return math.log(said.probability / other)


def _of_answer(said: Explanation) -> list[Doubt]:
    lead, first = margin(said), said.evidence[0] if said.evidence else None
    if lead is not None and lead < 0:
        return [Doubt(kind="wavers", shelf=said.against)]
    if lead is not None and first is not None and (first.weight or 0.0) >= lead:
        return [Doubt(kind="hangs", antenna=first.antenna, shelf=said.against)]
    return []


def _of_witnesses(said: Explanation) -> list[Doubt]:
    best = _best(said)
    if best is None:
        lost = not said.evidence and said.answer != NOWHERE and said.basis in {"now", "change"}
        return [Doubt(kind="not_kept")] if lost else []
    found = []
    if best.dwells < FEW_LOOKS:
        found.append(Doubt(kind="few_looks", antenna=best.antenna, looks=best.dwells))
    faint = best.rssi_dbm is not None and best.rssi_dbm <= FAINT_DBM
    if faint or (best.dwells >= FEW_LOOKS and best.heard < HEARD_ENOUGH * best.dwells):
        found.append(
            Doubt(
                kind="weak",
                antenna=best.antenna,
                heard=best.heard,
                looks=best.dwells,
                rssi_dbm=best.rssi_dbm,
            )
        )
    return found


def _best(said: Explanation) -> Evidence | None:
    """The witness that hears the item best."""
    heard = [one for one in said.evidence if one.heard]
    return max(heard, key=lambda one: (one.shelf == said.answer, one.heard, one.antenna), default=None)


def _of_places(said: Explanation, facts: Facts, home: Sequence[str]) -> list[Doubt]:
    """Where it could stand unheard, because nobody listens there or nobody has looked for long."""
    found = []
    if said.answer in home:
        home = ()
    states = [facts.shelves[shelf] for shelf in home if shelf in facts.shelves]
    unwatched = [one for one in states if one.state == "unwatched"]
    stale = [one for one in states if one.state == "stale"]
    if unwatched:
        found.append(Doubt(kind="home_unwatched", shelf=unwatched[0].shelf))
    if stale:
        oldest = min(stale, key=lambda one: one.looked_at_us or 0)
        kind = "home_stale" if oldest.looked_at_us else "home_never"
        found.append(Doubt(kind=kind, shelf=oldest.shelf, at_us=oldest.looked_at_us))
    stands = facts.shelves.get(said.answer)
    if stands is not None and stands.state == "stale" and stands.looked_at_us:
        found.append(Doubt(kind="place_stale", shelf=stands.shelf, at_us=stands.looked_at_us))
    return found


def _of_antennas(said: Explanation, facts: Facts) -> list[Doubt]:
    known = [facts.antennas[one.antenna] for one in said.evidence if one.antenna in facts.antennas]
    return [
        Doubt(kind=f"antenna_{one.state}", antenna=one.antenna, at_us=one.last_dwell_at_us)
        for one in known
        if one.state != "good"
    ]


def _since(said: Explanation, facts: Facts) -> list[Doubt]:
    """Looks of those who were silent when it was taken for away, since: it has not come back, but its row is not written for that."""
    silent = next((one for one in said.evidence if one.says == "silent"), None)
    known = facts.antennas.get(silent.antenna) if silent is not None else None
    if said.answer != AWAY or silent is None or known is None:
        return []
    if (known.trusted_at_us or 0) - silent.last_at_us < A_MINUTE_US:
        return []
    return [
        Doubt(kind="silent_since", antenna=silent.antenna, looks=silent.dwells, at_us=known.trusted_at_us)
    ]


def _turning(said: Explanation) -> list[Doubt]:
    """What the next news would have to be."""
    if not said.last_heard_at_us:
        presumed = [Doubt(kind="presumed")] if said.answer != NOWHERE else []
        return [*presumed, Doubt(kind="turns_unheard")]
    return [Doubt(kind="turns_away" if said.answer == AWAY else "turns_here")]
