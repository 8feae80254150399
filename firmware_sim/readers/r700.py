"""An emulated Impinj R700 without its sockets: requests and time in, events out. Pure. Source: facts sheet on readers, section 15.

Its antennas work one after the other for a time that the reader chooses itself. Events come as JSON, one each.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

import msgspec

from firmware_sim.radio.listening import Answer, Field
from firmware_sim.readers.faults import Faults as ReaderFaults
from firmware_sim.readers.reply import Reply
from firmware_sim.readers.wheel import Settings, Turn, Wheel, khz

BASE: Final = "/api/v1"
FULL_DBM: Final = 30.0
POWERS_CDBM: Final = range(1000, 3325, 25)
OTHERS_DBM: Final = 0.5
"""All but the loudest read of a tag are reported so much quieter."""

Switch = Literal["enabled", "disabled"]

_PRESET: Final = re.compile(rf"{BASE}/profiles/inventory/presets/([A-Za-z0-9_-]{{1,40}})(/start)?")
_SECOND: Final = 1_000_000


class Faults(ReaderFaults, kw_only=True):
    """What is broken now; of the common ones `silent`, `clock_offset_us` and `slow`."""

    no_activations: bool = False
    """As delivered: the activation events are switched off."""
    doubled: bool = False
    """Each event goes out twice, as after a reconnect."""


class AntennaConfig(msgspec.Struct, frozen=True):
    """One antenna of a preset."""

    antennaPort: int  # noqa: N815 (the maker's word)
    transmitPowerCdbm: int  # noqa: N815 (the maker's word)
    inventorySession: Annotated[int, msgspec.Meta(ge=0, le=3)] = 1  # noqa: N815 (the maker's word)
    inventorySearchMode: Literal["dual-target", "single-target"] = "dual-target"  # noqa: N815 (the maker's word)


class TagConfig(msgspec.Struct, frozen=True):
    """Which fields its reads have; off are those that are off in the factory's state."""

    epcHex: Switch = "disabled"  # noqa: N815 (the maker's word)
    pc: Switch = "disabled"
    phaseAngle: Switch = "disabled"  # noqa: N815 (the maker's word)


class EventConfig(msgspec.Struct, frozen=True):
    """What it tells."""

    tagInventory: TagConfig = TagConfig()  # noqa: N815 (the maker's word)
    antennaActivationEventDelivery: Switch = "disabled"  # noqa: N815 (the maker's word)


class Preset(msgspec.Struct, frozen=True):
    """A stored preset, as far as this emulator knows it."""

    antennaConfigs: Annotated[list[AntennaConfig], msgspec.Meta(min_length=1)]  # noqa: N815 (the maker's word)
    eventConfig: EventConfig = EventConfig()  # noqa: N815 (the maker's word)


ON: Final = "enabled"

BY_HAND: Final = EventConfig(tagInventory=TagConfig(pc=ON), antennaActivationEventDelivery=ON)
"""As docs/readers.md asks a person to set it: EPCs in base64, as in the factory's state, PC words and activations on."""

MAX_PRESETS: Final = 100


class R700:
    """The reader's inside. `autostart`: it runs all antennas from the beginning, as a reader that was set up by hand."""

    def __init__(
        self, name: str, antennas: int, field: Field, *, turn_us: int = 500_000, autostart: bool = False
    ) -> None:
        self.name = name
        self.antennas = antennas
        self.faults = Faults()
        self.sent_reports = 0
        self._turn_us = turn_us
        self._wheel = Wheel(name, field)
        self._presets: dict[str, Preset] = {}
        self._running: str | None = None
        self._tells = BY_HAND
        self._out: list[bytes] = []
        self._autostart = autostart

    @property
    def running(self) -> bool:
        """Whether its antennas work."""
        return self._wheel.running

    def power_up(self, now_us: int) -> None:
        """Begin; all that was stored is there still."""
        if self._autostart:
            ports = tuple(range(1, self.antennas + 1))
            power = (FULL_DBM,) * len(ports)
            self._start("default", Settings(ports=ports, turn_us=self._turn_us, power_dbm=power), now_us)

    def power_down(self) -> None:
        """No more events, not even about the end."""
        self._wheel = Wheel(self.name, self._wheel.field)
        self._running = None
        self._out = []

    @property
    def next_us(self) -> int | None:
        """When `advance` has something to do."""
        return self._wheel.next_us

    def advance(self, now_us: int) -> list[bytes]:
        """Events since the last call, in order."""
        self._wheel.silent, self._wheel.late_us = self.faults.silent, self.faults.late_us
        for turn in self._wheel.advance(now_us):
            self._reads(turn)
            if turn.next_port is not None:
                self._activation(turn.next_port, turn.to_us)
        out, self._out = self._out, []
        return [event for event in out for _ in range(1 + self.faults.doubled)]

    def cable(self, port: int, *, connected: bool, now_us: int) -> None:
        """The reader notices that a cable was pulled or plugged."""
        kind = "antennaConnected" if connected else "antennaDisconnected"
        self._event(kind, now_us, {"antennaPort": port, "antennaName": f"Antenna {port}"})

    def overflow(self, purged: int, remaining: int, now_us: int) -> bytes:
        """What it says of events that it gave up: those up to now."""
        first_us = now_us - 1_000_000 * max(1, purged // 150)
        inside = {
            "firstEventTimestamp": stamp(first_us + self.faults.clock_offset_us),
            "lastEventTimestamp": stamp(now_us + self.faults.clock_offset_us),
            "eventsPurged": purged,
            "eventsRemaining": remaining,
        }
        return self._encoded("overflow", now_us, inside)

    # The REST interface

    def request(self, method: str, path: str, body: bytes, now_us: int) -> Reply:
        """Answer one request; a wrong one changes nothing."""
        found = _PRESET.fullmatch(path)
        if found and found[2] is None and method == "PUT":
            return self._store(found[1], body)
        if found and found[2] and method == "POST":
            return self._run(found[1], now_us)
        if (method, path) == ("POST", f"{BASE}/profiles/stop"):
            self._halt(now_us)
            return Reply(204)
        if (method, path) == ("GET", f"{BASE}/status"):
            status: dict[str, Any] = {"status": "running" if self.running else "idle"}
            if self._running is not None:
                status["activePreset"] = {"id": self._running, "profile": "inventory"}
            return Reply(200, msgspec.json.encode(status))
        if (method, path) == ("GET", f"{BASE}/system"):
            return Reply(200, msgspec.json.encode({"hostname": self.name, "productModel": "R700 (emulated)"}))
        return Reply(404, b'{"message":"no such path"}')

    def _store(self, name: str, body: bytes) -> Reply:
        try:
            wanted = msgspec.json.decode(body, type=Preset)
            self._settings_of(wanted)
        except (msgspec.DecodeError, RecursionError, ValueError) as fault:
            return Reply(400, msgspec.json.encode({"message": f"preset refused: {fault}"}))
        if name not in self._presets and len(self._presets) >= MAX_PRESETS:
            return Reply(400, b'{"message":"no room for another preset"}')
        self._presets[name] = wanted
        return Reply(204)

    def _run(self, name: str, now_us: int) -> Reply:
        wanted = self._presets.get(name)
        if wanted is None:
            return Reply(404, b'{"message":"no such preset"}')
        if self.running:
            return Reply(409, b'{"message":"a preset runs already"}')
        self._tells = wanted.eventConfig
        self._start(name, self._settings_of(wanted), now_us)
        return Reply(204)

    def _settings_of(self, wanted: Preset) -> Settings:
        antennas, first = wanted.antennaConfigs, wanted.antennaConfigs[0]
        ports = tuple(one.antennaPort for one in antennas)
        powers = tuple(one.transmitPowerCdbm for one in antennas)
        if not set(ports) <= set(range(1, self.antennas + 1)) or len(set(ports)) < len(ports):
            raise ValueError(f"antennaPort is 1 to {self.antennas}, each once")
        if not set(powers) <= set(POWERS_CDBM):
            raise ValueError("transmitPowerCdbm is no step of this reader")
        return Settings(
            ports=ports, turn_us=self._turn_us, power_dbm=tuple(power / 100 for power in powers),
            session=first.inventorySession, target="AB" if first.inventorySearchMode == "dual-target" else "A",
        )  # fmt: skip

    # Events

    def _start(self, name: str, settings: Settings, now_us: int) -> None:
        self._running = name
        self._wheel.start(settings, now_us)
        self._event("inventoryStatus", now_us, {"status": "running"})
        self._activation(settings.ports[0], now_us)

    def _halt(self, now_us: int) -> None:
        turn = self._wheel.stop(now_us)
        if turn is not None:
            self._reads(turn)
            self._event("inventoryStatus", now_us, {"status": "idle"})
        self._running = None

    def _activation(self, port: int, at_us: int) -> None:
        on = self._tells.antennaActivationEventDelivery == ON
        if on and not self.faults.no_activations:
            self._event("antennaActivation", at_us, {"antennaPort": port})

    def _reads(self, turn: Turn) -> None:
        """Every read as an event of its own, in the order of their times."""
        reads = sorted(
            (at_us, row, loudest)
            for row, answer in enumerate(turn.answers)
            for at_us, loudest in _moments(answer, turn)
        )
        for at_us, row, loudest in reads:
            self.sent_reports += 1
            self._event("tagInventory", at_us, self._tag(turn.answers[row], turn, loudest=loudest))

    def _tag(self, answer: Answer, turn: Turn, *, loudest: bool) -> dict[str, Any]:
        rssi = answer.rssi_dbm if loudest else answer.rssi_dbm - OTHERS_DBM
        tag: dict[str, Any] = {
            "antennaPort": turn.port,
            "peakRssiCdbm": round(rssi * 100),
            "frequency": khz(answer.channel),
            "transmitPowerCdbm": round(turn.power_dbm * 100),
        }
        wanted = self._tells.tagInventory
        if wanted.epcHex == ON:
            tag["epcHex"] = answer.epc
        else:
            tag["epc"] = base64.urlsafe_b64encode(bytes.fromhex(answer.epc)).decode()
        if wanted.pc == ON:
            tag["pc"] = base64.urlsafe_b64encode(answer.pc.to_bytes(2, "big")).decode()
        if wanted.phaseAngle == ON:
            tag["phaseAngle"] = round(answer.phase_deg, 2)
        return tag

    def _event(self, kind: str, at_us: int, inside: dict[str, Any]) -> None:
        self._out.append(self._encoded(kind, at_us, inside))

    def _encoded(self, kind: str, at_us: int, inside: dict[str, Any]) -> bytes:
        return msgspec.json.encode(
            {
                "timestamp": stamp(at_us + self.faults.clock_offset_us),
                "hostname": self.name,
                "eventType": kind,
                f"{kind}Event": inside,
            }
        )


def stamp(at_us: int) -> str:
    """Nine digits of a fraction and ``Z``, as this family writes it."""
    at = datetime.fromtimestamp(at_us // _SECOND, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at_us % _SECOND:06d}000Z"


def _moments(answer: Answer, turn: Turn) -> Iterator[tuple[int, bool]]:
    """(time, whether the loudest) of each read of one tag, spread over the time in which it answered, inside of the turn."""
    first_us = max(turn.from_us, min(answer.first_us, turn.to_us))
    long_us = max(0, min(answer.last_us, turn.to_us) - first_us)
    for number in range(answer.count):
        yield first_us + long_us * number // max(1, answer.count - 1), number == 0
