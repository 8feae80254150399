"""Listen to the agents' reports for some seconds, beside the hub and without disturbing it: nothing is published."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from typing import TYPE_CHECKING, Final

from shelfwire import codec, topics
from shelfwire.errors import AwayError, PeerError
from shelfwire.link import Link, Message
from shelfwire.messages import Report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from shelfwire.link import BrokerConfig

CONNECT_S: Final = 10.0
"""A broker that does not answer by then is away."""


async def listen(
    config: BrokerConfig, base: Path, site: str, seconds: float, hear: Callable[[Report], None]
) -> None:
    """Hand each report of the site to `hear`. Raises `AwayError` when the broker cannot be reached."""

    async def take(message: Message) -> None:
        with contextlib.suppress(PeerError):  # the hub counts and tells them
            report = codec.decode_from_agent(message.payload)
            if isinstance(report, Report):
                hear(report)

    link = Link(
        config,
        client_id=f"shelfwire-calibrate-{secrets.token_hex(4)}",
        filters=[topics.dwells(site, "+")],
        on_message=take,
        base=base,
    )
    task = asyncio.create_task(link.run())
    try:
        async with asyncio.timeout(CONNECT_S):
            await link.connected.wait()
        await asyncio.sleep(seconds)
    except TimeoutError as fault:
        raise AwayError(f"broker {config.host}:{config.port}: no answer in {CONNECT_S:g} s") from fault
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
