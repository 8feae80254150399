"""hub.yaml: every fault is named, and paths begin at the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.config import read_hub
from hub.store.config import StoreConfig
from shelfwire import cli
from shelfwire.data import config_file
from shelfwire.errors import InputError


def write(folder: Path, more: str = "", sites: str = "[site.yaml]") -> Path:
    path = folder / "hub.yaml"
    path.write_text(f"sites: {sites}\nstate_dir: state\n{more}", encoding="utf-8")
    return path


def test_paths_begin_at_the_file(tmp_path: Path) -> None:
    files = read_hub(write(tmp_path))
    assert files.state_dir == tmp_path / "state"
    assert files.site_files == [tmp_path / "site.yaml"]
    assert files.database_url == f"sqlite:///{tmp_path}/state/hub.db"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("sqlite:///own.db", "sqlite:///{base}/own.db"),
        ("sqlite:////var/own.db", "sqlite:////var/own.db"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
    ],
)
def test_a_relative_database_file_begins_at_the_configuration(tmp_path: Path, given: str, found: str) -> None:
    assert read_hub(write(tmp_path, f"database: {given}\n")).database_url == found.format(base=tmp_path)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("jornal: {}\n", "jornal"),
        ("journal: {max_bytes: 5}\n", "journal.max_bytes"),
        ("journal: {max_bytes: 10000000, segment_bytes: 9000000}\n", "two segments"),
        ("broker: {host: broker.example}\n", "tls"),
        ("engine: {sweeps: {nightly: '02:00'}}\n", "stands under `sweeps`"),
        ("sweeps: {nightly: '25:00'}\n", "nightly"),
        ("raw_log: {keep_days: -1}\n", "keep_days"),
        ("store: {item_events_days: 0}\n", "item_events_days"),
        ("store: {imports: 0}\n", "imports"),
    ],
)
def test_each_fault_is_named(tmp_path: Path, more: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_hub(write(tmp_path, more))


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        ("{back_below: 0.9}", "`back_below` (0.9) must be less than `away_above` (0.65)"),
        ("{away_above: 0.3, back_below: 0.3}", "`back_below` (0.3) must be less than `away_above` (0.3)"),
        ("{misplaced_below: 0.95}", "`misplaced_below` (0.95) must be less than `misplaced_above` (0.9)"),
        (
            "{misplaced_below: 0.7}",
            "`misplaced_below` (0.7) must be less than 0.6: findings may open from there on",
        ),
        (
            "{gone_for: [[0.7, 1], [0.4, 2]]}",
            "the shares of `gone_for` (0.7 + 0.4) must not sum to more than 1",
        ),
        ("{opening: '09:00'}", "`opening` is 09:00 and `closing` is not set: set both, or neither"),
        ("{closing: '22:00'}", "`closing` is 22:00 and `opening` is not set: set both, or neither"),
    ],
)
def test_settings_that_contradict_each_other_are_named_with_their_values(
    tmp_path: Path, engine: str, words: str
) -> None:
    path = write(tmp_path, f"engine: {engine}\n")
    with pytest.raises(InputError) as fault:
        read_hub(path)
    assert fault.value.faults == (f"{path}: engine: {words}",)


def test_all_contradictions_of_settings_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"back_below.*; `closing` is 22:00"):
        read_hub(write(tmp_path, "engine: {back_below: 0.9, closing: '22:00'}\n"))


def test_shares_that_sum_to_one_but_for_rounding_are_sound(tmp_path: Path) -> None:
    files = read_hub(write(tmp_path, "engine: {gone_for: [[0.1, 1], [0.2, 2], [0.7, 9], [0.0, 10]]}\n"))
    assert len(files.engine_settings.gone_for) == 4


def test_how_long_rows_are_kept_can_be_said(tmp_path: Path) -> None:
    assert read_hub(write(tmp_path)).config.store == StoreConfig(item_events_days=400, imports=2)
    files = read_hub(write(tmp_path, "store: {item_events_days: 30, imports: 5}\n"))
    assert files.config.store == StoreConfig(item_events_days=30, imports=5)


def test_settings_of_sweeps_reach_the_engine(tmp_path: Path) -> None:
    files = read_hub(write(tmp_path, "sweeps: {nightly: '02:00', dwell_ms: 4000}\n"))
    assert files.engine_settings.sweeps.nightly == "02:00"


def test_the_example_is_sound_and_its_bounds_are_the_defaults() -> None:
    files = read_hub(config_file("examples/hub.yaml"))
    assert files.config.broker.username == "hub"


def test_check_names_what_is_wrong_with_the_sites_and_starts_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, sites="[site.yaml, gone.yaml]")
    (tmp_path / "site.yaml").write_text("site: x\nunknown: 1\n", encoding="utf-8")
    assert cli.run(["hub", "check", "--config", str(path)]) == 2
    said = capsys.readouterr().err
    assert "gone.yaml" in said
    assert "unknown" in said
    assert not (tmp_path / "state").exists()


def test_check_of_a_sound_configuration_says_what_it_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, sites=f"[{config_file('sites/small.yaml')}]")
    assert cli.run(["hub", "check", "--config", str(path)]) == 0
    assert "site demo: 105 shelves" in capsys.readouterr().out


def test_check_names_a_scope_of_the_nightly_sweep_that_the_site_does_not_have(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(
        tmp_path, "sweeps: {nightly: '02:00', scope: 9F-R99}\n", sites=f"[{config_file('sites/small.yaml')}]"
    )
    assert cli.run(["hub", "check", "--config", str(path)]) == 2
    assert (
        "sweeps.scope: site demo has no floor, range, face, bay or shelf '9F-R99'" in capsys.readouterr().err
    )


def test_status_of_a_hub_that_never_ran_is_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["hub", "status", "--config", str(write(tmp_path))]) == 3
    assert "has not run here yet" in capsys.readouterr().err
