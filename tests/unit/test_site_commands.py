"""``shelfwire site`` as a person and as a program meet it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.sites import written

from shelfwire import cli, config, data
from shelfwire.site.load import load_site


def test_check_counts_floors_ranges_bays_shelves_and_antennas(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["site", "check", str(data.config_file("sites/small.yaml"))]) == 0
    said = capsys.readouterr().out
    assert "floor 1F: 4 ranges, 21 bays, 105 shelves, 0 of them without antenna" in said
    assert "93 antennas on 3 readers of 2 agents, 210 reference tags" in said


def test_check_with_faults_names_all_of_them_and_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bad.yaml"
    config.write(file, written(timezone="Mars", colour="red"))
    assert cli.run(["site", "check", str(file)]) == cli.WRONG_INPUT
    said = capsys.readouterr().err
    assert f"error: {file}: timezone:" in said
    assert f"error: {file}: colour: unknown key" in said


def test_check_for_programs_is_json_in_both_cases(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "site.yaml"
    config.write(file, written())
    assert cli.run(["site", "check", "--json", str(file)]) == 0
    good = json.loads(capsys.readouterr().out)
    assert good["ok"]
    assert good["shelves"] == 12
    config.write(file, written(timezone="Mars"))
    assert cli.run(["site", "check", "--json", str(file)]) == cli.WRONG_INPUT
    bad = json.loads(capsys.readouterr().out)
    assert not bad["ok"]
    assert len(bad["faults"]) == 1


def test_unwatched_shelves_are_a_note_and_no_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "site.yaml"
    config.write(file, written(antennas=[]))
    assert cli.run(["site", "check", str(file)]) == 0
    assert "12 shelves have no antenna" in capsys.readouterr().out


def test_draw_writes_one_floor_or_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = str(data.config_file("sites/medium.yaml")), tmp_path / "plan.svg"
    assert (
        cli.run(["site", "draw", source, "--floor", "2F", "--lang", "zh", "--dark", "--out", str(out)]) == 0
    )
    assert "2F-R01A-B01" in out.read_text(encoding="utf-8")
    assert "1F-R01A-B01" not in out.read_text(encoding="utf-8")
    capsys.readouterr()
    assert cli.run(["site", "draw", source]) == 0
    assert capsys.readouterr().out.startswith("<svg")


def test_draw_refuses_a_floor_that_is_not_there_and_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    source = str(data.config_file("sites/small.yaml"))
    assert cli.run(["site", "draw", source, "--floor", "9F"]) == cli.WRONG_INPUT
    assert cli.run(["site", "draw", source, "--out", str(tmp_path / "no" / "x.svg")]) == cli.WRONG_INPUT


def test_generate_makes_exactly_as_many_shelves_the_same_for_one_seed(tmp_path: Path) -> None:
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    for file in (one, two):
        assert (
            cli.run(
                ["site", "generate", "--shelves", "1237", "--floors", "3", "--seed", "4", "--out", str(file)]
            )
            == 0
        )
    assert one.read_bytes() == two.read_bytes()
    site = load_site(one).now
    assert len(site.shelves) == 1237
    assert len(site.floors) == 3
    assert len(site.heard_by) == 1237


def test_generate_refuses_what_cannot_be(tmp_path: Path) -> None:
    assert cli.run(["site", "generate", "--shelves", "0", "--out", str(tmp_path / "x")]) == cli.WRONG_INPUT
    assert (
        cli.run(["site", "generate", "--shelves", "9", "--out", str(tmp_path / "no" / "x")])
        == cli.WRONG_INPUT
    )


@pytest.mark.slow
def test_a_hundred_thousand_shelves_are_made_and_read_in_time(tmp_path: Path) -> None:
    file = tmp_path / "large.yaml"
    assert cli.run(["site", "generate", "--shelves", "100000", "--out", str(file)]) == 0
    assert len(load_site(file).now.shelves) == 100_000
