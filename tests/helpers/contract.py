"""Makes ``docs/asyncapi.yaml`` from the message types and topics: ``python -m helpers.contract`` in ``tests`` writes it anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from shelfwire import config, messages, topics

CONTRACT: Final = Path(__file__).resolve().parent.parent.parent / "docs" / "asyncapi.yaml"

ABOUT: Final = """\
All topics and messages between agents, hub and map, and what anyone may listen to. Times are UTC in integer microseconds. Every message exists
in two forms, JSON and MessagePack, told apart by the first byte (`{` is JSON). Unknown fields are ignored; a message whose `v` is higher
than one's own is left alone and counted. A message of more than 1 MiB is refused.

Beyond what a schema can say. The columns of `Tags` have equal length, and a dwell does not end before it starts. Reports and lost records are
numbered by (`log`, `seq`) and taken once; they stay with the agent until an `Ack` says that they are in the hub's journal, and are published again
after a reconnect, after a back-off, or when `want` asks for them. A lost record may cover numbers of which the hub has some already: the rest is
booked. A command is done once an id, a repeated one is answered again. Correct on MQTT 3.1.1; on MQTT 5 replies repeat the command's id as
correlation data, and every message names its content type."""

AGENT: Final = "What an agent sends and takes; the hub does the opposite."
LIVE: Final = "What the hub publishes for every dashboard and integration; anyone may listen."


class Channel(NamedTuple):
    """A topic, who does what there, and what may stand on it."""

    address: str
    text: str
    action: str
    who: str
    kinds: tuple[type[msgspec.Struct], ...]
    retained: bool = False


CHANNELS: Final = {
    "agentStatus": Channel(
        topics.status("{site}", "{agent}"),
        "Birth and every change; the Last Will is the death of the same boot.",
        "send",
        AGENT,
        (messages.AgentStatus,),
        retained=True,
    ),
    "agentDwells": Channel(
        topics.dwells("{site}", "{agent}"),
        "What the antennas heard, also when it was nothing; and what was lost of it.",
        "send",
        AGENT,
        (messages.Report, messages.Lost),
    ),
    "agentAck": Channel(
        topics.ack("{site}", "{agent}"),
        "What is in the hub's journal, and what is asked for again.",
        "receive",
        AGENT,
        (messages.Ack,),
    ),
    "agentCommand": Channel(
        topics.command("{site}", "{agent}"),
        "What an agent shall do; never retained.",
        "receive",
        AGENT,
        (messages.Ping, messages.Power, messages.DwellTime, messages.StartCycle, messages.StopCycle),
    ),
    "agentReply": Channel(
        topics.reply("{site}", "{agent}"),
        "The answer to each command.",
        "send",
        AGENT,
        (messages.Reply,),
    ),
    "hubWake": Channel(
        topics.wake("{site}"),
        "The map or the command line says that there are new acts. No content.",
        "receive",
        "What the map and the command line send; the hub takes it.",
        (),
    ),
    "shelfState": Channel(
        topics.shelf_state("{site}", "{shelf}"),
        "One shelf as the hub sees it now.",
        "send",
        LIVE,
        (messages.ShelfState,),
        retained=True,
    ),
    "finding": Channel(
        topics.finding("{site}", "{finding}"),
        "One thing that a person should look at, retained while it is open; then an empty message removes it.",
        "send",
        LIVE,
        (messages.FindingNotice,),
        retained=True,
    ),
    "sweep": Channel(
        topics.sweep("{site}", "{sweep}"),
        "The progress of a sweep.",
        "send",
        LIVE,
        (messages.SweepNotice,),
        retained=True,
    ),
}

PARAMETERS: Final = {
    "site": "Id of the site, as in its file.",
    "agent": "Id of the agent; also its user name at the broker, which lets it write only here.",
    "shelf": "Id of the shelf, for example 2F-R03A-B05-S3.",
    "finding": "Id of the finding.",
    "sweep": "Id of the sweep.",
}


def document() -> dict[str, Any]:
    """The whole contract as plain data."""
    kinds = [kind for channel in CHANNELS.values() for kind in channel.kinds]
    _, schemas = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    schemas = _with_dollar(schemas)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Shelfwire wire",
            "version": str(messages.VERSION),
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "broker": {
                "host": "localhost:1883",
                "protocol": "mqtt",
                "description": "The library's own broker; mqtts off loopback.",
                "security": [{"$ref": "#/components/securitySchemes/account"}],
            }
        },
        "channels": {name: _channel(channel) for name, channel in CHANNELS.items()},
        "operations": {name: _operation(name, channel) for name, channel in CHANNELS.items()},
        "components": {
            "securitySchemes": {"account": {"type": "userPassword"}},
            "parameters": {name: {"description": text} for name, text in PARAMETERS.items()},
            "messages": {
                **{
                    kind.__name__: {
                        "name": kind.__name__,
                        "contentType": "application/json",
                        "payload": {"$ref": f"#/components/schemas/{kind.__name__}"},
                    }
                    for kind in kinds
                },
                "Empty": {"name": "Empty", "payload": {"type": "null"}},
            },
            "schemas": schemas,
        },
    }


def _with_dollar(value: Any) -> Any:
    """Patterns as JSON Schema writes them: its ``$`` is the end of the text, which Python writes as ``\\Z``."""
    if isinstance(value, dict):
        return {
            key: inner.removesuffix("\\Z") + "$"
            if key == "pattern" and isinstance(inner, str) and inner.endswith("\\Z")
            else _with_dollar(inner)
            for key, inner in value.items()
        }
    return [_with_dollar(inner) for inner in value] if isinstance(value, list) else value


def _channel(channel: Channel) -> dict[str, Any]:
    names = [kind.__name__ for kind in channel.kinds] or ["Empty"]
    return {
        "address": channel.address,
        "description": channel.text,
        "parameters": {
            name: {"$ref": f"#/components/parameters/{name}"}
            for name in PARAMETERS
            if f"{{{name}}}" in channel.address
        },
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
    }


def _operation(name: str, channel: Channel) -> dict[str, Any]:
    return {
        "action": channel.action,
        "channel": {"$ref": f"#/channels/{name}"},
        "summary": channel.who,
        "bindings": {"mqtt": {"qos": 1, "retain": channel.retained, "bindingVersion": "0.2.0"}},
    }


if __name__ == "__main__":
    config.write(CONTRACT, document())
