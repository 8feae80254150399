"""Direct runs: the real engine, in process, on what simulated readers deliver."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from helpers.direct import S, small_run

from firmware_sim.direct.building import build_site
from firmware_sim.direct.plan import Simulation
from firmware_sim.direct.run import DirectRun, Step, hub_subject
from firmware_sim.hearing import Delivery
from firmware_sim.scenario import Building
from firmware_sim.scoring.subject import NEVER_HEARD, NOWHERE, Places, Shown

PEOPLE = {
    "hours": {"opens_h": 0, "closes_h": 24},
    "browse": 40,
    "borrow": 40,
    "return": 40,
    "take": 5,
    "stranger": 5,
}


class Listener:
    """A subject that notes what it is told."""

    def __init__(self) -> None:
        self.name = "listener"
        self.digest = hashlib.sha256()
        self.taken: list[tuple[str, int]] = []
        self.times: list[int] = []
        self.statuses: list[tuple[int, str]] = []
        self.ticks: list[int] = []

    def take(self, delivery: Delivery) -> None:
        heard = delivery.heard
        for column in (heard.dwells.antenna, heard.dwells.started_us, heard.tag, heard.count, heard.rssi):
            self.digest.update(column.tobytes())
        self.digest.update(f"{delivery.agent} {delivery.seq} {delivery.arrived_us}".encode())
        self.taken.append((delivery.agent, delivery.seq))
        self.times.append(delivery.arrived_us)

    def status(self, tag: int, status: str, now_us: int) -> None:
        self.statuses.append((tag, status))
        self.times.append(now_us)

    def tick(self, now_us: int) -> None:
        self.ticks.append(now_us)

    def shown(self) -> list[Shown]:
        return []

    def places(self) -> Places:
        return Places(np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32))


def listened(simulation: Simulation, **more: float) -> tuple[Listener, DirectRun]:
    listener = Listener()
    run = DirectRun(simulation, [listener], **more)
    run.run()
    return listener, run


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    digests = [listened(small_run(seed=seed, people=PEOPLE))[0].digest.hexdigest() for seed in (1, 1, 2)]
    assert digests[0] == digests[1] != digests[2]


def test_the_engine_changes_nothing_of_what_is_heard_without_sweeps() -> None:
    alone, beside = Listener(), Listener()
    DirectRun(small_run(people=PEOPLE), [alone]).run()
    simulation = small_run(people=PEOPLE)
    DirectRun(simulation, [hub_subject(simulation), beside]).run()
    assert alone.digest.hexdigest() == beside.digest.hexdigest()


def test_time_goes_forward_and_ticks_come_once_a_step() -> None:
    listener, run = listened(small_run(people=PEOPLE), step_s=30)
    assert listener.ticks == list(range(run.simulation.start_us + 30 * S, run.simulation.end_us + 1, 30 * S))
    assert run.now_us == run.simulation.end_us
    assert run.counts.deliveries == len(listener.taken)
    assert run.counts.deeds == len(run.simulation.world.log)
    late = np.diff(np.array(listener.times))
    assert late.min() > -30 * S


def test_halving_the_step_changes_no_deed_and_hardly_what_is_heard_and_believed() -> None:
    runs, hubs = [], []
    for step_s in (30.0, 15.0):
        simulation = small_run(items=500, people=PEOPLE, planted={"misplaced": 0.04}, lasts_h=1)
        hubs.append(hub_subject(simulation, step_s=step_s))
        runs.append(DirectRun(simulation, [hubs[-1]], step_s=step_s))
        runs[-1].run()
    whole, halved = runs
    assert list(whole.simulation.world.log) == list(halved.simulation.world.log)
    assert abs(whole.counts.reads / halved.counts.reads - 1) < 0.002
    places = [hub.places().shelf for hub in hubs]
    assert (places[0] == places[1]).mean() > 0.98
    misplaced = [{one.tag for one in hub.shown() if one.kind == "misplaced"} for hub in hubs]
    assert len(misplaced[0] & misplaced[1]) >= 0.7 * len(misplaced[0] | misplaced[1]) > 3


def test_every_read_is_of_a_tag_that_stood_near_enough_at_that_time() -> None:
    simulation = small_run(people=PEOPLE)
    world, site = simulation.world, simulation.site
    steps: list[Step] = []
    DirectRun(simulation, [Listener()]).run(progress=steps.append)
    checked = 0
    for delivery in (one for step in steps for one in step.deliveries):
        heard = delivery.heard
        for dwell, tag in zip(heard.dwell_of.tolist(), heard.tag.tolist(), strict=True):
            if tag < 0:
                continue
            ended_us = int(heard.dwells.ended_us[dwell])
            before, after = world.where(tag, ended_us - 31 * S), world.where(tag, ended_us)
            assert before >= 0 or after >= 0, (tag, before, after)
            shelf = site.shelves[max(before, after)]
            own = site.shelf_by_id[site.antennas[int(heard.dwells.antenna[dwell])].hears[0]]
            if before == after:
                assert abs(shelf.x_m - own.x_m) + abs(shelf.y_m - own.y_m) < 4.0
            checked += 1
    assert checked > 10_000


def test_the_desk_tells_each_loan_once() -> None:
    listener, run = listened(small_run(people=PEOPLE))
    world = run.simulation.world
    told: dict[int, str] = dict(listener.statuses)
    assert len(told) > 5
    for tag, status in told.items():
        assert status == world.status_of(tag)
    assert all(a != b for a, b in zip(listener.statuses, listener.statuses[1:], strict=False))


def test_the_hub_knows_where_nearly_all_books_stand_after_an_hour() -> None:
    simulation = small_run(planted={"on_loan": 0.1})
    hub = hub_subject(simulation)
    DirectRun(simulation, [hub]).run()
    places = hub.places()
    place = simulation.world.place[: simulation.world.stock.count]
    lent = place < 0
    assert (places.shelf[~lent] == place[~lent]).mean() > 0.9
    assert np.isin(places.shelf[lent], [NOWHERE, NEVER_HEARD]).mean() > 0.95
    promised = places.confidence[places.shelf >= 0]
    assert ((promised >= 0) & (promised <= 1)).all()


def test_a_stolen_book_is_missing_and_a_lent_one_is_not() -> None:
    simulation = small_run(
        engine={"longest_use_h": 0.5, "missing_looks": 3},
        stocking={"dead": 0.0, "weak": 0.0},
        radio={"own_read": 0.98},
    )
    hub = hub_subject(simulation)
    run = DirectRun(simulation, [hub], step_s=30)
    world = simulation.world
    run.run(simulation.start_us + 1800 * S)
    world.do("take", 40)
    world.do("borrow", 60)
    run.run()
    shown = [one for one in hub.shown() if one.kind == "missing" and one.closed_us is None]
    assert 40 in {one.tag for one in shown}
    assert 60 not in {one.tag for one in shown}
    assert all(one.place == -1 and one.confidence is not None for one in shown)


def test_duplicates_and_overtaking_change_no_count_of_the_hub() -> None:
    faults = [{"fault": "duplicates", "amount": 0.3}, {"fault": "reordering", "amount": 0.3}]
    plain, bent = (small_run(faults=some) for some in ([], faults))
    hubs = [hub_subject(one) for one in (plain, bent)]
    runs = [DirectRun(one, [hub]) for one, hub in zip((plain, bent), hubs, strict=True)]
    for run in runs:
        run.run()
    assert runs[1].counts.deliveries > runs[0].counts.deliveries
    assert hubs[1].observations <= hubs[0].observations
    assert hubs[1].observations > hubs[0].observations * 0.99
    assert hubs[1].intake.state.agents["edge-1"].logs[bent.post.log_of("edge-1")].doubled > 10


def test_a_dead_reader_makes_its_shelves_stale_and_no_other() -> None:
    dead = {"fault": "reader_dead", "at_s": 1800, "for_s": 3600, "what": ["RD0002"]}
    simulation = small_run(items=2000, faults=[dead])
    hub = hub_subject(simulation)
    DirectRun(simulation, [hub]).run()
    stale = [one for one in hub.shown() if one.kind == "stale_shelf"]
    reader_of = _shelf_reader(simulation)
    assert {one.place for one in stale} == {at for at, reader in reader_of.items() if reader == "RD0002"}
    for one in stale:
        assert 900 <= (one.opened_us - simulation.start_us) / S - 1740 <= 1000
        assert one.closed_us is not None
        assert 0 <= (one.closed_us - simulation.start_us) / S - 5400 <= 120


def test_a_nightly_sweep_reaches_the_readers_and_ends_with_a_report() -> None:
    simulation = small_run(sweeps={"nightly": "06:30", "dwell_ms": 1500, "looks": 2})
    hub = hub_subject(simulation)
    run = DirectRun(simulation, [hub])
    longest = 0

    def look(step: Step) -> None:
        nonlocal longest
        for delivery in step.deliveries:
            dwells = delivery.heard.dwells
            longest = max(longest, int((dwells.ended_us - dwells.started_us).max()))

    run.run(progress=look)
    assert run.counts.commands == 2
    assert longest > 1.5 * S
    assert [(sweep.state, sweep.asked_by) for sweep in hub.sweeps] == [("done", "nightly")]
    assert hub.sweeps[0].found_in_place > 0.9 * 200


def test_a_killed_hub_decides_nothing_and_catches_up() -> None:
    simulation = small_run(faults=[{"fault": "hub_killed", "at_s": 1200, "for_s": 1200}])
    listener, run = listened(simulation)
    times = np.array([tick - simulation.start_us for tick in listener.ticks]) / S
    assert not ((times >= 1200) & (times < 2400)).any()
    assert len(listener.taken) == listened(small_run())[1].counts.deliveries
    assert run.simulation.post.held() == 0


@pytest.mark.parametrize("antenna_for", ["shelf", "two_shelves", "bay"])
def test_each_shelf_of_a_building_has_one_antenna_of_its_bay(antenna_for: str) -> None:
    site = build_site(Building(antenna_for=antenna_for), 2000, fill=1.0, seed=3)[1].now  # type: ignore[arg-type]
    assert sorted(shelf for one in site.antennas for shelf in one.hears) == sorted(
        one.id for one in site.shelves
    )
    for antenna in site.antennas:
        assert len({site.shelf_by_id[shelf].bay for shelf in antenna.hears}) == 1
        assert len(antenna.reference_tags) == 2 * len(antenna.hears)
    ports = [(one.reader, one.port) for one in site.antennas]
    assert len(ports) == len(set(ports))
    assert max(port for _, port in ports) <= 32


def _shelf_reader(simulation: Simulation) -> dict[int, str]:
    site = simulation.site
    return {
        site.shelf_by_id[shelf].index: antenna.reader for antenna in site.antennas for shelf in antenna.hears
    }
