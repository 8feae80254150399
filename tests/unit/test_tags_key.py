import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelfwire.errors import PeerError
from shelfwire.tags.key import tag_key

IN_LIBRARY = "1703000398130803F4040000"
LENT = "9703000398130803F4040000"
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "tags" / "vectors.json"

unhurried = settings(deadline=None)
"""A busy machine is no fault."""


def test_an_alliance_tag_keeps_its_key_when_it_is_lent() -> None:
    assert tag_key(LENT, 0x3000) == tag_key(IN_LIBRARY, 0x3000) == IN_LIBRARY
    assert tag_key(LENT, 0x3400) == tag_key(LENT, None) == IN_LIBRARY


def test_an_iso_tag_with_the_same_bytes_is_left_alone() -> None:
    assert tag_key(LENT, 0x31C2) == LENT


@pytest.mark.parametrize(
    "epc",
    [
        "303654F14827A9C000003039",
        "E28011052000512345678901",
        "B703000398130803F4040000",
        "9703000398130803F40400FF00",
        "970300030F130803F4040000",
        "97C3000398130803F4040000",
        "9703",
        "80",
    ],
)
def test_what_is_no_alliance_tag_keeps_its_epc(epc: str) -> None:
    assert tag_key(epc, None) == epc


def test_trailing_bytes_beyond_the_length_in_the_pc_word_are_cut() -> None:
    assert tag_key("303654F14827A9C000003039FFFF", 0x3000) == "303654F14827A9C000003039"
    assert tag_key(LENT + "1234", 0x3000) == IN_LIBRARY


def test_a_short_epc_is_taken_as_it_is() -> None:
    assert tag_key("3036", 0x3000) == "3036"


@pytest.mark.parametrize(
    ("epc", "pc"),
    [("", None), ("ABC", None), ("XY", None), ("3036", 0x0000), ("3036", 70_000), ("00" * 63, None)],
)
def test_what_is_no_epc_is_refused_in_words(epc: str, pc: int | None) -> None:
    with pytest.raises(PeerError, match=r"EPC|PC word"):
        tag_key(epc, pc)


@pytest.mark.parametrize("method", ["short", "method 2 short", "method 2 long", "method 3"])
def test_all_methods_of_the_alliance_are_known(method: str) -> None:
    epc = {
        "short": "8000000003414243" + "00000000" + "00000000",
        "method 2 short": "80400000" + "05" + "4142434445" + "000000000000",
        "method 2 long": "80400000" + _long_method_2(),
        "method 3": "80800000" + b"AB123".hex().upper().ljust(28, "0"),
    }[method]
    assert tag_key(epc, None) == "00" + epc[2:]


def _long_method_2() -> str:
    def packed(text: str) -> int:
        value = 0
        for sign in text:
            value = value << 6 | (ord(sign) - 0x30)
        return value

    text = "ABCDE12345F9"
    words = [12 | ord(text[-1]) << 4 | packed(text[10:-1]) << 12, packed(text[5:10]), packed(text[:5])]
    return "".join(word.to_bytes(4, "little").hex().upper() for word in words)


@unhurried
@given(st.text(max_size=140), st.one_of(st.none(), st.integers(-10, 70_000)))
def test_any_text_gives_a_key_or_a_peer_error(epc: str, pc: int | None) -> None:
    try:
        key = tag_key(epc, pc)
    except PeerError:
        return
    assert tag_key(key, None) in {key, f"{int(key[:2], 16) & 0x7F:02X}{key[2:]}"}


@unhurried
@given(st.binary(min_size=1, max_size=62), st.one_of(st.none(), st.integers(0, 0xFFFF)))
def test_a_key_is_its_own_key(data: bytes, pc: int | None) -> None:
    try:
        key = tag_key(data.hex(), pc)
    except PeerError:
        return
    assert key == key.upper()
    assert len(key) % 2 == 0


@pytest.mark.skipif(
    not SHARED.exists(), reason="the shared vectors of tag formats are not beside the checkout"
)
def test_every_published_alliance_epc_has_one_key_lent_or_not() -> None:
    vectors = json.loads(SHARED.read_text(encoding="utf-8"))
    epcs = [v["input"] for v in vectors if v["family"] == "gxlm-epc" and v["direction"] == "decode"]
    whole = [epc.upper() for epc in epcs if isinstance(epc, str) and int(epc[:2], 16) & 0x60 == 0]
    same = 0
    for epc in whole:
        first = int(epc[:2], 16)
        home, lent = f"{first & 0x7F:02X}{epc[2:]}", f"{first | 0x80:02X}{epc[2:]}"
        same += tag_key(lent, None) == tag_key(home, None)
    assert whole
    assert same / len(whole) > 0.9
