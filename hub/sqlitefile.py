"""The file of a SQLite database, made so that a second user of the same group may write it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def make_file(path: Path) -> None:
    """An empty file, which SQLite takes for a new database, where there is none.

    SQLite itself makes it 0644: then the map, which runs as another user, could hand in no act, whatever the umask grants
    its group. Its -wal and -shm files take their mode from it. A folder that is not there is left to SQLite to complain of.
    """
    with contextlib.suppress(OSError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o660))
