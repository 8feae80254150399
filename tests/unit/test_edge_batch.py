"""Dwells become reports: soon enough, small enough, and never more than memory allows."""

from __future__ import annotations

import math

import msgspec
import pytest
from helpers.edge import dwell
from hypothesis import given
from hypothesis import strategies as st

from edge.batch import GROUP_BYTES, WAITING_BYTES, Batch, cap, json_bytes
from edge.config import MAX_EMPTY_DWELLS
from edge.reads import NO_RSSI_DBM, Heard, Sums
from shelfwire.codec import decode_from_agent, encode
from shelfwire.messages import MAX_PAYLOAD_BYTES, MAX_TAGS_A_DWELL, Air, Dwell, Report, Tags

INTERVAL_US = 250_000


def sizes(batch: Batch, now_us: int) -> list[int]:
    found = []
    while (group := batch.take(now_us)) is not None:
        found.append(sum(len(one.tags.epc) for one in group))
    return found


def test_a_dwell_waits_for_others_but_not_longer_than_the_interval() -> None:
    batch = Batch(INTERVAL_US, 500)
    assert batch.wait_us(0) is None
    batch.add(dwell(1), 1_000)
    batch.add(dwell(2), 200_000)
    assert batch.take(INTERVAL_US) is None
    assert batch.wait_us(INTERVAL_US) == 1_000
    assert sizes(batch, INTERVAL_US + 1_000) == [2]
    assert batch.waiting_bytes == 0


def test_five_hundred_observations_close_a_report_at_once() -> None:
    batch = Batch(INTERVAL_US, 500)
    for number in range(10):
        batch.add(dwell(number, tags=120), 0)
    assert batch.wait_us(0) == 0
    assert sizes(batch, 0) == [480, 480]
    assert sizes(batch, INTERVAL_US) == [240]


def test_empty_dwells_are_reported_too_and_bounded_in_number() -> None:
    batch = Batch(INTERVAL_US, 500)
    for _ in range(MAX_EMPTY_DWELLS + 1):
        batch.add(dwell(tags=0), 0)
    group = batch.take(0)
    assert group is not None
    assert len(group) == MAX_EMPTY_DWELLS


def test_a_dwell_of_too_many_tags_is_cut_and_doubtful_and_never_two_dwells() -> None:
    batch = Batch(INTERVAL_US, 500)
    batch.add(dwell(tags=MAX_TAGS_A_DWELL + 5), 0)
    group = batch.take(0)
    assert group is not None
    [only] = group
    assert len(only.tags.epc) == len(only.tags.rssi_dbm) == MAX_TAGS_A_DWELL
    assert only.quality == "doubtful"
    assert batch.capped == 1


def test_what_finds_no_room_is_a_hole_with_antennas_and_time() -> None:
    batch = Batch(INTERVAL_US, 500)
    one = dwell(tags=400)
    fitting = WAITING_BYTES // json_bytes(one)
    for number in range(fitting):
        batch.add(one, number)
    batch.add(dwell(port=7, at_us=900, tags=400), 0)
    batch.add(dwell(port=8, at_us=500, tags=400), 0)
    assert batch.waiting_bytes <= WAITING_BYTES
    assert batch.hole_dwells == 2
    assert [(span.port, span.started_at_us) for span in batch.hole.silences()] == [(7, 900), (8, 500)]
    taken = batch.take_hole()
    assert (batch.hole_dwells, batch.hole.silences()) == (0, [])
    batch.miss([dwell(port=9, at_us=700)])
    batch.put_back(taken)
    assert batch.hole_dwells == 3
    assert [span.port for span in batch.hole.silences()] == [7, 8, 9], "neither covers the other"


@pytest.mark.parametrize("strange", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_costs_that_number_and_not_the_dwell(strange: float) -> None:
    batch = Batch(INTERVAL_US, 500)
    tags = Tags(
        epc=["E0", "E1"],
        count=[1, 1],
        rssi_dbm=[strange, -50.0],
        phase_deg=[10.0, strange],
        position_m=[strange, strange],
    )
    batch.add(msgspec.structs.replace(dwell(), tags=tags, power_dbm=strange), 0)
    batch.rest()
    group = batch.take(0)
    assert group is not None
    [one] = group
    assert one.tags == Tags(epc=["E0", "E1"], count=[1, 1], rssi_dbm=[NO_RSSI_DBM, -50.0])
    assert (one.power_dbm, one.quality, batch.capped) == (None, "exact", 0)


def test_a_strange_loudness_never_hides_a_real_one() -> None:
    sums = Sums()
    for rssi_dbm in (math.nan, -60.0, math.nan):
        sums.add(Heard(epc="E200", antenna=1, rssi_dbm=rssi_dbm))
    assert sums.tags().rssi_dbm == [-60.0]


_TAGS = st.integers(0, 4).flatmap(
    lambda rows: st.builds(
        Tags,
        epc=st.lists(st.text("0123456789ABCDEF", max_size=124), min_size=rows, max_size=rows),
        pc=st.none() | st.lists(st.integers(0, 0xFFFF), min_size=rows, max_size=rows),
        count=st.lists(st.integers(1, 2**31), min_size=rows, max_size=rows),
        rssi_dbm=st.lists(st.floats(-120, 0), min_size=rows, max_size=rows),
        phase_deg=st.none() | st.lists(st.floats(0, 360), min_size=rows, max_size=rows),
        channel_khz=st.none() | st.lists(st.integers(800_000, 960_000), min_size=rows, max_size=rows),
        position_m=st.none() | st.lists(st.floats(0, 20), min_size=rows, max_size=rows),
        user=st.none() | st.lists(st.text("0123456789ABCDEF", max_size=60), min_size=rows, max_size=rows),
    )
)


@given(_TAGS)
def test_the_estimate_is_never_less_than_the_real_json(tags: Tags) -> None:
    one = Dwell(
        reader="R" * 40,
        port=65_535,
        started_at_us=4_000_000_000_000_000,
        ended_at_us=4_000_000_000_000_000,
        quality="estimated",
        rounds=10**9,
        power_dbm=30.123456789,
        air=Air(session=3, target="AB", search="suppress"),
        tags=tags,
        sweep="s" * 64,
    )
    assert len(encode(one)) <= json_bytes(one)


@given(st.integers(1, 9_000), st.integers(0, 124), st.sampled_from(["", "F" * 400]))
def test_the_largest_dwells_still_make_a_message_that_the_hub_takes(
    rows: int, letters: int, user: str
) -> None:
    tags = Tags(
        epc=["E" * letters] * rows,
        count=[2**31 - 1] * rows,
        rssi_dbm=[-61.123456789012] * rows,
        phase_deg=[301.123456789012] * rows,
        position_m=[1.123456789012] * rows,
        user=[user] * rows,
    )
    shorter, size = cap(msgspec.structs.replace(dwell(), tags=tags))
    assert size <= GROUP_BYTES
    payload = encode(
        Report(
            agent="a" * 40,
            log="l" * 64,
            seq=2**53,
            boot="b" * 64,
            made_at_us=1,
            wall_at_us=1,
            dwells=[shorter],
        )
    )
    assert len(payload) <= MAX_PAYLOAD_BYTES
    decode_from_agent(payload)
