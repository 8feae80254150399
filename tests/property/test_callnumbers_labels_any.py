"""Tables of labels of any kind, good and bad: what a usable label says holds for the home of every book."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from shelfwire.callnumbers import sort_key
from shelfwire.callnumbers.labels import Row, table
from shelfwire.callnumbers.learned import HeardBook, learn
from shelfwire.callnumbers.ranges import range_between

NUMBERS = st.builds("{}{}/{}".format, st.sampled_from("AB"), st.integers(0, 9), st.integers(1, 3))
STARTS = NUMBERS | st.sampled_from(["A", "B1", "B", "", "??", "36/A1"])
ROWS = st.lists(st.tuples(STARTS, st.just("") | STARTS), max_size=8).map(
    lambda labels: [Row(f"s{at}", start, end) for at, (start, end) in enumerate(labels)]
)


@settings(max_examples=200, deadline=None)
@given(ROWS, st.lists(NUMBERS, max_size=10))
def test_a_book_within_a_usable_label_is_at_home_on_that_board(rows: list[Row], numbers: list[str]) -> None:
    labels = table(rows, "CLC")
    faulty = {fault.shelf for fault in labels.faults if "take it in" in fault.what}
    for number in numbers:
        key = sort_key(number, "CLC")
        span = labels.home(key)
        for place, row in enumerate(rows):
            if row.shelf in faulty:
                continue
            inside = (
                key in range_between(row.start, row.end, "CLC")
                if row.end
                else key == sort_key(row.start, "CLC")
            )
            if inside:
                assert span is not None
                assert span.first <= place <= span.last


@settings(max_examples=100, deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=8, unique=True), NUMBERS)
def test_in_an_ascending_table_of_starts_the_home_is_the_last_start_that_is_not_behind(
    starts: list[str], number: str
) -> None:
    starts.sort(key=lambda text: sort_key(text, "CLC"))
    labels = table([Row(text, text) for text in starts], "CLC")
    key = sort_key(number, "CLC")
    before = [place for place, text in enumerate(starts) if sort_key(text, "CLC") <= key]
    span = labels.home(key)
    assert labels.faults == ()
    assert (None if span is None else (span.first, span.last)) == (
        (before[-1], before[-1]) if before else None
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(NUMBERS, st.integers(0, 4)), max_size=30))
def test_learned_borders_ascend_whatever_stands_where(heard: list[tuple[str, int]]) -> None:
    learned = learn([HeardBook(text, sort_key(text, "CLC"), place) for text, place in heard], min_books=1)
    assert [one.place for one in learned] == sorted({one.place for one in learned})
    assert [one.key for one in learned] == sorted(one.key for one in learned)
    assert all(1 <= one.agreeing <= one.heard for one in learned)
