"""From what was heard to what arrives, under each fault of the way."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from helpers.direct import START_US, S, heard_at, small_site

from firmware_sim.direct.broken import Broken
from firmware_sim.direct.delivery import Post
from firmware_sim.direct.schedule import Schedule
from firmware_sim.faults.model import Fault
from firmware_sim.hearing import Delivery
from firmware_sim.radio import Wiring
from firmware_sim.scenario import Polling
from shelfwire.site.model import Site


def broken_of(site: Site, *faults: dict[str, Any]) -> Broken:
    return Broken(site, msgspec.convert(list(faults), list[Fault]), start_us=START_US, seed=1)


def posted(*faults: dict[str, Any], reports: int = 40, shelves: int = 300) -> list[Delivery]:
    """A dwell every ten seconds on an antenna of each of two agents, and all that had arrived an hour later."""
    site = small_site(shelves)
    post = Post(site, broken_of(site, *faults), start_us=START_US, seed=1)
    last = len(site.antennas) - 1
    found: list[Delivery] = []
    for at in range(1, reports + 1):
        post.post(heard_at([0, last], [at * 10 - 1, at * 10 - 1]), START_US + at * 10 * S)
        found += post.due(START_US + at * 10 * S)
    for at in range(1, 60):
        post.post(None, START_US + (reports * 10 + at * 60) * S)
        found += post.due(START_US + (reports * 10 + at * 60) * S)
    return found


def of(deliveries: list[Delivery], agent: str = "edge-1") -> list[Delivery]:
    return [one for one in deliveries if one.agent == agent]


def test_every_report_arrives_once_in_order_within_a_moment() -> None:
    found = of(posted())
    assert [one.seq for one in found] == list(range(1, 41))
    assert len({(one.log, one.boot) for one in found}) == 1
    for one in found:
        assert 0 < one.arrived_us - int(one.heard.dwells.ended_us[-1]) < S // 2
        assert one.made_us <= one.arrived_us
        assert one.clock_us == 0


def test_each_agent_numbers_its_own() -> None:
    found = posted()
    assert {one.agent for one in found} == {"edge-1", "edge-2"}
    assert of(found)[0].log != of(found, "edge-2")[0].log


def test_reads_stay_with_their_dwells() -> None:
    site = small_site(300)
    post = Post(site, broken_of(site), start_us=START_US, seed=1)
    last = len(site.antennas) - 1
    post.post(heard_at([0, last, 1, last - 1], [1, 2, 3, 4]), START_US + 5 * S)
    found = post.due(START_US + 10 * S)
    assert [one.heard.tag.tolist() for one in found] == [[0, 1, 2, 6, 7, 8], [3, 4, 5, 9, 10, 11]]
    assert [one.heard.dwells.antenna.tolist() for one in found] == [[0, 1], [last, last - 1]]
    assert found[0].heard.first.tolist() == [0, 3, 6]


def test_a_cut_link_makes_a_backlog_that_comes_in_order() -> None:
    found = of(posted({"fault": "link_cut", "at_s": 100, "for_s": 200, "what": ["edge-1"]}))
    assert [one.seq for one in found] == list(range(1, 41))
    late = [one for one in found if one.arrived_us - one.made_us > 10 * S]
    assert len(late) == 20
    assert all(one.arrived_us >= START_US + 300 * S for one in late)


def test_a_broker_that_is_killed_holds_up_all_agents() -> None:
    found = posted({"fault": "broker_killed", "at_s": 100, "for_s": 200})
    for agent in ("edge-1", "edge-2"):
        assert max(one.arrived_us - one.made_us for one in of(found, agent)) > 150 * S


def test_a_slow_link_delays_and_loses_nothing() -> None:
    found = of(posted({"fault": "link_slow", "amount": 8, "what": ["edge-1"]}))
    assert [one.seq for one in found] == list(range(1, 41))
    assert all(8 * S <= one.arrived_us - one.made_us < 9 * S for one in found)


def test_a_lossy_link_keeps_order_and_loses_nothing() -> None:
    found = of(posted({"fault": "link_lossy", "amount": 0.3, "what": ["edge-1"]}))
    assert [one.seq for one in found] == list(range(1, 41))
    assert max(one.arrived_us - one.made_us for one in found) > S


def test_duplicates_carry_the_number_of_the_first() -> None:
    numbers = [one.seq for one in of(posted({"fault": "duplicates", "amount": 0.5}))]
    assert 50 < len(numbers) < 70
    assert sorted(set(numbers)) == list(range(1, 41))


def test_reordered_reports_are_overtaken() -> None:
    numbers = [one.seq for one in of(posted({"fault": "reordering", "amount": 0.5}))]
    assert sorted(numbers) == list(range(1, 41))
    assert numbers != sorted(numbers)


def test_a_wrong_wall_clock_reaches_the_times_only_with_a_new_process() -> None:
    wrong = {"fault": "clock_wrong", "at_s": 100, "amount": 2}
    found = of(posted(wrong, {"fault": "agent_killed", "at_s": 200, "for_s": 15}))
    assert {one.clock_us for one in found[:19]} == {0}
    assert found[-1].clock_us == 2 * 3600 * S
    assert found[12].wall_us == 2 * 3600 * S
    assert found[-1].boot != found[0].boot
    assert found[-1].log == found[0].log


def test_a_drifting_clock_runs_ahead_by_and_by() -> None:
    found = of(posted({"fault": "clock_drift", "amount": 1000}))
    assert abs(found[-1].clock_us - 400_000) < 2_000
    assert found[0].clock_us < found[20].clock_us < found[-1].clock_us


def test_a_clock_that_runs_right_again_does_not_go_back() -> None:
    found = of(posted({"fault": "clock_drift", "amount": 1000, "for_s": 200}))
    ahead = [one.clock_us for one in found]
    assert ahead == sorted(ahead)
    assert ahead[-1] == found[-1].wall_us == 200_000
    assert len({one.boot for one in found}) == 1


def test_a_new_process_takes_its_boot_clock_from_the_wall_clock_that_has_drifted() -> None:
    drift = {"fault": "clock_drift", "amount": 1000, "for_s": 200}
    found = of(posted(drift, {"fault": "agent_killed", "at_s": 300, "for_s": 15}))
    assert found[-1].boot != found[0].boot
    assert found[-1].clock_us == found[-1].wall_us == 200_000


def test_what_waited_in_memory_for_a_full_disk_is_gone_with_its_process() -> None:
    full = {"fault": "disk_full", "at_s": 50, "for_s": 150, "what": ["edge-1"]}
    found = of(posted(full, {"fault": "agent_killed", "at_s": 100, "for_s": 30, "what": ["edge-1"]}))
    ends_s = [(int(one.heard.dwells.ended_us[-1]) - START_US) // S for one in found]
    assert not [end_s for end_s in ends_s if 50 <= end_s < 100]
    assert {end_s for end_s in ends_s if end_s < 50} == {9, 19, 29, 39, 49}
    assert [one.seq for one in found] == list(range(1, len(found) + 1))


def test_a_disk_that_stays_full_costs_no_more_memory_than_the_agent_has() -> None:
    site = small_site(10)
    post = Post(site, broken_of(site, {"fault": "disk_full"}), start_us=START_US, seed=1)
    for at in range(1, 41):
        post.post(heard_at([at % 10], [at * 10 - 1], reads_each=100_000), START_US + at * 10 * S)
    assert post.held() == 5 + 1


def test_a_full_disk_keeps_what_fits_and_says_what_is_lost() -> None:
    site = small_site(10)
    post = Post(
        site, broken_of(site, {"fault": "disk_full", "at_s": 0, "for_s": 100}), start_us=START_US, seed=1
    )
    found: list[Delivery] = []
    for at in range(1, 11):
        post.post(heard_at([0], [at * 10 - 1], reads_each=200_000), START_US + at * 10 * S)
        found += post.due(START_US + at * 10 * S)
    assert not found
    post.post(None, START_US + 110 * S)
    found = post.due(START_US + 120 * S)
    assert [one.seq for one in found] == [1, 2, 3]
    assert [bool(one.lost) for one in found] == [False, False, True]
    span = found[-1].heard.dwells
    assert (int(span.started_us[0]), int(span.ended_us[0])) == (START_US + 28_500_000, START_US + 99 * S)
    assert len(found[-1].heard.tag) == 0


def test_damaged_frames_cost_reads_and_are_told() -> None:
    found = of(posted({"fault": "corrupt_frames", "amount": 0.5, "share": 1.0}))
    doubtful = [one for one in found if one.doubtful is not None and one.doubtful.any()]
    assert 10 < len(doubtful) < 30
    assert all(len(one.heard.tag) < 3 for one in doubtful)
    assert all(len(one.heard.tag) == 3 for one in found if one not in doubtful)


def test_a_share_of_the_readers_is_chosen_by_the_seed() -> None:
    site = small_site(300)
    fault = msgspec.convert({"fault": "reader_dead", "share": 0.5}, Fault)
    chosen = [Broken(site, [fault], start_us=START_US, seed=seed).all[0].targets for seed in (1, 1, 2)]
    assert len(chosen[0]) == len(site.readers) // 2
    assert chosen[0] == chosen[1] != chosen[2]


def test_faults_put_antennas_and_readers_out_of_order_and_back() -> None:
    site = small_site(60)
    broken = broken_of(
        site,
        {"fault": "antenna_unplugged", "at_s": 10, "for_s": 10, "what": ["ant-000003"]},
        {"fault": "cable_loss", "at_s": 10, "for_s": 10, "what": ["ant-000004"], "amount": 9},
        {"fault": "hub_port_stuck", "at_s": 10, "for_s": 10, "what": ["ant-000002"]},
        {"fault": "reader_dead", "at_s": 10, "for_s": 10, "what": ["RD0002"]},
        {"fault": "reader_slow", "at_s": 10, "for_s": 10, "what": ["RD0001"], "amount": 4},
    )  # fmt: skip
    wiring, schedule = Wiring(site), Schedule(site, Polling(dwell_ms=100), start_us=START_US, seed=1)
    assert broken.next_us(START_US) == START_US + 10 * S
    broken.apply(wiring, schedule, START_US + 10 * S)
    assert np.flatnonzero(wiring.deaf).tolist() == [2]
    assert float(wiring.loss_db[3]) == 9.0
    assert wiring.listens_as[:9].tolist() == [1] * 8 + [8]
    assert float(wiring.slow[0]) == 4.0
    dwells = schedule.until(START_US + 20 * S)
    assert {site.antennas[at].reader for at in dwells.antenna.tolist()} == {"RD0001"}
    broken.apply(wiring, schedule, START_US + 20 * S)
    assert not wiring.deaf.any()
    assert wiring.listens_as.tolist() == list(range(60))
    back = schedule.until(START_US + 60 * S)
    assert {site.antennas[at].reader for at in back.antenna.tolist()} == {"RD0001", "RD0002"}


def test_a_fault_begun_by_hand_ends_by_hand() -> None:
    site = small_site(10)
    broken = broken_of(site)
    held = broken.begin(
        msgspec.convert({"fault": "reader_dead", "what": ["RD0001"]}, Fault), START_US + 5 * S
    )
    assert broken.amount("reader_dead", "RD0001", START_US + 6 * S) == 1.0
    broken.end(held, START_US + 9 * S)
    assert broken.amount("reader_dead", "RD0001", START_US + 9 * S) is None
