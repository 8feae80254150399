from __future__ import annotations

from helpers.sims import START_US, tiny_world
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.world import AWAY, Rates

RATE = st.floats(0, 200)
RATES = st.builds(
    Rates, borrow=RATE, return_=RATE, misplace=RATE, take=RATE, browse=RATE, fix=RATE, stranger=RATE
)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), rates=RATES, steps=st.lists(st.integers(1, 600), max_size=8))
def test_the_truth_log_and_the_world_agree_at_every_moment(seed: int, rates: Rates, steps: list[int]) -> None:
    world = tiny_world(items=96, seed=seed, rates=rates)
    now = START_US
    for step in steps:
        now += step * 1_000_000
        deeds = world.advance(now)
        assert [deed.at_us for deed in deeds] == sorted(deed.at_us for deed in deeds)
    place = {book.number: book.shelf for book in world.books}
    for deed in world.log:
        assert place.get(deed.tag, AWAY) == deed.came_from  # nobody is in two places, nobody jumps
        place[deed.tag] = deed.went_to
        assert world.where(deed.tag, deed.at_us) == deed.went_to or deed.at_us in {
            later.at_us for later in world.log if later.tag == deed.tag and later is not deed
        }
    assert place == dict(enumerate(world.shelf.tolist()))
    assert all(world.where(tag, now) == shelf for tag, shelf in place.items())


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), cuts=st.lists(st.integers(1, 3_599), max_size=6))
def test_how_often_the_world_is_asked_changes_nothing(seed: int, cuts: list[int]) -> None:
    rates = Rates(borrow=60, return_=60, misplace=60, browse=60, fix=60)
    whole, pieces = tiny_world(96, seed, rates), tiny_world(96, seed, rates)
    whole.advance(START_US + 3_600_000_000)
    for cut in sorted(cuts):
        pieces.advance(START_US + cut * 1_000_000)
    pieces.advance(START_US + 3_600_000_000)
    assert whole.log == pieces.log
