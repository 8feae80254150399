"""The LLRP frames and recordings of ``tests/data/llrp``, and their meaning in the words of ``frames.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from edge.llrp import events as ev
from edge.llrp import impinj
from edge.llrp import messages as msg
from edge.llrp.codec import Frame, Framer, decode, name_of
from edge.llrp.rospec import AccessSpec, AISpec, AntennaConfig, ROSpec
from edge.llrp.status import FieldError, LlrpStatus, ParameterError
from edge.llrp.tags import TagReport

DATA = Path(__file__).parent.parent / "data" / "llrp"
_FRAMES: dict[str, Any] = json.loads((DATA / "frames.json").read_text())

GOOD: dict[str, dict[str, Any]] = {entry["name"]: entry for entry in _FRAMES["good"]}
BAD: list[dict[str, Any]] = _FRAMES["bad"]


def wire(name: str) -> bytes:
    """The bytes of a good frame."""
    return bytes.fromhex(GOOD[name]["hex"])


def unframe(data: bytes) -> Frame:
    """The one frame that `data` is."""
    framer = Framer()
    framer.feed(data)
    frame = framer.take()
    assert frame is not None
    assert framer.waiting == 0
    return frame


def message_of(name: str) -> msg.Message:
    """The decoded message of a good frame."""
    frame = unframe(wire(name))
    return decode(frame.type, frame.body)


def meaning(frame: Frame) -> dict[str, Any]:
    """What a frame says, with the keys of ``frames.json`` (more keys than an entry lists)."""
    message = decode(frame.type, frame.body)
    found: dict[str, Any] = {"message": name_of(message), "id": frame.id, "version": frame.version}
    status = getattr(message, "status", None)
    if isinstance(status, LlrpStatus):
        found |= _status(status)
    for kind, words in _WORDS.items():
        if isinstance(message, kind):
            found |= words(message)
    return found


def _status(status: LlrpStatus) -> dict[str, Any]:
    found: dict[str, Any] = {"status": status.code, "description": status.description}
    if status.field_error:
        found["field_error"] = _field(status.field_error)
    if status.parameter_error:
        found["parameter_error"] = _parameter(status.parameter_error)
    return found


def _field(error: FieldError) -> dict[str, int]:
    return {"index": error.field, "code": error.code}


def _parameter(error: ParameterError) -> dict[str, Any]:
    found: dict[str, Any] = {"type": error.parameter, "code": error.code}
    if error.field_error:
        found["field_error"] = _field(error.field_error)
    return found


def _notification(message: msg.ReaderEventNotification) -> dict[str, Any]:
    data = message.data
    found: dict[str, Any] = {"events": [_event(event) for event in data.events]}
    if data.utc:
        found["utc"] = data.utc.us
    if data.uptime:
        found["uptime"] = data.uptime.us
    return found


def _event(event: ev.Event) -> dict[str, Any]:
    name, words = _EVENTS[type(event)]
    return {name: words(event)}


def tag_words(tag: TagReport) -> dict[str, Any]:
    """Exactly the fields that a report item has."""
    names = {
        "first_utc_us": "first_utc",
        "last_utc_us": "last_utc",
        "first_uptime_us": "first_uptime",
        "last_uptime_us": "last_uptime",
    }
    found: dict[str, Any] = {}
    vendor: dict[str, Any] = {}
    for name, value in msgspec.structs.asdict(tag).items():
        if value is None or name in {"long_form", "reads"}:
            continue
        if name in {"pc", "crc", "xpc1", "xpc2"}:
            found[name] = f"{value:04X}"
        elif name in {"phase", "rssi_cdbm", "doppler", "tid"}:
            vendor[name] = value
        else:
            found[names.get(name, name)] = value
    if vendor:
        found["impinj"] = vendor
    if tag.reads:
        found["reads"] = [
            {"result": read.result, "op_spec": read.op_spec, "data": read.data.hex().upper()}
            for read in tag.reads
        ]
    return found


def _report(message: msg.ROAccessReport) -> dict[str, Any]:
    return {"tags": [tag_words(tag) for tag in message.tags]}


def _rospec(spec: ROSpec) -> dict[str, Any]:
    found: dict[str, Any] = {
        "rospec": spec.id,
        "priority": spec.priority,
        "state": spec.state,
        "start": spec.boundary.start.kind,
        "stop": spec.boundary.stop.kind,
        "aispecs": [_aispec(one) for one in spec.aispecs],
    }
    loops = [one.count for one in spec.specs if isinstance(one, impinj.Loop)]
    if loops:
        found["impinj_loop"] = loops[0]
    if spec.report:
        found["report"] = _report_spec(spec)
    return found


_CONTENT = {
    "rospec": "ROSpecID",
    "spec_index": "SpecIndex",
    "inventory_spec": "InventoryParameterSpecID",
    "antenna": "AntennaID",
    "channel": "ChannelIndex",
    "rssi": "PeakRSSI",
    "first_seen": "FirstSeen",
    "last_seen": "LastSeen",
    "count": "SeenCount",
    "access_spec": "AccessSpecID",
}


def _report_spec(spec: ROSpec) -> dict[str, Any]:
    report = spec.report
    assert report is not None
    found: dict[str, Any] = {
        "trigger": report.trigger,
        "n": report.n,
        "enabled": sorted(words for name, words in _CONTENT.items() if getattr(report.content, name)),
    }
    if report.content.bank:
        found |= {"pc": report.content.bank.pc, "crc": report.content.bank.crc}
    for custom in report.custom:
        if isinstance(custom, impinj.Selector):
            wanted = {
                "phase": custom.phase,
                "peak_rssi": custom.rssi,
                "doppler": custom.doppler,
                "tid": custom.tid,
            }
            found["impinj"] = [name for name, want in wanted.items() if want and want.on]
    return found


def _aispec(spec: AISpec) -> dict[str, Any]:
    found: dict[str, Any] = {
        "antennas": list(spec.antennas),
        "stop": {"type": spec.stop.kind, "ms": spec.stop.duration_ms},
        "inventory_spec": spec.inventories[0].id,
    }
    if spec.inventories[0].antennas:
        found["config"] = _config(spec.inventories[0].antennas[0])
    return found


def _config(config: AntennaConfig) -> dict[str, Any]:
    found: dict[str, Any] = {"antenna": config.antenna}
    if config.receiver:
        found["rx"] = config.receiver.sensitivity
    if config.transmitter:
        sender = config.transmitter
        found |= {"hop": sender.hop_table, "channel": sender.channel, "power": sender.power}
    command = config.inventory
    if command and command.rf:
        found |= {"mode": command.rf.mode, "tari": command.rf.tari}
    if command and command.singulation:
        found |= {"session": command.singulation.session, "population": command.singulation.population}
    if command and command.filters:
        found["filters"] = [
            {
                "bank": one.mask.bank,
                "pointer": one.mask.pointer,
                "bits": one.mask.bits[0],
                "mask": one.mask.bits[1].hex().upper(),
                "action": one.action.action if one.action else None,
            }
            for one in command.filters
        ]
    return found


def _access(spec: AccessSpec) -> dict[str, Any]:
    assert spec.command.tags
    target, read = spec.command.tags.targets[0], spec.command.reads[0]
    return {
        "access_spec": spec.id,
        "antenna": spec.antenna,
        "rospec": spec.rospec,
        "target": {
            "bank": target.bank,
            "match": target.match,
            "pointer": target.pointer,
            "mask": target.mask[1].hex().upper(),
            "data": target.data[1].hex().upper(),
        },
        "read": {
            "op_spec": read.id,
            "password": read.password,
            "bank": read.bank,
            "pointer": read.pointer,
            "words": read.words,
        },
        "report": spec.report.trigger if spec.report else None,
    }


def _capabilities(message: msg.GetReaderCapabilitiesResponse) -> dict[str, Any]:
    general, limits, regulatory, gen2 = message.general, message.llrp, message.regulatory, message.gen2
    assert general
    assert limits
    assert regulatory
    assert gen2
    band = regulatory.band
    assert band
    assert band.frequencies
    assert general.gpio
    tables = [table.khz for table in band.frequencies.hop_tables]
    fixed = band.frequencies.fixed
    return {
        "max_antennas": general.max_antennas,
        "can_set_antenna_properties": general.sets_antenna_properties,
        "has_utc": general.has_utc,
        "vendor": general.vendor,
        "model": general.model,
        "firmware": general.firmware,
        "gpis": general.gpio.inputs,
        "gpos": general.gpio.outputs,
        "max_rospecs": limits.max_rospecs,
        "max_specs_per_rospec": limits.max_specs_per_rospec,
        "max_inventory_specs": limits.max_inventory_specs,
        "max_access_specs": limits.max_access_specs,
        "can_hold": limits.holds,
        "can_warn_buffer": limits.buffer_warning,
        "country": regulatory.country,
        "standard": regulatory.standard,
        "powers": {str(level.index): level.cdbm for level in band.powers},
        "hopping": band.frequencies.hopping,
        "frequencies": list(fixed.khz if fixed else tables[0]),
        "modes": [mode.id for table in band.modes for mode in table.modes],
        "max_filters": gen2.max_filters,
    }


def _set_config(message: msg.SetReaderConfig) -> dict[str, Any]:
    found: dict[str, Any] = {"reset": message.reset}
    if message.events:
        found["events"] = {str(entry.event): entry.on for entry in message.events.entries}
    if message.keepalive:
        found["keepalive_ms"] = message.keepalive.period_ms
    if message.holding:
        found["hold"] = message.holding.on
    return found


def _custom(message: msg.ImpinjEnable) -> dict[str, Any]:
    return {
        "message": "CUSTOM_MESSAGE",
        "vendor": impinj.IMPINJ,
        "subtype": 21,
        "name": "IMPINJ_ENABLE_EXTENSIONS",
    }


def _named(**names: str) -> Any:
    return lambda message: {key: getattr(message, name) for key, name in names.items()}


_ID = _named(rospec="rospec")
_WORDS: dict[type[msg.Message], Any] = {
    msg.ReaderEventNotification: _notification,
    msg.ROAccessReport: _report,
    msg.AddROSpec: lambda message: _rospec(message.spec),
    msg.AddAccessSpec: lambda message: _access(message.spec),
    msg.GetReaderCapabilities: _named(requested="requested"),
    msg.GetReaderCapabilitiesResponse: _capabilities,
    msg.GetReaderConfig: _named(antenna="antenna", requested="requested", gpi="gpi", gpo="gpo"),
    msg.GetReaderConfigResponse: lambda message: {
        "antennas": {str(one.antenna): one.connected for one in message.properties}
    },
    msg.SetReaderConfig: _set_config,
    msg.ImpinjEnable: _custom,
    msg.DeleteROSpec: _ID,
    msg.EnableROSpec: _ID,
    msg.DisableROSpec: _ID,
    msg.StartROSpec: _ID,
    msg.StopROSpec: _ID,
    msg.DeleteAccessSpec: _named(access_spec="access_spec"),
}


_EVENTS: dict[type, tuple[str, Any]] = {
    ev.ConnectionAttempt: ("ConnectionAttemptEvent", lambda event: event.status),
    ev.ConnectionClose: ("ConnectionCloseEvent", lambda _: {}),
    ev.ROSpecEvent: ("ROSpecEvent", _named(type="kind", rospec="rospec", preempting="preempting")),
    ev.AISpecEnd: ("AISpecEvent", _named(type="kind", rospec="rospec", spec_index="spec_index")),
    ev.AntennaEvent: ("AntennaEvent", _named(type="kind", antenna="antenna")),
    ev.BufferWarning: ("ReportBufferLevelWarningEvent", lambda event: event.percent),
    ev.InputEvent: ("GPIEvent", _named(port="port", state="level")),
    impinj.AntennaAttempt: ("ImpinjAntennaAttemptEvent", lambda event: event.antenna),
}


def listed(found: Any, expected: Any) -> Any:
    """`found` reduced to what `expected` lists: only listed keys of a meaning are to be tested."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return {key: listed(found.get(key), value) for key, value in expected.items()}
    if isinstance(expected, list) and isinstance(found, list) and len(found) == len(expected):
        return [listed(one, other) for one, other in zip(found, expected, strict=True)]
    return found
