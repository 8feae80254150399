"""``shelfwire web …``: run the map, keep its users."""

from __future__ import annotations

import logging
import os
import re
import sys
import time
from pathlib import Path

import click
import msgspec

from shelfwire.errors import InputError
from web import config
from web.auth.passwords import LONGEST, hash_password
from web.auth.roles import ROLES
from web.config import LoadedWeb

_NAME = re.compile(r"^[\w][\w.@-]{0,39}\Z")

config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    default=Path("web.yaml"),
    show_default=True,
    help="The map's configuration.",
)


@click.group()
def web() -> None:
    """The map: what staff see, and what they ask for."""


@web.command("run")
@config_option
@click.option("--host", help="Listen here instead of what the configuration says.")
@click.option("--port", type=click.IntRange(0, 65_535), help="The port; 0: any free one.")
@click.option("--verbose", is_flag=True, help="Say more on standard error.")
def run_command(config_path: Path, host: str | None, port: int | None, *, verbose: bool) -> int:
    """Run until SIGTERM or SIGINT."""
    from web import serve, wiring  # noqa: PLC0415 (SQLAlchemy and Flask; the other commands do without)
    from web.app import create_app  # noqa: PLC0415 (as above)

    # Secrets and what the store makes are for this user, and for the group where the umask lets it (hub and map share one).
    os.umask(os.umask(0o077) | 0o007)
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    loaded = _changed(config.load(config_path), host, port)
    wired = wiring.Wired(loaded)
    try:
        wiring.check_exposure(loaded, wired.users)
        serve.serve(create_app(wired.deps), loaded.config, wired.changes, wired.live.start)
    finally:
        wired.close()
    return 0


@web.group("user")
def user() -> None:
    """Who may log in. A user has a name, a role and a password, nothing else."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the user may do.")
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from the first line of standard input."
)
@config_option
def add_command(name: str, role: str, config_path: Path, *, password_stdin: bool) -> None:
    """Add a user. The password is asked for; never give it as an argument, where other programs see it."""
    from web import wiring  # noqa: PLC0415 (as above)

    if _NAME.match(name) is None:
        raise InputError(
            f"user {name!r}: want 1 to 40 letters, digits, dots, @, - or _; a role name is better than a person's"
        )
    hashed = hash_password(_password(from_stdin=password_stdin))
    users = wiring.open_users(config.load(config_path))
    try:
        users.add_user(name, role, hashed, time.time_ns() // 1000)
    finally:
        users.close()
    click.echo(f"user {name} added as {role}")


@user.command("list")
@config_option
def list_command(config_path: Path) -> None:
    """List the users."""
    from web import wiring  # noqa: PLC0415 (as above)

    users = wiring.open_users(config.load(config_path))
    try:
        for each in users.users():
            click.echo(f"{each.name}\t{each.role}")
    finally:
        users.close()


@user.command("remove")
@click.argument("name")
@config_option
def remove_command(name: str, config_path: Path) -> None:
    """Remove a user and end all sessions of that user."""
    from web import wiring  # noqa: PLC0415 (as above)

    users = wiring.open_users(config.load(config_path))
    try:
        users.remove_user(name)
    finally:
        users.close()
    click.echo(f"user {name} removed; every device that was logged in so is logged out")


@user.command("password")
@click.argument("name")
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from the first line of standard input."
)
@config_option
def password_command(name: str, config_path: Path, *, password_stdin: bool) -> None:
    """Give a user a new password; ends all sessions of that user."""
    from web import wiring  # noqa: PLC0415 (as above)

    hashed = hash_password(_password(from_stdin=password_stdin))
    users = wiring.open_users(config.load(config_path))
    try:
        users.set_password(name, hashed)
    finally:
        users.close()
    click.echo(f"user {name} has a new password")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline(LONGEST + 2).rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


def _changed(loaded: LoadedWeb, host: str | None, port: int | None) -> LoadedWeb:
    changed = loaded.config
    if host is not None:
        changed = msgspec.structs.replace(changed, host=host)
    if port is not None:
        changed = msgspec.structs.replace(changed, port=port)
    return LoadedWeb(changed, loaded.base)
