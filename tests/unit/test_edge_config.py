"""A configuration that is wrong is refused with all its faults, before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from edge import config
from edge.commands import edge
from shelfwire import data
from shelfwire.errors import InputError

GOOD = """
site: demo
agent: edge-1
state_dir: state
readers:
  - {id: R1, host: 192.0.2.10}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "edge.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_example_is_right() -> None:
    found = config.read(data.config_file("examples/edge.yaml"))
    assert (found.site, found.agent, found.readers[0].target) == ("demo", "edge-1", "AB")


def test_what_is_left_out_has_the_stated_default(tmp_path: Path) -> None:
    found = config.read(written(tmp_path, GOOD))
    assert found.outbox.max_bytes == 256 * config.MIB
    assert found.outbox.max_age_h == 72
    assert (found.report_interval_ms, found.report_observations, found.wire) == (250, 500, "json")
    assert found.readers[0].antennas is None


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("colour: red", "colour"),
        ("wire: xml", "xml"),
        ("agent: ../x", "stands twice"),
        ("report_interval_ms: 1", "report_interval_ms"),
        ("outbox: {max_bytes: 5}", "outbox.max_bytes"),
        ("broker: {host: 192.0.2.1}", "tls"),
        ("broker: {username: x}", "go together"),
    ],
)
def test_each_fault_is_named(tmp_path: Path, more: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        config.read(written(tmp_path, GOOD + more + "\n"))
    assert str(tmp_path / "edge.yaml") in str(caught.value)


def test_readers_that_contradict_each_other_are_told_together(tmp_path: Path) -> None:
    text = GOOD.replace("state_dir", "broker: {host: 192.0.2.1}\nstate_dir") + (
        "  - {id: R1, host: 192.0.2.11}\n  - {id: R3, host: 192.0.2.10}\n  - {id: R4, host: h, antennas: [1, 2, 1]}\n"
    )
    with pytest.raises(InputError) as caught:
        config.read(written(tmp_path, text))
    assert len(caught.value.faults) == 4
    assert "'R1' stands 2 times" in str(caught.value)
    assert "192.0.2.10:5084 stands 2 times" in str(caught.value)
    assert "R4: an antenna stands twice" in str(caught.value)


def test_check_names_all_that_is_missing_and_starts_nothing(tmp_path: Path) -> None:
    text = GOOD.replace("host: 192.0.2.10", "host: 192.0.2.10, kind: semaphore") + (
        "broker: {host: broker.example, tls: true, ca_file: ca.crt, username: edge-1, password_file: pw}\n"
    )
    result = CliRunner().invoke(edge, ["check", "--config", str(written(tmp_path, text))])
    assert isinstance(result.exception, InputError)
    faults = result.exception.faults
    assert len(faults) == 3
    assert "password cannot be read" in faults[0]
    assert "certificates cannot be read" in faults[1]
    assert "kind 'semaphore' is not installed" in faults[2]
    assert not (tmp_path / "state").exists()
