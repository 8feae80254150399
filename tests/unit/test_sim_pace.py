"""A library that lives faster than the wall: its clock, its dwells, and the waits of the hub beside it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from firmware_sim.faults.clock import LOOK_US, Bent, BentClock, bend
from firmware_sim.form import Polling
from firmware_sim.library import HastenedField
from firmware_sim.pace import Pace, agent_dwell_ms, hastened, hastened_sweeps, next_local_us
from firmware_sim.radio import Answer, Listen
from hub.settings import EngineSettings, SweepSettings

SECOND = 1_000_000
WALL = 1_800_000_000 * SECOND
WORLD = 1_772_431_200 * SECOND


def test_the_library_waits_at_its_first_moment_until_it_begins() -> None:
    pace = Pace(WORLD, wall_us=WALL, speed=60.0)
    before = [pace.world_us(WALL + second * SECOND) for second in (0, 1, 599, 600, 10_000)]
    assert before == sorted(before)
    assert before[0] < before[1] < before[3] == before[4] == WORLD
    pace.begin(WALL + 20 * SECOND)
    assert pace.world_us(WALL + 20 * SECOND) == WORLD
    assert pace.world_us(WALL + 21 * SECOND) == WORLD + 60 * SECOND
    assert pace.wall_us(WORLD + 60 * SECOND) == WALL + 21 * SECOND
    assert pace.wall_s(60.0) == 1.0


def test_a_dwell_brings_what_it_would_have_brought_and_is_told_in_the_readers_time() -> None:
    asked: list[Listen] = []

    class Air:
        def answers(self, listen: Listen) -> list[Answer]:
            asked.append(listen)
            return [
                Answer(epc="AA", pc=0, count=9, rssi_dbm=-50.0, first_us=listen.from_us, last_us=listen.to_us)
            ]

    pace = Pace(WORLD, wall_us=WALL, speed=100.0)
    pace.begin(WALL)
    field = HastenedField(Air(), pace, stretch=4.0)
    listen = Listen(
        reader="R1", port=3, from_us=WALL + SECOND, to_us=WALL + SECOND + 250_000, power_dbm=27.0, target="A", session=2
    )  # fmt: skip
    (answer,) = field.answers(listen)
    assert (answer.first_us, answer.last_us, answer.count) == (listen.from_us, listen.to_us, 9)
    assert asked == [
        msgspec.structs.replace(listen, from_us=WORLD + 100 * SECOND, to_us=WORLD + 101 * SECOND)
    ]


def test_waits_shrink_with_the_speed_and_coverage_stays_longer_than_a_round() -> None:
    engine = {"longest_use_h": 24.0, "closing": "22:00", "opening": "08:00", "misplaced_below": 0.4}
    found = hastened(engine, 60.0, cycle_s=4.0)
    assert found["longest_use_h"] == pytest.approx(0.4)
    assert found["unknown_stays_h"] == pytest.approx(0.1)
    assert found["stale_after_s"] == pytest.approx(15.0)
    assert found["unheard_s"] == pytest.approx(11.0)
    assert found["unexpected_after_s"] == pytest.approx(16.0)
    assert found["misplaced_below"] == 0.4
    assert not {"closing", "opening"} & found.keys()
    msgspec.convert(found, EngineSettings)
    assert hastened(engine, 600.0, cycle_s=4.0)["stale_after_s"] == pytest.approx(15.0)
    assert hastened(engine, 1.0, cycle_s=4.0) == {"longest_use_h": 24.0, "misplaced_below": 0.4}


def test_a_sweep_listens_longer_than_the_usual_round_at_any_speed() -> None:
    found = hastened_sweeps({"nightly": "23:00", "looks": 2}, 60.0, dwell_ms=200)
    assert found["dwell_ms"] == 300
    assert "nightly" not in found
    assert msgspec.convert(found, SweepSettings).looks == 2
    assert hastened_sweeps({"nightly": "23:00"}, 1.0, dwell_ms=200) == {}


@pytest.mark.parametrize(
    ("polling", "speed", "antennas", "expected"),
    [
        (Polling(dwell_ms=130), 1.0, 32, 130),  # round after round
        (Polling(dwell_ms=1000, every_s=300), 1.0, 32, 1000),
        (Polling(dwell_ms=1000, every_s=300), 60.0, 30, 167),
        (Polling(dwell_ms=1000, every_s=300), 1000.0, 30, 50),
    ],
)
def test_an_agents_dwell_fits_into_the_round_that_the_scenario_wants(
    polling: Polling, speed: float, antennas: int, expected: int
) -> None:
    assert agent_dwell_ms(polling, speed, antennas) == expected


def test_the_nightly_sweep_is_asked_for_by_the_librarys_clock() -> None:
    evening = 1_772_483_400 * SECOND  # Monday 2026-03-02, 20:30 UTC
    assert next_local_us("23:00", evening, "Europe/London") == evening + 9_000 * SECOND
    assert next_local_us("20:30", evening, "Europe/London") == evening + 86_400 * SECOND
    assert next_local_us("23:00", evening, "Europe/Berlin") == evening + 5_400 * SECOND


class RightClock:
    """A right clock that a test moves."""

    def __init__(self) -> None:
        self.us = 5_000 * SECOND

    def wall_us(self) -> int:
        return WALL + self.us

    def monotonic_us(self) -> int:
        return self.us


def test_a_bent_clock_jumps_with_its_wall_alone_and_drifts_with_both(tmp_path: Path) -> None:
    true, file = RightClock(), tmp_path / "clock"
    clock = BentClock(file, true)
    assert (clock.wall_us(), clock.monotonic_us()) == (true.wall_us(), true.monotonic_us())
    bend(file, Bent(offset_us=3_600 * SECOND))
    true.us += LOOK_US
    assert clock.wall_us() - true.wall_us() == 3_600 * SECOND
    assert clock.monotonic_us() == true.monotonic_us()
    bend(file, Bent(fast_ppm=1_000.0))
    true.us += LOOK_US
    assert clock.wall_us() == true.wall_us()
    true.us += 1_000 * SECOND
    assert clock.wall_us() - true.wall_us() == SECOND
    assert clock.monotonic_us() - true.monotonic_us() == SECOND
    bend(file, Bent())
    true.us += LOOK_US
    ahead = clock.monotonic_us() - true.monotonic_us()
    assert SECOND < ahead < SECOND + 1_000, "what it gained it keeps: a monotonic clock never goes back"
    true.us += 1_000 * SECOND
    assert clock.monotonic_us() - true.monotonic_us() == ahead
