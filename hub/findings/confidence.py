"""From what the belief says to what a card promises: a curve for each kind of finding, learned where the truth is known. Pure.

The belief's own probability (*raw*) rests on assumptions about radio; the curve corrects what they get wrong, so that of the
findings shown at 95 % 95 % are true. It is learned in the simulator (`shelfwire score --fit-confidence`) from pairs (raw, came
true): equal parts by raw, each of at least `PART` cases, its share held back by `HELD_BACK` doubtful cases, parts that
contradict the order put together (pool adjacent violators: the curve never falls), and straight lines between, in log-odds
of raw, since the surest beliefs lie within a thousandth of one another.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from hub.effects import FindingKind

PART: Final = 20
"""Cases in a part of the curve, at least. Fewer: the curve follows luck; more: three of four beliefs are surer than 0.999, so the
few that are not, and that are wrong most often, share a part with them. Over five scenarios, on seeds that the curve had not
seen, parts of 20 / 40 / 60 gave a Brier score of 0.083 / 0.106 / 0.119 (0.141 without a curve)."""
PARTS: Final = 30
"""At most, for the same reason; beyond that nothing is gained."""
HELD_BACK: Final = 4.0
"""Doubtful cases put to each part, …"""
DOUBT: Final = 0.95
"""… that come true with this share or, if that is less, with what the belief said: ten of ten right promise 0.986, not 1."""
LEAST_RAW: Final = 1e-6
MOST: Final = 0.999
"""No card promises more: what nobody thought of happens more often than once in a thousand."""

Case = tuple[float, bool]
"""What the belief said when a finding opened, and whether it came true."""


class Curve(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Points of one kind's curve, by rising raw; none: the belief is shown as it is."""

    raw: tuple[float, ...] = ()
    shown: tuple[float, ...] = ()
    cases: int = 0
    """It was learned from so many findings."""

    def __post_init__(self) -> None:
        """Raises `ValueError` where this is no curve."""
        if len(self.raw) != len(self.shown):
            raise ValueError("raw and shown must have the same length")
        for values in (self.raw, self.shown):
            if any(not 0.0 <= one <= 1.0 for one in values) or list(values) != sorted(values):
                raise ValueError("raw and shown must rise, within 0 to 1")

    def at(self, raw: float) -> float:
        """What is shown for `raw`. Below the first point it falls to nothing, beyond the last it stays.

        What is no number promises nothing: it compares with none, and would pass for the surest.
        """
        raw = 0.0 if math.isnan(raw) else min(max(raw, 0.0), 1.0)
        if not self.raw:
            return min(raw, MOST)
        if raw <= self.raw[0]:
            return self.shown[0] * raw / max(self.raw[0], LEAST_RAW)
        for n in range(1, len(self.raw)):
            if raw <= self.raw[n]:
                low, here, high = (_log_odds(one) for one in (self.raw[n - 1], raw, self.raw[n]))
                share = (here - low) / (high - low) if high > low else 1.0
                return self.shown[n - 1] + share * (self.shown[n] - self.shown[n - 1])
        return self.shown[-1]


class Calibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All curves, as they stand in ``hub/findings/calibration.json``."""

    about: str = ""
    """Where it was learned: scenarios, seeds, program."""
    kinds: dict[FindingKind, Curve] = {}

    def shown(self, kind: FindingKind, raw: float) -> float:
        """The confidence on the card, in thousandths."""
        return round(min(self.kinds.get(kind, UNLEARNED).at(raw), MOST), 3)


UNLEARNED: Final = Curve()


def learn(cases: Iterable[Case]) -> Curve:
    """The curve of one kind. Fewer than `PART` cases make one part, and the doubtful ones weigh the more."""
    known = sorted(cases)
    if not known:
        return UNLEARNED
    count = max(1, min(PARTS, len(known) // PART))
    raws = [raw for raw, _ in known]
    # What the belief cannot tell apart stays in one part.
    bounds = sorted(
        {0, *(bisect_right(raws, raws[round(n * len(known) / count) - 1]) for n in range(1, count + 1))}
    )
    parts = [known[a:b] for a, b in pairwise(bounds)]
    middle = [math.fsum(raw for raw, _ in part) / len(part) for part in parts]
    shares = [_held_back(part, said) for part, said in zip(parts, middle, strict=True)]
    shown = _rising(shares, [len(part) + HELD_BACK for part in parts])
    points: dict[float, float] = {known[0][0]: shown[0]}
    points |= dict(zip(middle, shown, strict=True))
    rounded = tuple(round(raw, 6) for raw in points)
    return Curve(
        raw=rounded, shown=tuple(round(min(one, MOST), 4) for one in points.values()), cases=len(known)
    )


def _held_back(part: Sequence[Case], said: float) -> float:
    right = sum(true for _, true in part)
    return (right + HELD_BACK * min(DOUBT, said)) / (len(part) + HELD_BACK)


def _rising(shares: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The rising values nearest to `shares` (pool adjacent violators)."""
    blocks: list[tuple[float, float, int]] = []
    for share, weight in zip(shares, weights, strict=True):
        blocks.append((share, weight, 1))
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            (a, v, n), (b, w, m) = blocks[-2:]
            blocks[-2:] = [((a * v + b * w) / (v + w), v + w, n + m)]
    return [share for share, _, count in blocks for _ in range(count)]


def _log_odds(share: float) -> float:
    share = min(max(share, LEAST_RAW), 1.0 - LEAST_RAW)
    return math.log(share / (1.0 - share))
