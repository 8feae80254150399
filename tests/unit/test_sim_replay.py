from __future__ import annotations

from pathlib import Path

import pytest

from firmware_sim.radio import Listen
from firmware_sim.replay import Count, Read, Recording, count, epc_of, read_expected, read_reads
from shelfwire.errors import InputError

DATA = Path(__file__).parent.parent / "data"


def listen(from_ms: int, to_ms: int) -> Listen:
    return Listen(reader="R1", port=1, from_us=from_ms * 1000, to_us=to_ms * 1000)


def test_the_small_recording_counts_to_what_it_was_made_for() -> None:
    reads = read_reads(DATA / "reads_small.csv")
    expected = read_expected(DATA / "reads_small_expected.csv")
    found = count(expected, (epc_of(read.tag) for read in reads))
    assert found == Count(expected=40, read=37, not_read=3, stray=5)


def test_each_recorded_read_happens_once_whatever_the_speed() -> None:
    reads = read_reads(DATA / "reads_small.csv")
    for speed, dwell_ms in (("max", 100), ("1", 100)):
        recording = Recording(reads, speed)  # type: ignore[arg-type]  # both are speeds
        total = 0
        for dwell in range(200):
            total += sum(
                answer.count for answer in recording.answers(listen(dwell * dwell_ms, (dwell + 1) * dwell_ms))
            )
        assert recording.over
        assert total == len(reads)


def test_reads_of_one_dwell_are_summed_up_with_the_loudest() -> None:
    recording = Recording([Read(0, "7", -60.0), Read(1, "7", -50.0), Read(2, "8", -70.0)], "max")
    answers = {answer.epc: (answer.count, answer.rssi_dbm) for answer in recording.answers(listen(0, 100))}
    assert answers == {epc_of("7"): (2, -50.0), epc_of("8"): (1, -70.0)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("t_ms,tag\n1,2\n", "columns are missing: rssi_dbm"),
        ("t_ms,tag,rssi_dbm\n1,2\n", ":2: more or fewer columns"),
        ("t_ms,tag,rssi_dbm\n1,two,-60\n", ":2: "),
        ("t_ms,tag,rssi_dbm\n1,2,-60\nx,2,-60\n", ":3: "),
    ],
)
def test_a_broken_recording_is_named_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "reads.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        read_reads(path)


def test_a_recording_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.csv"):
        read_reads(tmp_path / "nothing.csv")
