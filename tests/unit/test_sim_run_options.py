"""Options of `sim run`: what does not go with --direct is named, and only what was given."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from firmware_sim.commands import run_command, sim

SCENARIO = str(Path(__file__).parents[2] / "config" / "scenarios" / "quiet_day.yaml")
NOT_WITH_DIRECT = {
    "--state": "state",
    "--report": "report.json",
    "--broker": "mosquitto",
    "--series": "influxdb",
}


@pytest.mark.parametrize("option", NOT_WITH_DIRECT)
def test_what_a_direct_run_does_not_take_is_named_alone(option: str, tmp_path: Path) -> None:
    value = NOT_WITH_DIRECT[option]
    given = str(tmp_path / value) if option in {"--state", "--report"} else value
    told = CliRunner().invoke(sim, ["run", SCENARIO, "--direct", "engine", option, given])
    assert told.exit_code == 2
    assert f"--direct takes no {option};" in told.output
    assert "shelfwire score" in told.output
    assert not any(other in told.output for other in NOT_WITH_DIRECT if other != option)


def test_several_options_that_a_direct_run_does_not_take_are_all_named() -> None:
    options = ["--broker", "amqtt", "--series", "influxdb"]
    told = CliRunner().invoke(sim, ["run", SCENARIO, "--direct", "broker", *options])
    assert "--direct takes no --broker and no --series;" in told.output


def test_help_says_which_options_do_not_go_with_direct() -> None:
    options = [one for one in run_command.params if isinstance(one, click.Option)]
    assert {one.opts[0] for one in options if "Not with --direct." in (one.help or "")} == set(
        NOT_WITH_DIRECT
    )
    assert "Not with --direct." in CliRunner().invoke(sim, ["run", "--help"]).output


def test_a_direct_run_says_that_it_judges_nothing_and_who_does(tmp_path: Path) -> None:
    path = tmp_path / "short.yaml"
    path.write_text(
        "site: {items_a_shelf: 15, reference_tags: 2}\nitems: 30\nstarts_at: 2026-03-02T10:00:00\nlasts_h: 0.1\n"
    )
    run = ["run", str(path), "--direct", "engine"]
    told = CliRunner().invoke(sim, run).output
    assert "not judged here" in told
    assert "`shelfwire score" in told
    assert "not judged" not in CliRunner().invoke(sim, [*run, "--json"]).output
