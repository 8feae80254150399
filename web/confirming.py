"""What the person who stands before a shelf can say of a finding with one tap: what was seen, and so whether the hub was right."""

from __future__ import annotations

from typing import Final

import msgspec

from hub.findings.promises import CHOICES, CLOSES
from hub.views import FindingView
from web.i18n import mark

LABELS: Final[dict[str, dict[str, str]]] = {
    "misplaced": {
        "as_said": mark("It stood there"),
        "in_place": mark("It stood in its place"),
        "not_there": mark("It was not there"),
    },
    "missing": {
        "as_said": mark("It is not there"),
        "in_place": mark("It stands in its place"),
        "elsewhere": mark("It stood elsewhere"),
    },
    "unexpected": {"as_said": mark("It stood there"), "not_there": mark("It was not there")},
    "held": {"as_said": mark("It stood there"), "not_there": mark("It was not there")},
    "security": {"as_said": mark("The mark was wrong"), "in_place": mark("The mark is right")},
    "unknown_tag": {"as_said": mark("It lay there"), "not_there": mark("It was not there")},
}
"""The same words as `hub.findings.promises.CHOICES`, for whoever holds the book; a test holds them against each other."""


class Choice(msgspec.Struct, frozen=True):
    """One button."""

    act: str
    told: str
    label: str
    """A msgid."""
    sign: str
    first: bool
    """The usual one."""


def choices(finding: FindingView) -> list[Choice]:
    """The buttons for a finding, the usual one first; none: nobody can see on the spot whether it is true."""
    labels = LABELS.get(finding.kind, {})
    found = []
    for told, outcome in CHOICES.get(finding.kind, {}).items():  # type: ignore[call-overload]  # (a newer hub's kind has none)
        act = "finding.dismiss" if outcome in CLOSES else "finding.resolve"
        sign = "done" if told == "as_said" else "cross" if act == "finding.dismiss" else "pin"
        found.append(Choice(act, told, labels[told], sign, told == "as_said"))
    return found
