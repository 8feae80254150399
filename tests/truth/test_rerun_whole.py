"""A recorded run through a real journal and compaction, and again over it: with the same settings the same findings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from helpers.kept import KeptHub, simulated

from firmware_sim.direct.run import DirectRun
from hub.rerun.result import Comparison, Result
from hub.rerun.times import moment_us
from hub.rerun.work import Asked, rerun
from shelfwire import cli
from shelfwire.site.load import load_site

PEOPLE = {
    "hours": {"opens_h": 0, "closes_h": 24},
    "browse": 60,
    "borrow": 60,
    "return": 60,
    "take": 5,
    "stranger": 20,
}
BEGIN = "2030-03-04T22:00"
TICK_S = 45.0
"""A test cannot wait for the 3,600 ticks of an hour."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptHub]:
    """An hour of a library of ten shelves with readers and a desk; the second part is still in the journal."""
    simulation = simulated(
        500, lasts_h=1, people=PEOPLE, planted={"misplaced": 0.04}, polling={"dwell_ms": 1000, "every_s": 60}
    )
    hub = KeptHub(simulation, tmp_path_factory.mktemp("kept"), tick_s=TICK_S)
    run = DirectRun(simulation, [hub])
    run.run(simulation.start_us + 2_400_000_000)
    for finding in [one for one in hub.findings.values() if one.state == "open"][:2]:
        hub.ask("finding.dismiss", finding.id, {"reason": "an exhibition"}, run.now_us)
    hub.compact()
    run.run()
    hub.store()
    yield hub
    hub.close()


def again(hub: KeptHub, **settings: Any) -> Result:
    site = load_site(hub.files.site_files[0])
    other = msgspec.structs.replace(hub.files.engine_settings, **settings)
    from_us = moment_us(BEGIN, site.now.timezone, "--from")
    asked = Asked(
        files=hub.files, site=site, today=None, other=other, from_us=from_us, to_us=2**62, run_in_us=0, step_s=TICK_S
    )  # fmt: skip
    return rerun(asked)


def against_what_was(result: Result) -> Comparison:
    return next(one for one in result.comparisons if one.base == "really")


def test_the_same_settings_give_exactly_the_findings_that_were_and_end_as_people_ended_them(
    kept: KeptHub,
) -> None:
    result = again(kept)
    assert result.held.raw_files == result.held.journal_files == 1
    assert result.held.observations <= kept.observations  # strangers of the raw log are only counted
    assert result.held.acts_without_finding == 0
    compared = against_what_was(result)
    assert sum(row.base for row in compared.rows) == len(kept.findings) > 0
    assert "dismissed" in {one.state for one in kept.findings.values()}
    for row in compared.rows:
        assert (row.base, row.both, row.only_base, row.only_other) == (row.other, row.base, 0, 0)
        assert row.sooner == row.later == 0
        assert row.shift_s == 0
        assert row.base_open_h == row.other_open_h


@pytest.mark.slow
def test_other_settings_give_another_set_and_nothing_is_written_and_no_stranger_is_told(
    kept: KeptHub, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = kept.files.base
    kept.write_other("other.yaml", misplaced_looks=500)
    before = {path: path.read_bytes() for path in state_files(folder)}
    page = folder / "again.html"
    options = ["--config", str(folder / "other.yaml"), "--step", str(TICK_S), "--html", str(page), "--json"]
    assert cli.run(["hub", "rerun", "--from", BEGIN, *options]) == 0
    said = capsys.readouterr().out
    assert {path: path.read_bytes() for path in state_files(folder)} == before
    result = json.loads(said)
    assert [(one["name"], one["today"], one["other"]) for one in result["settings"]] == [
        ("misplaced_looks", 3, 500)
    ]
    assert [(one["base"], one["other"]) for one in result["comparisons"]] == [
        ("today", "other"), ("really", "other"), ("really", "today"),
    ]  # fmt: skip
    (row,) = [one for one in result["comparisons"][0]["rows"] if one["kind"] == "misplaced"]
    assert row["only_base"] == row["base"] > 0
    assert row["other"] == row["other_open_h"] == 0
    assert all(one["barcode"] for one in result["comparisons"][0]["examples"] if one["item_id"] >= 0)
    text = page.read_text(encoding="utf-8")
    assert "用历史数据重新运行" in text
    for epc in kept.strangers():
        assert epc not in said
        assert epc not in text


def test_a_damaged_file_is_named_and_passed_over_and_the_exit_code_says_so(
    kept: KeptHub, capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = kept.files.raw_log_dir.glob("*/*/*.parquet")
    whole = path.read_bytes()
    try:
        path.write_bytes(whole[: len(whole) // 2])
        options = ["--config", str(kept.files.path), "--step", str(TICK_S)]
        assert cli.run(["hub", "rerun", "--from", BEGIN, *options]) == cli.NEEDS_A_PERSON
        said = capsys.readouterr()
        assert str(path) in said.err
        assert "1 of the journal" in said.out
    finally:
        path.write_bytes(whole)


def test_a_time_of_which_nothing_is_kept_is_said_with_what_is(
    kept: KeptHub, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--config", str(kept.files.path), "--from", "2031-01-01"]
    assert cli.run(["hub", "rerun", *options]) == cli.WRONG_INPUT
    assert "what is kept begins at 2030-03-04 22:0" in capsys.readouterr().err


def state_files(folder: Path) -> list[Path]:
    """All that the hub keeps; SQLite's shared memory, in which readers note that they read, is no data."""
    found = (path for path in (folder / "state").rglob("*") if path.is_file())
    return sorted(path for path in found if not path.name.endswith("-shm"))
