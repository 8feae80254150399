"""Codec and topics: what is written is read, in both forms, and no bytes whatever do more than raise `PeerError`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from helpers.wire import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st

from shelfwire import codec, topics
from shelfwire.codec import Form, FutureVersionError, decode_from_agent, encode
from shelfwire.errors import PeerError
from shelfwire.ids import is_name
from shelfwire.messages import MAX_PAYLOAD_BYTES, MAX_TAGS_A_DWELL, Air, Dwell, Lost, Report, Silence, Tags

IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", fullmatch=True)
TOKENS = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)
TIMES = st.integers(0, 4_102_444_800_000_000)
FORMS = st.sampled_from(["json", "msgpack"])
LIVE = {"shelf_state", "finding", "sweep"}
"""Only our own hub writes these; what listens to them is anyone's."""
FLOATS = st.floats(-200, 400)


@st.composite
def _tags(draw: st.DrawFn) -> Tags:
    rows = draw(st.integers(0, 4))

    def column(of: st.SearchStrategy[object]) -> list[object]:
        return draw(st.lists(of, min_size=rows, max_size=rows))

    def maybe(of: st.SearchStrategy[object]) -> list[object] | None:
        return column(of) if draw(st.booleans()) else None

    columns = {
        "epc": column(st.text("0123456789ABCDEF", max_size=32)),
        "count": column(st.integers(1, 2**31 - 1)),
        "rssi_dbm": column(FLOATS),
        "pc": maybe(st.integers(0, 0xFFFF)),
        "phase_deg": maybe(FLOATS),
        "channel_khz": maybe(st.integers(800_000, 960_000)),
        "position_m": maybe(FLOATS),
        "user": maybe(st.text("0123456789ABCDEF", max_size=16)),
    }
    return msgspec.convert({name: found for name, found in columns.items() if found is not None}, Tags)


@st.composite
def _dwells(draw: st.DrawFn) -> Dwell:
    start, end = sorted((draw(TIMES), draw(TIMES)))
    return Dwell(
        reader=draw(IDS),
        port=draw(st.integers(1, 65_535)),
        started_at_us=start,
        ended_at_us=end,
        quality=draw(st.sampled_from(["exact", "estimated", "cut", "doubtful"])),
        rounds=draw(st.none() | st.integers(0, 2**31 - 1)),
        power_dbm=draw(st.none() | FLOATS),
        air=Air(session=draw(st.none() | st.integers(0, 3)), target=draw(st.sampled_from([None, "A", "AB"]))),
        tags=draw(_tags()),
        sweep=draw(st.none() | TOKENS),
    )


REPORTS = st.builds(
    Report,
    agent=IDS,
    log=TOKENS,
    seq=st.integers(1, 2**53),
    boot=TOKENS,
    made_at_us=TIMES,
    wall_at_us=TIMES,
    dwells=st.lists(_dwells(), max_size=3),
)


@settings(deadline=None)
@given(REPORTS, FORMS)
def test_a_report_is_read_as_it_was_written(report: Report, form: Form) -> None:
    assert decode_from_agent(encode(report, form)) == report


@given(IDS, TOKENS, st.integers(1, 2**52), st.integers(0, 2**52), FORMS)
def test_a_lost_record_is_read_as_it_was_written(
    agent: str, log: str, seq: int, more: int, form: Form
) -> None:
    record = Lost(
        agent=agent,
        log=log,
        seq=seq,
        upto=seq + more,
        boot=log,
        made_at_us=0,
        wall_at_us=0,
        reason="x",
        spans=[Silence(reader=agent, port=1, started_at_us=0, ended_at_us=1)],
    )
    assert decode_from_agent(encode(record, form)) == record


@pytest.mark.parametrize("name", EXAMPLES)
@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_raise_a_peer_error(name: str, payload: bytes) -> None:
    for spoilt in (payload, b"{" + payload, b"\x81" + payload):
        try:
            EXAMPLES[name].decode(spoilt)
        except PeerError:
            continue


@settings(max_examples=40)
@pytest.mark.parametrize("name", EXAMPLES)
@given(place=st.integers(0, 2_000), value=st.integers(0, 255), form=FORMS)
def test_a_flipped_byte_does_no_more_than_raise_a_peer_error(
    name: str, place: int, value: int, form: Form
) -> None:
    payload = bytearray(encode(EXAMPLES[name].message, form))
    payload[place % len(payload)] = value
    try:
        EXAMPLES[name].decode(bytes(payload))
    except PeerError:
        return


@pytest.mark.parametrize("form", ["json", "msgpack"])
@pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in LIVE])
def test_a_higher_version_is_refused_as_a_whole_and_unknown_fields_are_not(name: str, form: Form) -> None:
    plain = msgspec.json.decode(encode(EXAMPLES[name].message))
    write = msgspec.json.encode if form == "json" else msgspec.msgpack.encode
    assert EXAMPLES[name].decode(write(plain | {"colour": "red"})) == EXAMPLES[name].message
    with pytest.raises(FutureVersionError):
        EXAMPLES[name].decode(write(plain | {"v": 2}))
    with pytest.raises(FutureVersionError):
        EXAMPLES[name].decode(write({"v": 7, "kind": "unheard of"}))


@pytest.mark.parametrize("name", EXAMPLES)
@given(data=st.data(), number=st.integers(-(10**40), 10**40))
@settings(max_examples=60)
def test_no_integer_of_a_peer_is_larger_than_a_database_keeps(
    name: str, data: st.DataObject, number: int
) -> None:
    """Each number of each message is replaced by one of any size: it is refused, or it has at most 64 bits when it is read."""
    plain = msgspec.json.decode(encode(EXAMPLES[name].message))
    places = list(_numbers(plain))
    if not places:
        return
    holder, key = data.draw(st.sampled_from(places))
    holder[key] = number
    try:
        read = EXAMPLES[name].decode(json.dumps(plain).encode())
    except PeerError:
        return
    msgspec.msgpack.encode(read)  # raises OverflowError beyond 64 bits
    assert all(-(2**63) <= inner[key] < 2**63 for inner, key in _numbers(msgspec.to_builtins(read)))


def _numbers(value: Any) -> Iterator[tuple[Any, Any]]:
    """(holder, key) of all numbers in plain data."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        if isinstance(inner, int | float) and not isinstance(inner, bool):
            yield value, key
        yield from _numbers(inner)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 1e300])
@pytest.mark.parametrize("column", ["rssi_dbm", "phase_deg", "position_m"])
def test_a_measure_that_is_no_finite_number_is_refused_in_both_forms(column: str, number: float) -> None:
    tags = msgspec.structs.replace(Tags(epc=["E280"], count=[1], rssi_dbm=[-50.0]), **{column: [number]})
    dwell = Dwell(reader="R1", port=1, started_at_us=0, ended_at_us=1, tags=tags)
    sent = Report(agent="a", log="l", seq=1, boot="b", made_at_us=0, wall_at_us=0, dwells=[dwell])
    for payload in (encode(sent, "msgpack"), json.dumps(msgspec.to_builtins(sent)).encode()):
        with pytest.raises(PeerError):
            decode_from_agent(payload)


@pytest.mark.parametrize("field", ["agent", "log", "boot"])
def test_an_id_with_a_line_break_behind_it_is_refused(field: str) -> None:
    plain = msgspec.json.decode(_report(Tags(epc=[], count=[], rssi_dbm=[])))
    with pytest.raises(PeerError, match=field):
        decode_from_agent(json.dumps(plain | {field: plain[field] + "\n"}).encode())
    assert not is_name("edge-1\n")


def _report(tags: Tags, *, end_us: int = 1) -> bytes:
    dwell = Dwell(reader="R1", port=1, started_at_us=0, ended_at_us=end_us, tags=tags)
    return encode(Report(agent="a", log="l", seq=1, boot="b", made_at_us=0, wall_at_us=0, dwells=[dwell]))


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"", "empty"),
        (b"{" * 100_000, "."),
        (b"[" * 100_000, "."),
        (b"x" * (MAX_PAYLOAD_BYTES + 1), "more than the bound"),
        (_report(Tags(epc=["AA"], count=[], rssi_dbm=[])), "unequal length"),
        (_report(Tags(epc=["AA"], count=[1], rssi_dbm=[-1.0], pc=[])), "unequal length: 1 epc, 0 pc"),
        (_report(Tags(epc=[""] * (MAX_TAGS_A_DWELL + 1), count=[], rssi_dbm=[])), "more than the bound"),
        (b'{"kind":"lost","agent":"a","log":"l","seq":5,"upto":4,"boot":"b","made_at_us":0,"wall_at_us":0,"reason":"","spans":[]}', "ends before"),
        (b'{"kind":"dwells","agent":"a","log":"l","seq":1,"boot":"b","made_at_us":0,"wall_at_us":0,"dwells":[{"reader":"R","port":1,"started_at_us":2,"ended_at_us":1}]}', "ends before"),
        (b'{"kind":"dwells","agent":"../a"}', "agent"),
    ],
)  # fmt: skip
def test_what_breaks_a_bound_is_refused_in_words(payload: bytes, words: str) -> None:
    with pytest.raises(PeerError, match=words):
        decode_from_agent(payload)


@given(IDS, IDS)
def test_a_topic_says_what_it_was_made_of(site: str, agent: str) -> None:
    for leaf, make in (
        ("status", topics.status),
        ("dwells", topics.dwells),
        ("ack", topics.ack),
        ("command", topics.command),
        ("reply", topics.reply),
    ):
        assert topics.parse(make(site, agent)) == (site, agent, leaf)
    assert topics.parse(topics.wake(site)) == (site, "hub", "wake")


@given(st.text(max_size=80))
def test_no_topic_does_more_than_raise_a_peer_error(topic: str) -> None:
    for spoilt in (topic, f"{topics.ROOT}/{topic}", f"{topics.ROOT}/demo/agent/{topic}"):
        try:
            topics.parse(spoilt)
        except PeerError:
            continue


def test_the_decoders_of_live_topics_read_both_forms() -> None:
    assert codec.finding.decode(encode(EXAMPLES["finding"].message, "msgpack")) == EXAMPLES["finding"].message
