"""Everything that can break in a scenario, by name. What each does stands beside it; where it is applied, in `docs/simulator.md`. Pure."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

FaultKind = Literal[
    "reader_dead",  # no power: its port answers nobody
    "antenna_unplugged",  # driven, and hears nothing
    "cable_loss",  # hears `amount` dB less
    "hub_port_stuck",  # the antenna hub stays on one antenna: every port of that hub hears what this antenna hears
    "reader_reboot",  # off, and back after 90 s without its ROSpecs
    "reader_slow",  # reads a second divided by `amount`, dwells end late
    "agent_killed",
    "broker_killed",
    "hub_killed",
    "link_slow",  # between agent and broker: `amount` seconds each way
    "link_lossy",  # share `amount` of packets has to be sent again; the connection breaks now and then
    "link_cut",
    "clock_wrong",  # the agent's wall clock jumps by `amount` hours
    "clock_drift",  # the reader's and agent's clock runs `amount` parts per million fast
    "duplicates",  # share `amount` of reports arrives twice
    "reordering",  # share `amount` of reports arrives after later ones
    "corrupt_frames",  # share `amount` of frames from the reader is damaged
    "disk_full",  # the agent cannot write to its outbox
    "influx_away",  # the time series cannot be written
]
"""Names of faults."""

ANTENNA_FAULTS: frozenset[str] = frozenset({"antenna_unplugged", "cable_loss", "hub_port_stuck"})
READER_FAULTS: frozenset[str] = frozenset({"reader_dead", "reader_reboot", "reader_slow", "corrupt_frames"})
AGENT_FAULTS: frozenset[str] = frozenset(
    {
        "agent_killed", "link_slow", "link_lossy", "link_cut", "clock_wrong", "clock_drift", "duplicates", "reordering",
        "disk_full",
    }
)  # fmt: skip
CENTRAL_FAULTS: frozenset[str] = frozenset({"broker_killed", "hub_killed", "influx_away"})


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that breaks, from when to when, and where."""

    fault: FaultKind
    at_h: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    at_s: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    """Since the scenario's start; hours and seconds are added."""
    for_h: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    for_s: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    """How long it lasts; both 0: until the end."""
    what: tuple[str, ...] = ()
    """Ids of antennas, readers or agents, as the fault needs; empty: all of them, or the one central thing."""
    share: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = None
    """Instead of `what`: this share of them, chosen by the seed."""
    amount: Annotated[float, msgspec.Meta(gt=0)] | None = None
    """How bad, in the unit that the fault's line names."""
    say: str = ""

    @property
    def from_us(self) -> int:
        """Microseconds since the scenario's start."""
        return int(self.at_h * 3_600_000_000 + self.at_s * 1_000_000)

    @property
    def to_us(self) -> int | None:
        """Microseconds since the scenario's start; None: it lasts."""
        long_us = int(self.for_h * 3_600_000_000 + self.for_s * 1_000_000)
        return self.from_us + long_us if long_us else None
