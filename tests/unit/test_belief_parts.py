"""The pieces of the belief: tables, zones, slots, looks, strangers, the index."""

import numpy as np
import pytest
from helpers.shelves import DUAL, SECOND, SINGLE, START, book_epc, make_site
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.belief.batch import Placed, TagReads, flag_hold_us
from hub.belief.geometry import AROUND, FAR, NEAR, OWN, Geometry
from hub.belief.index import FIRST_REFERENCE, UNKNOWN, TagIndex
from hub.belief.likelihood import HISTORY, Likelihood
from hub.belief.looks import Antennas
from hub.belief.slots import NOBODY, SLOTS, Slots
from hub.belief.stock import Stock, digest
from hub.belief.strangers import STAYS_GAP_S, Strangers
from hub.events import CatalogColumns
from hub.settings import EngineSettings
from shelfwire.errors import InputError
from shelfwire.messages import Air, Dwell, Quality, Tags

SETTINGS = EngineSettings()
LIKELIHOOD = Likelihood()

unhurried = settings(deadline=None)
"""A busy machine is no fault."""


# --- likelihood ---


@unhurried
@given(st.integers(0, 2**32 - 1))
def test_effective_hits_are_the_decayed_bits(mask: int) -> None:
    plain = sum(LIKELIHOOD.decay**i for i in range(HISTORY) if mask >> i & 1)
    assert float(LIKELIHOOD.hits(np.array([mask], dtype=np.uint32))[0]) == pytest.approx(plain, rel=1e-5)


# --- geometry ---


def test_shelves_that_the_same_antennas_hear_are_one_zone() -> None:
    history = make_site(
        2, 3, antennas=[["1-B01-S3", "1-B01-S2"], ["1-B01-S2", "1-B01-S1"], ["1-B02-S3", "1-B02-S2"]]
    )
    geometry = Geometry(history.now, history.antenna_ids, 1.1)
    assert geometry.zone_of_shelf.tolist() == [0, 1, 2, 3, 3, 4]
    antennas = [geometry.shelf_antennas[first] for first in geometry.zone_first]
    assert antennas == [[0], [0, 1], [1], [2], []]


def test_neighbours_are_above_below_and_beside() -> None:
    history = make_site(3, 3)
    geometry = Geometry(history.now, history.antenna_ids, 1.1)
    antenna = np.array([0] * 4)
    zones = geometry.zone_of_shelf[[0, 1, 3, 6]]
    assert geometry.class_of(antenna, zones).tolist() == [OWN, NEAR, NEAR, AROUND]
    assert geometry.class_of(np.array([0]), np.array([-1])).tolist() == [FAR]


def test_a_site_without_antennas_has_zones_all_the_same() -> None:
    history = make_site(1, 2, antennas=[])
    geometry = Geometry(history.now, history.antenna_ids, 1.1)
    assert geometry.zones == 2
    assert geometry.class_of(np.array([0]), np.array([0])).tolist() == [FAR]
    assert geometry.class_of(
        np.zeros((3, 4, 1), dtype=np.int64), np.zeros((3, 1, 2), dtype=np.int64)
    ).shape == (3, 4, 2)


def test_a_look_in_the_table_finds_what_a_search_among_all_pairs_finds() -> None:
    history = make_site(7, 5)
    geometry = Geometry(history.now, history.antenna_ids, 1.1)
    antenna = np.append(np.arange(geometry.antennas + 1), 65_535)[:, None]
    zones = np.arange(-1, geometry.zones)[None, :]
    assert geometry.class_of(antenna, zones).tolist() == geometry._searched(antenna, zones).tolist()


def test_more_antennas_than_a_slot_can_name_are_refused() -> None:
    history = make_site(1, 1)
    with pytest.raises(InputError, match="one engine carries"):
        Geometry(history.now, tuple(f"ant-{i}" for i in range(70_000)), 1.1)


# --- slots ---


def reads(*rows: tuple[int, int, int, float, int]) -> TagReads:
    row, antenna, look, loud, at_s = zip(*rows, strict=True)
    return TagReads(
        np.array(row), np.array(antenna), np.array(look), np.array(loud, dtype=np.float32), np.array(at_s)
    )


def test_a_slot_remembers_each_look_as_one_bit() -> None:
    slots = Slots(1)
    looks = np.array([6])
    slots.hear(LIKELIHOOD, looks, reads((0, 0, 1, -55, 10), (0, 0, 2, -55, 11), (0, 0, 4, -55, 13)))
    assert slots.mask[0] == 0b1101
    assert slots.last_heard(np.array([0]))[0].tolist() == [13]


def test_a_read_twice_in_one_look_is_one_hit() -> None:
    slots = Slots(1)
    slots.hear(LIKELIHOOD, np.array([1]), reads((0, 0, 1, -55, 10), (0, 0, 1, -60, 10)))
    assert slots.mask[0] == 1


def test_a_history_older_than_its_bits_is_forgotten() -> None:
    slots = Slots(1)
    slots.hear(LIKELIHOOD, np.array([100]), reads((0, 0, 1, -55, 10), (0, 0, 90, -55, 99)))
    assert slots.mask[0] == 1


def test_a_fifth_antenna_waits_until_another_falls_silent() -> None:
    slots = Slots(1)
    looks = np.array([3, 3, 3, 3, 3])
    for look in (1, 2, 3):
        slots.hear(LIKELIHOOD, looks, reads(*((0, antenna, look, -55, look) for antenna in range(5))))
    assert 4 not in slots.antenna.tolist()
    slots.hear(LIKELIHOOD, np.array([3, 3, 3, 20, 4]), reads((0, 4, 4, -55, 4)))
    assert slots.antenna.tolist() == [0, 1, 2, 4]


def test_a_dead_antenna_does_not_keep_its_slot_for_ever() -> None:
    slots = Slots(1)
    looks = np.array([3, 3, 3, 3, 3])
    slots.hear(LIKELIHOOD, looks, reads(*((0, antenna, 3, -55, 10) for antenna in range(4))))
    slots.hear(LIKELIHOOD, looks, reads((0, 4, 1, -55, 10_000)))
    assert 4 in slots.antenna.tolist()


def test_old_news_of_another_antenna_says_nothing_about_now() -> None:
    slots = Slots(1)
    slots.hear(LIKELIHOOD, np.array([1, 1]), reads((0, 0, 1, -55, 10_000)))
    slots.hear(LIKELIHOOD, np.array([1, 1]), reads((0, 1, 1, -55, 5_000)))
    assert 1 not in slots.antenna.tolist()


def test_long_silence_before_a_read_does_not_make_a_tag_unreadable() -> None:
    slots = Slots(1)
    for look in range(1, 31):
        slots.hear(LIKELIHOOD, np.array([look]), reads((0, 0, look, -55, look)))
    slots.hear(LIKELIHOOD, np.array([5_000]), reads((0, 0, 5_000, -55, 99)))
    assert slots.readable[0] > 0.4


def test_rows_are_carried_over_to_a_new_catalogue() -> None:
    old = Slots(2)
    old.hear(LIKELIHOOD, np.array([1]), reads((1, 0, 1, -55, 10)))
    new = Slots(3)
    new.take(old, np.array([-1, 1, 0]))
    assert new.antenna.reshape(3, SLOTS)[:, 0].tolist() == [NOBODY, 0, NOBODY]


# --- looks ---


def placed(
    end_s: float, *, antenna: int = 0, quality: Quality = "exact", air: Air = DUAL, tags: int = 0
) -> Placed:
    end_us = START + int(end_s * SECOND)
    epcs = [book_epc(i) for i in range(tags)]
    heard = Tags(epc=epcs, count=[1] * tags, rssi_dbm=[-55.0] * tags)
    dwell = Dwell(
        reader="R0",
        port=1,
        started_at_us=end_us - SECOND,
        ended_at_us=end_us,
        quality=quality,
        air=air,
        tags=heard,
    )
    return Placed(antenna, end_us - SECOND, end_us, dwell)


def judge(book: Antennas, geometry: Geometry, dwell: Placed, known: int = 0, references: int = 1) -> bool:
    before = int(book.looks[dwell.antenna])
    book.judge(geometry, [dwell], [(known, references)], 0)
    return int(book.looks[dwell.antenna]) > before


@pytest.fixture
def geometry() -> Geometry:
    history = make_site(2, 2)
    return Geometry(history.now, history.antenna_ids, 1.1)


def test_a_dwell_with_its_reference_tags_is_a_look(geometry: Geometry) -> None:
    book = Antennas(4, SETTINGS)
    assert judge(book, geometry, placed(1))
    assert not judge(book, geometry, placed(2), references=0)
    assert not judge(book, geometry, placed(3, quality="cut"))
    assert book.dwells[0] == 3


def test_a_late_dwell_of_the_same_antenna_is_history_only(geometry: Geometry) -> None:
    book = Antennas(4, SETTINGS)
    judge(book, geometry, placed(10))
    assert not judge(book, geometry, placed(5))
    assert (int(book.late[0]), int(book.looks[0])) == (1, 1)


def test_a_dwell_older_than_a_day_is_history_only(geometry: Geometry) -> None:
    book = Antennas(4, SETTINGS)
    judged = book.judge(geometry, [placed(1)], [(0, 1)], START + 10 * SECOND)
    assert not judged.counts[0]
    assert book.looks[0] == 0


@pytest.mark.parametrize(
    ("air", "hold_s"),
    [
        (Air(session=0), 0),
        (Air(session=1, target="AB"), 0),
        (Air(session=1, search="dual"), 0),
        (Air(session=1, target="A"), 5),
        (Air(), 5),
        (Air(session=2, target="A"), 120),
        (Air(session=3, target="B"), 120),
        (Air(session=1, search="suppress"), 120),
    ],
)
def test_how_long_a_session_flag_may_silence_a_tag(air: Air, hold_s: int) -> None:
    assert flag_hold_us(air, SETTINGS) == hold_s * SECOND


def test_a_flag_of_a_neighbour_spoils_a_look_and_one_of_a_far_antenna_does_not() -> None:
    history = make_site(5, 1)
    far = Geometry(history.now, history.antenna_ids, 1.0)
    book = Antennas(5, SETTINGS)
    judge(book, far, placed(10, antenna=1, air=SINGLE))
    assert not judge(book, far, placed(12, antenna=0, air=SINGLE))
    assert judge(book, far, placed(12, antenna=4, air=SINGLE))


def test_without_reference_tags_enough_of_the_usual_company_is_proof() -> None:
    history = make_site(1, 1, references=False)
    bare = Geometry(history.now, history.antenna_ids, 1.1)
    book = Antennas(1, SETTINGS)
    assert judge(book, bare, placed(1), known=30, references=0)
    assert judge(book, bare, placed(2), known=20, references=0)
    assert not judge(book, bare, placed(3), known=3, references=0)


def test_what_session_flags_silence_is_not_held_against_an_antenna(geometry: Geometry) -> None:
    book = Antennas(4, SETTINGS)
    judge(book, geometry, placed(10, air=SINGLE), known=20)
    for turn in range(20):
        judge(book, geometry, placed(12 + 2 * turn, air=SINGLE), references=0)
    assert (int(book.distrusted[0]), float(book.share[0]), float(book.usual[0])) == (0, 1.0, 20.0)
    judge(book, geometry, placed(100, air=SINGLE), references=0)
    assert int(book.distrusted[0]) == 1
    assert not judge(book, geometry, placed(102, air=SINGLE), known=5)
    assert (int(book.distrusted[0]), float(book.usual[0])) == (0, 20.0)


def test_a_look_from_before_closing_that_comes_late_is_no_look_at_a_closed_library(
    geometry: Geometry,
) -> None:
    book = Antennas(4, SETTINGS)
    judge(book, geometry, placed(1))
    book.doors(START + 10 * SECOND, closed=True)
    for end_s in (2, 9, 10.5):
        assert judge(book, geometry, placed(end_s))
    assert int(book.closed_looks()[0]) == 0
    assert judge(book, geometry, placed(12))
    assert int(book.closed_looks()[0]) == 1
    book.doors(START + 20 * SECOND, closed=False)
    assert int(book.closed_looks()[0]) == 0


def test_coverage_breaks_after_a_hole(geometry: Geometry) -> None:
    book = Antennas(4, SETTINGS)
    for end_s in (10.0, 20.0, 30.0):
        judge(book, geometry, placed(end_s))
    since = int(book.cover_since_s[0])
    judge(book, geometry, placed(30 + SETTINGS.stale_after_s + 1))
    assert int(book.cover_since_s[0]) > since + 20


# --- index, strangers, stock ---


def test_the_index_knows_items_references_and_variants() -> None:
    index = TagIndex(["1703000398130803F4040000", "3034"], ["4EF0"])
    epcs = ["3034", "4EF0", "9703000398130803F4040000", "AAAA"]
    assert index.codes(epcs, 4).tolist() == [1, FIRST_REFERENCE, UNKNOWN, UNKNOWN]
    index.remember("9703000398130803F4040000", 0)
    assert index.codes(epcs, 4).tolist() == [1, FIRST_REFERENCE, 0, UNKNOWN]
    assert index.codes(["nonsense", "3034"], 2).tolist() == [UNKNOWN, 1]


def test_a_strangers_name_changes_every_day_and_never_holds_the_epc() -> None:
    strangers = Strangers("secret", 10)
    strangers.hear("E2801105", 0, 1_000)
    strangers.hear("E2801105", 0, 1_000 + 86_400)
    names = list(strangers.seen)
    assert len(names) == 2
    assert not any("E2801105" in name for name in names)


def test_another_secret_gives_other_names() -> None:
    one, other = Strangers("a", 10), Strangers("b", 10)
    one.hear("E280", 0, 1)
    other.hear("E280", 0, 1)
    assert list(one.seen) != list(other.seen)


def test_strangers_are_bounded_and_forgotten() -> None:
    strangers = Strangers("s", 2)
    for number in range(5):
        strangers.hear(f"E28{number}", 0, 100)
    assert (len(strangers.seen), strangers.not_watched, strangers.reads) == (2, 3, 5)
    strangers.forget(100 + STAYS_GAP_S + 1)
    assert strangers.seen == {}


def test_a_stranger_that_was_away_for_an_hour_did_not_stay() -> None:
    strangers = Strangers("s", 2)
    strangers.hear("E280", 0, 100)
    strangers.hear("E280", 0, 100 + STAYS_GAP_S + 1)
    assert strangers.stayed(STAYS_GAP_S) == []


def columns(**changes: object) -> CatalogColumns:
    given: dict[str, object] = {
        "import_id": "i", "item_id": [9, 3], "barcode": ["B9", "B3"], "status": ["on_loan", "on_shelf"],
        "home_from": [2, -1], "home_to": [1, -1], "home_source": ["list", "none"],
        "link_key": ["AA", "BB", "AA", "CC", "DD"], "link_item": [9, 3, 3, 9, 1234],
    }  # fmt: skip
    return CatalogColumns(**(given | changes))  # type: ignore[arg-type]  # columns are given by name


def with_homes(*spans: tuple[int, int]) -> Stock:
    stock = Stock()
    stock.item_id = np.arange(len(spans))
    stock.home_from, stock.home_to = np.array(spans, dtype=np.int32).T
    return stock


@pytest.mark.parametrize(
    ("moved", "homes"),
    [
        ([0, 1, 2, 3, 4], [(0, 4), (1, 3), (2, 2), (-1, -1)]),
        ([0, 1, -1, 2, 3], [(0, 3), (1, 2), (-1, -1), (-1, -1)]),
        ([-1, -1, 0, 1, -1], [(0, 1), (0, 1), (0, 0), (-1, -1)]),
        ([0, 1, 3, 4, 5], [(0, 5), (1, 4), (3, 3), (-1, -1)]),
        ([4, 3, 2, 1, 0], [(-1, -1), (-1, -1), (2, 2), (-1, -1)]),
        ([-1, -1, -1, -1, -1], [(-1, -1)] * 4),
    ],
    ids=["the same", "one gone", "both ends gone", "one more", "turned round", "all gone"],
)
def test_a_home_reaches_over_those_of_its_shelves_that_the_site_still_has(
    moved: list[int], homes: list[tuple[int, int]]
) -> None:
    stock = with_homes((0, 4), (1, 3), (2, 2), (-1, -1))
    stock.renumber(np.array(moved))
    assert list(zip(stock.home_from.tolist(), stock.home_to.tolist(), strict=True)) == homes
    assert stock.home_from.dtype == stock.home_to.dtype == np.int32


def test_a_catalogue_becomes_arrays_sorted_by_item() -> None:
    stock = Stock.of(columns())
    assert stock.item_id.tolist() == [3, 9]
    assert stock.keys == ["AA", "BB", "CC"]
    assert stock.items_of(0) == [1, 0]
    assert stock.part_of_row.tolist() == [1, 0, 2]
    assert (stock.home_from.tolist(), stock.home_to.tolist()) == ([-1, 2], [-1, 2])


def test_an_item_is_found_by_barcode_first_and_then_by_id() -> None:
    stock = Stock.of(columns(barcode=["3", "X"]))
    assert stock.find("3") == 1
    assert stock.find("9") == 1
    assert stock.find("nobody") is None
    assert digest("3") != digest("03")
    assert Stock().find("3") is None
