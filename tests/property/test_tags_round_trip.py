import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelfwire.tags import TagError, decode, tag_key
from shelfwire.tags.alliance import INDEX_OIDS, decode_alliance, encode_alliance
from shelfwire.tags.alliance_user import decode_user, encode_user
from shelfwire.tags.code40 import decode_urn40, encode_urn40
from shelfwire.tags.compaction import allowed, choose, compact, expand
from shelfwire.tags.encode import Fields, Written, encode
from shelfwire.tags.extensions import FIELDS, decode_blocks, encode_block
from shelfwire.tags.fixed import decode_fixed, encode_fixed
from shelfwire.tags.isil import is_isil, pack_isil, unpack_isil
from shelfwire.tags.objects import Wanted, decode_index, decode_objects, encode_index, encode_objects
from shelfwire.tags.uhf import PcWord, decode_pc, encode_pc

unhurried = settings(deadline=None, max_examples=100)
"""A busy machine is no fault."""

UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"
ASCII = "".join(map(chr, range(0x20, 0x7F)))
WORDS = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFFFF, exclude_categories=["Cs", "Cc"]), min_size=1
)
ISILS = st.text(UPPER + UPPER.lower() + DIGITS + "-/:", min_size=1, max_size=16)
OWNERS = st.one_of(
    ISILS,
    st.builds("{}-{}".format, st.sampled_from(["DK", "CN", "DE", "A", "ABC", "oclc", "X1", "1X"]), ISILS),
).filter(is_isil)
VALUES = st.one_of(
    st.text(DIGITS, min_size=1, max_size=30), st.text(UPPER, min_size=1), st.text(ASCII, min_size=1), WORDS
)


@unhurried
@given(VALUES)
def test_a_value_comes_back_from_the_code_that_is_chosen_for_it(text: str) -> None:
    scheme = choose(text)
    assert expand(scheme, compact(scheme, text)) == (text, None, True)


@unhurried
@given(VALUES, st.integers(1, 7))
def test_a_code_either_refuses_a_value_or_gives_it_back(text: str, scheme: int) -> None:
    if allowed(scheme, text):
        assert expand(scheme, compact(scheme, text)).text == text
        return
    with pytest.raises(TagError) as refusal:
        compact(scheme, text)
    assert refusal.value.code == "bad_character"


@unhurried
@given(ISILS)
def test_the_sign_of_an_institution_comes_back(text: str) -> None:
    assert unpack_isil(pack_isil(text)) == text


@unhurried
@given(
    st.one_of(
        WORDS,
        st.text(UPPER + DIGITS + "-.:", min_size=1, max_size=60),
        st.text(DIGITS, min_size=8, max_size=80),
    )
)
def test_code_40_gives_every_text_back(text: str) -> None:
    coded = encode_urn40(text)
    assert len(coded) % 2 == 0
    assert decode_urn40(coded) == (text, None, True)


@unhurried
@given(
    wanted=st.lists(
        st.builds(
            Wanted,
            st.integers(1, 40).filter(lambda oid: oid not in {2, 3, 5, 11, 19, 20}),
            VALUES,
            align=st.booleans(),
        ),
        max_size=8,
    ),
    block=st.sampled_from([2, 4, 8]),
    user=st.booleans(),
)
def test_a_list_of_objects_comes_back_on_its_boundaries(
    *, wanted: list[Wanted], block: int, user: bool
) -> None:
    start = 1 if user else 0
    coded = encode_objects(wanted, block=block, start=start)
    read = decode_objects(bytes(start) + coded + b"\x00\x11", start)
    assert read.errors == ()
    assert [(one.oid, one.text) for one in read.objects] == [
        (one.oid, one.text.rstrip("\0")) for one in wanted
    ]
    assert all(one.tidy for one in read.objects)
    assert all(one.end % block == 0 for one, want in zip(read.objects, wanted, strict=True) if want.align)


@unhurried
@given(st.sets(st.integers(3, 60)))
def test_a_content_parameter_comes_back(oids: set[int]) -> None:
    assert set(decode_index(encode_index(sorted(oids)))) == oids


@unhurried
@given(
    st.text(st.characters(min_codepoint=0x21, exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40),
    st.one_of(st.none(), OWNERS),
    st.integers(0, 15),
    st.integers(1, 255),
    st.data(),
)
def test_a_basic_block_comes_back_with_its_parts(
    pii: str, owner: str | None, usage: int, parts: int, data: st.DataObject
) -> None:
    ordinal = data.draw(st.integers(0, parts))
    read = decode_fixed(encode_fixed(pii, owner, usage=usage, parts=parts, ordinal=ordinal))
    assert (read.pii, read.owner, read.usage, read.parts, read.ordinal) == (pii, owner, usage, parts, ordinal)
    assert read.crc_ok
    assert (read.flags, read.errors) == ((), ())


@unhurried
@given(st.sampled_from(sorted(FIELDS)), st.data())
def test_an_extension_block_comes_back(number: int, data: st.DataObject) -> None:
    text = st.text(ASCII + "三楼é", min_size=1, max_size=20)
    fields: dict[int, str | int] = data.draw(
        st.fixed_dictionaries(
            {}, optional={oid: st.integers(1, 255) if oid in {19, 20} else text for oid in FIELDS[number]}
        )
    )
    (read,) = decode_blocks(encode_block(number, fields)).blocks
    assert read.xor_ok
    assert (read.id, dict(read.fields)) == (number, fields)


@unhurried
@given(
    pii=st.text(ASCII, min_size=1, max_size=14),
    lent=st.booleans(),
    sorting=st.integers(0, 31),
    version=st.integers(1, 64),
    content=st.sets(st.sampled_from(INDEX_OIDS)),
)
def test_an_alliance_epc_comes_back_by_the_shortest_method(
    *, pii: str, lent: bool, sorting: int, version: int, content: set[int]
) -> None:
    epc = encode_alliance(pii, lent=lent, sorting=sorting, version=version, content=sorted(content))
    read = decode_alliance(epc)
    assert (read.pii, read.lent, read.sorting, read.version) == (pii, lent, sorting, version)
    assert set(read.content) == content
    assert len(epc) in {12, 16, 18}
    assert tag_key(epc.hex(), None) == f"{epc[0] & 0x7F:02X}{epc[1:].hex().upper()}"


@unhurried
@given(
    st.lists(
        st.one_of(
            st.tuples(
                st.sampled_from([3, 11]),
                st.one_of(st.integers(0, 59_999), st.integers(90_000, 95_535)).map("{:05d}".format),
            ),
            st.tuples(st.just(4), st.builds("{}/{}".format, st.integers(0, 65_535), st.integers(0, 65_535))),
            st.tuples(st.just(5), st.builds("{}.{}".format, st.integers(0, 255), st.integers(0, 255))),
            st.tuples(st.sampled_from([6, 12, 14, 15, 16, 24, 26, 27, 31]), st.one_of(st.just(""), WORDS)),
        ),
        max_size=10,
    )
)
def test_alliance_user_memory_comes_back(elements: list[tuple[int, str]]) -> None:
    read = decode_user(encode_user(elements))
    assert read.errors == ()
    assert [(one.oid, one.text) for one in read.elements] == elements


@unhurried
@given(st.integers(0, 0xFFFF))
def test_a_pc_word_comes_back(word: int) -> None:
    assert encode_pc(decode_pc(word)) == word
    assert isinstance(decode_pc(word), PcWord)


def read_back(
    written: Written,
) -> tuple[str | None, str | None, int | None, int | None, str | None, str | None]:
    if written.block:
        tag = decode(block=written.block.hex(), dsfid=written.dsfid, afi=written.afi)
    else:
        tag = decode(written.epc.hex(), written.pc, written.user.hex())
    assert tag.family == written.family
    assert (tag.errors, tag.tolerated) == ((), ())
    return (tag.primary_item_id, tag.owner, tag.part, tag.parts, tag.shelf_hint, tag.alternative_item_id)


@st.composite
def descriptions(draw: st.DrawFn) -> tuple[str, Fields]:
    """A format, and an item that every format can hold."""
    family = draw(st.sampled_from(["iso28560-2", "iso28560-3", "iso28560-4", "gxlm"]))
    parts = draw(st.integers(1, 99))
    return family, Fields(
        draw(st.text(UPPER + DIGITS, min_size=1, max_size=12)),
        "10248" if family == "gxlm" else "DK-718500",
        part=draw(st.integers(0, parts)),
        parts=parts,
        shelf_hint=draw(st.one_of(st.none(), st.text(ASCII.replace(" ", ""), min_size=1, max_size=12))),
        alternative_item_id=draw(st.one_of(st.none(), st.text(UPPER + DIGITS, min_size=1, max_size=12))),
        lent=draw(st.booleans()),
    )


@unhurried
@given(descriptions())
def test_an_item_comes_back_from_every_format(described: tuple[str, Fields]) -> None:
    family, item = described
    expected = (
        item.primary_item_id,
        item.owner,
        item.part,
        item.parts,
        item.shelf_hint,
        item.alternative_item_id,
    )
    assert read_back(encode(family, item)) == expected


@unhurried
@given(
    family=st.sampled_from(["iso28560-4", "gxlm", "gs1"]),
    number=st.integers(0, 10**8 - 1),
    owned=st.booleans(),
)
def test_the_tag_key_is_the_same_before_during_and_after_a_loan_in_every_family(
    *, family: str, number: int, owned: bool
) -> None:
    pii = "9780306406157" if family == "gs1" else f"{number:08d}"
    owner = {"gxlm": "10248", "gs1": None, "iso28560-4": "US-InU-Mu"}[family] if owned else None
    states = [
        encode(family, Fields(pii, owner, lent=lent, serial=str(number))) for lent in (False, True, False)
    ]
    tags = [decode(one.epc, one.pc, user) for one in states for user in (None, one.user)]
    assert len({tag.key for tag in tags}) == 1
    assert {tag.key for tag in tags} == {tag_key(one.epc.hex(), one.pc) for one in states}
    assert {tag.primary_item_id for tag in tags} == {None if family == "gs1" else pii}
    if family != "gs1":
        assert [tag.security for tag in tags[::2]] == ["armed", "off", "armed"]
