"""Every constructed frame decodes to its meaning and re-encodes to its bytes; every bad one has its stated outcome."""

from __future__ import annotations

import time
from typing import Any

import pytest
from helpers.llrp import BAD, GOOD, listed, meaning, tag_words, unframe, wire

from edge.llrp.codec import Frame, Framer, LlrpError, decode, encode
from edge.llrp.messages import Keepalive, ROAccessReport, Unknown
from edge.llrp.wire import MAX_FRAME_BYTES, DropError, LinkError


@pytest.mark.parametrize("name", GOOD)
def test_a_good_frame_means_what_is_written_beside_it(name: str) -> None:
    expected = GOOD[name]["meaning"]
    found = meaning(unframe(wire(name)))
    assert listed(found, expected) == expected


@pytest.mark.parametrize("name", GOOD)
def test_a_good_frame_is_written_with_the_same_bytes(name: str) -> None:
    frame = unframe(wire(name))
    again = encode(decode(frame.type, frame.body), frame.id, frame.version)
    assert again == wire(name)


def test_a_report_item_holds_nothing_that_was_not_sent() -> None:
    expected = GOOD["report-one-gxlm"]["meaning"]["tags"]
    assert meaning(unframe(wire("report-one-gxlm")))["tags"] == expected


@pytest.mark.parametrize("entry", BAD, ids=lambda entry: entry.get("name") or entry["note"][:40])
def test_a_bad_frame_has_its_stated_outcome(entry: dict[str, Any]) -> None:
    assert _outcome(bytes.fromhex(entry["hex"]), entry) == (entry["outcome"], entry.get("result"))


def _outcome(data: bytes, entry: dict[str, Any]) -> tuple[str, Any]:
    framer = Framer()
    framer.feed(data)
    try:
        frame = framer.take()
    except LinkError:
        return "close", None
    if frame is None:
        return "wait", None
    try:
        message = decode(frame.type, frame.body)
    except DropError:
        return "drop_message", None
    if isinstance(message, Unknown):
        return "skip_message", None
    if isinstance(message, ROAccessReport):
        return "tags", [tag_words(tag) for tag in message.tags]
    return "message", listed(meaning(frame), entry["result"])


def test_nesting_below_the_eighth_level_is_left_out() -> None:
    entry = next(entry for entry in BAD if entry["name"] == "nested-depth")
    message = decode(100, bytes.fromhex(entry["hex"])[10:])
    depth, inner = 1, message.status.parameter_error  # type: ignore[attr-defined]  # an ERROR_MESSAGE
    while inner is not None:
        depth, inner = depth + 1, inner.parameter_error
    assert depth == 8


def test_segments_of_tcp_mean_nothing() -> None:
    data = b"".join(map(wire, GOOD))
    framer, names = Framer(), []
    for byte in data:
        framer.feed(bytes([byte]))
        while (frame := framer.take()) is not None:
            names.append(frame.id)
    assert names == [GOOD[name]["meaning"]["id"] for name in GOOD]
    assert framer.waiting == 0


def test_an_absurd_length_is_refused_before_its_bytes_are_awaited() -> None:
    framer = Framer()
    framer.feed(b"\x04\x3d" + (MAX_FRAME_BYTES + 1).to_bytes(4))
    with pytest.raises(LinkError, match="4194305"):
        framer.take()


def test_the_largest_frame_is_taken() -> None:
    framer = Framer(limit=100)
    framer.feed(encode(Unknown(999, bytes(90)), 1))
    assert framer.take() == Frame(type=999, id=1, body=bytes(90))


def test_one_unusable_report_item_does_not_cost_the_others() -> None:
    good = wire("report-one-gxlm")[10:]
    without_epc = bytes.fromhex("00F00007810001")
    count_too_big = bytes.fromhex("00F0000D015D00090000010010")
    message = decode(61, good + without_epc + count_too_big + good)
    assert isinstance(message, ROAccessReport)
    assert (len(message.tags), message.dropped) == (2, 2)


def test_the_first_of_two_epcs_counts() -> None:
    message = decode(61, bytes.fromhex("00F0001E8D1703000398130803F40400008D000000000000000000000000"))
    assert isinstance(message, ROAccessReport)
    assert [tag.epc for tag in message.tags] == ["1703000398130803F4040000"]


def test_a_cut_tv_value_keeps_what_was_read_before_it() -> None:
    message = decode(61, bytes.fromhex("00F000168D1703000398130803F40400008100018200"))
    assert isinstance(message, ROAccessReport)
    assert [tag_words(tag) for tag in message.tags] == [{"epc": "1703000398130803F4040000", "antenna": 1}]


def test_text_that_is_not_utf_8_is_replaced() -> None:
    message = decode(100, bytes.fromhex("011F000A00640002FFFE"))
    assert message.status.description == "\ufffd\ufffd"  # type: ignore[attr-defined]  # an ERROR_MESSAGE


def test_an_event_notification_without_its_data_is_dropped_with_the_right_status() -> None:
    with pytest.raises(LlrpError) as caught:
        decode(63, b"")
    assert caught.value.status == 103


def test_reserved_bits_are_ignored() -> None:
    assert isinstance(decode(unframe(bytes.fromhex("E43E0000000A00000005")).type, b""), Keepalive)


def test_a_message_of_a_million_small_parameters_is_refused_unread() -> None:
    with pytest.raises(DropError, match="800000 bytes"):
        decode(11, bytes.fromhex("0091000800010000") * 100_000)


def test_a_busy_reader_is_decoded_in_time() -> None:
    body = wire("report-impinj-phase")[10:] * 500
    began = time.process_time()
    for _ in range(8):
        decode(61, body)
    assert 4_000 / (time.process_time() - began) > 20_000
