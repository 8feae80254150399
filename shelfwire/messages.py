"""Every message on the wire, as frozen structs. The contract for others is ``docs/asyncapi.yaml``.

Units stand in the names. Times are UTC in integer microseconds. An agent's times run on its *boot clock*: its
wall clock at the start of the process plus the monotonic time since, so they never jump within one boot; the
hub corrects each boot by one offset.

Bounds stand here because they are part of the contract: what breaks them is refused as a whole (a peer must not be able
to make us grow), and an agent splits what would break them.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from shelfwire.ids import AgentId, ReaderId, ShelfId, SiteId, Token

VERSION: Final = 1
"""The version of the wire that this code speaks. Higher ones are counted and left alone, never guessed at."""

MAX_PAYLOAD_BYTES: Final = 1024 * 1024
"""A message of more is refused unread. An agent's usual report of 500 tags takes about 25 kB; the largest
that `MAX_TAGS_A_DWELL` allows about 800 kB."""

MAX_DWELLS_A_REPORT: Final = 2_000
"""One second of 64 readers with 32 antennas each, all empty; a report never waits for more."""

MAX_TAGS_A_DWELL: Final = 8_000
"""A face of a whole range holds fewer; a longer list is a broken or hostile peer."""

TimeUs = Annotated[int, msgspec.Meta(ge=0, le=4_102_444_800_000_000)]
"""UTC microseconds, 1970 to 2100. Wrong clocks are corrected by the hub; absurd ones are refused."""

Version = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
"""How many of something. A bound, because JSON and this code know integers of any size and databases do not."""
Bytes = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
OffsetUs = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
"""A difference of two clocks; 2**53 is what JSON readers elsewhere keep exactly, and 285 years."""
Khz = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
Measure = Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)]
"""A measured number: finite in both forms, and never so large that sums of it are not."""
PcWord = Annotated[int, msgspec.Meta(ge=0, le=0xFFFF)]
Port = Annotated[int, msgspec.Meta(ge=1, le=65_535)]
"""The antenna number as the reader reports it, counted from 1; behind a hub it is the number of the hub's port."""
Seq = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
Hex = Annotated[str, msgspec.Meta(pattern=r"^([0-9A-F]{4}){0,31}\Z", max_length=124)]
"""An EPC bank from word 2 on: whole words, upper case; empty for a blank tag."""
Short = Annotated[str, msgspec.Meta(max_length=400)]

Quality = Literal["exact", "estimated", "cut", "doubtful"]
"""``exact``: the reader said when the antenna worked. ``estimated``: start or end is computed. ``cut``: ended before its
time. ``doubtful``: reads may have been lost; counts what was heard, never what was not."""


class Tags(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one dwell heard, as columns of equal length, one row a tag. Optional columns are ``None`` as a whole."""

    epc: list[str]
    """Upper-case hex of the EPC bank from word 2 on (form `Hex`; checked where a tag is first seen)."""
    pc: list[PcWord] | None = None
    """PC words."""
    count: list[Count]
    """Answers in this dwell, 1 or more."""
    rssi_dbm: list[Measure]
    """The strongest answer."""
    phase_deg: list[Measure] | None = None
    channel_khz: list[Khz] | None = None
    position_m: list[Measure] | None = None
    """Along the face, from a moving antenna."""
    user: list[str] | None = None
    """Hex of the USER bank, where it was read."""


NO_TAGS: Final = Tags(epc=[], count=[], rssi_dbm=[])


class Air(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The Gen2 settings of a dwell: they decide what its silence can prove."""

    session: Annotated[int, msgspec.Meta(ge=0, le=3)] | None = None
    target: Literal["A", "B", "AB"] | None = None
    """``AB``: each tag answers again and again (dual target), so that a flag silences nothing."""
    search: Literal["reader", "single", "dual", "suppress"] | None = None


class Dwell(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One uninterrupted time that one antenna was powered, with every tag heard in it, even when none was."""

    reader: ReaderId
    port: Port
    started_at_us: TimeUs
    ended_at_us: TimeUs
    quality: Quality = "exact"
    rounds: Count | None = None
    power_dbm: Measure | None = None
    air: Air = Air()
    tags: Tags = NO_TAGS
    sweep: Token | None = None
    """The sweep whose cycle made this dwell, if one did."""


class Report(msgspec.Struct, frozen=True, kw_only=True, tag="dwells", tag_field="kind"):
    """Dwells of one agent, numbered. ``agent/<agent>/dwells``, QoS 1."""

    v: Version = VERSION
    agent: AgentId
    log: Token
    """The outbox that numbers; random, made with a new outbox."""
    seq: Seq
    boot: Token
    """The process that measured; its clock has one offset."""
    made_at_us: TimeUs
    """On the boot clock, when the report was put into the outbox."""
    wall_at_us: TimeUs
    """The agent's wall clock at that moment; a difference from `made_at_us` is a clock that was set."""
    dwells: Annotated[list[Dwell], msgspec.Meta(max_length=MAX_DWELLS_A_REPORT)]


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """One antenna and a time of which nothing is known."""

    reader: ReaderId
    port: Port
    started_at_us: TimeUs
    ended_at_us: TimeUs


class Lost(msgspec.Struct, frozen=True, kw_only=True, tag="lost", tag_field="kind"):
    """Takes the place of the reports `seq` … `upto` that a bound forced the agent to drop. ``agent/<agent>/dwells``.

    It may cover numbers that the hub has already (an acknowledgement was on its way, or a shorter record grew): the rest is booked.
    """

    v: Version = VERSION
    agent: AgentId
    log: Token
    seq: Seq
    upto: Seq
    boot: Token
    made_at_us: TimeUs
    wall_at_us: TimeUs
    reason: Short
    spans: Annotated[list[Silence], msgspec.Meta(max_length=MAX_DWELLS_A_REPORT)]


class ReaderState(msgspec.Struct, frozen=True, kw_only=True):
    """How one reader of an agent is, for the birth message and the health page."""

    reader: ReaderId
    state: Literal["connected", "connecting", "refused", "lost", "stopped"]
    detail: Short = ""
    """In words, for a person: what went wrong and since when it is tried again."""
    ports: list[Port]
    model: Short = ""
    firmware: Short = ""
    clock_offset_us: OffsetUs | None = None
    """Reader clock minus host clock."""
    gaps: Count = 0
    """Dwell ends that the reader did not send."""
    estimated: bool = False
    """The reader does not say when its antennas work; dwells are computed."""


class AgentStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Birth (and every change), retained on ``agent/<agent>/status``; the Last Will is the death of the same boot."""

    v: Version = VERSION
    agent: AgentId
    boot: Token
    log: Token
    online: bool
    at_us: TimeUs = 0
    wall_at_us: TimeUs = 0
    software: Short = ""
    readers: Annotated[list[ReaderState], msgspec.Meta(max_length=256)] = []
    outbox_reports: Count = 0
    outbox_bytes: Bytes = 0
    lost_reports: Count = 0
    """Reports that a bound forced out since the outbox was made."""
    trouble: Short = ""
    """For example a full disk, in words."""


class Ack(msgspec.Struct, frozen=True, kw_only=True):
    """What the hub has in its journal. ``agent/<agent>/ack``."""

    v: Version = VERSION
    log: Token
    upto: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    """All reports up to and with this one are in the journal; 0: none yet."""
    want: Annotated[list[tuple[Seq, Seq]], msgspec.Meta(max_length=64)] = []
    """Ranges (first, last) that are asked for again."""


class Ping(msgspec.Struct, frozen=True, kw_only=True, tag="ping", tag_field="kind"):
    """Answer, so that the health page knows the way is open."""

    v: Version = VERSION
    id: Token
    expires_at_us: TimeUs
    """Hub time; an agent ignores what arrives later by more than its clock can tell (0: never expires)."""


class Power(msgspec.Struct, frozen=True, kw_only=True, tag="power", tag_field="kind"):
    """Set the transmit power until the agent starts again."""

    v: Version = VERSION
    id: Token
    expires_at_us: TimeUs
    reader: ReaderId
    ports: list[Port] | None = None
    """None: all ports."""
    power_dbm: Annotated[float, msgspec.Meta(ge=0, le=36)]


class DwellTime(msgspec.Struct, frozen=True, kw_only=True, tag="dwell_time", tag_field="kind"):
    """Set how long each antenna listens, until the agent starts again."""

    v: Version = VERSION
    id: Token
    expires_at_us: TimeUs
    reader: ReaderId
    dwell_ms: Annotated[int, msgspec.Meta(ge=50, le=60_000)]


class StartCycle(msgspec.Struct, frozen=True, kw_only=True, tag="start_cycle", tag_field="kind"):
    """Run the reader's antennas in turn: with the usual settings, or with others for a sweep and a stated time."""

    v: Version = VERSION
    id: Token
    expires_at_us: TimeUs
    reader: ReaderId
    ports: list[Port] | None = None
    dwell_ms: Annotated[int, msgspec.Meta(ge=50, le=60_000)] | None = None
    power_dbm: Annotated[float, msgspec.Meta(ge=0, le=36)] | None = None
    for_s: Annotated[float, msgspec.Meta(gt=0, le=86_400)] | None = None
    """After this time the agent goes back to its usual cycle by itself, even if the hub is dead."""
    sweep: Token | None = None


class StopCycle(msgspec.Struct, frozen=True, kw_only=True, tag="stop_cycle", tag_field="kind"):
    """Radio off for this reader until a `StartCycle`."""

    v: Version = VERSION
    id: Token
    expires_at_us: TimeUs
    reader: ReaderId


Command = Ping | Power | DwellTime | StartCycle | StopCycle
"""``agent/<agent>/command``; answered on ``agent/<agent>/reply``."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one command."""

    v: Version = VERSION
    id: Token
    ok: bool
    detail: Short = ""
    """In words: what was done, or why not."""
    at_us: TimeUs


class ShelfState(msgspec.Struct, frozen=True, kw_only=True):
    """One shelf as the hub sees it now, retained on ``shelf/<shelf>/state``."""

    v: Version = VERSION
    site: SiteId
    shelf: ShelfId
    at_us: TimeUs
    state: Literal["quiet", "attention", "stale", "unwatched"]
    """``quiet``: covered, nothing open. ``attention``: open findings. ``stale``: not looked at since
    `looked_at_us`. ``unwatched``: no antenna hears it."""
    looked_at_us: TimeUs | None
    items: Count
    """Items believed to stand here."""
    away: Count
    """Items whose home this is and that are believed away."""
    findings: Count


class FindingNotice(msgspec.Struct, frozen=True, kw_only=True):
    """A finding changed, retained on ``finding/<id>`` while it is open; the store says the rest."""

    v: Version = VERSION
    site: SiteId
    id: Token
    kind: Short
    state: Short
    at_us: TimeUs
    barcode: Short | None = None
    heard_shelf: ShelfId | None = None
    home_from: ShelfId | None = None
    home_to: ShelfId | None = None
    confidence: Measure
    sentence: str


class SweepNotice(msgspec.Struct, frozen=True, kw_only=True):
    """The progress of a sweep, retained on ``sweep/<id>``."""

    v: Version = VERSION
    site: SiteId
    id: Token
    state: Literal["planned", "running", "done", "failed", "cancelled"]
    at_us: TimeUs
    covered_shelves: Count
    shelves: Count
    expected: Count
    found: Count


FromAgent = Report | Lost
"""What may stand on ``agent/<agent>/dwells``."""
