"""What makes books in the wrong place a moved range: a large part of a shelf in one other range."""

from __future__ import annotations

import numpy as np
from helpers.ranges import two_ranges

from hub.findings.moved import Areas, Group, Standing, Told, groups, unheard, waiting

AREAS = Areas(two_ranges().now)
"""Shelves 0-7 are the first range, 8-15 the second."""


def standing(books: list[tuple[int, int, int]], here: list[bool] | None = None) -> Standing:
    """Of (first home shelf, last, place)."""
    first, last, place = (np.array(column, dtype=np.int64) for column in zip(*books, strict=True))
    there = np.ones(len(books), dtype=bool) if here is None else np.array(here)
    return Standing(first, last, place, there & (place >= 0), np.ones(len(books), dtype=bool))


def found(now: Standing) -> list[Group]:
    return groups(AREAS, now, share=0.3, tolerance=1)


def shelf(home: int, place: int, moved: int, left: int = 0) -> list[tuple[int, int, int]]:
    return [(home, home, place)] * moved + [(home, home, home)] * left


def test_areas_are_told_by_the_smallest_name_that_holds_all() -> None:
    ids = AREAS.shelf_ids
    assert AREAS.name(np.array([3, 3])) == ids[3]
    assert AREAS.name(np.array([2, 3])) == "1F-R01A-B02"
    assert AREAS.name(np.array([0, 7])) == "1F-R01A"
    assert AREAS.name(np.array([0, 9])) == "1F"


def test_a_large_part_of_a_shelf_is_a_move_and_the_shelf_beside_it_goes_with_it() -> None:
    (group,) = found(standing(shelf(2, 10, 8, 2) + shelf(3, 11, 2, 8) + shelf(6, 11, 2, 8)))
    assert group.names(AREAS) == ["1F-R01>1F-R02"]
    assert group.members.tolist() == [*range(8), 10, 11]
    assert group.others.tolist() == [*range(8), 10, 11, 20, 21]
    assert (group.moved.tolist(), group.emptied.tolist()) == ([2, 3], [2])


def test_a_few_books_of_a_full_shelf_are_no_move_but_may_begin_one() -> None:
    assert found(standing(shelf(2, 10, 3, 30))) == []
    (group,) = found(standing(shelf(2, 10, 5, 30)))
    assert (len(group.members), len(group.stirring)) == (0, 5)


def test_a_move_over_the_end_of_a_range_is_one_group() -> None:
    (group,) = found(standing(shelf(7, 12, 5) + shelf(8, 13, 9) + shelf(9, 14, 9)))
    assert group.names(AREAS) == ["1F-R02>1F-R02", "1F-R01>1F-R02"]
    assert len(group.members) == 23


def test_one_range_that_goes_to_two_places_is_two_groups() -> None:
    names = [one.names(AREAS) for one in found(standing(shelf(0, 4, 9) + shelf(1, 10, 9)))]
    assert names == [["1F-R01>1F-R01"], ["1F-R01>1F-R02"]]


def test_a_home_of_several_shelves_counts_by_its_middle() -> None:
    (group,) = found(standing([(6, 8, 12)] * 9))
    assert group.moved.tolist() == [7]


def test_the_order_of_a_move_is_told_forwards_and_backwards() -> None:
    forth = standing([book for n in range(8) for book in shelf(n, 8 + n, 5)])
    back = standing([book for n in range(8) for book in shelf(n, 15 - n, 5)])
    mixed = standing([(n, n, 8 + (5 * n) % 8) for n in range(8) for _ in range(5)])
    orders = [Told(one, group.members).order for one in (forth, back, mixed) for group in found(one)]
    assert orders[:2] == [1.0, 1.0]
    assert orders[2] < 0.6


def test_the_shelves_of_a_move_are_told_from_and_to() -> None:
    now = standing(shelf(0, 8, 5) + shelf(1, 9, 4))
    (group,) = found(now)
    ids = AREAS.shelf_ids
    assert Told(now, group.members).pairs(AREAS) == [(ids[0], ids[8], 5), (ids[1], ids[9], 4)]


def test_a_move_within_one_range_is_a_move_too() -> None:
    (group,) = found(standing([book for n in range(4) for book in shelf(n, n + 3, 6)]))
    assert group.names(AREAS) == ["1F-R01>1F-R01"]
    assert len(group.members) == 24


def test_what_is_on_no_shelf_belongs_to_an_emptied_shelf() -> None:
    now = standing([*shelf(2, 10, 8), (2, 2, 2), (5, 5, 5)], here=[True] * 8 + [False] * 2)
    (group,) = found(now)
    assert unheard(now, group.emptied).tolist() == [8]


def test_a_book_of_a_moved_shelf_in_a_third_place_does_not_wait() -> None:
    now = standing([*shelf(2, 10, 8, 1), (2, 2, 6), (12, 12, 3)])
    (group,) = found(now)
    assert waiting(AREAS, now, group, 1, grows=False).tolist() == list(range(9))
    assert 10 not in waiting(AREAS, now, group, 1, grows=True).tolist()


def test_a_book_without_a_home_does_not_wait_for_the_first_shelf() -> None:
    now = standing([*shelf(0, 10, 8, 1), (-1, -1, 3)])
    (group,) = found(now)
    assert waiting(AREAS, now, group, 1, grows=True).tolist() == list(range(9))


def test_nothing_in_the_wrong_place_is_no_group() -> None:
    assert found(standing(shelf(0, 0, 0, 9))) == []
