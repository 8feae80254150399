"""Sites for tests, written as a person writes them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from shelfwire.site.load import read_site
from shelfwire.site.model import SiteHistory

ONE_RANGE: dict[str, Any] = {
    "site": "test",
    "name": {"en": "Test"},
    "timezone": "Europe/London",
    "valid_from": "2026-01-01T00:00:00+00:00",
    "shelves_m": [0.1, 0.45, 0.8],
    "floors": [
        {
            "id": "1F",
            "name": {"en": "Floor", "zh": "一层"},
            "width_m": 8,
            "depth_m": 6,
            "ranges": [
                {"id": "R01", "at_m": [2, 2], "A": {"label": "A", "bays": 2}, "B": {"label": "B", "bays": 2}}
            ],
        }
    ],
    "readers": [{"id": "RD1", "agent": "edge-1", "ports": 16}],
    "antennas": [{"first_id": "ant-01", "reader": "RD1", "first_port": 1, "one_a_shelf": ["1F-R01"]}],
    "reference_tags": [{"first_epc": "5245465400000001", "each_shelf_of": ["1F"], "a_shelf": 2}],
}
"""One range of two faces, two bays each, three boards a bay: 12 shelves, an antenna and two reference tags on each."""


def written(**more: Any) -> dict[str, Any]:
    """`ONE_RANGE` with other values at the top."""
    return deepcopy(ONE_RANGE) | deepcopy(more)


def change(data: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """`data` with the value at a path such as ``floors.0.ranges.0.at_m`` replaced or added."""
    at: Any = data
    *way, last = path.split(".")
    for step in way:
        at = at[int(step)] if step.isdigit() else at[step]
    at[int(last) if last.isdigit() else last] = value
    return data


def built(data: dict[str, Any]) -> SiteHistory:
    """The history; the file must be without fault."""
    history, faults = read_site(data)
    assert history is not None, faults
    return history


def faults_of(data: Any) -> list[str]:
    """All faults of a written site."""
    _, faults = read_site(data)
    return faults
