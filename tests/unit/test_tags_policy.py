import subprocess
import sys

import pytest

from shelfwire.errors import PeerError, ShelfwireError
from shelfwire.tags import Decoder, TagError, decode, gs1
from shelfwire.tags.encode import Fields, encode
from shelfwire.tags.objects import Wanted, encode_objects
from shelfwire.tags.tag import LONGEST_ID, usable_id

ALLIANCE = "1703000398130803F4040000"
LENT = "9703000398130803F4040000"
ISO = "141CC04FC70BADB5C6E2DA1DED4DD319"
SGTIN = "303654F14827A9C000003039"
BASIC = "1101013130303030303030353600000000000098A4444B3731383530300000000000"
OBJECTS = "9100051CBE991A140201D0140204B34607441CB6E2E335D6830207ACC09EBAA06F6B0000"


def test_a_lent_alliance_tag_says_that_its_security_is_off_and_keeps_its_key() -> None:
    at_home, lent = decode(ALLIANCE, 0x3400), decode(LENT, 0x3400)
    assert (at_home.security, lent.security) == ("armed", "off")
    assert at_home.key == lent.key == ALLIANCE
    assert at_home.primary_item_id == lent.primary_item_id == "32103179"


def test_the_afi_says_whether_the_gates_are_armed() -> None:
    assert decode(ISO, 0x4507).security == "armed"
    assert decode(ISO, 0x45C2).security == "off"
    assert decode(block=BASIC, afi=0x07).security == "armed"
    assert decode(block=BASIC).security is None


def test_what_the_afi_means_is_told_by_the_site_and_never_guessed() -> None:
    assert Decoder(afi="exchanged").decode(ISO, 0x45C2).security == "armed"
    assert Decoder(afi="exchanged").decode(ISO, 0x4507).security == "off"
    assert Decoder(afi="unused").decode(ISO, 0x45C2).security is None
    assert Decoder(afi="unused").decode(block=BASIC, afi=0xC2, eas=True).security == "armed"


def test_a_library_that_switches_only_the_eas_bit_is_understood() -> None:
    assert decode(block=BASIC, afi=0xC2, eas=True).security == "armed"
    assert decode(block=BASIC, afi=0xC2, eas=False).security == "off"
    assert decode(block=BASIC, afi=0x07, eas=False).security == "armed"


@pytest.mark.parametrize(
    ("epc", "pc", "user", "family"),
    [
        ("", None, None, "blank"),
        ("", 0x0000, None, "blank"),
        ("000000000000000000000000", 0x3000, None, "blank"),
        ("E28011052000512345678901", 0x3000, None, "blank"),
        ("E28011052000512345678901", 0x3400, "0C022808", "raw"),
        ("E28011052000512345678901", 0x2800, None, "raw"),
        ("6D5E00000001000000000001", 0x3000, None, "raw"),
        ("6D5E00000001000000000001", 0x3101, None, "other-iso"),
    ],
)
def test_blank_and_foreign_tags_are_told_apart(
    epc: str, pc: int | None, user: str | None, family: str
) -> None:
    tag = decode(epc, pc, user)
    assert tag.family == family
    assert tag.primary_item_id is None


def test_a_tag_that_cannot_be_decoded_is_still_a_key() -> None:
    assert decode("6D5E00000001000000000001FFFF", 0x3000).key == "6D5E00000001000000000001"
    assert decode("6d5e", None).key == "6D5E"


def test_a_site_without_alliance_tags_can_switch_them_off() -> None:
    tag = Decoder(["iso28560-4", "gs1"]).decode(ALLIANCE, 0x3400)
    assert (tag.family, tag.key, tag.security) == ("raw", ALLIANCE, None)
    assert Decoder(["gxlm"]).decode(SGTIN, 0x3000).family == "raw"
    assert Decoder(["gxlm"]).decode(ISO, 0x45C2).family == "other-iso"


def test_an_identifier_that_was_cut_by_the_reader_is_not_taken_for_a_shorter_one() -> None:
    tag = decode(ISO[:-4], 0x45C2)
    assert tag.tolerated == ("short_epc",)
    assert tag.errors == ("truncated_uii",)
    assert tag.primary_item_id is None


def test_exchanged_part_bytes_are_tolerated_and_said() -> None:
    tag = decode(block="11020333303130350000000000000000000000F06344453100000000000000000000", dsfid=0x3E)
    assert (tag.part, tag.parts, tag.tolerated) == (2, 3, ("parts_swapped",))


def test_one_tag_may_stand_for_a_whole_set() -> None:
    for family in ("iso28560-2", "iso28560-3", "iso28560-4", "gxlm"):
        owner = "10248" if family == "gxlm" else "DK-718500"
        written = encode(family, Fields("1001", owner, part=0, parts=3))
        tag = decode(written.epc, written.pc, written.user) if written.epc else decode(block=written.block)
        assert (tag.part, tag.parts, tag.stands_for_set) == (0, 3, True)


def test_bad_padding_is_tolerated_and_said() -> None:
    filled = b"\x11\x05\x1c\xbe\x99\x1a\x14" + b"\x36\x03\x0a\x23\xaf"
    assert decode(block=filled).tolerated == ("bad_padding",)
    behind_the_end = decode("0641" + "0000" + "1234", 0x1907)
    assert (behind_the_end.primary_item_id, behind_the_end.tolerated) == ("A", ("bad_padding",))


def test_the_content_wins_over_a_wrong_dsfid() -> None:
    for memory, family, wrong in (
        (BASIC, "iso28560-3", 0x06),
        (OBJECTS, "iso28560-2", 0x3E),
        (BASIC, "iso28560-3", 0x55),
    ):
        tag = decode(block=memory, dsfid=wrong)
        assert (tag.family, tag.tolerated) == (family, ("dsfid_mismatch",))
        assert decode(block=memory, dsfid=0).tolerated == ()


def test_an_identifier_behind_a_wrong_checksum_is_shown_but_not_matched() -> None:
    tag = decode(block=BASIC.replace("98A4", "98A5"), dsfid=0x3E)
    assert (tag.primary_item_id, tag.crc_ok, tag.matchable) == ("1000000056", False, False)
    assert tag.errors == ("crc_mismatch",)


def test_nothing_of_a_patrons_card_is_kept() -> None:
    card = encode_objects(
        [Wanted(1, "P123456"), Wanted(3, "DK-718500"), Wanted(5, "81"), Wanted(15, "SMITH")]
    )
    tag = decode(block=card)
    assert tag.kind == "patron_card"
    uhf = decode("1707" + ISO[4:], 0x4507, b"\x06" + encode_objects([Wanted(5, "80")], start=1))
    alliance = decode(ALLIANCE, 0x3400, "14020300")
    for one in (tag, uhf, alliance):
        assert one.kind == "patron_card"
        shown = str(one.as_json())
        assert not any(word in shown for word in ("P123456", "SMITH", "32103179", ISO[4:], ALLIANCE))
        assert (one.key, one.primary_item_id, one.elements, one.matchable) == (None, None, (), False)


def test_shelf_labels_and_equipment_are_no_items() -> None:
    assert decode(ALLIANCE, 0x3400, "14020200").kind == "shelf_label"
    assert decode(ALLIANCE, 0x3400, "14020400").kind == "equipment"
    assert not decode(ALLIANCE, 0x3400, "14020200").matchable
    assert decode(ALLIANCE, 0x3400, "14020001").usage == "20"


def test_two_printers_of_one_isbn_and_serial_say_the_same_identifier() -> None:
    one, other = (
        encode("gs1", Fields("978-0-306-40615-7", serial="12345", company_digits=digits)) for digits in (7, 9)
    )
    tags = [decode(made.epc, made.pc) for made in (one, other)]
    assert tags[0].key != tags[1].key
    assert {tag.alternative_item_id for tag in tags} == {"(01)09780306406157(21)12345"}
    assert tags[0].gs1 is not None
    assert (tags[0].gs1.isbn, tags[0].gs1.serial) == ("9780306406157", "12345")


def test_without_epcpy_a_gs1_tag_is_a_raw_key_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise ImportError("epcpy")

    monkeypatch.setattr(gs1, "_epcpy", away)
    tag = Decoder().decode(SGTIN, 0x3000)
    assert (tag.family, tag.key, tag.errors) == ("raw", SGTIN, ("gs1_not_installed",))
    with pytest.raises(TagError, match="pip install epcpy"):
        encode("gs1", Fields("9780306406157"))


@pytest.mark.parametrize(
    ("family", "fields", "code"),
    [
        ("gxlm", Fields(""), "bad_character"),
        ("gxlm", Fields("1001", owner="DK-718500"), "bad_character"),
        ("gxlm", Fields("1001", usage="71"), "bad_number"),
        ("iso28560-4", Fields("1.2", owner=None), "bad_character"),
        ("iso28560-4", Fields("lower case needs two bytes each sign", owner="DK-718500"), "pii_too_long"),
        ("iso28560-3", Fields("12345678901234567", size=32), "pii_too_long"),
        ("iso28560-3", Fields("1001", owner="oclc-123", size=32), "owner_too_long"),
        ("iso28560-3", Fields("1001", shelf_hint="QA", size=32), "too_short"),
        ("iso28560-3", Fields("1001", usage="11"), "bad_number"),
        ("iso28560-3", Fields("1001", part=4, parts=3), "bad_number"),
        ("iso28560-3", Fields("1001", part=4), "bad_number"),
        ("iso28560-2", Fields("1001", usage="81"), "bad_use"),
        ("iso28560-2", Fields(""), "bad_character"),
        ("gs1", Fields("9780306406158"), "bad_number"),
        ("gs1", Fields("9780306406157", serial="9" * 20), "bad_number"),
        ("raw", Fields("1001"), "bad_use"),
    ],
)
def test_what_a_format_cannot_hold_is_refused_with_a_code(family: str, fields: Fields, code: str) -> None:
    with pytest.raises(TagError) as refusal:
        encode(family, fields)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"epc": "XYZ0"}, "bad_hex"),
        ({"epc": "ABC"}, "bad_hex"),
        ({"epc": "00" * 63}, "too_long"),
        ({"epc": "3036", "pc": 70_000}, "bad_hex"),
        ({"epc": "3036", "pc": -1}, "bad_hex"),
        ({"block": "00" * 8193}, "too_long"),
        ({"block": b"\x00" * 8193}, "too_long"),
        ({"block": "11", "dsfid": 256}, "bad_hex"),
        ({"block": "11", "pc": 0x3000}, "bad_use"),
        ({"epc": "3036", "block": "11"}, "bad_use"),
        ({"user": "06"}, "bad_use"),
        ({}, "bad_use"),
    ],
)
def test_what_is_no_tag_memory_is_one_kind_of_error(given: dict[str, object], code: str) -> None:
    with pytest.raises(TagError) as refusal:
        decode(**given)  # type: ignore[arg-type]  # (a table of keyword arguments)
    assert refusal.value.code == code
    assert isinstance(refusal.value, PeerError)
    assert isinstance(refusal.value, ShelfwireError)


def test_hex_is_read_in_either_case_with_blanks_and_0x() -> None:
    assert decode(f"0x{ALLIANCE.lower()}", 0x3400) == decode(" ".join((ALLIANCE[:8], ALLIANCE[8:])), 0x3400)


def test_an_identifier_that_no_library_prints_is_not_looked_up() -> None:
    assert usable_id("32103179") == "32103179"
    assert [usable_id(text) for text in ("", None, " ", "a\x1b[31m", "9" * (LONGEST_ID + 1))] == [None] * 5


def test_a_decoder_remembers_so_many_tags_and_no_more() -> None:
    decoder = Decoder(cached=100)
    for number in range(1000):
        decoder.decode(f"{number:024X}", 0x3000)
    assert len(decoder) <= 100
    assert decoder.decode(f"{999:024X}", 0x3000) is decoder.decode(f"{999:024X}", 0x3000)
    assert decoder.decode(f"{0:024X}", 0x3000).family == "blank"


def test_user_memory_and_hf_memory_are_never_remembered() -> None:
    decoder = Decoder()
    decoder.decode(ALLIANCE, 0x3400, "14020300")
    decoder.decode(block=OBJECTS)
    assert len(decoder) == 0
    assert decoder.decode(ALLIANCE, 0x3400).primary_item_id == "32103179"


def test_the_formats_need_the_standard_library_alone() -> None:
    programme = (
        "import sys\n"
        "from shelfwire.tags import decode\n"
        "from shelfwire.tags import encode, explain, lookup\n"
        f"assert decode({ALLIANCE!r}, 0x3400).primary_item_id == '32103179'\n"
        f"assert decode({ISO!r}, 0x45C2).primary_item_id == '12345678'\n"
        "foreign = {'epcpy', 'msgspec', 'numpy', 'click', 'rich', 'yaml'} & set(sys.modules)\n"
        "assert not foreign, foreign\n"
    )
    subprocess.run([sys.executable, "-c", programme], check=True, timeout=30)
