"""What the product wants to reach, each goal with the measure and the scenario that tell. Pure."""

from __future__ import annotations

import math
from typing import Final, Literal

import msgspec

ITEM_NIGHTS: Final = 100_000.0
"""Of usual days, before a rate of false missing is called reached: none in so many bounds it at 0.3 per 10,000."""

BOOKS: Final = 100.0
"""That are misplaced, or have left, before F1 or a share of them is called reached: seven found of seven prove no 99 %."""
LONG_GONE: Final = 50.0
"""The same of those that were gone for three nights, of which a run has few."""
PLACED: Final = 5_000.0
"""Items, before a share of places is called reached."""

SIGNS: Final = {"at least": "≥", "at most": "≤", "exactly": "=", "published": ""}
"""How a goal is met, for people."""


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table of goals."""

    what: dict[str, str]
    """By language."""
    measure: str
    scenario: str
    """Name, or ``pooled``."""
    is_met: Literal["at least", "at most", "exactly", "published"]
    """``published``: it has no goal, but is always told."""
    wanted: float = 0.0
    of_cases: float = 0.0
    """So many cases are needed at least: three quiet nights of a small library prove no rate of one in 10,000."""

    def met(self, value: float | None, cases: float = math.inf) -> bool:
        """Whether a value reaches it."""
        if self.is_met == "published":
            return True
        if value is None or cases < self.of_cases:
            return False
        match self.is_met:
            case "at least":
                return value >= self.wanted
            case "at most":
                return value <= self.wanted
            case _:
                return value == self.wanted


def _at(percent: int, name: str, wanted: float) -> Goal:
    return Goal(
        what={
            "en": f"Misplaced, cross-reads {percent} %: F1 at the fifth look",
            "zh": f"错架，串读率 {percent}%：第五次独立读取时的 F1",
        },
        measure="looks[5].f1", scenario=name, is_met="at least", wanted=wanted, of_cases=BOOKS,
    )  # fmt: skip


def _place(scenario: str, en: str, zh: str, measure: str, wanted: float | None) -> Goal:
    return Goal(
        what={"en": en, "zh": zh}, measure=measure, scenario=scenario,
        is_met="published" if wanted is None else "at least", wanted=wanted or 0.0,
        of_cases=0.0 if wanted is None else PLACED,
    )  # fmt: skip


def _other(
    en: str,
    zh: str,
    measure: str,
    scenario: str,
    *,
    most: float | None = None,
    least: float | None = None,
    of_cases: float = 0.0,
) -> Goal:
    return Goal(
        what={"en": en, "zh": zh}, measure=measure, scenario=scenario,
        is_met="at least" if most is None else "at most", wanted=(least if most is None else most) or 0.0,
        of_cases=of_cases,
    )  # fmt: skip


GOALS: Final = (
    _at(5, "reference_05", 0.995),
    _at(20, "reference_20", 0.99),
    _at(40, "reference_40", 0.97),
    _place("reference_20", "Place of every item, shelf", "每册图书的位置，层板", "place.shelf", 0.98),
    _place("reference_20", "Place of every item, bay", "每册图书的位置，书架节", "place.bay", 0.999),
    _place("reference_two_shelves", "One antenna for two shelves: shelf", "两层一个天线：层板", "place.shelf", None),
    _place("reference_two_shelves", "One antenna for two shelves: bay", "两层一个天线：书架节", "place.bay", None),
    _place("reference_bay", "One antenna for a bay: shelf", "每节一个天线：层板", "place.shelf", None),
    _place("reference_bay", "One antenna for a bay: bay", "每节一个天线：书架节", "place.bay", None),
    _other(
        "False missing per 10,000 items a night", "每万册每夜误报丢失", "false_missing", "pooled", most=1.0,
        of_cases=ITEM_NIGHTS,
    ),
    _other(
        "False missing through 24 h of a dead reader", "阅读器断电 24 小时期间误报丢失", "false_missing.under_outage",
        "dead_reader", most=0.0,
    ),
    _other(
        "False missing under all faults at once", "各种故障同时发生时误报丢失", "false_missing.under_outage", "everything",
        most=0.0,
    ),
    _other(
        "Truly gone: away within 30 min of live coverage", "确已离架：30 分钟内显示", "gone.away_30min", "three_nights",
        least=0.99, of_cases=BOOKS,
    ),
    _place("three_nights", "Standing books shown away, of 10,000", "每万册在架图书中显示为离架的", "lost_sight", None),
    _place("three_nights", "Truly gone: missing after the first covered night", "确已丢失：第一夜后报告", "gone.missing_1_night", None),
    _other(
        "Truly gone: missing within three covered nights", "确已丢失：三夜内报告", "gone.missing_3_nights", "three_nights",
        least=0.99, of_cases=LONG_GONE,
    ),
    _other(
        "Calibration error of shown confidence", "所示可信度的校准误差", "confidence.ece", "pooled", most=0.02
    ),
    _other("A moved range: single findings", "整体搬迁：单册提示", "moved.single", "mass_move", most=8.0),
    Goal(
        what={"en": "A moved range: proposals", "zh": "整体搬迁：整体建议"}, measure="moved.proposals",
        scenario="mass_move", is_met="exactly", wanted=1.0,
    ),
)  # fmt: skip
"""In the order of the report."""
