"""A person said *done*: from when on a finding may open again. Pure.

The act begins the suspicion anew, so that the antennas must sense the same thing for as long and as often as before a new
finding; what they sensed before the act says nothing about what the person did.
"""

from __future__ import annotations

from hub.belief.geometry import Geometry
from hub.belief.looks import Antennas
from hub.effects import Finding
from hub.findings.machine import Machine, Subject, Suspicion
from hub.settings import EngineSettings

_HOUR_US = 3_600_000_000


def begin_anew(subject: Subject, machine: Machine, book: Antennas, geometry: Geometry, now_us: int) -> None:
    """`subject` was resolved at `now_us`: its looks are counted from here."""
    known = machine.suspicions.get(subject)
    if subject.kind == "silent_antenna":
        at = geometry.antenna_index.get(subject.name)
        fresh = {subject.name: int(book.distrusted[at])} if at is not None else {}
    else:
        # One more than now: the look that stands already is no first look of the new suspicion.
        fresh = {
            name: int(book.looks[geometry.antenna_index[name]]) + 1
            for name in (known.looks if known is not None else ())
            if name in geometry.antenna_index
        }
    # A missing book has been away since it was last heard, whatever people did meanwhile.
    since_us = known.since_us if known is not None and subject.kind == "missing" else now_us
    machine.suspicions[subject] = Suspicion(since_us, fresh)


def looks_since(suspicion: Suspicion, looks: dict[str, int]) -> int:
    """The most looks that one antenna of a suspicion had in it, its first one included; `looks`: counts of now."""
    return max((looks[name] - then + 1 for name, then in suspicion.looks.items() if name in looks), default=0)


def missing_again(
    finding: Finding,
    suspicion: Suspicion,
    looks: dict[str, int],
    now_us: int,
    settings: EngineSettings,
    *,
    closed: bool,
) -> bool:
    """Whether a resolved missing book is missing still: by looks after closing, or beyond the longest use."""
    waited = now_us - finding.changed_at_us >= settings.longest_use_h * _HOUR_US
    return looks_since(suspicion, looks) >= settings.missing_looks and (waited or closed)
