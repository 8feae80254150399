"""Whatever stands in a site file, it becomes a sound site or a list of faults; nothing else happens."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from helpers.sites import built, change, written
from hypothesis import given, settings
from hypothesis import strategies as st

from shelfwire.errors import InputError
from shelfwire.site.load import load_site, read_site

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**6) | st.floats(-1e6, 1e6) | st.text(max_size=8)
    | st.sampled_from(["1F", "R01", "1F-R01A", "1F-R01A-B01-S1", "RD1", "ant-01", "AAAA", "edge-1"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["id", "A", "B", "bays", "shelves_m", "at_m", "reader", "port", "hears", "epc", "shelf", "x"]), inner, max_size=4
    ),
    max_leaves=8,
)  # fmt: skip
PATHS = st.sampled_from([
    "site", "name", "timezone", "valid_from", "bay_width_m", "shelves_m", "floors", "floors.0", "floors.0.width_m", "floors.0.ranges",
    "floors.0.ranges.0", "floors.0.ranges.0.id", "floors.0.ranges.0.at_m", "floors.0.ranges.0.angle_deg", "floors.0.ranges.0.A",
    "floors.0.ranges.0.A.bays", "readers", "readers.0", "antennas", "antennas.0", "antennas.0.one_a_shelf", "reference_tags.0",
    "changes", "extra",
])  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(path=PATHS, value=PLAIN)
def test_any_value_anywhere_is_a_site_or_a_fault(path: str, value: Any) -> None:
    history, faults = read_site(change(written(), path, value))
    assert (history is None) == bool(faults)
    assert all(isinstance(fault, str) and ": " in fault for fault in faults)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | st.text("[]{}&*:-,!<>'\"\n a1.~|", max_size=60).map(str.encode))
def test_any_bytes_are_wrong_input_in_words(raw: bytes) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "x.yaml"
        file.write_bytes(raw)
        with pytest.raises(InputError) as caught:
            load_site(file)
    assert caught.value.faults


@settings(max_examples=60, deadline=None)
@given(
    bays=st.integers(1, 6),
    boards=st.integers(1, 6),
    angle=st.floats(-180, 180),
    faces=st.sampled_from(["A", "B", "AB"]),
)
def test_every_shelf_has_one_id_one_index_and_lies_in_its_range(
    bays: int, boards: int, angle: float, faces: str
) -> None:
    face = {"bays": bays, "bay_width_m": 0.5, "shelves_m": [0.1 + 0.3 * n for n in range(boards)]}
    rng = {"id": "R1", "at_m": [20, 20], "angle_deg": angle} | dict.fromkeys(faces, face)
    data = written(antennas=[], reference_tags=[])
    data["floors"][0] |= {"width_m": 40, "depth_m": 40, "ranges": [rng]}
    site = built(data).now
    assert len({shelf.id for shelf in site.shelves}) == len(site.shelves) == bays * boards * len(faces)
    assert [shelf.index for shelf in site.shelves] == list(range(len(site.shelves)))
    for shelf in site.shelves:
        away_m = ((shelf.x_m - 20) ** 2 + (shelf.y_m - 20) ** 2) ** 0.5
        assert away_m <= 0.5 * bays + 0.5
