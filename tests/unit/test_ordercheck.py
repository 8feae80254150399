"""A shelf is checked by scanning its books from the left to the right."""

from __future__ import annotations

from hub.order import Instruction
from hub.ordercheck import Book, barcodes_of, check
from shelfwire.callnumbers import read

HERE = 10


def book(barcode: str, call_number: str, home: tuple[int, int] | None = (HERE, HERE)) -> Book:
    number = read(call_number, "LC")
    return Book(
        barcode=barcode,
        title="",
        call_number=call_number,
        status="on_shelf",
        key=number.key,
        fault=number.fault,
        home=home,
    )


def known(*books: Book) -> dict[str, Book]:
    return {each.barcode: each for each in books}


def test_books_in_order_need_nothing() -> None:
    found = check(["1", "2"], known(book("1", "QA1"), book("2", "QA2")), place=HERE, tolerance=1)
    assert found.right
    assert found.instructions == ()


def test_one_book_out_of_order_is_one_move_and_its_neighbours_stay() -> None:
    books = known(
        *(book(name, number) for name, number in zip("abcd", ("QA9", "QA1", "QA2", "QA3"), strict=True))
    )
    found = check(["a", "b", "c", "d"], books, place=HERE, tolerance=1)
    assert found.instructions == (Instruction(("a",), "d", None),)
    assert [one.verdict for one in found.scanned] == ["moves", "stays", "stays", "stays"]
    assert found.moved == 1


def test_a_barcode_that_nobody_knows_is_named_and_moves_nothing() -> None:
    found = check(["a", "x", "b"], known(book("a", "QA1"), book("b", "QA2")), place=HERE, tolerance=1)
    assert [(one.barcode, one.position) for one in found.of("unknown")] == [("x", 2)]
    assert found.instructions == ()
    assert not found.right


def test_a_book_scanned_twice_counts_once_at_its_first_place() -> None:
    found = check(["a", "b", "a"], known(book("a", "QA1"), book("b", "QA2")), place=HERE, tolerance=1)
    assert [one.verdict for one in found.scanned] == ["stays", "stays", "twice"]
    assert found.right


def test_a_book_of_another_shelf_is_sent_home_and_not_put_into_the_order() -> None:
    books = known(book("a", "QA1"), book("far", "QA0", (40, 41)), book("b", "QA2"))
    found = check(["a", "far", "b"], books, place=HERE, tolerance=1)
    assert [one.barcode for one in found.of("elsewhere")] == ["far"]
    assert found.instructions == ()


def test_a_book_that_drifted_by_one_board_is_no_fault() -> None:
    books = known(book("a", "QA1", (HERE - 1, HERE - 1)), book("b", "QA2", (HERE + 1, HERE + 3)))
    assert check(["a", "b"], books, place=HERE, tolerance=1).right
    assert not check(["a", "b"], books, place=HERE, tolerance=0).right


def test_a_call_number_that_cannot_be_read_is_left_where_it_stands_and_named() -> None:
    books = known(book("a", "QA2"), book("odd", "??"), book("none", ""), book("b", "QA1"))
    found = check(["a", "odd", "none", "b"], books, place=HERE, tolerance=1)
    assert [one.verdict for one in found.scanned].count("unread") == 2
    assert found.moved == 1


def test_books_that_are_heard_here_and_were_not_scanned_are_named() -> None:
    found = check(["a"], known(book("a", "QA1")), place=HERE, tolerance=1, believed=("a", "z"))
    assert found.unscanned == ("z",)


def test_an_empty_shelf_is_right() -> None:
    assert check([], {}, place=HERE, tolerance=1).right


def test_a_scanner_gives_one_barcode_a_line() -> None:
    assert barcodes_of(" 300 \r\n\r\n301\n") == ["300", "301"]
