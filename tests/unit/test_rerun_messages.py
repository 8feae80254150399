"""Rows of the raw log back into messages."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.hubs import T0, dwell, report
from hypothesis import given
from hypothesis import strategies as st

from hub.rawlog import Known, dwell_row
from hub.rerun.messages import Row, arrival, arrivals, dwell_of
from shelfwire.errors import PeerError
from shelfwire.messages import Air, Dwell, Lost, Report, Tags


class Everybody(Known):
    """All tags are items'."""

    def __call__(self, epc: str, pc: int | None) -> bool:
        return True


everybody = Everybody([])


def row(**more: object) -> Row:
    head: Row = {
        "position": 7,
        "arrived_at_us": T0 + 5,
        "agent": "edge-1",
        "log": "log-a",
        "seq": 3,
        "boot": "boot-a",
    }
    return head | {"made_at_us": T0, "wall_at_us": T0} | dwell_row(dwell(), everybody) | more


@st.composite
def any_dwells(draw: st.DrawFn) -> Dwell:
    count = draw(st.integers(0, 4))
    halves = st.integers(-200, -20).map(lambda step: step / 2)  # what 32 bits keep exactly
    columns = {
        "pc": st.integers(0, 0xFFFF), "phase_deg": halves, "channel_khz": st.integers(0, 2**31 - 1), "position_m": halves,
    }  # fmt: skip
    more: dict[str, Any] = {
        name: draw(st.none() | st.lists(values, min_size=count, max_size=count)) if count else None
        for name, values in columns.items()
    }
    tags = Tags(
        epc=[f"E280{n:020X}" for n in range(count)],
        count=draw(st.lists(st.integers(1, 99), min_size=count, max_size=count)),
        rssi_dbm=draw(st.lists(halves, min_size=count, max_size=count)),
        **more,
    )
    air = Air(
        session=draw(st.none() | st.integers(0, 3)),
        target=draw(st.sampled_from([None, "A", "B", "AB"])),
        search=draw(st.sampled_from([None, "reader", "single", "dual", "suppress"])),
    )
    return Dwell(
        reader="RD01",
        port=draw(st.integers(1, 64)),
        started_at_us=T0,
        ended_at_us=T0 + draw(st.integers(0, 10**7)),
        quality=draw(st.sampled_from(["exact", "estimated", "cut", "doubtful"])),
        rounds=draw(st.none() | st.integers(0, 9)),
        power_dbm=draw(st.none() | halves),
        sweep=draw(st.sampled_from([None, "sweep-1"])),
        air=air,
        tags=tags,
    )


@given(any_dwells())
def test_a_dwell_of_known_tags_comes_back_as_it_was(one: Dwell) -> None:
    assert dwell_of(dwell_row(one, everybody)) == one


def test_rows_of_one_position_are_one_report_again() -> None:
    first = [row(port=1), row(port=2)]
    second = [row(position=9, seq=4, epc=[], count=[], rssi_dbm=[])]
    found = list(arrivals([*first, *second]))
    assert [(one.position, one.arrived_at_us) for one in found] == [(7, T0 + 5), (9, T0 + 5)]
    message = found[0].message
    assert isinstance(message, Report)
    assert message == report(3, dwells=[dwell(port=1), dwell(port=2)])


def test_a_lost_span_comes_back_without_its_reason() -> None:
    span = {"kind": "lost", "reader": "RD01", "port": 2, "started_at_us": T0, "ended_at_us": T0 + 9}
    message = arrival([dict.fromkeys(row()) | row() | span]).message
    assert isinstance(message, Lost)
    assert (message.seq, message.upto, message.spans[0].port) == (3, 3, 2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": 0},
        {"agent": None},
        {"kind": "dwell", "started_at_us": -1},
        {"rssi_dbm": ["loud"] * 3},
        {"rssi_dbm": [-50.0]},
        {"count": None},
        {"reader": "../../etc"},
        {"quality": "splendid"},
    ],
)
def test_rows_that_were_never_a_report_are_refused_with_their_position(wrong: Row) -> None:
    with pytest.raises(PeerError, match="position 7"):
        arrival([row(**wrong)])


def test_a_position_without_end_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(PeerError, match="more than 2000 rows"):
        list(arrivals(row() for _ in range(10**9)))


def test_a_row_without_a_column_is_refused() -> None:
    lacking = row()
    del lacking["session"]
    with pytest.raises(PeerError, match="session"):
        arrival([lacking])
