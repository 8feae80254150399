"""Configuration → the real thing: store, series, sites, secret."""

from __future__ import annotations

import logging
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from hub import health
from hub.config import HubFiles, read_hub
from hub.health import HubHealth
from hub.series.open import open_reader
from hub.series.port import SeriesReader
from hub.store.engine import open_engine
from hub.store.migrate import upgrade
from hub.store.users import Users
from shelfwire.clock import SystemClock
from shelfwire.errors import AwayError, InputError
from shelfwire.site.load import load_site
from shelfwire.site.model import SiteHistory
from web.changes import Changes
from web.config import LoadedWeb, is_loopback, is_open_without_users
from web.deps import Deps
from web.library import Library
from web.live import Live

log = logging.getLogger(__name__)

WAIT_S: Final = 2.0
_SECRET_BYTES: Final = 32


class Wired:
    """All parts, running, until `close`."""

    def __init__(self, loaded: LoadedWeb) -> None:
        files = _files(loaded)
        histories = [load_site(path) for path in files.site_files]
        self.changes = Changes()
        self._engine = open_engine(files.database_url)
        self._series = open_reader(files.config.series, files.state_dir, files.base)
        self.users = Users(self._engine, histories[0].now.id)
        self.live = Live(loaded.config.broker, loaded.base, [each.now.id for each in histories], self.changes)
        self.deps = Deps(
            config=loaded.config,
            libraries={each.now.id: self._library(each, files, self._series) for each in histories},
            users=self.users,
            secret=read_secret(loaded.secret_path),
            changes=self.changes,
            wake=self.live.wake,
            clock=SystemClock(),
        )

    def close(self) -> None:
        """End the streams, the link and the connections."""
        self.live.stop()
        self._series.close()
        self._engine.dispose()

    def _library(self, history: SiteHistory, files: HubFiles, series: SeriesReader) -> Library:
        tolerance = files.engine_settings.tolerance_shelves
        kept_days, said = files.config.store.item_events_days, _health_of(files.health_file)
        return Library(history, self._engine, series, self.changes, said, tolerance, kept_days)


def open_users(loaded: LoadedWeb) -> Users:
    """The users, for the command line; makes the tables when the hub has not run yet. Close it."""
    files = _files(loaded)
    upgrade(files.database_url)
    return Users(files.database_url, load_site(files.site_files[0]).now.id)


def _files(loaded: LoadedWeb) -> HubFiles:
    """The hub's files; its folder is made when the map is started before the hub."""
    files = read_hub(loaded.hub_file)
    try:
        files.state_dir.mkdir(0o770, parents=True, exist_ok=True)
    except OSError as fault:
        raise InputError(f"{files.state_dir}: cannot be made: {fault.strerror}") from fault
    return files


def check_exposure(loaded: LoadedWeb, users: Users, sleep: Callable[[float], None] = time.sleep) -> None:
    """Refuse to be reached from elsewhere while no user exists. Waits for a store that is away."""
    config = loaded.config
    if is_open_without_users(config):
        return
    said = False
    while True:
        try:
            if users.users_exist():
                break
        except AwayError as fault:
            if not said:
                log.warning("%s; waiting for it, to see whether a user exists", fault)
            said = True
            sleep(WAIT_S)
            continue
        raise InputError(
            f"host {config.host}: no user exists yet, so the map listens on 127.0.0.1 only, without names and proxy; "
            "add a user first: shelfwire web user add NAME --role librarian"
        )
    if not is_loopback(config.host) and not config.behind_tls:
        log.warning("passwords travel unencrypted; put a proxy with TLS before the map and set behind_tls")


def read_secret(path: Path) -> bytes:
    """The secret that signs form tokens; made on the first start, readable by its owner only."""
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        return _make_secret(path)
    except OSError as fault:
        raise InputError(f"{path}: cannot be read: {fault.strerror}") from fault
    if len(found) < _SECRET_BYTES:
        raise InputError(f"{path}: is too short for a secret; remove it, and a new one is made")
    return found


def _make_secret(path: Path) -> bytes:
    made = secrets.token_bytes(_SECRET_BYTES)
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as fault:
        raise InputError(f"{path}: the secret cannot be written: {fault.strerror}") from fault
    with os.fdopen(fd, "wb") as file:
        file.write(made)
    return made


def _health_of(path: Path) -> Callable[[], HubHealth]:
    return lambda: health.read(path)
