"""The round over all tags passes over books that answer at home as always, and misses nothing by it."""

from __future__ import annotations

import numpy as np
from helpers.shelves import Book, Library, settings

from hub.effects import PutFinding
from hub.engine import Engine
from hub.engine.rounds import due, wanting

BOARDS = 3
NOBODY = np.zeros(0, dtype=np.int64)


def library(rows_a_second: int) -> tuple[Library, dict[str, list[Book]]]:
    """Six boards of six books that were heard at home for a while."""
    # One silent look of a young hub must not be a departure yet, or it would be news.
    one = Library(2, BOARDS, settings=settings(scan_rows_per_s=rows_a_second, scan_every_s=0.25, leaves=0.02))
    placed = {shelf.id: [one.book(shelf.id) for _ in range(6)] for shelf in one.history.now.shelves}
    one.round(placed, times=4)
    return one, placed


def wants(engine: Engine) -> set[int]:
    return set(np.flatnonzero(wanting(engine, 0, engine.stock.rows, NOBODY)).tolist())


def story(rows_a_second: int) -> tuple[list[tuple[str, int | None, str]], list[int]]:
    """A book is put elsewhere and brought back, another one is lent and stays: findings and places."""
    one, placed = library(rows_a_second)
    first, *_, last = placed
    book = placed[first].pop()
    placed[last].append(book)
    one.round(placed, times=12)
    placed[last].remove(book)
    placed[first].append(book)
    one.round(placed, times=12)
    lent = placed[first][0]
    one.ask("item.status", lent.barcode, status="on_loan")
    one.round(placed, times=40)
    said = [e.finding for e in one.effects if isinstance(e, PutFinding)]
    return [(f.kind, f.item_id, f.state) for f in said], one.engine.belief.place.tolist()


def test_a_book_heard_at_home_as_always_is_passed_over() -> None:
    one, _ = library(25_000)
    assert wants(one.engine) == set()


def test_a_book_that_its_own_antenna_missed_twice_is_weighed() -> None:
    one, placed = library(25_000)
    shelf = next(iter(placed))
    missed, *heard = placed[shelf]
    one.shelf(shelf).hears(*heard)
    assert wants(one.engine) == set()
    one.shelf(shelf).hears(*heard)
    assert wants(one.engine) == {one.belief(missed).row}


def test_a_book_that_another_antenna_hears_louder_is_weighed() -> None:
    one, placed = library(25_000)
    shelf, other = list(placed)[:2]
    book = placed[shelf][0]
    one.shelf(other).hears(*placed[other], book, dbm=-45.0)
    assert one.belief(book).row in wants(one.engine)


def test_a_book_that_should_not_stand_here_is_weighed_though_it_stands_at_home() -> None:
    one, placed = library(25_000)
    lent = next(iter(placed.values()))[0]
    one.ask("item.status", lent.barcode, status="on_loan")
    one.wait(2)
    assert one.belief(lent).row in wants(one.engine)


def test_a_book_that_a_finding_is_about_is_weighed() -> None:
    one, _ = library(25_000)
    rows = np.array([3, 7])
    assert set(np.flatnonzero(wanting(one.engine, 0, one.engine.stock.rows, rows)).tolist()) == {3, 7}
    assert np.flatnonzero(wanting(one.engine, 2, 5, rows)).tolist() == [1]


def test_a_round_that_passes_over_quiet_books_finds_what_a_full_one_finds() -> None:
    found, places = story(10)
    everything, everywhere = story(25_000)
    assert [kind for kind, _, _ in found].count("misplaced") >= 1
    assert sorted(found, key=str) == sorted(everything, key=str)
    assert places == everywhere


def test_the_round_goes_on_where_the_bound_cut_it_off() -> None:
    one, _ = library(25_000)
    engine = one.engine
    engine.belief.away[:] = True
    rows = engine.stock.rows
    seen: list[int] = []
    at = 0
    for _ in range(rows // 5 + 1):
        some, at = due(engine, at, 5, 0)
        assert len(some) <= 5
        seen += some.tolist()
    assert set(seen) == set(range(rows))
