import json

import click
import pytest
from click.testing import CliRunner, Result

from shelfwire.errors import InputError
from shelfwire.tags.commands import tags

ALLIANCE = "1703000398130803F4040000"
ISO = "141CC04FC70BADB5C6E2DA1DED4DD319"
OBJECTS = "9100051CBE991A140201D0140204B34607441CB6E2E335D6830207ACC09EBAA06F6B0000"


def run(*args: str, given: str | bytes | None = None) -> Result:
    return CliRunner().invoke(tags, args, input=given, standalone_mode=False, catch_exceptions=True)


def test_a_tag_is_decoded_for_programs_with_the_promised_keys() -> None:
    said = json.loads(run("decode", ISO, "--pc", "45C2", "--json").output)
    assert said["family"] == "iso28560-4"
    assert (said["primary_item_id"], said["owner"], said["part"], said["parts"]) == (
        "12345678",
        "CH-000134-1",
        1,
        3,
    )
    assert (said["afi"], said["security"], said["tolerated"]) == ("C2", "off", [])


def test_a_tag_is_decoded_for_people() -> None:
    said = run("decode", ALLIANCE, "--pc", "3400", "--user", "0C02280810040001000100").output
    assert "primary_item_id       32103179" in said
    assert "element 3             10248  (owner institution)" in said
    assert "tolerated" in run("decode", ALLIANCE).output


def test_hf_memory_is_decoded_with_block() -> None:
    said = json.loads(run("decode", OBJECTS, "--block", "--dsfid", "06", "--afi", "07", "--json").output)
    assert (said["family"], said["primary_item_id"], said["security"]) == (
        "iso28560-2",
        "123456789012",
        "armed",
    )


def test_one_tag_a_line_is_read_from_standard_input() -> None:
    result = run(
        "decode",
        "-",
        "--json",
        given=f"{ALLIANCE},3400\n\n{ISO},45C2\n{ALLIANCE},3400,14020200\n{ALLIANCE}\n",
    )
    families = [json.loads(line) for line in result.stdout.splitlines()]
    assert [one["kind"] for one in families] == ["item", "item", "shelf_label", "item"]
    assert [one["tolerated"] for one in families][3] == ["pc_unknown"]
    assert result.return_value == 0


def test_lines_that_are_no_tag_are_named_and_the_others_are_decoded() -> None:
    result = run(
        "decode", "-", given=f"{ALLIANCE},3400\nXX\n{ALLIANCE},34\n{ISO},45C2,,\n".encode() + b"\xff\xfe00\n"
    )
    assert len(result.stdout.splitlines()) == 1
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == [
        "line 2",
        "line 3",
        "line 4",
        "line 5",
    ]
    assert result.return_value == 1


def test_a_bad_line_has_its_own_object_so_that_lines_stay_together() -> None:
    lines = run("decode", "-", "--json", given=f"XX\n{ALLIANCE}\n").stdout.splitlines()
    assert json.loads(lines[0])["line"] == 1
    assert json.loads(lines[1])["primary_item_id"] == "32103179"


@pytest.mark.parametrize(
    "args",
    [
        ["decode", "XX"],
        ["decode", ALLIANCE, "--block", "--pc", "3400"],
        ["decode", ALLIANCE, "--dsfid", "06"],
        ["decode", "-", "--user", "00"],
        ["decode", ALLIANCE, "--user", "0"],
        ["explain", "XX"],
        ["explain", OBJECTS, "--block", "--user", "00"],
        ["encode", "gxlm", "much-too-long-an-identifier"],
    ],
)
def test_wrong_input_is_told_in_words(args: list[str]) -> None:
    assert isinstance(run(*args).exception, InputError)


@pytest.mark.parametrize("pc", ["34", "XYZW", "123456"])
def test_a_wrong_pc_word_is_told_in_words(pc: str) -> None:
    fault = run("decode", ALLIANCE, "--pc", pc).exception
    assert isinstance(fault, click.BadParameter)
    assert "--pc" in fault.format_message()


def test_what_is_encoded_is_decoded_again() -> None:
    for family, owner in (("iso28560-3", "DK-718500"), ("iso28560-4", "DK-718500"), ("gxlm", "10248")):
        made = json.loads(run("encode", family, "32103179", "--owner", owner, "--lent", "--json").output)
        args = [made["block"], "--block"] if made["block"] else [made["epc"], "--pc", made["pc"]]
        args += ["--user", made["user"]] if made["user"] else []
        args += ["--dsfid", made["dsfid"], "--afi", made["afi"]] if made["block"] else []
        said = json.loads(run("decode", *args, "--json").output)
        assert (said["primary_item_id"], said["owner"], said["security"]) == ("32103179", owner, "off")


def test_explaining_names_every_field_without_colour_where_no_terminal_is() -> None:
    said = run("explain", OBJECTS, "--block").output
    assert "\x1b" not in said
    assert "1CBE991A14" in said
    assert "primary item identifier        123456789012" in said
    fields = json.loads(run("explain", ISO, "--pc", "45C2", "--json").output)["fields"]
    assert "".join(one["hex"] for one in fields) == "45C2" + ISO


def test_a_terminal_shows_the_fields_in_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[" in run("explain", OBJECTS, "--block").output


def test_a_tag_cannot_steer_the_terminal() -> None:
    evil = "1107" + b"\x1b[2J\x07ok".hex()
    memory = "61" + evil[2:]
    for args in (
        ["decode", memory, "--block"],
        ["explain", memory, "--block"],
        ["decode", memory, "--block", "--json"],
    ):
        assert "\x1b" not in run(*args).output
    seven = "7107" + "\x9b2Jab\x07".encode().hex()
    assert "\x9b" not in run("decode", seven, "--block", "--json").output
    assert json.loads(run("decode", seven, "--block", "--json").output)["primary_item_id"] == "\x9b2Jab\x07"


def test_a_patrons_card_is_not_taken_apart() -> None:
    card = "610750313233343536" + "650181"
    said = run("explain", card, "--block").output
    assert "patron" in said
    assert "503132" not in said
    assert "P123456" not in said
    assert "503132" not in run("explain", card, "--block", "--json").output


def test_a_gs1_tag_needs_a_serial_because_copies_would_be_one_tag() -> None:
    bare = run("encode", "gs1", "9780306406157")
    assert isinstance(bare.exception, InputError)
    assert "--serial: is missing" in str(bare.exception)
    tags_made = {run("encode", "gs1", "9780306406157", "--serial", number).output for number in ("1", "2")}
    assert len(tags_made) == 2
