"""Gives memory back to the system after something large came and went: a catalogue of a million items leaves half a gigabyte of holes."""

from __future__ import annotations

import ctypes
import gc
import os
from pathlib import Path
from typing import Final

MMAP_BYTES: Final = 8 * 1024 * 1024
"""Arrays of this size and more, which are those with a row for each of a million tags, are mapped by themselves and leave no hole when they
go. Smaller: the temporaries of each scan would be mapped and cleared anew each time."""
_M_MMAP_THRESHOLD: Final = -3


def map_large_arrays() -> None:
    """Call once at the start: keeps glibc from raising that size by itself after the first large array was freed."""
    try:
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, MMAP_BYTES)
    except (AttributeError, OSError):
        return


def give_back() -> None:
    """Collect garbage, and let the C library return free pages; where it cannot (not glibc), only the first."""
    gc.collect()
    give_pages_back()


def give_pages_back() -> None:
    """Only the second: cheap enough for every snapshot, whose copies leave 150 bytes a tag of holes. May run in a thread."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError):
        return


def resident_bytes() -> int:
    """Resident memory of this process; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf(
            "SC_PAGESIZE"
        )
    except (OSError, IndexError, ValueError):
        return 0
