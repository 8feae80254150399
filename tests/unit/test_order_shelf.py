"""Instructions that put a shelf right."""

from __future__ import annotations

from hub.order import Instruction, Seen, put_right
from shelfwire.callnumbers import sort_key


def shelf(*numbers: str) -> list[Seen]:
    return [Seen(number, sort_key(number, "LC"), (at,)) for at, number in enumerate(numbers)]


def test_a_shelf_in_order_needs_nothing() -> None:
    order = put_right(shelf("QA1", "QA2", "QA2", "QA10"))
    assert order.right
    assert order.stay == ("QA1", "QA2", "QA2", "QA10")


def test_books_that_stood_together_in_the_wrong_place_are_one_instruction() -> None:
    order = put_right(
        shelf("QA1", "QA2", "QA76 .A1", "QA76 .A2", "QA76 .A3", "QA5", "QA6", "QA7", "QA8", "QA90")
    )
    assert order.instructions == (Instruction(("QA76 .A1", "QA76 .A2", "QA76 .A3"), "QA8", None),)
    assert order.moved == 3


def test_one_book_at_the_wrong_end_is_one_move_though_all_its_neighbours_differ() -> None:
    order = put_right(shelf("QA2", "QA3", "QA4", "QA5", "QA1"))
    assert order.instructions == (Instruction(("QA1",), None, "QA2"),)


def test_of_two_that_could_move_the_certain_one_does() -> None:
    sure, unsure = Seen("sure", b"A", (3,)), Seen("unsure", b"B", (1, 2))
    assert put_right([sure, unsure]).instructions == (Instruction(("sure",), None, "unsure"),)
    assert put_right([Seen("sure", b"A", (1,)), Seen("unsure", b"B", (0, 2))]).right


def test_books_of_which_nothing_is_known_are_left_aside() -> None:
    order = put_right([Seen("a", b"A", ()), Seen("b", b"", (1,)), Seen("c", b"C", tuple(range(99)))])
    assert order.right
    assert order.aside == ("a", "b", "c")
    assert put_right([]).right


def test_a_floor_of_books_is_put_right_in_no_time() -> None:
    books = [Seen(str(at), at.to_bytes(3, "big"), ((at * 7919) % 20_011,)) for at in range(20_000)]
    assert 0 < put_right(books).moved < 20_000
