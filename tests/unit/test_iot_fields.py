"""Units and forms of readers' JSON: each as the makers and the field write it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from helpers.iot import NOW, SECOND

from edge.iot import fields
from edge.iot.bodies import MAX_BODY_BYTES, MAX_OBJECTS, objects
from edge.iot.hosttime import CONFIRM_US, OLDEST_US, HostTime
from shelfwire.errors import PeerError

AT = int(datetime(2026, 8, 13, 9, 14, 28, tzinfo=UTC).timestamp()) * SECOND


@pytest.mark.parametrize(
    ("text", "at_us"),
    [
        ("2026-08-13T09:14:28Z", AT),
        ("2026-08-13T09:14:28.432087177Z", AT + 432_087),
        ("2026-08-13T09:14:28.1Z", AT + 100_000),
        ("2026-08-13T09:14:28.651+0000", AT + 651_000),
        ("2026-08-13T11:14:28.004+0200", AT + 4_000),
        ("2026-08-13T04:14:28-05:00", AT),
        ("2026-08-13T11:14:28+02", AT),
        ("2026-08-13 09:14:28", AT),
    ],
)
def test_a_time_is_read_with_any_fraction_and_any_zone(text: str, at_us: int) -> None:
    assert fields.time_us(text) == at_us


@pytest.mark.parametrize("text", ["", "now", "2026-13-01T00:00:00Z", "2026-08-13T09:14:28+99:00", "1" * 5000])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(PeerError, match="no time"):
        fields.time_us(text)


def test_an_epc_comes_as_hex_or_as_base64_of_either_alphabet() -> None:
    assert fields.hex_digits("7eda9038051002710002c0ae") == "7EDA9038051002710002C0AE"
    assert fields.from_base64("ftqQOAUQAnEAAsCu") == "7EDA9038051002710002C0AE"
    assert fields.from_base64("NAA=") == fields.from_base64("NAA") == "3400"
    assert fields.from_base64("-_8=") == fields.from_base64("+/8") == "FBFF"
    assert fields.from_base64("") == ""
    for wrong in ("xyz!", "A", "AAAA" * 60, None):
        assert fields.from_base64(wrong) is None
    assert fields.hex_digits("12G4") is None


def test_numbers_outside_of_their_unit_are_none() -> None:
    assert fields.khz(927_250) == 927_250
    assert fields.khz(927.25) is None
    assert fields.rssi_dbm(-61.5) == -61.5
    assert fields.rssi_dbm(-6150) == fields.rssi_dbm(None) == -128.0
    assert fields.phase_deg(360.0) == 0.0
    assert fields.port({"antenna": 0}, "antenna") is None
    assert fields.port({"antenna": True}, "antenna") is None
    assert fields.whole({"n": "12"}, "n") == 12
    assert fields.whole({"n": 1e300}, "n") is None
    assert fields.decimal({"n": "nan"}, "n") is None


@pytest.mark.parametrize(
    ("body", "count"),
    [
        (b"", 0),
        (b"\r\n", 0),
        (b'{"a":1}', 1),
        (b'{\n "a": 1\n}', 1),
        (b'[{"a":1},{"a":2}]', 2),
        (b"[]", 0),
        (b'{"a":1}\r\n\r\n{"a":2}\n', 2),
    ],
)
def test_one_object_an_array_lines_and_nothing_are_all_taken(body: bytes, count: int) -> None:
    assert [isinstance(one, dict) for one in objects(body)] == [True] * count


def test_one_broken_line_costs_no_other() -> None:
    found = list(objects(b'{"a":1}\n{"a":\n{"a":3}'))
    assert [one if isinstance(one, dict) else "broken" for one in found] == [{"a": 1}, "broken", {"a": 3}]


def test_size_number_and_depth_of_a_body_are_bounded() -> None:
    assert len(list(objects(b" " * (MAX_BODY_BYTES + 1)))) == 1
    assert len(list(objects(b"{}\n" * (MAX_OBJECTS + 50)))) == MAX_OBJECTS + 1
    assert isinstance(next(objects(b'{"a":' * 90_000)), PeerError)
    assert isinstance(next(objects(b"[" * 90_000)), PeerError)


# The reader's clock


def test_a_reader_with_network_time_is_believed_at_once() -> None:
    time = HostTime()
    assert time.take(NOW - 30_000, NOW) == NOW - 30_000
    assert time.host(NOW - 30_000, NOW) == NOW


def test_a_message_that_a_broker_kept_is_no_fresh_read() -> None:
    time = HostTime()
    assert time.take(NOW - 3600 * SECOND, NOW) is None
    assert time.take(NOW, NOW) == NOW
    assert time.take(NOW - OLDEST_US - SECOND, NOW) is None
    assert time.take(NOW - 30 * SECOND, NOW) == NOW - 30 * SECOND, "late, but of a known time"


def test_a_clock_of_the_year_2000_is_believed_when_it_runs_on_beside_ours() -> None:
    time, wrong_us = HostTime(), 800_000_000 * SECOND
    taken = [time.take(NOW + n * SECOND - wrong_us, NOW + n * SECOND) for n in range(8)]
    assert [at is not None for at in taken] == [False] * 5 + [True] * 3
    assert time.host(NOW - wrong_us, NOW + 60 * SECOND) == NOW


def test_the_quickest_of_the_messages_that_made_a_clock_believed_says_its_offset() -> None:
    time, wrong_us = HostTime(), 800_000_000 * SECOND
    for n in range(8):
        late_us = 0 if n == 2 else 400_000
        time.take(NOW + n * SECOND - wrong_us, NOW + n * SECOND + late_us)
    assert time.host(NOW - wrong_us, NOW + 60 * SECOND) == NOW


def test_a_backlog_that_catches_up_is_never_taken_for_a_clock() -> None:
    time = HostTime()
    for n in range(100):  # an hour's backlog, a minute of it every 100 ms
        assert time.take(NOW - 3600 * SECOND + n * 60 * SECOND // 2, NOW + n * SECOND // 10) is None
    assert time.offset_us is None


def test_a_broker_that_is_slow_for_a_while_costs_no_event() -> None:
    time = HostTime()
    time.take(NOW, NOW)
    slow_us = 3 * SECOND
    for n in range(1, 10):
        at_us = NOW + n * SECOND
        assert time.take(at_us, at_us + slow_us) == at_us
    for n in range(14, 20):
        at_us = NOW + n * SECOND
        assert time.take(at_us, at_us) == at_us
        assert time.host(at_us, at_us) == at_us


def test_a_flood_of_messages_each_later_than_the_last_is_not_remembered_one_by_one() -> None:
    time = HostTime()
    for n in range(20_000):  # 100 a second, each 50 µs later
        time.take(NOW + n * 10_000 - n * 50, NOW + n * 10_000)
    assert len(time._delay) <= 601
    last_us = NOW + 19_999 * 10_000
    assert time.host(last_us, last_us + SECOND) == pytest.approx(last_us + 700_000, abs=10_000), (
        "the best of a minute ago"
    )


def test_one_message_from_far_ahead_changes_nothing() -> None:
    time = HostTime()
    time.take(NOW, NOW)
    assert time.take(NOW + 86_400 * SECOND, NOW + 1) is None
    assert time.take(NOW + 2, NOW + 2) == NOW + 2
    assert time.jumps == 0


def test_a_clock_that_was_set_back_is_followed_after_five_seconds() -> None:
    time = HostTime()
    time.take(NOW, NOW)
    back_us = 3600 * SECOND
    seen = [time.take(NOW + n * SECOND - back_us, NOW + n * SECOND) for n in range(1, 10)]
    assert seen[0] is None
    assert seen[-1] is not None
    assert time.jumps == 1
    assert CONFIRM_US == 5 * SECOND
