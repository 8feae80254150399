"""What a site says of its tags and hold shelves."""

from __future__ import annotations

from typing import Any

from shelfwire.site.load import read_site

SITE: dict[str, Any] = {
    "site": "s",
    "name": {"en": "S"},
    "timezone": "UTC",
    "valid_from": "2026-01-01T00:00:00+00:00",
    "floors": [
        {
            "id": "1",
            "name": {"en": "1"},
            "width_m": 10,
            "depth_m": 10,
            "ranges": [{"id": "R1", "at_m": [1, 1], "A": {"bays": 2}}],
        }
    ],
}


def test_a_site_that_says_nothing_has_all_formats_and_no_owner() -> None:
    history, faults = read_site(SITE)
    assert not faults
    assert history is not None
    assert (history.now.tags.owners, history.now.tags.afi, history.now.tags.security) == (
        (),
        "standard",
        True,
    )
    assert "gxlm" in history.now.tags.families


def test_formats_that_a_site_leaves_out_are_not_seen_in_its_tags() -> None:
    history, faults = read_site(SITE | {"tags": {"families": ["iso28560-4"], "owners": ["DK-718500"]}})
    assert not faults
    assert history is not None
    assert history.now.tags.families == ("iso28560-4", "other-iso", "blank", "raw")


def test_a_bay_of_hold_shelves_stands_for_all_its_shelves() -> None:
    history, faults = read_site(SITE | {"hold_shelves": ["1-R1A-B02", "1-R1A-B01-S1"]})
    assert not faults
    assert history is not None
    assert len(history.now.hold_shelves) == 7
    assert "1-R1A-B01-S1" in history.now.hold_shelves


def test_a_hold_shelf_that_is_not_there_and_a_format_that_nobody_knows_are_faults() -> None:
    _, faults = read_site(SITE | {"hold_shelves": ["2F"], "tags": {"families": ["barcode"]}})
    assert any(fault.startswith("tags.families[0]: ") for fault in faults)
    _, faults = read_site(SITE | {"hold_shelves": ["2F"]})
    assert faults == ["hold_shelves[0]: '2F' is no floor, range, face, bay or shelf of this site"]


def test_all_versions_share_what_does_not_change() -> None:
    readers = [{"id": f"RD{n:02d}", "agent": "edge-1"} for n in range(1, 4)]
    changes = [
        {"valid_from": f"2026-02-0{n}T00:00:00+00:00", "add": {"readers": [reader]}}
        for n, reader in enumerate(readers, 1)
    ]
    history, faults = read_site(SITE | {"hold_shelves": ["1-R1A-B02"], "changes": changes})
    assert not faults
    assert history is not None
    assert len(history.versions) == 4
    assert len({id(one.hold_shelves) for one in history.versions}) == 1
