"""Cuts damage out of a journal: every sound group stays, what is lost becomes a hole with its positions.

Blocking; the hub must not run. The damaged file is kept beside its repair.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from hub import frames
from hub.journal import SUFFIX, sync_folder

KEPT: Final = ".damaged"


def repair(folder: Path) -> list[str]:
    """Repair the journal in `folder`. Returns one line for each hole; none: nothing was changed."""
    said: list[str] = []
    paths = sorted(folder.glob(f"*{SUFFIX}"))
    tail = 0
    for number, path in enumerate(paths):
        data = path.read_bytes()
        head = frames.unpack_segment(data)
        first = int(path.name.removesuffix(SUFFIX))
        previous = head[1] if head is not None else tail
        if number and previous != tail:
            previous = _fill_before(said, path, tail, first)
        is_last = number == len(paths) - 1
        parts, tail, holes = _sound_groups(path, data, first, paths[number + 1] if not is_last else None)
        said += holes
        whole = frames.pack_segment(first, previous) + b"".join(parts)
        if not holes and head == (first, previous):
            continue
        path.with_name(path.name + KEPT).write_bytes(data)
        _replace(path, whole)
        if head is None:
            said.append(f"{path}: the header of the file was written anew")
    return said


def _fill_before(said: list[str], path: Path, tail: int, first: int) -> int:
    """Files are missing between `tail` and this one: their positions are a gap that the header admits."""
    said.append(f"{path}: the files before it are missing; positions {tail + 1} to {first - 1} are lost")
    return tail


def _sound_groups(
    path: Path, data: bytes, first: int, follower: Path | None
) -> tuple[list[bytes], int, list[str]]:
    """(frames to keep, last position, what is lost)."""
    parts: list[bytes] = []
    said: list[str] = []
    expected = first
    place: int | None = frames.SEGMENT_HEAD_BYTES
    while place is not None and place < len(data):
        head = frames.unpack_head(data[place : place + frames.HEAD_BYTES])
        end = place + frames.HEAD_BYTES + (head.length if head else 0)
        body = data[place + frames.HEAD_BYTES : end]
        if head is None or frames.unpack_body(head, body) is None or head.first < expected:
            place = frames.next_sound(data, place + 1)
            continue
        if head.first > expected:
            parts.append(frames.pack_hole(expected, head.first - expected))
            said.append(_lost(path, expected, head.first - 1))
        parts.append(data[place:end])
        expected = head.first + head.size
        place = end
    if follower is not None:
        said += _close_to(path, parts, expected, _previous_of(follower))
        expected = max(expected, _previous_of(follower) + 1)
    return parts, expected - 1, said


def _close_to(path: Path, parts: list[bytes], expected: int, last: int) -> list[str]:
    """A hole up to the position that the next file says is the last of this one."""
    if expected > last:
        return []
    parts.append(frames.pack_hole(expected, last - expected + 1))
    return [_lost(path, expected, last)]


def _previous_of(path: Path) -> int:
    head = frames.unpack_segment(path.read_bytes()[: frames.SEGMENT_HEAD_BYTES])
    return head[1] if head is not None else int(path.name.removesuffix(SUFFIX)) - 1


def _lost(path: Path, first: int, last: int) -> str:
    return f"{path}: positions {first} to {last} are lost; what the agents sent there counts as not looked at"


def _replace(path: Path, data: bytes) -> None:
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)
