"""Who may do what at the broker: one account a process, the ACL that is the law, and Mosquitto's password line. Pure."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

import msgspec

from shelfwire import topics

HUB: Final = "hub"
WEB: Final = "web"

ITERATIONS: Final = 1_000
"""Rounds of PBKDF2. Our passwords are 24 random bytes, so that more rounds protect nothing and cost a small broker time at each connect."""


class Account(msgspec.Struct, frozen=True):
    """A user name at the broker and the topic filters that it may write and read. What is not named is refused."""

    name: str
    write: tuple[str, ...]
    read: tuple[str, ...]


def agent_account(site: str, agent: str) -> Account:
    """An agent speaks only as itself, and hears only what is for it."""
    return Account(
        agent,
        write=(topics.status(site, agent), topics.dwells(site, agent), topics.reply(site, agent)),
        read=(topics.ack(site, agent), topics.command(site, agent)),
    )


def hub_account(*sites: str) -> Account:
    """The hub hears all agents of its sites and writes all that it decides; the command line beside it may wake it."""
    write = [
        name
        for site in sites
        for name in (topics.ack(site, "+"), topics.command(site, "+"), *_live(site), topics.wake(site))
    ]
    return Account(HUB, tuple(write), tuple(name for site in sites for name in topics.hub_filters(site)))


def web_account(*sites: str) -> Account:
    """The map hears what changes, and wakes the hub. It never hears a dwell."""
    return Account(
        WEB,
        write=tuple(topics.wake(site) for site in sites),
        read=tuple(name for site in sites for name in _live(site)),
    )


def acl_block(account: Account) -> str:
    """The account's part of Mosquitto's ``acl_file``, with an empty line behind."""
    lines = [f"user {account.name}"]
    lines += [f"topic write {name}" for name in account.write]
    lines += [f"topic read {name}" for name in account.read]
    return "\n".join(lines) + "\n\n"


def password_line(name: str, password: str, salt: bytes) -> str:
    """One line of Mosquitto's ``password_file``: PBKDF2 with SHA-512, known by ``$7$`` (Mosquitto 2.0 and later)."""
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    salt_text, digest_text = (base64.b64encode(raw).decode("ascii") for raw in (salt, digest))
    return f"{name}:$7${ITERATIONS}${salt_text}${digest_text}\n"


def _live(site: str) -> tuple[str, ...]:
    root = f"{topics.ROOT}/{site}"
    return f"{root}/shelf/#", f"{root}/finding/#", f"{root}/sweep/#"
