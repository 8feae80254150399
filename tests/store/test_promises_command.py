"""``shelfwire hub promises`` says how right the findings were, or that nobody knows yet."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from helpers.store import finding

from hub.commands import hub
from hub.effects import PutFinding
from hub.store.migrate import upgrade
from hub.store.write import StoreWriter
from shelfwire import config
from shelfwire.data import config_file


@pytest.fixture
def hub_file(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    path = tmp_path / "hub.yaml"
    config.write(path, {"sites": [str(config_file("sites/small.yaml"))], "state_dir": "state"})
    upgrade(f"sqlite:///{tmp_path / 'state' / 'hub.db'}")
    return path


def ended(hub_file: Path, kind: str, *, right: int, wrong: int, days_ago: int = 1) -> None:
    """Findings of 97 % that people have answered."""
    at_us = time.time_ns() // 1000 - days_ago * 86_400_000_000
    found = []
    for n in range(right + wrong):
        told, state = ("as_said", "resolved") if n < right else ("in_place", "dismissed")
        why = {"promised": 0.97, "told": told}
        found.append(
            PutFinding(finding(f"{kind}{days_ago}-{n}", kind=kind, state=state, why=why, changed_at_us=at_us))
        )
    writer = StoreWriter(f"sqlite:///{hub_file.parent / 'state' / 'hub.db'}")
    writer.apply("demo", found, 1, at_us)
    writer.close()


def asked(hub_file: Path, *more: str) -> tuple[int, str]:
    done = CliRunner().invoke(hub, ["promises", "--config", str(hub_file), *more], standalone_mode=False)
    assert done.exception is None, done.exception
    return int(done.return_value), done.output


def test_of_a_new_hub_nothing_is_claimed(hub_file: Path) -> None:
    code, said = asked(hub_file)
    assert code == 0
    assert said.startswith("No finding ended in this time.")


def test_of_a_few_answers_nothing_is_claimed(hub_file: Path) -> None:
    ended(hub_file, "misplaced", right=5, wrong=1)
    code, said = asked(hub_file)
    assert code == 0
    assert "6 answers about findings at ≥ 95% so far: too few" in said


def test_a_row_of_few_answers_holds_their_number_and_no_share(hub_file: Path) -> None:
    ended(hub_file, "missing", right=1, wrong=0)
    ended(hub_file, "misplaced", right=19, wrong=1)
    rows = {line.split()[0]: line.split() for line in asked(hub_file)[1].splitlines() if line.strip()}
    assert rows["missing"] == ["missing", "97.0%", "1", "of", "1", "-", "1", "0"]
    assert rows["misplaced"][:3] == ["misplaced", "97.0%", "95.0%"]


def test_the_share_comes_with_what_luck_makes_of_it(hub_file: Path) -> None:
    ended(hub_file, "misplaced", right=98, wrong=2)
    code, said = asked(hub_file)
    assert code == 0
    assert "Of 100 findings at ≥ 95%, 98.0% were right (93.0%-99.4%)." in said


def test_a_kind_that_is_wrong_more_often_than_by_luck_needs_a_person(hub_file: Path) -> None:
    ended(hub_file, "misplaced", right=98, wrong=2)
    ended(hub_file, "missing", right=30, wrong=20)
    code, said = asked(hub_file)
    assert code == 1
    assert "warning: missing: promised 97.0%, right 60.0% of 50" in said


def test_what_ended_before_the_days_does_not_count(hub_file: Path) -> None:
    ended(hub_file, "misplaced", right=5, wrong=0, days_ago=40)
    ended(hub_file, "misplaced", right=30, wrong=0)
    _, said = asked(hub_file, "--days", "7", "--json")
    assert json.loads(said)["all"]["right"] == 30
