"""The codec is total: whatever bytes come, it gives a message or a `PeerError`, and what it gives it can write again."""

from __future__ import annotations

import random

from helpers.llrp import DATA, GOOD, unframe, wire
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.llrp.codec import Framer, decode, encode
from edge.llrp.messages import CLASSES, Message, ROAccessReport
from edge.llrp.tags import TagReport
from edge.llrp.wire import MAX_FRAME_BYTES, LinkError, LlrpError

KINDS = st.one_of(st.sampled_from(sorted(CLASSES)), st.integers(0, 1023))
CHUNK = st.builds(
    lambda kind, body, slack: (kind & 0x3FF).to_bytes(2) + min(0xFFFF, len(body) + slack).to_bytes(2) + body,
    st.one_of(st.integers(128, 356), st.just(1023)),
    st.binary(max_size=40),
    st.sampled_from([4, 4, 4, 3, 0, 5, 60_000]),
)
BODY = st.one_of(st.binary(max_size=300), st.lists(CHUNK, max_size=8).map(b"".join))


def decoded(kind: int, body: bytes) -> Message | None:
    """The message, or None where the codec says that it is the peer's fault; anything else is a bug."""
    try:
        return decode(kind, body)
    except LlrpError:
        return None


@given(KINDS, BODY)
@example(61, b"\x8d" * 20)
@example(1023, b"\x00\x00\x65\x1a\x15")
def test_any_bytes_give_a_message_or_a_peer_error(kind: int, body: bytes) -> None:
    message = decoded(kind, body)
    if message is not None:
        again = unframe(encode(message, 1))
        assert decoded(again.type, again.body) is not None


def test_mutated_real_messages_never_crash_the_codec() -> None:
    dice = random.Random(7)  # a seed, so that a failure can be repeated
    bodies = [(unframe(wire(name)).type, unframe(wire(name)).body) for name in GOOD]
    bodies += [(11, (DATA / "GetReaderCapabilitiesResponse-000.bytes").read_bytes())]
    for _ in range(6_000):
        kind, body = dice.choice(bodies)
        hurt = bytearray(body)
        for _ in range(dice.randint(1, 4)):
            place = dice.randrange(len(hurt) + 1)
            match dice.randrange(3):
                case 0 if hurt:
                    hurt[place % len(hurt)] = dice.randrange(256)
                case 1:
                    del hurt[place : place + dice.randint(1, 6)]
                case _:
                    hurt[place:place] = dice.randbytes(dice.randint(1, 6))
        decoded(kind, bytes(hurt))


@given(st.lists(st.binary(max_size=60), max_size=12))
def test_the_framer_takes_any_stream_in_any_pieces(pieces: list[bytes]) -> None:
    def cut(stream: list[bytes]) -> list[object]:
        framer = Framer(limit=64)
        found: list[object] = []
        for piece in stream:
            framer.feed(piece)
            try:
                while (frame := framer.take()) is not None:
                    found.append(frame)
            except LinkError:
                return [*found, "close"]
        return found

    whole = b"".join(pieces)
    assert cut(pieces) == cut([whole])


def optional(low: int, high: int) -> st.SearchStrategy[int | None]:
    return st.none() | st.integers(low, high)


TAGS = st.builds(
    TagReport,
    epc=st.binary(max_size=62).map(lambda raw: raw.hex().upper()),
    antenna=optional(0, 0xFFFF),
    rssi_dbm=optional(-128, 127),
    channel=optional(0, 0xFFFF),
    first_utc_us=optional(0, 2**64 - 1),
    last_uptime_us=optional(0, 2**64 - 1),
    count=optional(0, 0xFFFF),
    pc=optional(0, 0xFFFF),
    rospec=optional(0, 2**32 - 1),
    spec_index=optional(0, 0xFFFF),
    phase=optional(0, 0xFFFF),
    rssi_cdbm=optional(-(2**15), 2**15 - 1),
    tid=st.none() | st.binary(max_size=12).map(lambda raw: (raw + bytes(len(raw) % 2)).hex().upper()),
)


@settings(max_examples=60)
@given(st.lists(TAGS, max_size=5))
def test_reports_come_back_as_they_were_written(tags: list[TagReport]) -> None:
    frame = unframe(encode(ROAccessReport(tags=tuple(tags)), 9))
    assert decode(frame.type, frame.body) == ROAccessReport(tags=tuple(tags))


def test_the_bound_of_a_frame_is_the_stated_one() -> None:
    assert MAX_FRAME_BYTES == 4 * 1024 * 1024
