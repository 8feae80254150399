"""Two lists of episodes → what one has and the other has not, and which came sooner. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Final, Literal

import msgspec

from hub.rerun.episodes import About, Episode

NEAR_US: Final = 3_600_000_000
"""An episode that began within an hour of the end of another about the same thing is the same story told in two parts."""
SAME_US: Final = 60_000_000
"""Openings within a minute are the same moment: ticks that history does not hold move them by seconds."""

Outcome = Literal["same", "sooner", "later", "only_base", "only_other"]


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """One finding in both, or in one of them."""

    about: About
    outcome: Outcome
    """``sooner``, ``later``: of the other against the base."""
    base: Episode | None
    other: Episode | None
    shift_s: float | None
    """So much later the other opened, what was open before the beginning as if it had opened then; None: only one of them did."""

    @property
    def first_us(self) -> int:
        """When the first of the two opened."""
        return min(one.opened_at_us for one in (self.base, self.other) if one is not None)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What a comparison comes to for one kind of finding."""

    kind: str
    base: int
    other: int
    both: int
    only_base: int
    only_other: int
    sooner: int
    later: int
    shift_s: float | None
    """Median of those that both have; None: there are none."""
    base_open_h: float
    other_open_h: float
    """Hours in which these findings stood open, together."""
    dismissed: int
    """Of those that only the base has: dismissed by a person."""


def pairs(base: Iterable[Episode], other: Iterable[Episode], from_us: int, to_us: int) -> list[Pair]:
    """Episodes about the same thing that overlap or nearly do, put together in the order of their opening.

    Only episodes that were open at some moment between `from_us` and `to_us`.
    """
    mine = _by_subject(base, from_us, to_us)
    theirs = _by_subject(other, from_us, to_us)
    found: list[Pair] = []
    for subject in sorted(mine.keys() | theirs.keys()):
        found += _paired(subject, mine.get(subject, []), theirs.get(subject, []), from_us)
    return sorted(found, key=lambda pair: (pair.first_us, pair.about))


def rows(found: Sequence[Pair], from_us: int, to_us: int) -> list[Row]:
    """One row a kind, by name."""
    kinds = sorted({pair.about.kind for pair in found})
    return [_row(kind, [pair for pair in found if pair.about.kind == kind], from_us, to_us) for kind in kinds]


def _by_subject(episodes: Iterable[Episode], from_us: int, to_us: int) -> dict[About, list[Episode]]:
    found: dict[About, list[Episode]] = {}
    for one in episodes:
        if one.opened_at_us <= to_us and _end_us(one) >= from_us:
            found.setdefault(one.about, []).append(one)
    for some in found.values():
        some.sort(key=lambda one: (one.opened_at_us, one.id))
    return found


def _paired(subject: About, base: list[Episode], other: list[Episode], from_us: int) -> list[Pair]:
    found: list[Pair] = []
    mine = theirs = 0
    while mine < len(base) or theirs < len(other):
        one = base[mine] if mine < len(base) else None
        two = other[theirs] if theirs < len(other) else None
        if one is not None and two is not None:
            if _end_us(one) + NEAR_US < two.opened_at_us:
                two = None
            elif _end_us(two) + NEAR_US < one.opened_at_us:
                one = None
        found.append(_pair(subject, one, two, from_us))
        mine += one is not None
        theirs += two is not None
    return found


def _pair(subject: About, base: Episode | None, other: Episode | None, from_us: int) -> Pair:
    if base is None or other is None:
        return Pair(
            about=subject, outcome="only_other" if base is None else "only_base", base=base, other=other, shift_s=None
        )  # fmt: skip
    shift_us = max(other.opened_at_us, from_us) - max(base.opened_at_us, from_us)
    outcome: Outcome = "later" if shift_us > 0 else "sooner"
    if abs(shift_us) <= SAME_US:
        outcome = "same"
    return Pair(about=subject, outcome=outcome, base=base, other=other, shift_s=shift_us / 1e6)


def _end_us(one: Episode) -> int:
    return 2**62 if one.ended_at_us is None else one.ended_at_us


def _row(kind: str, found: list[Pair], from_us: int, to_us: int) -> Row:
    shifts = [pair.shift_s for pair in found if pair.shift_s is not None]
    base = [pair.base for pair in found if pair.base is not None]
    other = [pair.other for pair in found if pair.other is not None]
    of = {
        name: sum(pair.outcome == name for pair in found)
        for name in ("only_base", "only_other", "sooner", "later")
    }
    dismissed = sum(
        pair.outcome == "only_base" and pair.base is not None and pair.base.state == "dismissed"
        for pair in found
    )
    return Row(
        kind=kind,
        base=len(base),
        other=len(other),
        both=len(shifts),
        **of,
        shift_s=median(shifts) if shifts else None,
        base_open_h=_open_h(base, from_us, to_us),
        other_open_h=_open_h(other, from_us, to_us),
        dismissed=dismissed,
    )


def _open_h(episodes: Iterable[Episode], from_us: int, to_us: int) -> float:
    total_us = sum(max(0, min(_end_us(one), to_us) - max(one.opened_at_us, from_us)) for one in episodes)
    return round(total_us / 3.6e9, 2)
