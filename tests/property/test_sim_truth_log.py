from __future__ import annotations

import numpy as np
from helpers.sims import START_US, tiny_site, tiny_world, titles
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.world import Habits, Hours, MassMove, Planted, World, furnish
from firmware_sim.world.deeds import KINDS

RATE = st.floats(0, 200)
HABITS = st.builds(
    Habits,
    hours=st.builds(Hours, opens_h=st.floats(0, 20), closes_h=st.floats(21, 24), busiest_h=st.floats(0, 24)),
    borrow=RATE, return_=RATE, use_at_table=RATE, take=RATE, browse=RATE, fix=RATE, stranger=RATE, withdraw=RATE,
    new_item=RATE, put_back_elsewhere=st.floats(0, 1), put_back_on_top=st.floats(0, 1), reshelve_wrong=st.floats(0, 1),
    truck_every_h=st.floats(0.2, 4),
)  # fmt: skip
SHARE = st.floats(0, 0.2)
PLANTED = st.builds(
    Planted, misplaced=SHARE, missing=SHARE, on_loan=SHARE, unchecked=SHARE, on_top=SHARE, in_processing=SHARE,
    strangers=st.integers(0, 5),
)  # fmt: skip
MOVES = st.lists(
    st.builds(
        MassMove,
        at_h=st.floats(0, 3),
        of=st.just("1F-R01A"),
        to=st.just("1F-R02B"),
        items=st.none() | st.integers(1, 9),
    ),
    max_size=2,
)
STEPS = st.lists(st.tuples(st.integers(1, 3000), st.none() | st.sampled_from(KINDS)), max_size=8)


def a_world(seed: int, people: Habits, planted: Planted, moves: list[MassMove]) -> World:
    """96 books, two ranges."""
    site = tiny_site()
    stock = furnish(site, titles(96), 96, seed=seed)
    return World(
        site,
        stock,
        start_us=START_US - 30_000_000_000,
        seed=seed,
        people=people,
        planted=planted,
        moves=moves,
    )


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), people=HABITS, planted=PLANTED, moves=MOVES, steps=STEPS)
def test_the_truth_log_and_the_world_agree_and_no_item_is_in_two_places(
    seed: int, people: Habits, planted: Planted, moves: list[MassMove], steps: list[tuple[int, str | None]]
) -> None:
    world = a_world(seed, people, planted, moves)
    place = world.first_place.tolist()
    for step_s, kind in steps:
        deeds = world.advance(world.now_us + step_s * 1_000_000)
        assert [deed.at_us for deed in deeds] == sorted(deed.at_us for deed in deeds)
        if kind is not None:
            world.do(kind)  # type: ignore[arg-type]  # drawn from the kinds themselves
        rows = [world.on_shelf(shelf) for shelf in range(len(world.site.shelves))]
        stands = np.concatenate(rows)
        assert len(set(stands.tolist())) == len(stands) == np.count_nonzero(world.place >= 0)
        assert all((world.place[row] == shelf).all() for shelf, row in enumerate(rows))
        assert all((world.x_mm[row] <= 900).all() for row in rows)
    place += [-1] * (len(world.place) - len(place))
    for deed in world.log:
        assert place[deed.tag] == deed.came_from  # nobody jumps
        place[deed.tag] = deed.went_to
    assert place == world.place.tolist()
    known = world.strangers_from + world.strangers
    assert [world.where(tag, world.now_us) for tag in range(known)] == place[:known]
    status = {deed.tag: deed.status for deed in world.log if deed.tag < world.strangers_from}
    assert all(world.status_of(tag) == said for tag, said in status.items())


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    people=HABITS,
    planted=PLANTED,
    moves=MOVES,
    cuts=st.lists(st.integers(1, 14_399), max_size=6),
)
def test_how_often_the_world_is_asked_changes_nothing(
    seed: int, people: Habits, planted: Planted, moves: list[MassMove], cuts: list[int]
) -> None:
    whole, pieces = (a_world(seed, people, planted, moves) for _ in range(2))
    start_us = whole.now_us
    whole.advance(start_us + 14_400_000_000)
    for cut in sorted(cuts):
        pieces.advance(start_us + cut * 1_000_000)
    pieces.advance(start_us + 14_400_000_000)
    assert whole.log == pieces.log


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), planted=PLANTED)
def test_the_start_is_decided_by_the_seed_alone(seed: int, planted: Planted) -> None:
    one, other = (tiny_world(96, seed, planted=planted) for _ in range(2))
    assert (one.first_place == other.first_place).all()
    assert (one.x_mm == other.x_mm).all()
