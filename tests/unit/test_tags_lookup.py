from dataclasses import replace

from shelfwire.tags import Tag, decode
from shelfwire.tags.encode import Fields, encode
from shelfwire.tags.links import TagLink, TagLinks
from shelfwire.tags.lookup import Known, Lookup

NOW = 1_000
ALLIANCE = "1703000398130803F4040000"
LENT = "9703000398130803F4040000"
HERE = ("DK-718500", "10248")


def iso(pii: str, owner: str | None = "DK-718500") -> Tag:
    written = encode("iso28560-4", Fields(pii, owner))
    return decode(written.epc, written.pc)


def library(*items: Known, links: TagLinks | None = None) -> Lookup:
    return Lookup(items, links or TagLinks(), owners=HERE)


def test_a_tag_is_found_by_its_primary_id_lent_or_not() -> None:
    books = library(Known("b1", "32103179"))
    assert books.find(decode(ALLIANCE, 0x3400), NOW) == (("b1",), "primary id", "")
    assert books.find(decode(LENT, 0x3400), NOW) == (("b1",), "primary id", "")


def test_a_link_counts_before_anything_that_the_tag_says() -> None:
    links = TagLinks([TagLink(ALLIANCE, "b2")])
    books = library(Known("b1", "32103179"), Known("b2", "X"), links=links)
    assert books.find(decode(LENT, 0x3400), NOW).item_ids == ("b2",)


def test_a_raw_tag_is_found_by_its_link_and_by_nothing_else() -> None:
    raw = decode("6D5E00000001000000000001", 0x3000)
    assert library(links=TagLinks([TagLink(str(raw.key), "b1")])).find(raw, NOW).by == "link"
    assert library(Known("b1", "6D5E00000001000000000001")).find(raw, NOW).by == "none"


def test_an_item_is_found_by_an_alternative_id_of_its_own_or_of_the_tag() -> None:
    books = library(Known("b1", "1001", ("OLD7",)))
    assert books.find(iso("OLD7"), NOW) == (("b1",), "alternative id", "")
    assert books.find(replace(iso("unknown"), alternative_item_id="1001"), NOW) == (
        ("b1",),
        "alternative id",
        "",
    )


def test_a_gs1_tag_is_found_by_isbn_and_serial_however_it_was_printed() -> None:
    books = library(Known("b1", "1001", ("(01)09780306406157(21)12345",)))
    for digits in (7, 9):
        made = encode("gs1", Fields("9780306406157", serial="12345", company_digits=digits))
        assert books.find(decode(made.epc, made.pc), NOW).item_ids == ("b1",)


def test_another_librarys_book_is_not_taken_for_ours() -> None:
    books = library(Known("b1", "1001"))
    found = books.find(iso("1001", "DE-1"), NOW)
    assert found.item_ids == ()
    assert "DE-1" in found.why
    assert books.find(iso("1001", "dk-718500"), NOW).item_ids == ("b1",)
    assert books.find(iso("1001", None), NOW).item_ids == ("b1",)


def test_a_borrowed_book_is_found_under_its_own_owner() -> None:
    books = library(Known("b1", "1001"), Known("b2", "1001", owner="DE-1"))
    assert books.find(iso("1001", "DE-1"), NOW).item_ids == ("b2",)
    assert books.find(iso("1001"), NOW).item_ids == ("b1",)


def test_where_two_items_have_the_identifier_none_is_chosen_and_both_are_named() -> None:
    found = library(Known("b1", "1001"), Known("b2", "1001")).find(iso("1001"), NOW)
    assert found.item_ids == ()
    assert "b1, b2" in found.why


def test_case_tells_two_items_apart_only_where_it_must() -> None:
    assert library(Known("b1", "a7")).find(iso("A7"), NOW).item_ids == ("b1",)
    assert library(Known("b1", "a7"), Known("b2", "A7")).find(iso("A7"), NOW).item_ids == ("b2",)


def test_tags_that_are_no_items_or_whose_checksum_is_wrong_match_nothing() -> None:
    books = library(Known("b1", "32103179"), Known("b2", "1000000056"))
    assert "shelf label" in books.find(decode(ALLIANCE, 0x3400, "14020200"), NOW).why
    broken = decode(block="1101013130303030303030353600000000000098A5444B3731383530300000000000", dsfid=0x3E)
    assert "checksum" in books.find(broken, NOW).why
    assert books.find(decode("", 0), NOW).by == "none"


def test_an_item_has_several_tags_each_with_its_part() -> None:
    links = TagLinks().tagged("K1", ["b1"], 10, part=1, parts=2).tagged("K2", ["b1"], 20, part=2, parts=2)
    assert [(link.tag_key, link.part, link.parts) for link in links.tags_of("b1", NOW)] == [
        ("K1", 1, 2),
        ("K2", 2, 2),
    ]
    assert links.items_of("K1", NOW) == links.items_of("K2", NOW) == ("b1",)
    assert [link.tag_key for link in links.tags_of("b1", 15)] == ["K1"]


def test_a_new_tag_on_an_old_item_ends_the_old_link_and_keeps_the_part() -> None:
    links = TagLinks().tagged("K1", ["b1"], 10, part=2, parts=3).replaced("K1", "K9", 50)
    assert links.items_of("K1", 49) == ("b1",)
    assert links.items_of("K1", 50) == ()
    (now,) = links.tags_of("b1", 50)
    assert (now.tag_key, now.part, now.parts) == ("K9", 2, 3)


def test_one_tag_stands_for_all_items_of_a_set() -> None:
    links = TagLinks().tagged("K1", ["b1", "b2", "b3"], 10, part=0, parts=3)
    books = library(links=links)
    assert books.find(Tag("raw", "K1"), NOW).item_ids == ("b1", "b2", "b3")
    smaller = links.tagged("K1", ["b1", "b2"], 20, part=0, parts=3)
    assert smaller.items_of("K1", NOW) == ("b1", "b2")
    assert smaller.items_of("K1", 15) == ("b1", "b2", "b3")


def test_a_tag_that_moves_to_another_item_leaves_its_old_one() -> None:
    links = TagLinks().tagged("K1", ["b1"], 10).tagged("K1", ["b2"], 20)
    assert links.items_of("K1", NOW) == ("b2",)
    assert links.tags_of("b1", NOW) == ()


def test_saying_the_same_again_changes_nothing() -> None:
    links = TagLinks().tagged("K1", ["b1"], 10)
    assert links.tagged("K1", ["b1"], 20).links == links.links
