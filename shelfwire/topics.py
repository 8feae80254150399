"""Topics, both ways: a message's topic, and what a topic means. All stand under ``shelfwire/v1/<site>/``."""

from __future__ import annotations

from typing import Final, NamedTuple

from shelfwire.errors import PeerError
from shelfwire.ids import is_name

ROOT: Final = "shelfwire/v1"


def status(site: str, agent: str) -> str:
    """Birth and death of an agent; retained."""
    return f"{ROOT}/{site}/agent/{agent}/status"


def dwells(site: str, agent: str) -> str:
    """Numbered reports of an agent."""
    return f"{ROOT}/{site}/agent/{agent}/dwells"


def ack(site: str, agent: str) -> str:
    """What the hub has in its journal."""
    return f"{ROOT}/{site}/agent/{agent}/ack"


def command(site: str, agent: str) -> str:
    """What an agent shall do."""
    return f"{ROOT}/{site}/agent/{agent}/command"


def reply(site: str, agent: str) -> str:
    """An agent's answer to a command."""
    return f"{ROOT}/{site}/agent/{agent}/reply"


def wake(site: str) -> str:
    """Web or command line → hub: there are new acts. No content."""
    return f"{ROOT}/{site}/hub/wake"


def shelf_state(site: str, shelf: str) -> str:
    """One shelf as the hub sees it; retained."""
    return f"{ROOT}/{site}/shelf/{shelf}/state"


def finding(site: str, finding_id: str) -> str:
    """A finding changed; retained while it is open."""
    return f"{ROOT}/{site}/finding/{finding_id}"


def sweep(site: str, sweep_id: str) -> str:
    """Progress of a sweep; retained."""
    return f"{ROOT}/{site}/sweep/{sweep_id}"


def hub_filters(site: str) -> list[str]:
    """What the hub of `site` subscribes to."""
    agent = f"{ROOT}/{site}/agent/+"
    return [f"{agent}/status", f"{agent}/dwells", f"{agent}/reply", wake(site)]


def live_filters(site: str) -> list[str]:
    """What a page that shows changes subscribes to."""
    return [f"{ROOT}/{site}/shelf/+/state", f"{ROOT}/{site}/finding/+", f"{ROOT}/{site}/sweep/+"]


class AgentTopic(NamedTuple):
    """A topic of one agent, taken apart."""

    site: str
    agent: str
    leaf: str
    """``status``, ``dwells``, ``ack``, ``command`` or ``reply``."""


class HubTopic(NamedTuple):
    """A topic that the hub publishes on, or `wake`, taken apart."""

    site: str
    what: str
    """``shelf``, ``finding``, ``sweep`` or ``hub``."""
    id: str


_AGENT_LEAVES: Final = frozenset({"status", "dwells", "ack", "command", "reply"})


def parse(topic: str) -> AgentTopic | HubTopic:
    """Take a topic apart. Raises `PeerError` when it is none of ours."""
    parts = topic.split("/")
    match parts:
        case ["shelfwire", "v1", site, "agent", agent, leaf] if (
            leaf in _AGENT_LEAVES and is_name(agent) and is_name(site)
        ):
            return AgentTopic(site, agent, leaf)
        case ["shelfwire", "v1", site, "shelf", shelf, "state"] if is_name(site):
            return HubTopic(site, "shelf", shelf)
        case ["shelfwire", "v1", site, ("finding" | "sweep" | "hub") as what, name] if is_name(site):
            return HubTopic(site, what, name)
    raise PeerError(f"topic {topic[:200]!r} is none of shelfwire/v1")
