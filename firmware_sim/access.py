"""Accounts of one run at a broker: those of `edge.access`, each with its password. Pure; both kinds of broker are set up from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from edge import access
from edge.access import Account


class Login(msgspec.Struct, frozen=True):
    """An account with the password of this run."""

    account: Account
    password: str

    @property
    def name(self) -> str:
        """The user name."""
        return self.account.name


def agent_account(site: str, agent: str, password: str) -> Login:
    """An agent speaks only as itself."""
    return Login(access.agent_account(site, agent), password)


def hub_account(site: str, password: str) -> Login:
    """The hub hears all agents and writes all that it decides."""
    return Login(access.hub_account(site), password)


def web_account(site: str, password: str) -> Login:
    """The map reads the live topics and wakes the hub."""
    return Login(access.web_account(site), password)


def mosquitto_acl(logins: Iterable[Login]) -> str:
    """The text of Mosquitto's ``acl_file``: what is not named is refused."""
    return "".join(access.acl_block(login.account) for login in logins)


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
