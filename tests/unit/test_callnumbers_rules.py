"""Settings of a library, a scheme of its own, and the details of each scheme that break programs."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from shelfwire.callnumbers import FREE, NONE, Rules, read, rules_from, sort_key
from shelfwire.callnumbers.clc import one_length
from shelfwire.callnumbers.guess import scheme_of
from shelfwire.callnumbers.lc import leading_words
from shelfwire.errors import InputError

DISCS: dict[str, Any] = {
    "local": {
        "name": "discs",
        "elements": [
            {"name": "medium", "kind": "word", "words": ["LP", "CD", "DVD"]},
            {"name": "shelf", "kind": "number"},
            {"name": "place", "kind": "decimal", "after": ".", "optional": True},
            {"name": "author", "kind": "text", "after": "/", "optional": True},
        ],
    }
}


def ascend(order: list[str], scheme: str, rules: Rules | None = None) -> bool:
    keys = [sort_key(text, scheme, rules or Rules()) for text in order]
    return all(one < other for one, other in pairwise(keys))


@pytest.mark.parametrize(
    ("scheme", "order"),
    [
        ("LC", ["A1 .B1", "A1 .B1 1999", "A1 .B1 v.2", "A1 .B1 C1"]),
        ("LC", ["A1 .B1 v.1", "A1 .B1 v.1-5", "A1 .B1 v.1a", "A1 .B1 v.2", "A1 .B1 v.27"]),
        ("LC", ["A1 .B1 pt.2", "A1 .B1 pt.IV", "A1 .B1 pt.5", "A1 .B1 pt.A"]),
        ("LC", ["A1 .B1 v.1 Dec 1995", "A1 .B1 v.1 Winter 1996", "A1 .B1 v.1 March 1996", "A1 .B1 v.1 Fall 1996", "A1 .B1 v.1 Oct. 1996"]),
        ("LC", ["A1 .B1 v.2", "A1 .B1 v.2 suppl.", "A1 .B1 v.3"]),
        ("LC", ["A1 .B1", "A1 .B1 c.2", "A1 .B1 C.3", "A1 .B1 copy 10", "A1 .B1 1999"]),
        ("LC", ["QA76 .A1", "Oversize QA1 .A1", "Ref QA1 .A1"]),
        ("LC", ["KBD.G189s", "KBD1 .A1"]),
        ("DEWEY", ["641 A1", "641.5 A1", "J 100 A1", "J 641 A1"]),
        ("DEWEY", ["792 T374 1999", "792 T374 v.2", "792 T374a", "792 T3741"]),
        ("DEWEY", ["B R1934da", "B R2", "Fic B798f, 2012", "Fic O137"]),
        ("DEWEY", ["658.4038 พ17", "658.4038 พ179ค", "658.4038 พ18"]),
        ("CLC", ["TP312", "TP312AL", "TP312C", "TP312C#", "TP312C++", "TP312JA", "TP312-62", "TP3121"]),
        ("CLC", ["S1/623", "S1/623A", "S1/623B", "S1/623AA", "S1/623-2", "S1/623(2)", "S1/623=2", "S1/623:2", "S1/623.2"]),
        ("CLC", ["K20", "K20/5", "K20/5上", "K20/5中", "K20/5下", "K20/5第十二册"]),
        ("CLC", ["I247.5/2", "36/I1/1", "36/I1/2", "8-I1/1"]),
        ("FREE", ["3A Faerber", "12 A", "DVD LOVE", "DVD NINETY", "DVD9", "DVDA"]),
        ("LC", ["ZZ9999 .Z9", "IN PROCESS", "资本论", ""]),
    ],
)  # fmt: skip
def test_books_stand_in_this_order(scheme: str, order: list[str]) -> None:
    assert ascend(order, scheme), [sort_key(text, scheme).hex() for text in order]


@pytest.mark.parametrize(
    ("scheme", "same"),
    [
        ("CLC", ["TP312/5", "ＴＰ３１２／５", "tp312 5", "TP312\\5", "TP312\n5", "{ns}TP312/5"]),
        ("CLC", ["R711(711)", "R711（711）"]),
        ("CLC", ["I247.57/2", "I24757/2", "I247.57/02"]),
        ("CLC", ["D922/1", "[D922]/1"]),
        ("CLC", ["I313.45/D648-2NH", "I313.45/D648-2NH, I313.45/D648-4:1"]),
        ("DEWEY", ["370.19342 A1", "370.19/342 A1", "370.19'342 A1", "370.19′342 .A1"]),
        ("DEWEY", ["5 A1", "005 A1", "005/A1"]),
        ("LC", ["Ref QA76 .A1", "REFERENCE QA76 .A1", "[Ref] QA76 .A1"]),
        ("LC", ["A1 .B1 v.4", "A1 .B1 vol. IV", "A1 .B1 Bd. 4", "A1 .B1 t.4"]),
        ("LC", ["BP190.5.W35 xF3", "BP190.5 .W35 F3"]),
    ],
)
def test_spellings_of_one_number_are_one_key(scheme: str, same: list[str]) -> None:
    assert len({sort_key(text, scheme) for text in same}) == 1


@pytest.mark.parametrize(
    ("scheme", "text", "why"),
    [
        ("LC", "AB 12345", "more than four digits"),
        ("LC", "PZ123.234.234", "two decimal points"),
        ("LC", "IN PROCESS", "no class number"),
        ("LC", "#M8184", "begins with '#'"),
        ("LC", "Kiste QA76 .A1", "unknown prefix 'KISTE'"),
        ("LC", "", "no call number"),
        ("DEWEY", "1234.5 .D6", "more than three digits"),
        ("DEWEY", "21ddc", "neither a point nor a blank"),
        ("CLC", "51.621/C262", "one class letter"),
        ("CLC", "K20%3/5", "'%' cannot stand in a CLC class"),
        ("LOCAL", "CD 5", "no local scheme"),
    ],
)
def test_a_malformed_number_says_why(scheme: str, text: str, why: str) -> None:
    found = read(text, scheme)
    assert found.fault is not None
    assert why in found.fault
    assert found.key.startswith(FREE)


def test_no_call_number_stands_behind_everything() -> None:
    assert (
        sort_key(" \t", "LC")
        == NONE
        == max(sort_key(text, "LC") for text in ("", "Zzz", "资本论", "\U0010ffff"))
    )


def test_a_library_says_which_prefixes_have_rows_of_their_own() -> None:
    rules = rules_from({"prefixes": {"Oversize": "ignore", "Kiste": "separate"}})
    assert sort_key("Oversize QA76 .A1", "LC", rules) == sort_key("QA76 .A1", "LC")
    assert sort_key("OVSZ QA76 .A1", "LC", rules) == sort_key("QA76 .A1", "LC")
    assert read("Kiste QA76 .A1", "LC", rules).normal == "KISTE QA76 .A1"


def test_settings_turn_the_order_where_libraries_differ() -> None:
    assert ascend(["K1/B12", "K1/B2"], "CLC", Rules(clc_book_digits="decimal"))
    assert ascend(["K1/B2", "K1/B12"], "CLC")
    assert ascend(["K1/S6(2)", "K1/S6-2", "K1/S6=2"], "CLC", Rules(clc_book_hyphen="after"))
    assert ascend(["TP3121", "TP312JA"], "CLC", Rules(clc_letters="after_digits"))
    assert ascend(["TP312C", "TP312AL"], "CLC", Rules(clc_letters_by_length=True))
    assert ascend(["BP1 .F3", "BP1 xF3"], "LC", Rules(lc_small_x="keep"))


def test_where_all_numbers_have_one_length_value_and_decimal_are_one_order() -> None:
    assert one_length(["K1/B12", "K1/B13", "K2/B1"])
    assert not one_length(["K1/B12", "K1/B2"])


def test_a_scheme_of_ones_own_is_read_from_its_elements() -> None:
    rules = rules_from(DISCS)
    assert ascend(
        ["LP 100", "CD 2", "CD 12", "CD 12/Abc", "CD 12.25", "CD 12.5", "CD 12.5 / Abc", "DVD 1"],
        "LOCAL",
        rules,
    )
    assert sort_key("cd12 . 5", "LOCAL", rules) == sort_key("CD 12.5", "LOCAL", rules)
    found = read("DVD", "LOCAL", rules)
    assert found.fault == "discs: shelf is missing at ''; a number should stand there"
    assert "one of LP, CD, DVD" in str(read("MC 1", "LOCAL", rules).fault)
    assert "nothing more should stand" in str(read("CD 1 !", "LOCAL", rules).fault)


def test_everything_wrong_with_settings_is_said_at_once() -> None:
    with pytest.raises(InputError) as caught:
        rules_from(
            {
                "range_end": "never",
                "colour": 1,
                "prefixes": {"X": "burn"},
                "clc_letters_by_length": "yes",
                "local": {
                    "elements": [{"kind": "word"}, {"kind": "smell"}, 5, {"kind": "number", "size": 3}],
                    "x": 1,
                },
            },
            "rules.yaml",
        )
    assert len(caught.value.faults) == 9
    assert all(fault.startswith("rules.yaml.") for fault in caught.value.faults)


@pytest.mark.parametrize("nonsense", [None, [], {"local": {}}, {"prefixes": []}])
def test_settings_that_are_no_settings_are_refused(nonsense: object) -> None:
    with pytest.raises(InputError):
        rules_from(nonsense)


def test_words_before_numbers_are_counted_so_that_a_person_can_name_them() -> None:
    texts = ["Kiste QA76 .A1", "KISTE QA5", "Ref QA1", "QA1", "IN PROCESS", "Saal 3 QA1"]
    assert leading_words(texts) == {"KISTE": 2, "REF": 1}


@pytest.mark.parametrize("scheme", ["LC", "DEWEY", "CLC", "LOCAL", "AUTO"])
def test_no_text_takes_long_to_read_however_it_was_made_to(scheme: str) -> None:
    rules = rules_from(
        {"local": {"elements": [{"kind": "letters"}, {"kind": "text"}, {"kind": "text", "optional": True}]}}
    )
    pieces = (
        "A",
        "K2" + "A",
        "1",
        " ",
        ".",
        "A ",
        "A.",
        "1/",
        "1'",
        "[A]",
        "+",
        "-",
        "A-",
        "(",
        "|a",
        "v.",
        ", A1/",
        "上",
        "T",
        "..",
        "1 ",
        "x",
        "{",
    )
    start = perf_counter()
    for first in ("", "K2", "QA76", "100.", "J"):
        for piece in pieces:
            for last in ("", "%", "1", "!"):
                read(first + piece * 200 + last, scheme, rules)
                read(first + (piece * 200)[:190] + last, scheme, rules)
    assert perf_counter() - start < 5


@pytest.mark.parametrize(
    ("text", "scheme"),
    [
        ("641.5/Cor", "DEWEY"), ("301.242F85n", "DEWEY"), ("I247.5/2", "CLC"), ("D81/I-61a", "CLC"), ("R711(711)", "CLC"),
        ("QA76.9 .D3", "LC"), ("|aBS476|b.A319 2006", "LC"), ("KBD.G189s", "LC"), ("IN PROCESS", "FREE"), ("TP312", "FREE"),
        ("三体", "CLC"), ("", "FREE"),
    ],
)  # fmt: skip
def test_a_scheme_is_guessed_only_where_it_is_plain(text: str, scheme: str) -> None:
    assert scheme_of(text) == scheme


def test_call_numbers_need_nothing_but_the_standard_library() -> None:
    import shelfwire.callnumbers as room  # noqa: PLC0415 (the folder itself is looked at)

    folder = Path(room.__file__).parent
    for file in folder.glob("*.py"):
        if file.name != "commands.py":
            text = file.read_text(encoding="utf-8")
            assert not any(
                f"import {name}" in text or f"from {name}" in text
                for name in ("msgspec", "numpy", "click", "yaml")
            ), file
