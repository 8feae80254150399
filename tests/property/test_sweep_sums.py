"""Whatever stands where, and whoever listens: a sweep accounts for every expected item exactly once."""

from __future__ import annotations

from collections import Counter

from helpers.shelves import Book, Library
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

SHELVES = [f"1-B{bay:02d}-S{number}" for bay in (1, 2, 3) for number in (3, 2, 1)]
STATUSES = ["on_shelf", "on_loan", "hold_shelf", "not_for_loan", "withdrawn"]

places = st.one_of(st.none(), st.sampled_from(SHELVES))
spans = st.tuples(places, st.integers(0, 3))
books = st.lists(st.tuples(spans, st.sampled_from(STATUSES), st.integers(0, 2), places, places), max_size=8)


@hypothesis_settings(max_examples=25, deadline=None)
@given(
    given=books,
    scope=st.sampled_from(["all", "1-B01", "1-B02-S2", "1-B03-S1"]),
    deaf=st.sets(st.sampled_from([f"ant-{i:03d}" for i in range(9)]), max_size=4),
    rounds=st.integers(0, 4),
)
def test_each_expected_item_ends_as_exactly_one_of_four(
    given: list[tuple[tuple[str | None, int], str, int, str | None, str | None]],
    scope: str,
    deaf: set[str],
    rounds: int,
) -> None:
    library = Library()
    before: dict[str, list[Book]] = {shelf: [] for shelf in SHELVES}
    after: dict[str, list[Book]] = {shelf: [] for shelf in SHELVES}
    for (home, length), status, parts, first, then in given:
        last = SHELVES[min(len(SHELVES) - 1, SHELVES.index(home) + length)] if home else None
        book = library.book(home=home, to=last, status=status, parts=parts)
        for standing, shelf in ((before, first), (after, then)):
            if shelf is not None and parts:
                standing[shelf].append(book)
    library.round(before, times=3)
    library.ask("sweep.start", scope=scope)
    library.round(after, times=rounds, deaf=deaf)
    if library.sweep().state == "running":
        library.ask("sweep.cancel", library.sweep().id)
    sweep, rows = library.sweep(), library.sweep_rows().rows
    count = Counter(row[1] for row in rows)
    four = ("found_in_place", "found_elsewhere", "missing", "not_covered")
    assert sweep.expected == sum(count[outcome] for outcome in four)
    assert sweep.expected == sweep.found_in_place + sweep.found_elsewhere + sweep.missing + sweep.not_covered
    items = [row[0] for row in rows if row[0] is not None]
    assert len(items) == len(set(items))
