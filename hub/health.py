"""What the running hub says about itself: one small file that web, command line and a watchdog read.

The file has a fixed size and is written in place, so that it can still be written when the disk is full.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Final

import msgspec

from shelfwire.errors import AwayError

log = logging.getLogger(__name__)

FILE_BYTES: Final = 64 * 1024
"""Room for more troubles than a person reads; texts are cut to fit."""
MOST_AILING: Final = 100
"""Antennas that are told by name, 80 bytes each; who has more of them looks at the network first."""
STALE_US: Final = 15_000_000
"""The hub writes every two seconds; a file this old belongs to a hub that stands still or is gone."""


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a person should know, as long as it lasts."""

    what: str
    """``journal``, ``broker``, ``database``, ``series``, ``snapshot``, ``engine``."""
    text: str
    since_us: int


class Ailing(msgspec.Struct, frozen=True, kw_only=True):
    """An antenna that hears less than it used to, or whose loudness says nothing."""

    site: str
    antenna: str
    what: str
    """A word of `hub.engine.teaching.AILMENTS`."""
    loss_db: float


class HubHealth(msgspec.Struct, frozen=True, kw_only=True):
    """The hub at one moment."""

    at_us: int
    started_at_us: int
    software: str
    pid: int
    ready: bool
    taking: bool
    """False: reports stay with the agents, for the reason among the troubles."""
    troubles: list[Trouble] = []
    ailing: list[Ailing] = []
    """The worst first, at most `MOST_AILING`."""
    position: int = 0
    """Last journalled."""
    applied: int = 0
    """Last that the engine has seen."""
    stored: int = 0
    """Last whose effects are in the database."""
    waiting: int = 0
    """Messages that are not in the journal yet."""
    reports: int = 0
    observations: int = 0
    doubled: int = 0
    refused: int = 0
    """Messages that were none of ours, or of nobody we know."""
    dropped: int = 0
    """Messages for which the queue had no room for seconds, because the journal takes nothing; their agents send them again."""
    unsent: int = 0
    """Messages of ours that were worth nothing any more, or too many, before the broker could take them."""
    unmatched: int = 0
    """Effects about an item or act of which the store has no row."""
    cut_bytes: int = 0
    """What the last start cut off the journal: a group that was never acknowledged."""
    held_back: int = 0
    journal_bytes: int = 0
    raw_log_bytes: int = 0
    raw_log_skipped: int = 0
    """Journal files given back without a raw log, because it fell behind."""
    snapshot_position: int = 0
    memory_bytes: int = 0


class Troubles:
    """The troubles of now. Says in the log when one begins, changes its text after a minute, or ends."""

    def __init__(self) -> None:
        self._now: dict[str, Trouble] = {}

    def begin(self, what: str, text: str, now_us: int) -> None:
        """It is so now; calling again only brings the text up to date."""
        before = self._now.get(what)
        if before is None:
            log.warning("%s: %s", what, text)
        self._now[what] = Trouble(
            what=what, text=text[:1_000], since_us=before.since_us if before else now_us
        )

    def end(self, what: str) -> None:
        """It is over, if it ever was."""
        if self._now.pop(what, None) is not None:
            log.info("%s: well again", what)

    def __contains__(self, what: object) -> bool:
        return what in self._now

    def list(self) -> list[Trouble]:
        """All of now, oldest first."""
        return sorted(self._now.values(), key=lambda trouble: trouble.since_us)


def to_bytes(health: HubHealth) -> bytes:
    """The content of the file."""
    data = msgspec.json.encode(health)
    if len(data) > FILE_BYTES:
        data = msgspec.json.encode(msgspec.structs.replace(health, troubles=health.troubles[:10]))
    return data.ljust(FILE_BYTES)


def write(path: Path, data: bytes) -> None:
    """Put `data` of `to_bytes` into the file. Raises `OSError` only when the file cannot be made at all."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        os.pwrite(fd, data, 0)
    finally:
        os.close(fd)


def read(path: Path) -> HubHealth:
    """What the hub wrote last. Raises `AwayError` when it never did, or is writing at this moment for the second time."""
    for last_try in (False, True):
        try:
            return msgspec.json.decode(path.read_bytes(), type=HubHealth)
        except OSError as fault:
            raise AwayError(
                f"{path}: the hub has not run here yet: {fault.strerror}; start it with `shelfwire hub run`"
            ) from fault
        except msgspec.DecodeError as fault:
            if last_try:
                raise AwayError(f"{path}: cannot be read: {fault}") from fault
    raise AssertionError


def is_fresh(health: HubHealth, now_us: int) -> bool:
    """Whether the hub that wrote this still runs."""
    return now_us - health.at_us < STALE_US
