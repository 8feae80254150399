"""Points of a site with more shelves and antennas than the series should bear come in turns."""

from __future__ import annotations

from collections import Counter

import pytest
from helpers.shelves import Library, settings

from hub.effects import Point
from hub.engine import board


def told(library: Library, kind: str) -> list[Point]:
    return [one for one in library.effects if isinstance(one, Point) and one.measurement == kind]


def library() -> Library:
    one = Library(2, 3, settings=settings(series_every_s=10.0))
    one.round({shelf.id: [one.book(shelf.id)] for shelf in one.history.now.shelves})
    return one


def test_a_usual_site_has_a_point_of_each_shelf_every_time() -> None:
    one = library()
    one.effects.clear()
    one.wait(30)
    assert set(Counter(point.tags["shelf"] for point in told(one, "shelf")).values()) == {3}


def test_a_large_site_has_its_shelves_told_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "MOST_POINTS", 6)  # of twelve shelves and antennas
    one = library()
    one.effects.clear()
    one.wait(40)
    assert set(Counter(point.tags["shelf"] for point in told(one, "shelf")).values()) == {2}


def test_what_an_antenna_heard_between_its_turns_is_told_with_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(board, "MOST_POINTS", 6)
    one = library()
    one.wait(40)
    shelf = one.history.now.shelves[0].id
    one.shelf(shelf).hears(one.books[0], times=7)
    one.wait(40)
    antenna = one.history.now.heard_by[shelf][0].id
    mine = [point for point in told(one, "antenna") if point.tags["antenna"] == antenna]
    assert sum(point.fields["dwells"] for point in mine) == 8
