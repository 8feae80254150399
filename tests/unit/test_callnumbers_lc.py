"""LC call numbers in the order in which they stand. Lists after the rules that libraries teach."""

from __future__ import annotations

import json
import os
from itertools import pairwise
from pathlib import Path

import pytest

from shelfwire.callnumbers import FREE, RECOGNISED, sort_key

SHARED = (
    Path(os.environ.get("SHELFWIRE_SHARED") or Path(__file__).resolve().parents[3] / "shared")
    / "data" / "callnumbers" / "lc_ordered.json"
)  # fmt: skip


@pytest.mark.parametrize(
    "order",
    [
        ["A1 .A1", "AB1 .A1", "B1 .A1", "KB1 .A1", "KBD1 .A1", "KC1 .A1"],
        ["QA9 .A1", "QA76 .A1", "QA273 .A1"],
        ["A1 .A1", "A1.1 .A1", "A1.11 .A1", "A1.2 .A1", "A2 .A1", "A11 .A1"],
        ["QA76 .M112", "QA76 .M12", "QA76 .M2", "QA76 .N1"],
        ["A1 .B1", "A1 .B1 1999", "A1 .B1 v.2", "A1 .B1 C1"],
        ["QA76 .H67", "QA76 .H67a", "QA76 .H67b", "QA76 .H675"],
        ["QA76 .B1 1999", "QA76 .B1 2000", "QA76 .B1 2000a", "QA76 .B1 2001"],
        ["QA76 .B1 v.3", "QA76 .B1 v.3-4", "QA76 .B1 v.27", "QA76 .B1 v.101"],
        ["D570.3 9th .P96", "D570.3 28th .P96", "D570.3 102nd .P96"],
        ["HB3717 .E37", "HB3717 .E37 c.2", "HB3717 .E37 1999"],
        ["HB3717 .E37", "Z1 .A1", "in process", "no number"],
    ],
)
def test_books_stand_in_this_order(order: list[str]) -> None:
    keys = [sort_key(text) for text in order]
    assert all(one < other for one, other in pairwise(keys)), list(zip(order, keys, strict=True))


@pytest.mark.parametrize(
    "same",
    [
        ["A1 .A1", "A1.A1", "A 1 .A1", "A1A1", "a1 .a1"],
        ["E8 C11 D22", "E8.C11D22"],
        ["|aBS476|b.A319 2006", "BS476 .A319 2006"],
        ["BL'545'F4", "BL 545 F4"],
        ["QA76 .B1 v.3", "QA76 .B1 vol. 3", "QA76 .B1 volume 3"],
        ["ＱＡ７６ .K5", "QA76\u00a0.K5"],
        ["QA76 .K5", "QA76 .K5 c.1"],
    ],
)
def test_spellings_of_one_number_are_one_key(same: list[str]) -> None:
    assert len({sort_key(text) for text in same}) == 1


@pytest.mark.parametrize(
    "text",
    ["", "   ", "IN PROCESS", "641.5 Cor", "QA12345 .A1", "DVD", "\x00", "资本论", "\ud800"],
)
def test_what_is_no_lc_number_files_after_all_that_are(text: str) -> None:
    assert sort_key(text).startswith(FREE)
    assert sort_key(text) > sort_key("ZZ9999 .Z99")


def test_another_scheme_is_filed_as_text() -> None:
    assert sort_key("QA76 .K5", "CLC").startswith(FREE)
    assert sort_key("QA76 .K5", "lc").startswith(RECOGNISED)


def test_a_text_without_end_is_filed_by_its_beginning() -> None:
    assert sort_key("QA76 .K5 " + "9" * 100_000) == sort_key("QA76 .K5 " + "9" * 200_000)


@pytest.mark.skipif(not SHARED.is_file(), reason="the shared call-number lists are not beside this checkout")
def test_lists_that_libraries_teach_and_real_shelves_are_in_order() -> None:
    wrong = []
    for row in json.loads(SHARED.read_text(encoding="utf-8"))["lists"]:
        if not row["doubtful"]:
            for group, after in pairwise(row["groups"]):
                wrong += [
                    (one, other) for one in group for other in after if sort_key(one) >= sort_key(other)
                ]
    assert wrong == []
