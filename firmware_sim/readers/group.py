"""All readers of a site as emulators in one process: as many ports and hubs as the site's antennas need."""

from __future__ import annotations

from collections.abc import Callable

from firmware_sim.radio import Field
from firmware_sim.readers.box import IMPINJ, Box
from firmware_sim.readers.llrp import LlrpEmulator
from shelfwire.site.model import Site


def emulators(
    site: Site,
    field: Field,
    *,
    host_us: Callable[[], int] | None = None,
    speed: float = 1.0,
    first_port: int = 0,
) -> dict[str, LlrpEmulator]:
    """One for each reader that drives an antenna, by id, not started yet. `first_port`: they listen on this port and the next ones; 0: the system chooses."""
    ports: dict[str, int] = {}
    for antenna in site.antennas:
        ports[antenna.reader] = max(ports.get(antenna.reader, 1), antenna.port)
    return {
        name: LlrpEmulator(
            Box(name=name, antennas=ports[name], vendor=IMPINJ),
            field,
            port=first_port + place if first_port else 0,
            host_us=host_us,
            speed=speed,
        )
        for place, name in enumerate(sorted(ports))
    }
