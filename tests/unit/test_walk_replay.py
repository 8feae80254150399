"""`sim replay --sweeps`: what comes out of whole files, whatever they hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from helpers.walks import TAGS, Stock, save, save_expected, stock

from firmware_sim.commands import sim
from firmware_sim.walks.recording import read_expected, read_walk
from firmware_sim.walks.removing import Removal, remove
from firmware_sim.walks.replaying import replay_sweeps
from shelfwire.errors import InputError

SHOP = stock()


def files(folder: Path, count: int = 3, tags: Stock = SHOP) -> tuple[Path, list[Path]]:
    return save_expected(folder / "expected.csv", tags), [
        save(folder / f"walk{number}.csv", tags.walk(number)) for number in range(count)
    ]


def run(*words: object) -> tuple[int, str]:
    found = CliRunner().invoke(sim, ["replay", "--sweeps", *map(str, words)], standalone_mode=False)
    if found.exception is not None:
        raise found.exception
    return int(found.return_value), found.output


def test_the_report_says_of_each_walk_and_tag_what_is_thought_of_it(tmp_path: Path) -> None:
    expected, walks = files(tmp_path)
    out = tmp_path / "out.json"
    code, table = run("--expected", expected, "--reads", *walks, "--report", out)
    assert code == 0
    report: dict[str, Any] = json.loads(out.read_text())
    assert [walk["walk"] for walk in report["walks"]] == [1, 2, 3]
    for walk in report["walks"]:
        assert sum(walk["verdicts"].values()) == report["expected"] == TAGS
        assert walk["verdicts"]["read"] == walk["read"] == TAGS - walk["missing"]
        assert walk["verdicts"]["lost"] == len(walk["lost"]) == 0
        assert walk["verdicts"]["suspected"] == len(walk["suspected"])
    assert len(report["tags"]) == TAGS
    for tag in report["tags"]:
        assert all(0 <= share < 1 for share in tag["probabilities"])
        assert [one == "read" for one in tag["verdicts"]] == [reads > 0 for reads in tag["reads"]]
    assert len(table.splitlines()) == 5


def test_removed_tags_are_told_by_how_many_walks_were_silent(tmp_path: Path) -> None:
    expected, walks = files(tmp_path, 4)
    out = tmp_path / "out.json"
    code, table = run(
        "--expected", expected, "--reads", *walks, "--remove", 0.05, "--from-walk", 3, "--seed", 2, "--report", out
    )  # fmt: skip
    assert code == 0
    removed = json.loads(out.read_text())["removed"]
    assert [after["silent_walks"] for after in removed["after"]] == [1, 2]
    assert len(removed["tags"]) == removed["after"][0]["removed"] == 12
    assert removed["after"][1]["mean_probability"] > removed["after"][0]["mean_probability"]
    assert "12 tags taken out from walk 3 on" in table


def test_the_same_seed_takes_out_the_same_tags_and_another_seed_others() -> None:
    one, again, other = (Removal(0.1, 2, seed).tags(TAGS).tolist() for seed in (1, 1, 2))
    assert one == again != other
    assert len(one) == len(set(one)) == 24
    walks = SHOP.walks(2)
    left, out = remove(walks, Removal(0.1, 2, 1))
    assert (left[0].reads == walks[0].reads).all()
    assert (left[1].reads[out] == 0).all()
    with pytest.raises(InputError, match="there are 2 walks"):
        remove(walks, Removal(0.1, 3, 1))


def test_the_order_of_lines_and_columns_changes_nothing(tmp_path: Path) -> None:
    expected, (walk, *_) = files(tmp_path, 1)
    known = read_expected(expected)
    plain = read_walk(walk, known).sweep
    header, *lines = walk.read_text().splitlines()
    turned = [",".join(reversed(line.split(","))) for line in (header, *reversed(lines))]
    walk.write_text("\ufeff" + "\r\n".join(turned), encoding="utf-8")
    other = read_walk(walk, known).sweep
    assert other.session == plain.session
    for name in ("reads", "loud", "at"):
        np.testing.assert_allclose(getattr(other, name), getattr(plain, name))


def test_names_of_tags_are_compared_as_numbers_where_they_are_some(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("tag\n007\nE28011\n8.0\n")
    (tmp_path / "w.csv").write_text("t_ms;tag;rssi_dbm\n1;7;-60\n2;E28011;\n3;8;x\n4;;-50\n5;99;-50\n")
    known = read_expected(tmp_path / "e.csv")
    assert known.tags == ["7", "E28011", "8"]
    assert known.place is None
    walk = read_walk(tmp_path / "w.csv", known)
    assert walk.sweep.reads.tolist() == [1, 1, 0]
    assert (walk.strays, walk.left_out, walk.reads) == (1, 2, 3)
    assert [fault.rsplit("w.csv:", 1)[1] for fault in walk.faults] == [
        "4: rssi_dbm: 'x' is no number",
        "5: tag: is empty or unreadable",
    ]


def test_lines_at_fault_are_named_and_left_out_and_the_exit_code_is_1(tmp_path: Path) -> None:
    expected, walks = files(tmp_path, 2)
    with walks[1].open("ab") as file:
        file.write(b"S1,1,\xff\xfe,3,-50\n" + b"9" * 9_000 + b"\nS1,1,inf,3,-50\nS1,1\nS1,1,5,4,1e300\n")
    said: list[str] = []
    found = replay_sweeps(expected, walks, removal=None, say=lambda text: said.append(str(text)))
    assert found.left_out == len(said) == 5
    code, _ = run("--expected", expected, "--reads", *walks)
    assert code == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "is empty"), ("session,t_ms\nS1,5\n", "columns are missing: tag"), ("\n\n", "columns are missing")],
)
def test_a_file_that_cannot_be_used_at_all_is_named(tmp_path: Path, text: str, why: str) -> None:
    expected, walks = files(tmp_path, 1)
    walks[0].write_text(text)
    with pytest.raises(InputError, match=rf"walk0\.csv.*{why}"):
        run("--expected", expected, "--reads", walks[0])
    with pytest.raises(InputError, match="cannot be read"):
        run("--expected", expected, "--reads", tmp_path / "none.csv")
    walks[0].write_text("tag,panel\n,\n")
    with pytest.raises(InputError, match="holds no tag"):
        run("--expected", walks[0], "--reads", expected)


def test_a_walk_without_any_read_is_a_walk_that_proves_nothing(tmp_path: Path) -> None:
    expected, walks = files(tmp_path, 2)
    walks.append(tmp_path / "nothing.csv")
    walks[2].write_text("t_ms,tag,rssi_dbm\n")
    found = replay_sweeps(expected, walks, removal=None, say=lambda _: None)
    assert found.head["walks"][2]["verdicts"]["lost"] == 0
    assert found.head["walks"][2]["not_walked"] == TAGS
    assert any("nothing was looked at" in note for note in found.head["notes"])


@pytest.mark.parametrize(
    "words",
    [
        ["--reads", "a", "b", "--expected", "e"],
        ["--reads", "a", "--expected", "e", "--remove", "0.1"],
        ["--sweeps", "--reads", "a", "--expected", "e", "--seed", "1"],
        ["--sweeps", "--reads", "a"],
        ["--sweeps", "--zones", "--reads", "a", "--expected", "e"],
        ["--sweeps", "--window", "3", "--reads", "a", "--expected", "e"],
        ["--sweeps", "--speed", "1", "--reads", "a", "--expected", "e"],
    ],
)
def test_options_that_do_not_go_together_are_refused_before_anything_is_read(words: list[str]) -> None:
    assert CliRunner().invoke(sim, ["replay", *words]).exit_code == 2


def test_a_walk_of_strange_tags_says_so(tmp_path: Path) -> None:
    expected, (walk,) = files(tmp_path, 1)
    strange = tmp_path / "strange.csv"
    strange.write_text("t_ms,tag\n" + "".join(f"{at},X{at}\n" for at in range(50)))
    notes = replay_sweeps(expected, [strange, walk], removal=None, say=lambda _: None).head["notes"]
    assert f"{strange}: no expected tag was read; nothing was looked at" in notes
    assert any(
        note.startswith(f"{strange}: 50 of the 50 tags that were read are not among") for note in notes
    )
    assert not any(note.startswith(f"{walk}: ") for note in notes)


@pytest.mark.parametrize(
    ("text", "why"), [("nan", "t_ms: 'nan' is no time"), ("-", "'-' is no time"), (" ", "is empty")]
)
def test_a_time_that_is_no_number_is_not_called_empty(tmp_path: Path, text: str, why: str) -> None:
    expected, _ = files(tmp_path, 1)
    walk = tmp_path / "walk.csv"
    walk.write_text(f"t_ms,tag\n{text},1\n")
    assert why in read_walk(walk, read_expected(expected)).faults[0]
