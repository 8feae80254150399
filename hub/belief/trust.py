"""How well each antenna hears now, beside how well it used to: found before its shelf is believed. Pure.

Judged in each dwell by its *residents*, the tags believed on its own shelves; what is usual is learned every `SAMPLE_S`. If
the margins of residents are normal with spread s, a share r of them used to be heard, and a share q is heard now, then the antenna
lost s · (Φ⁻¹(r) − Φ⁻¹(q)) dB. What the loss comes from shows in the loudness of those that are still heard: all quieter (cable,
power), the rest louder (noise: only the loud are left), or unchanged: then the books are gone and the antenna is well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from hub.belief.batch import TagReads
from hub.belief.geometry import Geometry
from hub.belief.interface import NEVER, Bools, Ints
from hub.belief.normal import margin_of_share

Ill = Literal["well", "lost", "weak", "deaf", "elsewhere"]
ILLS: Final[tuple[Ill, ...]] = get_args(Ill)
"""``lost``: most residents are silent. ``weak``: all are quieter. ``deaf``: only the loud are heard. ``elsewhere``: it hears the books of
other shelves instead."""
WELL, LOST, WEAK, DEAF, ELSEWHERE = range(5)

SAMPLE_S: Final = 120
"""Distance of the dwells that what is usual is learned from: dwells of minutes share their drift, and more of them teach no more."""
LEAST_RESIDENTS: Final = 10
"""Fewer prove nothing: three people at once can take five books."""
SPREAD_DB: Final = 6.4
"""Of residents' margins: chip, shade, place and drift of docs/radio.md. A larger one makes every loss larger."""
MOST_LOSS_DB: Final = 8.5
"""Above, its silence counts for nothing: a third of its residents is lost then, and what is left of a margin is mostly error. Below, margins
less the loss are right."""
BACK_DB: Final = 6.0
"""Its silence counts again from here on down: a loss about the bound would flicker else."""
LOST_SHARE: Final = 0.3
"""Of what it used to hear of its residents; below, nothing else has to be proved. Half a shelf can be weeded in an hour."""
LUCK: Final = 2.0
"""Standard errors of the share that are no loss: of 50 antennas one is wronged by them once, and by less than a decibel."""
SLOWEST: Final = 1 / 5000
"""Weight of a sample in what is usual: a week. Quicker: a connector that corrodes becomes usual."""
MOVES_WITH: Final = 0.25
"""Part of a loss by which the loudness of the rest must have moved, for the loss to be the antenna's: at a loss of 4 dB the model says
2 dB either way; 0.5 dB is the error of the mean of a shelf."""
STRAYS: Final = 0.5
"""Share of foreign books among those heard above which, with its own gone, an antenna reports for another one."""
SUDDEN: Final = 0.7
"""Of its usual share, heard in the sample before: then its books went all at once. Two people with a trolley take a third in two minutes."""
FINEST_DB: Final = 0.5
"""What a reader measures in; less is no loss."""
FIRST_SAMPLES: Final = 5
"""Before what is usual is known."""
MORE_STRAYS: Final = 1.2
"""Of the books of other shelves that it usually hears: one that only lost its own books hears no more of the others."""
TOLD_DB: Final = 1.0
"""Less is not told to people: it is luck more often than not."""
TOLD_AFTER_S: Final = 900
"""Nor what lasts no longer: readers stand before a shelf for minutes, and cost it 4 dB."""
AGAIN: Final = 0.5
"""Weight of the newest sample in the loss that is told: two samples agree, and one trolley is over."""


@dataclass(frozen=True)
class Sample:
    """What one dwell heard of the books whose place is known."""

    residents: int
    """On its own shelves."""
    loud_dbm: float
    """Their mean; NaN: none."""
    strays: int
    """On all other shelves."""


class Standing(Protocol):
    """Of a belief, where each tag stands."""

    geometry: Geometry
    place: NDArray[np.int32]
    away: Bools


class Trust:
    """By antenna index."""

    _ARRAYS: Final = (
        "residents",
        "share",
        "level_dbm",
        "samples",
        "loss_db",
        "sampled_us",
        "ill",
        "most",
        "last",
        "strays",
        "since_us",
        "beyond",
        "measures",
    )

    def __init__(self, antennas: int) -> None:
        self.residents = np.zeros(antennas, dtype=np.int64)
        """Tags believed on its own shelves, and not away."""
        self.share = np.zeros(antennas)
        """Of these, usually heard in a look."""
        self.level_dbm = np.zeros(antennas)
        """Their usual mean loudness."""
        self.samples = np.zeros(antennas, dtype=np.int64)
        self.loss_db = np.zeros(antennas)
        """How much less than usual it hears now; to be taken off the margin of every tag whose silence is weighed."""
        self.sampled_us = np.zeros(antennas, dtype=np.int64)
        self.ill = np.zeros(antennas, dtype=np.int8)
        """Place in `ILLS`."""
        self.most = np.zeros(antennas, dtype=np.int64)
        """Most residents that what is usual was learned of."""
        self.last = np.zeros(antennas)
        """Share that was heard in the sample before."""
        self.since_us = np.zeros(antennas, dtype=np.int64)
        """Since when it has been ill without a well dwell between; 0: it is well."""
        self.beyond = np.zeros(antennas, dtype=bool)
        """It lost more than its margins allow to correct."""
        self.strays = np.zeros(antennas)
        """Books of other shelves that it usually hears in a look."""
        self.measures = np.ones(antennas, dtype=bool)
        """Whether its loudness means something: `hub.belief.levels.Levels.usable`."""

    def count(self, belief: Standing) -> None:
        """Count the residents anew; every minute."""
        g, standing = belief.geometry, belief.place[(belief.place != NEVER) & ~belief.away]
        zones = np.bincount(g.zone_of_shelf[standing.astype(np.int64)], minlength=g.zones)
        own = g.own_pairs
        held = np.bincount(
            g.pair_antenna[own], weights=zones[g.pair_zone[own]], minlength=len(self.residents)
        )
        self.residents[:] = held[: len(self.residents)]
        # Newcomers are the weaker ones, found later: the more of them, the less is known of what is usual.
        grown = self.residents > self.most
        self.samples[grown] = self.samples[grown] * self.most[grown] // self.residents[grown]
        np.maximum(self.most, self.residents, out=self.most)

    def judge(self, antenna: int, sample: Sample, ended_at_us: int, *, references: bool) -> None:
        """Judge the antenna by one whole dwell that no session flag could silence. `references`: it heard its reference tags."""
        residents, usual = int(self.residents[antenna]), float(self.share[antenna])
        if residents < LEAST_RESIDENTS or self.samples[antenna] < FIRST_SAMPLES:
            self._well(antenna, sample, residents, ended_at_us)
            return
        share = min(sample.residents / residents, 1.0)
        before, self.last[antenna] = float(self.last[antenna]), share
        lost = share < LOST_SHARE * usual
        if lost and self._elsewhere(antenna, sample, before):
            self._ill(antenna, ELSEWHERE, MOST_LOSS_DB, ended_at_us)
            return
        loss_db = self._loss_db(antenna, share, residents)
        like = self._like(antenna, loss_db, sample.loud_dbm, references=references)
        if lost and not (references and like == WELL):
            self._ill(antenna, LOST, max(loss_db, MOST_LOSS_DB), ended_at_us)
        elif loss_db > 0 and like != WELL:
            self._ill(antenna, like, loss_db, ended_at_us)
            self._learn(antenna, sample, residents, ended_at_us, ill=True)
        else:
            self._well(antenna, sample, residents, ended_at_us)

    def _elsewhere(self, antenna: int, sample: Sample, before: float) -> bool:
        """Its own books are gone and others are there, from one sample to the next: nobody shelves so fast."""
        sudden = self.ill[antenna] == ELSEWHERE or before >= SUDDEN * float(self.share[antenna])
        heard = max(sample.residents + sample.strays, LEAST_RESIDENTS)
        more = sample.strays >= MORE_STRAYS * float(self.strays[antenna])
        return bool(sudden) and more and sample.strays >= STRAYS * heard

    def _loss_db(self, antenna: int, share: float, residents: int) -> float:
        """Decibels lost, beyond luck."""
        usual = float(self.share[antenna])
        error = float(np.sqrt(max(usual * (1 - usual), 0.02) / residents))
        before, now = margin_of_share(np.array([usual, share + LUCK * error])).tolist()
        return max(SPREAD_DB * float(before - now), 0.0)

    def _like(self, antenna: int, loss_db: float, loud_dbm: float, *, references: bool) -> int:
        """What a loss looks like, by the loudness of those that are still heard; `WELL`: the books are gone."""
        if np.isnan(loud_dbm):
            return WELL if references else DEAF
        if not self.measures[antenna]:
            return DEAF
        shift = loud_dbm - float(self.level_dbm[antenna])
        if abs(shift) < MOVES_WITH * loss_db:
            return WELL
        return WEAK if shift < 0 else DEAF

    def _well(self, antenna: int, sample: Sample, residents: int, ended_at_us: int) -> None:
        left_db = (1 - AGAIN) * float(self.loss_db[antenna])
        self._set_loss(antenna, left_db if left_db >= FINEST_DB else 0.0)
        self.ill[antenna] = WELL
        self.since_us[antenna] = 0
        if residents >= LEAST_RESIDENTS and sample.residents:
            self.last[antenna] = min(sample.residents / residents, 1.0)
            self._learn(antenna, sample, residents, ended_at_us, ill=False)

    def _learn(self, antenna: int, sample: Sample, residents: int, ended_at_us: int, *, ill: bool) -> None:
        """A little of what it hears now becomes usual. What it lost in part, too: shelves are refitted, and nobody says so."""
        if self.samples[antenna] and ended_at_us - self.sampled_us[antenna] < SAMPLE_S * 1_000_000:
            return
        self.sampled_us[antenna] = ended_at_us
        self.samples[antenna] += not ill
        step = SLOWEST if ill else max(1.0 / int(self.samples[antenna]), SLOWEST)
        self.share[antenna] += step * (min(sample.residents / residents, 1.0) - self.share[antenna])
        self.strays[antenna] += step * (sample.strays - self.strays[antenna])
        if sample.residents:
            self.level_dbm[antenna] += step * (sample.loud_dbm - self.level_dbm[antenna])

    def _ill(self, antenna: int, ill: int, loss_db: float, ended_at_us: int) -> None:
        if self.ill[antenna] == WELL:
            self.since_us[antenna] = ended_at_us
        before_db = float(self.loss_db[antenna])
        self._set_loss(antenna, before_db + AGAIN * (loss_db - before_db))
        self.ill[antenna] = ill

    def _set_loss(self, antenna: int, loss_db: float) -> None:
        self.loss_db[antenna] = loss_db
        self.beyond[antenna] = loss_db > (BACK_DB if self.beyond[antenna] else MOST_LOSS_DB)

    def trusted(self, antenna: int) -> bool:
        """Whether its silence counts at all."""
        return bool(self.ill[antenna] not in {LOST, ELSEWHERE} and not self.beyond[antenna])

    def accept(self, antenna: int) -> None:
        """A person says that it is well as it is: what it hears now becomes usual."""
        self.samples[antenna] = 0
        self._set_loss(antenna, 0.0)
        self.ill[antenna] = WELL

    def step_back(self, now_us: int) -> None:
        """The hub's clock was set back."""
        for times in (self.sampled_us, self.since_us):
            np.minimum(times, now_us, out=times)

    def lasting(self, now_us: int) -> Bools:
        """By antenna: ill in a way that a person should hear of; somebody who stands before the shelf is none."""
        blind = (self.ill == LOST) | (self.ill == ELSEWHERE)
        weaker = (
            (self.ill != WELL)
            & (self.loss_db >= TOLD_DB)
            & (now_us - self.since_us >= TOLD_AFTER_S * 1_000_000)
        )
        result: Bools = blind | weaker
        return result

    def dump(self) -> dict[str, Any]:
        """The arrays by name."""
        return {name: getattr(self, name).copy() for name in self._ARRAYS}

    @classmethod
    def load(cls, state: dict[str, Any], antennas: int) -> Trust:
        """As `dump` left them; new antennas at the end."""
        trust = cls(antennas)
        for name in cls._ARRAYS:
            known = np.asarray(state.get(name, ()))[:antennas]
            getattr(trust, name)[: len(known)] = known
        return trust


def samples_of(belief: Standing, reads: TagReads, dwell: Ints, dwells: int) -> list[Sample]:
    """What each of so many dwells heard. `dwell`: by read, the place of its dwell. About 0.1 µs a read."""
    g = belief.geometry
    zone = np.append(g.zone_of_shelf, -1)[belief.place[reads.row]]
    standing = zone >= 0
    own = np.zeros(len(zone), dtype=bool)
    for zones in g.meant_zones.T:
        own |= zones[reads.antenna] == zone
    own &= standing
    residents = np.bincount(dwell[own], minlength=dwells)
    strays = np.bincount(dwell[standing], minlength=dwells) - residents
    total = np.bincount(dwell[own], weights=reads.loud_dbm[own].astype(np.float64), minlength=dwells)
    mean = np.where(residents > 0, total / np.maximum(residents, 1), np.nan)
    return [
        Sample(heard, level, foreign)
        for heard, level, foreign in zip(residents.tolist(), mean.tolist(), strays.tolist(), strict=True)
    ]
