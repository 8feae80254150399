"""Helpers for tests of and with the simulated library."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from firmware_sim.access import Account, agent_account, hub_account, web_account
from firmware_sim.broker import Broker, Wish, secret


def accounts(site: str = "demo", agents: tuple[str, ...] = ("edge-1", "edge-2")) -> list[Account]:
    """Accounts of a hub, a web and the agents, with fresh passwords."""
    named = [agent_account(site, agent, secret()) for agent in agents]
    return [hub_account(site, secret()), web_account(site, secret()), *named]


@contextmanager
def running_broker(
    folder: Path, kind: Wish = "auto", site: str = "demo", agents: tuple[str, ...] = ("edge-1", "edge-2")
) -> Iterator[Broker]:
    """A broker with the usual accounts, stopped at the end whatever happens."""
    broker = Broker(folder, accounts(site, agents), kind=kind)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
