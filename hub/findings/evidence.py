"""What each antenna that remembers a tag heard of it: the witnesses of a finding. Pure."""

from __future__ import annotations

from typing import Final

from hub.belief.model import FirstBelief
from hub.belief.slots import NOBODY, SLOTS
from hub.effects import Evidence

_S: Final = 1_000_000
SILENT_NOW: Final = 3
"""Looks of silence after which a witness is told as silent, whatever it heard before."""


def evidence(belief: FirstBelief, row: int, since_us: int) -> list[Evidence]:
    """What each remembered antenna heard of a tag in its last looks (32 at most), loudest witness first."""
    slots, book, g = belief.slots, belief.antennas, belief.geometry
    found = []
    for cell in range(row * SLOTS, (row + 1) * SLOTS):
        antenna = int(slots.antenna[cell])
        if antenna == NOBODY or not g.own_shelves[antenna]:
            continue
        silent = max(0, int(book.looks[antenna]) - int(slots.look[cell]))
        heard_us = int(slots.heard_s[cell]) * _S
        mask = int(slots.mask[cell]) if silent < SILENT_NOW else 0
        mask = (mask << silent) & 0xFFFFFFFF
        # A witness speaks for the span from its first remembered hit on; one that fell silent, for its silence.
        dwells = mask.bit_length() or silent
        if not dwells:
            continue
        last_us = max(heard_us, int(book.last_look_s[antenna]) * _S)
        found.append(
            Evidence(
                antenna=g.antenna_ids[antenna],
                shelf=g.shelf_ids[_own_shelf(belief, antenna, int(belief.place[row]))],
                first_at_us=heard_us if heard_us and not mask else min(since_us, last_us),
                last_at_us=last_us,
                dwells=dwells,
                heard=mask.bit_count(),
                rssi_dbm=round(float(slots.loud_dbm[cell]), 1) if heard_us else None,
                says="heard" if mask else "silent",
            )
        )
    return sorted(found, key=lambda one: (-one.heard, one.antenna))


def _own_shelf(belief: FirstBelief, antenna: int, place: int) -> int:
    shelves = belief.geometry.own_shelves[antenna]
    return place if place in shelves else shelves[0]
