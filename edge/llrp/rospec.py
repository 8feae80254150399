"""ROSpec: what the reader is to do, in which order, and what it is to report (parameters 177 to 186, 222 to 239, 330 to 355). Pure."""

from __future__ import annotations

from typing import Annotated

import msgspec

from edge.llrp.fields import U8, U16, U32, U64, Bit, Bits, BitString, Flag, Rest, Top2, U8Reserved, U16s
from edge.llrp.impinj import Custom, Inventory, Loop, Selector
from edge.llrp.layout import tlv

PadBit5 = Annotated[bool, Bits(1, 5)]
PadBit6 = Annotated[bool, Bits(1, 6)]

DISABLED, INACTIVE, ACTIVE = range(3)
START_NONE, START_IMMEDIATE, START_PERIODIC, START_INPUT = range(4)
STOP_NONE, STOP_DURATION, STOP_INPUT, STOP_OBSERVATION = range(4)
REPORT_ASKED, REPORT_AISPEC, REPORT_ROSPEC = range(3)


@tlv(128)
class Utc(msgspec.Struct, frozen=True):
    """Microseconds since 1970, reader's clock."""

    us: U64


@tlv(129)
class Uptime(msgspec.Struct, frozen=True):
    """Microseconds since the reader started."""

    us: U64


@tlv(180)
class Periodic(msgspec.Struct, frozen=True):
    """Start at `offset_ms`, then each `period_ms` (0: once)."""

    offset_ms: U32
    period_ms: U32
    zero: Utc | None = None


@tlv(181)
class InputTrigger(msgspec.Struct, frozen=True):
    """An input that starts or stops."""

    port: U16
    level: Flag
    timeout_ms: U32 = 0


@tlv(179)
class StartTrigger(msgspec.Struct, frozen=True, kw_only=True):
    """0 none (START_ROSPEC), 1 immediate, 2 periodic, 3 input."""

    kind: U8
    periodic: Periodic | None = None
    input: InputTrigger | None = None


@tlv(182)
class StopTrigger(msgspec.Struct, frozen=True, kw_only=True):
    """0 none, 1 duration, 2 input with timeout."""

    kind: U8 = STOP_NONE
    duration_ms: U32 = 0
    input: InputTrigger | None = None


@tlv(178)
class Boundary(msgspec.Struct, frozen=True):
    """When a ROSpec runs."""

    start: StartTrigger
    stop: StopTrigger


@tlv(185)
class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """0 N tags, 1 no new tag for T, 2 N attempts; each or the timeout."""

    kind: U8Reserved
    tags: U16 = 0
    attempts: U16 = 0
    quiet_ms: U16 = 0
    timeout_ms: U32 = 0


@tlv(184)
class AISpecStop(msgspec.Struct, frozen=True, kw_only=True):
    """0 none, 1 duration, 2 input, 3 tag observation."""

    kind: U8 = STOP_NONE
    duration_ms: U32 = 0
    input: InputTrigger | None = None
    observation: Observation | None = None


@tlv(223)
class Receiver(msgspec.Struct, frozen=True):
    """Sensitivity, an index into the reader's table."""

    sensitivity: U16


@tlv(224)
class Transmitter(msgspec.Struct, frozen=True):
    """A hopping reader takes the table and ignores the channel; a fixed one the other way round."""

    hop_table: U16
    channel: U16
    power: U16
    """Index into the reader's table."""


@tlv(332)
class Mask(msgspec.Struct, frozen=True):
    """Bits of a memory bank; `pointer` counts bits (EPC bank: PC word at 16, EPC at 32)."""

    bank: Top2
    pointer: U16
    bits: BitString


@tlv(333)
class ActionAware(msgspec.Struct, frozen=True):
    """Filter action of a state-aware inventory."""

    target: U8
    action: U8


@tlv(334)
class Action(msgspec.Struct, frozen=True):
    """Filter action: 0 select matching and unselect others, … 5."""

    action: U8


@tlv(331)
class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which tags take part."""

    truncate: Top2 = 0
    mask: Mask
    action: Action | ActionAware | None = None


@tlv(335)
class RfControl(msgspec.Struct, frozen=True):
    """Air mode; readers expect the *identifier* of the mode, whatever the field is called."""

    mode: U16
    tari: U16 = 0


@tlv(337)
class StateAware(msgspec.Struct, frozen=True):
    """Inventoried flag (False: A) and select flag (False: SL)."""

    b: Bit = False
    not_selected: PadBit6 = False


@tlv(336)
class Singulation(msgspec.Struct, frozen=True, kw_only=True):
    """Gen2 session and the number of tags to expect."""

    session: Top2
    population: U16
    transit_ms: U32 = 0
    state_aware: StateAware | None = None


@tlv(330)
class InventoryCommand(msgspec.Struct, frozen=True, kw_only=True):
    """How Gen2 tags are asked."""

    state_aware: Flag = False
    filters: tuple[Filter, ...] = ()
    rf: RfControl | None = None
    singulation: Singulation | None = None
    custom: tuple[Inventory, ...] = ()


@tlv(222)
class AntennaConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of one antenna (0: of all)."""

    antenna: U16 = 0
    receiver: Receiver | None = None
    transmitter: Transmitter | None = None
    inventory: InventoryCommand | None = None


@tlv(186)
class InventorySpec(msgspec.Struct, frozen=True, kw_only=True):
    """One inventory within an AISpec; `protocol` 1 is Gen2."""

    id: U16
    protocol: U8 = 1
    antennas: tuple[AntennaConfig, ...] = ()
    custom: tuple[Custom, ...] = ()


@tlv(183)
class AISpec(msgspec.Struct, frozen=True, kw_only=True):
    """Antennas that work until the stop; a single 0 means all."""

    antennas: U16s
    stop: AISpecStop
    inventories: tuple[InventorySpec, ...]
    custom: tuple[Custom, ...] = ()


@tlv(187)
class SurveySpec(msgspec.Struct, frozen=True):
    """RF survey; kept as it came, never used."""

    raw: Rest


@tlv(355)
class LoopSpec(msgspec.Struct, frozen=True):
    """LLRP 1.1: how often the list of AISpecs runs; 0 without end."""

    count: U32


@tlv(348)
class BankSelector(msgspec.Struct, frozen=True, kw_only=True):
    """Which words of the EPC bank a report holds beside the EPC."""

    crc: Bit = False
    pc: Bit = False
    xpc: PadBit5 = False
    """LLRP 1.1."""


@tlv(238)
class ContentSelector(msgspec.Struct, frozen=True, kw_only=True):
    """Which fields a report holds beside the EPC."""

    rospec: Bit = False
    spec_index: Bit = False
    inventory_spec: Bit = False
    antenna: Bit = False
    channel: Bit = False
    rssi: Bit = False
    first_seen: Bit = False
    last_seen: Bit = False
    count: Bit = False
    access_spec: PadBit6 = False
    bank: BankSelector | None = None


@tlv(237)
class ReportSpec(msgspec.Struct, frozen=True, kw_only=True):
    """0 only when asked; 1 after `n` tags (0: no limit) or the end of an AISpec; 2 … of the ROSpec."""

    trigger: U8
    n: U16 = 0
    content: ContentSelector
    custom: tuple[Selector | Custom, ...] = ()


@tlv(177)
class ROSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A plan that the reader carries out by itself. Must be disabled when it is added."""

    id: U32
    priority: U8 = 0
    state: U8 = DISABLED
    boundary: Boundary
    specs: tuple[AISpec | SurveySpec | LoopSpec | Loop | Custom, ...]
    report: ReportSpec | None = None

    @property
    def aispecs(self) -> list[AISpec]:
        """Only the antenna inventories, in order."""
        return [spec for spec in self.specs if isinstance(spec, AISpec)]


@tlv(208)
class AccessStop(msgspec.Struct, frozen=True):
    """0 none, 1 after `count` tags."""

    kind: U8
    count: U16 = 0


@tlv(339)
class TargetTag(msgspec.Struct, frozen=True, kw_only=True):
    """Tags whose bits under the mask are (`match`) or are not those of `data`; an empty mask fits all."""

    bank: Annotated[int, Bits(2)]
    match: PadBit5
    pointer: U16
    mask: BitString
    data: BitString


@tlv(338)
class TagSpec(msgspec.Struct, frozen=True):
    """Up to two targets."""

    targets: tuple[TargetTag, ...]


@tlv(341)
class ReadOp(msgspec.Struct, frozen=True, kw_only=True):
    """Read `words` of a bank (3: USER); 0 words: to its end."""

    id: U16
    password: U32 = 0
    bank: Top2
    pointer: U16
    words: U16


@tlv(209)
class AccessCommand(msgspec.Struct, frozen=True, kw_only=True):
    """What is done with a tag."""

    tags: TagSpec | None = None
    reads: tuple[ReadOp, ...] = ()
    custom: tuple[Custom, ...] = ()


@tlv(239)
class AccessReport(msgspec.Struct, frozen=True):
    """0 with the next RO report, 1 at the end of the AccessSpec."""

    trigger: U8


@tlv(207)
class AccessSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Runs on every tag that a running ROSpec hears; makes a round several times slower."""

    id: U32
    antenna: U16 = 0
    protocol: U8 = 1
    active: Flag = False
    rospec: U32 = 0
    stop: AccessStop
    command: AccessCommand
    report: AccessReport | None = None
