"""The floor plan: where shapes lie, and that the drawing is sound SVG in both languages."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from helpers.sites import built, change, written

from shelfwire import data
from shelfwire.site.draw import bay_outline, floor_layout, upright
from shelfwire.site.load import load_site
from shelfwire.site.svg import floor_svg, floors_svg


def test_the_outline_of_a_bay_begins_with_its_front_edge() -> None:
    site = built(written()).now
    assert bay_outline(site.bay_by_id["1F-R01A-B01"]) == ((2, 2.5), (2.9, 2.5), (2.9, 2.25), (2, 2.25))
    assert bay_outline(site.bay_by_id["1F-R01B-B01"]) == ((3.8, 2), (2.9, 2), (2.9, 2.25), (3.8, 2.25))


@pytest.mark.parametrize("angle", [0, 30, 45, 90, 180, 270, -60])
def test_all_bays_lie_inside_their_range_however_it_is_turned(angle: float) -> None:
    data = change(change(written(), "floors.0.ranges.0.angle_deg", angle), "floors.0.ranges.0.at_m", [4, 3])
    layout = floor_layout(built(data).now, "1F")
    corners = layout.ranges[0].outline
    for bay in layout.bays:
        for x, y in bay.outline:
            assert min(c[0] for c in corners) - 1e-3 <= x <= max(c[0] for c in corners) + 1e-3
            assert min(c[1] for c in corners) - 1e-3 <= y <= max(c[1] for c in corners) + 1e-3


def test_faces_that_look_at_each_other_share_an_aisle() -> None:
    data = written()
    data["floors"][0]["ranges"].append({"id": "R02", "at_m": [2, 3.5], "A": {"bays": 2}, "B": {"bays": 2}})
    layout = floor_layout(built(data).now, "1F")
    assert [aisle.faces for aisle in layout.aisles] == [("1F-R01B",), ("1F-R01A", "1F-R02B"), ("1F-R02A",)]
    assert [aisle.number for aisle in layout.aisles] == [1, 2, 3]
    assert layout.aisles[1].at[1] == pytest.approx(3.0)
    assert {face.id: face.aisle for face in layout.ranges[1].faces} == {"1F-R02A": 3, "1F-R02B": 2}


def test_a_bay_says_how_many_antennas_hear_it() -> None:
    layout = floor_layout(built(written()).now, "1F")
    assert [bay.antennas for bay in layout.bays] == [3, 3, 3, 3]


@pytest.mark.parametrize(
    ("angle", "shown"), [(0, 0), (90, 90), (180, 0), (270, -90), (135, -45), (-90, 90), (200, 20)]
)
def test_no_text_stands_on_its_head(angle: float, shown: float) -> None:
    assert upright(angle) == pytest.approx(shown) or abs(upright(angle)) == 90


def test_an_unknown_floor_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        floor_layout(built(written()).now, "9F")


@pytest.mark.parametrize("language", ["en", "zh", "xx"])
@pytest.mark.parametrize("dark", [False, True])
def test_the_drawing_is_svg_with_every_bay_and_no_text_of_a_user_is_markup(
    language: str, *, dark: bool
) -> None:
    data = change(written(), "floors.0.ranges.0.A.label", "<script>alert(1)</script> & Co")
    svg = floor_svg(built(data).now, "1F", language=language, dark=dark)
    root = ET.fromstring(svg)
    titles = [title.text for title in root.iter("{http://www.w3.org/2000/svg}title")]
    assert titles == ["1F-R01A-B01", "1F-R01A-B02", "1F-R01B-B01", "1F-R01B-B02"]
    assert "<script>" not in svg


def test_the_plan_speaks_the_language_asked_for() -> None:
    site = load_site(data.config_file("sites/small.yaml")).now
    assert "阅览室" in floor_svg(site, "1F", language="zh")
    assert "Reading room" in floor_svg(site, "1F", language="en")


def test_several_floors_stand_under_each_other() -> None:
    site = load_site(data.config_file("sites/medium.yaml")).now
    root = ET.fromstring(floors_svg(site, ["1F", "2F"]))
    assert len([g for g in root if g.tag.endswith("}g")]) == 2
