from __future__ import annotations

import numpy as np
from helpers.scoring import END, RULES, SECOND, at, judged, kinds_of, seen, true_of, verdicts
from helpers.sims import START_US, tiny_world

from firmware_sim.scoring.curve import standing
from firmware_sim.scoring.doors import Doors
from firmware_sim.scoring.history import History, Start
from firmware_sim.scoring.match import quantile
from firmware_sim.scoring.outages import Outage
from firmware_sim.world import DEAD, Planted, World


def misplaced(world: World, second: float) -> int:
    at(world, second)
    deed = world.do("misplace")
    assert deed is not None
    return deed.tag


def test_a_misplaced_book_that_is_shown_is_true_and_one_that_is_not_is_missed() -> None:
    world = tiny_world()
    tag = misplaced(world, 10)
    assert judged(world, [seen("misplaced", 15, tag=tag)]) == {"misplaced": (1, 0, 0)}
    assert judged(world, []) == {"misplaced": (0, 0, 1)}


def test_a_finding_before_the_deed_or_long_after_its_end_is_false() -> None:
    world = tiny_world()
    tag = misplaced(world, 10)
    at(world, 30)
    world.do("fix", tag)
    assert judged(world, [seen("misplaced", 8, tag=tag)]) == {"misplaced": (0, 1, 1)}
    assert judged(world, [seen("misplaced", 32, tag=tag)]) == {"misplaced": (1, 0, 0)}
    assert judged(world, [seen("misplaced", 50, tag=tag)]) == {"misplaced": (0, 1, 1)}


def test_a_second_finding_of_the_same_thing_is_neither_true_again_nor_false() -> None:
    world = tiny_world()
    tag = misplaced(world, 10)
    found, true, must = verdicts(world, [seen("misplaced", 15, tag=tag), seen("misplaced", 60, tag=tag)])
    tally = found.tallies(true, must)["misplaced"]
    assert (tally.true, tally.repeat, tally.false, tally.missed) == (1, 1, 0, 0)


def test_a_finding_about_a_book_that_nobody_touched_is_false() -> None:
    assert judged(tiny_world(), [seen("missing", 50, tag=3)]) == {"missing": (0, 1, 0)}


def test_a_taken_book_is_missing_only_after_the_longest_use() -> None:
    world = tiny_world()
    at(world, 10)
    world.do("take", 7)
    assert judged(world, [seen("missing", 12, tag=7)])["missing"][1] == 1
    assert judged(world, [seen("missing", 25, tag=7)]) == {"missing": (1, 0, 0)}


def test_a_book_that_was_gone_for_an_hour_and_is_back_was_never_missing() -> None:
    world = tiny_world()
    at(world, 10)
    world.do("take", 7)
    at(world, 15)
    world.do("bring_back", 7)
    assert kinds_of(world, 7) == []


def test_a_book_off_its_shelf_when_the_doors_close_is_missing_from_then_on() -> None:
    world = tiny_world()  # it begins at 22:13:20 UTC
    at(world, 10)
    world.do("take", 7)
    (one,) = [one for one in true_of(world, doors=Doors("22:13", "06:00", "UTC")) if one.kind == "missing"]
    assert one.from_us == START_US + 10 * SECOND


def test_a_borrowed_book_is_never_missing_and_a_browsed_one_need_not_be_found() -> None:
    world = tiny_world()
    at(world, 10)
    world.do("borrow", 1)
    assert judged(world, []) == {}
    assert judged(world, [seen("missing", 60, tag=1)]) == {"missing": (0, 1, 0)}


def test_a_book_in_a_hand_at_a_table_or_on_a_truck_is_missing_only_beyond_the_longest_use() -> None:
    for kinds in (("browse",), ("to_table",), ("to_table", "to_truck")):
        world = tiny_world()
        at(world, 1)
        for kind in kinds:
            world.do(kind, 7)  # type: ignore[arg-type]
        history = [
            one
            for one in true_of(world, end_us=START_US + 9 * SECOND)
            if one.tag == 7 and one.from_us < one.to_us
        ]
        assert [one for one in history if one.from_us < START_US + 9 * SECOND] == []


def test_a_book_lying_on_top_or_on_another_board_of_its_home_is_at_home() -> None:
    for kind in ("put_on_top", "put_next_shelf"):
        world = tiny_world()
        at(world, 1)
        world.do("browse", 100)
        world.do(kind, 100)
        assert kinds_of(world, 100) == [], kind


def test_a_misplaced_book_that_is_looked_at_and_put_back_there_stays_one_condition() -> None:
    world = tiny_world()
    tag = misplaced(world, 5)
    at(world, 20)
    world.do("browse", tag)
    at(world, 22)
    world.do("put_back", tag)
    (one,) = [one for one in true_of(world) if one.kind == "misplaced"]
    assert (one.from_us, one.to_us) == (START_US + 5 * SECOND, END)


def test_a_lent_book_on_its_shelf_is_unexpected() -> None:
    world = tiny_world()
    at(world, 1)
    world.do("borrow", 1)
    at(world, 10)
    world.do("unchecked", 1)
    assert judged(world, [seen("unexpected", 20, tag=1)]) == {"unexpected": (1, 0, 0)}


def test_an_unknown_tag_is_matched_by_its_place() -> None:
    world = tiny_world()
    at(world, 10)
    deed = world.do("stranger")
    assert deed is not None
    here = world.site.shelves[deed.went_to]
    far = next(shelf for shelf in world.site.shelves if shelf.range != here.range)
    assert judged(world, [seen("unknown_tag", 20, place=here.index)]) == {"unknown_tag": (1, 0, 0)}
    assert judged(world, [seen("unknown_tag", 20, place=far.index)]) == {"unknown_tag": (0, 1, 1)}


def test_nothing_has_to_be_found_under_an_antenna_that_could_not_hear() -> None:
    world = tiny_world()
    tag = misplaced(world, 10)
    antenna = world.site.heard_by[world.site.shelves[int(world.place[tag])].id][0].id
    away = Outage(antenna=antenna, from_us=START_US + 20 * SECOND, to_us=END, silent=False)
    assert "misplaced" not in judged(world, [], [away])


def test_a_dead_reader_makes_stale_shelves_true_and_a_silent_antenna_is_named() -> None:
    world = tiny_world()
    antenna = world.site.antennas[0]
    outage = Outage(
        antenna=antenna.id, from_us=START_US + 10 * SECOND, to_us=START_US + 60 * SECOND, silent=True
    )
    shelf = world.site.shelf_by_id[antenna.hears[0]].index
    shown = [seen("stale_shelf", 25, place=shelf), seen("silent_antenna", 20, antenna=antenna.id)]
    assert judged(world, shown, [outage]) == {"silent_antenna": (1, 0, 0), "stale_shelf": (1, 0, 0)}
    assert judged(world, [], [outage]) == {"silent_antenna": (0, 0, 1), "stale_shelf": (0, 0, 1)}


def test_what_is_excused_is_neither_false_nor_missed() -> None:
    world = tiny_world()
    antenna = world.site.antennas[0]
    weak = Outage(antenna=antenna.id, from_us=START_US, to_us=END, silent=True, excused=True)
    found, true, must = verdicts(world, [seen("silent_antenna", 20, antenna=antenna.id)], [weak])
    tally = found.tallies(true, must)["silent_antenna"]
    assert (tally.excused, tally.false, tally.missed, tally.true) == (1, 0, 0, 0)
    assert "silent_antenna" not in judged(world, [], [weak])


def test_an_excused_fault_beside_a_real_one_excuses_nothing_of_it() -> None:
    world = tiny_world()
    antenna = world.site.antennas[0]
    shelf = world.site.shelf_by_id[antenna.hears[0]].index
    real = Outage(
        antenna=antenna.id, from_us=START_US + 30 * SECOND, to_us=START_US + 70 * SECOND, silent=False
    )
    clock = Outage(antenna=antenna.id, from_us=START_US, to_us=END, silent=False, excused=True)
    spans = {
        (one.from_us - START_US, one.to_us - START_US, one.excused) for one in true_of(world, [real, clock])
    }
    assert spans == {(44 * SECOND, 70 * SECOND, False), (14 * SECOND, 100 * SECOND, True)}
    assert judged(world, [seen("stale_shelf", 45, place=shelf)], [real, clock]) == {"stale_shelf": (1, 0, 0)}


def test_a_dead_tag_makes_nothing_due_but_its_book_is_no_missing_one() -> None:
    world = tiny_world()
    tag = misplaced(world, 10)
    world.stock.tag_place[tag] = DEAD
    assert judged(world, []) == {}
    found, _, _ = verdicts(world, [seen("missing", 50, tag=tag)])
    assert [(one.verdict, one.cause) for one in found.judged] == [("false", "dead_tag")]


def test_a_false_missing_says_where_the_book_was_and_whether_anybody_listened() -> None:
    world = tiny_world()
    at(world, 10)
    world.do("borrow", 1)
    world.do("take", 2)
    dead = world.site.heard_by[world.site.shelves[int(world.place[5])].id][0]
    out = Outage(antenna=dead.id, from_us=START_US, to_us=END, silent=False)
    shown = [seen("missing", 11, tag=2), seen("missing", 50, tag=1), seen("missing", 60, tag=5)]
    found, _, _ = verdicts(world, shown, [out])
    causes = [(one.cause, one.under_outage) for one in found.judged]
    assert [cause for cause, _ in causes] == ["too_early", "lent", "on_shelf"]
    assert causes[2][1]


def test_books_of_a_mass_move_are_no_part_of_precision_and_recall() -> None:
    world = tiny_world()
    at(world, 10)
    for tag in range(5):
        world.do("mass_move", tag, to="1F-R02")
    found, true, must = verdicts(world, [seen("misplaced", 30, tag=1)])
    tally = found.tallies(true, must)["misplaced"]
    assert (tally.moved, tally.true, tally.false, tally.missed) == (1, 0, 0, 0)


def test_what_was_so_from_the_start_is_true_from_the_start() -> None:
    world = tiny_world(planted=Planted(misplaced=0.05, missing=0.05, unchecked=0.05, strangers=2))
    kinds = [one.kind for one in true_of(world)]
    assert {kinds.count(kind) for kind in ("misplaced", "missing", "unexpected")} & set(range(5, 25))
    assert kinds.count("unknown_tag") == 2


def test_a_moved_book_that_was_read_at_a_table_since_is_still_one_of_the_moved_range() -> None:
    world = tiny_world()
    at(world, 10)
    tags = [int(tag) for tag in world.on_shelf(0)[:2]]
    for tag in tags:
        world.do("mass_move", tag, to="1F-R02")
    at(world, 20)
    world.do("to_table", tags[0])
    at(world, 21)
    world.do("to_truck", tags[0])
    at(world, 23)
    deed = world.do("reshelve_wrong", tags[0], to="1F-R02")
    assert deed is not None, "staff put it where its range is now"
    history = History(world, Start(world, START_US), END)
    about = [one for one in true_of(world) if one.kind == "misplaced" and one.tag in tags]
    assert len(about) >= 2
    assert all(one.moved for one in about)
    asked = standing(history, RULES)
    assert not asked.outside[np.isin(asked.tag, tags)].any()
    assert judged(world, []) == {}


def test_the_delay_counts_from_the_moment_it_became_true() -> None:
    world = tiny_world()
    at(world, 10)
    world.do("take", 7)
    found, true, must = verdicts(world, [seen("missing", 23, tag=7)])
    assert found.tallies(true, must)["missing"].delays_s == [3.0]


def test_quantiles_are_by_nearest_rank() -> None:
    assert quantile([], 0.5) is None
    assert quantile([1.0, 2.0, 9.0], 0.5) == 2.0
    assert quantile([1.0, 2.0, 9.0], 0.95) == 9.0
    assert quantile([1.0, 2.0], 0.5) == 1.0
    assert quantile([float(n) for n in range(1, 21)], 0.95) == 19.0
