"""One example of every message on the wire, all fields written out: what the golden files hold and the contract is held against."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec

from shelfwire import codec, topics
from shelfwire.messages import (
    Ack,
    AgentStatus,
    Air,
    Dwell,
    DwellTime,
    FindingNotice,
    Lost,
    Ping,
    Power,
    ReaderState,
    Reply,
    Report,
    ShelfState,
    Silence,
    StartCycle,
    StopCycle,
    SweepNotice,
    Tags,
)

T: Final = 1_790_000_000_000_000


class Example(NamedTuple):
    """A message, its topic at site ``demo``, and what reads it."""

    message: msgspec.Struct
    topic: str
    decode: Callable[[bytes], Any]


_ACK = topics.ack("demo", "edge-1")
_COMMAND = topics.command("demo", "edge-1")
_DWELLS = topics.dwells("demo", "edge-1")
_REPLY = topics.reply("demo", "edge-1")
_STATUS = topics.status("demo", "edge-1")

TAGS = Tags(
    epc=["E28011606000020466A5F3C1", ""],
    pc=[0x3000, 0x0000],
    count=[7, 1],
    rssi_dbm=[-61.5, -74.0],
    phase_deg=[12.5, 301.0],
    channel_khz=[865_700, 866_300],
    position_m=[0.25, 1.75],
    user=["0A1B", ""],
)

DWELLS = [
    Dwell(
        reader="R1",
        port=1,
        started_at_us=T,
        ended_at_us=T + 1_000_000,
        quality="estimated",
        rounds=42,
        power_dbm=30.0,
        air=Air(session=1, target="AB", search="dual"),
        tags=TAGS,
        sweep="sweep-7",
    ),
    Dwell(reader="R1", port=2, started_at_us=T + 1_000_000, ended_at_us=T + 2_000_000),
]

EXAMPLES: Final[dict[str, Example]] = {
    "report": Example(
        Report(
            agent="edge-1",
            log="9f86d081884c7d65",
            seq=4711,
            boot="60303ae22b998861",
            made_at_us=T + 2_100_000,
            wall_at_us=T + 2_100_007,
            dwells=DWELLS,
        ),
        _DWELLS,
        codec.decode_from_agent,
    ),
    "lost": Example(
        Lost(
            agent="edge-1",
            log="9f86d081884c7d65",
            seq=4712,
            upto=5000,
            boot="60303ae22b998861",
            made_at_us=T,
            wall_at_us=T,
            reason="the outbox reached its bound in bytes while the hub was away",
            spans=[Silence(reader="R1", port=1, started_at_us=T, ended_at_us=T + 60_000_000)],
        ),
        _DWELLS,
        codec.decode_from_agent,
    ),
    "status": Example(
        AgentStatus(
            agent="edge-1",
            boot="60303ae22b998861",
            log="9f86d081884c7d65",
            online=True,
            at_us=T,
            wall_at_us=T + 7,
            software="shelfwire 0.1.0",
            readers=[
                ReaderState(
                    reader="R1",
                    state="connected",
                    detail="since 02:10",
                    ports=[1, 2],
                    model="reader model",
                    firmware="7.6.1",
                    clock_offset_us=-1_200,
                    gaps=3,
                    estimated=True,
                )
            ],
            outbox_reports=12,
            outbox_bytes=345_678,
            lost_reports=289,
            trouble="the disk is full",
        ),
        _STATUS,
        codec.decode_status,
    ),
    "death": Example(
        AgentStatus(agent="edge-1", boot="60303ae22b998861", log="9f86d081884c7d65", online=False),
        _STATUS,
        codec.decode_status,
    ),
    "ack": Example(
        Ack(log="9f86d081884c7d65", upto=4711, want=[(4713, 4713), (4720, 4800)]), _ACK, codec.decode_ack
    ),
    "ping": Example(Ping(id="c-1", expires_at_us=T), _COMMAND, codec.decode_command),
    "power": Example(
        Power(id="c-2", expires_at_us=0, reader="R1", ports=[1, 2], power_dbm=27.5),
        _COMMAND,
        codec.decode_command,
    ),
    "dwell_time": Example(
        DwellTime(id="c-3", expires_at_us=T, reader="R1", dwell_ms=2_000), _COMMAND, codec.decode_command
    ),
    "start_cycle": Example(
        StartCycle(
            id="c-4",
            expires_at_us=T,
            reader="R1",
            ports=[3],
            dwell_ms=4_000,
            power_dbm=31.5,
            for_s=900.0,
            sweep="sweep-7",
        ),
        _COMMAND,
        codec.decode_command,
    ),
    "stop_cycle": Example(StopCycle(id="c-5", expires_at_us=T, reader="R1"), _COMMAND, codec.decode_command),
    "reply": Example(
        Reply(id="c-5", ok=True, detail="radio off until a cycle is started", at_us=T),
        _REPLY,
        codec.decode_reply,
    ),
    "shelf_state": Example(
        ShelfState(
            site="demo",
            shelf="2F-R03A-B05-S3",
            at_us=T,
            state="attention",
            looked_at_us=T - 1,
            items=31,
            away=2,
            findings=1,
        ),
        topics.shelf_state("demo", "2F-R03A-B05-S3"),
        codec.shelf_state.decode,
    ),
    "finding": Example(
        FindingNotice(
            site="demo",
            id="5feceb66ffc86f38d952",
            kind="misplaced",
            state="open",
            at_us=T,
            barcode="30109000123456",
            heard_shelf="2F-R03A-B05-S3",
            home_from="2F-R01A-B01-S6",
            home_to="2F-R01A-B01-S4",
            confidence=0.97,
            sentence="Heard 14 times on 2F-R03A-B05-S3, at home two ranges away.",
        ),
        topics.finding("demo", "5feceb66ffc86f38d952"),
        codec.finding.decode,
    ),
    "sweep": Example(
        SweepNotice(
            site="demo",
            id="sweep-7",
            state="running",
            at_us=T,
            covered_shelves=120,
            shelves=1_500,
            expected=42_000,
            found=3_300,
        ),
        topics.sweep("demo", "sweep-7"),
        codec.sweep.decode,
    ),
}
