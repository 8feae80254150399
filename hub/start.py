"""What happens before the hub takes anything: sites, lock, database, snapshot, journal."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

from hub import keeper, snapshot
from hub.config import HubFiles
from hub.journal import Journal
from hub.keeper import Recovered
from hub.store.migrate import upgrade
from hub.store.write import StoreWriter
from shelfwire.errors import InputError
from shelfwire.site.load import load_site
from shelfwire.site.model import SiteHistory

log = logging.getLogger(__name__)


def load_sites(files: HubFiles) -> dict[str, SiteHistory]:
    """All sites by id. Raises `InputError` with the faults of all of them."""
    found: dict[str, SiteHistory] = {}
    faults: list[str] = []
    for path in files.site_files:
        try:
            history = load_site(path)
        except InputError as fault:
            faults += fault.faults
            continue
        if history.now.id in found:
            faults.append(f"{path}: site: {history.now.id} is the id of another file's site too")
        found[history.now.id] = history
    if faults:
        raise InputError(*faults)
    return found


@contextlib.contextmanager
def only_one(state_dir: Path) -> Iterator[None]:
    """Hold the state folder for this process. Raises `InputError` when another hub has it."""
    path = state_dir / "lock"
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as fault:
        os.close(fd)
        raise InputError(f"{state_dir}: another hub runs on this state; stop it first") from fault
    try:
        yield
    finally:
        os.close(fd)


def ask_database(url: str, sites: Iterable[str]) -> dict[str, int]:
    """Make the tables, and say how far the rows of each site are. Blocking. Raises `AwayError`, `FullError`, `InputError`."""
    upgrade(url)
    writer = StoreWriter(url)
    try:
        return {site: writer.position(site) for site in sites}
    finally:
        writer.close()


def recover(files: HubFiles, stored: dict[str, int]) -> Recovered:
    """The youngest snapshot that is sound and not ahead of the database."""
    folder = files.snapshot_dir
    found = snapshot.youngest_sound(folder, not_beyond=min(stored.values()))
    if found is None and snapshot.listed(folder):
        log.warning(
            "the database is older than every snapshot (restored or new?); its rows fill up as things change"
        )
        found = snapshot.youngest_sound(folder)
    return keeper.recovered(*found) if found else keeper.NOTHING


def open_journal(files: HubFiles, stored: dict[str, int]) -> Journal:
    """The journal, going on behind whatever the database has seen."""
    config = files.config.journal
    journal = Journal(
        files.journal_dir,
        segment_bytes=config.segment_bytes,
        max_bytes=config.max_bytes,
        min_free_bytes=config.min_free_bytes,
    )
    if journal.tail < max(stored.values()):
        log.warning(
            "the database has seen position %d and the journal ends at %d: the state folder is older or new; going on behind",
            max(stored.values()), journal.tail,
        )  # fmt: skip
        journal.skip_to(max(stored.values()) + 1)
    return journal


def secret(state_dir: Path) -> str:
    """The secret from which the day's keys for unknown tags are made; the hub makes one on its first start."""
    path = state_dir / "unknown.key"
    if not path.exists() or not path.stat().st_size:
        part = path.with_suffix(".part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        part.replace(path)
    return path.read_text(encoding="ascii").strip()
