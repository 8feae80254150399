"""When a silent book is called missing: the night's list, books that came back from loan, shelves that nobody looks at."""

from helpers.shelves import HOUR, START, Library, settings

from hub.belief.stock import STATUS_CODE
from hub.findings.sentences import sentence

HOME = "1-B01-S3"


def at_night(**changes: object) -> Library:
    """08:00 UTC is 09:00 in the site's Berlin; the doors close at 22:00 and open at 07:00."""
    return Library(settings=settings(closing="22:00", opening="07:00", missing_after_h=0.0, **changes))


def test_what_is_missing_at_night_is_listed_shortly_before_the_doors_open() -> None:
    library = at_night(listed_before_opening_h=2.0)
    book = library.book(home=HOME)
    library.shelf(HOME).hears(book, times=6, dbm=-42.0)
    library.now_us = START + 14 * HOUR
    library.wait(2)
    library.shelf(HOME).hears_nothing(times=30)
    assert library.belief(book).is_away
    assert library.findings("missing") == [], "it may be heard again before the morning"
    library.now_us = START + 20 * HOUR + HOUR // 2
    library.wait(2)
    library.shelf(HOME).hears_nothing(times=8)
    (finding,) = library.findings("missing")
    assert finding.item_id == book.item_id


def test_a_book_heard_again_in_the_night_is_on_no_list() -> None:
    library = at_night(listed_before_opening_h=2.0)
    book = library.book(home=HOME)
    library.shelf(HOME).hears(book, times=6, dbm=-42.0)
    library.now_us = START + 14 * HOUR
    library.wait(2)
    library.shelf(HOME).hears_nothing(times=30)
    library.shelf(HOME).hears(book, times=4, dbm=-42.0)
    library.now_us = START + 20 * HOUR + HOUR // 2
    library.wait(2)
    library.shelf(HOME).hears(book, times=2, dbm=-42.0)
    library.shelf(HOME).hears_nothing(times=2)
    assert library.findings("missing") == []


def test_a_book_that_comes_back_from_loan_is_waited_for_from_then_on() -> None:
    library = Library(settings=settings(longest_use_h=0.2))
    book = library.book(home=HOME)
    library.shelf(HOME).hears(book, times=6, dbm=-42.0)
    library.ask("item.status", book.barcode, status="on_loan")
    library.shelf(HOME).hears_nothing(times=400, every_s=4.0)
    library.ask("item.status", book.barcode, status="on_shelf")
    library.shelf(HOME).hears_nothing(times=100, every_s=4.0)
    assert library.findings("missing") == [], "it lies on the truck: nobody has shelved it yet"
    library.shelf(HOME).hears_nothing(times=100, every_s=4.0)
    (finding,) = library.findings("missing")
    assert sentence(finding).startswith("Booked in at 2026-")
    assert finding.why["returned_us"] > finding.why["last_heard_us"]


def test_a_new_catalogue_keeps_since_when_a_book_is_expected() -> None:
    library = Library()
    book = library.book(home=HOME, status="on_loan")
    kept = library.book(home=HOME)
    library.shelf(HOME).hears_nothing(times=2)
    library.ask("item.status", book.barcode, status="on_shelf")
    stock = library.engine.stock
    before = stock.since_s.tolist()
    assert max(before) == library.now_us // 1_000_000
    assert min(before) == 0
    stock.say(stock.find_barcode(kept.barcode) or 0, STATUS_CODE["on_loan"], 1)
    library.wait(60)
    library.catalogue()
    after = dict(
        zip(library.engine.stock.item_id.tolist(), library.engine.stock.since_s.tolist(), strict=True)
    )
    assert after[kept.item_id] == library.now_us // 1_000_000, "lent before, expected by the new list"


def test_while_much_of_the_library_has_just_gone_dark_nobody_is_newly_missing() -> None:
    library = Library(settings=settings(longest_use_h=0.5, stale_after_s=120.0, dark_share=0.05))
    book = library.book(home=HOME)
    dark = [one.id for one in library.history.now.antennas if HOME not in one.hears][:2]
    library.round({HOME: [book]}, times=6)
    library.shelf(HOME).hears(book, times=12, dbm=-42.0)
    for _ in range(90):
        library.round({})
    for _ in range(40):
        library.round({}, deaf=dark)
    assert library.belief(book).is_away
    assert library.findings("missing") == [], "it may stand where nobody looks"
    for _ in range(40):
        library.round({})
    assert len(library.findings("missing")) == 1


def test_antennas_that_have_been_dead_for_long_hold_up_nothing() -> None:
    library = Library(settings=settings(longest_use_h=0.3, stale_after_s=60.0))
    book = library.book(home=HOME)
    dark = [one.id for one in library.history.now.antennas if HOME not in one.hears][:2]
    library.round({}, times=3)
    for _ in range(90):
        library.round({HOME: [book]}, deaf=dark)
    library.shelf(HOME).hears(book, times=12, dbm=-42.0)
    for _ in range(80):
        library.round({}, deaf=dark)
    assert len(library.findings("missing")) == 1


def test_a_misplaced_book_that_the_antennas_took_back_needs_more_looks_next_time() -> None:
    library = Library()
    far = "1-B03-S1"
    book = library.book(home=HOME)
    library.round({HOME: [book]}, times=6)
    looks = []
    for _ in range(2):
        for turn in range(1, 40):
            library.round({far: [book]})
            if library.findings("misplaced"):
                looks.append(turn)
                break
        library.round({HOME: [book]}, times=12)
        assert library.findings("misplaced") == []
    first, second = looks
    assert second > first


def test_one_silent_look_takes_no_book_away_however_busy_the_house_is() -> None:
    library = Library()
    book = library.book(home=HOME)
    library.shelf(HOME).hears(book, times=6, dbm=-42.0)
    library.shelf(HOME).hears_nothing()
    library.wait(5)
    assert not library.belief(book).is_away, "one look in fifty overlooks a tag"
    library.shelf(HOME).hears_nothing(times=2)
    library.wait(5)
    assert library.belief(book).is_away, (
        "three looks within seconds: nobody stands before the antenna so often"
    )


def test_a_weak_book_is_shown_away_only_when_a_bad_quarter_of_an_hour_is_over() -> None:
    library = Library()
    weak, loud = library.book(home=HOME), library.book(home=HOME)
    for _ in range(8):
        library.shelf(HOME).hears(weak, dbm=-61.0)
        library.shelf(HOME).hears(loud, dbm=-42.0)
    minutes: dict[str, int] = {}
    for minute in range(60):
        library.shelf(HOME).hears_nothing(times=1, every_s=60.0)
        for name, book in (("weak", weak), ("loud", loud)):
            if library.belief(book).is_away:
                minutes.setdefault(name, minute)
    assert minutes["loud"] < 5
    assert 20 < minutes["weak"] < 35
