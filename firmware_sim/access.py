"""Who may do what at the broker of a simulated library. Pure; both kinds of broker are set up from it.

Each process has its own account, as in a real library: an agent writes only its own status, dwells and replies, and reads only its own
acknowledgements and commands.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from shelfwire import topics

_ITERATIONS: Final = 1_000
"""Rounds of PBKDF2 for Mosquitto's password file. Passwords here are 24 random bytes, so rounds add nothing; 101 is Mosquitto's own number."""


class Account(msgspec.Struct, frozen=True):
    """A name at the broker with the topic filters that it may write and read."""

    name: str
    password: str
    write: tuple[str, ...]
    read: tuple[str, ...]


def agent_account(site: str, agent: str, password: str) -> Account:
    """An agent speaks only as itself."""
    return Account(
        name=agent,
        password=password,
        write=(topics.status(site, agent), topics.dwells(site, agent), topics.reply(site, agent)),
        read=(topics.ack(site, agent), topics.command(site, agent)),
    )


def hub_account(site: str, password: str, name: str = "hub") -> Account:
    """The hub hears all agents and writes all that it decides."""
    return Account(
        name=name,
        password=password,
        write=(
            topics.ack(site, "+"),
            topics.command(site, "+"),
            topics.shelf_state(site, "+"),
            topics.finding(site, "+"),
            topics.sweep(site, "+"),
        ),
        read=(
            topics.status(site, "+"),
            topics.dwells(site, "+"),
            topics.reply(site, "+"),
            topics.wake(site),
        ),
    )


def web_account(site: str, password: str, name: str = "web") -> Account:
    """The map reads the live topics and wakes the hub."""
    return Account(
        name=name,
        password=password,
        write=(topics.wake(site),),
        read=(
            topics.shelf_state(site, "+"),
            topics.finding(site, "+"),
            topics.sweep(site, "+"),
            topics.status(site, "+"),
        ),
    )


def mosquitto_acl(accounts: Iterable[Account]) -> str:
    """The text of Mosquitto's ``acl_file``: what is not named is refused."""
    lines: list[str] = []
    for account in accounts:
        lines.append(f"user {account.name}")
        lines += [f"topic write {name}" for name in account.write]
        lines += [f"topic read {name}" for name in account.read]
        lines.append("")
    return "\n".join(lines)


def mosquitto_password(account: Account, salt: bytes) -> str:
    """One line of Mosquitto's ``password_file`` (PBKDF2 with SHA-512, known by ``$7$``; Mosquitto 2.0 and later)."""
    digest = hashlib.pbkdf2_hmac("sha512", account.password.encode(), salt, _ITERATIONS)
    return f"{account.name}:$7${_ITERATIONS}${_b64(salt)}${_b64(digest)}"


def allowed(topic: str, filters: Sequence[str]) -> bool:
    """Whether one of `filters` covers `topic`, which may itself be a filter: ``+`` is covered only by ``+`` or ``#``."""
    return any(_covers(name.split("/"), topic.split("/")) for name in filters)


def _covers(name: list[str], topic: list[str]) -> bool:
    for place, level in enumerate(name):
        if level == "#":
            return True
        if place >= len(topic):
            return False
        if level == "+" and topic[place] != "#":
            continue
        if level != topic[place]:
            return False
    return len(name) == len(topic)


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
