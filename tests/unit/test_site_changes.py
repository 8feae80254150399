"""What hangs where, and since when: a dwell is read with the site of its time."""

from __future__ import annotations

from typing import Any

from helpers.sites import built, faults_of, written

SHELF = "1F-R01A-B01-S1"
ANTENNA = {"id": "a1", "reader": "RD1", "port": 1, "hears": [SHELF]}
FEBRUARY = "2026-02-01T00:00:00+00:00"
FEBRUARY_US = 1_769_904_000_000_000
MARCH = "2026-03-01T01:00:00+01:00"


def site(*changes: dict[str, Any], antennas: Any = (ANTENNA,)) -> dict[str, Any]:
    return written(antennas=[dict(one) for one in antennas], reference_tags=[], changes=list(changes))


def test_a_moved_antenna_is_read_with_the_port_of_the_time() -> None:
    moved = ANTENNA | {"port": 7, "hears": ["1F-R01B-B01"]}
    history = built(site({"valid_from": FEBRUARY, "move": {"antennas": [moved]}}))
    before, after = history.at(FEBRUARY_US - 1), history.at(FEBRUARY_US)
    assert ("RD1", 1) in before.antenna_at
    assert ("RD1", 1) not in after.antenna_at
    assert after.antenna_at["RD1", 7].index == before.antenna_at["RD1", 1].index
    assert len(after.antenna_at["RD1", 7].hears) == 3


def test_the_first_version_holds_for_all_time_before_it() -> None:
    history = built(site({"valid_from": FEBRUARY, "remove": {"antennas": ["a1"]}}))
    assert history.at(0).antennas
    assert not history.now.antennas


def test_an_antenna_keeps_its_index_when_others_go() -> None:
    two = [ANTENNA, {"id": "a2", "reader": "RD1", "port": 2, "hears": [SHELF]}]
    history = built(site({"valid_from": FEBRUARY, "remove": {"antennas": ["a1"]}}, antennas=two))
    assert [antenna.index for antenna in history.now.antennas] == [1]
    assert history.antenna_ids == ("a1", "a2")


def test_the_id_of_a_removed_antenna_is_never_used_again() -> None:
    found = faults_of(
        site(
            {"valid_from": FEBRUARY, "remove": {"antennas": ["a1"]}},
            {"valid_from": MARCH, "add": {"antennas": [ANTENNA]}},
        )
    )
    assert len(found) == 1
    assert "an id is never used again" in found[0]
    assert found[0].startswith("changes[1].add.antennas[0]: ")


def test_two_antennas_may_change_places_at_one_moment() -> None:
    two = [ANTENNA, {"id": "a2", "reader": "RD1", "port": 2, "hears": [SHELF]}]
    swapped = [two[0] | {"port": 2}, two[1] | {"port": 1}]
    history = built(site({"valid_from": FEBRUARY, "move": {"antennas": swapped}}, antennas=two))
    assert history.now.antenna_at["RD1", 1].id == "a2"
    assert history.now.antenna_at["RD1", 2].id == "a1"


def test_a_removed_port_may_be_used_by_a_new_antenna_in_the_same_change() -> None:
    new = ANTENNA | {"id": "a9"}
    history = built(
        site({"valid_from": FEBRUARY, "remove": {"antennas": ["a1"]}, "add": {"antennas": [new]}})
    )
    assert history.now.antenna_at["RD1", 1].id == "a9"
    assert history.now.antennas[0].index == 1


def test_a_moved_reference_tag_proves_another_antenna() -> None:
    tags = {"epc": "AAAA", "shelf": SHELF}
    data = site(
        {"valid_from": FEBRUARY, "move": {"reference_tags": [{"epc": "aaaa", "shelf": "1F-R01B-B01-S1"}]}}
    )
    history = built(data | {"reference_tags": [tags]})
    assert history.versions[0].antennas[0].reference_tags == ("AAAA",)
    assert history.now.antennas[0].reference_tags == ()


def test_a_reader_that_goes_takes_its_antennas_or_is_a_fault() -> None:
    found = faults_of(site({"valid_from": FEBRUARY, "remove": {"readers": ["RD1"]}}))
    assert found == [
        "changes[0].remove.readers: antenna a1 still hangs on RD1; move or remove it in the same change"
    ]
    assert not faults_of(site({"valid_from": FEBRUARY, "remove": {"readers": ["RD1"], "antennas": ["a1"]}}))


def test_moving_or_removing_what_does_not_hang_is_a_fault() -> None:
    ghost = ANTENNA | {"id": "a7", "port": 7}
    found = faults_of(
        site({
            "valid_from": FEBRUARY,
            "move": {"antennas": [ghost], "reference_tags": [{"epc": "BBBB", "shelf": SHELF}]},
            "remove": {"antennas": ["a8"], "reference_tags": ["CCCC"], "readers": ["RD8"]},
        })
    )  # fmt: skip
    assert len(found) == 5


def test_changes_out_of_order_and_empty_changes_are_faults() -> None:
    found = faults_of(
        site(
            {"valid_from": MARCH, "remove": {"antennas": ["a1"]}},
            {"valid_from": FEBRUARY, "note": "nothing"},
        )
    )
    assert any(
        "changes[1].valid_from: 2026-02-01T00:00:00+00:00 is not after changes[0].valid_from" in f
        for f in found
    )
    assert "changes[1]: changes nothing; write `add`, `move` or `remove`, or take it away" in found


def test_a_change_on_a_port_that_is_taken_names_who_has_it() -> None:
    new = ANTENNA | {"id": "a2"}
    found = faults_of(site({"valid_from": FEBRUARY, "add": {"antennas": [new]}}))
    assert found == [
        "changes[0].add.antennas[0]: antenna a2: port 1 of RD1 drives a1 already (antennas[0]); give each its own port"
    ]
