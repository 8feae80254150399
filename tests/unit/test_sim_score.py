from __future__ import annotations

from helpers.sims import START_US, tiny_world

from firmware_sim.score import Condition, Outage, Shown, conditions, quantile, score
from firmware_sim.world import World
from hub.settings import EngineSettings

SECOND = 1_000_000
END = START_US + 100 * SECOND
DUE = 20 * SECOND
SETTINGS = EngineSettings(
    longest_use_h=10 / 3600, unknown_stays_h=5 / 3600, unexpected_after_s=5.0, stale_after_s=14.0
)


def at(world: World, second: int) -> None:
    world.advance(START_US + second * SECOND)


def judge(
    world: World, shown: list[Shown], outages: list[Outage] | None = None
) -> dict[str, tuple[int, int, int]]:
    true = conditions(world, outages or [], SETTINGS, END)
    found = score(shown, true, outages or [], world.site, due_us=DUE)
    return {
        kind: (tally.true, tally.false, tally.missed)
        for kind, tally in found.findings.items()
        if (tally.true, tally.false, tally.missed) != (0, 0, 0)
    }


def seen(kind: str, subject: str, second: int) -> Shown:
    return Shown(kind=kind, subject=subject, opened_at_us=START_US + second * SECOND)


def test_a_misplaced_book_that_is_shown_is_true_and_one_that_is_not_is_missed() -> None:
    world = tiny_world()
    at(world, 10)
    deed = world.do("misplace")
    assert deed is not None
    barcode = world.books[deed.tag].row.barcode
    assert judge(world, [seen("misplaced", barcode, 15)]) == {"misplaced": (1, 0, 0)}
    assert judge(world, []) == {"misplaced": (0, 0, 1)}


def test_a_finding_before_the_deed_or_long_after_its_end_is_false() -> None:
    world = tiny_world()
    at(world, 10)
    deed = world.do("misplace")
    assert deed is not None
    barcode = world.books[deed.tag].row.barcode
    at(world, 20)
    world.do("fix", deed.tag)
    assert judge(world, [seen("misplaced", barcode, 8)]) == {"misplaced": (0, 1, 0)}
    assert judge(world, [seen("misplaced", barcode, 22)]) == {"misplaced": (1, 0, 0)}
    assert judge(world, [seen("misplaced", barcode, 40)]) == {"misplaced": (0, 1, 0)}


def test_a_finding_about_a_book_that_nobody_touched_is_false() -> None:
    world = tiny_world()
    assert judge(world, [seen("missing", world.books[3].row.barcode, 50)]) == {"missing": (0, 1, 0)}


def test_a_taken_book_is_missing_only_after_the_longest_use() -> None:
    world = tiny_world()
    at(world, 10)
    deed = world.do("take")
    assert deed is not None
    barcode = world.books[deed.tag].row.barcode
    assert judge(world, [seen("missing", barcode, 11)])["missing"][1] == 1
    assert judge(world, [seen("missing", barcode, 25)]) == {"missing": (1, 0, 0)}


def test_a_borrowed_book_is_never_missing_and_a_browsed_one_need_not_be_found() -> None:
    world = tiny_world()
    at(world, 10)
    world.do("borrow", 1)
    assert judge(world, []) == {}
    assert judge(world, [seen("missing", world.books[1].row.barcode, 60)]) == {"missing": (0, 1, 0)}


def test_a_lent_book_on_its_shelf_is_unexpected() -> None:
    world = tiny_world()
    at(world, 1)
    world.do("borrow", 1)
    at(world, 10)
    world.do("unchecked", 1)
    assert judge(world, [seen("unexpected", world.books[1].row.barcode, 20)]) == {"unexpected": (1, 0, 0)}


def test_an_unknown_tag_is_matched_by_its_place() -> None:
    world = tiny_world()
    at(world, 10)
    deed = world.do("stranger")
    assert deed is not None
    here = world.site.shelves[deed.went_to]
    far = next(shelf for shelf in world.site.shelves if shelf.range != here.range)
    assert judge(world, [seen("unknown_tag", here.id, 20)]) == {"unknown_tag": (1, 0, 0)}
    assert judge(world, [seen("unknown_tag", far.id, 20)]) == {"unknown_tag": (0, 1, 1)}


def test_nothing_has_to_be_found_under_an_antenna_that_could_not_hear() -> None:
    world = tiny_world()
    at(world, 10)
    deed = world.do("misplace")
    assert deed is not None
    antenna = world.site.heard_by[world.site.shelves[deed.went_to].id][0].id
    away = Outage(antenna=antenna, from_us=START_US + 20 * SECOND, to_us=END, silent=False)
    assert "misplaced" not in judge(world, [], [away])


def test_a_dead_reader_makes_stale_shelves_true_and_a_silent_antenna_is_named() -> None:
    world = tiny_world()
    antenna = world.site.antennas[0]
    outage = Outage(
        antenna=antenna.id, from_us=START_US + 10 * SECOND, to_us=START_US + 60 * SECOND, silent=True
    )
    shown = [seen("stale_shelf", antenna.hears[0], 25), seen("silent_antenna", antenna.id, 20)]
    assert judge(world, shown, [outage]) == {"silent_antenna": (1, 0, 0), "stale_shelf": (1, 0, 0)}
    assert judge(world, [], [outage]) == {"silent_antenna": (0, 0, 1), "stale_shelf": (0, 0, 1)}


def test_the_delay_counts_from_the_moment_it_became_true() -> None:
    world = tiny_world()
    at(world, 10)
    deed = world.do("take")
    assert deed is not None
    true = conditions(world, [], SETTINGS, END)
    assert true == [
        Condition(
            kind="missing",
            subject=world.books[deed.tag].row.barcode,
            from_us=START_US + 20 * SECOND,
            to_us=END,
            places=(world.books[deed.tag].shelf,),
        )
    ]
    shown = [seen("missing", true[0].subject, 23)]
    assert score(shown, true, [], world.site, due_us=DUE).delays_s == [3.0]


def test_quantiles_are_by_nearest_rank() -> None:
    assert quantile([], 0.5) is None
    assert quantile([1.0, 2.0, 9.0], 0.5) == 2.0
    assert quantile([1.0, 2.0, 9.0], 0.95) == 9.0
