"""A test tag carried from shelf to shelf tells whether each shelf's own antenna hears it best."""

from __future__ import annotations

import pytest
from helpers.shelves import make_site

from hub.calibrate.text import walked_lines
from hub.calibrate.walking import WalkedTag
from shelfwire.errors import InputError
from shelfwire.messages import Dwell, Report, Tags

TAG = "E2000017221101441890ABCD"
SITE = make_site(2, 1).now
FIRST, SECOND = "1-B01-S1", "1-B02-S1"


def report(*dwells: tuple[int, float | None]) -> Report:
    """Dwells of the antenna at each place, with the loudness at which it heard the tag; None: it did not. A card is always there."""
    made = []
    for place, loud in dwells:
        antenna = SITE.antennas[place]
        epcs = ["3034FFFFFFFFFFFFFFFFFFFF", *([TAG.lower()] if loud is not None else [])]
        tags = Tags(epc=epcs, count=[1] * len(epcs), rssi_dbm=[-40.0, loud or 0.0][: len(epcs)])
        made.append(
            Dwell(reader=antenna.reader, port=antenna.port, started_at_us=1, ended_at_us=2, tags=tags)
        )
    return Report(agent="edge-1", log="a", seq=1, boot="b", made_at_us=2, wall_at_us=2, dwells=made)


def walked(*reports: Report) -> WalkedTag:
    one = WalkedTag(SITE, TAG)
    for each in reports:
        one.hear(each)
    return one


def test_the_antenna_that_hears_it_oftenest_comes_first_and_then_the_loudest() -> None:
    one = walked(report((0, -50.0), (1, -60.0)), report((0, -52.0), (1, None)))
    assert [(each.antenna, each.heard, each.dwells, each.loud_dbm) for each in one.walked()] == [
        ("ant-000", 2, 2, -51.0), ("ant-001", 1, 2, -60.0),
    ]  # fmt: skip
    assert one.says(FIRST)[0]


def test_a_wrong_cable_is_told_in_words() -> None:
    right, said = walked(report((0, None), (1, -50.0))).says(FIRST)
    assert not right
    assert "heard best by ant-001, which is meant for 1-B02-S1, and not by ant-000" in said


def test_silence_and_an_antenna_that_is_not_at_work_are_told_apart() -> None:
    assert "no antenna heard the tag" in walked(report((0, None))).says(FIRST)[1]
    assert "was not at work" in walked(report((0, None))).says(SECOND)[1]
    assert "has no antenna" in walked().says("nowhere")[1]


def test_a_reader_without_loudness_is_counted_by_its_hits() -> None:
    (one,) = walked(report((0, 0.0), (0, None))).walked()
    assert (one.share, one.loud_dbm) == (0.5, None)


def test_of_other_tags_nothing_is_said() -> None:
    lines = "\n".join(walked_lines(walked(report((0, -50.0))).walked(), 1))
    assert "3034" not in lines
    assert list(walked_lines([], 0)) == ["no antenna of the site was at work: do agents and readers run?"]
    assert list(walked_lines([], 3)) == ["not heard in 3 dwells"]


def test_what_is_no_epc_is_refused() -> None:
    with pytest.raises(InputError, match="--tag"):
        WalkedTag(SITE, "not hex")
