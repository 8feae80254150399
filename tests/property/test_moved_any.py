"""However books are carried about: what stands outside its home is shown once, by itself or as part of one proposal."""

from __future__ import annotations

import numpy as np
from helpers.ranges import A_SHELF, Stacks, two_ranges
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.findings.moved import SOME, Areas, Standing, groups, waiting

AREAS = Areas(two_ranges().now)
SHELVES = len(AREAS.shelf_ids)
shelves = st.integers(0, SHELVES - 1)
carried = st.lists(st.tuples(st.integers(0, 7), shelves, st.integers(1, A_SHELF)), min_size=1, max_size=5)
books = st.lists(
    st.tuples(shelves, st.integers(0, 3), st.integers(-1, SHELVES - 1), st.booleans(), st.booleans()),
    max_size=80,
)


@settings(max_examples=6, deadline=None)
@given(carries=carried, reject=st.booleans())
def test_each_book_outside_its_home_is_a_finding_or_part_of_one(
    *, carries: list[tuple[int, int, int]], reject: bool
) -> None:
    stacks = Stacks()
    every = stacks.first + stacks.second
    for old, new, count in carries:
        stacks.carry([book for book in stacks.books if book.home == every[old]][:count], every[new])
    stacks.look(12)
    stacks.settle()
    if reject:
        for one in stacks.findings("moved_range"):
            stacks.ask("moved.reject", one.id)
        stacks.look(6)
        stacks.settle()
    engine = stacks.engine
    alone = {one.item_id for one in stacks.findings("misplaced")}
    outside = {
        book.item_id
        for book in stacks.books
        if abs(int(engine.belief.place[book.item_id - 1]) - every.index(str(book.home))) > 1
    }
    assert not alone & engine.moved.held
    assert alone <= outside
    assert outside <= alone | engine.moved.held
    proposed = sum(int(one.why["items"]) for one in stacks.findings("moved_range"))
    assert len(alone) + proposed == len(outside)


@given(books)
def test_groups_hold_only_what_stands_outside_and_each_book_once(
    rows: list[tuple[int, int, int, bool, bool]],
) -> None:
    columns = (
        [np.array(column) for column in zip(*rows, strict=True)]
        if rows
        else [np.zeros(0, dtype=np.int64)] * 5
    )
    first, wide, place = (column.astype(np.int64) for column in columns[:3])
    here, expected = (column.astype(bool) for column in columns[3:])
    now = Standing(first, np.minimum(first + wide, SHELVES - 1), place, here & (place >= 0), expected)
    found = groups(AREAS, now, share=0.3, tolerance=1)
    members = np.concatenate([one.members for one in found]) if found else np.zeros(0, dtype=np.int64)
    assert len(np.unique(members)) == len(members)
    assert (now.outside(1) & expected)[members].all()
    for one in found:
        assert set(one.members.tolist()) <= set(one.stirring.tolist()) <= set(one.others.tolist())
        assert len(one.stirring) >= SOME
        assert (AREAS.range_of[place[one.others]] == one.target).all()
        for grows in (False, True):
            waits = waiting(AREAS, now, one, 1, grows=grows)
            assert set(one.members.tolist()) <= set(waits.tolist())
