import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelfwire.tags import Decoder, TagError, decode, tag_key
from shelfwire.tags.compaction import allowed, compact, expand
from shelfwire.tags.explain import explain
from shelfwire.tags.extensions import decode_blocks
from shelfwire.tags.tag import HF_FAMILIES, UHF_FAMILIES
from shelfwire.tags.uhf import decode_tid, split_bank

unhurried = settings(deadline=None, max_examples=120)
"""A busy machine is no fault."""

VECTORS = [
    bytes.fromhex(text)
    for text in (
        "1703000398130803F4040000",
        "141CC04FC70BADB5C6E2DA1DED4DD319",
        "303654F14827A9C000003039",
        "0C02D9941004000100012C0038000000",
        "060201D0140204B34607441CB6E2E335D65308AB4D6C9DD556CDEB00",
        "9100051CBE991A140201D0140204B34607441CB6E2E335D6830207ACC09EBAA06F6B0000",
        "110101313030303030303133360000000000003615444B3731383530300000000000050100050100",
        "1101013130303030303030353600000000000098A4444B37313835303000000000001403006A5A63203132330000005A776569672032",
    )
]
PCS = st.one_of(st.none(), st.integers(0, 0xFFFF), st.sampled_from([0x3400, 0x3000, 0x45C2, 0x3D07, 0x31C2]))


@st.composite
def spoiled(draw: st.DrawFn, most: int) -> bytes:
    """Random bytes, or a true tag with a few bytes changed, cut or added: what a bad read or a bad writer gives."""
    data = bytearray(draw(st.one_of(st.binary(max_size=most), st.sampled_from(VECTORS))))
    for _ in range(draw(st.integers(0, 3))):
        if data:
            data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    if draw(st.booleans()):
        del data[draw(st.integers(0, len(data))) :]
    return bytes(data[:most])


@unhurried
@given(spoiled(62), PCS, st.one_of(st.none(), spoiled(120)))
def test_whatever_a_uhf_tag_contains_gives_a_tag(epc: bytes, pc: int | None, user: bytes | None) -> None:
    tag = decode(epc, pc, user)
    assert tag.family in UHF_FAMILIES
    assert json.loads(json.dumps(tag.as_json()))["family"] == tag.family
    assert tag.key is not None or tag.family == "blank" or tag.kind == "patron_card"
    if tag.key is not None:
        assert tag.key == tag_key(epc.hex(), pc)


@unhurried
@given(
    spoiled(200),
    st.one_of(st.none(), st.integers(0, 255), st.sampled_from([0x06, 0x3E])),
    st.one_of(st.none(), st.integers(0, 255)),
    st.one_of(st.none(), st.booleans()),
)
def test_whatever_an_hf_tag_contains_gives_a_tag(
    memory: bytes,
    dsfid: int | None,
    afi: int | None,
    eas: bool | None,  # noqa: FBT001 (hypothesis hands it over)
) -> None:
    tag = decode(block=memory, dsfid=dsfid, afi=afi, eas=eas)
    assert tag.family in HF_FAMILIES
    assert tag.key is None
    json.dumps(tag.as_json())


@unhurried
@given(
    st.one_of(st.none(), st.text(max_size=150)),
    PCS,
    st.one_of(st.none(), st.text("0123456789abcdefX ", max_size=60)),
)
def test_whatever_text_is_handed_over_gives_a_tag_or_a_tag_error(
    epc: str | None, pc: int | None, user: str | None
) -> None:
    try:
        code: str = decode(epc, pc, user).family
    except TagError as fault:
        code = fault.code
    assert code in {*UHF_FAMILIES, "bad_hex", "too_long", "bad_use"}


@unhurried
@given(spoiled(62), PCS, st.one_of(st.none(), spoiled(120)))
def test_explaining_a_uhf_tag_shows_every_byte_once(epc: bytes, pc: int | None, user: bytes | None) -> None:
    spans = explain(decode(epc, pc, user), epc, pc, user, None)
    for bank, memory in (("epc", epc), ("user", user or b"")):
        places = [place for span in spans if span.bank == bank for place in range(span.start, span.end)]
        assert places == list(range(len(memory)))


@unhurried
@given(spoiled(200), st.sampled_from([None, 0x06, 0x3E, 0x55]))
def test_explaining_an_hf_tag_shows_every_byte_once(memory: bytes, dsfid: int | None) -> None:
    spans = explain(decode(block=memory, dsfid=dsfid), b"", None, None, memory)
    assert [place for span in spans for place in range(span.start, span.end)] == list(range(len(memory)))


@unhurried
@given(spoiled(62), PCS)
def test_a_remembered_tag_is_the_tag_that_was_decoded(epc: bytes, pc: int | None) -> None:
    decoder = Decoder(cached=4)
    first = decoder.decode(epc.hex(), pc)
    assert decoder.decode(epc.hex(), pc) is first
    assert Decoder().decode(epc, pc) == first


@unhurried
@given(st.lists(st.tuples(spoiled(62), PCS), max_size=12), st.integers(1, 8))
def test_a_column_of_tags_says_what_each_tag_says(tags: list[tuple[bytes, int | None]], cached: int) -> None:
    decoder = Decoder(cached=cached)
    found = decoder.decode_many([epc.hex() for epc, _ in tags], [pc for _, pc in tags])
    assert found == [decode(epc, pc) for epc, pc in tags]


@unhurried
@given(st.integers(1, 7), st.binary(max_size=40))
def test_a_value_that_can_be_read_can_be_written_in_the_same_code(scheme: int, data: bytes) -> None:
    read = expand(scheme, data)
    assert (read.text is None) or read.fault is None
    if read.text and allowed(scheme, read.text):
        assert expand(scheme, compact(scheme, read.text)) == (read.text, None, True)


@unhurried
@given(st.binary(max_size=80))
def test_banks_blocks_and_chip_numbers_never_fail(data: bytes) -> None:
    split_bank(data)
    decode_tid(data)
    decode_blocks(data, pii=True)


@pytest.mark.parametrize("byte", [0x00, 0x01, 0x10, 0x11, 0x3F, 0x7F, 0x80, 0x91, 0xFC, 0xFF])
@pytest.mark.parametrize("dsfid", [0x06, 0x3E, None])
def test_the_largest_memory_full_of_one_byte_is_read_in_bounded_work(byte: int, dsfid: int | None) -> None:
    memory = bytes((byte,)) * 8192
    tag = decode(block=memory, dsfid=dsfid)
    assert len(tag.elements) <= 64
    assert decode("1703000398130803F4040000", 0x3400, memory).family == "gxlm"
