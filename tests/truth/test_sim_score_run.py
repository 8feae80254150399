"""Hub and rivals on the same reads of a small library, through the command."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from firmware_sim import scenario as scenarios
from firmware_sim.scoring.report import Report
from firmware_sim.scoring.results import RunResult
from firmware_sim.scoring.runs import run
from hub.findings.confidence import Calibration
from shelfwire.cli import run as shelfwire

SMALL = """
site: {items_a_shelf: 20, antenna_for: shelf, reference_tags: 2}
items: 160
starts_at: 2026-03-02T18:00:00
lasts_h: 5
polling: {dwell_ms: 1000, every_s: 300}
stocking: {dead: 0}
planted: {misplaced: 0.1, on_loan: 0.05, missing: 0.03}
people: {}
engine: {closing: "22:00", opening: "08:00", unheard_s: 700}
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


def scored(path: Path, seed: int) -> RunResult:
    return run(scenarios.load(path), path, seed)


@pytest.mark.slow
def test_the_hub_finds_what_is_misplaced_and_the_same_seed_gives_the_same_score(small: Path) -> None:
    result = scored(small, 1)
    assert msgspec.structs.replace(scored(small, 1), seconds=0.0) == msgspec.structs.replace(
        result, seconds=0.0
    )
    assert [one.name for one in result.subjects] == ["hub", "loudest", "timeout", "smurf"]
    assert result.nights == 1.0
    assert result.reads > 5_000
    misplaced = [one.findings["misplaced"] for one in result.subjects]
    assert {one.found + one.missed for one in misplaced} == {result.due["misplaced"]}
    assert result.due["misplaced"] >= 4
    assert misplaced[0].found >= result.due["misplaced"] - 1
    hub = result.subjects[0]
    assert all(one.raw is not None for one in hub.said)
    assert sum(one.cases for one in hub.confidence.bins) == sum(
        one.true + one.false for one in hub.findings.values()
    )
    assert hub.places.standing_shelf / hub.places.standing > 0.9
    assert all(one.places.books == hub.places.books for one in result.subjects)


@pytest.mark.slow
def test_a_score_that_was_stopped_goes_on_where_it_was(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work, out = tmp_path / "work", tmp_path / "out.json"
    page, table = tmp_path / "out.html", tmp_path / "out.md"
    args = ["score", str(small), "--work", str(work), "--jobs", "1", "--items", "100"]
    assert shelfwire([*args, "--seed", "1"]) == 0
    (kept,) = work.glob("small-1-*.json")
    made_ns = kept.stat().st_mtime_ns
    outputs = ["--report", str(out), "--html", str(page), "--table", str(table)]
    assert shelfwire([*args, "--seed", "1", "--seed", "2", *outputs]) == 0
    assert kept.stat().st_mtime_ns == made_ns
    assert len(list(work.glob("*.json"))) == 2
    report = msgspec.json.decode(out.read_bytes(), type=Report)
    assert report.scenarios[0].seeds == [1, 2]
    assert "</html>" in page.read_text()
    assert "small" in table.read_text()
    assert "false missing" in capsys.readouterr().out
    curves = ["--fit-confidence", str(tmp_path / "curves.json")]
    assert shelfwire([*args, "--seed", "1", *curves]) == 2
    assert "two seeds" in capsys.readouterr().err
    assert shelfwire([*args, "--seed", "1", "--seed", "2", *curves]) == 0
    assert "that the curves have not seen" in capsys.readouterr().out
    learned = msgspec.json.decode((tmp_path / "curves.json").read_bytes(), type=Calibration)
    assert "seeds 1, 2" in learned.about


def test_what_is_impossible_is_named_before_any_work(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small.write_text(SMALL + "faults: [{fault: reader_dead, what: [RD9999]}]\n")
    work = tmp_path / "work"
    assert shelfwire(["score", str(small), "--work", str(work)]) == 2
    assert "RD9999" in capsys.readouterr().err
    assert (
        shelfwire(["score", str(small), "--work", str(work), "--report", str(tmp_path / "no" / "out.json")])
        == 2
    )
    assert "make it first" in capsys.readouterr().err
    assert shelfwire(["score", str(small), "--work", str(work), "--seed", "-4"]) == 2
    assert not work.exists()


DESK = """
site: {items_a_shelf: 20, antenna_for: shelf, reference_tags: 2}
items: 200
starts_at: 2026-03-02T10:00:00
lasts_h: 3
polling: {dwell_ms: 1000, every_s: 300}
stocking: {dead: 0}
planted: {unchecked: 0.04, held: 0.08, security_off: 0.08}
engine: {closing: "22:00", opening: "08:00", unheard_s: 700}
"""


def test_what_catalogue_and_gate_say_of_books_on_shelves_is_found_with_its_kind(tmp_path: Path) -> None:
    path = tmp_path / "desk.yaml"
    path.write_text(DESK)
    result = scored(path, 1)
    hub = result.subjects[0].findings
    for kind in ("unexpected", "held", "security"):
        told = hub[kind]
        assert told.true >= 4, kind
        assert told.false == 0, kind
