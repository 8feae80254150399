"""Files that a command was asked to write at its end. They are tried before the work begins: nobody waits half an hour for a name that cannot be written."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from shelfwire.errors import FullError, InputError, ShelfwireError

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_IN_THE_WAY: Final = frozenset(
    {errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.EPERM, errno.EROFS}
)


def check(*paths: Path | None) -> None:
    """Try to open each for writing, and leave nothing behind. Raises `InputError` with everything that cannot be written."""
    faults = [str(fault) for path in paths if path is not None and (fault := _tried(path)) is not None]
    if faults:
        raise InputError(*faults)


def write(path: Path, text: str | bytes) -> None:
    """Write it. Raises `FullError` when the disk is full, else `InputError`."""
    try:
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    except OSError as fault:
        raise words(path, fault) from fault


def write_json(path: Path, data: Any) -> None:
    """The same for plain data or structs, indented for people."""
    write(path, msgspec.json.format(msgspec.json.encode(data), indent=2) + b"\n")


def _tried(path: Path) -> ShelfwireError | None:
    if not path.parent.is_dir():
        return InputError(f"{path}: the folder {path.parent} does not exist; make it first")
    there = path.exists()
    try:
        path.open("ab").close()
        if not there:
            path.unlink()
    except OSError as fault:
        return words(path, fault)
    return None


@contextmanager
def below(folder: Path) -> Iterator[None]:
    """What cannot be written in `folder` becomes `FullError` or `InputError`, with its path; any other fault stays what it is."""
    top = folder.resolve()
    try:
        yield
    except OSError as fault:
        path = top if fault.filename is None else Path(str(fault.filename)).resolve()
        ours = path.is_relative_to(top) or top.is_relative_to(path)
        if fault.errno in _FULL or (ours and (fault.errno in _IN_THE_WAY or not top.is_dir())):
            raise words(path, fault) from fault
        raise


def words(path: Path, fault: OSError) -> ShelfwireError:
    """`FullError` where it is the disk that is full, else `InputError`."""
    if fault.errno in _FULL:
        return FullError(f"{path}: the disk is full; make room, or choose another place")
    return InputError(f"{path}: cannot be written: {fault.strerror}; choose another place")
