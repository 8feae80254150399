"""Whatever readers, sites and clocks do: the belief stays a probability, findings stay quiet, and the hub says what is wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np
import pytest
from helpers.shelves import HOUR, SECOND, START, Book, Library, make_site, settings

from hub.belief.lessons import LAP_S
from hub.effects import Finding
from shelfwire.messages import Dwell

HOME = "1-B01-S2"
QUIET = ("misplaced", "missing", "unexpected", "held", "security")
EVENING = "17:00"
"""Before the evening here, after which three looks make a book missing; the library's clock begins at nine."""


def filled(library: Library, each: int = 12) -> dict[str, list[Book]]:
    """So many books on each shelf, at home."""
    return {
        shelf.id: [library.book(home=shelf.id) for _ in range(each)] for shelf in library.history.now.shelves
    }


def stays_probable(library: Library) -> None:
    """Every number that the belief tells is a probability."""
    engine = library.engine
    weighed = engine.weigh(np.arange(engine.stock.rows))
    for values in (
        weighed.away,
        weighed.live,
        weighed.still,
        weighed.chances,
        weighed.certainty,
        weighed.at_home,
    ):
        assert np.isfinite(values).all()
        assert ((values >= 0.0) & (values <= 1.0 + 1e-9)).all()
    total = weighed.chances.sum(axis=1)
    assert (np.isclose(total, 1.0) | (total == 0.0)).all()


def is_quiet(library: Library, *beside: str) -> list[Finding]:
    """No finding against a book; of others only these."""
    stays_probable(library)
    assert library.findings(*QUIET) == []
    others = library.findings()
    assert {one.kind for one in others} <= set(beside), others
    return others


def rounds(
    library: Library,
    placed: dict[str, list[Book]],
    loud_dbm: Sequence[float],
    *,
    times: int = 8,
    every_s: float = 20.0,
) -> None:
    """All antennas listen; book i of a shelf is as loud as number i of `loud_dbm`, again from the first on."""
    for _ in range(times):
        for antenna in library.history.now.antennas:
            library.now_us += int(every_s / len(library.history.now.antennas) * SECOND)
            books = [book for shelf in antenna.hears for book in placed.get(shelf, ())]
            dwell = library.antenna(antenna.id).dwell(
                [book.epc for book in books], antenna.reference_tags, -55.0, "exact", library.air
            )
            loud = [loud_dbm[at % len(loud_dbm)] for at in range(len(dwell.tags.epc))]
            library.report(with_tags(dwell, rssi_dbm=loud))


def with_tags(dwell: Dwell, **columns: list[float] | list[int]) -> Dwell:
    return msgspec.structs.replace(dwell, tags=msgspec.structs.replace(dwell.tags, **columns))


def ailments(library: Library) -> set[str]:
    return {word for _, word, _ in library.engine.ailing()}


def lap(library: Library, placed: dict[str, list[Book]], loud_dbm: Sequence[float]) -> None:
    """Long enough to learn the levels of all antennas."""
    rounds(library, placed, loud_dbm, times=70, every_s=20.0)


# --- sites that are not whole ------------------------------------------------------------------------------------


def test_an_antenna_without_reference_tags_is_believed_as_far_as_its_company_proves_it() -> None:
    library = Library(history=make_site(2, 2, references=False), settings=settings(longest_use_h=0.1))
    placed = filled(library)
    rounds(library, placed, [-50.0], times=12)
    rounds(library, {}, [-50.0], times=60)
    found = is_quiet(library, "silent_antenna", "stale_shelf")
    silent = {one.antenna or one.evidence[0].antenna for one in found if one.kind == "silent_antenna"}
    assert silent == {antenna.id for antenna in library.history.now.antennas}


def test_an_antenna_that_nothing_was_ever_learned_of_hears_and_says_nothing_wrong() -> None:
    library = Library(2, 2)
    library.round({}, times=40)
    stays_probable(library)
    assert library.findings() == []
    book = library.book(home=HOME)
    library.round({HOME: [book]}, times=4)
    assert library.belief(book).is_at(HOME)


def test_a_shelf_without_antenna_loses_nothing_and_is_told_as_not_watched() -> None:
    site = make_site(2, 2, antennas=[["1-B01-S2"], ["1-B02-S2"]])
    library = Library(history=site, settings=settings(longest_use_h=0.1, never_there=0.9, mute=0.0))
    placed = filled(library)
    watched = {shelf: books for shelf, books in placed.items() if shelf.endswith("S2")}
    rounds(library, watched, [-50.0], times=60)
    is_quiet(library)
    assert library.shelf_state("1-B01-S1").state == "unwatched"


def test_where_all_tags_are_weak_silence_proves_nothing() -> None:
    library = Library(2, 2, settings=settings(longest_use_h=0.2))
    placed = filled(library)
    weak = [-67.0, -68.5, -66.5]
    for turn in range(40):
        heard = {
            shelf: [book for at, book in enumerate(books) if (at + turn) % 3 == 0]
            for shelf, books in placed.items()
        }
        rounds(library, heard, weak, times=1, every_s=60.0)
    rounds(library, {}, weak, times=40, every_s=60.0)
    is_quiet(library, "silent_antenna", "stale_shelf")


def test_a_library_without_antennas_waits_for_them_and_loses_nothing() -> None:
    library = Library(1, 1, history=make_site(1, 1, antennas=[]))
    book = library.book(home="1-B01-S1")
    library.wait(2 * LAP_S + 60, step_s=30)
    stays_probable(library)
    assert not library.belief(book).is_away
    assert library.findings(*QUIET) == []


# --- readers that lie --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loud", "why"),
    [
        ([-55.0], "constant"),
        ([0.0], "no number measured"),
        ([float("nan"), float("inf"), float("-inf")], "no number at all"),
        ([55.0, 47.0, 61.0, 52.0], "without the sign"),
        ([178.0, 201.0, 192.0, 169.0], "0 to 255"),
        ([-5500.0, -4700.0, -6100.0], "hundredths"),
        ([1e6, -1e6, 3.0, -55.0], "the largest numbers that a message may carry"),
    ],
)
def test_a_reader_whose_loudness_is_no_loudness_still_hears(loud: list[float], why: str) -> None:
    library = Library(2, 2, settings=settings(longest_use_h=0.1))
    placed = filled(library)
    lap(library, placed, loud)
    is_quiet(library)
    assert ailments(library) == {"unmeasured"}, why
    home = {book.item_id: shelf for shelf, books in placed.items() for book in books}
    assert all(library.belief(book).is_at(home[book.item_id]) for book in library.books)


def test_a_book_is_found_on_another_shelf_by_readers_without_loudness() -> None:
    library = Library(3, 2, settings=settings())
    placed = filled(library)
    lap(library, placed, [-55.0])
    book = placed[(home := "1-B01-S2")].pop()
    placed[(other := "1-B03-S1")].append(book)
    rounds(library, placed, [-55.0], times=12)
    assert library.belief(book).is_at(other), home
    assert [one.item_id for one in library.findings("misplaced")] == [book.item_id]
    stays_probable(library)


def test_counts_of_zero_and_empty_dwells_count_as_they_are() -> None:
    library = Library(2, 2, settings=settings(longest_use_h=0.1))
    placed = filled(library, 3)
    for _ in range(20):
        for antenna in library.history.now.antennas:
            library.now_us += 5 * SECOND
            epcs = [book.epc for shelf in antenna.hears for book in placed[shelf]]
            dwell = library.antenna(antenna.id).dwell(
                epcs, antenna.reference_tags, -50.0, "exact", library.air
            )
            nothing = msgspec.structs.replace(dwell, started_at_us=dwell.ended_at_us, rounds=0)
            library.report(with_tags(nothing, count=[0] * len(dwell.tags.epc)))
    is_quiet(library)
    assert all(library.belief(book).is_at(str(book.home)) for book in library.books)


def test_ten_thousand_strays_change_nothing() -> None:
    library = Library(2, 2, settings=settings(unknown_table=500))
    placed = filled(library, 3)
    library.round(placed, times=6)
    before = library.engine.weigh(np.arange(12)).at_home
    for turn in range(10):
        strays = [f"E280{number:020X}" for number in range(turn * 1_000, turn * 1_000 + 1_000)]
        library.shelf(HOME).hears(*placed[HOME], epcs=[*strays, "", "E2", "Z" * 24])
    is_quiet(library)
    assert library.engine.strangers.not_watched > 9_000
    assert np.allclose(library.engine.weigh(np.arange(12)).at_home, before, atol=0.01)


def test_a_clock_that_goes_back_again_and_again_leaves_all_in_place() -> None:
    library = Library(2, 2, settings=settings(longest_use_h=0.2))
    placed = filled(library)
    for back in (0, 1, 90, 3_600, 90_000, 5):
        library.set_clock(library.now_us - back * SECOND)
        rounds(library, placed, [-48.0, -55.0], times=6)
        is_quiet(library)
    assert all(library.belief(book).is_at(str(book.home)) for book in library.books)


def test_an_agent_whose_clock_is_decades_off_changes_nothing() -> None:
    library = Library(2, 2)
    placed = filled(library, 3)
    for off in (-20 * 365 * 24 * HOUR, 20 * 365 * 24 * HOUR, 0):
        library.agent_ahead_us = off
        library.round(placed, times=6)
        is_quiet(library)
    assert math.isfinite(float(library.engine.belief.people.bustle.share))
    assert library.now_us > START


# --- equipment that fails ----------------------------------------------------------------------------------------


def test_a_reader_dead_for_a_day_makes_no_book_missing() -> None:
    library = Library(3, 2, settings=settings(closing=EVENING, opening="08:00", longest_use_h=1.0))
    placed = filled(library)
    rounds(library, placed, [-45.0, -52.0, -60.0], times=20)
    dead = {antenna.id for antenna in library.history.now.antennas if antenna.reader == "R0"}
    for _ in range(24):
        library.wait(3_000, step_s=50)
        library.round(placed, times=3, deaf=dead)
        is_quiet(library, "stale_shelf", "silent_antenna")
    stale = {one.shelf for one in library.findings("stale_shelf")}
    assert stale == {shelf for one in library.history.now.antennas if one.id in dead for shelf in one.hears}
    library.round(placed, times=4)
    is_quiet(library)


@pytest.mark.parametrize("closing", [None, "09:30"])
@pytest.mark.parametrize("dead_for_s", [0, 7_200])
@pytest.mark.parametrize("loud", [[-66.0, -64.0], [-66.0, -64.0, -58.0], [-56.0]])
def test_a_dead_own_antenna_and_a_neighbour_that_heard_a_book_by_chance_never_make_it_missing(
    closing: str | None, dead_for_s: int, loud: list[float]
) -> None:
    opening = "08:00" if closing else None
    library = Library(2, 2, settings=settings(longest_use_h=0.5, closing=closing, opening=opening))
    placed = filled(library)
    rounds(library, placed, [-45.0, -50.0], times=20)
    (own,) = library.history.now.heard_by["1-B02-S1"]
    chance = placed["1-B02-S1"][:4]
    # Its own antenna dies; a neighbour hears some of its books now and then, and then never again.
    for _ in range(dead_for_s // 240):
        library.wait(240, step_s=40)
        library.round(placed, deaf=[own.id])
    for one in loud:
        library.shelf("1-B02-S2").hears(*placed["1-B02-S2"], *chance, dbm=one)
    for _ in range(30):
        library.wait(240, step_s=40)
        library.round(placed, deaf=[own.id])
    is_quiet(library, "stale_shelf")


def test_an_antenna_that_slowly_goes_deaf_makes_no_book_missing_and_is_told() -> None:
    library = Library(1, 2, settings=settings(longest_use_h=0.5))
    placed = filled(library, 40)
    margins = [22.0 * at / 39 for at in range(40)]
    loss_db = 0.0
    told: set[str] = set()
    for hour in range(22):
        loss_db = max(0.0, hour - 4) * 1.0
        heard = {
            shelf: [
                book for book, margin in zip(books, margins, strict=True) if shelf != HOME or margin > loss_db
            ]
            for shelf, books in placed.items()
        }
        for _ in range(10):
            for antenna in library.history.now.antennas:
                own = antenna.hears[0] == HOME
                library.now_us += 40 * SECOND
                books = [book for shelf in antenna.hears for book in heard[shelf]]
                dwell = library.antenna(antenna.id).dwell(
                    [book.epc for book in books], antenna.reference_tags, -55.0, "exact", library.air
                )
                by_epc = dict(zip([b.epc for b in placed[antenna.hears[0]]], margins, strict=True))
                loud = [by_epc.get(epc, 10.0) - 66.6 - own * loss_db for epc in dwell.tags.epc]
                library.report(with_tags(dwell, rssi_dbm=loud))
        told |= ailments(library)
        stays_probable(library)
        assert library.findings(*QUIET) == [], hour
    assert told & {"weak", "lost", "deaf"}
