"""What walks with a handheld may call lost, and what they must find."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.walks import ON_A_PANEL, TAGS, stock, without

from hub.belief.walks import Judgement, Sweep, judge
from hub.belief.walks.judging import LOST, NOT_LOOKED_AT, READ, SUSPECTED
from shelfwire.errors import InputError

GONE = np.arange(3, TAGS, 20)
"""One tag of each panel."""


def lost(judgement: Judgement) -> set[int]:
    return set(np.flatnonzero(judgement.verdict == LOST).tolist())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_is_lost_while_all_tags_hang_in_their_places(seed: int) -> None:
    tags = stock(seed)
    for after in judge(tags.walks(6), tags.panels):
        assert not lost(after)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_tags_that_leave_are_suspected_after_two_silent_walks_and_most_are_lost_after_three(
    seed: int,
) -> None:
    tags = stock(seed)
    found = judge(without(tags.walks(6), GONE, 4), tags.panels)
    assert (found[4].gone[GONE] > 0.1).mean() > 0.8
    assert (found[5].gone[GONE] > 0.9).mean() > 0.5
    assert len(lost(found[5]) & set(GONE.tolist())) >= 2
    assert len(lost(found[5]) - set(GONE.tolist())) <= 1


def test_one_silent_walk_makes_nothing_lost_however_many_are_missed() -> None:
    tags = stock()
    found = judge(without(tags.walks(5), np.arange(0, TAGS, 3), 5), tags.panels)
    assert not lost(found[-1])


def test_a_tag_that_is_read_again_was_never_gone() -> None:
    tags = stock()
    walks = tags.walks(7)
    found = judge([*without(walks[:6], GONE, 4), walks[6]], tags.panels)
    back = GONE[walks[6].reads[GONE] > 0]
    assert (found[-1].verdict[back] == READ).all()
    assert (found[-1].gone[back] == 0).all()


def test_a_walk_cut_short_says_nothing_of_the_panels_it_did_not_reach() -> None:
    tags = stock()
    short = [tags.walk(number, panels=range(5)) for number in (10, 11, 12)]
    found = judge([*tags.walks(3), *short], tags.panels)
    beyond = tags.panels >= 5
    assert (found[-1].verdict[beyond] == NOT_LOOKED_AT).mean() > 0.95
    assert not lost(found[-1])


def test_a_walk_of_another_area_makes_nothing_lost_and_still_finds_what_left_its_own() -> None:
    tags = stock()
    here = [tags.walk(number, panels=range(6)) for number in (10, 11, 12)]
    found = judge(without([*tags.walks(3), *here], GONE, 4), tags.panels)
    assert lost(found[-1]) <= set(GONE[:6].tolist())
    assert found[-1].gone[GONE[:6]].mean() > 0.4
    assert found[-1].gone[GONE[6:]].max() < 0.5


def test_a_whole_panel_that_falls_silent_is_a_question_and_no_loss() -> None:
    tags = stock()
    panel = np.flatnonzero(tags.panels == 4)
    found = judge(without(tags.walks(7), panel, 4), tags.panels)
    assert (found[-1].verdict[panel] == NOT_LOOKED_AT).all()
    assert len(panel) == ON_A_PANEL


def test_a_tag_that_was_never_read_is_suspected_at_most() -> None:
    tags = stock()
    found = judge(without(tags.walks(8), GONE, 1), tags.panels)
    assert (found[-1].verdict[GONE] == SUSPECTED).all()


def test_a_tag_that_is_always_read_is_lost_sooner_than_one_that_is_often_missed() -> None:
    tags = stock()
    walks = tags.walks(6)
    strong = np.flatnonzero(np.min([walk.reads for walk in walks[:4]], axis=0) >= 5)[:6]
    weak = np.flatnonzero(np.sum([walk.reads for walk in walks[:4]], axis=0) <= 5)[:6]
    gone = judge(without(walks, np.concatenate([strong, weak]), 5), tags.panels)[-1].gone
    assert gone[strong].min() > gone[weak].max()


def test_weaker_walks_of_the_same_shop_are_no_theft() -> None:
    tags = stock()
    weaker = [tags.walk(number, easy=1.2) for number in (10, 11, 12)]
    found = judge([*tags.walks(3), *weaker], tags.panels)
    assert not lost(found[-1])


def test_loudness_in_other_units_or_none_changes_no_verdict_much() -> None:
    tags = stock()
    walks = without(tags.walks(6), GONE, 4)
    plain = judge(walks, tags.panels)[-1]
    shifted = [Sweep(walk.session, walk.reads, walk.loud * 2.0 + 300.0, walk.at) for walk in walks]
    assert (judge(shifted, tags.panels)[-1].gone == plain.gone).all()
    deaf = [Sweep(walk.session, walk.reads, np.full(TAGS, np.nan), walk.at) for walk in walks]
    assert len(lost(judge(deaf, tags.panels)[-1]) - set(GONE.tolist())) <= 1


def test_without_panels_neighbours_are_found_by_the_order_of_reading() -> None:
    tags = stock()
    short = [tags.walk(number, panels=range(5)) for number in (10, 11, 12)]
    found = judge([*tags.walks(3), *short])
    assert not lost(found[-1])
    assert (found[-1].verdict[tags.panels >= 6] == NOT_LOOKED_AT).mean() > 0.8


def test_two_walks_are_enough_to_judge_and_too_few_to_call_much_lost() -> None:
    tags = stock()
    found = judge(without(tags.walks(2), GONE, 2), tags.panels)
    assert not lost(found[-1])


def test_a_walk_that_read_nothing_proves_nothing() -> None:
    tags = stock()
    nothing = [tags.walk(number, panels=()) for number in (10, 11)]
    found = judge([*tags.walks(3), *nothing], tags.panels)
    assert np.isin(found[-1].verdict, (NOT_LOOKED_AT, SUSPECTED)).all()
    assert (found[-1].silent_walks <= found[2].silent_walks).all()
    assert not len(judge([]))
    assert len(judge(nothing)) == 2


def test_walks_for_no_expected_tag_are_refused_in_words() -> None:
    none = np.zeros(0)
    with pytest.raises(InputError, match="there are none"):
        judge([Sweep("S0", none.astype(np.int64), none, none)])
