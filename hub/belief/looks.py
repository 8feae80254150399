"""The antennas: which dwell is a trusted look, and what that makes of each antenna. Pure.

A *look* is a dwell whose silence counts: it ended properly, its antenna proved that it was listening (reference tags, or
enough of the usual company), and no session flag could hold a tag silent. Other dwells count what they heard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hub.belief.batch import Placed, flag_hold_us
from hub.belief.geometry import Geometry
from hub.belief.trust import ELSEWHERE, Sample, Trust
from hub.settings import EngineSettings
from shelfwire.messages import Air

_SECOND_US: Final = 1_000_000
_WHOLE: Final = ("exact", "estimated")
"""Qualities whose silence may count; the others count only what they heard."""
_USUAL_STEP: Final = 0.05
"""Weight of one look in the usual number of known tags: follows a day's borrowing, not a dying cable."""
_SHARE_STEP: Final = 0.2
"""Weight of one dwell in the shown share of reference tags."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Judged:
    """What became of each dwell of a batch; columns of equal length."""

    counts: NDArray[np.bool_]
    """False: too old, out of its antenna's order, lost, or of an antenna that reports for another one; history only."""
    look: Ints
    """The antenna's count of looks with this dwell in it."""


class Antennas:
    """Per antenna index; times in microseconds or, where named so, seconds; 0: never."""

    _ARRAYS: Final = (
        "looks", "last_look_s", "cover_since_s", "last_end_us", "last_dwell_us", "usual", "share", "distrusted",
        "dwells", "reads", "late", "at_closing", "closed_us", "sweep_from_us", "sweep_looks",
    )  # fmt: skip

    def __init__(self, antennas: int, settings: EngineSettings) -> None:
        self.settings = settings
        self.looks = np.zeros(antennas, dtype=np.int64)
        self.last_look_s = np.zeros(antennas, dtype=np.int64)
        self.cover_since_s = np.zeros(antennas, dtype=np.int64)
        """Start of the coverage that lasts, without a hole longer than `stale_after_s`, to the last look."""
        self.last_end_us = np.zeros(antennas, dtype=np.int64)
        self.last_dwell_us = np.zeros(antennas, dtype=np.int64)
        self.usual = np.zeros(antennas)
        """Known tags in a usual look; what a dwell without reference tags is held against."""
        self.share = np.full(antennas, np.nan)
        """Of its reference tags, lately heard; NaN: has none."""
        self.distrusted = np.zeros(antennas, dtype=np.int64)
        """Dwells since the last that proved the antenna to work."""
        self.dwells = np.zeros(antennas, dtype=np.int64)
        self.reads = np.zeros(antennas, dtype=np.int64)
        self.late = np.zeros(antennas, dtype=np.int64)
        self.at_closing = np.full(antennas, -1, dtype=np.int64)
        """Count of looks when the doors closed; -1: they are open."""
        self.closed_us = np.zeros(antennas, dtype=np.int64)
        """When the doors were found closed: a dwell that began before is no look at a closed library, however late it comes."""
        self.sweep_from_us = np.zeros(antennas, dtype=np.int64)
        """Start of the last sweep that the antenna was asked for; an antenna serves one sweep at a time."""
        self.sweep_looks = np.zeros(antennas, dtype=np.int64)
        """Looks of dwells that began since: a backlog of the time before says nothing about the sweep."""
        self.trust = Trust(antennas)
        """How well each hears beside how well it used to; `trust.loss_db` is to be taken off margins."""
        self._air: dict[Air, int] = {}

    def judge(
        self,
        geometry: Geometry,
        dwells: Sequence[Placed],
        proofs: Sequence[tuple[int, int]],
        oldest_us: int,
        samples: Mapping[int, Sample] | None = None,
    ) -> Judged:
        """Apply dwells in order. `proofs`: (item tags, reference tags of its antenna) that each heard; `samples`: by place in `dwells`."""
        samples = samples or {}
        counts = np.ones(len(dwells), dtype=bool)
        look = np.zeros(len(dwells), dtype=np.int64)
        for i, (dwell, (known, references)) in enumerate(zip(dwells, proofs, strict=True)):
            one = dwell.antenna
            if dwell.lost:
                self._lose(one, dwell.ended_at_us)
                counts[i] = False
                continue
            self.dwells[one] += 1
            self.reads[one] += len(dwell.of.tags.epc)
            if dwell.ended_at_us <= self.last_end_us[one] or dwell.ended_at_us < oldest_us:
                self.late[one] += 1
                counts[i] = False
                continue
            free = self._free_of_flags(geometry, dwell)
            self.last_end_us[one] = self.last_dwell_us[one] = dwell.ended_at_us
            if dwell.of.quality in _WHOLE:
                total = geometry.references[one]
                if free and i in samples:
                    heard = references >= max(1.0, self.settings.reference_share * total)
                    self.trust.judge(one, samples[i], dwell.ended_at_us, references=heard)
                if self._proved(one, known, references, total, free=free) and free:
                    self._look(dwell)
            counts[i] = self.trust.ill[one] != ELSEWHERE
            look[i] = self.looks[one]
        return Judged(counts=counts, look=look)

    def _free_of_flags(self, geometry: Geometry, dwell: Placed) -> bool:
        hold_us = self._air.get(dwell.of.air)
        if hold_us is None:
            hold_us = self._air[dwell.of.air] = flag_hold_us(dwell.of.air, self.settings)
        if not hold_us:
            return True
        last_us = int(self.last_end_us[geometry.area[dwell.antenna]].max())
        return dwell.started_at_us - last_us > hold_us

    def _proved(self, one: int, known: int, references: int, total: int, *, free: bool) -> bool:
        """Whether the antenna was listening, by its reference tags or, without them, by the usual company.

        Both may be held silent by their session flags: a dwell that is not `free` of them can clear an antenna of
        suspicion, and nothing that it did not hear is held against the antenna.
        """
        usual = float(self.usual[one])
        if total:
            share = references / total
            before = self.share[one]
            if free or share > before:
                self.share[one] = share if np.isnan(before) else before + _SHARE_STEP * (share - before)
            proved = share >= self.settings.reference_share
        else:
            proved = known >= max(1.0, self.settings.resident_share * usual)
        if proved and not self.trust.trusted(one):
            # It proves that it works, and not that it hears as it should: what is usual stays as it was.
            self.distrusted[one] += free
        elif proved:
            self.distrusted[one] = 0
            if free or known > usual > 0:
                self.usual[one] = known if usual == 0 else usual + _USUAL_STEP * (known - usual)
        elif free:
            self.distrusted[one] += 1
        return proved and self.trust.trusted(one)

    def _look(self, at: Placed) -> None:
        one, now_s = at.antenna, at.ended_at_us // _SECOND_US
        if now_s - self.last_look_s[one] > self.settings.stale_after_s:
            self.cover_since_s[one] = at.started_at_us // _SECOND_US
        self.looks[one] += 1
        self.at_closing[one] += self.at_closing[one] >= 0 and at.started_at_us < self.closed_us[one]
        self.sweep_looks[one] += at.started_at_us >= self.sweep_from_us[one]
        self.last_look_s[one] = now_s

    def _lose(self, antenna: int, ended_at_us: int) -> None:
        """A span of which nothing is known: not looked at, but its inventories may have set flags."""
        self.last_end_us[antenna] = max(int(self.last_end_us[antenna]), ended_at_us)
        self.cover_since_s[antenna] = max(int(self.cover_since_s[antenna]), ended_at_us // _SECOND_US)

    def step_back(self, now_us: int) -> None:
        """The hub's clock was set back to `now_us`: nothing was measured later."""
        for times in (self.last_end_us, self.last_dwell_us, self.closed_us, self.sweep_from_us):
            np.minimum(times, now_us, out=times)
        for times in (self.last_look_s, self.cover_since_s):
            np.minimum(times, now_us // _SECOND_US, out=times)
        self.trust.step_back(now_us)

    def accept_as_usual(self, antenna: int) -> None:
        """A person says that the shelf is really so empty: learn its company anew, from the next books that it hears."""
        self.usual[antenna] = 0.0
        self.trust.accept(antenna)

    def rehang(self, antenna: int, hung_us: int) -> None:
        """It hangs elsewhere since `hung_us`: what it looked at before was another shelf, and covers nothing of the new one.

        Its count of looks goes on, because tags remember counts of it.
        """
        # Dwells of the time before that are still to come are too late: they would be taken for the new shelf's.
        self.last_end_us[antenna] = max(int(self.last_end_us[antenna]), hung_us)
        self.last_look_s[antenna] = self.sweep_looks[antenna] = 0
        self.cover_since_s[antenna] = hung_us // _SECOND_US
        self.share[antenna] = np.nan
        if self.at_closing[antenna] >= 0:
            self.at_closing[antenna] = self.looks[antenna]
        self.accept_as_usual(antenna)

    def begin_sweep(self, antennas: Sequence[int], from_us: int) -> None:
        """From now on `sweep_looks` of these antennas count what began at `from_us` or later."""
        self.sweep_from_us[list(antennas)] = from_us
        self.sweep_looks[list(antennas)] = 0

    def doors(self, now_us: int, *, closed: bool) -> None:
        """The doors are closed or open now."""
        if not closed:
            self.at_closing[:] = -1
        elif (self.at_closing < 0).any():
            self.closed_us[:] = np.where(self.at_closing < 0, now_us, self.closed_us)
            self.at_closing[:] = np.where(self.at_closing < 0, self.looks, self.at_closing)

    def closed_looks(self) -> Ints:
        """Looks since the doors closed; 0 while they are open."""
        result: Ints = np.where(self.at_closing < 0, 0, self.looks - self.at_closing)
        return result

    def looked_at_s(self, geometry: Geometry) -> Ints:
        """Last trusted look at each shelf; 0: never."""
        zones = np.zeros(geometry.zones, dtype=np.int64)
        own = geometry.own_pairs
        np.maximum.at(zones, geometry.pair_zone[own], self.last_look_s[geometry.pair_antenna[own]])
        result: Ints = zones[geometry.zone_of_shelf]
        return result

    def dark_share(self, geometry: Geometry, now_s: int) -> float:
        """Of the shelves that were looked at within `longest_use_h`, the share that no antenna looks at now."""
        idle_s = now_s - self.looked_at_s(geometry)[geometry.watched]
        lately = idle_s <= self.settings.longest_use_h * 3600
        dark = lately & (idle_s > self.settings.stale_after_s)
        return float(dark.sum()) / max(float(lately.sum()), 1.0)

    def dump(self) -> dict[str, Any]:
        """The arrays by name."""
        return {name: getattr(self, name).copy() for name in self._ARRAYS} | {"trust": self.trust.dump()}

    @classmethod
    def load(cls, state: dict[str, Any], antennas: int, settings: EngineSettings) -> Antennas:
        """As `dump` left them; a site that has grown since gets new antennas at the end."""
        book = cls(antennas, settings)
        for name in cls._ARRAYS:
            # A snapshot of an older hub lacks the younger arrays; they begin at zero.
            known = np.asarray(state.get(name, ()))[:antennas]
            getattr(book, name)[: len(known)] = known
        book.trust = Trust.load(state.get("trust", {}), antennas)
        return book
