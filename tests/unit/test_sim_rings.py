"""Which shelves an antenna hears: its own, the ring next to it, and a second ring."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import numpy as np
from helpers.sims import tiny_site

from firmware_sim.radio.geometry import NEXT, OWN, SECOND, links_of, spans
from shelfwire.site.generate import Plan, generate
from shelfwire.site.load import read_site
from shelfwire.site.model import Shelf, Site


def around(site: Site, shelf: str) -> dict[int, set[str]]:
    """Shelves by ring, of the antenna of that shelf."""
    links = links_of(site)
    antenna = next(place for place, one in enumerate(site.antennas) if shelf in one.hears)
    found: dict[int, set[str]] = {OWN: set(), NEXT: set(), SECOND: set()}
    for link in range(int(links.first[antenna]), int(links.first[antenna + 1])):
        found[int(links.ring[link])].add(site.shelves[int(links.shelf[link])].id)
    return found


def test_next_are_the_boards_above_below_beside_and_behind() -> None:
    found = around(tiny_site(), "1F-R01A-B02-S2")
    assert found[OWN] == {"1F-R01A-B02-S2"}
    assert found[NEXT] == {
        "1F-R01A-B02-S1", "1F-R01A-B02-S3", "1F-R01A-B01-S2", "1F-R01A-B03-S2", "1F-R01B-B02-S2",
    }  # fmt: skip
    assert "1F-R01A-B02-S4" in found[SECOND]
    assert "1F-R01A-B01-S3" in found[SECOND]
    assert "1F-R01B-B02-S1" in found[SECOND]
    assert not any(name.startswith("1F-R02") for name in found[SECOND])


def test_at_the_end_of_a_range_nobody_is_beside() -> None:
    found = around(tiny_site(), "1F-R01A-B03-S4")
    assert found[NEXT] == {"1F-R01A-B03-S3", "1F-R01A-B02-S4", "1F-R01B-B03-S4"}


def test_across_the_aisle_only_the_face_that_looks_at_it_is_heard() -> None:
    form = generate(
        Plan(site="t", shelves=160, seed=1, floors=1, valid_from=datetime(2026, 1, 1, tzinfo=UTC))
    )
    history, faults = read_site(msgspec.to_builtins(form))
    assert history is not None, faults
    site = history.now
    across = [
        (site.shelves[int(links_shelf)].face, antenna_shelf.face)
        for antenna_shelf, links_shelf in _second(site)
        if site.shelves[int(links_shelf)].range != antenna_shelf.range
    ]
    assert across
    assert all(mine != its for mine, its in across)


def _second(site: Site) -> list[tuple[Shelf, int]]:
    links = links_of(site)
    return [
        (site.shelf_by_id[site.antennas[int(links.antenna[at])].hears[0]], int(links.shelf[at]))
        for at in np.flatnonzero(links.ring == SECOND)
    ]


def test_an_antenna_for_a_whole_bay_has_no_neighbour_within_it() -> None:
    site = tiny_site()
    whole = msgspec.structs.replace(
        site.antennas[0], hears=tuple(shelf.id for shelf in site.within("1F-R01A-B02"))
    )
    found = around(msgspec.structs.replace(site, antennas=(whole,)), "1F-R01A-B02-S2")
    assert len(found[OWN]) == 4
    assert found[NEXT] == {
        f"1F-R01{bay}-S{board}" for bay in ("A-B01", "A-B03", "B-B02") for board in (1, 2, 3, 4)
    }


def test_links_by_shelf_are_the_same_links() -> None:
    links = links_of(tiny_site())
    for shelf in (0, 17, 47):
        mine = links.by_shelf[links.shelf_first[shelf] : links.shelf_first[shelf + 1]]
        assert (links.shelf[mine] == shelf).all()
    assert sorted(links.by_shelf.tolist()) == list(range(len(links)))


def test_spans_are_all_numbers_of_each_span() -> None:
    assert spans(np.array([3, 9, 5]), np.array([5, 9, 8])).tolist() == [3, 4, 5, 6, 7]
    assert spans(np.array([], dtype=np.int64), np.array([], dtype=np.int64)).tolist() == []
