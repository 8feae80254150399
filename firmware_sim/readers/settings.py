"""The configuration of an emulated reader: what SET_READER_CONFIG changes and GET_READER_CONFIG shows. Pure."""

from __future__ import annotations

from collections.abc import Container
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
    KeepaliveSpec,
)
from edge.llrp.rospec import AccessReport, AntennaConfig, ContentSelector, ReportSpec
from edge.llrp.status import FIELD_OUT_OF_RANGE, OK, PARAMETER_ERROR, LlrpStatus
from firmware_sim.readers.box import Box
from firmware_sim.readers.checks import antenna_status, field_status

DEFAULT_REPORT: Final = ReportSpec(
    trigger=2, n=1, content=ContentSelector(antenna=True, rssi=True, first_seen=True)
)
"""Of a recorded reader in its factory state."""

(
    IDENTIFICATION, PROPERTIES, ANTENNAS, REPORT, EVENTS, ACCESS_REPORT, STATE, KEEPALIVE, INPUTS, OUTPUTS, HOLDING,
) = range(1, 12)  # fmt: skip
"""What GET_READER_CONFIG can ask for; 0 is all."""

_EVENT_KINDS: Final = 9


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
        self.holds = False

    def fault(self, message: m.SetReaderConfig, *, vendor_on: bool) -> LlrpStatus:
        """Success, or why nothing of `message` is taken."""
        for config in message.antennas:
            status = antenna_status(self._box, config)
            if status.code:
                return status
        if message.custom and not vendor_on:
            return LlrpStatus(code=PARAMETER_ERROR, description="vendor's extensions are not enabled")
        return OK

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
        self._changes += 1

    def shown(self, message: m.GetReaderConfig, silent: Container[int]) -> m.GetReaderConfigResponse:
        """The answer to `message`; `silent`: antennas that are not connected."""
        if message.antenna > self._box.antennas:
            return m.GetReaderConfigResponse(status=field_status("AntennaID", 0, FIELD_OUT_OF_RANGE))
        ports = self._ports(message.antenna)

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
            holding=Holding(self.holds) if wanted(HOLDING) else None,
        )

    def _ports(self, antenna: int) -> list[int]:
        return [antenna] if antenna else list(range(1, self._box.antennas + 1))
