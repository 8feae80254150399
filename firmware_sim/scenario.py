"""Scenario files: finding, reading and checking them. See ``config/scenarios/`` and ``docs/simulator.md``."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final

import msgspec

from firmware_sim.form import PEOPLE, Building, Happening, Polling, Scenario, Step
from firmware_sim.impossible import in_file, on_site, valid_from
from firmware_sim.seeds import MAX_SEED
from shelfwire import config
from shelfwire.data import config_file
from shelfwire.errors import InputError
from shelfwire.site.load import load_site
from shelfwire.site.model import Site

__all__ = [
    "MAX_SEED", "PEOPLE", "Building", "Happening", "Polling", "Scenario", "Step", "at_site", "check_seed", "check_site", "find", "load",
]  # fmt: skip

A_WEEK: Final = timedelta(weeks=1)


def load(path: Path) -> Scenario:
    """Read and check a scenario. Raises `InputError` with every fault that shows without the site."""
    found = config.read(path, Scenario)
    faults = in_file(found)
    named = {"catalog": found.catalog}
    if isinstance(found.site, str):
        named["site"] = found.site
    faults += [
        f"{key}: {name!r} is no file beside the scenario, and none of those shipped"
        for key, name in named.items()
        if not _there(name, path)
    ]
    if faults:
        raise InputError(*(f"{path}: {fault}" for fault in faults))
    return found


def check_site(found: Scenario, path: Path, site: Site, items: int | None = None) -> None:
    """Hold a scenario against its site: places that there are not, more books than boards. Raises `InputError` with every fault."""
    if faults := on_site(found, site, items):
        raise InputError(*(f"{path}: {fault}" for fault in faults))


def at_site(found: Scenario, path: Path) -> Scenario:
    """The scenario in another library, of the site file `path`; one that is valid only later is played whole weeks later. Raises `InputError`."""
    moved = msgspec.structs.replace(found, site=str(path.resolve()))
    if found.starts_at is None or found.starts_at.tzinfo is not None:
        return moved
    late = valid_from(load_site(path).now) - found.starts_at
    weeks = max(0, -(-late // A_WEEK))
    return msgspec.structs.replace(moved, starts_at=found.starts_at + weeks * A_WEEK)


def check_seed(seed: int) -> int:
    """The seed itself. Raises `InputError` when it is out of range."""
    if not 0 <= seed <= MAX_SEED:
        raise InputError(f"seed: {seed} is out of range; take a whole number from 0 to {MAX_SEED}")
    return seed


def _there(name: str, beside: Path) -> bool:
    try:
        return find(name, beside).is_file()
    except InputError:
        return False


def find(name: str, beside: Path) -> Path:
    """A file that a scenario names: beside it, or among those shipped. Raises `InputError` when it is neither."""
    near = beside.parent / name
    return near if near.exists() else config_file(name)
