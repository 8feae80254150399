"""From a wished cycle to what the reader is asked over its REST interface. Pure. Source: facts sheet on readers, 15.3."""

from __future__ import annotations

import math
from typing import Annotated, Any, Final, Literal
from urllib.parse import SplitResult, urlsplit

import msgspec

from edge.config import ReaderConfig
from edge.iot.options import read_options
from edge.ports import Cycle
from shelfwire.errors import InputError
from shelfwire.messages import Air

POWER_STEP_CDBM: Final = 25
"""Of this family; a power between two steps would be refused."""

MAX_POPULATION: Final = 32_768
LOOPBACK: Final = {"127.0.0.1", "::1", "localhost"}

STOP: Final = "/profiles/stop"
STATUS: Final = "/status"


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``options:`` of a reader of kind ``impinj-iot``."""

    control: str | None = None
    """Address of the REST interface, for example ``https://impinj-01-23-45/api/v1``; None: the reader runs its own preset."""
    username: str = "root"
    password_file: str | None = None
    ca_file: str | None = None
    preset: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,40}\Z")] = "shelfwire"
    phase: bool = False
    """Ask for phases: half as many bytes more a read."""


def options_of(config: ReaderConfig) -> Options:
    """The checked options. Raises `InputError` with every fault."""
    where = f"readers: {config.id}"
    found, faults = read_options(config, Options, publishes="events")
    if found.control is not None:
        address = _address(found.control)
        if address is None:
            faults.append(f"{where}: options.control: {found.control!r} is no http or https address")
        elif address.scheme == "http" and address.hostname not in LOOPBACK:
            faults.append(
                f"{where}: options.control: must be https off this machine (the password would travel in the open)"
            )
        if not config.antennas:
            faults.append(
                f"{where}: antennas must be listed where the reader is controlled: a preset names them"
            )
    if faults:
        raise InputError(*faults)
    return found


def _address(url: str) -> SplitResult | None:
    """The parts of an http or https address; None if it is none, or its port cannot be one."""
    try:
        found = urlsplit(url)
        _ = found.port  # looked at only when it is asked for
    except ValueError:
        return None
    return found if found.scheme in {"http", "https"} and found.hostname else None


def search(config: ReaderConfig) -> Literal["single", "dual"]:
    """Dual target unless single was asked for; the reader's own choice is not known from outside."""
    if config.search in {"single", "dual"}:
        return "dual" if config.search == "dual" else "single"
    return "dual" if config.target == "AB" else "single"


def air(config: ReaderConfig) -> Air:
    """The air settings of dwells under our preset."""
    mode = search(config)
    return Air(session=config.session, target="AB" if mode == "dual" else "A", search=mode)


def power_cdbm(wish_dbm: float) -> int:
    """The largest step that is not above the wish."""
    return math.floor(round(wish_dbm * 100, 6)) // POWER_STEP_CDBM * POWER_STEP_CDBM


def preset(config: ReaderConfig, options: Options, cycle: Cycle, *, activations: bool) -> dict[str, Any]:
    """The body of ``PUT /profiles/inventory/presets/{id}``: every read with its PC word, each antenna in its order.

    `activations`: ask for antenna activations in the preset too. Where in it the switch stands is an assumption; readers that refuse it
    have it among their own settings.
    """
    common = {
        "rfMode": config.mode,
        "inventorySession": config.session,
        "inventorySearchMode": f"{search(config)}-target",
        "estimatedTagPopulation": min(config.population, MAX_POPULATION),
    }
    events: dict[str, Any] = {
        "common": {"hostname": "enabled"},
        "tagInventory": {
            "epc": "disabled", "epcHex": "enabled", "pc": "enabled", "tid": "disabled", "antennaPort": "enabled",
            "peakRssiCdbm": "enabled", "frequency": "enabled", "transmitPowerCdbm": "enabled",
            "phaseAngle": "enabled" if options.phase else "disabled", "tagReporting": {"reportingIntervalSeconds": 0},
        },
    }  # fmt: skip
    if activations:
        events["antennaActivationEventDelivery"] = "enabled"
    return {
        "eventConfig": events,
        "antennaConfigs": [
            {"antennaPort": port, "transmitPowerCdbm": power_cdbm(cycle.power_of(port))}
            | {key: value for key, value in common.items() if value is not None}
            for port in cycle.antennas or tuple(config.antennas or ())
        ],
    }


def path(options: Options) -> str:
    """The stored preset's path."""
    return f"/profiles/inventory/presets/{options.preset}"
