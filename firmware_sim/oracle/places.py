"""Where each book stands, by all that was heard: the exact posterior over shelves, by quadrature. Pure.

    P(shelf | reads) ∝ prior(shelf) · Σ_x Σ_u p(x) p(u) · Π_antennas table(level(antenna, shelf, x) + u)

x: how far along its board the book stands; u: how well its tag is heard by any antenna (chip, shade, neighbours, place in the book).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from firmware_sim.hearing import Bools, Float32, Int32, Int64
from firmware_sim.oracle import air
from firmware_sim.oracle.air import Floats
from firmware_sim.oracle.evidence import Evidence, Pairs
from firmware_sim.oracle.told import Told
from firmware_sim.radio.geometry import spans

ALONG: Final = 5
"""Places along a board over which a book elsewhere is averaged."""
U_STEP_DB: Final = 1.0
U: Final = np.arange(-26.0, 16.0 + U_STEP_DB / 2, U_STEP_DB)
ROWS: Final = 30_000
"""(Book, shelf, place) rows worked on at a time, each with some sixteen antennas."""
NOWHERE: Final = -1


@dataclass(frozen=True, slots=True)
class Believed:
    """The posterior of each book; columns."""

    shelf: Int32
    """The most probable shelf, or `NOWHERE`."""
    sure: Float32
    """Its probability."""
    outside: Float32
    """Probability that it stands on a shelf outside home ± tolerance."""
    away: Float32


_COLUMNS: Final = ("shelf", "sure", "outside", "away")


class Candidates:
    """Pairs of book and shelf that could explain its reads, and how well they do."""

    def __init__(self, told: Told, evidence: Evidence) -> None:
        self._told = told
        self._silent = evidence.silent
        self._prior_u = told.of_tags(U)
        self._never = self._of_never()

    def believed(self, first: int, end: int, pairs: Pairs) -> Believed:
        """Of the books `first:end`."""
        told = self._told
        rows = _choices(first, end, pairs, told)
        book, shelf = rows.book, rows.shelf
        home = shelf == told.home[book]
        logs = told.log_prior(book, shelf)
        logs[home] += self._explain(book[home], shelf[home], told.home_x_mm[book[home]][:, None], pairs)
        away = ~home
        logs[away] += self._explain(book[away], shelf[away], _along(told.width_mm[shelf[away]]), pairs)
        return self._weigh(rows, logs)

    def _explain(self, book: Int64, shelf: Int64, x_mm: Int64, pairs: Pairs) -> Floats:
        """Log-likelihood of the reads of each book on each shelf; `x_mm`: a column a place along the board."""
        places = x_mm.shape[1] if len(book) else 1
        rows_book, rows_shelf = np.repeat(book, places), np.repeat(shelf, places)
        found = np.empty(len(rows_book))
        tables = np.concatenate([self._silent, pairs.table])
        row_of = _finder(pairs, len(self._silent))
        flat_x = x_mm.reshape(-1)
        for at in range(0, len(rows_book), ROWS):
            part = slice(at, at + ROWS)
            found[part] = self._explain_rows(rows_book[part], rows_shelf[part], flat_x[part], tables, row_of)
        whole = np.logaddexp.reduce(found.reshape(-1, places), axis=1) - np.log(places)
        return np.asarray(whole)

    def _explain_rows(
        self, book: Int64, shelf: Int64, x_mm: Int64, tables: Float32, row_of: _Finder
    ) -> Floats:
        links = self._told.links
        begin, end = links.shelf_first[shelf], links.shelf_first[shelf + 1]
        link = links.by_shelf[spans(begin, end)]
        each = end - begin
        row = np.repeat(np.arange(len(book)), each)
        level = self._told.level_db(link, x_mm[row])
        table = row_of.rows(book[row], links.antenna[link].astype(np.int64))
        grid = np.rint((level - air.LOW_DB + U[0]) / air.STEP_DB).astype(np.int64)
        steps = np.arange(len(U)) * round(U_STEP_DB / air.STEP_DB)
        index = table[:, None] * air.POINTS + np.clip(grid[:, None] + steps[None, :], 0, air.POINTS - 1)
        logs = np.add.reduceat(tables.reshape(-1)[index], np.cumsum(each) - each, axis=0).astype(np.float64)
        return np.asarray(np.logaddexp.reduce(logs + self._prior_u[None, :], axis=1))

    def _of_never(self) -> Floats:
        """By shelf: log-likelihood that a book there is never heard by anybody."""
        told = self._told
        shelves = np.arange(len(told.width_mm))
        nothing = Pairs(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros((0, air.POINTS), np.float32))
        x_mm = _along(told.width_mm)
        found = np.full(len(shelves), -np.inf)
        watched = np.flatnonzero(np.diff(told.links.shelf_first) > 0)
        found[watched] = self._explain(
            np.zeros(len(watched), np.int64), shelves[watched], x_mm[watched], nothing
        )
        return found

    def _weigh(self, rows: Choices, logs: Floats) -> Believed:
        """The sum to 1. The shelves that are no candidates matter for the books that nobody heard: they are taken together."""
        told, book, count = self._told, rows.book - rows.first, rows.end - rows.first
        away = np.where(rows.heard, -np.inf, told.log_away[rows.first : rows.end])
        rest = np.where(rows.heard, -np.inf, told.log_elsewhere[rows.first : rows.end] + self._mean_never())
        most = np.full(count, -np.inf)
        np.maximum.at(most, book, logs)
        top = np.maximum(np.maximum(away, rest), most)
        top = np.where(np.isfinite(top), top, 0.0)
        weight, far = np.exp(logs - top[book]), told.outside(rows.book, rows.shelf)
        gone, lost = np.exp(away - top), np.exp(rest - top)
        whole = np.maximum(np.bincount(book, weights=weight, minlength=count) + gone + lost, 1e-300)
        outside = np.bincount(book, weights=weight * far, minlength=count) + lost
        order = np.lexsort((logs, book))
        last = order[np.flatnonzero(np.diff(book[order], append=-1))]
        best = np.full(count, NOWHERE, dtype=np.int32)
        best[book[last]] = rows.shelf[last]
        best[away > most] = NOWHERE
        sure = np.exp(np.maximum(away, most) - top) / whole
        columns = [column.astype(np.float32) for column in (sure, outside / whole, gone / whole)]
        return Believed(best, *columns)

    @staticmethod
    def together(parts: Sequence[Believed]) -> Believed:
        """Of all books, from those of some after some."""
        return Believed(*(np.concatenate([getattr(one, name) for one in parts]) for name in _COLUMNS))

    def _mean_never(self) -> float:
        finite = self._never[np.isfinite(self._never)]
        return float(np.logaddexp.reduce(finite) - np.log(len(finite)))


@dataclass(frozen=True, slots=True)
class _Finder:
    """The row of a pair's table: its own if the antenna heard the book, else the antenna's silence."""

    keys: Int64
    antennas: int

    def rows(self, book: Int64, antenna: Int64) -> Int64:
        """For each."""
        if not len(self.keys):
            return antenna
        key = book * self.antennas + antenna
        at = np.minimum(np.searchsorted(self.keys, key), len(self.keys) - 1)
        found: Int64 = np.where(self.keys[at] == key, at + self.antennas, antenna)
        return found


def _finder(pairs: Pairs, antennas: int) -> _Finder:
    return _Finder(pairs.tag.astype(np.int64) * antennas + pairs.antenna, antennas)


@dataclass(frozen=True, slots=True)
class Choices:
    """Pairs of book and shelf, sorted by book, of the books `first:end`."""

    first: int
    end: int
    book: Int64
    shelf: Int64
    heard: Bools
    """By book: whether any antenna heard it."""


def _choices(first: int, end: int, pairs: Pairs, told: Told) -> Choices:
    """Home, and all shelves within hearing of every antenna that heard the book."""
    links = told.links
    begin, ends = links.first[pairs.antenna], links.first[pairs.antenna + 1]
    shelf = links.shelf[spans(begin, ends)].astype(np.int64)
    book = np.repeat(pairs.tag, ends - begin).astype(np.int64)
    shelves = len(told.width_mm)
    key, count = np.unique(book * shelves + shelf, return_counts=True)
    by = np.bincount(pairs.tag - first, minlength=end - first)
    able = key[count == by[key // shelves - first]]
    heard: Bools = by > 0
    home = (np.arange(first, end) * shelves + told.home[first:end])[~heard]
    good = np.union1d(able, home)
    book, shelf = good // shelves, good % shelves
    kept = np.isfinite(told.log_prior(book, shelf))
    return Choices(first, end, book[kept], shelf[kept], heard)


def _along(width_mm: Int32) -> Int64:
    """Places along boards of these widths, a row each."""
    found: Int64 = width_mm[:, None].astype(np.int64) * (2 * np.arange(ALONG)[None, :] + 1) // (2 * ALONG)
    return found
