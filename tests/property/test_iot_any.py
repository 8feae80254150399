"""Whatever a reader with MQTT of its own sends: no exception, no broken dwell, and nothing heard gets lost or is invented."""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from helpers.iot import NOW, SECOND, activation, dwells, heartbeat, impinj, tag, zebra
from hypothesis import example, given
from hypothesis import strategies as st

from edge.config import ReaderConfig
from edge.impinj.events import event
from edge.impinj.preset import Options
from edge.impinj.session import ImpinjSession
from edge.iot import fields
from edge.iot.actions import Action
from edge.iot.bodies import objects
from edge.ports import Cycle
from edge.zebra import mode as zebra_mode
from edge.zebra.events import management, reports
from edge.zebra.session import ZebraSession
from shelfwire.errors import PeerError
from shelfwire.link import BrokerConfig
from shelfwire.messages import Dwell

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KINDS = ["tagInventory", "antennaActivation", "inventoryStatus", "overflow", "antennaConnected", "gpi"]
FIELDS = [
    "epc",
    "epcHex",
    "pc",
    "antennaPort",
    "peakRssiCdbm",
    "frequency",
    "phaseAngle",
    "status",
    "transmitPowerCdbm",
]
IMPINJ = ReaderConfig(id="R1", kind="impinj-iot", broker=BrokerConfig(), topic="t", antennas=[1, 2, 3])
CYCLE = Cycle(antennas=(1, 2, 3))


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_body_gives_objects_or_typed_errors(payload: bytes) -> None:
    for body in objects(payload):
        assert isinstance(body, dict | PeerError)


@given(
    st.dictionaries(st.sampled_from(["eventType", "timestamp", *(f"{kind}Event" for kind in KINDS)]), JSON),
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(FIELDS), JSON),
)
def test_any_object_gives_an_event_of_the_right_units_or_a_typed_error(
    body: dict[str, object], kind: str, inside: dict[str, object]
) -> None:
    body |= {"eventType": kind, f"{kind}Event": inside}
    try:
        found = event(body)
    except PeerError:
        return
    port = getattr(found, "port", 1)
    assert 1 <= port <= 0xFFFF
    assert -128.0 <= getattr(found, "rssi_dbm", 0.0) <= 40.0


@given(
    st.text(max_size=40) | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}[+-]\d{4}", fullmatch=True)
)
def test_any_text_is_a_time_or_refused(text: str) -> None:
    try:
        at_us = fields.time_us(text)
    except PeerError:
        return
    assert isinstance(at_us, int)


@given(st.binary(max_size=62))
def test_hex_and_base64_say_the_same_of_any_epc(epc: bytes) -> None:
    assert fields.from_base64(base64.urlsafe_b64encode(epc).decode()) == epc.hex().upper()


WORDS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "activates",
                "activates",
                "reads",
                "reads",
                "idle",
                "running",
                "overflow",
                "down",
                "noise",
                "old",
            ]
        ),
        st.integers(1, 3),
        st.floats(0, 3),
        st.floats(-0.6, 0.0),
    ),
    max_size=40,
)


@given(WORDS, st.sampled_from([0, -800_000_000 * SECOND]))
@example([("activates", 1, 0.0, 0.0), ("reads", 1, 0.0, 0.0), ("idle", 1, 0.0, 0.0)], 0)
def test_any_order_of_an_r700s_events_keeps_what_was_heard_and_breaks_no_dwell(
    words: list[tuple[str, int, float, float]], clock_us: int
) -> None:
    session = ImpinjSession(IMPINJ, Options(), CYCLE, NOW)
    actions: list[Action] = []
    now_us = NOW
    for _ in range(7):  # a wrong clock is believed after five seconds
        now_us += SECOND
        body = impinj("gpi", now_us + clock_us)
        actions += session.received("t", body, retained=False, now_us=now_us)
        body = impinj("antennaConnected", now_us + clock_us, antennaPort=1)
        actions += session.received("t", body, retained=False, now_us=now_us)
    heard = 0
    for number, (word, port, passed_s, back_s) in enumerate(words):
        now_us += int(passed_s * SECOND)
        at_us = now_us + clock_us + int(back_s * SECOND)
        match word:
            case "activates":
                body = activation(port, at_us)
            case "reads":
                body = tag(port, number, at_us)
                heard += 1
            case "idle" | "running":
                body = impinj("inventoryStatus", at_us, status=word)
            case "overflow":
                body = impinj("overflow", at_us)
            case "old":
                body = tag(port, number, at_us - (1000 + 7 * number) * SECOND)
            case _:
                body = b'{"eventType": 7}'
        if word == "down":
            actions += session.down(now_us)
        else:
            actions += session.received("t", body, retained=False, now_us=now_us)
        actions += session.tick(now_us)
    actions += session.stop(now_us)
    assert session.refused == 0
    check(dwells(actions), heard, now_us)


def check(found: list[Dwell], heard: int, now_us: int) -> None:
    assert sum(sum(dwell.tags.count) for dwell in found) == heard
    for dwell in found:
        msgspec.convert(msgspec.to_builtins(dwell), Dwell)
        assert dwell.started_at_us <= dwell.ended_at_us <= now_us
        assert dwell.quality != "exact" or dwell.ended_at_us - dwell.started_at_us <= 10_000_000
    whole = [dwell for dwell in found if dwell.quality == "exact"]
    for one, other in pairwise(whole):
        assert one.ended_at_us <= other.started_at_us, "one antenna at a time"


@pytest.mark.parametrize("silent", [2, 3])
def test_an_undisturbed_r700_has_no_gap_and_no_overlap(silent: int) -> None:
    session = ImpinjSession(IMPINJ, Options(), CYCLE, NOW)
    actions: list[Action] = []
    for turn in range(12):
        at_us = NOW + turn * SECOND
        port = 1 + turn % 3
        actions += session.received("t", activation(port, at_us), retained=False, now_us=at_us)
        if port != silent:
            actions += session.received(
                "t", tag(port, turn, at_us + 1000), retained=False, now_us=at_us + 1000
            )
    actions += session.tick(NOW + 14 * SECOND)
    found = dwells(actions)
    assert [dwell.quality for dwell in found] == ["exact"] * 11
    assert [dwell.ended_at_us for dwell in found[:-1]] == [dwell.started_at_us for dwell in found[1:]]
    assert all(bool(dwell.tags.epc) == (dwell.port != silent) for dwell in found)


@given(
    st.integers(1, 5).flatmap(
        lambda antennas: st.tuples(
            st.permutations(range(1, antennas + 1)),
            st.lists(st.sets(st.integers(1, antennas), max_size=antennas - 1), max_size=6),
        )
    )
)
def test_no_exact_dwell_of_an_r700_is_longer_than_a_turn_whichever_beginnings_are_lost(
    drawn: tuple[list[int], list[set[int]]],
) -> None:
    order, laps = drawn
    session = ImpinjSession(IMPINJ, Options(), CYCLE, NOW)
    actions: list[Action] = []
    at_us = NOW
    whole: set[int] = set()
    for missing in [whole, whole, *(lap for lost in laps for lap in (lost, whole, whole))]:
        for port in order:
            if port not in missing:
                body = activation(port, at_us)
                actions += session.received("t", body, retained=False, now_us=at_us)
            at_us += SECOND
    actions += session.tick(at_us)
    exact_us = [d.ended_at_us - d.started_at_us for d in dwells(actions) if d.quality == "exact"]
    assert set(exact_us) <= {SECOND}
    untold_us = sum(len(lost) for lost in laps) * SECOND
    assert sum(exact_us) >= at_us - NOW - SECOND - 2 * untold_us, (
        "no more is in doubt than was not told, and as much again"
    )


ZEBRA = ReaderConfig(id="R1", kind="zebra-iotc", broker=BrokerConfig(), topic="data", antennas=[1, 2, 3])
TAG_FIELDS = ["idHex", "antenna", "peakRssi", "channel", "phase", "reads", "PC", "eventNum", "tags"]
RADIO_FIELDS = ["numTagReadsPerAntenna", "antennas", "radioActivity"]


@given(
    st.dictionaries(st.sampled_from(["type", "timestamp", "data"]), JSON),
    st.dictionaries(st.sampled_from(TAG_FIELDS), JSON),
    st.dictionaries(st.sampled_from(RADIO_FIELDS), JSON),
)
def test_any_zebra_object_gives_reports_of_the_right_units_or_a_typed_error(
    body: dict[str, object], data: dict[str, object], radio: dict[str, object]
) -> None:
    for found in [*reports(body), *reports(body | {"data": data}), *reports({"data": [data, body]})]:
        if not isinstance(found, PeerError):
            assert found.port is None or 1 <= found.port <= 0xFFFF
            assert -128.0 <= found.rssi_dbm <= 40.0
    for one in (body, body | {"type": "heartbeat", "data": {"radio_control": radio}}):
        try:
            management(one)
        except PeerError:
            continue


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["reports", "reports", "reports", "beats", "stands", "down", "old", "noise", "passes"]
            ),
            st.integers(1, 3),
            st.floats(0, 3),
        ),
        max_size=40,
    ),
    st.booleans(),
)
def test_any_order_of_a_zebra_readers_messages_keeps_what_was_heard_and_is_never_exact(
    words: list[tuple[str, int, float]],
    told: bool,  # noqa: FBT001 (drawn)
) -> None:
    control: dict[str, Any] = {"control": "control", "responses": "responses"} if told else {}
    session = ZebraSession(ZEBRA, zebra_mode.Options(events="events", **control), CYCLE, NOW)
    actions: list[Action] = list(session.up(NOW))
    now_us, heard, counted = NOW, 0, 100
    for number, (word, port, passed_s) in enumerate(words):
        now_us += int(passed_s * SECOND)
        topic, body = "data", b"{]"
        match word:
            case "reports":
                body = zebra(port, number, now_us, eventNum=number)
                heard += 3
            case "beats" | "stands":
                counted += word == "beats"
                topic, body = "events", heartbeat(now_us, {1: counted, 2: 5, 3: counted})
            case "old":
                body = zebra(port, number, now_us - (1000 + 7 * number) * SECOND)
        if word == "down":
            actions += session.down(now_us)
        elif word != "passes":
            actions += session.received(topic, body, retained=False, now_us=now_us)
        actions += session.tick(now_us)
    actions += session.stop(now_us)
    found = dwells(actions)
    check(found, heard, now_us)
    assert all(dwell.quality in {"estimated", "doubtful"} for dwell in found)
