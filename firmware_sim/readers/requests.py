"""What an emulated reader answers to each message of a client. Pure.

What is wrong changes nothing and is answered in the response of the message; what has no response, with ERROR_MESSAGE (facts sheet, sections 6, 7 and 11).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from edge.llrp import messages as m
from edge.llrp.codec import Frame
from edge.llrp.impinj import IMPINJ
from edge.llrp.status import (
    FIELD_INVALID,
    FIELD_OUT_OF_RANGE,
    OK,
    UNSUPPORTED_MESSAGE,
    UNSUPPORTED_VERSION,
    LlrpStatus,
)
from firmware_sim.readers.access import AccessSpecs
from firmware_sim.readers.box import Box, capabilities
from firmware_sim.readers.checks import field_status, rospec_status
from firmware_sim.readers.faults import Faults
from firmware_sim.readers.gathering import Gathering
from firmware_sim.readers.plans import Plans
from firmware_sim.readers.settings import Settings
from firmware_sim.readers.voice import Voice

RESPONSES: Final[dict[int, Any]] = {
    request: m.CLASSES[answer]
    for request, answer in {
        1: 11, 2: 12, 3: 13, 14: 4, 20: 30, 21: 31, 22: 32, 23: 33, 24: 34, 25: 35, 26: 36,
        40: 50, 41: 51, 42: 52, 43: 53, 44: 54,
    }.items()
}  # fmt: skip
"""Request type → class of its answer, for refusals."""

LAST_CAPABILITY: Final = 4
"""What GET_READER_CAPABILITIES may ask for: 0 to 4."""


class Requests:
    """One reader's answers; `vendor_on` and the version belong to the connection."""

    def __init__(
        self,
        *,
        box: Box,
        settings: Settings,
        voice: Voice,
        plans: Plans,
        access: AccessSpecs,
        gathering: Gathering,
        faults: Callable[[], Faults],
        levels: Mapping[int, bool],
    ) -> None:
        self.vendor_on = False
        self._box, self._settings, self._voice = box, settings, voice
        self._plans, self._access, self._gathering = plans, access, gathering
        self._faults, self._levels = faults, levels
        self._handlers = self._all_handlers()

    def knows(self, message: m.Message) -> bool:
        """Whether this reader can do something with `message`."""
        return type(message) in self._handlers

    def answer(self, message: m.Message, now_us: int) -> m.Message | None:
        """The answer to `message`, which it `knows`; None where none is due."""
        return self._handlers[type(message)](message, now_us)

    def refusal(self, frame: Frame, status: LlrpStatus) -> m.Message | None:
        """How `frame` is refused: in its own response if it has one. A refusal itself is never answered."""
        cls: Any = RESPONSES.get(frame.type)
        if cls is not None:
            return cls(status=status)  # type: ignore[no-any-return]  # all of RESPONSES are messages
        return None if frame.type == m.TYPES[m.ErrorMessage] else m.ErrorMessage(status)

    def _all_handlers(self) -> dict[type, Callable[[Any, int], m.Message | None]]:
        plans, access = self._plans, self._access
        return {
            m.GetReaderCapabilities: self._capabilities,
            m.GetReaderConfig: self._config,
            m.SetReaderConfig: self._set_config,
            m.CloseConnection: lambda _message, _now: m.CloseConnectionResponse(),
            m.AddROSpec: self._add,
            m.DeleteROSpec: lambda message, now: m.DeleteROSpecResponse(plans.delete(message.rospec, now)),
            m.EnableROSpec: lambda message, now: m.EnableROSpecResponse(plans.enable(message.rospec, now)),
            m.DisableROSpec: lambda message, now: m.DisableROSpecResponse(plans.disable(message.rospec, now)),
            m.StartROSpec: lambda message, now: m.StartROSpecResponse(plans.start_asked(message.rospec, now)),
            m.StopROSpec: lambda message, now: m.StopROSpecResponse(plans.stop_asked(message.rospec, now)),
            m.GetROSpecs: lambda _message, _now: m.GetROSpecsResponse(rospecs=plans.listed()),
            m.AddAccessSpec: lambda message, _: m.AddAccessSpecResponse(access.add(message.spec)),
            m.DeleteAccessSpec: lambda message, _: m.DeleteAccessSpecResponse(
                access.delete(message.access_spec)
            ),
            m.EnableAccessSpec: lambda message, _: m.EnableAccessSpecResponse(
                access.switch(message.access_spec, on=True)
            ),
            m.DisableAccessSpec: lambda message, _: m.DisableAccessSpecResponse(
                access.switch(message.access_spec, on=False)
            ),
            m.GetAccessSpecs: lambda _message, _now: access.listed(),
            m.GetReport: lambda _message, _now: self._gathering.told_all(),
            m.KeepaliveAck: self._acknowledged,
            m.EnableEventsAndReports: self._enable_reports,
            m.ImpinjEnable: self._enable_vendor,
            m.GetSupportedVersion: self._versions,
            m.SetProtocolVersion: self._set_version,
        }

    def _capabilities(self, message: m.GetReaderCapabilities, _now_us: int) -> m.Message:
        if message.requested > LAST_CAPABILITY:
            return m.GetReaderCapabilitiesResponse(
                status=field_status("RequestedData", 0, FIELD_OUT_OF_RANGE)
            )
        return capabilities(self._box, message.requested)

    def _config(self, message: m.GetReaderConfig, _now_us: int) -> m.Message:
        return self._settings.shown(message, self._faults(), self._levels, vendor_on=self.vendor_on)

    def _set_config(self, message: m.SetReaderConfig, now_us: int) -> m.Message:
        status = self._settings.fault(message, vendor_on=self.vendor_on)
        if status.code:
            return m.SetReaderConfigResponse(status)
        if message.reset and not self._box.keeps_rospecs_on_reset:
            self._plans.delete(0, now_us)
            self._access.delete(0)
        self._settings.take(message)
        if message.reset or message.keepalive is not None:
            self._voice.restart_keepalive(now_us)
        return m.SetReaderConfigResponse()

    def _add(self, message: m.AddROSpec, _now_us: int) -> m.Message:
        status = rospec_status(self._box, message.spec, self._plans.specs, vendor_on=self.vendor_on)
        if not status.code:
            self._plans.specs[message.spec.id] = message.spec
        return m.AddROSpecResponse(status)

    def _acknowledged(self, _message: m.KeepaliveAck, _now_us: int) -> m.Message | None:
        self._voice.acknowledged()
        return None

    def _enable_reports(self, _message: m.EnableEventsAndReports, now_us: int) -> m.Message | None:
        self._voice.release(now_us)
        return None

    def _enable_vendor(self, _message: m.ImpinjEnable, _now_us: int) -> m.Message:
        if self._box.vendor != IMPINJ:
            return m.ErrorMessage(
                LlrpStatus(code=UNSUPPORTED_MESSAGE, description="no such vendor's message")
            )
        self.vendor_on = True
        return m.ImpinjEnableResponse()

    def _versions(self, _message: m.GetSupportedVersion, _now_us: int) -> m.Message:
        if self._box.highest_version == 1:
            return m.ErrorMessage(
                LlrpStatus(code=UNSUPPORTED_MESSAGE, description="this reader speaks 1.0.1")
            )
        return m.GetSupportedVersionResponse(
            current=self._voice.version, highest=self._box.highest_version, status=OK
        )

    def _set_version(self, message: m.SetProtocolVersion, _now_us: int) -> m.Message:
        if self._box.highest_version == 1:
            return m.ErrorMessage(
                LlrpStatus(code=UNSUPPORTED_MESSAGE, description="this reader speaks 1.0.1")
            )
        if not 1 <= message.protocol <= self._box.highest_version:
            return m.SetProtocolVersionResponse(
                LlrpStatus(
                    code=UNSUPPORTED_VERSION,
                    description="ProtocolVersion",
                    field_error=field_status("", 0, FIELD_INVALID).field_error,
                )
            )
        self._voice.version = message.protocol
        return m.SetProtocolVersionResponse()
