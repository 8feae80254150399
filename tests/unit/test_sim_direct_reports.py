"""Deliveries as the messages of an agent."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from helpers.direct import START_US, S, heard_at, small_run, small_scenario

from firmware_sim.direct.hub import PIECE, in_bulk, pieces_of, settings_of
from firmware_sim.direct.reports import Reporter
from firmware_sim.direct.run import hub_subject
from firmware_sim.hearing import Delivery, reference
from hub.settings import EngineSettings
from shelfwire import codec
from shelfwire.errors import InputError
from shelfwire.messages import Lost, Report


def delivery(**more: object) -> Delivery:
    made_us = START_US + 6 * S
    plain = Delivery("edge-1", made_us + S, heard_at([0, 1], [4, 5]), 1, "l" * 16, "b" * 16, made_us)
    return replace(plain, **more)  # type: ignore[arg-type]  # whatever a test wants


def test_a_report_says_what_each_dwell_heard_with_ports_epcs_and_loudness() -> None:
    simulation = small_run()
    heard = heard_at([0, 1], [4, 5])
    heard = replace(heard, tag=np.array([0, 1, reference(0), 2, 3, reference(3)], dtype=np.int32))
    report = Reporter(simulation.site, simulation.tags).message(delivery(heard=heard))
    assert isinstance(report, Report)
    first, second = report.dwells
    assert (first.reader, first.port, second.port) == ("RD0001", 1, 2)
    assert first.tags.epc[:2] == [simulation.world.epc(0), simulation.world.epc(1)]
    assert first.tags.epc[2] == simulation.site.reference_tags[0].epc
    assert second.tags.epc[2] == simulation.site.reference_tags[3].epc
    assert first.tags.pc is not None
    assert first.tags.pc[:2] == [simulation.world.pc(0), simulation.world.pc(1)]
    assert set(first.tags.rssi_dbm) == {-55.0}
    assert first.quality == "exact"
    assert (first.air.session, first.air.target) == (1, "AB")
    assert (first.started_at_us, first.ended_at_us) == (START_US + 3_500_000, START_US + 4 * S)
    assert codec.decode_from_agent(codec.encode(report)) == report


def test_a_wrong_clock_shifts_all_times_of_a_report_and_a_doubtful_dwell_says_so() -> None:
    simulation = small_run()
    doubtful = np.array([False, True])
    message = delivery(clock_us=3600 * S, wall_us=7200 * S, doubtful=doubtful)
    report = Reporter(simulation.site, simulation.tags).message(message)
    assert isinstance(report, Report)
    assert report.dwells[0].ended_at_us == START_US + 3604 * S
    assert report.made_at_us == START_US + 3606 * S
    assert report.wall_at_us == START_US + 7206 * S
    assert [dwell.quality for dwell in report.dwells] == ["exact", "doubtful"]


def test_lost_reads_are_told_as_spans_and_break_the_coverage_of_their_antennas() -> None:
    simulation = small_run()
    hub = hub_subject(simulation)
    lost = Reporter(simulation.site, simulation.tags).message(delivery(lost="the disk was full"))
    assert isinstance(lost, Lost)
    assert [(span.port, span.started_at_us) for span in lost.spans] == [
        (1, START_US + 3_500_000), (2, START_US + 4_500_000),
    ]  # fmt: skip
    hub.take(delivery(lost="the disk was full"))
    assert hub.observations == 0
    hub.tick(START_US + 60 * S)
    # it waits for its turn like a dwell; the only report took a second, which the hub takes for the clock's offset
    assert hub.engine.antennas.last_end_us[:3].tolist() == [START_US + 5 * S, START_US + 6 * S, 0]


def test_the_hub_takes_a_number_once() -> None:
    hub = hub_subject(small_run())
    for _ in range(3):
        hub.take(delivery())
    assert hub.observations == 6
    assert hub.intake.state.agents["edge-1"].logs["l" * 16].doubled == 2


def test_tags_that_come_later_are_known_and_a_loan_is_read_anew() -> None:
    simulation = small_run()
    table, world = simulation.tags, simulation.world
    world.do("stranger")
    new = world.strangers_from
    assert table.of(np.array([new], dtype=np.int32)) == [world.epc(new)]
    lent = next(tag for tag in range(200) if world.tells_security(tag) and world.can("borrow", tag))
    before = table.of(np.array([lent], dtype=np.int32))
    world.do("borrow", lent)
    table.renew([lent])
    assert table.of(np.array([lent], dtype=np.int32)) == [world.epc(lent)]
    assert (table.of(np.array([lent], dtype=np.int32)) != before) == (not world.security(lent))


def test_faulty_engine_settings_are_named() -> None:
    assert settings_of(small_scenario(sweeps={"looks": 2})).sweeps.looks == 2
    with pytest.raises(InputError, match="no_such"):
        settings_of(small_scenario(engine={"no_such": 1}), "a.yaml")


@pytest.mark.parametrize("rows", [1, 1000, 3_000_000, 25_000_000])
def test_every_tag_is_weighed_in_its_time_and_never_too_many_at_once(rows: int) -> None:
    settings = in_bulk(EngineSettings(), rows, weigh_s=90, step_s=30)
    pieces = pieces_of(rows, 1.1 / 3)
    between_s = min(2.0, 30 / pieces)
    assert settings.scan_rows_per_s * between_s * pieces >= rows / 3
    assert settings.scan_rows_per_s * 2.0 <= max(3 * rows, 3 * PIECE)
    assert msgspec.structs.replace(settings, sweeps=EngineSettings().sweeps).stale_after_s == 900
