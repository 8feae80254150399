"""Recordings of fixed antennas: what a line may hold, and what is said of lines at fault."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from firmware_sim.zones import recording
from firmware_sim.zones.recording import Language, Recording, read_calibration, read_reads
from shelfwire.errors import InputError


def calibration(tmp_path: Path, text: str | bytes) -> tuple[Recording, Language]:
    path = tmp_path / "cal.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    language = Language()
    return read_calibration(path, language), language


def test_columns_may_stand_in_any_order_and_the_optional_ones_may_be_missing(tmp_path: Path) -> None:
    found, language = calibration(tmp_path, "zone,tag,antenna,t_s\nA,E1,2,0.5\nB,E2,1,1.5\n")
    assert language.zones.texts == ["A", "B"]
    assert found.reads.t_s.tolist() == [0.5, 1.5]
    assert np.isnan(found.reads.rssi).all()
    assert found.reads.channel.tolist() == [-1, -1]


def test_a_spreadsheets_marks_are_read(tmp_path: Path) -> None:
    text = '\ufeff"t_s";"antenna";"tag";"rssi_dbm";"phase_rad";"channel";"zone"\r\n"1";"2.0";"E1";"-60";"";"";"A, left"\r\n2;2;E1;NaN;nan;7.0;A, left\r\n'
    found, language = calibration(tmp_path, text)
    assert not found.faults
    assert language.antennas.texts == ["2"]
    assert language.zones.texts == ["A, left"]
    assert language.channels.texts == ["7"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("1,2,E1,-60,,", ":3: 6 columns instead of 7"),
        ("soon,2,E1,-60,,,A", ":3: t_s: 'soon' is no number"),
        (",2,E1,-60,,,A", ":3: t_s: "),
        ("nan,2,E1,-60,,,A", ":3: t_s: "),
        ("inf,2,E1,-60,,,A", ":3: t_s: "),
        ("1772445600000000,2,E1,-60,,,A", ":3: t_s: "),
        ("1,,E1,-60,,,A", ":3: antenna: is empty"),
        ("1,2,,-60,,,A", ":3: tag: is empty"),
        ("1,2,E1,loud,,,A", ":3: rssi_dbm: 'loud' is no number"),
        ("1,2,E1,inf,,,A", ":3: rssi_dbm: 'inf' is no loudness"),
        ("1,2,E1,-60,,,", ":3: zone: is empty"),
        ("1,2,E\0,-60,,,A", ":3: tag: is empty or unreadable"),
        ("1,2,E1,-60,,," + "A" * 5_000, ":3: longer than"),
        ('1,2,"E1,-60,,,A', ":3: "),
    ],
)
def test_a_line_at_fault_is_named_and_the_others_are_read(tmp_path: Path, line: str, words: str) -> None:
    text = f"t_s,antenna,tag,rssi_dbm,phase_rad,channel,zone\n0,1,E1,-60,,,A\n{line}\n\n5,1,E1,-61,,,A\n"
    found, _ = calibration(tmp_path, text)
    assert found.reads.t_s.tolist() == [0.0, 5.0]
    assert (found.lines, found.left_out) == (3, 1)
    assert words in found.faults[0]


def test_bytes_that_are_no_text_cost_their_line_alone(tmp_path: Path) -> None:
    found, _ = calibration(tmp_path, b"t_s,antenna,tag,zone\n0,1,E1,A\n1,1,\xff\xfe,A\n2,1,E1,A\n")
    assert found.left_out == 1
    assert len(found.reads) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("t_s,antenna,tag\n1,1,E1\n", "columns are missing: zone"),
        ("t_s,antenna,tag,zone\nx,1,E1,A\n", "holds no read that can be used"),
        (
            "t_s,antenna,tag,zone\n" + "".join(f"1,{n},E1,A\n" for n in range(600)),
            "600 antennas; at most 512",
        ),
    ],
)
def test_a_calibration_that_teaches_nothing_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        calibration(tmp_path, text)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv: cannot be read"):
        read_reads(tmp_path / "none.csv", Language())


def test_antennas_and_zones_that_the_calibration_does_not_know_get_no_number(tmp_path: Path) -> None:
    _, language = calibration(tmp_path, "t_s,antenna,tag,zone\n0,1,E1,A\n")
    path = tmp_path / "reads.csv"
    path.write_text("t_s,antenna,tag,rssi_dbm,zone\n0,1,E9,-60,A\n1,77,E9,-60,Q\n")
    found = read_reads(path, language)
    assert found.reads.antenna.tolist() == [0, -1]
    assert found.reads.zone.tolist() == [0, -1]
    assert found.unknown_antennas == ["77"]


def test_too_many_reads_are_refused_and_not_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MOST_READS", 1)
    with pytest.raises(InputError, match="divide the file"):
        calibration(tmp_path, "t_s,antenna,tag,zone\n0,1,E1,A\n1,1,E1,A\n")
