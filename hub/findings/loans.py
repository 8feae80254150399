"""What catalogue and tag say of loans, as far as findings about a book on a shelf go by it. Pure.

Each status that does not expect a book on its shelf has its own reason, its own words (`hub.findings.sentences`), and its own patience:
the minutes between a self-check and the catalogue are waited for, a new book may stand ready for a day before it is booked out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hub.belief.interface import Bools, Ints
from hub.belief.security import ARMED, OFF, UNSAID, TagSecurity
from hub.belief.stock import EXPECTED, STATUS_CODE, Stock
from hub.catalog.model import FLAGS, STATUSES
from hub.effects import FindingKind
from hub.settings import EngineSettings

UNEXPECTED: Final = np.array(
    [s in {"on_loan", "in_transit", "in_processing", "lost", "missing", "withdrawn"} for s in STATUSES]
)
"""By status code: heard on a shelf it is *unexpected*."""
ON_HOLD: Final = STATUS_CODE["hold_shelf"]
ON_LOAN: Final = STATUS_CODE["on_loan"]
IN_PROCESSING: Final = STATUS_CODE["in_processing"]
REQUESTED: Final = 1 << FLAGS.index("requested")
CLAIMED: Final = 1 << FLAGS.index("claimed_returned")
_HOUR_S: Final = 3_600.0


@dataclass(frozen=True)
class Loans:
    """About some tags by their first items; columns of equal length."""

    unexpected: Bools
    held: Bools
    """On hold, and where it is believed is no hold shelf."""
    wrong: Bools
    """The tag's security contradicts the loan state."""
    right: Bools
    """It does not, or it cannot be told."""


def loans_of(
    stock: Stock, security: TagSecurity, rows: Ints, at_hold: Bools, settings: EngineSettings, *, unused: bool
) -> Loans:
    """`at_hold`: whether each tag is believed on a hold shelf. `unused`: so many tags are off that nothing is said of it."""
    place = stock.item_of_row[rows]
    status = stock.status[place]
    held = status == ON_HOLD
    if settings.requested_is_held:
        held |= EXPECTED[status] & (stock.flags[place] & REQUESTED > 0)
    off, armed = contradicts(security.state[rows], status)
    return Loans(
        unexpected=UNEXPECTED[status],
        held=held & ~at_hold,
        wrong=armed if unused else off | armed,
        right=~(off | armed),
    )


class OffCount(NamedTuple):
    """Of the books that the catalogue expects and that stand on a shelf."""

    known: int
    """Whose tags tell their security."""
    off: int
    shelf: int
    """Where most of those that are off stand; -1: none."""


def count_off(stock: Stock, security: TagSecurity, place: NDArray[np.int32], away: Bools) -> OffCount:
    """Over all tags; about 5 ms a million."""
    rows = np.flatnonzero((security.state != UNSAID) & (place >= 0) & ~away)
    rows = rows[EXPECTED[stock.status[stock.item_of_row[rows]]]]
    off = rows[security.state[rows] == OFF]
    shelf = int(np.bincount(place[off]).argmax()) if len(off) else -1
    return OffCount(len(rows), len(off), shelf)


def contradicts(state: NDArray[np.uint8], status: NDArray[np.uint8]) -> tuple[Bools, Bools]:
    """(off although the catalogue expects it on its shelf, armed although it is on loan)."""
    return (state == OFF) & EXPECTED[status], (state == ARMED) & (status == ON_LOAN)


def stands(kind: FindingKind, status: int, flags: int, state: int, settings: EngineSettings) -> bool:
    """Whether a finding of `kind` can be about an item of that status at all; if not, it is settled at once."""
    match kind:
        case "misplaced" | "missing":
            return bool(EXPECTED[status])
        case "unexpected":
            return bool(UNEXPECTED[status])
        case "held":
            asked = settings.requested_is_held and bool(EXPECTED[status]) and bool(flags & REQUESTED)
            return status == ON_HOLD or asked
        case "security":
            return (state == OFF and bool(EXPECTED[status])) or (state == ARMED and status == ON_LOAN)
        case _:
            return True


def template(kind: FindingKind, status: int, flags: int) -> str:
    """Which words tell why."""
    if kind == "unexpected":
        return (
            "unexpected_claimed"
            if status == ON_LOAN and flags & CLAIMED
            else f"unexpected_{STATUSES[status]}"
        )
    if kind == "held":
        return "held" if status == ON_HOLD else "held_requested"
    return "security_armed" if status == ON_LOAN else "security_off"


def patience(kind: FindingKind, status: int, settings: EngineSettings) -> tuple[int, float]:
    """Looks and seconds for which a condition must hold."""
    match kind:
        case "misplaced":
            return settings.misplaced_looks, 0.0
        case "security":
            return settings.security_looks, settings.security_after_s
        case "unexpected" if status == IN_PROCESSING:
            return settings.unexpected_looks, settings.processing_after_h * _HOUR_S
        case _:
            return settings.unexpected_looks, settings.unexpected_after_s
