"""Snapshots: the state at one position of the journal, as one file, without pickle.

A file is a head (magic, length, checksum), the state as MessagePack with a placeholder for each numpy array, and then the arrays
as they lie in memory, each with its checksum. It is written beside, synced and renamed, so that a name means a whole file. The last
two are kept: when the younger one is damaged, the older one and a longer stretch of the journal give the same state.
"""

from __future__ import annotations

import logging
import os
import struct
import zlib
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from hub.journal import sync_folder
from shelfwire.errors import ShelfwireError

log = logging.getLogger(__name__)

KEEP: Final = 2
SUFFIX: Final = ".snapshot"
_MAGIC: Final = b"SWS1"
_HEAD: Final = struct.Struct("<4sQI")
_PLACE: Final = "__array__"
_CHUNK_BYTES: Final = 64 * 1024 * 1024
_NO_OBJECTS: Final = "biufcSUmM"
"""Kinds of numpy types that are plain bytes; an array of objects would need pickle."""


class SnapshotDamagedError(ShelfwireError):
    """A snapshot does not fit its checksums, or was written by a later version."""


class Frozen(NamedTuple):
    """A state that nobody changes any more: the tree as bytes and copies of its arrays."""

    position: int
    tree: bytes
    arrays: list[NDArray[Any]]


class _Array(msgspec.Struct, array_like=True):
    dtype: str
    shape: list[int]
    crc: int


class _Tree(msgspec.Struct, array_like=True):
    position: int
    arrays: list[_Array]
    state: msgspec.Raw


def freeze(position: int, state: dict[str, Any]) -> Frozen:
    """Take `state` (dicts, lists, strings, numbers, bytes, structs, numpy arrays) so that it can be written later.

    Plain data is encoded now; arrays are taken as they are, so whoever hands them over must not change them (`Engine.dump` gives copies).
    """
    arrays: list[NDArray[Any]] = []

    def stand_in(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            if value.dtype.kind not in _NO_OBJECTS:
                raise TypeError(f"an array of {value.dtype} is no plain bytes")
            arrays.append(np.ascontiguousarray(value))
            return {_PLACE: len(arrays) - 1}
        if isinstance(value, np.generic):
            return value.item()
        raise TypeError(f"{type(value).__name__} cannot stand in a snapshot")

    return Frozen(position, msgspec.msgpack.encode(state, enc_hook=stand_in), arrays)


def within(frozen: Frozen, name: str, more: dict[str, Any]) -> Frozen:
    """The same with `more` plain data around it: the frozen state then stands under `name`."""
    return frozen._replace(tree=msgspec.msgpack.encode(more | {name: msgspec.Raw(frozen.tree)}))


def stage(folder: Path, frozen: Frozen) -> Path:
    """Write a snapshot beside the others, without a name that counts. Raises `OSError`; then nothing is left."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{frozen.position:020d}.part"
    try:
        with part.open("wb") as file:
            _write_file(file, frozen)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return part


def publish(part: Path) -> Path:
    """Give a staged snapshot its name, when the database has reached its position, and forget all but the last two."""
    path = part.with_suffix(SUFFIX)
    part.replace(path)
    sync_folder(path.parent)
    for old in listed(path.parent)[KEEP:]:
        old.unlink()
    return path


def listed(folder: Path) -> list[Path]:
    """The snapshots, youngest first."""
    return sorted(folder.glob(f"*{SUFFIX}"), reverse=True)


def position_of(path: Path) -> int:
    """The position in a snapshot's name."""
    return int(path.name.removesuffix(SUFFIX))


def read(path: Path) -> tuple[int, dict[str, Any]]:
    """(position, state). Raises `SnapshotDamagedError`."""
    try:
        with path.open("rb") as file:
            return _read_file(file)
    except (OSError, EOFError, ValueError, TypeError, msgspec.DecodeError) as fault:
        raise SnapshotDamagedError(f"{path}: {fault}") from fault


def youngest_sound(folder: Path, not_beyond: int | None = None) -> tuple[int, dict[str, Any]] | None:
    """The youngest snapshot that can be read and is not `not_beyond` a position; None: there is none."""
    for path in listed(folder):
        if not_beyond is not None and position_of(path) > not_beyond:
            log.warning(
                "snapshot %s is ahead of the database (%d); looking for an older one", path, not_beyond
            )
            continue
        try:
            return read(path)
        except SnapshotDamagedError as fault:
            log.warning("snapshot is damaged and passed over: %s", fault)
    return None


def _write_file(file: BinaryIO, frozen: Frozen) -> None:
    rows = [
        _Array(array.dtype.str, list(array.shape), zlib.crc32(_bytes_of(array))) for array in frozen.arrays
    ]
    tree = msgspec.msgpack.encode(_Tree(frozen.position, rows, msgspec.Raw(frozen.tree)))
    file.write(_HEAD.pack(_MAGIC, len(tree), zlib.crc32(tree)))
    file.write(tree)
    file.writelines(_bytes_of(array) for array in frozen.arrays)


def _read_file(file: BinaryIO) -> tuple[int, dict[str, Any]]:
    magic, length, crc = _HEAD.unpack(_exactly(file, _HEAD.size))
    if magic != _MAGIC:
        raise ValueError("is no snapshot of this version")
    raw = _exactly(file, length)
    if zlib.crc32(raw) != crc:
        raise ValueError("the state does not fit its checksum")
    tree = msgspec.msgpack.decode(raw, type=_Tree)
    arrays = [_read_array(file, row) for row in tree.arrays]
    if file.read(1):
        raise ValueError("more bytes than the head says")
    return tree.position, _with_arrays(msgspec.msgpack.decode(tree.state, strict=False), arrays)


def _read_array(file: BinaryIO, row: _Array) -> NDArray[Any]:
    dtype = np.dtype(row.dtype)
    if dtype.kind not in _NO_OBJECTS:
        raise ValueError(f"an array of {row.dtype} is refused")
    array = np.empty(row.shape, dtype)
    view = _bytes_of(array)
    place = 0
    while place < len(view):
        got = file.readinto(view[place : place + _CHUNK_BYTES])  # type: ignore[attr-defined]  # a plain file has it
        if not got:
            raise EOFError("ends within an array")
        place += got
    if zlib.crc32(view) != row.crc:
        raise ValueError("an array does not fit its checksum")
    return array


def _exactly(file: BinaryIO, size: int) -> bytes:
    if size > os.fstat(file.fileno()).st_size:
        raise EOFError("ends too early")
    data = file.read(size)
    if len(data) != size:
        raise EOFError("ends too early")
    return data


def _bytes_of(array: NDArray[Any]) -> memoryview:
    return array.reshape(-1).view(np.uint8).data if array.size else memoryview(b"")


def _with_arrays(value: Any, arrays: list[NDArray[Any]]) -> Any:
    if isinstance(value, dict):
        if len(value) == 1 and _PLACE in value:
            return arrays[value[_PLACE]]
        return {key: _with_arrays(inner, arrays) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_arrays(inner, arrays) for inner in value]
    return value
