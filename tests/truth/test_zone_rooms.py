"""Zones in rooms whose truth the simulator knows."""

from __future__ import annotations

import numpy as np
import pytest

from firmware_sim.zones.rooms import ROOMS, Recorded, Room, record
from hub.belief.zones import Reads, judge, learn
from hub.belief.zones.measures import measure, measure_rule
from hub.belief.zones.reads import windows_of


def reads_of(recorded: Recorded, *, known: bool) -> Reads:
    rows = np.array(recorded.rows, dtype=np.float64)
    none = np.full(len(rows), -1, dtype=np.int64)
    antenna, tag, zone = (rows[:, at].astype(np.int64) for at in (1, 2, 4))
    return Reads(rows[:, 0], antenna, tag, rows[:, 3], none, zone if known else none)


@pytest.mark.parametrize("window_s", [1.0, 10.0])
@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_in_every_room_it_is_right_more_often_than_both_rules_and_promises_better(
    room: Room, window_s: float
) -> None:
    calibration, reads = record(room, seed=1)
    known, asked = reads_of(calibration, known=True), reads_of(reads, known=False)
    antennas = int(max(known.antenna.max(), asked.antenna.max())) + 1
    found = judge(learn(known, window_s=window_s, antennas=antennas, zones=max(room.zones) + 1), asked)
    truth = reads_of(reads, known=True)
    zone = windows_of(truth, truth.rssi, window_s, pure=0.5).zone
    at = np.flatnonzero(zone >= 0)
    model, plain = measure(found.belief[at], zone[at]), measure(found.plain[at], zone[at])
    loudest = measure_rule(found.loudest[at], zone[at])
    assert model.accuracy is not None
    assert model.accuracy >= max(plain.accuracy or 0.0, loudest.accuracy or 0.0)
    assert (model.log_loss or 9.0) < (plain.log_loss or 0.0)
    assert (model.calibration_error or 9.0) < 0.2


def test_the_same_seed_records_the_same_reads() -> None:
    assert record(ROOMS[0], seed=5)[1].rows == record(ROOMS[0], seed=5)[1].rows
    assert record(ROOMS[0], seed=5)[1].rows != record(ROOMS[0], seed=6)[1].rows
