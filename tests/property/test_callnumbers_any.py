"""Keys of any text: never an error, one order, one key for all spellings of a number, and the order of a plain comparator."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from shelfwire.callnumbers import FREE, NONE, read, sort_key
from shelfwire.callnumbers.ranges import end_of

SCHEMES = ("LC", "DEWEY", "CLC", "FREE", "AUTO")
ANY_TEXT = st.text(max_size=60) | st.text(
    alphabet="ABCTPXKabcx0123456789 ./-()=\"<>:+#\\,'[]|$上中第一册พ김　Ａ１²", max_size=24
)

LIKELY_TOKENS = st.sampled_from(
    ["QA76", "A", "KBD", "100", "5.1", "12", "641.5", "TP312", "C++", "I247", "K", ".", " ", " ", "/", "-", ":", "+", "=", "(", ")", '"', "<", ">",
     ".A1", "B2a", "C", "x", "xF3", "Sch84", "0", "07", "28th", "12 th", "1999", "1999a", "v.", "v", "vol3", "no.1", "pt.IV", "K.240", "c.2", "C.1",
     "copy 3", "Jan", "1996", "Winter", "suppl.", "index", "ed.", "Ref", "folio", "DVD", "J", "Fic", "[", "]", "|a", "$b", "'", "*", ",", "上", "第一册",
     "第2册", "下册", "김5", "พ179ค", "２", "2D", "19th", "~", "\\", "#", "\n", "{ns}", "8-", "36/"]
)  # fmt: skip
LIKELY = st.tuples(
    st.sampled_from(
        ["QA76", "A1", "KBD.G1", "100", "641.5", "B ", "J 5.1", "TP312", "I247.5/", "K20", "8-I5/", ""]
    ),
    st.lists(LIKELY_TOKENS, max_size=7).map("".join),
).map("".join)

DIGITS = st.text("0123456789", min_size=1, max_size=4)
LETTERS = st.text("ABC", min_size=1, max_size=2)
JOINTS = st.sampled_from([" ", ".", " .", "  .", " . "])


@st.composite
def lc_elements(draw: st.DrawFn) -> list[tuple[str, ...]]:
    """An LC number as its elements: (kind, value, …)."""
    made: list[tuple[str, ...]] = [
        ("class", draw(LETTERS), draw(DIGITS), draw(st.just("") | DIGITS)),
    ]
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["cutter", "cutter", "date", "volume"]))
        if kind == "cutter":
            made.append(
                ("cutter", draw(st.sampled_from("ABC")), draw(DIGITS), draw(st.sampled_from(["", "a", "b"])))
            )
        elif kind == "date":
            made.append(
                ("date", draw(st.sampled_from(["1998", "1999", "2001"])), draw(st.sampled_from(["", "a"])))
            )
        else:
            made.append(("volume", draw(st.sampled_from(["v", "no", "pt"])), draw(DIGITS)))
    return made


def spelled(elements: list[tuple[str, ...]], data: st.DataObject) -> str:
    """Some spelling of it."""
    draw = data.draw
    text = ""
    for kind, *values in elements:
        if kind == "class":
            letters, number, decimals = values
            text = letters + draw(st.sampled_from(["", " "])) + number + (f".{decimals}" if decimals else "")
        elif kind == "cutter":
            text += draw(JOINTS) + values[0] + values[1] + values[2]
        elif kind == "date":
            text += " " + values[0] + values[1]
        else:
            name = draw(
                st.sampled_from(
                    {"v": ["v.", "vol. ", "V. "], "no": ["no.", "nr. "], "pt": ["pt.", "part "]}[values[0]]
                )
            )
            text += " " + name + values[1]
    return draw(st.sampled_from([text, text.upper(), f"  {text} ", text.replace(" ", "\u00a0")]))


def plain_order(elements: list[tuple[str, ...]]) -> list[tuple[object, ...]]:
    """The same order, slow and readable: tuples that Python compares element by element."""
    made: list[tuple[object, ...]] = []
    for kind, *values in elements:
        if kind == "class":
            made.append((0, values[0], int(values[1]), values[2]))
        elif kind == "date":
            made.append((1, int(values[0]), values[1]))
        elif kind == "volume":
            made.append((2, values[0].upper(), int(values[1])))
        else:
            made.append((3, values[0], values[1], values[2]))
    return made


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_keys_of_lc_numbers_compare_as_their_elements_do_in_any_spelling(data: st.DataObject) -> None:
    one, other = data.draw(lc_elements()), data.draw(lc_elements())
    first, second = (sort_key(spelled(elements, data), "LC") for elements in (one, other))
    wanted = (plain_order(one) > plain_order(other)) - (plain_order(one) < plain_order(other))
    assert (first > second) - (first < second) == wanted, (one, other)


CLC_CLASS = st.from_regex(r"(T[PB]|[ABIR])[0-9]{0,5}(-[0-9]{1,2}|\([0-9]{2,3}\)|=[0-9]|<[0-9]>|:[A-Z][0-9]{0,3}|\+R[0-9]{1,2}){0,2}", fullmatch=True)  # fmt: skip
CLC_SIGNS = '-("=<:+'


@settings(max_examples=80, deadline=None)
@given(CLC_CLASS, CLC_CLASS)
def test_clc_classes_compare_sign_by_sign(one: str, other: str) -> None:
    def slow(text: str) -> list[int]:
        order = {sign: 100 + rank for rank, sign in enumerate(CLC_SIGNS)} | {")": 1, ">": 1}
        made: list[int] = []
        for at, sign in enumerate(text):
            if sign.isalpha():
                made.append(10 + ord(sign) - ord("A"))
            else:
                if at and text[at - 1].isalpha():
                    made.append(0)  # the letters end
                made.append(order.get(sign, 200 + ord(sign)))
        return made

    first, second = sort_key(one, "CLC"), sort_key(other, "CLC")
    wanted = (slow(one) > slow(other)) - (slow(one) < slow(other))
    assert (first > second) - (first < second) == wanted


@settings(max_examples=80, deadline=None)
@given(LIKELY | ANY_TEXT, st.sampled_from(SCHEMES))
@example("\ud800", "DEWEY")
@example("100 \udcff1\udcfe", "DEWEY")
@example("A1 " + "9" * 300, "LC")
@example("A1 no.IIX", "LC")
def test_any_text_gets_a_key_and_a_reason(text: str, scheme: str) -> None:
    found = read(text, scheme)
    assert found.key == sort_key(text, scheme)
    assert b"\xff" not in found.key or found.key == NONE
    assert (found.fault is None) or found.key.startswith(FREE)
    assert found.fault is not None or scheme in {"FREE", "AUTO"} or not found.key.startswith(FREE)
    assert found.key.startswith(found.stem)
    assert end_of(found) > found.key or found.key == NONE


@settings(max_examples=80, deadline=None)
@given(LIKELY | ANY_TEXT, st.sampled_from(["LC", "DEWEY", "CLC"]))
@example("A 0 .B1", "LC")
@example("A1 12th ed. v.IV-9", "LC")
@example("A1 v.1 Jan 1996 c.2", "LC")
@example("Ref 5.1 a12b", "DEWEY")
@example("B /100", "DEWEY")
@example("J-5.1", "DEWEY")
@example("8-I561.84/CL2.6-2", "CLC")
@example("K20/5上", "CLC")
def test_the_normal_spelling_is_the_same_number(text: str, scheme: str) -> None:
    found = read(text, scheme)
    if found.fault is None and len(found.normal) <= 150:  # a longer one is filed by its beginning
        again = read(found.normal, scheme)
        assert again.fault is None
        assert again.key == found.key
        assert again.normal == found.normal


@settings(max_examples=80, deadline=None)
@given(LIKELY, LIKELY, st.sampled_from(["LC", "DEWEY", "CLC"]))
def test_keys_are_equal_only_for_one_number(one: str, other: str, scheme: str) -> None:
    first, second = read(one, scheme), read(other, scheme)
    if first.fault is None and second.fault is None:
        assert (first.key == second.key) == (first.normal == second.normal)


@settings(max_examples=60, deadline=None)
@given(st.lists(ANY_TEXT, min_size=3, max_size=8), st.sampled_from(SCHEMES))
def test_the_order_does_not_depend_on_the_order_before(texts: list[str], scheme: str) -> None:
    backwards = texts[::-1]
    one = [sort_key(text, scheme) for text in sorted(texts, key=lambda text: sort_key(text, scheme))]
    other = [sort_key(text, scheme) for text in sorted(backwards, key=lambda text: sort_key(text, scheme))]
    assert one == other == sorted(one)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_number_that_goes_on_lies_before_the_end_of_the_one_that_it_goes_on_from(
    data: st.DataObject,
) -> None:
    elements = data.draw(lc_elements())
    whole = read(spelled(elements, data), "LC")
    for cut in range(1, len(elements) + 1):
        beginning = read(spelled(elements[:cut], data), "LC")
        assert beginning.key <= whole.key < end_of(beginning)
