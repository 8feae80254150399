"""How large a seed may be: in a file of its own, so that a command's help needs nothing heavier. Pure."""

from __future__ import annotations

from typing import Final

MAX_SEED: Final = 2**32 - 1
"""Seeds stand in the EPCs of the simulated tags, with 32 bits."""
