"""What large arrays leave behind."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import numpy as np
from hub.memory import MMAP_BYTES, map_large_arrays, resident_bytes
map_large_arrays()
for _ in range(3):  # the C library would raise its threshold after the first of these
    held = [np.ones(2 * MMAP_BYTES, dtype=np.uint8) for _ in range(8)]
    small = [bytes(1000) for _ in range(1000)]  # something that lies behind them
    del held
print(resident_bytes())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="resident memory is read from /proc")
def test_large_arrays_go_back_to_the_system_when_they_are_freed() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 128 * 1024 * 1024
