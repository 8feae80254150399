"""What cannot be is named with its path, all of it at once."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from helpers.sims import tiny_site

from firmware_sim import scenario
from firmware_sim.form import Scenario
from firmware_sim.impossible import in_file, mean_thickness_mm, on_site
from firmware_sim.world.habits import Stocking
from shelfwire import cli, config
from shelfwire.errors import InputError

HEAD = "site: {}\nitems: 100\n"


def read(tmp_path: Path, text: str) -> list[str]:
    """The faults of a scenario of `text`."""
    path = tmp_path / "s.yaml"
    path.write_text(text if text.startswith("site") else HEAD + text)
    with pytest.raises(InputError) as caught:
        scenario.load(path)
    assert all(line.startswith(str(path)) for line in caught.value.faults)
    return [line.removeprefix(f"{path}: ") for line in caught.value.faults]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("faults: [{fault: flood}]", "faults[0].fault: 'flood' is not known; write agent_killed, antenna_unplugged"),
        ("faults: [{fault: cable_loss}]", "faults[0]: cable_loss: needs `amount`, in dB, from 0.1 to 60"),
        ("faults: [{fault: cable_loss, amount: 61}]", "amount 61 is out of range; dB, from 0.1 to 60"),
        ("faults: [{fault: link_lossy, amount: 1}]", "amount 1 is out of range; share of packets"),
        ("faults: [{fault: link_cut, amount: 1}]", "link_cut: takes no `amount` (1)"),
        ("faults: [{fault: reader_reboot, for_h: 1}]", "reader_reboot: takes no `for_h`"),
        ("faults: [{fault: reader_dead, what: [R1], share: 0.1}]", "has `what` and `share`; choose one"),
        ("faults: [{fault: hub_killed, what: [hub]}]", "hub_killed: takes neither `what` nor `share`"),
        ("faults: [{fault: hub_killed, at_h: 24}]", "hub_killed: begins after the end, at 24 h"),
        ("people: {hours: {opens_h: 9, closes_h: 9}}", "people.hours: opens at 9 and closes at 9"),
        ("people: {hours: {busiest_h: 23}}", "people.hours.busiest_h: 23 is outside the opening hours"),
        ("people: {hours: {closed_weekdays: [0, 1, 2, 3, 4, 5, 6]}}", "closed on all days"),
        ("people: {hours: {closed_weekdays: [7]}}", "people.hours.closed_weekdays[0]"),
        ("people: {browse_s: [9, 4]}", "people.browse_s: 9 is more than 4; write the smaller one first"),
        ("people: {put_back_elsewhere: 0.2}", "put_back_right, …_next_shelf, …_on_top and …_elsewhere are 1.19 together"),
        ("people: {truck_every_h: 0.000000000001}", "people.truck_every_h: 1e-12 does not fit; write a number from 0.01"),
        ("people: {dance: 1}", "people.dance: unknown key"),
        ("people_after_s: 90000\npeople: {}", "people_after_s: 90000 s is after the end, at 86400 s"),
        ("planted: {missing: 0.6, on_loan: 0.6}", "planted: misplaced, missing, on_loan, unchecked, on_top, in_processing, held and security_off are 1.2"),
        ("stocking: {weak: 0.9, dead: 0.2}", "stocking: fore_edge, near_metal, weak and dead are 1.27 together"),
        ("stocking: {thickness_mm: [0, 4]}", "a book is 1 mm thick at least"),
        ("radio: {own_read: 1}", "radio.own_read"),
        ("mass_moves: [{at_h: 30, of: 1F-R01, to: 1F-R02}]", "mass_moves[0].at_h: 30 h is after the end, at 24 h"),
        ("starts_at: 1969-12-31T08:00:00", "starts_at: 1969 is out of range; take a year from 1971 to 2104"),
        ("starts_at: 9999-12-31T08:00:00", "starts_at: 9999 is out of range"),
        ("starts_at: 2026-03-02T08:00:00Z", "has a zone; write the local time at the site, without one"),
        ("again_every_s: 5", "again_every_s: there is no story to begin anew"),
        ("story: [{at_s: 9, do: take}]\nagain_every_s: 5", "again_every_s: 5 s is before the story's last line, at 9 s"),
        ("lasts_h: 0.001\nstory: [{at_s: 9, do: take}]", "story: its last line, at 9 s, is after the end, at 3.6 s"),
        ("story: [{at_s: 1, do: unplug}]", "story[0]: unplug at 1 s: needs `what`"),
        ("story: [{at_s: 1, do: fix, same_as: 9}]", "story[0]: fix at 1 s: no line stands at same_as 9 s"),
        ("story: [{at_s: 1, do: fix, same_as: 1}]", "same_as 1 s is not earlier"),
        ("engine: {stale_after_s: -1, speed: 9}", "engine.speed: unknown key"),
        ("engine: {stale_after_s: -1}", "engine.stale_after_s"),
        ("sweeps: {nightly: 25 o'clock}", "sweeps.nightly"),
        ("catalog: nowhere.csv\npeople: {}", "catalog: 'nowhere.csv' is no file beside the scenario"),
        ("site: here.yaml\nitems: 1", "site: 'here.yaml' is no file beside the scenario"),
        ("site: {antenna_for: nothing}\nitems: 1", "site.antenna_for"),
        ("site: {}\nitems: 0", "items"),
        ("site: {}\nitems: 30000000", "items"),
    ],
)  # fmt: skip
def test_the_impossible_is_named_with_its_path(tmp_path: Path, text: str, words: str) -> None:
    faults = read(tmp_path, text)
    assert any(words in line for line in faults), faults


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = "people: {browse_s: [9, 4]}\nplanted: {missing: 2}\nlasts_h: -1\n"
    assert len(read(tmp_path, text)) == 2  # the shape first
    text = "people: {browse_s: [9, 4]}\nplanted: {missing: .7, on_loan: .7}\nfaults: [{fault: cable_loss}]\n"
    assert len(read(tmp_path, text)) == 3


def made(tmp_path: Path, text: str) -> Scenario:
    """A scenario of `text`, unchecked but for its shape."""
    path = tmp_path / "s.yaml"
    path.write_text(HEAD + text)
    return config.read(path, Scenario)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("faults: [{fault: antenna_unplugged, what: [ant-9999]}]", "faults[0]: antenna_unplugged: the site has no antenna 'ant-9999'; there are 48: ant-0000, ant-0001, ant-0002, ant-0003, ant-0004, …"),
        ("faults: [{fault: reader_dead, what: [R1, R7]}]", "faults[0]: reader_dead: the site has no reader 'R7'; there are 2: R1, R2"),
        ("faults: [{fault: link_cut, what: [R1]}]", "faults[0]: link_cut: the site has no agent 'R1'"),
        ("readers: {R9: impinj-iot}", "readers: the site has no reader 'R9'"),
        ("story: [{at_s: 1, do: unplug, what: R1}]", "story[0]: unplug at 1 s: there is no antenna 'R1'"),
        ("story: [{at_s: 1, do: reader_dies, what: R7}]", "story[0]: reader_dies at 1 s: there is no reader 'R7'"),
        ("story: [{at_s: 1, do: kill, what: cat}]", "story[0]: kill at 1 s: there is no process 'cat'"),
        ("story: [{at_s: 1, do: take, of: 9F-R01}]", "story[0]: take at 1 s: the site has no range, face, bay or shelf '9F-R01'"),
        ("mass_moves: [{at_h: 1, of: 9F, to: 1F-R01}]", "mass_moves[0]: of: the site has no range, face or bay '9F'"),
        ("mass_moves: [{at_h: 1, of: 1F-R01, to: 1F-R01A}]", "mass_moves[0]: to: 1F-R01A and 1F-R01 share boards"),
        ("mass_moves: [{at_h: 1, of: 1F-R01, to: 1F-R02A}]", "mass_moves[0]: to: 1F-R02A has 12 boards, and 1F-R01 has 24"),
        ("stocking: {fill: 0.02, thickness_mm: [30, 30]}", "items: 100 of 30.0 mm in the mean need 3.0 m of board, and the 1 boards that are used have 0.9 m"),
    ],
)  # fmt: skip
def test_places_that_there_are_not_are_named(tmp_path: Path, text: str, words: str) -> None:
    faults = on_site(made(tmp_path, text), tiny_site())
    assert any(words in line for line in faults), faults


def test_what_is_possible_has_no_faults(tmp_path: Path) -> None:
    text = """
people: {}
mass_moves: [{at_h: 1, of: 1F-R01, to: 1F-R02A, items: 20}]
faults:
  - {fault: antenna_unplugged, what: [ant-0003]}
  - {fault: reader_dead, what: [R1]}
  - {fault: link_slow, amount: 2}
  - {fault: hub_killed, for_s: 9}
"""
    assert in_file(made(tmp_path, text)) == []
    assert on_site(made(tmp_path, text), tiny_site()) == []


def test_an_antenna_that_covers_nothing_is_named(tmp_path: Path) -> None:
    site = tiny_site()
    idle = msgspec.structs.replace(site.antennas[3], hears=())
    bad = msgspec.structs.replace(site, antennas=(*site.antennas[:3], idle, *site.antennas[4:]))
    assert any("antenna ant-0003 covers nothing" in line for line in on_site(made(tmp_path, ""), bad))


def test_people_without_a_library_are_named(tmp_path: Path) -> None:
    deaf = msgspec.structs.replace(tiny_site(), antennas=())
    faults = on_site(made(tmp_path, "people: {}"), deaf)
    assert any(line.startswith("site: no antenna hears any shelf") for line in faults)
    assert any(line.startswith("people: they have no library to go to") for line in faults)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range_is_refused(seed: int) -> None:
    with pytest.raises(InputError, match=f"seed: {seed} is out of range"):
        scenario.check_seed(seed)
    assert scenario.check_seed(2**32 - 1) == 2**32 - 1


def test_the_mean_thickness_is_that_of_a_log_uniform_draw() -> None:
    assert mean_thickness_mm(Stocking(thickness_mm=(8.0, 32.0))) == pytest.approx(17.312, abs=0.001)
    assert mean_thickness_mm(Stocking(thickness_mm=(9.0, 9.0), thin=0.5)) == pytest.approx(6.25)


@pytest.mark.parametrize("command", [["demo", "--for", "5", "--scenario"], ["sim", "readers"]])
def test_commands_refuse_it_with_exit_code_2(
    tmp_path: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(HEAD + "faults: [{fault: cable_loss}]\n")
    before = os.umask(0o022)
    try:
        assert cli.run([*command, str(path)]) == 2
    finally:  # the demo keeps its files to itself; the tests after this one do not
        os.umask(before)
    assert f"error: {path}: faults[0]: cable_loss: needs `amount`" in capsys.readouterr().err
