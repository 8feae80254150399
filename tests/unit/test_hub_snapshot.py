"""Snapshots: whole, without pickle, two of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from hub import snapshot
from hub.snapshot import SnapshotDamagedError


def keep(folder: Path, position: int, state: dict[str, Any]) -> Path:
    return snapshot.publish(snapshot.stage(folder, snapshot.freeze(position, state)))


def test_arrays_and_plain_data_come_back_as_they_were(tmp_path: Path) -> None:
    state = {
        "version": 1,
        "names": ["a", "书", ""],
        "nested": {"empty": np.zeros((0, 3), np.float32), "big": np.arange(12, dtype=np.int64).reshape(3, 4)},
        "keys": np.array([b"abc", b"d"], dtype="S12"),
        "flags": np.array([True, False]),
        "bytes": b"\x00\x01",
        "scalar": np.float32(1.5),
    }
    position, found = snapshot.read(keep(tmp_path, 42, state))
    assert position == 42
    assert found["names"] == state["names"]
    assert found["scalar"] == 1.5
    np.testing.assert_array_equal(found["nested"]["big"], np.arange(12).reshape(3, 4))
    assert found["nested"]["empty"].shape == (0, 3)
    assert found["keys"].tolist() == [b"abc", b"d"]
    found["nested"]["big"][0, 0] = 9  # the engine goes on in these arrays


def test_a_frozen_state_has_its_plain_data_at_once_and_its_arrays_without_a_second_copy(
    tmp_path: Path,
) -> None:
    array, plain = np.zeros(3), {"seq": 1}
    frozen = snapshot.freeze(1, {"array": array, "plain": plain})
    assert np.shares_memory(frozen.arrays[0], array), (
        "a million tags have 150 MB of them, and the engine copied them already"
    )
    plain["seq"] = 2
    _, found = snapshot.read(snapshot.publish(snapshot.stage(tmp_path, frozen)))
    assert found["plain"] == {"seq": 1}


def test_what_would_need_pickle_is_refused() -> None:
    with pytest.raises(TypeError):
        snapshot.freeze(1, {"array": np.array([object()])})


def test_the_last_two_are_kept_and_a_staged_one_does_not_count(tmp_path: Path) -> None:
    for position in (1, 2, 3):
        keep(tmp_path, position, {"n": position})
    snapshot.stage(tmp_path, snapshot.freeze(4, {"n": 4}))
    assert [snapshot.position_of(path) for path in snapshot.listed(tmp_path)] == [3, 2]
    assert snapshot.youngest_sound(tmp_path) == (3, {"n": 3})


def test_every_damaged_byte_is_seen_and_the_older_snapshot_is_used(tmp_path: Path) -> None:
    keep(tmp_path, 1, {"array": np.arange(3, dtype=np.int16)})
    path = keep(tmp_path, 2, {"array": np.arange(3, dtype=np.int16)})
    whole = path.read_bytes()
    for place in range(len(whole)):
        data = bytearray(whole)
        data[place] ^= 0x10
        path.write_bytes(bytes(data))
        with pytest.raises(SnapshotDamagedError):
            snapshot.read(path)
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(SnapshotDamagedError):
            snapshot.read(path)
    found = snapshot.youngest_sound(tmp_path)
    assert found is not None
    assert found[0] == 1


def test_a_snapshot_ahead_of_the_database_is_passed_over(tmp_path: Path) -> None:
    keep(tmp_path, 1, {})
    keep(tmp_path, 9, {})
    found = snapshot.youngest_sound(tmp_path, not_beyond=5)
    assert found is not None
    assert found[0] == 1


def test_structs_are_refused_only_when_they_are_no_plain_data(tmp_path: Path) -> None:
    class Row(msgspec.Struct):
        name: str

    _, found = snapshot.read(keep(tmp_path, 1, {"row": Row("x")}))
    assert found == {"row": {"name": "x"}}
