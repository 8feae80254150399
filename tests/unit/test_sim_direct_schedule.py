"""When antennas listen, and how the hub's commands change it."""

from __future__ import annotations

from typing import TypeVar

import msgspec
import numpy as np
import pytest
from helpers.direct import START_US, S, small_site

from edge.config import ReaderConfig
from edge.orders import Orders
from firmware_sim.direct.schedule import SWITCH_US, Schedule
from firmware_sim.scenario import Polling
from shelfwire.messages import DwellTime, Power, StartCycle, StopCycle

Order = TypeVar("Order", StartCycle, StopCycle, Power, DwellTime)


def order(kind: type[Order], **more: object) -> Order:
    """A command to the first reader."""
    return msgspec.convert(
        {"kind": kind.__struct_config__.tag, "id": "c1", "expires_at_us": 0, "reader": "RD0001"} | more, kind
    )


def schedule(shelves: int = 10, **polling: object) -> Schedule:
    return Schedule(small_site(shelves), msgspec.convert(polling, Polling), start_us=START_US, seed=1)


def test_one_reader_never_drives_two_antennas_at_a_time() -> None:
    dwells = schedule(60, dwell_ms=500).until(START_US + 120 * S)
    site = small_site(60)
    reader = np.array([int(site.antennas[at].reader[2:]) for at in dwells.antenna.tolist()])
    assert len(set(reader.tolist())) == 2
    for one in set(reader.tolist()):
        mine = reader == one
        assert (dwells.started_us[mine][1:] >= dwells.ended_us[mine][:-1] + SWITCH_US).all()


def test_dwells_come_in_the_order_of_their_ends_and_never_end_early() -> None:
    dwells = schedule(60, dwell_ms=500).until(START_US + 60 * S)
    assert (np.diff(dwells.ended_us) >= 0).all()
    assert (dwells.ended_us - dwells.started_us >= S // 2).all()
    assert dwells.ended_us.max() <= START_US + 60 * S


def test_asking_in_pieces_gives_the_same_dwells() -> None:
    whole = schedule(60, dwell_ms=500, every_s=45).until(START_US + 300 * S)
    one = schedule(60, dwell_ms=500, every_s=45)
    pieces = [one.until(START_US + at * S) for at in range(1, 301)]
    assert np.concatenate([piece.started_us for piece in pieces]).tolist() == whole.started_us.tolist()
    assert np.concatenate([piece.antenna for piece in pieces]).tolist() == whole.antenna.tolist()


def test_a_cycle_begins_every_so_often_and_goes_once_over_all_antennas() -> None:
    dwells = schedule(10, dwell_ms=500, every_s=60).until(START_US + 180 * S)
    assert np.bincount(dwells.antenna).tolist() == [3] * 10
    assert (dwells.started_us[::10] - START_US).tolist() == [0, 60 * S, 120 * S]


def test_a_cycle_of_32_antennas_takes_as_long_as_its_dwells() -> None:
    dwells = schedule(30, dwell_ms=1000).until(START_US + 300 * S)
    cycle_s = (int(dwells.started_us[30]) - int(dwells.started_us[0])) / S
    assert 30.6 < cycle_s < 31.2


def test_a_sweep_drives_its_ports_longer_and_stronger_for_its_time() -> None:
    one = schedule(10, dwell_ms=500, every_s=60)
    one.until(START_US + 30 * S)
    sweep = order(StartCycle, ports=[2, 3], dwell_ms=4000, power_dbm=31.5, for_s=60, sweep="s1")
    assert one.command(sweep, START_US + 30 * S).ok
    dwells = one.until(START_US + 180 * S)
    swept = dwells.ended_us - dwells.started_us > 3 * S
    assert set(dwells.antenna[swept].tolist()) == {1, 2}
    assert set(dwells.power_dbm[swept].tolist()) == {31.5}
    assert int(dwells.started_us[swept].max()) < START_US + 90 * S + S
    assert dwells.started_us[~swept].min() >= START_US + 120 * S
    assert np.bincount(dwells.antenna[~swept]).tolist() == [1] * 10


def test_the_usual_cycle_comes_back_when_the_hub_says_so() -> None:
    one = schedule(10, dwell_ms=500)
    one.command(order(StartCycle, ports=[1], sweep="s1"), START_US)
    assert set(one.until(START_US + 10 * S).antenna.tolist()) == {0}
    one.command(order(StartCycle), START_US + 10 * S)
    assert len(set(one.until(START_US + 20 * S).antenna.tolist())) == 10


def test_a_stopped_reader_rests_until_it_is_started() -> None:
    one = schedule(10, dwell_ms=500)
    one.command(order(StopCycle), START_US)
    assert len(one.until(START_US + 60 * S)) == 0
    one.command(order(StartCycle), START_US + 60 * S)
    assert one.until(START_US + 70 * S).started_us.min() >= START_US + 60 * S


def test_power_and_dwell_time_hold_until_the_agent_starts_anew() -> None:
    one = schedule(10, dwell_ms=500)
    one.command(order(Power, ports=[1], power_dbm=20), START_US)
    one.command(order(DwellTime, dwell_ms=2000), START_US)
    dwells = one.until(START_US + 25 * S)
    assert sorted(set(dwells.power_dbm.tolist())) == [20.0, 30.0]
    assert (dwells.ended_us - dwells.started_us >= 2 * S).all()
    one.off("RD0001", START_US + 25 * S)
    assert len(one.until(START_US + 40 * S)) == 0
    one.back("RD0001", START_US + 40 * S, forget=True)
    dwells = one.until(START_US + 50 * S)
    assert set(dwells.power_dbm.tolist()) == {30.0}
    assert (dwells.ended_us - dwells.started_us < S).all()


def test_a_reader_without_power_answers_no_command() -> None:
    one = schedule(10)
    one.off("RD0001", START_US)
    assert not one.command(order(StopCycle), START_US).ok
    assert not one.command(order(StopCycle, reader="nobody"), START_US).ok


@pytest.mark.parametrize("ports", [None, [1, 2], [], [1, 1], [99], [1, 99]])
def test_a_command_is_refused_where_a_real_agent_refuses_it_and_then_changes_nothing(
    ports: list[int] | None,
) -> None:
    one, untold = schedule(10), schedule(10)
    agent = Orders([ReaderConfig(id="RD0001", antennas=list(range(1, 11)))])
    for command in (order(StartCycle, ports=ports, for_s=9), order(Power, id="c2", ports=ports, power_dbm=9)):
        reply = one.command(command, START_US)
        assert reply.ok == agent.apply(command, START_US).reply.ok
    told, plain = (len(which.until(START_US + 60 * S)) for which in (one, untold))
    assert told > 0
    assert reply.ok or told == plain


def test_a_slow_reader_s_dwells_end_late() -> None:
    one = schedule(10, dwell_ms=1000)
    one.slow("RD0001", 3.0)
    dwells = one.until(START_US + 30 * S)
    assert (dwells.ended_us - dwells.started_us >= 1.4 * S).all()
