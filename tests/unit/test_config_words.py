"""A fault in a file says what to write, from the schema alone."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest

from firmware_sim.form import Scenario
from hub.settings import ClockTime, EngineSettings
from shelfwire import config, faultwords
from shelfwire.errors import InputError
from shelfwire.ids import ReaderId, ShelfId
from shelfwire.site.form import Moment, Names, Part


class Colour(Enum):
    RED = "red"
    GREEN = "green"


class Row(msgspec.Struct, forbid_unknown_fields=True):
    name: str


class Form(msgspec.Struct, forbid_unknown_fields=True):
    word: Literal["alpha", "beta"] | None = None
    colour: Colour | None = None
    at: datetime | None = None
    since: Moment | None = None
    day: date | None = None
    closing: ClockTime | None = None
    reader: ReaderId | None = None
    shelf: ShelfId | None = None
    part: Part | None = None
    names: Names = {}
    ids: tuple[str, ...] = ()
    some: Annotated[list[str], msgspec.Meta(min_length=1)] | None = None
    pair: tuple[float, float] = (1.0, 2.0)
    rows: list[Row] = []
    row: Row | None = None
    share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    least: Annotated[float, msgspec.Meta(ge=0)] = 1.0
    above: Annotated[float, msgspec.Meta(gt=0)] = 1.0
    count: Annotated[int, msgspec.Meta(ge=1)] = 1
    yes: bool = False
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=9)] = "x"
    either: int | list[Row] = 0


def faults(tmp_path: Path, text: str, kind: Any = Form) -> list[str]:
    """What is said of a file of `text`."""
    path = tmp_path / "f.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        config.read(path, kind)
    assert all(line.startswith(str(path)) for line in caught.value.faults)
    return [line.removeprefix(str(path)).removeprefix(": ") for line in caught.value.faults]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("word: alfa", "word: 'alfa' is not known; did you mean alpha? write alpha or beta"),
        ("word: gamma", "word: 'gamma' is not known; write alpha or beta"),
        ("word: 3", "word: 3 is not known; write alpha or beta"),
        ("colour: Red", "colour: 'Red' is not known; did you mean red? write red or green"),
        ("at: tomorrow", "at: 'tomorrow' is no date and time; write it as 2026-03-02T18:00:00"),
        ("at: 2026-04-05", "at: 2026-04-05 has no time of day; write 2026-04-05T18:00:00"),
        ("since: soon", "since: 'soon' is no date and time; write it as 2026-03-02T18:00:00+01:00"),
        ("since: 2026-04-05T08:00:00", "since: 2026-04-05T08:00:00 has no zone; write it with one, such as 2026-04-05T08:00:00+01:00"),
        ("day: soon", "day: 'soon' does not fit; write a date as 2026-03-02"),
        ("closing: '24:00'", "closing: '24:00' does not fit; write a clock time HH:MM, from 00:00 to 23:59, in quotes: \"22:00\""),
        ("closing: 22:00", 'closing: YAML reads 22:00 without quotes as the number 1320; put it in quotes: "22:00"'),
        ("closing: 25:00", 'closing: 1500 does not fit; write a clock time HH:MM, from 00:00 to 23:59, in quotes: "22:00"'),
        ("reader: a/b", "reader: 'a/b' does not fit; write a name of letters, digits, - and _, at most 40 long, such as RD0001"),
        ("reader: 12", 'reader: 12 is no text here; put it in quotes: "12"'),
        ("shelf: a/b", "shelf: 'a/b' does not fit; write an id of letters, digits, points and -, such as 2F-R03A-B05-S3"),
        ("part: a/b", "part: 'a/b' does not fit; write at most 16 letters, digits and points, such as R03"),
        ("names: {english: a}", "names.english: as a key, 'english' does not fit; write a language code of two or three small letters, such as en or zh"),
        ("names: {en: 3}", 'names.en: 3 is no text here; put it in quotes: "3"'),
        ("names: {no: Norsk}", 'names.False: as a key, YAML reads this as false (also yes, no, on and off); put the word in quotes: "no"'),
        ("ids: RD0001", "ids: 'RD0001' stands alone; write it as a list: [RD0001]"),
        ("ids: [a, 2]", 'ids[1]: 2 is no text here; put it in quotes: "2"'),
        ("some: []", "some: none stands here; write at least one"),
        ("pair: [1]", "pair: one stands here; write 2"),
        ("pair: [1, b]", "pair[1]: 'b' does not fit; write a number"),
        ("rows: {name: a}", "rows: one mapping stands alone; write it as a list: begin its first line with `- `, and indent the others"),
        ("rows: a", "rows: 'a' does not fit; write a list, `- key: value` on each line"),
        ("row: a", "row: 'a' does not fit; write a mapping (`key: value`) of name"),
        ("share: 2", "share: 2 does not fit; write a number from 0 to 1"),
        ("least: -0.5", "least: -0.5 does not fit; write a number from 0 on"),
        ("above: 0", "above: 0 does not fit; write a number above 0"),
        ("above: 1e-3", "above: '1e-3' is text; write the number without quotes: 0.001"),
        ("count: '5'", "count: '5' is text; write the number without quotes: 5"),
        ("count: 1.5", "count: 1.5 does not fit; write a whole number from 1 on"),
        ("count:", "count: nothing is written here; write a whole number from 1 on, or take the line out"),
        ("'yes': 1", "yes: 1 does not fit; write true or false"),
        ("text: on", 'text: YAML reads this as true (also yes, no, on and off); put the word in quotes: "yes"'),
        ("text: ''", "text: is empty; write at least one character"),
        ("text: far too long", "text: 'far too long' does not fit; write text of 1 to 9 characters"),
        ("text: 2026-01-02", 'text: 2026-01-02 is no text here; put it in quotes: "2026-01-02"'),
        ("either: a", "either: 'a' does not fit; write a whole number or a list, `- key: value` on each line"),
        ("either: [{}]", "either[0]: `name` is missing"),
    ],
)  # fmt: skip
def test_a_fault_says_what_to_write(tmp_path: Path, text: str, said: str) -> None:
    assert faults(tmp_path, text) == [said]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nat: 2026-02-30T10:00:00\n", ":2:5: at: '2026-02-30T10:00:00' cannot be: day is out of range for month; if it is text, put it in quotes"),
        ("- 2026-13-01\n", ":1:3: '2026-13-01' cannot be: month must be in 1..12; if it is text, put it in quotes"),
        ("count: 0x_\n", ":1:8: count: '0x_' cannot be: "),
    ],
)  # fmt: skip
def test_a_time_or_number_that_cannot_be_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    (line,) = faults(tmp_path, text)
    assert line.startswith(said)


def test_of_sixty_keys_the_nearest_are_named() -> None:
    with pytest.raises(InputError) as caught:
        config.convert({"unheard": 1, "zzz": 2}, EngineSettings, "engine")
    known = len(msgspec.structs.fields(EngineSettings))
    assert caught.value.faults[0].startswith("engine: unheard: unknown key; did you mean `unheard_s`")
    assert caught.value.faults[1].startswith(
        f"engine: zzz: unknown key; of {known} known here none is like it"
    )
    assert all(len(line) < 120 for line in caught.value.faults)


def test_never_more_than_three_names_are_offered() -> None:
    words = tuple(f"key_{number}" for number in range(9))
    assert len(faultwords.near("key", words)) == faultwords.NEAREST
    assert faultwords.near("k" * 20_000, words) == ()
    assert faultwords.near("", words) == ()


def test_all_faults_are_still_told_at_once(tmp_path: Path) -> None:
    assert len(faults(tmp_path, "word: alfa\nat: 2026-04-05\nids: a\nshare: 2\ncolor: red\n")) == 5


def test_what_a_struct_itself_says_is_left_as_it_is() -> None:
    assert faultwords.wrong(3, int, "three is one too many") == "three is one too many"


def test_a_newcomers_scenario_is_told_in_words(tmp_path: Path) -> None:
    text = "site: {}\nitems: 10\nstarts_at: 2026-03-02\nfaults: [{fault: reader_ded, what: RD0001}]\n"
    said = faults(tmp_path, text, Scenario)
    assert "starts_at: 2026-03-02 has no time of day; write 2026-03-02T18:00:00" in said
    assert any("did you mean reader_dead?" in line for line in said)
    assert "faults[0].what: 'RD0001' stands alone; write it as a list: [RD0001]" in said
