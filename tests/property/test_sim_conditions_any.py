from __future__ import annotations

import itertools

from helpers.scoring import END, RULES, SECOND
from helpers.sims import START_US, tiny_world
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.scoring.doors import Doors
from firmware_sim.scoring.history import History, Start
from firmware_sim.scoring.truth import IN_HAND_US, conditions
from firmware_sim.world import DeedKind

KINDS: list[DeedKind] = [
    "borrow", "return", "misplace", "take", "bring_back", "browse", "put_back", "put_on_top", "put_elsewhere", "fix",
    "unchecked", "to_table", "to_truck", "reshelve", "reshelve_wrong",
]  # fmt: skip
STEPS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from(KINDS), st.integers(1, 15)), max_size=25)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_whatever_people_do_conditions_agree_with_the_truth_log(
    steps: list[tuple[int, DeedKind, int]],
) -> None:
    world = tiny_world()
    for tag, kind, wait_s in steps:
        world.advance(world.now_us + wait_s * SECOND)
        world.do(kind, tag)
    end_us = max(END, world.now_us + SECOND)
    world.advance(end_us)
    history = History(world, Start(world, START_US), end_us)
    true = conditions(history, [], RULES, Doors(None, None, "UTC"))
    for tag in range(5):
        stays = history.stays(tag)
        assert [one.to_us for one in stays[:-1]] == [one.from_us for one in stays[1:]]
        assert stays[0].from_us == START_US
        assert stays[-1].to_us == end_us
        for stay in stays:
            assert world.where(tag, stay.from_us) == stay.place
        for name in ("misplaced", "missing", "unexpected"):
            spans = sorted(
                (one.from_us, one.to_us)
                for one in true
                if one.tag == tag and one.kind == name and one.from_us < one.to_us
            )
            assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))
    for one in (each for each in true if each.kind == "misplaced"):
        inside = [each for each in history.stays(one.tag) if one.from_us <= each.from_us < one.to_us]
        for each in inside:
            out = each.place >= 0 and not history.at_home(one.tag, each.place, 0)
            assert out or each.to_us - each.from_us < IN_HAND_US
