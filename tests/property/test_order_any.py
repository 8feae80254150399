"""Putting a shelf right, on any shelf: the fewest moves, and the shelf is right afterwards."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.order import Order, Seen, put_right
from shelfwire.callnumbers.runs import longest_run

KEYS = st.lists(st.integers(0, 9), max_size=9)


def shelf_of(ranks: list[int]) -> list[Seen]:
    return [Seen(f"b{at}", bytes([65 + rank]), (at,)) for at, rank in enumerate(ranks)]


def carried_out(shelf: list[Seen], order: Order) -> list[str]:
    """What a shelver who does as told has in the end."""
    row = [book.item for book in sorted(shelf, key=lambda book: book.likely[0])]
    for step in order.instructions:
        for item in step.take:
            row.remove(item)
    for step in order.instructions:
        at = row.index(step.after) + 1 if step.after is not None else 0
        row[at:at] = step.take
    return row


@given(KEYS)
def test_after_the_moves_every_book_stands_in_order(ranks: list[int]) -> None:
    shelf = shelf_of(ranks)
    key = {book.item: book.key for book in shelf}
    row = carried_out(shelf, put_right(shelf))
    assert sorted(row) == sorted(key)
    assert all(key[one] <= key[other] for one, other in pairwise(row))


@given(KEYS)
def test_no_shorter_answer_exists(ranks: list[int]) -> None:
    longest = max(
        (
            len(kept)
            for size in range(len(ranks) + 1)
            for kept in combinations(ranks, size)
            if list(kept) == sorted(kept)
        ),
        default=0,
    )
    assert put_right(shelf_of(ranks)).moved == len(ranks) - longest
    assert len(longest_run(ranks)) == longest


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 99), st.lists(st.integers(0, 8), min_size=1, max_size=3, unique=True)), max_size=7, unique_by=lambda one: one[0]))  # fmt: skip
def test_an_uncertain_book_moves_only_if_each_likely_position_is_wrong(
    books: list[tuple[int, list[int]]],
) -> None:
    shelf = [Seen(f"b{key}", bytes([key + 1]), tuple(likely)) for key, likely in books]
    order = put_right(shelf)
    nominal = [book.key for book in sorted(shelf, key=lambda book: (book.likely[0], book.key))]
    assert order.moved <= len(shelf) - len(longest_run(nominal))
    stay = set(order.stay)
    for book in shelf:
        if book.item not in stay:
            beside = sorted(
                (one for one in shelf if one.item in stay or one.item == book.item), key=lambda one: one.key
            )
            assert not fits(beside), book


def fits(row: list[Seen]) -> bool:
    """Whether books can take likely positions so that they stand in this order."""
    at = -1
    for book in row:
        later = [position for position in book.likely if position >= at]
        if not later:
            return False
        at = min(later)
    return True
