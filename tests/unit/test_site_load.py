"""What a site file becomes, and everything that can be wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from helpers.sites import built, change, faults_of, written

from shelfwire import config, data
from shelfwire.errors import InputError
from shelfwire.site.load import load_site


def test_ids_are_made_of_floor_range_face_bay_and_shelf_and_s1_is_the_lowest() -> None:
    site = built(written()).now
    assert [shelf.id for shelf in site.shelves[:4]] == [
        "1F-R01A-B01-S3",
        "1F-R01A-B01-S2",
        "1F-R01A-B01-S1",
        "1F-R01A-B02-S3",
    ]
    lowest = site.shelf_by_id["1F-R01A-B01-S1"]
    assert lowest.height_m == 0.1
    assert lowest.number == 1


def test_the_index_of_a_shelf_is_its_place_in_walking_order() -> None:
    site = built(written()).now
    assert [shelf.index for shelf in site.shelves] == list(range(12))
    assert [shelf.face for shelf in site.shelves] == ["A"] * 6 + ["B"] * 6


def test_a_span_of_any_place_is_a_run_of_shelves() -> None:
    site = built(written()).now
    assert site.spans["1F"] == (0, 12)
    assert site.spans["1F-R01B"] == (6, 12)
    assert [shelf.id for shelf in site.within("1F-R01B-B02")] == [f"1F-R01B-B02-S{n}" for n in (3, 2, 1)]
    assert len(site.within("all")) == 12
    assert site.within("9F") == ()


def test_face_b_is_walked_back_on_the_other_side() -> None:
    site = built(written()).now
    first_a, first_b = site.bay_by_id["1F-R01A-B01"], site.bay_by_id["1F-R01B-B01"]
    assert (first_a.x_m, first_a.y_m, first_a.angle_deg) == (2, 2.5, 0)
    assert (first_b.x_m, first_b.y_m, first_b.angle_deg) == (3.8, 2, 180)


def test_a_run_of_antennas_counts_ids_and_ports_up_one_a_shelf() -> None:
    site = built(written()).now
    assert [(a.id, a.port, a.hears) for a in site.antennas[:2]] == [
        ("ant-01", 1, ("1F-R01A-B01-S3",)),
        ("ant-02", 2, ("1F-R01A-B01-S2",)),
    ]
    assert site.antennas[-1].id == "ant-12"
    assert site.antennas[0].reference_tags == ("5245465400000001", "5245465400000002")


def test_an_antenna_may_hear_a_whole_bay() -> None:
    one = [{"id": "a1", "reader": "RD1", "port": 3, "hears": ["1F-R01A-B01", "1F-R01A-B02-S1"]}]
    site = built(written(antennas=one)).now
    assert len(site.antennas[0].hears) == 4
    assert site.antenna_at["RD1", 3].id == "a1"


def test_bays_may_differ_and_are_written_one_by_one() -> None:
    bays = [{"width_m": 0.6, "shelves_m": [0.1]}, {"label": "folio"}]
    site = built(written(floors=change(written(), "floors.0.ranges.0.A", {"bays": bays})["floors"])).now
    assert [len(site.within(f"1F-R01A-B0{n}")) for n in (1, 2)] == [1, 3]
    assert site.bay_by_id["1F-R01A-B02"].label == "folio"
    assert site.bay_by_id["1F-R01A-B02"].x_m == 2.6


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("floors.0.colour", "red", "floors[0].colour: unknown key"),
        ("timezone", "Mars/Olympus", "timezone: 'Mars/Olympus' is no time zone"),
        ("timezone", "../etc/passwd", "timezone: "),
        ("valid_from", "2026-01-01T00:00:00", "valid_from: "),
        ("valid_from", "1969-01-01T00:00:00+00:00", "valid_from: 1969"),
        ("name", {"zh": "馆"}, "name: has no English name"),
        ("floors.0.ranges.0.at_m", [7, 2], "floors[0].ranges[0].at_m: 1F-R01 (1.80 m by 0.50 m) reaches to x 8.80"),
        ("floors.0.ranges.0.length_m", 1.0, "floors[0].ranges[0].A.bays: the bays are 1.80 m long together, the range 1.00 m"),
        ("floors.0.ranges.0.A", {"bays": 2, "shelves_m": [0.1, 2.5]}, "floors[0].ranges[0].A.shelves_m: a board at 2.5 m is outside its bay"),
        ("floors.0.ranges.0.A", {"bays": 2, "shelves_m": [-0.1]}, "a board at -0.1 m is under the floor"),
        ("floors.0.ranges.0.A", {"bays": 2, "shelves_m": [0.4, 0.41]}, "two boards at 0.4 m and 0.41 m"),
        ("floors.0.ranges.0.A", {"bays": 2, "shelves_m": [0.8, 0.4]}, "write the boards from the bottom up"),
        ("floors.0.ranges.0.A", {"bays": [{"shelves_m": [0.1]}, {"shelves_m": [9]}]}, "A.bays[1].shelves_m: a board at 9 m"),
        ("floors.0.ranges.0.height_m", 3.2, "3.2 m high under a ceiling of 2.8 m"),
        ("antennas.0.one_a_shelf", ["1F-R09"], "antennas[0].one_a_shelf[0]: 1F-R09 is no shelf, bay, face or range"),
        ("antennas.0.reader", "RD9", "reader RD9 is not in `readers`"),
        ("antennas.0.first_port", 10, "port 17 of RD1, which has 16 ports"),
        ("antennas.0.id", "x", "antennas[0]: write id, port, hears for one antenna, or first_id"),
        ("reference_tags.0", {"epc": "AAAA", "shelf": "1F-R01A-B01"}, "1F-R01A-B01 is no shelf"),
        ("reference_tags.0", {"epc": "AAA", "shelf": "1F-R01A-B01-S1"}, "reference_tags[0].epc: "),
        ("reference_tags.0.first_epc", "FFFF", "counting up from here leaves the EPC's digits"),
        ("readers.0.agent", "../x", "readers[0].agent: "),
    ],
)  # fmt: skip
def test_each_fault_is_named_with_its_path_and_what_to_do(path: str, value: Any, words: str) -> None:
    found = faults_of(change(written(), path, value))
    assert any(words in fault for fault in found), found


def test_all_faults_are_told_at_once_and_one_fault_makes_no_others() -> None:
    data = written()
    change(data, "colour", "red")
    change(data, "timezone", "Mars")
    change(data, "readers.0.port", 3)
    change(data, "floors.0.ranges.0.A", {"bays": 2, "shelves_m": [9]})
    found = faults_of(data)
    assert sorted(fault.split(":")[0] for fault in found) == [
        "colour",
        "floors[0].ranges[0].A.shelves_m",
        "readers[0].port",
        "timezone",
    ]


def test_two_antennas_with_one_id_or_one_port_are_faults() -> None:
    antennas = [
        {"id": "a1", "reader": "RD1", "port": 1, "hears": ["1F-R01A-B01-S1"]},
        {"id": "a1", "reader": "RD1", "port": 2, "hears": ["1F-R01A-B01-S2"]},
        {"id": "a2", "reader": "RD1", "port": 1, "hears": ["1F-R01A-B01-S3"]},
    ]
    found = faults_of(written(antennas=antennas))
    assert found == [
        "antennas[1]: antenna a1 stands twice (also antennas[0]); give each its own id",
        "antennas[2]: antenna a2: port 1 of RD1 drives a1 already (antennas[0]); give each its own port",
    ]


def test_a_reference_tag_is_at_one_place() -> None:
    tags = [{"epc": "AAAA", "shelf": "1F-R01A-B01-S1"}, {"epc": "aaaa", "shelf": "1F-R01A-B01-S2"}]
    assert faults_of(written(reference_tags=tags)) == [
        "reference_tags[1]: reference tag AAAA stands twice (also reference_tags[0]); one tag is at one place"
    ]


def test_ranges_that_stand_in_each_other_are_a_fault_and_ranges_that_touch_are_not() -> None:
    data = written()
    ranges = data["floors"][0]["ranges"]
    ranges.append({"id": "R02", "at_m": [3.8, 2], "A": {"bays": 1}})
    assert faults_of(data) == []
    ranges.append({"id": "R03", "at_m": [3, 1.5], "angle_deg": 45, "A": {"bays": 2}})
    found = faults_of(data)
    assert len(found) == 2
    assert "1F-R03 stands in 1F-R01 (floors[0].ranges[0]); move one of them" in found[0]


def test_two_ranges_or_floors_with_one_id_are_faults() -> None:
    data = written()
    data["floors"][0]["ranges"].append({"id": "R01", "at_m": [2, 4], "A": {"bays": 1}})
    data["floors"].append(data["floors"][0] | {"ranges": []})
    found = faults_of(data)
    assert (
        "floors[0].ranges[1].id: 1F-R01 stands twice (also floors[0].ranges[0].id); give each its own id"
        in found
    )
    assert "floors[1].id: 1F stands twice (also floors[0].id); give each its own id" in found


def test_what_would_fill_the_memory_is_counted_before_it_is_built() -> None:
    face = {"bays": 500, "bay_width_m": 0.05, "shelves_m": [n / 10 for n in range(21)]}
    ranges = [{"id": f"R{n}", "at_m": [0, n], "depth_m": 0.1, "A": face} for n in range(40)]
    data = change(written(), "floors.0.ranges", ranges)
    assert any("shelves are more than" in fault for fault in faults_of(data))


@pytest.mark.parametrize("name", ["small", "medium"])
def test_the_shipped_sites_are_without_fault(name: str) -> None:
    site = load_site(data.config_file(f"sites/{name}.yaml")).now
    assert len(site.shelves) == {"small": 105, "medium": 1500}[name]
    assert set(site.heard_by) == set(site.shelf_by_id)
    assert all(antenna.reference_tags for antenna in site.antennas)
    assert all(antenna.port <= 32 for antenna in site.antennas)


def test_faults_name_the_file(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("site: x\nfloors: []\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_site(file)
    assert all(fault.startswith(f"{file}: ") for fault in caught.value.faults)
    assert any("`timezone` is missing" in fault for fault in caught.value.faults)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "a", "site: [", "\x00", "- " * 5_000, "[" * 200_000, "&a [*a]", "a: &a {<<: *a}", "a: !!python/object:os.system x",
     "a: .nan", "a: " + "1:" * 9_000 + "1", "a: 1\na: 2", "? [x]\n: y"],
)  # fmt: skip
def test_hostile_yaml_is_refused_in_words(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        load_site(file)


def test_a_bomb_of_aliases_is_refused_before_it_unfolds(tmp_path: Path) -> None:
    file = tmp_path / "bomb.yaml"
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    file.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError, match="aliases unfolded"):
        config.read_data(file)


def test_aliases_that_help_a_person_are_read(tmp_path: Path) -> None:
    file = tmp_path / "good.yaml"
    file.write_text("a: &boards [0.1, 0.4]\nb: *boards\n", encoding="utf-8")
    assert config.read_data(file) == {"a": [0.1, 0.4], "b": [0.1, 0.4]}
