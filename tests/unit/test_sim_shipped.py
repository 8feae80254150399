"""A shipped scenario is found by its bare name, and a start before the site was is named."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
import msgspec
import pytest
from helpers.sims import tiny_site

from firmware_sim import scenario
from firmware_sim.form import Scenario
from firmware_sim.impossible import on_site, valid_from
from firmware_sim.shipped import ScenarioFile, shipped
from shelfwire import cli
from shelfwire.data import config_file
from shelfwire.site.load import load_site


def convert(text: str) -> Path:
    found = ScenarioFile().convert(text, None, None)
    assert isinstance(found, Path)
    return found


@pytest.mark.parametrize("name", ["quiet_day", "quiet_day.yaml"])
def test_a_bare_name_is_a_shipped_scenario(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert convert(name) == config_file("scenarios/quiet_day.yaml")


def test_a_file_that_is_there_goes_before_a_shipped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("quiet_day.yaml").touch()
    assert convert("quiet_day.yaml") == Path("quiet_day.yaml")
    assert convert("quiet_day") == config_file("scenarios/quiet_day.yaml")


def test_an_unknown_name_is_told_with_those_shipped() -> None:
    with pytest.raises(click.BadParameter) as caught:
        convert("quiet_dey")
    assert "did you mean quiet_day?" in caught.value.message
    assert all(name in caught.value.message for name in shipped())


def test_a_path_is_never_looked_for_among_those_shipped(tmp_path: Path) -> None:
    with pytest.raises(click.BadParameter, match="does not exist"):
        convert(str(tmp_path / "quiet_day"))


@pytest.mark.parametrize(
    "command", [["score"], ["sim", "run"], ["sim", "watch"], ["sim", "readers"], ["demo", "--scenario"]]
)
def test_every_command_knows_the_names(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([*command, "quiet_dey"]) == 2
    assert "did you mean quiet_day?" in capsys.readouterr().err


local = datetime.fromisoformat


def starting(at: datetime, site: str = "a.yaml") -> Scenario:
    return Scenario(site=site, items=100, starts_at=at)


def test_a_start_before_the_site_is_valid_is_a_fault() -> None:
    # 1772409600: 2026-03-02 00:00 UTC, 08:00 in Shanghai
    site = msgspec.structs.replace(tiny_site(), timezone="Asia/Shanghai", valid_from_us=1_772_409_600_000_000)
    assert valid_from(site) == local("2026-03-02T08:00")
    early, due = starting(local("2026-03-02T07:59")), starting(local("2026-03-02T08:00"))
    assert any(
        line.startswith(
            "starts_at: 2026-03-02T07:59:00 is before the site's newest `valid_from`, 2026-03-02T08:00:00"
        )
        for line in on_site(early, site)
    )
    assert not any(line.startswith("starts_at") for line in on_site(due, site))


def test_a_story_in_another_library_is_told_on_the_same_weekday_when_that_library_stands() -> None:
    site = config_file("sites/small.yaml")
    early = local("2020-03-02T14:00")
    moved = scenario.at_site(starting(early), site)
    assert moved.starts_at is not None
    assert (moved.starts_at - early).days % 7 == 0
    assert moved.starts_at.hour == 14
    assert not any(line.startswith("starts_at") for line in on_site(moved, load_site(site).now))
    later = local("2090-01-02T03:04")
    assert scenario.at_site(starting(later), site).starts_at == later
