"""``shelfwire agent``: credentials, ACL and configuration for agents, hub and web. Needs no Mosquitto; writes files and says what to do with them.

The broker's folder holds ``mosquitto.conf``, ``passwords``, ``acl``, the passwords of hub and web, and ``agents/NAME`` with all
that goes to the machine of that agent.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from pathlib import Path
from typing import Final

import click

from edge import config
from edge.access import HUB, WEB, Account, acl_block, agent_account, hub_account, password_line, web_account
from shelfwire import data
from shelfwire.errors import InputError
from shelfwire.ids import is_name

EXAMPLE_FOLDER: Final = "/etc/shelfwire/broker"
"""Where the shipped broker files say that they are."""

SECRET_BYTES: Final = 24
SALT_BYTES: Final = 12
"""As Mosquitto's own tool."""

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")

_dir_option = click.option(
    "--dir",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The broker's folder.",
)
_site_option = click.option("--site", required=True, help="Id of the site.")


class Accounts:
    """The files ``passwords`` and ``acl`` of a broker's folder; each is replaced as a whole, and stays its owner's: the broker reads them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.passwords = folder / "passwords"
        self.acl = folder / "acl"

    def names(self) -> list[str]:
        """Who has an account, in the order in which they came."""
        return [line.split(":", 1)[0] for line in _text(self.passwords).splitlines() if ":" in line]

    def topics_of(self, name: str) -> list[str]:
        """What the ACL lets `name` do, one line each."""
        return [line.removeprefix("topic ") for line in self._block(name) if line.startswith("topic ")]

    def add(self, account: Account, password: str) -> None:
        """Add one account. Raises `InputError` when there is one of that name."""
        if account.name in self.names() or self._block(account.name):
            raise InputError(
                f"{self.folder}: {account.name} has an account already; remove it first, or take another name"
            )
        line = password_line(account.name, password, secrets.token_bytes(SALT_BYTES))
        _write(self.acl, _text(self.acl) + acl_block(account), 0o640, for_broker=True)
        _write(self.passwords, _text(self.passwords) + line, 0o640, for_broker=True)

    def remove(self, name: str) -> None:
        """Remove one account. Raises `InputError` when there is none of that name."""
        if name not in self.names():
            known = ", ".join(self.names()) or "nobody"
            raise InputError(f"{self.folder}: there is no account {name}; there are: {known}")
        block = self._block(name)
        blocks = [part for part in _text(self.acl).split("\n\n") if part.strip().splitlines() != block]
        _write(self.acl, "\n\n".join(blocks), 0o640, for_broker=True)
        kept = [
            line
            for line in _text(self.passwords).splitlines(keepends=True)
            if not line.startswith(f"{name}:")
        ]
        _write(self.passwords, "".join(kept), 0o640, for_broker=True)

    def _block(self, name: str) -> list[str]:
        for part in _text(self.acl).split("\n\n"):
            lines = part.strip().splitlines()
            if lines and lines[0] == f"user {name}":
                return lines
        return []


@click.group()
def agent() -> None:
    """Credentials and configuration for agents, hub and web."""


@agent.command()
@click.argument("name")
@_site_option
@_dir_option
@click.option(
    "--broker",
    "host",
    default="127.0.0.1",
    show_default=True,
    help="The broker as the agent's machine sees it.",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    default=None,
    help="Its port; default 1883 on this machine, else 8883.",
)
@click.option("--reader", "reader_host", default="192.0.2.10", help="Address of the first reader.")
def add(name: str, *, site: str, folder: Path, host: str, port: int | None, reader_host: str) -> None:
    """Make an agent that can speak only as NAME: account, ACL, configuration, password."""
    _check_names(site, name)
    if name in {HUB, WEB}:
        raise InputError(f"{name}: is the account of the {name} itself; give the agent another name")
    home = folder / "agents" / name
    if home.exists():
        raise InputError(f"{home}: exists already, nothing was changed; remove the agent first")
    accounts = Accounts(folder)
    password = secrets.token_urlsafe(SECRET_BYTES)
    _make_folder(folder)
    home.mkdir(parents=True, mode=0o700)
    try:
        _write(home / "broker.password", password + "\n", 0o600)
        _write(home / "edge.yaml", edge_yaml(site, name, host, port, reader_host), 0o600)
        config.read(home / "edge.yaml")
        accounts.add(agent_account(site, name), password)
    except BaseException:
        _forget(home)
        raise
    click.echo(
        f"""Agent {name} of site {site} may now speak at the broker, and only as itself. Next:
  1. Let the broker read its files again:  systemctl reload mosquitto   (or send it SIGHUP)
  2. Copy {home} to the agent's machine, for example to /etc/shelfwire, for the user that runs the agent; the password in it stands nowhere else.
  3. Write its readers, and a state_dir that this user may write, into edge.yaml, then:  shelfwire edge check --config edge.yaml
  4. shelfwire edge run --config edge.yaml
  5. Name {name} as the agent of its readers in the site file."""
    )


@agent.command("list")
@_dir_option
def list_accounts(folder: Path) -> None:
    """Who may speak at the broker, and about what."""
    accounts = Accounts(folder)
    for name in accounts.names():
        click.echo(name)
        for line in accounts.topics_of(name):
            click.echo(f"  {line}")


@agent.command()
@click.argument("name")
@_dir_option
def remove(name: str, folder: Path) -> None:
    """Take NAME its right to speak at the broker."""
    Accounts(folder).remove(name)
    _forget(folder / "agents" / name)
    click.echo(
        f"""{name} has no account any more. Next:
  1. Restart the broker, because a reload leaves open connections alone:  systemctl restart mosquitto
  2. On the agent's machine stop the agent and remove its files; what its outbox still holds is not delivered any more."""
    )


@agent.command("broker-init")
@click.option(
    "--site", "sites", required=True, multiple=True, help="Id of a site; once for each that the hub serves."
)
@_dir_option
@click.option(
    "--listen",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; any but this machine's own takes TLS.",
)
def broker_init(sites: tuple[str, ...], folder: Path, listen: str) -> None:
    """Set up a Mosquitto folder: configuration, ACL, and accounts of hub and web."""
    _check_names(*sites)
    conf = folder / "mosquitto.conf"
    if conf.exists():
        raise InputError(f"{conf}: exists already, nothing was changed")
    accounts = Accounts(folder)
    if taken := [name for name in (HUB, WEB) if name in accounts.names()]:
        raise InputError(f"{folder}: {', '.join(taken)} has an account already; remove it first")
    _make_folder(folder)
    (folder / "data").mkdir(exist_ok=True, mode=0o750)
    for account in (hub_account(*sites), web_account(*sites)):
        password = secrets.token_urlsafe(SECRET_BYTES)
        accounts.add(account, password)
        _write(folder / f"{account.name}.password", password + "\n", 0o600)
    _write(conf, mosquitto_conf(folder, listen), 0o640)
    certificates, own = "", "mosquitto.conf passwords acl data"
    if listen not in LOOPBACK:
        certificates = f"""
  0. Put the broker's certificate and key into {folder}/server.crt and server.key."""
        own += " server.key"
    click.echo(
        f"""The broker's folder {folder} is ready. Next:{certificates}
  1. Give the broker's user what it reads:  (cd {folder} && chown -R mosquitto: {own})
     and hub.password and web.password to those who run hub and web, for example:  (cd {folder} && chown shelfwire-hub: hub.password && chown shelfwire-web: web.password)
  2. Start it:  mosquitto -c {conf}   (or include it from /etc/mosquitto/conf.d)
  3. In hub.yaml, and likewise with web in web.yaml:
       broker:
         host: {listen if listen in LOOPBACK else LOOPBACK[0]}
         username: {HUB}
         password_file: {folder.resolve()}/{HUB}.password
  4. shelfwire agent add NAME --site {sites[0]} --dir {folder}"""
    )


def edge_yaml(site: str, agent_name: str, host: str, port: int | None, reader_host: str) -> str:
    """The shipped example, made this agent's own. Names are quoted, because YAML takes ``0417`` for a number and ``no`` for false."""
    tls = host not in LOOPBACK
    text = data.config_file("examples/edge.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("site: demo", f"site: {json.dumps(site)}"),
        ("agent: edge-1", f"agent: {json.dumps(agent_name)}"),
        ("username: edge-1", f"username: {json.dumps(agent_name)}"),
        ("host: 127.0.0.1", f"host: {json.dumps(host)}"),
        ("port: 1883", f"port: {port or (8883 if tls else 1883)}"),
        ("tls: false", f"tls: {str(tls).lower()}"),
        ("host: 192.0.2.10", f"host: {json.dumps(reader_host)}"),
    ):
        if old not in text:
            raise InputError(f"config/examples/edge.yaml: has lost its line {old!r}; install Shelfwire again")
        text = text.replace(old, new)
    return text


def mosquitto_conf(folder: Path, listen: str) -> str:
    """The shipped broker configuration for this folder and address."""
    name = "loopback.conf" if listen in LOOPBACK else "tls.conf"
    text = data.config_file(f"mosquitto/{name}").read_text(encoding="utf-8")
    text = text.replace(EXAMPLE_FOLDER, str(folder.resolve()))
    return text if listen in LOOPBACK else text.replace("listener 8883", f"listener 8883 {listen}")


def _check_names(*names: str) -> None:
    if strange := [name for name in names if not is_name(name)]:
        raise InputError(
            f"{', '.join(map(repr, strange))}: a name has letters, digits, - and _, at most 40, and begins with a letter or digit"
        )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(
            parents=True, exist_ok=True, mode=0o755
        )  # broker, hub and web each read only their own files in it
    except OSError as fault:
        raise InputError(f"{folder}: cannot be made: {fault.strerror}") from fault


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except OSError as fault:
        raise InputError(f"{path}: cannot be read: {fault.strerror}") from fault


def _forget(home: Path) -> None:
    """Remove what `add` has put into an agent's folder, and the folder if nothing else is in it."""
    if home.is_dir():
        for path in (home / "broker.password", home / "edge.yaml"):
            path.unlink(missing_ok=True)
        if not any(home.iterdir()):
            home.rmdir()


def _hand_over(handle: int, path: Path) -> None:
    """Give the new file to the owner and group of the old one; the first one to those of its folder, where we may."""
    if path.exists():
        old = path.stat()
        os.fchown(handle, old.st_uid, old.st_gid)
        return
    home = path.parent.stat()
    with contextlib.suppress(PermissionError):
        os.fchown(handle, home.st_uid, home.st_gid)


def _write(path: Path, text: str, mode: int, *, for_broker: bool = False) -> None:
    """Replace the file as a whole; nobody but `mode` says can read it at any moment.

    `for_broker`: its owner and group stay, because the broker runs as a user of its own and we perhaps as root.
    """
    part = path.with_name(path.name + ".part")
    try:
        part.unlink(missing_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            os.fchmod(handle, mode)
            if for_broker:
                _hand_over(handle, path)
        part.replace(path)
    except OSError as fault:
        raise InputError(f"{path}: cannot be written: {fault.strerror}") from fault
