"""A small vocabulary for tests of the hub: messages of one agent, a small site, a hub in a process of its own."""

from __future__ import annotations

from typing import Any

from hub import intake
from hub.intake import Heard
from shelfwire import codec
from shelfwire.messages import AgentStatus, Dwell, Lost, Reply, Report, Tags
from shelfwire.topics import AgentTopic

SITE = "demo"
AGENT = "edge-1"
T0 = 1_790_000_000_000_000
"""A day in September 2026, in microseconds."""


def dwell(tags: int = 3, at_us: int = T0, **other: Any) -> Dwell:
    heard_tags = Tags(epc=[f"E280{n:020X}" for n in range(tags)], count=[2] * tags, rssi_dbm=[-55.5] * tags)
    return Dwell(
        **(
            {
                "reader": "R1",
                "port": 1,
                "started_at_us": at_us,
                "ended_at_us": at_us + 900_000,
                "tags": heard_tags,
            }
            | other
        )
    )


def report(
    seq: int,
    *,
    agent: str = AGENT,
    log: str = "log-a",
    boot: str = "boot-a",
    at_us: int = T0,
    dwells: list[Dwell] | None = None,
) -> Report:
    return Report(
        agent=agent,
        log=log,
        seq=seq,
        boot=boot,
        made_at_us=at_us,
        wall_at_us=at_us,
        dwells=[dwell(at_us=at_us)] if dwells is None else dwells,
    )


def lost(first: int, last: int, *, agent: str = AGENT, log: str = "log-a", boot: str = "boot-a") -> Lost:
    return Lost(
        agent=agent,
        log=log,
        seq=first,
        upto=last,
        boot=boot,
        made_at_us=T0,
        wall_at_us=T0,
        reason="the outbox was full",
        spans=[],
    )


def status(
    *, agent: str = AGENT, online: bool = True, log: str = "log-a", boot: str = "boot-a"
) -> AgentStatus:
    return AgentStatus(agent=agent, boot=boot, log=log, online=online, at_us=T0, wall_at_us=T0)


def heard(message: Any, site: str = SITE) -> Heard:
    """As it comes out of the broker."""
    leaf = {Report: "dwells", Lost: "dwells", AgentStatus: "status", Reply: "reply"}[type(message)]
    return intake.read(AgentTopic(site, message.agent, leaf), codec.encode(message))
