from __future__ import annotations

import numpy as np
from helpers.sims import START_US, tiny_world
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.world import KINDS, NO_STATUS, Habits, Hours, World
from firmware_sim.world.pool import Pool
from firmware_sim.world.throws import Throws
from hub.catalog.model import STATUSES


def a_busy_world() -> World:
    """Six hours of a lively library."""
    world = tiny_world(people=Habits(hours=Hours(opens_h=0, closes_h=24), borrow=50, stranger=10))
    world.advance(START_US + 6 * 3_600_000_000)
    return world


def test_the_columns_of_the_log_say_what_its_deeds_say() -> None:
    log = a_busy_world().log
    columns = log.columns(since=5)
    deeds = log[5:]
    assert len(deeds) == len(log) - 5 > 20
    assert columns.at_us.tolist() == [deed.at_us for deed in deeds]
    assert [KINDS[kind] for kind in columns.kind] == [deed.kind for deed in deeds]
    assert columns.went_to.tolist() == [deed.went_to for deed in deeds]
    said = ["" if number == NO_STATUS else STATUSES[number] for number in columns.status]
    assert said == [deed.status for deed in deeds]
    assert columns.security.tolist() == [deed.security for deed in deeds]


def test_a_log_is_read_like_a_list() -> None:
    log = a_busy_world().log
    assert log[-1] == list(log)[-1]
    assert log[:3] == list(log)[:3]
    assert log == list(log)
    assert log != list(log)[1:]


@given(st.lists(st.tuples(st.integers(0, 19), st.booleans())))
def test_a_pool_holds_what_was_put_in_and_not_taken_out(changes: list[tuple[int, bool]]) -> None:
    pool, expected = Pool(20, np.array([3, 5])), {3, 5}
    for tag, inside in changes:
        pool.keep(tag, inside)
        (expected.add if inside else expected.discard)(tag)
    assert sorted(pool[at] for at in range(len(pool))) == sorted(expected)


def test_throws_of_one_stream_do_not_depend_on_another() -> None:
    one, other = Throws(7, 1), Throws(7, 2)
    alone = [one.one() for _ in range(600)]
    again = Throws(7, 1)
    mixed = []
    for _ in range(600):
        other.one()
        mixed.append(again.one())
    assert mixed == alone
    assert len(set(alone)) == 600


def test_waiting_times_have_the_mean_that_they_are_asked_for() -> None:
    throws = Throws(3, 1)
    waits = [throws.wait() for _ in range(4000)]
    assert 0.95 < sum(waits) / 4000 < 1.05
    assert min(waits) > 0
