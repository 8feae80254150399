"""From what is wished and what a reader can do to the ROSpec that it is asked to run. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from edge.config import ReaderConfig
from edge.dwells import Turn
from edge.llrp import impinj
from edge.llrp.capabilities import General, LlrpLimits, UhfBand
from edge.llrp.messages import GetReaderCapabilitiesResponse
from edge.llrp.rospec import (
    REPORT_AISPEC,
    START_IMMEDIATE,
    STOP_DURATION,
    AISpec,
    AISpecStop,
    AntennaConfig,
    BankSelector,
    Boundary,
    ContentSelector,
    InventoryCommand,
    InventorySpec,
    Receiver,
    ReportSpec,
    RfControl,
    ROSpec,
    Singulation,
    StartTrigger,
    StopTrigger,
    Transmitter,
)
from edge.ports import Cycle
from shelfwire.messages import Air

MAX_ANTENNAS: Final = 1024
"""More than any reader with hubs has (32 are usual): what a reader claims must not size our plans."""

FULL, NO_CUSTOM, NO_ANTENNA_CONFIG = range(3)
"""How much a reader was found to accept; tried in this order (facts sheet, section 8). The third fall-back, a
duration in place of a tag observation, is what we ask for from the start."""
DROPPED: Final = {
    NO_CUSTOM: "vendor's settings (fine RSSI, search mode)",
    NO_ANTENNA_CONFIG: "antenna settings (power, session, mode)",
}

_SEARCH_MODES: Final = {
    "single": impinj.SEARCH_SINGLE,
    "dual": impinj.SEARCH_DUAL,
    "suppress": impinj.SEARCH_SUPPRESS,
}


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """What of a reader's capabilities matters here. Empty where it did not say."""

    antennas: int
    vendor: int = 0
    model: str = ""
    firmware: str = ""
    has_utc: bool = True
    holds: bool = False
    max_specs: int = 0
    """AISpecs in one ROSpec; 0: no limit stated."""
    powers: tuple[tuple[int, float], ...] = ()
    """Index and dBm."""
    hop_table: int = 0
    channel: int = 0
    channels_khz: tuple[int, ...] = ()
    """The channel index of a report counts from 1 into this."""
    modes: tuple[int, ...] = ()
    sensitivity: int | None = None

    @property
    def is_impinj(self) -> bool:
        """Whether Impinj's parameters make sense."""
        return self.vendor == impinj.IMPINJ


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A ROSpec, what its AISpecs mean, and what of the wish it leaves out (words for a person)."""

    spec: ROSpec
    turns: tuple[Turn, ...]
    air: Air
    dropped: tuple[str, ...] = ()


def reader_of(answer: GetReaderCapabilitiesResponse) -> Reader:
    """The capabilities that matter, bounded."""
    general = answer.general or General(max_antennas=1, vendor=0, model=0, firmware="")
    limits = answer.llrp or LlrpLimits(
        max_rospecs=0, max_specs_per_rospec=0, max_inventory_specs=0, max_access_specs=0, max_op_specs=0
    )
    band = (answer.regulatory and answer.regulatory.band) or UhfBand()
    frequencies = band.frequencies
    hops = frequencies.hop_tables if frequencies else ()
    fixed = frequencies.fixed if frequencies else None
    steps = sorted((step.above_db, step.index) for step in general.sensitivities)
    return Reader(
        antennas=max(1, min(general.max_antennas, MAX_ANTENNAS)),
        vendor=general.vendor,
        model=f"{_maker(general.vendor)} {general.model}",
        firmware=general.firmware[:100],
        has_utc=general.has_utc,
        holds=limits.holds,
        max_specs=limits.max_specs_per_rospec,
        powers=tuple((level.index, level.cdbm / 100) for level in band.powers),
        hop_table=hops[0].id if hops else 0,
        channel=1 if hops or fixed else 0,
        channels_khz=hops[0].khz if hops else fixed.khz if fixed else (),
        modes=tuple(mode.id for table in band.modes for mode in table.modes),
        sensitivity=steps[0][1] if steps else None,
    )


def _maker(vendor: int) -> str:
    return {impinj.IMPINJ: "Impinj", 161: "Zebra"}.get(vendor, f"vendor {vendor}")


def make(config: ReaderConfig, cycle: Cycle, reader: Reader, rospec: int, level: int) -> Plan | None:
    """The plan for `cycle` on this `reader`; None if it has none of the antennas that are asked for."""
    dropped = [DROPPED[step] for step in range(1, level + 1)]
    asked = cycle.antennas or tuple(config.antennas or ()) or tuple(range(1, reader.antennas + 1))
    ports = [port for port in dict.fromkeys(asked) if port <= reader.antennas]
    if len(ports) < len(asked):
        missing = [port for port in asked if port > reader.antennas]
        dropped.append(f"antennas {missing}: the reader has {reader.antennas}")
    if not ports:
        return None
    groups = _groups(ports, reader.max_specs)
    if len(groups) < len(ports):
        dropped.append(
            f"dwells of single antennas: the reader takes {reader.max_specs} specs for {len(ports)} antennas"
        )
    search = _search(config) if reader.is_impinj and level < NO_CUSTOM else None
    if search is None and config.target == "AB":
        dropped.append("target AB: this reader decides by itself")
    command = _command(config, reader, search, dropped)
    powers = {port: _power(reader, cycle.power_of(port)) for port in ports}
    if level >= NO_ANTENNA_CONFIG:
        powers = dict.fromkeys(ports)
    turns, specs = [], []
    for index, group in enumerate(groups, start=1):
        duration_ms = cycle.dwell_ms * len(group)
        settings = tuple(_antenna(reader, port, powers[port], command) for port in group)
        specs.append(_aispec(index, group, duration_ms, settings if level < NO_ANTENNA_CONFIG else ()))
        turns.append(
            Turn(
                antennas=tuple(group),
                duration_us=duration_ms * 1000,
                power_dbm=tuple(power[1] if (power := powers[port]) else None for port in group),
            )
        )
    custom = reader.is_impinj and level < NO_CUSTOM
    spec = ROSpec(
        id=rospec,
        boundary=Boundary(StartTrigger(kind=START_IMMEDIATE), StopTrigger()),
        specs=tuple(specs),
        report=_report(config, custom=custom),
    )
    air = _air(config, search) if level < NO_ANTENNA_CONFIG else Air()
    return Plan(spec=spec, turns=tuple(turns), air=air, dropped=tuple(dropped))


def _groups(ports: Sequence[int], limit: int) -> list[list[int]]:
    """One group a port, or `limit` groups of neighbours of nearly equal size."""
    count = min(len(ports), limit) if limit else len(ports)
    return [
        list(ports[index * len(ports) // count : (index + 1) * len(ports) // count]) for index in range(count)
    ]


def _power(reader: Reader, wish_dbm: float) -> tuple[int, float] | None:
    """Index and dBm of the largest step not above the wish, else of the smallest; None: the reader named no steps."""
    if not reader.powers:
        return None
    fitting = [(dbm, index) for index, dbm in reader.powers if dbm <= wish_dbm + 1e-6]
    dbm, index = max(fitting) if fitting else min((dbm, index) for index, dbm in reader.powers)
    return index, dbm


def _search(config: ReaderConfig) -> int:
    """Impinj's search mode for what is wished; dual target lets each tag answer again and again."""
    by_target = impinj.SEARCH_DUAL if config.target == "AB" else impinj.SEARCH_SINGLE
    return _SEARCH_MODES.get(config.search, by_target)


def _air(config: ReaderConfig, search: int | None) -> Air:
    """What is known of the air settings in force. Without a search mode of ours the target is the reader's secret."""
    if search == impinj.SEARCH_DUAL:
        return Air(session=config.session, target="AB", search="dual")
    if search is not None:
        return Air(
            session=config.session,
            target="A",
            search="suppress" if search == impinj.SEARCH_SUPPRESS else "single",
        )
    return Air(session=config.session)


def _command(
    config: ReaderConfig, reader: Reader, search: int | None, dropped: list[str]
) -> InventoryCommand:
    rf = None
    if config.mode is not None and config.mode in reader.modes:
        rf = RfControl(config.mode)
    elif config.mode is not None:
        dropped.append(f"mode {config.mode}: the reader has {_few(reader.modes)}")
    return InventoryCommand(
        rf=rf,
        singulation=Singulation(session=config.session, population=config.population),
        custom=(impinj.SearchMode(search),) if search is not None else (),
    )


def _few(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, list(numbers)[:20])) or "none"


def _antenna(
    reader: Reader, port: int, power: tuple[int, float] | None, command: InventoryCommand
) -> AntennaConfig:
    return AntennaConfig(
        antenna=port,
        receiver=Receiver(reader.sensitivity) if reader.sensitivity is not None else None,
        transmitter=Transmitter(reader.hop_table, reader.channel, power[0]) if power else None,
        inventory=command,
    )


def _aispec(
    index: int, antennas: Sequence[int], duration_ms: int, settings: tuple[AntennaConfig, ...]
) -> AISpec:
    return AISpec(
        antennas=tuple(antennas),
        stop=AISpecStop(kind=STOP_DURATION, duration_ms=duration_ms),
        inventories=(InventorySpec(id=index, antennas=settings),),
    )


def _report(config: ReaderConfig, *, custom: bool) -> ReportSpec:
    """Summed reports at the end of each AISpec: smaller by the read count, and enough for shelves."""
    selector = impinj.Selector(
        phase=impinj.WantPhase() if config.options.get("phase") else None, rssi=impinj.WantRssi()
    )
    return ReportSpec(
        trigger=REPORT_AISPEC,
        n=0,
        content=ContentSelector(
            rospec=True,
            spec_index=True,
            antenna=True,
            channel=True,
            rssi=True,
            first_seen=True,
            last_seen=True,
            count=True,
            bank=BankSelector(pc=True),
        ),
        custom=(selector,) if custom else (),
    )
