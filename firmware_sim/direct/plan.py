"""A scenario → everything that a run needs: site, world, radio, wiring, schedule, faults and post. Reads the files that the scenario names."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from firmware_sim import scenario as scenarios
from firmware_sim.direct.broken import Broken
from firmware_sim.direct.building import build_site
from firmware_sim.direct.delivery import Post
from firmware_sim.direct.reports import TagTable
from firmware_sim.direct.schedule import Schedule
from firmware_sim.radio import Radio, Wiring
from firmware_sim.scenario import Building, Scenario
from firmware_sim.world import Title, World, furnish
from shelfwire.errors import InputError
from shelfwire.site.form import SiteForm
from shelfwire.site.load import load_site
from shelfwire.site.model import Site, SiteHistory

DEFAULT_START: Final = datetime(2026, 3, 2, 6, 0)  # noqa: DTZ001 (local time at the site)
"""A Monday before the doors open: for scenarios that name no start and are not bound to the wall clock."""

_COLUMNS: Final = ("barcode", "title", "author", "call_number")


@dataclass(eq=False)
class Simulation:
    """One scenario under one seed, ready to run; used by every way of running."""

    scenario: Scenario
    path: Path
    seed: int
    history: SiteHistory
    site_path: Path | None
    """The site's file; None: it was built for the scenario (`form`)."""
    form: SiteForm | None
    world: World
    wiring: Wiring
    radio: Radio
    start_us: int
    schedule: Schedule = field(init=False)
    broken: Broken = field(init=False)
    post: Post = field(init=False)

    def __post_init__(self) -> None:
        """What follows from the rest."""
        start_us, seed = self.start_us, self.seed
        self.schedule = Schedule(self.site, self.scenario.polling, start_us=start_us, seed=seed)
        self.broken = Broken(self.site, self.scenario.faults, start_us=start_us, seed=seed)
        self.post = Post(self.site, self.broken, start_us=start_us, seed=seed)

    @property
    def site(self) -> Site:
        """The newest version of the site."""
        return self.history.now

    @property
    def end_us(self) -> int:
        """When the scenario is over."""
        return self.start_us + int(self.scenario.lasts_h * 3_600_000_000)

    @cached_property
    def tags(self) -> TagTable:
        """EPCs and PC words of all tags, made when first asked for."""
        return TagTable(self.world, self.site)


def build(
    scenario: Scenario, path: Path, seed: int, *, items: int | None = None, start_us: int | None = None
) -> Simulation:
    """Build it all. `items`, `start_us` instead of the scenario's. Raises `InputError` with what is wrong, and where."""
    count = scenario.items if items is None else items
    site_path, form = None, None
    if isinstance(scenario.site, Building):
        form, history = build_site(scenario.site, count, fill=scenario.stocking.fill, seed=seed)
    else:
        site_path = scenarios.find(scenario.site, path)
        history = load_site(site_path)
    if start_us is None:
        start_us = _start_us(scenario, history.now.timezone)
    site = history.now
    scenarios.check_seed(seed)
    scenarios.check_site(scenario, path, site, count)
    titles = read_titles(scenarios.find(scenario.catalog, path), count)
    stock = furnish(site, titles, count, scenario.stocking, seed=seed)
    world = World(
        site, stock, start_us=start_us, seed=seed, people=scenario.people, planted=scenario.planted,
        moves=scenario.mass_moves,
    )  # fmt: skip
    wiring = Wiring(site)
    radio = Radio(world, seed=seed, settings=scenario.radio, wiring=wiring)
    return Simulation(scenario, path, seed, history, site_path, form, world, wiring, radio, start_us)


def _start_us(scenario: Scenario, timezone: str) -> int:
    local = (scenario.starts_at or DEFAULT_START).replace(tzinfo=ZoneInfo(timezone))
    span = local.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (span.days * 86_400 + span.seconds) * 1_000_000


def read_titles(path: Path, count: int) -> list[Title]:
    """The first `count` rows of a catalogue CSV, in the order of the file; fewer if it holds fewer. Raises `InputError`."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (rows.fieldnames or [])]
            if missing:
                raise InputError(f"{path}: columns are missing: {', '.join(missing)}")
            found = [
                Title(*(row[name] or "" for name in _COLUMNS))
                for _, row in zip(range(count), rows, strict=False)
            ]
    except OSError as fault:
        raise InputError(f"{path}: cannot be read: {fault.strerror}") from fault
    except (UnicodeDecodeError, csv.Error) as fault:
        raise InputError(f"{path}: is no CSV in UTF-8: {fault}") from fault
    if not found:
        raise InputError(f"{path}: holds no rows")
    return found
