"""SIP2 messages: the vectors, the habits of single servers, and what is never looked at."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hub.catalog.sip2 import codec
from hub.catalog.sip2.codec import ItemInfo, Login, Message, Resend, Status, Terms, WrongSumError
from hub.catalog.sip2.lines import MAX_LINE_BYTES, Lines
from shelfwire.errors import PeerError

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data/sip2/vectors.json").read_text(encoding="utf-8")
)
ANSWERS: dict[str, type[Login | Resend | Status | ItemInfo]] = {
    "94": Login,
    "96": Resend,
    "98": Status,
    "18": ItemInfo,
}
DATE = "20260105    090001"


def item(rest: str, terms: Terms | None = None, status: str = "03") -> ItemInfo:
    answer = codec.read(f"18{status}0001{DATE}{rest}".encode(), terms or Terms()).answer
    assert isinstance(answer, ItemInfo)
    return answer


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['type']} {vector['what']}")
def test_every_sum_is_right_and_every_answer_is_read(vector: dict[str, Any]) -> None:
    raw = vector["message"].encode(vector["encoding"])
    assert codec.checksum(raw[:-4]) == raw[-4:]
    assert codec.complete(raw + b"\r")
    terms = Terms(encoding=vector["encoding"])
    if vector["type"] in ANSWERS:
        message = codec.read(raw + b"\r\n", terms)
        assert isinstance(message.answer, ANSWERS[vector["type"]])
        assert message.summed
    else:
        with pytest.raises(PeerError, match=f"a message {vector['type']} that is no answer"):
            codec.read(raw, terms)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['type']} {vector['what']}")
def test_no_changed_byte_gets_past_the_sum(vector: dict[str, Any]) -> None:
    raw = vector["message"].encode(vector["encoding"])
    for at in range(len(raw) - 4):
        changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        if codec.complete(
            changed
        ):  # else its sum is not even found, and no guarded server is believed without one
            with pytest.raises(PeerError):
                codec.read(changed, Terms(encoding=vector["encoding"]))


def test_what_is_sent_is_as_in_the_vectors() -> None:
    sent = [
        codec.frame(codec.login("shelf", "secret", "main"), "ascii", 0),
        codec.frame(codec.status(), "ascii", 1),
        codec.frame(codec.item("20260105    090001", "MAIN", "31200000000017", ""), "ascii", 2),
        codec.frame(codec.RESEND, "ascii", None),
    ]
    messages = {vector["message"] for vector in VECTORS}
    assert all(data.endswith(b"\r") and data[:-1].decode() in messages for data in sent)


def test_without_error_detection_a_question_is_bare() -> None:
    text = codec.item("20260105    090001", "", "1", "door")
    assert codec.frame(text, "ascii", None, b"\n") == b"1720260105    090001AO|AB1|ACdoor|\n"


def test_a_time_has_18_signs() -> None:
    assert codec.stamp(datetime(2026, 1, 5, 9, 0, 1, tzinfo=UTC)) == DATE


@pytest.mark.parametrize("bad", ["a|b", "a\rb", "a\nb", "a\x00", "a\x85b", "a\u2028b", "书"])
def test_what_would_tear_a_message_cannot_be_sent(bad: str) -> None:
    assert not codec.sendable(bad, "latin-1")


def test_half_a_chinese_character_that_is_the_byte_of_a_bar_cannot_be_sent_either() -> None:
    assert codec.sendable("程序", "gbk")
    assert not codec.sendable(b"\x8f\x7c".decode("gbk"), "gbk")


def test_the_status_says_what_the_server_wants() -> None:
    vector = next(vector["message"] for vector in VECTORS if vector["type"] == "98")
    assert codec.read(vector.encode(), Terms()) == Message(
        Status(online=True, timeout_s=60.0, retries=3, version="2.00", items=True), number=1, summed=True
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("98YYYYYN999999", Status(online=True, timeout_s=None, retries=None, version="2.00", items=None)),
        ("98NNNNNN000000", Status(online=False, timeout_s=0.0, retries=0, version="2.00", items=None)),
        ("98YYYYYN   abc", Status(online=True, timeout_s=None, retries=None, version="2.00", items=None)),
    ],
)
def test_a_server_may_leave_open_how_long_it_takes(text: str, expected: Status) -> None:
    assert codec.read(f"{text}{DATE}2.00AOMAIN|".encode(), Terms()).answer == expected


@pytest.mark.parametrize(
    ("offers", "items"), [("YYYNYNYYYYYNNNYN", True), ("YYYNYNYYYYNNNNYN", False), ("YYY", None)]
)
def test_the_eleventh_letter_offers_item_information(offers: str, *, items: bool | None) -> None:
    status = codec.read(f"98YYYYYN999999{DATE}2.00BX{offers}|AOMAIN|".encode(), Terms()).answer
    assert isinstance(status, Status)
    assert status.items is items


def test_fields_come_in_any_order_and_may_be_missing() -> None:
    assert item("AFnote|CK001|AJTitle|AB 00 17 |AFmore|") == item("AB0017|AJTitle|")
    assert not item("AB0017|AJ|").titled
    assert not item("AB0017|").placed
    assert item("AB0017|BGowner|").placed


def test_a_status_of_one_digit_is_read_as_two() -> None:
    raw = f"1810201{DATE}AB0017|AJTitle|AY0AZ".encode()
    answer = codec.read(raw + codec.checksum(raw), Terms()).answer
    assert isinstance(answer, ItemInfo)
    assert answer.circulation == "01", "and not 10, which would be in transit"


@pytest.mark.parametrize("rest", ["", "AJTitle|", "AB|AB2|", "AB1|AB2|"])
def test_an_answer_that_does_not_name_one_item_is_none(rest: str) -> None:
    with pytest.raises(PeerError, match=r"one barcode|none of the protocol"):
        item(rest)


@pytest.mark.parametrize(
    ("rest", "places", "elsewhere"),
    [
        ("AQA|APA|", (), False),
        ("AQA|APa |", (), False),
        ("AQA|APB|", (), True),
        ("AQA|AP|", (), False),
        ("APB|", (), False),
        ("APB|", ("a",), True),
        ("AQB|APA|", ("a",), False),
    ],
)
def test_an_item_is_elsewhere_if_its_place_is_not_its_own_or_not_ours(
    rest: str, places: tuple[str, ...], *, elsewhere: bool
) -> None:
    assert item(f"AB1|{rest}", Terms(places=frozenset(places))).elsewhere is elsewhere


def test_a_bar_within_a_chinese_character_ends_no_field() -> None:
    title = b"\x8f\x7c".decode("gbk")
    raw = f"18040001{DATE}AJ{title}|AB1|".encode("gbk")
    assert raw.count(b"|") == 3
    assert codec.read(raw, Terms(encoding="gbk")).answer == item("AB1|AJtitle|", status="04")


def test_a_title_that_ends_like_a_sum_is_a_title() -> None:
    assert codec.read(f"18030001{DATE}AB1|AJAZBEEF".encode(), Terms()).answer == item("AB1|AJtitle|")


def test_a_sum_may_be_written_in_small_letters() -> None:
    assert codec.read(b"96AZfef6", Terms()).summed


def test_a_number_without_a_sum_is_a_number() -> None:
    assert codec.read(f"18030001{DATE}AB1|AY7".encode(), Terms()).number == 7


def test_a_wrong_sum_is_told_from_nonsense() -> None:
    with pytest.raises(WrongSumError):
        codec.read(b"941AY1AZFFFF", Terms())


def test_a_login_answer_may_say_more() -> None:
    assert codec.read(b"941AFWelcome|", Terms()).answer == Login(ok=True)


def test_lines_end_in_three_ways() -> None:
    lines = Lines()
    assert lines.feed(b"a\rb\nc\r\nd") == [b"a\r", b"b\n", b"c\r\n"]
    assert lines.feed(b"\r") == [b"d\r"]
    assert lines.feed(b"\n") == [b"\n"]


def test_a_line_without_an_end_is_refused_at_its_bound() -> None:
    lines = Lines()
    assert lines.feed(b"x" * MAX_LINE_BYTES) == []
    with pytest.raises(PeerError, match="that is no SIP2"):
        lines.feed(b"x")
    assert lines.feed(b"a\r") == [b"a\r"], "what was held is gone"
