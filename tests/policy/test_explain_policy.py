"""Why a book is believed where it is: what each antenna's word weighs, kept with each change, and read back for any time."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from helpers.shaded import Room
from helpers.shelves import START, Book, Library, make_site
from helpers.shelves import settings as tuned
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.belief.weighing import log_prior
from hub.catalog.model import Item
from hub.effects import Evidence, ItemEvent, PlaceChanged
from hub.explain.answer import Asked
from hub.explain.ask import explanation
from hub.explain.keeping import kept
from hub.explain.model import AWAY
from hub.explain.sentences import LOUD_DBM, PlainTeller, tell
from hub.explain.witnesses import OFF_SHELF, contest_of, witnesses
from hub.store.imports import stage_import
from hub.store.migrate import upgrade
from hub.store.read import StoreReader
from hub.store.write import StoreWriter

ROOMS: Final = 4
HOME = "1-B01-S3"
FAR = "1-B05-S1"


def small() -> Library:
    """Five bays, and antennas only where something happens: rounds are quick."""
    heard = [[HOME], [FAR], ["1-B05-S2"], ["1-B01-S2"]]
    return Library(history=make_site(5, 3, antennas=heard))


def carried(library: Library, home_looks: int = 6, far_looks: int = 8, in_hand: int = 0) -> Book:
    book = library.book(home=HOME)
    library.round({HOME: [book]}, times=home_looks)
    library.round({}, times=in_hand)
    library.round({FAR: [book]}, times=far_looks)
    return book


def said(library: Library, book: Book, answer: str | None, against: str) -> list[Evidence]:
    """What the antennas say now of one answer against another; None: away."""
    engine, row = library.engine, library.belief(book).row
    engine.weigh(np.array([row]))
    index = engine.geometry.shelf_index
    contest = contest_of(
        row, OFF_SHELF if answer is None else index[answer], index[against], START // 1_000_000
    )
    return witnesses(engine.belief, engine.stock, contest, library.now_us // 1_000_000)[0]


def test_a_carried_book_is_told_by_who_hears_it_and_by_the_silence_at_home() -> None:
    library = small()
    book = carried(library)
    heard, silent = said(library, book, FAR, HOME)
    assert (heard.shelf, heard.says, silent.shelf, silent.says) == (FAR, "heard", HOME, "silent")
    assert heard.weight is not None
    assert silent.weight is not None
    assert heard.weight > silent.weight > 1.0
    turned = {one.antenna: one.weight for one in said(library, book, HOME, FAR)}
    assert turned == {heard.antenna: -heard.weight, silent.antenna: -silent.weight}


def test_the_louder_a_book_is_heard_the_more_it_weighs() -> None:
    weights = []
    for dbm in (-66.0, -60.0, -54.0):
        library = small()
        book = library.book(home=HOME)
        library.round({HOME: [book]}, times=4)
        for _ in range(6):
            library.round({})
            library.shelf(FAR).hears(book, dbm=dbm)
        weights.append(next(one.weight for one in said(library, book, FAR, "1-B05-S2") if one.shelf == FAR))
    assert weights == sorted(weights, key=lambda one: one or 0.0)
    assert len(set(weights)) == 3


def test_all_words_together_are_what_the_belief_believes() -> None:
    """Nothing is counted twice or left out but the prior and the silence of the other neighbours."""
    library = small()
    book = library.book(home=HOME)
    library.shelf(HOME).hears(book, times=9)
    library.shelf(FAR).hears(book, times=9)
    weights = [one.weight or 0.0 for one in said(library, book, FAR, HOME)]
    assert len(weights) == 2
    assert abs(sum(weights) - lead(library, book, FAR, HOME)) < 0.5


def lead(library: Library, book: Book, answer: str, against: str) -> float:
    """Ln odds between two places by the belief, without the prior."""
    engine, row = library.engine, np.array([library.belief(book).row])
    weighed, homes, index = engine.weigh(row), engine.homes(row), engine.geometry.shelf_index
    zones = engine.geometry.zone_of_shelf[[index[answer], index[against]]]
    chance = [float(weighed.chances[0][weighed.candidates[0] == zone][0]) for zone in zones.tolist()]
    prior = log_prior(engine.geometry, zones[None, :], homes, engine.settings)[0]
    return math.log(chance[0] / chance[1]) - float(prior[0] - prior[1])


@pytest.fixture(scope="module", params=range(ROOMS))
def room(request: pytest.FixtureRequest) -> Library:
    """Forty books, half of them astray; some are carried on, some taken, after twelve rounds. What they sound like is thrown by chance."""
    library, dice = Library(3, 4), np.random.default_rng(request.param)
    shelves = [shelf.id for shelf in library.history.now.shelves]
    room = Room(library, request.param)
    for number in range(40):
        first = int(dice.integers(len(shelves) - 3))
        book = library.book(home=shelves[first], to=shelves[first + 3] if number % 2 else None)
        room.put(book, shelves[first if dice.random() < 0.5 else int(dice.integers(len(shelves)))])
    room.listen(6)
    for book in library.books[::8]:
        room.put(book, shelves[int(dice.integers(len(shelves)))])
    for book in library.books[3::8]:
        room.take(book)
    room.listen(10)
    return library


def placed(library: Library) -> list[PlaceChanged]:
    return [one for one in library.effects if isinstance(one, PlaceChanged) and one.shelf]


def test_whoever_heard_it_loud_in_nearly_all_looks_never_speaks_against_its_own_shelf(room: Library) -> None:
    own = [
        one for place in placed(room) for one in place.evidence
        if one.shelf == place.shelf and one.heard >= max(3, 0.8 * one.dwells) and (one.rssi_dbm or -99.0) >= LOUD_DBM
    ]  # fmt: skip
    assert len(own) > 100
    assert min(one.weight for one in own if one.weight is not None) >= 0.0


def test_one_look_is_told_as_fifty_to_one_at_most_and_few_looks_as_little_more(room: Library) -> None:
    pieces = [one for place in placed(room) for one in place.evidence if one.weight is not None]
    once = -math.log(room.settings.overlook)
    for one in pieces:
        looks = one.heard or one.dwells
        assert looks >= 8 or abs(one.weight or 0.0) <= looks * once + 0.01


def test_weights_add_up_to_what_the_belief_weighs(room: Library) -> None:
    """Half come within a factor of two, nine in ten of ten, where the whole is under a million; more is told as *over a million*."""
    off, index = [], room.engine.geometry.shelf_index
    for book in room.books:
        last = room.places(book)[-1]
        weighed = room.engine.weigh(np.array([room.belief(book).row]))
        between = {last.shelf, *(one.against for one in last.evidence)}
        zones = [room.engine.geometry.zone_of_shelf[index[one]] for one in between if one in index]
        if len(zones) != 2 or not np.isin(zones, weighed.candidates[0]).all():
            continue
        against = last.evidence[0].against or ""
        whole = lead(room, book, last.shelf or "", against)
        if abs(whole) < math.log(1e6):
            off.append(abs(sum(one.weight or 0.0 for one in said(room, book, last.shelf, against)) - whole))
    assert len(off) >= 5
    assert np.quantile(off, 0.5) < math.log(2.0)
    assert np.quantile(off, 0.9) < math.log(10.0)


def test_a_book_outside_of_its_home_is_compared_with_its_home(room: Library) -> None:
    index = room.engine.geometry.shelf_index
    homes = {
        book.item_id: range(index[book.home or ""], index[book.home_to or book.home or ""] + 1)
        for book in room.books
    }
    astray = [
        one for one in placed(room) if one.evidence and index[one.shelf or ""] not in homes[one.item_id]
    ]
    assert len(astray) > 50
    assert all(index[one.evidence[0].against or ""] in homes[one.item_id] for one in astray)


def test_of_a_home_of_several_shelves_the_one_where_it_was_heard_is_compared() -> None:
    library, beside = small(), "1-B01-S2"
    book = library.book(home=HOME, to=beside)
    library.round({beside: [book]}, times=8)
    library.round({FAR: [book]}, times=8)
    pieces = library.places(book)[-1].evidence
    assert {one.against for one in pieces} == {beside}
    assert {one.shelf: one.says for one in pieces} == {FAR: "heard", beside: "silent", HOME: "silent"}


def test_a_neighbour_of_its_shelf_does_not_speak_for_a_home_far_away_because_other_neighbours_are_silent() -> (
    None
):
    library = Library(6, 3, settings=tuned(own_dbm=-52.0, place_spread_db=2.0, drift_db=1.0))
    book = library.book(home=HOME)
    for look in range(14):
        library.round({})
        library.shelf(FAR).hears(book, dbm=-53.0)
        library.shelf("1-B05-S2").hears(*([book] if look % 2 else []), dbm=-56.0)
    weights = {one.shelf: one.weight or 0.0 for one in said(library, book, FAR, HOME)}
    assert set(weights) == {FAR, HOME, "1-B05-S2"}
    assert min(weights.values()) > 1.0


def test_where_no_other_shelf_is_left_it_is_compared_with_away(room: Library) -> None:
    pieces = [piece for one in placed(room) for piece in one.evidence]
    assert all(one.against and one.weight is not None for one in pieces)
    assert AWAY in {one.against for one in pieces}


def test_no_shelf_is_compared_with_itself(room: Library) -> None:
    assert all(piece.against != one.shelf for one in placed(room) for piece in one.evidence)


def test_looks_that_span_minutes_are_told_so(room: Library) -> None:
    """In this room each antenna looks every 24 seconds."""
    whole = [piece for one in placed(room) for piece in one.evidence if piece.heard and piece.dwells >= 8]
    assert whole
    for piece in whole:
        span_s = (piece.last_at_us - piece.first_at_us) / 1e6
        assert abs(span_s - (piece.dwells - 1) * 24.0) <= 48.0


def test_silence_of_those_who_heard_it_speaks_for_away() -> None:
    library = small()
    book = library.book(home=HOME)
    library.round({HOME: [book]}, times=12)
    library.round({}, times=30)
    (silent,) = said(library, book, None, HOME)
    assert (silent.says, silent.heard, silent.dwells) == ("silent", 0, 30)
    assert silent.weight is not None
    assert silent.weight > 1.0


def test_the_only_witness_weighs_what_it_adds_to_what_was_believed_before() -> None:
    library = small()
    book = library.book(home=HOME)
    library.round({HOME: [book]}, times=12)
    library.round({}, times=2)
    (silent,) = said(library, book, None, HOME)
    assert silent.weight is not None
    # Two looks can both be overlooked: one in 2,500 at most, whatever the loudness.
    assert 0.0 < silent.weight < math.log(1 / library.engine.settings.overlook**2) + 0.5


def test_every_change_of_place_keeps_its_reasons_and_where_the_book_was_before() -> None:
    library = small()
    carried(library, in_hand=3)
    events = [one for one in library.effects if isinstance(one, ItemEvent)]
    reasons = [kept(one.detail) for one in events]
    # Where one of a handful of books falls silent, the house is busy: two silent looks show it as taken up.
    assert [one.shelf for one in events] == [HOME, None, FAR]
    assert [one.before for one in reasons if one is not None] == ["", HOME, "away"]
    assert all(one is not None and one.evidence for one in reasons)
    last = reasons[-1]
    assert last is not None
    assert last.candidates[0][0] == FAR
    assert {one.antenna: one.says for one in last.evidence}["ant-001"] == "heard"
    assert all(one.weight is not None for one in last.evidence)


def test_a_finding_brings_its_weights() -> None:
    library = small()
    carried(library)
    (finding,) = library.findings("misplaced")
    assert finding.antenna == "ant-001"
    assert [one.says for one in finding.evidence] == ["heard", "silent"]
    assert all((one.weight or 0.0) > 0.0 for one in finding.evidence)


def test_the_past_is_told_from_what_the_hub_wrote_then(tmp_path: Path) -> None:
    library = small()
    url = f"sqlite:///{tmp_path / 'hub.db'}"
    upgrade(url)
    book = carried(library, in_hand=3)
    stage_import(
        url,
        "test",
        "i",
        [Item(barcode="b1", title="A book", home_from=HOME, home_to=HOME, tags=book.epcs)],
        (),
        "t",
    )
    index = library.engine.geometry.shelf_index
    writer, reader = StoreWriter(url), StoreReader(url, "test")
    writer.apply_import("test", "i", index)
    writer.apply("test", library.effects, 1, library.now_us)
    item = reader.item("b1")
    assert item is not None
    now = explanation(reader, item, Asked(now_us=library.now_us, kept_days=400), index)
    assert (now.answer, now.against, now.basis) == (FAR, HOME, "now")
    words = tell(now, PlainTeller())
    assert "looks, loud (−55 dBm): " in words.evidence[0]
    assert words.evidence[0].endswith("times more likely there than at home.")
    left_us, moved_us = (
        one.at_us for one in library.effects if isinstance(one, ItemEvent) and one.shelf != HOME
    )
    for at_us, answer in ((left_us - 1, HOME), (moved_us - 1, AWAY)):
        then = explanation(reader, item, Asked(now_us=library.now_us, at_us=at_us, kept_days=400), index)
        assert (then.answer, then.basis) == (answer, "change")
    writer.close()
    reader.close()


@settings(max_examples=8, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([HOME, FAR, "1-B01-S2", ""]), st.floats(-90, -30)), min_size=1, max_size=14
    )
)
def test_whatever_is_heard_at_most_five_words_are_told_and_each_is_a_number(
    heard: list[tuple[str, float]],
) -> None:
    library = small()
    book = library.book(home=HOME)
    for shelf, dbm in heard:
        library.round({})
        if shelf:
            library.shelf(shelf).hears(book, dbm=dbm)
    for answer, against in ((FAR, HOME), (HOME, FAR), (None, HOME), (HOME, "1-B01-S2")):
        pieces = said(library, book, answer, against)
        assert len(pieces) <= 5
        assert len({one.antenna for one in pieces}) == len(pieces)
        for one in pieces:
            assert 0 <= one.heard <= one.dwells
            assert one.first_at_us <= one.last_at_us
            assert one.weight is None or math.isfinite(one.weight)
            assert (one.says == "heard") == (one.heard > 0)
