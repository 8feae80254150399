"""The configuration of an emulated reader: what SET_READER_CONFIG changes and GET_READER_CONFIG shows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from edge.llrp import messages as m
from edge.llrp.events import (
    ON_ANTENNA,
    ON_EXCEPTION,
    AntennaProperties,
    ConfigState,
    EventEntry,
    EventSpec,
    Holding,
    Identification,
    InputState,
    KeepaliveSpec,
    Output,
)
from edge.llrp.impinj import AntennaSettings, Hub, LinkMonitor, RequestedData
from edge.llrp.rospec import AccessReport, AntennaConfig, ContentSelector, ReportSpec
from edge.llrp.status import FIELD_OUT_OF_RANGE, OK, LlrpStatus
from firmware_sim.readers.box import Box
from firmware_sim.readers.checks import (
    VENDOR,
    antenna_status,
    field_status,
    parameter_status,
    report_status,
    unsupported,
)
from firmware_sim.readers.faults import Faults

DEFAULT_REPORT: Final = ReportSpec(
    trigger=2, n=1, content=ContentSelector(antenna=True, rssi=True, first_seen=True)
)
"""Of a recorded reader in its factory state."""

(
    IDENTIFICATION, PROPERTIES, ANTENNAS, REPORT, EVENTS, ACCESS_REPORT, STATE, KEEPALIVE, INPUTS, OUTPUTS, HOLDING,
) = range(1, 12)  # fmt: skip
"""What GET_READER_CONFIG can ask for; 0 is all."""

_EVENT_KINDS: Final = 9

MISSED_ACKS: Final = 3
"""After so many keepalives without acknowledgement the client is dead, unless the vendor's link monitor says another number."""

KEEPALIVE_SPEC: Final = 220
SHORTEST_KEEPALIVE_MS: Final = 100
"""No client needs more; a flood of them would cost the readers beside this one."""

UNKNOWN_LEVEL: Final = 2
HUB_GONE, HUB_THERE, HUB_FAULT_GONE = 1, 2, 8
"""States of a hub, and the fault of one that is away."""


class Settings:
    """Only what is sent changes; `reset` gives the factory's values: all events off but exception and antenna, no keepalive, no holding."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._changes = 0
        self.reset()

    def reset(self) -> None:
        """Back to the factory's values."""
        self.events: set[int] = {ON_EXCEPTION, ON_ANTENNA}
        self.antennas: dict[int, AntennaConfig] = {}
        self.report: ReportSpec = DEFAULT_REPORT
        self.keepalive_ms = 0
        self.missed_acks = MISSED_ACKS
        self.holds = False
        self.attempts = False
        """Impinj: tell when work on an antenna begins."""
        self.inputs_on: set[int] = set()
        self.outputs: dict[int, bool] = {}

    def fault(self, message: m.SetReaderConfig, *, vendor_on: bool) -> LlrpStatus:
        """Success, or why nothing of `message` is taken."""
        statuses = [antenna_status(self._box, config) for config in message.antennas]
        statuses.append(report_status(message.report))
        keepalive = message.keepalive
        if keepalive is not None and keepalive.kind and keepalive.period_ms < SHORTEST_KEEPALIVE_MS:
            statuses.append(
                parameter_status(KEEPALIVE_SPEC, 1, f"KeepaliveSpec: from {SHORTEST_KEEPALIVE_MS} ms on")
            )
        ports = [(one.port, self._box.inputs) for one in message.inputs]
        ports += [(one.port, self._box.outputs) for one in message.outputs]
        if any(not 1 <= port <= most for port, most in ports):
            statuses.append(field_status("no such input or output", 0, FIELD_OUT_OF_RANGE))
        vendors = message.custom or (message.report is not None and message.report.custom)
        if vendors and not vendor_on:
            statuses.append(unsupported(VENDOR, "vendor's extensions are not enabled"))
        return next((status for status in statuses if status.code), OK)

    def take(self, message: m.SetReaderConfig) -> None:
        """Change what `message` holds; it was checked."""
        if message.reset:
            self.reset()
        for entry in message.events.entries if message.events is not None else ():
            (self.events.add if entry.on else self.events.discard)(entry.event)
        for config in message.antennas:
            self.antennas |= dict.fromkeys(self._ports(config.antenna), config)
        self.report = message.report or self.report
        if message.keepalive is not None:
            self.keepalive_ms = message.keepalive.period_ms if message.keepalive.kind else 0
        if message.holding is not None:
            self.holds = message.holding.on
        for one in message.inputs:
            (self.inputs_on.add if one.enabled else self.inputs_on.discard)(one.port)
        self.outputs |= {one.port: bool(one.level) for one in message.outputs}
        for custom in message.custom:
            if isinstance(custom, LinkMonitor):
                self.missed_acks = max(1, custom.count) if custom.on else MISSED_ACKS
            elif isinstance(custom, AntennaSettings) and custom.attempts is not None:
                self.attempts = bool(custom.attempts.on)
        self._changes += 1

    def shown(
        self, message: m.GetReaderConfig, faults: Faults, levels: Mapping[int, bool], *, vendor_on: bool
    ) -> m.GetReaderConfigResponse:
        """The answer to `message`; `levels`: of the inputs that were ever set."""
        box = self._box
        most = (box.antennas, HOLDING, box.inputs, box.outputs)
        asked = (message.antenna, message.requested, message.gpi, message.gpo)
        for place, (number, limit) in enumerate(zip(asked, most, strict=True)):
            if number > limit:
                return m.GetReaderConfigResponse(
                    status=field_status("GET_READER_CONFIG: no such number", place, FIELD_OUT_OF_RANGE)
                )
        ports = self._ports(message.antenna)
        # behind a hub the reader cannot see the cable: all antennas are connected, whatever is true (facts sheet 10.1)
        silent = set() if box.hubs else faults.silent
        inputs = [message.gpi] if message.gpi else range(1, box.inputs + 1)
        outputs = [message.gpo] if message.gpo else range(1, box.outputs + 1)

        def wanted(what: int) -> bool:
            return message.requested in {0, what}

        kinds = tuple(EventEntry(kind, kind in self.events) for kind in range(_EVENT_KINDS))
        properties = tuple(AntennaProperties(port not in silent, port, 0) for port in ports)
        antennas = tuple(self.antennas.get(port, AntennaConfig(antenna=port)) for port in ports)
        keepalive = KeepaliveSpec(int(self.keepalive_ms > 0), self.keepalive_ms)
        mac = Identification(0, bytes.fromhex("0016250000000001"))
        return m.GetReaderConfigResponse(
            identification=mac if wanted(IDENTIFICATION) else None,
            properties=properties if wanted(PROPERTIES) else (),
            antennas=antennas if wanted(ANTENNAS) else (),
            report=self.report if wanted(REPORT) else None,
            events=EventSpec(kinds) if wanted(EVENTS) else None,
            access_report=AccessReport(0) if wanted(ACCESS_REPORT) else None,
            state=ConfigState(self._changes) if wanted(STATE) else None,
            keepalive=keepalive if wanted(KEEPALIVE) else None,
            inputs=tuple(
                InputState(port, port in self.inputs_on, int(levels.get(port, UNKNOWN_LEVEL)))
                for port in inputs
            )
            if wanted(INPUTS)
            else (),
            outputs=tuple(Output(port, self.outputs.get(port, False)) for port in outputs)
            if wanted(OUTPUTS)
            else (),
            holding=Holding(self.holds) if wanted(HOLDING) else None,
            custom=self._hubs(message, faults) if vendor_on else (),
        )

    def _hubs(self, message: m.GetReaderConfig, faults: Faults) -> tuple[Hub, ...]:
        if not any(isinstance(one, RequestedData) for one in message.custom):
            return ()
        return tuple(
            Hub(hub, HUB_GONE, HUB_FAULT_GONE) if hub in faults.hubs_away else Hub(hub, HUB_THERE, 0)
            for hub in range(1, self._box.hubs + 1)
        )

    def _ports(self, antenna: int) -> list[int]:
        return [antenna] if antenna else list(range(1, self._box.antennas + 1))
