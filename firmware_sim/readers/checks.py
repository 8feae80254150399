"""Whether an emulated reader takes a ROSpec, and in which words it refuses. Pure. Source: facts sheet, sections 6, 7 and 11."""

from __future__ import annotations

from collections.abc import Iterable

from edge.llrp.impinj import Custom, Loop, Selector
from edge.llrp.rospec import (
    DISABLED,
    START_PERIODIC,
    STOP_DURATION,
    STOP_OBSERVATION,
    AISpec,
    AntennaConfig,
    LoopSpec,
    ROSpec,
)
from edge.llrp.status import (
    FIELD_ERROR,
    FIELD_INVALID,
    FIELD_OUT_OF_RANGE,
    INNER_FIELD_ERROR,
    INNER_UNSUPPORTED_PARAMETER,
    OK,
    PARAMETER_ERROR,
    FieldError,
    LlrpStatus,
    ParameterError,
)
from firmware_sim.readers.box import Box

ROSPEC, AISPEC, AISPEC_STOP, START_TRIGGER, TRANSMITTER, RF_CONTROL, VENDOR = (
    177,
    183,
    184,
    179,
    224,
    335,
    1023,
)


def field_status(text: str, field: int = 0, code: int = FIELD_INVALID) -> LlrpStatus:
    """A field of the message itself is wrong."""
    return LlrpStatus(code=FIELD_ERROR, description=text, field_error=FieldError(field, code))


def parameter_status(parameter: int, field: int, text: str, code: int = FIELD_OUT_OF_RANGE) -> LlrpStatus:
    """A field of a parameter is wrong."""
    return LlrpStatus(
        code=PARAMETER_ERROR,
        description=text,
        parameter_error=ParameterError(
            parameter=parameter, code=INNER_FIELD_ERROR, field_error=FieldError(field, code)
        ),
    )


def unsupported(parameter: int, text: str) -> LlrpStatus:
    """A parameter that this reader does not know, or not now."""
    return LlrpStatus(
        code=PARAMETER_ERROR,
        description=text,
        parameter_error=ParameterError(parameter=parameter, code=INNER_UNSUPPORTED_PARAMETER),
    )


def rospec_status(box: Box, spec: ROSpec, known: Iterable[int], *, vendor_on: bool) -> LlrpStatus:
    """Success, or the first thing that is wrong with `spec`. `known`: ids of the ROSpecs that the reader has."""
    ids = set(known)
    rules = [
        (spec.id == 0 or spec.id in ids, ROSPEC, 0, "ROSpec: id 0 or taken"),
        (len(ids) >= box.max_rospecs, ROSPEC, 0, f"ROSpec: this reader holds {box.max_rospecs}"),
        (spec.priority > 1, ROSPEC, 1, "ROSpec: Priority"),
        (spec.state != DISABLED, ROSPEC, 2, "ROSpec: CurrentState"),
        (spec.boundary.start.kind > START_PERIODIC, START_TRIGGER, 0, "no start by input in this reader"),
        (not spec.aispecs, ROSPEC, 3, "ROSpec: no AISpec"),
        (len(spec.specs) > box.max_specs, ROSPEC, 3, f"ROSpec: more than {box.max_specs} specs"),
    ]
    for broken, parameter, field, text in rules:
        if broken:
            return parameter_status(parameter, field, text)
    if not vendor_on and _has_vendor(spec):
        return unsupported(VENDOR, "vendor's parameters before the vendor's extensions were enabled")
    statuses = (_aispec_status(box, one) for one in spec.aispecs)
    return next((status for status in statuses if status.code), OK)


def _has_vendor(spec: ROSpec) -> bool:
    if any(isinstance(one, Loop | Custom) for one in spec.specs):
        return True
    if spec.report is not None and any(isinstance(one, Selector | Custom) for one in spec.report.custom):
        return True
    configs = [config for one in spec.aispecs for inner in one.inventories for config in inner.antennas]
    return any(config.inventory is not None and config.inventory.custom for config in configs)


def _aispec_status(box: Box, spec: AISpec) -> LlrpStatus:
    if any(antenna > box.antennas for antenna in spec.antennas) or not spec.antennas:
        return parameter_status(AISPEC, 1, f"AISpec: antennas are 1 to {box.antennas}")
    kind = spec.stop.kind
    if kind > STOP_OBSERVATION or (kind == STOP_OBSERVATION and box.refuses_observation):
        return parameter_status(AISPEC_STOP, 0, "AISpecStopTrigger: not known to this reader")
    if kind == STOP_DURATION and spec.stop.duration_ms == 0:
        return parameter_status(AISPEC_STOP, 1, "AISpecStopTrigger: a duration of 0 ms")
    if len(spec.inventories) != 1 or spec.inventories[0].id == 0:
        return parameter_status(AISPEC, 2, "AISpec: one inventory parameter spec with an id")
    for config in spec.inventories[0].antennas:
        status = antenna_status(box, config)
        if status.code:
            return status
    return OK


def antenna_status(box: Box, config: AntennaConfig) -> LlrpStatus:
    """Whether the settings of one antenna are in the reader's tables."""
    if config.antenna > box.antennas:
        return parameter_status(222, 0, f"AntennaConfiguration: antennas are 1 to {box.antennas}")
    if config.transmitter is not None:
        if config.transmitter.power not in box.powers_cdbm:
            return parameter_status(TRANSMITTER, 2, "TransmitPower: no such index")
        if config.transmitter.hop_table != box.hop_table:
            return parameter_status(TRANSMITTER, 0, "invalid HopTableID", FIELD_INVALID)
    inventory = config.inventory
    if inventory is not None and inventory.rf is not None and inventory.rf.mode not in box.modes:
        return parameter_status(RF_CONTROL, 0, "ModeIndex: no such mode", FIELD_INVALID)
    return OK


def endless(spec: ROSpec) -> bool:
    """Whether the list of AISpecs runs again and again by the vendor's or LLRP 1.1's loop."""
    return any(isinstance(one, Loop | LoopSpec) and one.count == 0 for one in spec.specs)
