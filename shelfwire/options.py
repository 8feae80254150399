"""Types of options that several commands share."""

from __future__ import annotations

import math
from typing import Any

import click


class Number(click.FloatRange):
    """A finite number in a range. A plain `FloatRange` takes ``nan``: every comparison with its ends is false."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Fails, as click's types do, where it is no number, not finite, or out of range."""
        try:
            is_number = math.isfinite(float(value))
        except (TypeError, ValueError):
            is_number = True  # the words for what is no float at all are click's
        if not is_number:
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        found: float = super().convert(value, param, ctx)
        return found
