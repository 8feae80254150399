"""A whole installation for tests: simulated readers, agents, broker and hub as processes, and what the hub took of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from pyarrow import parquet

from firmware_sim.broker import Wish
from firmware_sim.direct.plan import build
from firmware_sim.form import Polling, Scenario
from firmware_sim.house import House
from firmware_sim.library import SimulatedLibrary
from hub.journal import list_segments, read_segment
from hub.rawlog import rows_of
from hub.snapshot import youngest_sound
from shelfwire.data import config_file

DWELL_MS = 100


class Whole(NamedTuple):
    """A running installation."""

    house: House
    library: SimulatedLibrary


class Taken(NamedTuple):
    """One dwell that the hub took."""

    position: int
    agent: str
    log: str
    seq: int
    boot: str
    reader: str
    port: int
    started_at_us: int
    ended_at_us: int


@asynccontextmanager
async def running(
    folder: Path,
    *,
    broker: Wish = "auto",
    items: int = 400,
    engine: dict[str, Any] | None = None,
    seed: int = 1,
    **hub: Any,
) -> AsyncIterator[Whole]:
    """The small site with `items` books; `engine` and `hub` are sections of hub.yaml."""
    site_file = config_file("sites/small.yaml")
    scenario = Scenario(site=str(site_file), items=items, polling=Polling(dwell_ms=DWELL_MS))
    library = SimulatedLibrary(build(scenario, site_file, seed))
    house = House(folder, library.site, site_file, broker=broker)
    await library.start()
    try:
        house.write_hub(engine or {}, **hub)
        act = house.import_catalogue(library.catalogue(), "simulated library")
        ports = {name: reader.port for name, reader in library.readers.items()}
        house.add("hub", ["hub", "run", "--config", str(folder / "hub.yaml")], "hub ready")
        for agent in house.agents:
            config = house.write_edge(agent, ports, scenario.polling)
            house.add(agent, ["edge", "run", "--config", str(config)], "agent ready")
        await house.start()
        await house.act_done(act)
        yield Whole(house, library)
    finally:
        await house.stop()
        await library.stop()


class _Nobody:
    """Keeps no tag: these tests count dwells."""

    def __call__(self, epc: str, pc: int | None) -> bool:
        return False


def taken(house: House) -> list[Taken]:
    """Every dwell that the hub took and still holds, from raw log and journal, in the order of taking. The hub must be stopped."""
    names = Taken._fields
    found: dict[tuple[int, int], Taken] = {}
    files = house.hub_files
    for path in sorted(files.raw_log_dir.glob("**/*.parquet")):
        _number(found, parquet.read_table(path, columns=["kind", *names]).to_pylist())
    for segment in list_segments(files.journal_dir):
        for group in read_segment(segment):
            _number(found, rows_of(group, house.site.id, _Nobody()))  # type: ignore[arg-type]  # any judge of tags will do
    return [found[key] for key in sorted(found)]


def _number(found: dict[tuple[int, int], Taken], rows: Any) -> None:
    place: dict[int, int] = {}
    for row in rows:
        if row["kind"] != "dwell":
            continue
        at = row["position"]
        place[at] = place.get(at, -1) + 1
        found[at, place[at]] = Taken(*(row[name] for name in Taken._fields))


def engine_dwells(house: House) -> dict[str, int]:
    """Antenna → dwells that the engine applied, as its last snapshot says."""
    kept = youngest_sound(house.hub_files.snapshot_dir)
    assert kept is not None
    state = kept[1]["engines"][house.site.id]
    return {antenna.id: int(state["antennas"]["dwells"][antenna.index]) for antenna in house.site.antennas}
