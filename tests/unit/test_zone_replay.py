"""`sim replay --zones`: what comes out of whole files, whatever they hold."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from helpers.zones import rows, save

from firmware_sim.commands import sim
from firmware_sim.zones.recording import Language, read_calibration
from firmware_sim.zones.replaying import least_doubt, replay_zones, windows_a_zone
from shelfwire.errors import InputError

KNOWN = rows()


def replay(
    tmp_path: Path, known: list[str], reads: list[str], *, window_s: float = 5.0, smooth: bool = False
) -> dict[str, Any]:
    found = replay_zones(
        save(tmp_path / "cal.csv", known),
        save(tmp_path / "reads.csv", reads),
        window_s=window_s,
        smooth=smooth,
        say=lambda _: None,
    )
    found.write(tmp_path / "out.json")
    report: dict[str, Any] = json.loads((tmp_path / "out.json").read_text())
    for row in report["windows"]:
        assert row["to_s"] == pytest.approx(row["from_s"] + window_s)
        shares = list(row["zones"].values())
        if row["zone"] is None:
            assert (row["reads"], row["probability"], shares) == (0, None, [])
            continue
        assert all(math.isfinite(share) and 0 < share < 1 for share in shares) or len(shares) == 1
        assert sum(shares) == pytest.approx(1, abs=1e-4)
        assert row["probability"] == row["zones"][row["zone"]] == max(shares)
    return report


def test_it_beats_the_loudest_antenna_and_the_plain_likelihood_on_reads_it_has_not_seen(
    tmp_path: Path,
) -> None:
    scored = replay(tmp_path, rows(stays=6), rows(seed=2, from_s=5_000, stays=6))["scored"]
    for rival in ("loudest_antenna", "plain_likelihood"):
        assert scored["model"]["accuracy"] >= scored[rival]["accuracy"]
    assert scored["model"]["log_loss"] < scored["plain_likelihood"]["log_loss"]


def test_the_held_out_figures_stand_beside_those_of_the_rules(tmp_path: Path) -> None:
    known = replay(tmp_path, KNOWN, rows(seed=2, stays=1))["calibration"]["known_tags"]
    assert known["held_out"]["held_out"] == "stays"
    assert {"model", "window_alone", "loudest_antenna", "plain_likelihood"} <= known["held_out"].keys()
    assert 0.5 < known["held_out"]["model"]["accuracy"] <= 1
    assert all(weight >= 0 for weight in known["weights"].values())


def test_the_order_of_the_lines_changes_nothing(tmp_path: Path) -> None:
    reads = rows(seed=2, stays=1)
    turned = np.random.default_rng(3).permutation(len(KNOWN))
    one = replay(tmp_path, KNOWN, reads)
    assert replay(tmp_path, KNOWN, reads[::-1])["windows"] == one["windows"]
    two = replay(tmp_path, [KNOWN[at] for at in turned], reads)
    for left, right in zip(one["windows"], two["windows"], strict=True):
        assert left["zones"] == pytest.approx(right["zones"], abs=1e-3)


def test_another_unit_of_loudness_in_both_files_changes_next_to_nothing(tmp_path: Path) -> None:
    one = replay(tmp_path, KNOWN, rows(seed=2, stays=2))["scored"]["model"]
    other = replay(tmp_path, rows(scale=37.0), rows(seed=2, stays=2, scale=37.0))["scored"]["model"]
    assert other["accuracy"] == pytest.approx(one["accuracy"], abs=0.03)


def test_another_unit_in_the_reads_alone_is_told(tmp_path: Path) -> None:
    notes = replay(tmp_path, KNOWN, rows(seed=2, stays=1, scale=37.0))["notes"]
    assert any("another unit" in note for note in notes)


@pytest.mark.parametrize("loudness", ["-60", "", "nan"])
def test_without_loudness_counts_alone_speak(tmp_path: Path, loudness: str) -> None:
    def flat(lines: list[str]) -> list[str]:
        return [",".join([*line.split(",")[:3], loudness, *line.split(",")[4:]]) for line in lines]

    report = replay(tmp_path, flat(KNOWN), flat(rows(seed=2, stays=2)))
    assert report["scored"]["model"]["accuracy"] > 0.5
    assert any("constant or not told" in note for note in report["notes"])


def test_a_window_without_reads_keeps_what_was_believed_and_fades_to_the_prior(tmp_path: Path) -> None:
    reads = [line for line in rows(seed=2, tags=("A",), stays=1, stay_s=10) if float(line.split(",")[0]) < 10]
    again = [f"{float(line.split(',')[0]) + 3_600},{line.split(',', 1)[1]}" for line in reads]
    windows = replay(tmp_path, KNOWN, reads + again)["windows"]
    silent = [row for row in windows if row["reads"] == 0]
    assert len(silent) == 60
    assert silent[0]["zone"] == windows[1]["zone"]
    assert windows[1]["probability"] > silent[0]["probability"] > silent[-1]["probability"]


def test_tags_that_were_not_calibrated_are_judged_and_told(tmp_path: Path) -> None:
    report = replay(tmp_path, rows(tags=("A", "B", "C")), rows(seed=2, tags=("X", "Y"), stays=2))
    assert report["calibration"]["other_tags"]["held_out"]["held_out"] == "tags"
    assert any("2 tags are not in the calibration" in note for note in report["notes"])
    assert report["scored"]["model"]["accuracy"] > 0.6


def test_an_antenna_that_was_never_calibrated_says_nothing(tmp_path: Path) -> None:
    reads = rows(seed=2, stays=1)
    strange = [f"{at},99,A,-10,,,z1" for at in range(60)] + ["999,99,Z,-10,,,z1"]
    one, two = replay(tmp_path, KNOWN, reads), replay(tmp_path, KNOWN, reads + strange)
    heard = [row for row in two["windows"] if row["reads"]]
    assert heard == [row for row in one["windows"] if row["reads"]]
    assert two["reads"]["unknown_antennas"] == ["99"]
    assert [row["zone"] for row in two["windows"] if row["tag"] == "Z"] == [None]
    assert any(note.startswith("1 windows have no answer") for note in two["notes"])


def test_before_the_first_usable_read_there_is_no_answer_and_after_it_there_is(tmp_path: Path) -> None:
    reads = ["1,99,A,-10,,,", "7,1,A,-55,,,", "12,99,A,-10,,,"]
    windows = replay(tmp_path, KNOWN, reads)["windows"]
    assert [row["zone"] is None for row in windows] == [True, False, False]


def test_few_calibration_windows_make_no_answer_sure_and_are_told(tmp_path: Path) -> None:
    few = [f"{at * 200},{1 + zone},A,-6{at},,,z{zone}" for zone in range(2) for at in range(3)]
    few = [f"{float(line.split(',')[0]) + 1_000 * int(line[-1])},{line.split(',', 1)[1]}" for line in few]
    report = replay(tmp_path, few, [f"{9_000 + at},1,A,-60,,,z0" for at in range(60)])
    assert {row["zone"] for row in report["windows"]} == {"z0"}
    assert max(row["probability"] for row in report["windows"]) < 0.95
    assert any("3 windows a zone" in note and "12% of what is shown" in note for note in report["notes"])
    assert not any("windows a zone" in note for note in replay(tmp_path, KNOWN, KNOWN)["notes"])


def test_doubt_goes_by_the_number_of_calibration_windows(tmp_path: Path) -> None:
    assert least_doubt(0) == 0.5
    assert least_doubt(998) == pytest.approx(0.001)
    seen = read_calibration(
        save(tmp_path / "c.csv", ["0,1,A,,,,a", "1,1,A,,,,a", "9,1,A,,,,a", "9,1,A,,,,b"]), Language()
    )
    assert windows_a_zone(seen.reads, 5.0, 2) == 1.5


def test_a_zone_in_the_reads_that_was_never_calibrated_is_told(tmp_path: Path) -> None:
    reads = ["1,1,A,-55,,,z0", "7,1,A,-55,,,cellar", "13,1,A,-55,,,"]
    report = replay(tmp_path, KNOWN, reads)
    assert any("1 zones that the calibration does not know (cellar)" in note for note in report["notes"])
    assert report["scored"]["model"]["windows"] == 1


def test_reads_that_all_cannot_be_used_end_as_such_a_calibration_does(tmp_path: Path) -> None:
    for known, reads in ((KNOWN, ["broken", "too"]), (["broken", "too"], KNOWN)):
        with pytest.raises(InputError, match="holds no read that can be used"):
            replay(tmp_path, known, reads)


@pytest.mark.parametrize("mark", [",", ";"])
def test_decimal_commas_are_named_once(tmp_path: Path, mark: str) -> None:
    known, reads = tmp_path / "c.csv", tmp_path / "r.csv"
    said: list[object] = []
    head = "t_s,antenna,tag,rssi_dbm,zone".replace(",", mark)
    lines = [mark.join([f"{at},5", "1", "A", "-60", "z0"]) for at in range(50)]
    known.write_text("\n".join([head, *lines, mark.join(["1", "1", "A", "-60", "z0"]), ""]))
    save(reads, KNOWN)
    replay_zones(known, reads, window_s=5.0, smooth=False, say=said.append)
    assert len(said) == 1
    assert "decimal comma" in str(said[0])
    assert "49 more lines" in str(said[0])


@pytest.mark.parametrize("code", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_named_as_the_cause(tmp_path: Path, code: str) -> None:
    path = save(tmp_path / "c.csv", KNOWN)
    path.write_bytes(path.read_text().encode(code))
    with pytest.raises(InputError, match="UTF-16; save it as UTF-8") as told:
        read_calibration(path, Language())
    assert len(told.value.faults) == 1


def test_without_a_report_the_first_answers_are_shown_to_people(tmp_path: Path) -> None:
    given = ["replay", "--zones", "--calibrate", str(save(tmp_path / "cal.csv", KNOWN))]
    given += ["--reads", str(save(tmp_path / "reads.csv", rows(seed=2, stays=3))), "--window", "2"]
    done = CliRunner().invoke(sim, given, standalone_mode=False)
    assert json.loads(done.stdout)["zones"]
    shown = done.stderr.splitlines()
    assert shown[0].split() == ["tag", "window,", "s", "reads", "zone", "probability"]
    assert len(shown) == 22
    assert shown[-1].endswith("more; --report FILE has all")


def test_a_dead_antennas_silence_is_no_evidence(tmp_path: Path) -> None:
    reads = [line for line in rows(seed=2, stays=6) if line.split(",")[1] != "2"]
    report = replay(tmp_path, KNOWN, reads, window_s=1.0)
    assert report["reads"]["antennas_off_for_a_time"] == ["2"]
    assert report["scored"]["model"]["accuracy"] > 0.5


def test_one_zone_and_one_read_are_enough_to_go_on(tmp_path: Path) -> None:
    report = replay(tmp_path, ["0,1,A,-60,,,only"], ["5,1,B,-70,,,"])
    assert [(row["zone"], row["probability"]) for row in report["windows"]] == [("only", 1.0)]
    assert any("one zone only" in note for note in report["notes"])


def test_two_zones_of_one_read_each_promise_little(tmp_path: Path) -> None:
    report = replay(tmp_path, ["0,1,A,-60,,,a", "100,2,A,-60,,,b"], ["500,1,A,-60,,,"])
    assert report["windows"][0]["zone"] == "a"
    assert report["windows"][0]["probability"] < 0.9


def test_no_reads_at_all_give_an_empty_report(tmp_path: Path) -> None:
    report = replay(tmp_path, KNOWN, [])
    assert report["windows"] == []
    assert any("holds no read" in note for note in report["notes"])


def test_zones_that_were_recorded_one_by_one_from_0_are_taken_apart(tmp_path: Path) -> None:
    begun: dict[str, float] = {}
    anew = []
    for line in KNOWN:
        cells = line.split(",")
        begun.setdefault(cells[6], 0.0)
        begun[cells[6]] += 0.1
        anew.append(",".join([f"{begun[cells[6]]:.2f}", *cells[1:]]))
    report = replay(tmp_path, anew, rows(seed=2, stays=2))
    assert any("several zones at once" in note for note in report["notes"])
    assert report["scored"]["model"]["accuracy"] > 0.6


def test_a_zone_with_hardly_a_read_draws_nothing_to_itself(tmp_path: Path) -> None:
    report = replay(tmp_path, [*KNOWN, "4000,1,A,-55,,,rare"], rows(seed=2, stays=3))
    assert sum(row["zone"] == "rare" for row in report["windows"]) < 0.05 * len(report["windows"])


def test_with_later_windows_it_is_no_worse(tmp_path: Path) -> None:
    reads = rows(seed=2, stays=4)
    alone = replay(tmp_path, rows(stays=6), reads, window_s=1.0)
    both = replay(tmp_path, rows(stays=6), reads, window_s=1.0, smooth=True)
    assert both["scored"]["model"]["accuracy"] >= alone["scored"]["model"]["accuracy"] - 0.01


def test_a_window_too_long_for_the_calibration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="choose shorter windows"):
        replay(tmp_path, KNOWN, KNOWN, window_s=80_000.0)


def test_the_command_names_lines_at_fault_and_ends_with_1(tmp_path: Path) -> None:
    save(tmp_path / "cal.csv", [*KNOWN, "broken"])
    save(tmp_path / "reads.csv", rows(seed=2, stays=1))
    given = [
        "replay",
        "--zones",
        "--calibrate",
        str(tmp_path / "cal.csv"),
        "--reads",
        str(tmp_path / "reads.csv"),
    ]
    done = CliRunner().invoke(
        sim, [*given, "--window", "5", "--report", str(tmp_path / "o.json")], standalone_mode=False
    )
    assert done.return_value == 1
    assert f"cal.csv:{len(KNOWN) + 2}: 1 columns instead of 7" in done.stderr
    assert json.loads(done.stdout)["calibration"]["left_out"] == 1
    assert json.loads((tmp_path / "o.json").read_text())["windows"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--zones"], "needs --calibrate"),
        (["--window", "5"], "go only with --zones"),
        ([], "--expected is missing"),
        (["--zones", "--calibrate", "c", "--speed", "1"], "takes no --expected"),
    ],
)
def test_options_that_do_not_go_together_are_refused(given: list[str], words: str) -> None:
    done = CliRunner().invoke(sim, ["replay", "--reads", "r.csv", *given])
    assert done.exit_code == 2
    assert words in done.stderr
