"""``shelfwire callnumbers sort`` and ``explain``: no line is lost, and what is malformed is told with its number."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shelfwire.callnumbers.commands import callnumbers


def run(*arguments: str, given: bytes = b"") -> Result:
    return CliRunner().invoke(callnumbers, arguments, input=given, standalone_mode=False)


def test_lines_come_out_in_shelf_order_and_malformed_ones_last() -> None:
    done = run("sort", "--scheme", "lc", given=b"QA273 .A1\nIN PROCESS\nQA76.9 .D3 c.2\r\n\nQA9 .B2")
    assert done.stdout.split("\n") == ["QA9 .B2", "QA76.9 .D3 c.2", "QA273 .A1", "IN PROCESS", "", ""]
    assert done.stderr.splitlines() == [
        "line 2: 'IN PROCESS': no class number follows the letters 'IN'",
        "line 4: '': no call number",
    ]
    assert done.return_value == 0


def test_a_line_that_is_no_text_comes_out_as_it_went_in() -> None:
    done = run("sort", "--scheme", "clc", given=b"\xef\xbb\xbfTP32\n\xff\xfe\xd0\nTP311\n")
    assert done.stdout_bytes == b"TP311\nTP32\n\xff\xfe\xd0\n"
    assert done.stderr.startswith("line 2: ")


def test_equal_numbers_keep_their_order_and_strict_says_by_its_exit_that_some_are_malformed() -> None:
    done = run("sort", "--scheme", "dewey", "--strict", given=b"641.5 A1\nx?\n5 A1\n641.5  .A1\n")
    assert done.stdout.splitlines() == ["005 A1".removeprefix("00"), "641.5 A1", "641.5  .A1", "x?"]
    assert done.return_value == 1


def test_sorting_nothing_is_no_fault() -> None:
    assert run("sort", "--scheme", "lc").stdout == ""


def test_elements_are_explained_for_people_and_for_programs() -> None:
    told = run("explain", "--scheme", "clc", "K20/C158=2/8", "51.6").stdout
    assert "class            K20" in told
    assert "malformed: begins with '51.6'" in told
    lines = run("explain", "--scheme", "lc", "--json", "-", given=b"QA76 .A1\nnone\n").stdout.splitlines()
    facts = [json.loads(line) for line in lines]
    assert facts[0]["parts"] == [{"name": "class", "text": "QA76"}, {"name": "cutter", "text": ".A1"}]
    assert facts[0]["malformed"] is None
    assert facts[1]["malformed"]


def test_a_file_of_rules_brings_the_librarys_own_scheme(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("local:\n  elements:\n    - {name: shelf, kind: number}\n", encoding="utf-8")
    assert run("sort", "--scheme", "local", "--rules", str(file), given=b"10\n9\n").stdout == "9\n10\n"


@pytest.mark.parametrize("text", [None, "range_end: point\n"])
def test_the_local_scheme_must_be_configured(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(text or "", encoding="utf-8")
    asked = ("--rules", str(file)) if text else ()
    assert "local" in str(run("sort", "--scheme", "local", *asked, given=b"1\n").exception)


def test_guesses_of_several_schemes_are_told_and_a_named_scheme_or_one_guess_is_not() -> None:
    mixed = run("sort", given=b"005.1 A1\nQA76.9 .D3 1999\n641.5 B2\n")
    assert "guessed line by line: 2 as dewey, 1 as lc" in mixed.stderr
    assert "--scheme" in mixed.stderr
    assert run("sort", given=b"005.1 A1\n\n641.5 B2\n").stderr.splitlines() == ["line 2: '': no call number"]
    assert run("sort", "--scheme", "dewey", given=b"005.1 A1\n641.5 B2\n").stderr == ""


def test_a_number_of_two_schemes_is_called_ambiguous() -> None:
    assert "may be lc or dewey or clc; name the scheme with --scheme" in run("explain", "TP312").stdout
    assert "ambiguous" not in run("explain", "QA76.9 .D3 1999", "PAPERBACK SHELF").stdout


def test_a_line_without_end_is_cut_in_what_is_told() -> None:
    done = run("sort", "--scheme", "lc", given=b"x" * 1_000_000)
    assert len(done.stderr) < 1_000
    assert "(1000000 signs)" in done.stderr
    assert len(done.stdout) == 1_000_001
