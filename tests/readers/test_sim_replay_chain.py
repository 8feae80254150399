"""Recorded reads through reader, agent, broker and hub."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from firmware_sim.broker import Wish
from firmware_sim.replay import Count
from shelfwire import cli

HERE = Path(__file__).resolve()
DATA = HERE.parent.parent / "data"
SHARED = Path(os.environ.get("SHELFWIRE_SHARED", HERE.parents[2].parent / "shared"))
RECORDINGS = SHARED / "data" / "reads" / "detego_shop"

WALKS = {
    1: (863, 52, 97),
    2: (886, 29, 173),
    4: (890, 25, 191),
    6: (890, 25, 167),
    7: (849, 66, 95),
    9: (882, 33, 192),
}
"""Walk → read, not read and stray tags of 915, as published with the recordings (Hasler et al., IEEE RFID 2019)."""

KINDS = [pytest.param("mosquitto", marks=pytest.mark.needs("mosquitto")), "amqtt"]


def play(reads: Path, expected: Path, report: Path, broker: Wish = "auto") -> Count:
    args = ["--reads", str(reads), "--expected", str(expected), "--report", str(report), "--broker", broker]
    assert cli.run(["sim", "replay", *args]) == 0
    return msgspec.json.decode(report.read_bytes(), type=Count)


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", KINDS)
def test_the_hub_counts_what_the_recording_holds(tmp_path: Path, kind: Wish) -> None:
    found = play(DATA / "reads_small.csv", DATA / "reads_small_expected.csv", tmp_path / "report.json", kind)
    assert found == Count(expected=40, read=37, not_read=3, stray=5)


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="the recordings may not be passed on; set SHELFWIRE_SHARED"
)
@pytest.mark.parametrize("walk", WALKS)
def test_a_recorded_stock_count_comes_out_exactly(tmp_path: Path, walk: int) -> None:
    found = play(
        RECORDINGS / f"reads_exp{walk}.csv", RECORDINGS / "expected_tags.csv", tmp_path / "report.json"
    )
    assert (found.expected, found.read, found.not_read, found.stray) == (915, *WALKS[walk])
