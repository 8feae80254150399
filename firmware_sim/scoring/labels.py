"""The words of reports, in English and Chinese, and numbers as people read them. Pure."""

from __future__ import annotations

import math
from typing import Final

from firmware_sim.scoring.intervals import Value

Words = tuple[str, str]
"""English, Chinese."""

SUBJECTS: Final[dict[str, Words]] = {
    "hub": ("Shelfwire hub", "Shelfwire 中枢"),
    "loudest": ("Loudest antenna", "最强天线"),
    "timeout": ("Last heard, time-out", "最后读到、超时离开"),
    "smurf": ("SMURF window", "SMURF 自适应窗口"),
    "oracle": ("Oracle (bound)", "理论上限"),
}
KINDS: Final[dict[str, Words]] = {
    "misplaced": ("Misplaced", "错架"),
    "missing": ("Missing", "丢失"),
    "unexpected": ("Unexpected", "不应在架"),
    "held": ("On hold, on a shelf", "预约书在架"),
    "unknown_tag": ("Unknown tag", "未知标签"),
    "security": ("Security bit wrong", "防盗位不符"),
    "silent_antenna": ("Silent antenna", "天线无声"),
    "stale_shelf": ("Shelf not looked at", "层板未读取"),
}
CAUSES: Final[dict[str, Words]] = {
    "on_shelf": ("stood on its shelf", "在架"),
    "weak_tag": ("stood there, weak tag", "在架，弱标签"),
    "dead_tag": ("stood there, dead tag", "在架，失效标签"),
    "lent": ("was lent", "已借出"),
    "too_early": ("away, not yet missing", "离架未久"),
}
_DAY_S: Final = 86_400
_HOUR_S: Final = 3600
_MINUTE_S: Final = 60


def both(words: Words) -> str:
    """For a plot: English and Chinese, divided by a bar."""
    return "|".join(words)


def subject(name: str) -> Words:
    """A subject's name; one that is not known here by its own word."""
    return SUBJECTS.get(name, (name, name))


def number(name: str, value: float | None) -> str:
    """A measure's value as people read it."""
    if value is None:
        return "–"
    if name.endswith("_s"):
        return time(value)
    if name.endswith((".ece", ".brier")):
        return f"{value:.3f}"
    if name.startswith(("false_missing", "lost_sight", "moved", "missing.in_house")):
        return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"  # noqa: PLR2004 (three digits say enough)
    return share(value)


def share(value: float) -> str:
    """Three or five decimals, rounded down: 0.98958 is not 0.99, and 0.99996 is not 1."""
    if value >= 1.0:
        return "1.000"
    digits = 3 if value < 0.9995 else 5  # noqa: PLR2004 (where three digits would say little)
    return f"{math.floor(value * 10**digits + 1e-6) / 10**digits:.{digits}f}"


def time(seconds: float) -> str:
    """For example ``16 min`` or ``3.2 h``."""
    if seconds < 2 * _MINUTE_S:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR_S:
        return f"{seconds / _MINUTE_S:.0f} min"
    return f"{seconds / _HOUR_S:.1f} h" if seconds < 2 * _DAY_S else f"{seconds / _DAY_S:.1f} d"


def told(name: str, value: Value | None) -> str:
    """The value alone; a time that was not reached is told so."""
    if value is None:
        return "–"
    return "never" if value.never else number(name, value.value)


def interval(name: str, value: Value | None) -> str:
    """For example ``0.981–0.994`` or, of a time, ``12 min–never``; empty without one."""
    if value is None or value.low is None:
        return ""
    if value.high is None:
        return f"{number(name, value.low)}–never" if name.endswith("_s") else ""
    return f"{number(name, value.low)}–{number(name, value.high)}"
