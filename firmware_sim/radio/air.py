"""What is heard in many dwells at once, one row a pair of dwell and tag. Pure.

A tag wakes in a dwell iff fixed margin + drift + power − cable − people + the best of the dwell's channels is above 0. Those awake share the reader's time. All steps are
sums, products, comparisons and table look-ups in single precision, so that every machine makes the same bytes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_sim.dice import gauss, mix
from firmware_sim.hearing import Bools, Dwells, Float32, Int16, Int32, Int64, UInt16
from firmware_sim.radio import budget, gen2
from firmware_sim.radio.flags import Flags
from firmware_sim.radio.geometry import spans
from firmware_sim.radio.hops import QUARTER_US, Hopping, hops_of, table, throws
from firmware_sim.radio.pairs import Pairs
from firmware_sim.radio.people import Aisles
from firmware_sim.radio.settings import RadioSettings
from firmware_sim.radio.wiring import Wiring

FULL_DBM: Final = 30.0
POWER_SLOPE: Final = 0.5
"""Decibels of loudness for each decibel of power at the port: what comes back grows with it once, and readers compress (see `loudness_slope`)."""
MOST_COUNT: Final = 65_535
_TIME: Final = 0x71AE
_TO_UNIT: Final = np.float32(1 / 65_536)
_LOW: Final = np.uint64(0xFFFF)
_SIXTEEN: Final = np.uint64(16)
_MOST_GAIN: Final = 64

_Words = NDArray[np.uint64]
_Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Awake:
    """Tags that have power, sorted by dwell."""

    dwell: _Rows
    pair: _Rows
    """Place in `Pairs`."""
    key: _Words
    hops: NDArray[np.int32]
    """On how many of the dwell's channels it is awake."""
    margin: Float32
    """On the best channel, dB."""


@dataclass(frozen=True, slots=True)
class Caught:
    """Tags that were heard, sorted by dwell."""

    dwell: _Rows
    tag: Int32
    key: _Words
    word: _Words
    """Throws of this pair and dwell; its upper half is unused."""
    count: UInt16
    rssi: Int16
    """Half decibels."""


class Air:
    """One site's air at one moment of its world."""

    def __init__(
        self,
        pairs: Pairs,
        wiring: Wiring,
        aisles: Aisles,
        flags: Flags,
        settings: RadioSettings,
        *,
        seed: int,
    ) -> None:
        self.hopping = Hopping(seed=seed)
        self._pairs = pairs
        self._wiring = wiring
        self._aisles = aisles
        self._flags = flags
        self._settings = settings
        self._seed = seed
        self._drift = table(settings.pass_spread_db)
        self._channel = table(settings.channel_spread_db)
        self._usual_db = np.float32(budget.solve(settings).usual_db)
        gains = [budget.rounded(math.sqrt(2 * math.log(max(1, n)))) for n in range(_MOST_GAIN + 1)]
        self._gain = np.array(gains, dtype=np.float32) * np.float32(settings.noise_db)

    def catch(self, dwells: Dwells) -> Caught:
        """What is heard in these dwells; the pairs must be fresh. Single-target dwells set flags, in the order given."""
        awake = self.awake(dwells)
        word = mix(awake.key ^ self._moments(dwells)[awake.dwell])
        count = self._counts(dwells, awake, word)
        loud = self._loudness(dwells, awake, word, count)
        heard = np.flatnonzero((count > 0) & (loud >= np.float32(2 * self._settings.floor_dbm)))
        return Caught(
            dwell=awake.dwell[heard],
            tag=self._pairs.tag[awake.pair[heard]],
            key=awake.key[heard],
            word=word[heard],
            count=np.minimum(count[heard], MOST_COUNT).astype(np.uint16),
            rssi=loud[heard].astype(np.int16),
        )

    def awake(self, dwells: Dwells) -> Awake:
        """All tags that wake in these dwells, flags or not."""
        dwell, pair, key, margin = self._lifted(dwells)
        hops = hops_of(dwells.started_us, dwells.ended_us)
        most = int(hops.max()) if len(hops) else 0
        channels = self.hopping.channels(dwells.antenna, dwells.started_us, most)
        awake = np.zeros(len(dwell), dtype=np.int32)
        best = np.full(len(dwell), -np.inf, dtype=np.float32)
        same = bool((hops == most).all())
        for hop in range(most):
            gain = throws(self._channel, key, self.hopping.odd_of_channel[channels[:, hop]][dwell])
            if not same:
                gain[hop >= hops[dwell]] = -np.inf
            awake += (margin + gain) > 0
            np.maximum(best, gain, out=best)
        woken = np.flatnonzero(awake)
        return Awake(dwell[woken], pair[woken], key[woken], awake[woken], (margin + best)[woken])

    def lifted(self, dwells: Dwells) -> tuple[_Rows, Float32, Float32]:
        """(pair, lowest, highest margin over all channels) of each tag in hearing, power, drift and people counted."""
        _, pair, key, margin = self._lifted(dwells)
        offsets = [throws(self._channel, key, odd) for odd in self.hopping.odd_of_channel]
        lowest, highest = np.minimum.reduce(offsets), np.maximum.reduce(offsets)
        return pair, margin + lowest, margin + highest

    def _lifted(self, dwells: Dwells) -> tuple[_Rows, _Rows, _Words, Float32]:
        """(dwell, pair, key, margin without channel) of the pairs that some channel might wake."""
        links, pairs, wiring = self._pairs.links, self._pairs, self._wiring
        field = wiring.listens_as[dwells.antenna]
        live = np.flatnonzero(~wiring.deaf[dwells.antenna])
        each = links.first[field[live] + 1] - links.first[field[live]]
        of_link = np.repeat(live, each)
        link = spans(links.first[field[live]], links.first[field[live] + 1])
        extra = (dwells.power_dbm - np.float32(FULL_DBM) - wiring.loss_db[dwells.antenna])[of_link]
        extra = extra - self._people_db(links.bay[links.shelf[link]], dwells.started_us[of_link])
        length = pairs.length[link]
        pair = spans(pairs.start[link], pairs.start[link] + length)
        dwell = np.repeat(of_link, length)
        margin = pairs.margin[pair].astype(np.float32)
        margin *= np.float32(1 / budget.STEP)
        margin += np.repeat(extra, length)
        if pairs.headroom_db > 0:
            # kept for another dwell's power: out of reach of this one's, whatever was asked before
            over = np.maximum(dwells.power_dbm - np.float32(FULL_DBM), np.float32(0))
            margin[pairs.margin[pair] <= pairs.least(over)[dwell]] = -np.inf
        key = pairs.key[pair].astype(np.uint64)
        margin += throws(self._drift, key, self._drift_odds(dwells, dwell))
        able = np.flatnonzero(margin > -self._channel[-1])
        return dwell[able], pair[able], key[able], margin[able]

    def _drift_odds(self, dwells: Dwells, dwell: _Rows) -> _Words | np.uint64:
        odds = self.hopping.odd_of_quarter(dwells.started_us)
        if (
            len(odds)
            and int(dwells.started_us.min()) // QUARTER_US == int(dwells.started_us.max()) // QUARTER_US
        ):
            return np.uint64(odds[0])
        return odds[dwell]

    def _people_db(self, bay: Int32, at_us: Int64) -> Float32 | np.float32:
        if self._aisles.empty:
            return np.float32(0)
        return np.where(
            self._aisles.somebody(bay, at_us), np.float32(self._settings.person_db), np.float32(0)
        )

    def _moments(self, dwells: Dwells) -> _Words:
        """A name of each dwell."""
        return mix(self._seed ^ _TIME, dwells.antenna.astype(np.uint64), dwells.started_us.astype(np.uint64))

    def _counts(self, dwells: Dwells, awake: Awake, word: _Words) -> NDArray[np.int64]:
        """Answers of each; 0: the time was too short, or its flag is set."""
        seconds = (dwells.ended_us - dwells.started_us).astype(np.float32) * np.float32(1e-6)
        rate = np.float32(self._settings.reads_a_second) / self._wiring.slow[dwells.antenna]
        hops = hops_of(dwells.started_us, dwells.ended_us)
        share: Float32 = np.divide(awake.hops, hops[awake.dwell], dtype=np.float32)
        luck = ((word >> _SIXTEEN) & _LOW).astype(np.float32) * _TO_UNIT
        crowd = np.bincount(awake.dwell, weights=awake.hops, minlength=len(dwells)) / hops
        each = gen2.passes(rate, seconds, np.maximum(crowd, 1e-3))
        counts = gen2.counts(each[awake.dwell] * share, luck)
        if not dwells.dual.all():
            self._single(dwells, awake, luck, rate * seconds, counts)
        return counts

    def _single(
        self, dwells: Dwells, awake: Awake, luck: Float32, reads: Float32, counts: NDArray[np.int64]
    ) -> None:
        """Correct the counts of single-target dwells, one after the other, because each sets flags for the next."""
        tags = self._pairs.tag[awake.pair]
        bounds = np.searchsorted(awake.dwell, np.arange(len(dwells) + 1))
        for at in np.flatnonzero(~dwells.dual).tolist():
            here = slice(int(bounds[at]), int(bounds[at + 1]))
            session, start, end = (
                int(dwells.session[at]),
                int(dwells.started_us[at]),
                int(dwells.ended_us[at]),
            )
            free: Bools = self._flags.free(tags[here], session, start, end)
            chance = float(reads[at]) / max(1, int(free.sum()))
            turn = np.flatnonzero(free & (luck[here] < chance))
            counts[here] = 0
            counts[here][turn] = self._flags.answered(tags[here][turn], session, start, end)

    def _loudness(self, dwells: Dwells, awake: Awake, word: _Words, count: NDArray[np.int64]) -> Float32:
        """Of the loudest answer, in whole half decibels. The loudest of n lies about sqrt(2 ln n) deviations above their mean."""
        set_ = self._settings
        noise = gauss(word, 0).astype(np.float32) * np.float32(set_.noise_db)
        power = (dwells.power_dbm - np.float32(FULL_DBM)) * np.float32(set_.loudness_slope - POWER_SLOPE)
        loud = (awake.margin - self._usual_db) * np.float32(set_.loudness_slope) - power[awake.dwell]
        loud += noise + self._gain[np.minimum(count, _MOST_GAIN)] + np.float32(set_.own_dbm)
        found: Float32 = np.rint(loud * np.float32(2))
        return found
