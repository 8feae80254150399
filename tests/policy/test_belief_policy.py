import msgspec
import numpy as np
from helpers.shelves import SINGLE, START, Book, Library, book_epc, make_site, settings

from hub.effects import Point
from shelfwire.messages import Air

HOME = "1-B01-S3"
FAR = "1-B03-S1"


def settled(library: Library, home: str = HOME, rounds: int = 6) -> Book:
    book = library.book(home=home)
    library.round({home: [book]}, times=rounds)
    return book


def test_a_book_that_its_own_antenna_hears_is_at_home() -> None:
    library = Library()
    book = settled(library)
    assert library.belief(book).is_at(HOME)
    assert library.places(book)[0].shelf == HOME


def test_a_single_loud_read_elsewhere_moves_nothing() -> None:
    library = Library()
    book = settled(library)
    library.shelf(FAR).hears(book, dbm=-35.0)
    library.wait(5)
    assert library.belief(book).is_at(HOME)
    assert library.findings() == []


def test_a_moved_book_changes_place_within_five_looks() -> None:
    library = Library()
    book = settled(library)
    library.round({FAR: [book]}, times=5)
    assert library.belief(book).is_at(FAR)


def test_a_neighbour_that_hears_a_book_does_not_move_it() -> None:
    library = Library()
    book = library.book(home="1-B02-S2")
    for _ in range(20):
        library.round({"1-B02-S2": [book], "1-B02-S3": [book], "1-B01-S2": [book]})
    assert library.belief(book).is_at("1-B02-S2")
    assert library.findings("misplaced") == []


def test_a_loud_neighbour_alone_does_not_make_a_shaded_book_misplaced() -> None:
    library = Library()
    book = settled(library, "1-B02-S2")
    for _ in range(20):
        library.shelf("1-B02-S2").hears_nothing()
        library.shelf("1-B02-S3").hears(book, dbm=-68.0)
    # The neighbouring board is within the tolerance: books drift.
    assert library.findings("misplaced") == []


def test_ten_silent_looks_of_one_antenna_are_not_ten_witnesses() -> None:
    library = Library()
    book = settled(library)
    library.shelf(HOME).hears_nothing(times=10)
    after_ten = library.belief(book).away
    library.shelf(HOME).hears_nothing(times=90)
    after_hundred = library.belief(book).away
    assert library.belief(book).is_away
    assert after_ten > 0.2
    # A quarter of an hour is one witness, however often the antenna looks in it.
    assert after_hundred - after_ten < 0.35
    assert after_hundred < 0.9


def test_the_silence_of_two_antennas_says_more_than_that_of_one() -> None:
    one, two = Library(), Library()
    book = settled(one)
    one.shelf(HOME).hears_nothing(times=10)
    heard_twice = two.book(home="1-B02-S2")
    two.round({"1-B02-S2": [heard_twice], "1-B02-S3": [heard_twice]}, times=6)
    two.round({}, times=10)
    assert two.belief(heard_twice).away > one.belief(book).away


def test_a_book_is_shown_away_within_minutes_and_returns_when_heard() -> None:
    library = Library()
    book = settled(library)
    library.round({}, times=6)
    assert library.belief(book).is_away
    assert library.places(book)[-1].shelf is None
    library.round({HOME: [book]}, times=2)
    assert library.belief(book).is_at(HOME)


def test_the_silence_of_a_tag_that_was_heard_once_proves_little() -> None:
    library = Library()
    weak = library.book(home=HOME)
    library.shelf(HOME).hears(weak, dbm=-65.0)
    library.shelf(HOME).hears_nothing(times=60)
    assert not library.belief(weak).is_away


def test_a_dead_antenna_never_makes_a_book_away_however_long() -> None:
    library = Library()
    book = settled(library)
    before = library.belief(book).away
    library.wait(7 * 86_400, step_s=3_600)
    assert library.belief(book).away == before
    assert library.belief(book).is_at(HOME)


def test_dwells_without_reference_tags_prove_nothing() -> None:
    library = Library()
    book = settled(library)
    before = library.belief(book).away
    library.shelf(HOME).hears_nothing(times=200, references=False)
    assert library.belief(book).away == before


def test_cut_and_doubtful_dwells_count_only_what_they_heard() -> None:
    library = Library()
    book = settled(library)
    before = library.belief(book).away
    library.shelf(HOME).hears_nothing(times=50, quality="cut")
    library.shelf(HOME).hears_nothing(times=50, quality="doubtful")
    assert library.belief(book).away == before
    stranger = library.book(home=HOME)
    library.shelf(HOME).hears(stranger, times=3, quality="doubtful")
    assert library.belief(stranger).is_at(HOME)


def test_a_session_flag_silences_no_book() -> None:
    library = Library(air=SINGLE)
    book = settled(library)
    before = library.belief(book).away
    library.shelf(HOME).hears_nothing(times=100, every_s=2.0)
    assert library.belief(book).away == before


def test_a_flag_set_by_the_neighbouring_antenna_holds_too() -> None:
    library = Library(air=SINGLE)
    book = settled(library, "1-B01-S2")
    before = library.belief(book).away
    for _ in range(30):
        library.wait(20)
        library.shelf("1-B01-S3").hears_nothing(every_s=1.0)
        library.shelf("1-B01-S2").hears_nothing(every_s=1.5)
    assert library.belief(book).away == before


def test_silence_counts_when_the_flag_has_fallen() -> None:
    library = Library(air=SINGLE)
    book = library.book(home=HOME)
    library.shelf(HOME).hears(book, times=6, every_s=10.0)
    library.shelf(HOME).hears_nothing(times=10, every_s=10.0)
    assert library.belief(book).is_away


def test_long_sessions_need_a_long_pause() -> None:
    library = Library(air=Air(session=2, target="A"))
    book = library.book(home=HOME)
    library.shelf(HOME).hears(book, times=8, every_s=200.0)
    library.shelf(HOME).hears_nothing(times=20, every_s=60.0)
    assert not library.belief(book).is_away
    library.shelf(HOME).hears_nothing(times=10, every_s=200.0)
    assert library.belief(book).is_away


def test_a_lost_span_is_not_looked_at() -> None:
    library = Library()
    book = settled(library)
    before = library.belief(book).away
    library.wait(30)
    library.lose(HOME, 30)
    library.wait(5)
    assert library.belief(book).away == before


def test_shelves_of_one_antenna_cannot_be_told_apart() -> None:
    history = make_site(antennas=[["1-B01-S3", "1-B01-S2", "1-B01-S1"], ["1-B02-S3", "1-B02-S2", "1-B02-S1"]])
    library = Library(history=history)
    book = library.book(home="1-B01-S1")
    library.antenna("ant-000").hears(book, times=10)
    assert library.belief(book).is_at("1-B01-S1")
    assert library.findings("misplaced") == []


def test_a_book_of_another_bay_is_found_by_an_antenna_of_a_whole_bay() -> None:
    history = make_site(
        bays=4, antennas=[[f"1-B0{bay}-S{shelf}" for shelf in (3, 2, 1)] for bay in (1, 2, 3, 4)]
    )
    library = Library(history=history)
    book = library.book(home="1-B01-S1")
    library.round({"1-B01-S1": [book]}, times=5)
    library.round({"1-B04-S2": [book]}, times=10)
    (finding,) = library.findings("misplaced")
    assert finding.shelf is not None
    assert finding.shelf.startswith("1-B04")


def test_a_book_with_a_long_home_span_may_stand_anywhere_in_it() -> None:
    library = Library(bays=4)
    book = library.book(home="1-B01-S3", to="1-B03-S1")
    for shelf in ("1-B01-S3", "1-B02-S2", "1-B03-S1"):
        library.round({shelf: [book]}, times=8)
        assert library.belief(book).is_at(shelf)
    assert library.findings("misplaced") == []


def test_a_book_heard_by_a_dead_antenna_and_then_by_another_is_where_it_was_heard_last() -> None:
    library = Library()
    book = settled(library)
    for _ in range(4):
        library.wait(1_200, step_s=60)
        library.round({FAR: [book]}, times=5, deaf=["ant-000"])
    assert library.belief(book).is_at(FAR)


def test_a_lent_alliance_tag_is_the_same_book() -> None:
    library = Library()
    book = library.book(home=HOME)
    at_home, lent = "17030003981308 03F4040000".replace(" ", ""), "97030003981308 03F4040000".replace(" ", "")
    library.books[0] = type(book)(book.item_id, (at_home,), HOME, None, "on_shelf")
    book = library.books[0]
    library.shelf(HOME).hears(times=4, epcs=[lent])
    assert library.belief(book).is_at(HOME)
    assert library.engine.strangers.seen == {}


def test_a_hung_over_antenna_begins_anew() -> None:
    first = make_site().now
    later = make_site(antennas=[[FAR], *[[shelf.id] for shelf in first.shelves[1:]]])
    moved_at = START + 3_600_000_000
    second = msgspec.structs.replace(later.now, valid_from_us=moved_at)
    history = type(later)(versions=(first, second), antenna_ids=later.antenna_ids)
    library = Library(history=history)
    book = library.book(home=HOME)
    library.round({HOME: [book]}, times=4)
    library.now_us = moved_at
    library.wait(2)
    row = library.belief(book).row
    assert 0 not in library.engine.belief.slots.antenna[row * 4 : row * 4 + 4]


def test_a_never_heard_book_may_be_shaded_where_it_stands() -> None:
    library = Library(settings=settings(longest_use_h=0.01))
    book = library.book(home=HOME)
    library.round({}, times=30)
    assert not library.belief(book).is_away
    assert library.findings("missing") == []


def test_a_never_heard_book_is_missing_where_most_of_such_are_gone() -> None:
    library = Library(settings=settings(longest_use_h=0.01, never_there=0.9, mute=0.0))
    book = library.book(home=HOME)
    library.round({}, times=24)
    assert library.belief(book).is_away
    (finding,) = library.findings("missing")
    assert finding.item_id == book.item_id


def test_an_antenna_that_has_lost_some_decibels_says_less_of_a_book_never_heard() -> None:
    library = Library(settings=settings(never_there=0.5))
    book = library.book(home=HOME)
    library.round({}, times=24)
    sound = library.belief(book).away
    library.engine.belief.antennas.trust.loss_db[:] = 8.0
    assert library.belief(book).away < sound - 0.05


def test_a_book_without_a_tag_read_ever_and_no_antenna_at_home_is_left_alone() -> None:
    history = make_site(antennas=[["1-B01-S3"]])
    library = Library(history=history)
    book = library.book(home=FAR)
    library.round({}, times=50)
    assert not library.belief(book).is_away
    assert library.findings("missing") == []
    assert book.epc == book_epc(100)


def test_a_tag_whose_home_has_no_antenna_yet_is_guarded_when_it_gets_one() -> None:
    later = make_site()
    bare = make_site(antennas=[[], *[[shelf.id] for shelf in later.now.shelves[1:]]])
    hung_us = START + 600 * 1_000_000
    second = msgspec.structs.replace(later.now, valid_from_us=hung_us)
    history = type(later)(versions=(bare.now, second), antenna_ids=later.antenna_ids)
    library = Library(history=history, settings=settings(longest_use_h=0.01, never_there=0.9, mute=0.0))
    library.book(home=HOME)
    library.wait(600, step_s=60)
    library.round({}, times=24)
    assert len(library.findings("missing")) == 1


def test_nothing_weighed_is_nothing() -> None:
    library = Library()
    assert len(library.engine.weigh(np.zeros(0, dtype=np.int64)).rows) == 0
    library.book(home=HOME)
    library.tick()
    assert library.engine.weigh(np.zeros(0, dtype=np.int64)).candidates.shape[0] == 0


def test_a_hub_whose_clock_is_set_back_goes_on_at_once() -> None:
    library = Library(settings=settings(longest_use_h=0.5))
    book, left = settled(library), library.book(home=FAR)
    library.round({HOME: [book], FAR: [left]}, times=6)
    library.set_clock(START - 86_400 * 1_000_000)
    library.wait(2)
    late = library.engine.antennas.late.sum()
    library.round({FAR: [book, left]}, times=9)
    library.wait(2)
    assert library.belief(book).is_at(FAR)
    assert library.engine.antennas.late.sum() == late == 0
    assert [finding.item_id for finding in library.findings()] == [book.item_id]
    assert library.shelf_state(FAR).items == 2


def test_a_hub_whose_clock_is_set_back_calls_nothing_missing_for_that() -> None:
    library = Library(settings=settings(longest_use_h=0.5))
    book = library.book(home=HOME)
    library.shelf(HOME).hears(book, times=6, dbm=-42.0)
    library.shelf(HOME).hears_nothing(times=40, every_s=20.0)
    library.set_clock(START - 86_400 * 1_000_000)
    library.shelf(HOME).hears_nothing(times=80, every_s=20.0)
    assert library.findings("missing") == []
    library.shelf(HOME).hears_nothing(times=20, every_s=20.0)
    assert [finding.item_id for finding in library.findings("missing")] == [book.item_id]


def test_a_hub_whose_clock_is_set_back_goes_on_with_its_series() -> None:
    library = Library(settings=settings(series_every_s=10.0))
    book = settled(library)
    library.shelf(HOME).hears(book, times=20)
    library.set_clock(START - 86_400 * 1_000_000)
    before = len(library.effects)
    library.shelf(HOME).hears(book, times=20)
    points = [one for one in library.effects[before:] if isinstance(one, Point)]
    assert len({point.at_us for point in points}) >= 3
