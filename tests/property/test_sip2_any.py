"""Whatever a SIP2 server sends: an answer or a typed error, in bounded steps, and never a state that it did not give."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.sip2_server import NOW, guard
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.catalog.model import Gone, ItemState, RowFault
from hub.catalog.sip2 import codec, ear
from hub.catalog.sip2.codec import ItemInfo, Message, Terms
from hub.catalog.sip2.lines import Lines
from hub.catalog.sip2.options import settings as read_settings
from hub.catalog.sip2.session import Action, Connect, Drop, Event, Line, Lost, Opened, Send, Session, Silent
from shelfwire.errors import AwayError, InputError, PeerError

ENCODINGS = st.sampled_from(["ascii", "utf-8", "latin-1", "gbk", "cp850"])
SIGNS = st.characters(blacklist_characters="|\r\n", blacklist_categories=("Cs", "Cc"))
TEXTS = st.text(SIGNS, max_size=30)
BARCODES = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, blacklist_characters="|"), min_size=1, max_size=20
)
MAX_ACTIONS = 200

HEADS = st.sampled_from(
    [b"", b"18", b"98", b"94", b"941", b"96", b"18030001" + NOW.encode(), b"98YYYYYN999999" + NOW.encode()]
)
TAILS = st.sampled_from([b"", b"AY0AZ", b"AZ", b"|AY1AZ0000", b"2.00BX|", b"AB1|"])
BYTES = st.one_of(st.binary(max_size=60), st.tuples(HEADS, st.binary(max_size=60), TAILS).map(b"".join))


@given(BYTES, ENCODINGS)
def test_any_bytes_give_a_message_or_a_typed_error(raw: bytes, encoding: codec.Encoding) -> None:
    for data in (raw, raw + codec.checksum(raw)):
        with contextlib.suppress(PeerError):
            assert isinstance(codec.read(data, Terms(encoding=encoding)), Message)


@given(st.lists(st.binary(max_size=40)))
def test_lines_do_not_depend_on_how_the_bytes_came(pieces: list[bytes]) -> None:
    def heard(parts: list[bytes]) -> list[bytes]:
        lines = Lines()
        return [line.strip(b"\r\n") for part in parts for line in lines.feed(part) if line.strip(b"\r\n")]

    assert heard(pieces) == heard([b"".join(pieces)])


@given(
    barcode=BARCODES,
    number=st.integers(0, 9),
    status=st.integers(0, 99),
    fields=st.permutations(["AJ", "AQ", "CK", "AF", "ZZ"]),
    text=TEXTS,
)
def test_a_guarded_answer_is_read_as_it_was_written(
    barcode: str, number: int, status: int, fields: list[str], text: str
) -> None:
    body = (
        "".join(f"{name}{text}|" for name in fields[:2])
        + f"AB{barcode}|"
        + "".join(f"{name}{text}|" for name in fields[2:])
    )
    raw = guard(f"18{status:02}0001{NOW}{body}".encode(), number)
    message = codec.read(raw + b"\r", Terms())
    assert (message.number, message.summed) == (number, True)
    assert isinstance(message.answer, ItemInfo)
    assert (message.answer.circulation, message.answer.barcode) == (f"{status:02}", codec.key(barcode))
    assert message.answer.titled is bool(text.strip())


@given(text=TEXTS, barcode=BARCODES, encoding=ENCODINGS, number=st.integers(0, 9))
def test_what_is_sent_has_a_right_sum_and_no_torn_field(
    text: str, barcode: str, encoding: codec.Encoding, number: int
) -> None:
    if codec.sendable(text, encoding):
        raw = codec.frame(codec.item(NOW, text, barcode, ""), encoding, number)
        assert raw == guard(f"17{NOW}AO{text}|AB{barcode}|".encode(encoding), number) + b"\r"


def reads(raw: bytes) -> Callable[[bytes], Event]:
    return lambda _: Line(raw)


def right(sent: bytes) -> Event:
    """The right answer to a guarded question."""
    if sent.startswith(b"97"):
        return Silent()
    number = int(sent[-8:-7]) if sent[-9:-7].startswith(b"Y") else int(sent.rsplit(b"AY", 1)[1][:1])
    answers = {
        b"93": "941",
        b"99": f"98YYYYYN020002{NOW}2.00AOMAIN|BXYYYNYNYYYYYNNNYN|",
        b"17": f"18040001{NOW}ABthe-one|AJTitle|",
    }
    return Line(guard(answers[sent[:2]].encode(), number) + b"\r")


REPLIES = st.one_of(
    st.just(right),
    st.just(lambda _: Silent()),
    st.just(lambda _: Lost("gone")),
    BYTES.map(lambda raw: reads(raw + b"\r")),
    st.integers(0, 9).map(
        lambda number: reads(guard(f"18030001{NOW}ABother|AJTitle|".encode(), number) + b"\r")
    ),
    st.just(reads(guard(b"96", None) + b"\r")),
    st.just(reads(b"\n")),
)


def talk(replies: list[Callable[[bytes], Event]]) -> ItemState | Gone | RowFault:
    """One question to a server that answers so, then keeps silent. Raises what the session raises."""
    found = Session(read_settings({"host": "localhost"}, Path()), lambda _: None)
    steps = found.state("the-one", NOW)
    waiting, sent = iter(replies), b""
    try:
        action: Action = next(steps)
        for _ in range(MAX_ACTIONS):
            if isinstance(action, Send):
                sent = action.data
            if isinstance(action, Connect):
                action = steps.send(Opened())
            elif isinstance(action, Drop):
                action = steps.send(Lost("left"))
            else:
                reply = next(waiting, None)
                action = steps.send(reply(sent) if reply else Silent())
    except StopIteration as end:
        answer: ItemState | Gone | RowFault = end.value
        return answer
    pytest.fail(f"no end after {MAX_ACTIONS} steps")


@settings(max_examples=300)
@given(st.lists(REPLIES, max_size=40))
def test_any_server_comes_to_an_end_and_never_lends_the_state_of_another_item(
    replies: list[Callable[[bytes], Event]],
) -> None:
    try:
        answer = talk(replies)
    except (AwayError, PeerError, InputError):
        return
    assert isinstance(answer, RowFault) or answer == ItemState(
        barcode="the-one", status="on_loan", source_status="04 charged"
    )


def test_a_good_server_is_understood_at_once() -> None:
    assert isinstance(talk([right, right]), ItemState)


@given(st.lists(st.sampled_from([b"\n", b"x\r", b"18\r"]), max_size=2 * ear.MAX_STRAYS))
def test_lines_that_do_not_answer_are_passed_over_up_to_a_bound(noise: list[bytes]) -> None:
    replies = [right, *map(reads, noise), right]
    try:
        answer = talk(replies)
    except PeerError:
        assert len(noise) > ear.MAX_STRAYS
    else:
        assert isinstance(answer, ItemState | RowFault)
        assert isinstance(answer, ItemState) or len(noise) > ear.MAX_STRAYS - 1
