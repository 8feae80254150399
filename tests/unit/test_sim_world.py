from __future__ import annotations

from collections import Counter
from hashlib import sha256

import msgspec
import pytest
from helpers.sims import START_US, tiny_site, tiny_world, titles

from firmware_sim.world import (
    ALLIANCE_PC,
    AWAY,
    DESK,
    HAND,
    TABLE,
    Deed,
    DeedKind,
    Habits,
    Hours,
    MassMove,
    Planted,
    World,
    furnish,
)
from shelfwire.errors import InputError

HOUR_US = 3_600_000_000
ALWAYS = Hours(opens_h=0, closes_h=24, busiest_h=12)
BUSY = Habits(
    hours=ALWAYS,
    borrow=40,
    return_=30,
    take=5,
    browse=60,
    use_at_table=20,
    fix=15,
    stranger=3,
    withdraw=2,
    new_item=2,
)
MESSY = Planted(
    misplaced=0.05, missing=0.05, on_loan=0.1, unchecked=0.02, on_top=0.05, in_processing=0.05, strangers=3
)


def told(world: World, kind: DeedKind, tag: int | None = None) -> Deed:
    """It happens, or the test fails."""
    deed = world.do(kind, tag)
    assert deed is not None
    return deed


def test_a_lent_alliance_tag_says_another_epc_and_the_old_one_after_its_return() -> None:
    world = tiny_world()
    tag = next(tag for tag in range(240) if world.pc(tag) == ALLIANCE_PC)
    before = world.epc(tag)
    world.do("borrow", tag)
    assert world.epc(tag) == f"8{before[1:]}"
    assert not world.security(tag)
    world.do("return", tag)
    assert world.epc(tag) == before
    assert world.security(tag)


def test_a_forgotten_security_bit_contradicts_the_loan_for_ever() -> None:
    habits = Habits(hours=ALWAYS, borrow=500, browse=0, use_at_table=0, return_=0, security_forgotten=1.0)
    world = tiny_world(people=habits)
    world.advance(START_US + 3 * HOUR_US)
    lent = [tag for tag in range(240) if world.status_of(tag) == "on_loan"]
    assert lent
    assert all(world.security(tag) and world.place[tag] == AWAY for tag in lent)


def test_the_log_of_a_small_day_is_the_same_on_every_machine() -> None:
    world = tiny_world(people=BUSY, planted=MESSY, seed=7)
    world.advance(START_US + 24 * HOUR_US)
    assert sha256(msgspec.json.encode(list(world.log))).hexdigest() == SMALL_DAY


def test_another_seed_gives_other_deeds() -> None:
    first, second = tiny_world(people=BUSY, seed=7), tiny_world(people=BUSY, seed=8)
    assert first.advance(START_US + HOUR_US) != second.advance(START_US + HOUR_US)


def test_a_borrowed_book_is_away_and_the_catalogue_knows() -> None:
    deed = told(tiny_world(), "borrow")
    assert (deed.went_to, deed.status) == (AWAY, "on_loan")


def test_a_taken_book_is_away_and_the_catalogue_knows_nothing() -> None:
    deed = told(tiny_world(), "take")
    assert (deed.went_to, deed.status, deed.security) == (AWAY, "on_shelf", True)


def test_a_misplaced_book_stands_well_outside_its_home_and_can_be_put_right() -> None:
    world = tiny_world()
    deed = told(world, "misplace")
    assert not world.at_home(deed.tag)
    shelves = world.site.shelves
    assert shelves[deed.went_to].range != shelves[int(world.stock.home[deed.tag])].range
    world.do("fix", deed.tag)
    assert world.at_home(deed.tag)


def test_a_browsed_book_comes_back_by_itself_between_its_old_neighbours() -> None:
    world = tiny_world()
    shelf = int(world.stock.home[100])
    row = world.on_shelf(shelf).tolist()
    assert told(world, "browse", 100).went_to == HAND
    assert world.on_shelf(shelf).tolist() == [tag for tag in row if tag != 100]
    world.advance(START_US + 200_000_000)
    assert world.on_shelf(shelf).tolist() == row


def test_a_misplaced_book_that_is_browsed_goes_back_to_the_wrong_place() -> None:
    world = tiny_world()
    deed = told(world, "misplace")
    row = world.on_shelf(deed.went_to).tolist()
    world.do("browse", deed.tag)
    world.advance(START_US + 200_000_000)
    assert world.on_shelf(deed.went_to).tolist() == row


def test_a_wrong_book_at_the_left_end_of_a_row_goes_back_to_that_end() -> None:
    world = tiny_world(planted=Planted(misplaced=0.3))
    rows = [world.on_shelf(shelf).tolist() for shelf in range(48)]
    row = next(row for row in rows if not world.at_home(row[0]))
    world.do("browse", row[0])
    world.advance(START_US + 200_000_000)
    assert world.on_shelf(int(world.place[row[0]])).tolist() == row


def test_where_answers_for_any_time() -> None:
    world = tiny_world()
    home = int(world.stock.home[5])
    world.advance(START_US + 10)
    world.do("borrow", 5)
    world.advance(START_US + 20)
    world.do("return", 5)
    assert [world.where(5, START_US + t) for t in (0, 9, 10, 19, 20)] == [home, home, AWAY, AWAY, home]


@pytest.mark.parametrize(
    "kind", ["return", "bring_back", "unchecked", "fix", "put_back", "stranger_gone", "booked"]
)
def test_nothing_happens_where_it_could_happen_to_nobody(kind: DeedKind) -> None:
    world = tiny_world()
    assert world.do(kind) is None
    assert len(world.log) == 0


def test_a_stranger_stands_on_a_shelf_and_is_no_book() -> None:
    world = tiny_world()
    deed = told(world, "stranger")
    assert deed.tag == world.strangers_from
    assert deed.tag in world.on_shelf(deed.went_to)
    assert world.epc(deed.tag) not in {world.epc(tag) for tag in range(240)}
    assert told(world, "stranger_gone").tag == deed.tag


def test_there_is_room_for_any_number_of_strangers() -> None:
    world = tiny_world()
    tags = [told(world, "stranger").tag for _ in range(700)]
    assert tags == list(range(240, 940))
    assert all(tag in world.on_shelf(int(world.place[tag])) for tag in tags)


def test_a_book_that_comes_or_goes_draws_two_neighbours_on_each_side_anew() -> None:
    world = tiny_world(items=960)
    shelf = int(world.stock.home[500])
    row = world.on_shelf(shelf).tolist()
    at, revision = row.index(500), int(world.revision[shelf])
    world.do("browse", 500)
    stirred = [tag for tag in row if world.arrangement[tag]]
    assert stirred == row[max(0, at - 2) : at + 3]
    assert world.revision[shelf] == revision + 1


def test_a_day_of_people_does_all_kinds_of_deeds() -> None:
    world = tiny_world(items=960, people=BUSY, planted=MESSY)
    kinds = Counter(deed.kind for deed in world.advance(START_US + 24 * HOUR_US))
    assert set(kinds) >= {
        "browse", "put_back", "put_next_shelf", "put_on_top", "to_table", "to_truck", "reshelve", "carry_to_desk", "borrow",
        "booked", "to_desk", "take", "fix", "stranger", "withdraw", "new_item",
    }  # fmt: skip


def test_the_catalogue_learns_of_a_loan_only_when_the_desk_has_told_it() -> None:
    world = tiny_world(people=Habits(hours=ALWAYS, borrow=50))
    deeds = world.advance(START_US + 5 * HOUR_US)
    lent = next(deed for deed in deeds if deed.kind == "borrow")
    assert (lent.came_from, lent.went_to, lent.status) == (HAND, AWAY, "on_shelf")
    booked = next(deed for deed in deeds if deed.kind == "booked" and deed.tag == lent.tag)
    assert (booked.came_from, booked.went_to, booked.status) == (AWAY, AWAY, "on_loan")
    assert 1_000_000 <= booked.at_us - lent.at_us <= 60_000_000


def test_a_returned_book_waits_at_the_desk_for_the_truck() -> None:
    people = Habits(hours=ALWAYS, borrow=0, browse=0, use_at_table=0, return_=50, reshelve_wrong=0)
    world = tiny_world(people=people, planted=Planted(on_loan=0.2))
    deeds = world.advance(START_US + 12 * HOUR_US)
    tag = deeds[0].tag
    way = [(deed.kind, deed.went_to) for deed in deeds if deed.tag == tag]
    assert way[0] == ("to_desk", DESK)
    assert [kind for kind, _ in way] == ["to_desk", "booked", "to_truck", "reshelve"]
    assert world.at_home(tag)


def test_nobody_comes_while_the_doors_are_closed() -> None:
    # the start is a Tuesday, 22:13:20 UTC
    people = Habits(hours=Hours(opens_h=9, closes_h=18, closed_weekdays=(2,)), browse=100)
    world = tiny_world(people=people)
    assert world.advance(START_US + 34 * HOUR_US) == []
    assert len(world.advance(START_US + 40 * HOUR_US)) > 0


def test_every_browsed_book_is_back_when_the_doors_close() -> None:
    people = Habits(
        hours=Hours(opens_h=8, closes_h=23, busiest_h=22), browse=200, left_on_table=0.0, borrow=0, return_=0
    )
    world = tiny_world(people=people)
    world.advance(START_US + HOUR_US)
    assert len(world.log) > 0
    assert set(world.place[:240].tolist()) & {HAND, TABLE} == set()


def test_without_dice_nobody_acts_but_promises_are_kept() -> None:
    world = tiny_world(people=BUSY)
    world.promise(START_US + 1000, "browse", 7)
    kinds = [deed.kind for deed in world.advance(START_US + HOUR_US, dice=False)]
    assert kinds[0] == "browse"
    assert len(kinds) == 2
    assert len(world.advance(START_US + 2 * HOUR_US)) > 2


def test_a_misplaced_book_is_fixed_by_somebody_who_happens_on_it() -> None:
    people = Habits(hours=ALWAYS, browse=0, use_at_table=0, borrow=0, return_=0, fix=1000)
    world = tiny_world(people=people, planted=Planted(misplaced=0.2))
    wrong = [tag for tag in range(240) if not world.at_home(tag)]
    fixed = world.advance(START_US + 24 * HOUR_US)
    assert {deed.tag for deed in fixed} == set(wrong)
    within = sum(deed.at_us < START_US + HOUR_US for deed in fixed)
    assert 0 < within < len(wrong)


def test_planted_books_are_as_the_scenario_says() -> None:
    world = tiny_world(items=960, planted=MESSY)
    lent = [tag for tag in range(960) if world.status_of(tag) == "on_loan"]
    away = [tag for tag in range(960) if world.place[tag] == AWAY]
    missing = [tag for tag in away if world.status_of(tag) == "on_shelf"]
    wrong = [tag for tag in range(960) if world.place[tag] >= 0 and not world.at_home(tag)]
    assert 80 <= len(lent) <= 150
    assert 25 <= len(missing) <= 75
    assert 25 <= len(wrong) <= 75
    assert world.lying.sum() > 25
    assert not any(world.security(tag) for tag in lent)
    assert len(world.log) == 0


def moving(of: str, to: str, items: int | None = None) -> World:
    """A tiny world with a mass move after an hour."""
    site = tiny_site()
    move = MassMove(at_h=1, of=of, to=to, items=items, book_s=2.0)
    return World(site, furnish(site, titles(240), 240, seed=1), start_us=START_US, seed=1, moves=[move])


def test_a_mass_move_carries_a_face_in_order_and_the_catalogue_knows_nothing() -> None:
    world = moving("1F-R01A", "1F-R02B")
    first, end = world.site.spans["1F-R01A"]
    books = [tag for shelf in range(first, end) for tag in world.on_shelf(shelf).tolist()]
    deeds = world.advance(START_US + 3 * HOUR_US)
    assert [deed.tag for deed in deeds] == books
    assert {deed.kind for deed in deeds} == {"mass_move"}
    assert deeds[0].at_us == START_US + HOUR_US + 2_000_000
    assert all(world.status_of(tag) == "on_shelf" and not world.at_home(tag) for tag in books)
    shift = world.site.spans["1F-R02B"][0] - first
    assert all(world.place[tag] == world.stock.home[tag] + shift for tag in books)


def test_a_mass_move_may_take_only_the_first_books() -> None:
    assert len(moving("1F-R01A", "1F-R02B", items=17).advance(START_US + 3 * HOUR_US)) == 17


def test_a_lent_book_of_a_moved_range_comes_back_to_the_new_place() -> None:
    world = moving("1F-R01A", "1F-R02B")
    world.do("borrow", 3)
    world.advance(START_US + 3 * HOUR_US)
    deed = told(world, "return", 3)
    first, end = world.site.spans["1F-R02B"]
    assert first <= deed.went_to < end


def test_a_mass_move_to_nowhere_is_named() -> None:
    with pytest.raises(InputError, match="no floor, range, face, bay or shelf 9F"):
        moving("1F-R01A", "9F")


SMALL_DAY = "5432307c0f55bb675b5a90e127d331063ceb00042904af73665e3f734ab52889"
