"""The embedded broker for machines without Mosquitto: amqtt, MQTT 3.1.1, in a child process of its own.

The one file that imports amqtt. Started by `firmware_sim.broker` as ``python -m firmware_sim.embedded ACCESS_FILE``; keeps nothing on disk,
which is enough, because agents keep what is not acknowledged. For a demo and for tests, never for a library.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from amqtt.broker import Broker
from amqtt.contexts import Action
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import Session

from firmware_sim.access import Login, allowed

MAX_CONNECTIONS: Final = 64
"""A demo has five clients; more is a mistake or an attack from this machine."""


class Access(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the child reads from its access file."""

    port: int
    logins: list[Login]


class Passwords(BaseAuthPlugin):  # type: ignore[misc]  # amqtt has no types
    """Lets in who is in the access file, with the right password, and nobody else."""

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        self._logins = {login.name: login for login in _read(context.config.path).logins}

    async def authenticate(self, *, session: Session) -> bool:
        """Whether this is an account with its password."""
        login = self._logins.get(session.username or "")
        if login is None:
            return False
        return hmac.compare_digest(login.password.encode(), str(session.password or "").encode())

    @dataclass
    class Config:
        """Where the access file is."""

        path: str = ""


class Topics(BaseTopicPlugin):  # type: ignore[misc]  # amqtt has no types
    """Refuses what an account's filters do not cover."""

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        self._logins = {login.name: login for login in _read(context.config.path).logins}

    async def topic_filtering(
        self, *, session: Session | None = None, topic: str | None = None, action: Action | None = None
    ) -> bool:
        """Whether this session may write or read this topic."""
        login = self._logins.get((session.username or "") if session else "")
        if login is None or not topic:
            return False
        return allowed(topic, login.account.write if action == Action.PUBLISH else login.account.read)

    @dataclass
    class Config:
        """Where the access file is."""

        path: str = ""


def _read(path: str) -> Access:
    return msgspec.json.decode(Path(path).read_bytes(), type=Access)


async def serve(path: str) -> None:
    """Serve on loopback until SIGTERM or SIGINT."""
    access = _read(path)
    settings = {
        "listeners": {
            "default": {
                "type": "tcp",
                "bind": f"127.0.0.1:{access.port}",
                "max_connections": MAX_CONNECTIONS,
            }
        },
        "plugins": {
            "firmware_sim.embedded.Passwords": {"path": path},
            "firmware_sim.embedded.Topics": {"path": path},
        },
    }
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    broker = Broker(settings)
    await broker.start()
    await stop.wait()
    await broker.shutdown()


def main() -> None:
    """``python -m firmware_sim.embedded ACCESS_FILE``."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    asyncio.run(serve(sys.argv[1]))


if __name__ == "__main__":
    main()
