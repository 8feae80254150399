"""What the hub is measured against: three published ways to say where a tag is, fed with the same reads."""

from __future__ import annotations

from firmware_sim.rivals.base import Known, Rival
from firmware_sim.rivals.loudest import Loudest
from firmware_sim.rivals.smurf import Smurf
from firmware_sim.rivals.timeout import LastHeard


def all_rivals(known: Known) -> list[Rival]:
    """One of each."""
    return [Loudest(known), LastHeard(known), Smurf(known)]


__all__ = ["Known", "LastHeard", "Loudest", "Rival", "Smurf", "all_rivals"]
