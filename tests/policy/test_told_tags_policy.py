"""Tags that no catalogue links say themselves which book they are on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from helpers.shelves import Library, make_site, settings

from hub.effects import ItemEvent, TagLinked
from hub.engine import Engine, reading
from hub.findings.sentences import sentence
from shelfwire.site.model import TagUse
from shelfwire.tags import decode, tag_key
from shelfwire.tags.encode import Fields, Written, encode

HOME = "1-B01-S3"
OURS = "DK-718500"


def alliance(barcode: str, *, lent: bool = False) -> tuple[str, int]:
    return written(encode("gxlm", Fields(barcode, lent=lent)))


def iso(barcode: str, **more: Any) -> tuple[str, int]:
    return written(encode("iso28560-4", Fields(barcode, **more)))


def written(tag: Written) -> tuple[str, int]:
    assert tag.epc is not None
    assert tag.pc is not None
    return tag.epc.hex().upper(), tag.pc


def links(library: Library) -> list[TagLinked]:
    return [one for one in library.effects if isinstance(one, TagLinked)]


def hear(library: Library, *tags: tuple[str, int], times: int = 8, shelf: str = HOME) -> None:
    library.shelf(shelf).hears(epcs=[epc for epc, _ in tags], pcs=dict(tags), times=times)


def patron_card() -> tuple[str, int, bytes]:
    book, equipment = (encode("iso28560-4", Fields("P4711", usage=usage)) for usage in ("10", "90"))
    epc, pc = written(book)
    assert book.user is not None
    assert equipment.user is not None
    # Cards are not written by this project: the byte in which the two differ becomes that of a card.
    card = bytes(0x80 if one != other else one for one, other in zip(book.user, equipment.user, strict=True))
    return epc, pc, card


@pytest.mark.parametrize("tag", [alliance("32103179"), alliance("32103179", lent=True), iso("32103179")])
def test_a_tag_that_carries_the_barcode_needs_no_link(tag: tuple[str, int]) -> None:
    library = Library()
    library.book(home=HOME, label="32103179", linked=False)
    hear(library, tag)
    (link,) = links(library)
    assert (link.item_id, link.part, link.parts) == (1, 1, 1)
    assert link.tag_key == tag_key(*tag)
    assert library.places(library.books[0])[-1].shelf == HOME


def test_case_does_not_tell_two_barcodes_apart_but_decides_between_them() -> None:
    library = Library()
    library.book(home=HOME, label="ab12345678", linked=False)
    library.book(home=HOME, label="AB12345678", linked=False)
    library.book(home=HOME, label="Qx12345678", linked=False)
    hear(library, iso("AB12345678"), iso("QX12345678"))
    assert {one.item_id for one in links(library)} == {2, 3}


def test_blanks_that_a_catalogue_writes_into_its_barcodes_are_none_on_the_tag() -> None:
    library = Library()
    spaced = library.book(home=HOME, label="3 2103 179", linked=False)
    other = library.book(home=HOME, aliases=("Inv 4711",), linked=False)
    hear(library, alliance("32103179"), alliance("INV4711"))
    assert [one.item_id for one in links(library)] == [spaced.item_id, other.item_id]


def test_an_accession_number_on_the_tag_finds_the_book_too() -> None:
    library = Library()
    book = library.book(home=HOME, aliases=("Z-4711",), linked=False)
    hear(library, iso("z-4711"))
    assert [one.item_id for one in links(library)] == [book.item_id]


def test_a_number_that_two_books_have_links_none_and_is_counted() -> None:
    library = Library()
    library.book(home=HOME, aliases=("4711",), linked=False)
    library.book(home=HOME, aliases=("4711",), linked=False)
    hear(library, iso("4711"))
    assert not links(library)
    assert library.engine.reading.ambiguous == 1


def test_another_librarys_book_is_not_ours_though_its_number_is_one_of_ours() -> None:
    site = make_site(tags=TagUse(owners=(OURS,)))
    library = Library(history=site, settings=settings(unknown_stays_h=0.01))
    library.book(home=HOME, label="32103179", linked=False)
    hear(library, iso("32103179", owner="DE-1"), times=60)
    assert not links(library)
    (finding,) = library.findings("unexpected", "unknown_tag")
    assert finding.kind == "unexpected"
    assert (finding.item_id, finding.tag_key) == (None, None)
    assert "A tag of another library (DE-1) has stayed at 1-B01-S3" in sentence(finding)
    assert "32103179" not in str(library.effects)


def test_our_own_sign_and_no_sign_at_all_fit() -> None:
    library = Library(history=make_site(tags=TagUse(owners=("dk-718500",))))
    library.book(home=HOME, label="1000", linked=False)
    library.book(home=HOME, label="1001", linked=False)
    hear(library, iso("1000", owner=OURS), iso("1001"))
    assert len(links(library)) == 2


def test_a_patrons_card_leaves_nothing_but_a_count() -> None:
    library = Library()
    library.book(home=HOME, label="P4711", linked=False)
    library.catalogue()
    epc, pc, card = patron_card()
    assert decode(epc, pc, card).kind == "patron_card"
    dwell = library.shelf(HOME).dwell([epc], [], -50.0, "exact", library.air)
    tags = msgspec.structs.replace(dwell.tags, pc=[pc], user=[card.hex()])
    for _ in range(5):
        library.wait(2)
        library.report(msgspec.structs.replace(dwell, tags=tags))
    assert not links(library)
    assert library.engine.strangers.cards == 5
    assert library.engine.strangers.seen == {}


def test_the_parts_of_a_set_are_told_by_their_tags() -> None:
    library = Library(settings=settings(misplaced_looks=3))
    book = library.book(home=HOME, label="12345678", linked=False)
    one, two = iso("12345678", owner=OURS, part=1, parts=2), iso("12345678", owner=OURS, part=2, parts=2)
    hear(library, one, two)
    assert [(link.part, link.parts) for link in links(library)] == [(1, 2), (2, 2)]
    library.shelf(HOME).hears(epcs=[one[0]], pcs=dict([one]), times=1)
    for _ in range(30):
        hear(library, two, shelf="1-B03-S1", times=1)
        library.shelf(HOME).hears(epcs=[one[0]], pcs=dict([one]), times=1)
    (finding,) = library.findings("misplaced")
    assert (finding.item_id, finding.part) == (book.item_id, 2)


def test_one_tag_for_a_whole_set_is_no_part() -> None:
    library = Library()
    library.book(home=HOME, label="12345678", linked=False)
    hear(library, iso("12345678", owner=OURS, part=0, parts=3))
    assert [(link.part, link.parts) for link in links(library)] == [(0, 3)]


def test_a_new_tag_on_an_old_book_does_not_make_it_missing() -> None:
    library = Library(settings=settings(closing="08:00", opening="07:59", longest_use_h=0.1))
    book = library.book(home=HOME, label="12345678")
    library.shelf(HOME).hears(book, times=20, dbm=-40.0)
    new = iso("12345678")
    hear(library, new, times=200)
    assert library.belief(book).is_away
    assert not library.findings("missing")
    library.shelf(HOME).hears_nothing(times=200)
    assert {one.item_id for one in library.findings("missing")} == {book.item_id}


def test_a_link_of_the_catalogue_wins_over_what_the_tag_said() -> None:
    library = Library()
    library.book(home=HOME, label="12345678", linked=False)
    other = library.book(home="1-B03-S1", label="X")
    tag = iso("12345678")
    hear(library, tag)
    library.books[1] = type(other)(**{**vars(other), "epcs": (*other.epcs, tag[0])})
    library.catalogue()
    stock = library.engine.stock
    row = stock.keys.index(tag[0])
    assert int(stock.item_id[stock.item_of_row[row]]) == other.item_id
    assert not stock.told()


def test_what_tags_told_outlives_an_import_that_does_not_know_it() -> None:
    library = Library()
    book = library.book(home=HOME, label="12345678", linked=False)
    hear(library, iso("12345678"))
    where = library.places(book)[-1].shelf
    library.effects.clear()
    library.catalogue()
    assert [one.item_id for one in links(library)] == [book.item_id]
    row = library.engine.stock.keys.index(iso("12345678")[0])
    assert library.engine.geometry.shelf_ids[int(library.engine.belief.place[row])] == where


def test_a_tag_that_no_book_had_is_asked_again_with_a_new_catalogue_only() -> None:
    library = Library()
    library.book(home=HOME)
    tag = iso("12345678")
    hear(library, tag)
    (stranger,) = library.engine.strangers.seen.values()
    assert stranger.asked == library.engine.reading.catalogue
    library.book(home=HOME, label="12345678", linked=False)
    hear(library, tag)
    assert len(links(library)) == 1
    assert library.engine.strangers.seen == {}


def test_a_hub_that_never_has_time_to_ask_loses_nothing() -> None:
    library = Library(settings=settings(tags_asked_per_s=1))
    for number in range(6):
        library.book(home=HOME, label=f"1234567{number}", linked=False)
    hear(library, *(iso(f"1234567{number}") for number in range(6)), times=30)
    assert len({one.item_id for one in links(library)}) == 6


def test_a_stock_that_tells_its_books_faster_than_they_are_linked_loses_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "WAITING", 2)
    library = Library(settings=settings(links_at_once=1))
    for number in range(6):
        library.book(home=HOME, label=f"1234567{number}", linked=False)
    hear(library, *(iso(f"1234567{number}") for number in range(6)), times=12)
    assert len({one.item_id for one in links(library)}) == 6
    assert library.engine.strangers.seen == {}


def test_a_catalogue_that_comes_between_reading_and_linking_has_the_last_word() -> None:
    library = Library(settings=settings(link_every_s=60.0))
    wrong = library.book(home=HOME, label="12345678", linked=False)
    right = library.book(home=HOME, label="12345679", linked=False)
    hear(library, iso("99999999"), times=2)
    library.engine.reading._linked_us = library.now_us  # somebody was linked just now
    hear(library, iso("12345678"), times=2)
    library.books[:] = [replace(wrong, label="12345679"), replace(right, label="12345678")]
    library.catalogue()
    library.wait(61)
    hear(library, iso("12345678"), times=40)
    assert [one.item_id for one in links(library)] == [right.item_id]


def test_a_restart_between_reading_and_linking_changes_nothing() -> None:
    library = Library(settings=settings(link_every_s=60.0))
    book = library.book(home=HOME, label="12345678", linked=False)
    hear(library, iso("12345678"), times=2)
    library.engine = Engine.load(library.history, library.settings, library.engine.dump())
    library.wait(61)
    assert book.item_id in {one.item_id for one in links(library)}


def test_a_restart_does_not_change_when_tags_are_linked() -> None:
    told = []
    for restarts in (False, True):
        library = Library(settings=settings(tags_asked_per_s=1))
        library.book(home=HOME, epcs=(alliance("32103179")[0],))
        for number in range(4):
            library.book(home=HOME, label=f"1234567{number}", linked=False)
        library.catalogue()
        lent = alliance("32103179", lent=True)
        hear(library, lent, times=5)
        if restarts:
            library.engine = Engine.load(library.history, library.settings, library.engine.dump())
        hear(library, lent, *(iso(f"1234567{number}") for number in range(4)), times=10)
        told.append(links(library))
    assert len(told[0]) == 4
    assert told[0] == told[1]


def test_a_snapshot_of_an_older_hub_is_read() -> None:
    library = Library()
    book = library.book(home=HOME)
    library.shelf(HOME).hears(book, times=5)
    state = library.engine.dump()
    for name in ("security", "reading", "security_unused"):
        del state[name]
    for name in ("names", "doubles", "flags", "parts_of_row"):
        del state["stock"][name]
    state["strangers"]["seen"] = [row[:5] for row in state["strangers"]["seen"]]
    del state["strangers"]["cards"]
    library.engine = Engine.load(library.history, library.settings, state)
    library.shelf(HOME).hears(book, times=5)
    assert library.belief(book).is_at(HOME)
    library.ask("item.status", book.barcode, status="lost")
    assert any(isinstance(one, ItemEvent) and one.kind == "status" for one in library.effects)


def test_reports_without_pc_words_are_read_as_far_as_they_go() -> None:
    library = Library()
    library.book(home=HOME, label="32103179", linked=False)
    library.shelf(HOME).hears(epcs=[alliance("32103179")[0], "ABCD", "00", "12"], times=5)
    assert len(links(library)) == 1


def test_a_reader_that_reports_less_does_not_keep_the_next_one_from_asking() -> None:
    library = Library()
    book = library.book(home=HOME, label="32103179", linked=False)
    tag = iso("32103179")
    library.shelf(HOME).hears(epcs=[tag[0]], times=5)
    assert not links(library)
    hear(library, tag)
    assert [one.item_id for one in links(library)] == [book.item_id]


def test_what_a_stranger_said_is_not_kept_by_those_who_read_it() -> None:
    library = Library()
    library.book(home=HOME)
    tag = iso("99999999")
    hear(library, tag)
    words = [str(library.engine.reading._decoder.__dict__), str(library.engine.strangers.seen)]
    assert not [one for one in words if tag[0] in one or "99999999" in one]


def test_a_card_that_was_heard_without_its_user_bank_is_dropped_when_it_is_read() -> None:
    library = Library()
    library.book(home=HOME)
    epc, pc, card = patron_card()
    hear(library, (epc, pc))
    assert len(library.engine.strangers.seen) == 1
    dwell = library.shelf(HOME).dwell([epc], [], -50.0, "exact", library.air)
    tags = msgspec.structs.replace(dwell.tags, pc=[pc], user=[card.hex()])
    library.wait(2)
    library.report(msgspec.structs.replace(dwell, tags=tags))
    assert library.engine.strangers.seen == {}


def test_a_sweep_finds_a_book_by_its_new_tag() -> None:
    library = Library()
    book = library.book(home=HOME, label="12345678")
    library.shelf(HOME).hears(book, times=5)
    new = iso("12345678")
    hear(library, new, times=8)
    library.ask("sweep.start", scope=HOME)
    hear(library, new, times=6)
    assert [(item, outcome) for item, outcome, *_ in library.sweep_rows().rows] == [(1, "found_in_place")]
