from __future__ import annotations

import numpy as np
import pytest
from helpers.sims import tiny_site, titles

from firmware_sim.world import ALLIANCE_PC, DEAD, SPINE, Stock, Stocking, Title, alliance_epc, furnish
from firmware_sim.world.shelving import Shelving
from shelfwire.errors import InputError


def tiny_stock(items: int = 240, rows: int = 240, stocking: Stocking | None = None, seed: int = 1) -> Stock:
    """Books over `tiny_site`."""
    return furnish(tiny_site(), titles(rows), items, stocking, seed=seed)


def shelved(stock: Stock) -> Shelving:
    """All at home."""
    books = Shelving(
        tiny_site(), stock.thickness_mm, stock.home.copy(), np.arange(stock.count, dtype=np.int32)
    )
    books.settle()
    return books


def test_books_stand_in_call_number_order_over_the_watched_shelves() -> None:
    home = tiny_stock().home.tolist()
    assert home == sorted(home)
    assert set(home) == set(range(48))


def test_a_home_span_is_the_shelf_and_one_board_to_each_side_but_not_beyond_the_site() -> None:
    stock = tiny_stock()
    assert (stock.home_from[100], stock.home_to[100]) == (stock.home[100] - 1, stock.home[100] + 1)
    assert (stock.home_from[0], stock.home_to[-1]) == (0, 47)


def test_all_epcs_and_barcodes_differ_and_two_families_are_mixed() -> None:
    stock = tiny_stock(items=960, rows=100)
    assert len({stock.epc(tag) for tag in range(960)}) == 960
    assert len({stock.barcode(tag) for tag in range(960)}) == 960
    assert sum(int(pc) == ALLIANCE_PC for pc in stock.pc) == 480


def test_the_first_copy_has_the_titles_barcode_and_copies_stand_together() -> None:
    stock = tiny_stock(items=960, rows=100)
    named = [row.barcode for row in titles(100)]
    assert [stock.barcode(tag) for tag in range(960) if stock.barcode(tag) in named] == named
    assert stock.title.tolist() == sorted(stock.title.tolist())
    assert stock.title_of(959).title == "Title 99"


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


def test_no_row_is_longer_than_its_board_and_books_do_not_overlap() -> None:
    stock = tiny_stock(items=1900, rows=100)
    books = shelved(stock)
    for shelf in range(48):
        row = books.row(shelf)
        wide, middle = stock.thickness_mm[row].astype(int), books.x_mm[row].astype(int)
        assert wide.sum() <= 900
        assert (np.diff(middle) >= (wide[1:] + wide[:-1]) // 2).all()


def test_moving_up_after_each_deed_gives_the_same_places_as_settling_all_at_once() -> None:
    stock = tiny_stock(items=960)
    books = shelved(stock)
    before = books.x_mm.copy()
    books.take(500, -1)
    assert (books.x_mm != before).any()
    row = books.row(int(stock.home[500]))
    books.put(500, int(stock.home[500]), int(np.searchsorted(row, 500)))
    assert (books.x_mm == before).all()


def test_books_that_are_a_little_too_many_are_taken_thinner_and_far_too_many_are_refused() -> None:
    assert tiny_stock(items=3000).thickness_mm.mean() < tiny_stock(items=1000).thickness_mm.mean()
    with pytest.raises(InputError, match="fewer items, thinner ones, or more shelves"):
        tiny_stock(items=6000)


def test_thin_volumes_stand_together() -> None:
    stock = tiny_stock(items=1900, stocking=Stocking(thin=0.5))
    thin = stock.thickness_mm <= 5
    assert 0.3 < thin.mean() < 0.7
    changes = int(np.count_nonzero(np.diff(thin.astype(int))))
    assert changes < 1900 / 20


def test_shapes_and_tags_come_in_the_shares_that_are_asked_for() -> None:
    stock = tiny_stock(
        items=1900, stocking=Stocking(dead=0.1, fore_edge=0.2, near_metal=0.0, weak=0.0, alliance=0.25)
    )
    shares = np.bincount(stock.tag_place, minlength=5) / 1900
    assert shares[DEAD] == pytest.approx(0.1, abs=0.03)
    assert shares[SPINE] == pytest.approx(0.7, abs=0.05)
    assert np.mean(stock.pc == ALLIANCE_PC) == pytest.approx(0.25, abs=0.001)


def test_only_the_first_share_of_the_shelves_is_filled() -> None:
    assert tiny_stock(stocking=Stocking(fill=0.5)).home.max() == 23


def test_nothing_to_furnish_is_named() -> None:
    with pytest.raises(InputError, match="at least one title"):
        furnish(tiny_site(), [], 10, seed=1)


def test_a_status_that_no_catalogue_knows_is_named_with_its_book() -> None:
    rows = [*titles(3), Title("B1", "T", "", "QA 1", status="eaten")]
    with pytest.raises(InputError, match="B1: 'eaten' is no status"):
        furnish(tiny_site(), rows, 4, seed=1)
