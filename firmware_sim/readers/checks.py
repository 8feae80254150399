"""Whether an emulated reader takes a ROSpec, and in which words it refuses. Pure. Source: facts sheet, sections 6, 7 and 11."""

from __future__ import annotations

from collections.abc import Iterable

from edge.llrp.impinj import Custom, Loop, Selector
from edge.llrp.rospec import (
    DISABLED,
    REPORT_ROSPEC,
    START_INPUT,
    START_PERIODIC,
    STOP_DURATION,
    STOP_INPUT,
    STOP_OBSERVATION,
    Action,
    AISpec,
    AISpecStop,
    AntennaConfig,
    InputTrigger,
    InventoryCommand,
    LoopSpec,
    ReportSpec,
    ROSpec,
    StartTrigger,
    StopTrigger,
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
from firmware_sim.readers.box import MAX_PRIORITY, SENSITIVITIES, Box

ROSPEC, START_TRIGGER, STOP_TRIGGER, AISPEC, AISPEC_STOP, OBSERVATION = 177, 179, 182, 183, 184, 185
ACCESS_SPEC, ACCESS_COMMAND, REPORT_SPEC, ANTENNA_CONFIG, RECEIVER, TRANSMITTER = 207, 209, 237, 222, 223, 224
INVENTORY_COMMAND, RF_CONTROL, VENDOR = 330, 335, 1023
"""Numbers of parameters, as a refusal names them."""

GEN2, N_ATTEMPTS, LAST_ACTION = 1, 2, 5
"""The protocol; the last kind of tag observation; the last action of a filter."""


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
        (spec.priority > MAX_PRIORITY, ROSPEC, 1, "ROSpec: Priority"),
        (spec.state != DISABLED, ROSPEC, 2, "ROSpec: CurrentState"),
        (not _start_fits(box, spec.boundary.start), START_TRIGGER, 0, "ROSpecStartTrigger"),
        (not _stop_fits(box, spec.boundary.stop), STOP_TRIGGER, 0, "ROSpecStopTrigger"),
        (not spec.aispecs, ROSPEC, 3, "ROSpec: no AISpec"),
        (len(spec.specs) > box.max_specs, ROSPEC, 3, f"ROSpec: more than {box.max_specs} specs"),
    ]
    for broken, parameter, field, text in rules:
        if broken:
            return parameter_status(parameter, field, text)
    if not vendor_on and _has_vendor(spec):
        return unsupported(VENDOR, "vendor's parameters before the vendor's extensions were enabled")
    statuses = [report_status(spec.report), *(_aispec_status(box, one) for one in spec.aispecs)]
    return next((status for status in statuses if status.code), OK)


def report_status(report: ReportSpec | None) -> LlrpStatus:
    """Whether a report spec's trigger is one of LLRP 1.0.1."""
    if report is not None and report.trigger > REPORT_ROSPEC:
        return parameter_status(REPORT_SPEC, 0, "ROReportTrigger: not known to this reader")
    return OK


def _start_fits(box: Box, start: StartTrigger) -> bool:
    if start.kind == START_PERIODIC:
        return start.periodic is not None
    if start.kind == START_INPUT:
        return _input_fits(box, start.input)
    return start.kind < START_PERIODIC


def _stop_fits(box: Box, stop: StopTrigger) -> bool:
    return _input_fits(box, stop.input) if stop.kind == STOP_INPUT else stop.kind < STOP_INPUT


def _input_fits(box: Box, trigger: InputTrigger | None) -> bool:
    return trigger is not None and 1 <= trigger.port <= box.inputs


def _has_vendor(spec: ROSpec) -> bool:
    if any(isinstance(one, Loop | Custom) for one in spec.specs):
        return True
    if spec.report is not None and any(isinstance(one, Selector | Custom) for one in spec.report.custom):
        return True
    configs = [config for one in spec.aispecs for inner in one.inventories for config in inner.antennas]
    return any(config.inventory is not None and config.inventory.custom for config in configs)


def _aispec_status(box: Box, spec: AISpec) -> LlrpStatus:
    named = spec.antennas
    everyone = named == (0,)
    if not named or len(set(named)) < len(named) or not (everyone or _all_within(named, box.antennas)):
        return parameter_status(AISPEC, 1, f"AISpec: antennas are 1 to {box.antennas}, each once, or 0 alone")
    status = _ai_stop_status(box, spec.stop)
    if status.code:
        return status
    if len(spec.inventories) != 1 or spec.inventories[0].id == 0 or spec.inventories[0].protocol != GEN2:
        return parameter_status(AISPEC, 2, "AISpec: one inventory parameter spec with an id, for Gen2")
    configs = spec.inventories[0].antennas
    if len({config.antenna for config in configs}) < len(configs):
        return parameter_status(ANTENNA_CONFIG, 0, "AntennaConfiguration: an antenna stands twice")
    statuses = (antenna_status(box, config) for config in configs)
    return next((status for status in statuses if status.code), OK)


def _all_within(antennas: Iterable[int], most: int) -> bool:
    return all(1 <= antenna <= most for antenna in antennas)


def _ai_stop_status(box: Box, stop: AISpecStop) -> LlrpStatus:
    if stop.kind == STOP_DURATION and stop.duration_ms == 0:
        return parameter_status(AISPEC_STOP, 1, "AISpecStopTrigger: a duration of 0 ms")
    if stop.kind == STOP_OBSERVATION and not box.refuses_observation:
        seen = stop.observation
        if seen is None or seen.kind > N_ATTEMPTS:
            return parameter_status(OBSERVATION, 0, "TagObservationTrigger: not known to this reader")
        if not (seen.timeout_ms or seen.tags or seen.attempts or seen.quiet_ms):
            return parameter_status(OBSERVATION, 4, "TagObservationTrigger: it would never end")
        return OK
    if stop.kind > STOP_DURATION:
        return parameter_status(AISPEC_STOP, 0, "AISpecStopTrigger: not known to this reader")
    return OK


def antenna_status(box: Box, config: AntennaConfig) -> LlrpStatus:
    """Whether the settings of one antenna are in the reader's tables."""
    receiver, transmitter, inventory = config.receiver, config.transmitter, config.inventory
    if config.antenna > box.antennas:
        return parameter_status(ANTENNA_CONFIG, 0, f"AntennaConfiguration: antennas are 1 to {box.antennas}")
    if receiver is not None and not 1 <= receiver.sensitivity <= SENSITIVITIES:
        return parameter_status(RECEIVER, 0, "ReceiverSensitivity: no such index")
    if transmitter is not None and transmitter.power not in box.powers_cdbm:
        return parameter_status(TRANSMITTER, 2, "TransmitPower: no such index")
    if transmitter is not None and transmitter.hop_table != box.hop_table:
        return parameter_status(TRANSMITTER, 0, "invalid HopTableID", FIELD_INVALID)
    return OK if inventory is None else _inventory_status(box, inventory)


def _inventory_status(box: Box, inventory: InventoryCommand) -> LlrpStatus:
    if inventory.rf is not None and inventory.rf.mode not in box.modes:
        return parameter_status(RF_CONTROL, 0, "ModeIndex: no such mode", FIELD_INVALID)
    if len(inventory.filters) > box.max_filters:
        return parameter_status(INVENTORY_COMMAND, 1, f"C1G2Filter: at most {box.max_filters}")
    if any(isinstance(one.action, Action) and one.action.action > LAST_ACTION for one in inventory.filters):
        return parameter_status(INVENTORY_COMMAND, 1, "C1G2Filter: no such action", FIELD_INVALID)
    return OK


def loops(spec: ROSpec) -> int | None:
    """How often the list of AISpecs runs by the vendor's or LLRP 1.1's loop, 0: without end; None: it is no loop."""
    return next((one.count for one in spec.specs if isinstance(one, Loop | LoopSpec)), None)
