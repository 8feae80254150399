"""What counts as the answer to a question, and what is held, passed over or asked for again."""

from __future__ import annotations

import pytest
from helpers.sip2_server import NOW, guard

from hub.catalog.sip2.codec import Message, Terms
from hub.catalog.sip2.ear import MAX_STRAYS, BrokenError, Ear
from hub.catalog.sip2.lines import MAX_LINE_BYTES

RIGHT = f"18040001{NOW}AB0001|AJTitle|".encode()


@pytest.fixture
def ear() -> Ear:
    return Ear(Terms(), "18", 3, "0001")


def test_the_answer_is_known_by_code_number_and_barcode(ear: Ear) -> None:
    assert ear.hear(guard(b"941", 3), guarded=True) == "other"
    assert ear.hear(guard(RIGHT, 2), guarded=True) == "other"
    assert ear.hear(guard(RIGHT.replace(b"0001|", b"0002|"), 3), guarded=True) == "other"
    assert ear.hear(guard(RIGHT, None), guarded=True) == "other", (
        "a sum alone does not say which question it is"
    )
    assert isinstance(ear.hear(guard(RIGHT, 3), guarded=True), Message)


def test_without_numbers_the_barcode_still_tells(ear: Ear) -> None:
    assert ear.hear(RIGHT.replace(b"0001|", b"0002|"), guarded=False) == "other"
    assert ear.why == "an answer about another item"
    assert isinstance(ear.hear(RIGHT, guarded=False), Message)


@pytest.mark.parametrize("pieces", [[b"\r"], [b"\n"], [b"\r\n"], [b"\r", b"\n"], [b"\r\n", b"\r\n"]])
def test_an_answer_with_line_breaks_is_put_together_however_they_came(ear: Ear, pieces: list[bytes]) -> None:
    head, tail = RIGHT + b"AFPlease ask", b"at the desk|"
    whole = guard(head + b"".join(pieces) + tail, 3)
    for line in [head + pieces[0], *pieces[1:]]:
        assert ear.hear(line, guarded=True) == "other"
    assert isinstance(ear.hear(whole[len(head + b"".join(pieces)) :] + b"\r", guarded=True), Message)


def test_half_an_answer_does_not_spoil_the_whole_one_behind_it(ear: Ear) -> None:
    assert ear.hear(RIGHT[:30] + b"\r", guarded=True) == "other"
    assert isinstance(ear.hear(guard(RIGHT, 3) + b"\r", guarded=True), Message)


def test_what_is_held_is_bounded(ear: Ear) -> None:
    for _ in range(5):
        ear.hear(b"x" * (MAX_LINE_BYTES // 2 + 1) + b"\r", guarded=True)
        assert len(ear._held) <= MAX_LINE_BYTES


def test_a_wrong_sum_is_asked_for_again(ear: Ear) -> None:
    assert ear.hear(guard(RIGHT, 3)[:-1] + b"G\r", guarded=True) == "other", (
        "no sum at all: the rest may follow"
    )
    assert ear.hear(guard(RIGHT, 3).replace(b"Title", b"Tiger"), guarded=True) == "again"
    assert ear.damaged
    assert ear.hear(guard(b"96", None), guarded=True) == "again"
    assert not ear.damaged


def test_endless_talk_is_no_answer(ear: Ear) -> None:
    assert [ear.hear(b"\n", guarded=True) for _ in range(MAX_STRAYS)] == ["other"] * MAX_STRAYS
    with pytest.raises(BrokenError, match="20 lines"):
        ear.hear(b"\n", guarded=True)
