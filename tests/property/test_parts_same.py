"""One and several partitions say the same, whatever happens."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.parted import TwinLibrary
from helpers.shelves import START, make_site
from helpers.shelves import settings as engine_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.belief.stock import Stock
from hub.engine.header import Header, owner
from shelfwire.tags import tag_key
from shelfwire.tags.encode import Fields, encode

SITE = make_site(3, 2)
SHELVES = [shelf.id for shelf in SITE.now.shelves]
BOOKS = 6
books = st.integers(0, BOOKS - 1)
stands = st.dictionaries(st.sampled_from(SHELVES), st.lists(books, max_size=3, unique=True), max_size=4)
deeds = st.one_of(
    st.tuples(st.just("listen"), stands, st.integers(1, 6)),
    st.tuples(st.just("status"), books, st.sampled_from(["on_loan", "on_shelf", "missing", "on_hold"])),
    st.tuples(st.just("wait"), st.integers(1, 600), st.just(0)),
    st.tuples(st.just("lose"), st.sampled_from(SHELVES), st.integers(1, 100)),
    st.tuples(st.just("arrive"), st.sampled_from(SHELVES), st.integers(1, 3)),
    st.tuples(st.just("clock"), st.integers(-90_000, -100), st.just(0)),
    st.tuples(st.just("stranger"), st.sampled_from(SHELVES), st.integers(1, 40)),
    st.tuples(st.just("dismiss"), books, st.just(0)),
)


def open_library(parts: int) -> TwinLibrary:
    library = TwinLibrary(
        parts,
        history=SITE,
        settings=engine_settings(longest_use_h=0.05, unknown_stays_h=0.01, never_there=0.9, mute=0.0),
    )
    for number in range(BOOKS):
        library.book(home=SHELVES[number % len(SHELVES)], parts=1 + number % 3)
    return library


def do(library: TwinLibrary, deed: tuple[Any, ...]) -> None:
    match deed:
        case "listen", placed, times:
            library.round(
                {shelf: [library.books[i] for i in on] for shelf, on in placed.items()}, times=times
            )
        case "status", number, status:
            library.ask("item.status", library.books[number].barcode, status=status)
        case "wait", seconds, _:
            library.wait(seconds, step_s=20)
        case "lose", shelf, seconds:
            library.lose(shelf, seconds)
        case "arrive", shelf, tags:
            library.book(home=shelf, parts=tags)
        case "clock", seconds, _:
            library.set_clock(max(library.now_us + seconds * 1_000_000, START - 10**12))
        case _:
            do_too(library, deed)


def do_too(library: TwinLibrary, deed: tuple[Any, ...]) -> None:
    match deed:
        case "stranger", shelf, times:
            library.shelf(shelf).hears(times=times, every_s=3.0, epcs=["E2" + "7" * 22, "E2", "AB" * 12])
        case "dismiss", number, _:
            for one in library.findings():
                if one.item_id == library.books[number].item_id:
                    library.ask("finding.dismiss", one.id, reason="an exhibition")


@settings(max_examples=8, deadline=None)
@given(st.lists(deeds, min_size=3, max_size=6), st.integers(1, 4))
def test_partitions_say_what_one_would_say(history: list[tuple[Any, ...]], parts: int) -> None:
    library = open_library(parts)
    at_home = {shelf: [one for one in library.books if one.home == shelf] for shelf in SHELVES}
    library.round(at_home, times=5)
    for deed in history:
        do(library, deed)
    library.wait(40)
    library.both.compare()


def test_a_tag_that_was_replaced_is_missed_by_no_partition() -> None:
    epcs = [f"3034{number:020X}" for number in range(12)]
    old = next(one for one in epcs if owner(one, 2) == 0)
    new = next(one for one in epcs if owner(one, 2) == 1)
    library = TwinLibrary(2, history=SITE, settings=engine_settings(longest_use_h=0.01))
    book, other = library.book(home=SHELVES[0], epcs=[old, new]), library.book(home=SHELVES[0])
    library.link_part = [1, 1, 1]
    for heard in ([old], [new], []):
        library.shelf(SHELVES[0]).hears(other, times=40, dbm=-42.0, every_s=20.0, epcs=heard)
        library.both.compare()
        if heard:
            assert library.findings("missing") == []
    assert book.item_id in {one.item_id for one in library.findings("missing")}


def test_a_tag_that_says_its_item_is_numbered_at_once_and_old_links_are_not_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library = TwinLibrary(3, history=SITE, settings=engine_settings())
    book = library.book(home=SHELVES[0], label="32103179", linked=False)
    linked = [library.book(home=SHELVES[0]) for _ in range(4)]
    library.tick()
    monkeypatch.setattr(Stock, "told", lambda _: pytest.fail("all links that tags told were read"))
    said = encode("gxlm", Fields("32103179"))
    assert said.epc is not None
    epc = said.epc.hex().upper()
    library.shelf(SHELVES[0]).hears(*linked, times=8, epcs=[epc], pcs={epc: said.pc or 0})
    library.both.compare()
    front = library.both.many.front
    assert front.stock.keys[-1] == tag_key(epc, said.pc)
    assert front.stock.item_id[front.stock.item_of_row[-1]] == book.item_id


def test_headers_of_a_dwell_add_up() -> None:
    one, other = Header(2, 1, 2, -115_343_360, 0), Header(1, 0, 1, -52_428_800, 3)
    assert one + other == other + one == Header(3, 1, 3, -167_772_160, 3)
    assert (one + other).sample.loud_dbm == pytest.approx((-55.0 * 2 - 50.0) / 3)


def test_the_owner_of_a_tag_is_the_same_for_ever_and_all_own_a_fair_part() -> None:
    assert [owner(f"3034{number:020X}", 4) for number in range(8)] == [0, 2, 0, 2, 1, 3, 1, 3]
    owned = [owner(f"3034{number:020X}", 4) for number in range(4_000)]
    assert all(900 < owned.count(part) < 1_100 for part in range(4))
