"""The shipped scenarios can be played, and name every fault that there is."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from firmware_sim import scenario
from firmware_sim.direct.building import build_site
from firmware_sim.direct.plan import read_titles
from firmware_sim.faults.model import FaultKind
from firmware_sim.form import Building, Scenario
from firmware_sim.world import furnish
from shelfwire.data import config_dir
from shelfwire.errors import InputError
from shelfwire.site.load import load_site
from shelfwire.site.model import Site

SHIPPED = sorted((config_dir() / "scenarios").glob("*.yaml"))

PROMISED = {
    "quiet_day", "term_start", "night_sweep", "dead_reader", "mass_move", "bleed_through", "thin_books", "theft_day", "three_nights",
    "loan_desk",
    "everything",
    "reference_05", "reference_20", "reference_40", "reference_two_shelves", "reference_bay", "demo", "kills",
}  # fmt: skip


def site_of(found: Scenario, path: Path) -> Site:
    """The library of a scenario."""
    if isinstance(found.site, Building):
        return build_site(found.site, found.items, fill=found.stocking.fill, seed=1)[1].now
    return load_site(scenario.find(found.site, path)).now


def test_the_promised_scenarios_are_shipped() -> None:
    assert {path.stem for path in SHIPPED} >= PROMISED


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_scenario_can_be_played(path: Path) -> None:
    found = scenario.load(path)
    site = site_of(found, path)
    scenario.check_site(found, path, site)
    stock = furnish(
        site,
        read_titles(scenario.find(found.catalog, path), found.items),
        found.items,
        found.stocking,
        seed=1,
    )
    assert stock.count == found.items
    assert {"en", "zh"} <= found.about.keys()
    assert found.starts_at is not None


def test_everything_at_once_names_every_fault() -> None:
    found = scenario.load(config_dir() / "scenarios/everything.yaml")
    assert {fault.fault for fault in found.faults} == set(get_args(FaultKind))


def test_the_range_that_is_moved_has_books_and_the_one_it_is_moved_to_has_none() -> None:
    for name in ("mass_move", "everything"):
        path = config_dir() / f"scenarios/{name}.yaml"
        found = scenario.load(path)
        site = site_of(found, path)
        titles = read_titles(scenario.find(found.catalog, path), found.items)
        homes = furnish(site, titles, found.items, found.stocking, seed=1).home
        move = found.mass_moves[0]
        (of_first, of_end), (to_first, to_end) = site.spans[move.of], site.spans[move.to]
        assert ((homes >= of_first) & (homes < of_end)).sum() >= (move.items or 0)
        assert not ((homes >= to_first) & (homes < to_end)).any()


def test_a_catalogue_without_a_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("barcode,title\n1,A\n")
    with pytest.raises(InputError, match="columns are missing: author, call_number"):
        read_titles(path, 5)
