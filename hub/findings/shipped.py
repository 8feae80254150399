"""The curves that this version brings along (`calibration.json` beside this file)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec

from hub.findings.confidence import Calibration


@cache
def calibration() -> Calibration:
    """Read once. It is a part of the program: damage is a bug, and raises."""
    return msgspec.json.decode(files(__package__).joinpath("calibration.json").read_bytes(), type=Calibration)
