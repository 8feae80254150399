"""From the place of each tag to what a rival shows: the hub's thresholds, without its coverage. Pure, vectorised over tags."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firmware_sim.hearing import Bools, Int32, Int64
from firmware_sim.scoring.doors import Doors
from firmware_sim.scoring.subject import NOWHERE, Shown
from hub.settings import EngineSettings

_CLOSED: Final = -1
_HOUR_US: Final = 3_600_000_000


class _Kind:
    """Findings of one kind, at most one open a tag."""

    def __init__(self, kind: str, tags: int, shown: list[Shown]) -> None:
        self._kind = kind
        self._shown = shown
        self.open: NDArray[np.int64] = np.full(tags, _CLOSED, dtype=np.int64)
        """Place in the list of all findings, or −1."""

    def change(self, opens: Bools, closes: Bools, place: Int32, now_us: int, *, known: bool = True) -> None:
        """Close first, then open what is not open yet."""
        for tag in np.flatnonzero(closes & (self.open >= 0)).tolist():
            self._shown[int(self.open[tag])].closed_us = now_us
            self.open[tag] = _CLOSED
        for tag in np.flatnonzero(opens & ~closes & (self.open < 0)).tolist():
            self.open[tag] = len(self._shown)
            one = Shown(kind=self._kind, tag=tag if known else -1, place=int(place[tag]), opened_us=now_us)
            self._shown.append(one)


class Findings:
    """Hysteresis as in the hub: a kind opens after its looks and its time, and closes when it is refuted."""

    def __init__(self, settings: EngineSettings, doors: Doors, books: int, every_us: int) -> None:
        self.shown: list[Shown] = []
        self._settings = settings
        self._doors = doors
        self._every_us = every_us
        self._misplaced = _Kind("misplaced", books, self.shown)
        self._missing = _Kind("missing", books, self.shown)
        self._unexpected = _Kind("unexpected", books, self.shown)
        self._unknown = _Kind("unknown_tag", 0, self.shown)
        self._outside_looks = np.zeros(books, dtype=np.int32)
        self._unexpected_looks = np.zeros(books, dtype=np.int32)
        self._unexpected_us = np.zeros(books, dtype=np.int64)
        self._stranger_us = np.zeros(0, dtype=np.int64)
        self._closed_us: int | None = None
        """Since when the doors are closed; None: they are open."""

    def items(
        self,
        *,
        shelf: Int32,
        fresh: Bools,
        expected: Bools,
        home_from: Int32,
        home_to: Int32,
        silent_since_us: Int64,
        now_us: int,
    ) -> None:
        """Decide about books. `fresh`: heard since the last decision; `silent_since_us`: heard last, or told last by the desk."""
        s = self._settings
        there = shelf != NOWHERE
        tolerance = s.tolerance_shelves
        home = (shelf >= home_from - tolerance) & (shelf <= home_to + tolerance)
        outside = there & expected & ~home
        self._outside_looks = np.where(outside, self._outside_looks + fresh, 0).astype(np.int32)
        self._misplaced.change(self._outside_looks >= s.misplaced_looks, ~outside, shelf, now_us)
        self._missing.change(
            ~there & expected & self._long(silent_since_us, now_us),
            there | ~expected,
            np.full_like(shelf, NOWHERE),
            now_us,
        )
        odd = there & ~expected
        self._unexpected_us = np.where(odd & (self._unexpected_looks > 0), self._unexpected_us, now_us)
        self._unexpected_looks = np.where(odd, self._unexpected_looks + fresh, 0).astype(np.int32)
        long = now_us - self._unexpected_us >= s.unexpected_after_s * 1e6
        self._unexpected.change(
            odd & long & (self._unexpected_looks >= s.unexpected_looks), ~odd, shelf, now_us
        )

    def strangers(self, shelf: Int32, now_us: int) -> None:
        """Decide about tags of no catalogue."""
        short = len(shelf) - len(self._stranger_us)
        if short > 0:
            self._stranger_us = np.append(self._stranger_us, np.full(short, now_us, dtype=np.int64))
            self._unknown.open = np.append(self._unknown.open, np.full(short, _CLOSED, dtype=np.int64))
        there = shelf != NOWHERE
        self._stranger_us = np.where(there, self._stranger_us, now_us)
        stays = now_us - self._stranger_us >= self._settings.unknown_stays_h * _HOUR_US
        self._unknown.change(there & stays, ~there, shelf, now_us, known=False)

    def _long(self, silent_since_us: Int64, now_us: int) -> NDArray[Any]:
        """Silent beyond the longest use, or through the cycles after closing that stand for the hub's looks."""
        s = self._settings
        if not self._doors.closed(now_us):
            self._closed_us = None
        elif self._closed_us is None:
            self._closed_us = now_us
        long: NDArray[Any] = now_us - silent_since_us >= s.longest_use_h * _HOUR_US
        if self._closed_us is not None:
            since_us = np.maximum(silent_since_us, self._closed_us)
            long = long | (now_us - since_us >= s.missing_looks * self._every_us)
        return long
