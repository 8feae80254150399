from __future__ import annotations

import pytest
from helpers.sims import START_US, tiny_site, tiny_world, titles

from firmware_sim.books import ALLIANCE_PC, alliance_epc, furnish
from firmware_sim.world import AWAY, Rates

HOUR_US = 3_600_000_000
BUSY = Rates(borrow=40, return_=30, misplace=20, take=5, browse=60, fix=15, stranger=3)


def test_books_stand_in_call_number_order_over_the_watched_shelves() -> None:
    books = furnish(tiny_site(), titles(240), seed=1)
    shelves = [book.shelf for book in books]
    assert shelves == sorted(shelves)
    assert set(shelves) == set(range(48))


def test_a_home_span_is_the_shelf_and_one_board_to_each_side() -> None:
    book = furnish(tiny_site(), titles(240), seed=1)[100]
    assert (book.home_from, book.home_to) == (book.shelf - 1, book.shelf + 1)


def test_all_epcs_differ_and_two_families_are_mixed() -> None:
    books = furnish(tiny_site(), titles(240), seed=1)
    assert len({book.epc for book in books}) == 240
    assert sum(book.pc == ALLIANCE_PC for book in books) == 120


def test_the_alliance_form_of_a_published_tag() -> None:
    # 1703 0003 98130803F4040000 of the worked example: 8 packed characters
    number = int.from_bytes(bytes.fromhex("98130803F4040000"), "little")
    assert number & 15 == 8
    head = [number >> shift & 63 for shift in (24, 18, 12)]
    barcode = "".join(chr(value + 0x30) for value in head)
    barcode += f"{number >> 30 & 15}{number >> 34:03d}{chr(number >> 4 & 255)}"
    found = alliance_epc(barcode)
    assert found is not None
    assert found[8:] == "98130803F4040000"


def test_a_lent_alliance_tag_says_another_epc_and_the_old_one_after_its_return() -> None:
    world = tiny_world()
    tag = next(book.number for book in world.books if book.pc == ALLIANCE_PC)
    before = world.epc(tag)
    world.do("borrow", tag)
    assert world.epc(tag) == f"8{before[1:]}"
    world.do("return", tag)
    assert world.epc(tag) == before


def test_the_same_seed_gives_the_same_deeds() -> None:
    logs = []
    for _ in range(2):
        world = tiny_world(rates=BUSY, seed=7)
        world.advance(START_US + 5 * HOUR_US)
        logs.append(world.log)
    assert logs[0] == logs[1]
    assert len(logs[0]) > 50


def test_another_seed_gives_other_deeds() -> None:
    first, second = tiny_world(rates=BUSY, seed=7), tiny_world(rates=BUSY, seed=8)
    assert first.advance(START_US + HOUR_US) != second.advance(START_US + HOUR_US)


def test_a_borrowed_book_is_away_and_the_catalogue_knows() -> None:
    world = tiny_world()
    deed = world.do("borrow")
    assert deed is not None
    assert (deed.went_to, deed.status) == (AWAY, "on_loan")


def test_a_taken_book_is_away_and_the_catalogue_knows_nothing() -> None:
    world = tiny_world()
    deed = world.do("take")
    assert deed is not None
    assert (deed.went_to, deed.status) == (AWAY, "on_shelf")


def test_a_misplaced_book_stands_well_outside_its_home_and_can_be_put_right() -> None:
    world = tiny_world()
    deed = world.do("misplace")
    assert deed is not None
    assert not world.at_home(deed.tag)
    assert world.site.shelves[deed.went_to].range != world.site.shelves[world.books[deed.tag].shelf].range
    world.do("fix", deed.tag)
    assert world.at_home(deed.tag)


def test_a_browsed_book_comes_back_by_itself() -> None:
    world = tiny_world()
    deed = world.do("browse")
    assert deed is not None
    world.advance(START_US + 200_000_000)
    assert world.shelf[deed.tag] == world.books[deed.tag].shelf


def test_where_answers_for_any_time() -> None:
    world = tiny_world()
    home = world.books[5].shelf
    world.advance(START_US + 10)
    world.do("borrow", 5)
    world.advance(START_US + 20)
    world.do("return", 5)
    assert [world.where(5, START_US + t) for t in (0, 9, 10, 19, 20)] == [home, home, AWAY, AWAY, home]


@pytest.mark.parametrize("kind", ["return", "bring_back", "unchecked", "fix", "put_back", "stranger_gone"])
def test_nothing_happens_where_it_could_happen_to_nobody(kind: str) -> None:
    world = tiny_world()
    assert world.do(kind) is None  # type: ignore[arg-type]  # the kinds are in the list above
    assert world.log == []


def test_a_stranger_stands_on_a_shelf_and_is_no_book() -> None:
    world = tiny_world()
    deed = world.do("stranger")
    assert deed is not None
    assert deed.tag == world.strangers_from
    assert deed.went_to >= 0
    assert world.epc(deed.tag) not in {book.epc for book in world.books}
