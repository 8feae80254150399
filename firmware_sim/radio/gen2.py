"""How many answers fit into a dwell: Gen2 rounds slot by slot, and the closed form of them that is used in bulk. Pure.

A round opens 2^Q slots, each awake tag takes one; alone in its slot it is read, with others it collides. A dual-target reader goes on until nobody answers, turns the
target round (A to B, B to A) and begins anew: a *pass*. So in n passes each tag answers n times, and a tag can be silent merely because the time was too short for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_sim.dice import mix
from firmware_sim.hearing import Float32

SUCCESS_US: Final = 5_570
COLLISION_US: Final = 1_250
EMPTY_US: Final = 310
ROUND_US: Final = 850
"""Durations of a slot with one answer, with several, with none, and of a Query. Gen2 air interface with Tari 20 µs, Miller 8 at 320 kHz (40 kbit/s): the
reader's QueryRep 0.21 ms and ACK 0.63 ms, the tag's RN16 0.97 ms and 128-bit EPC 3.6 ms, turn-round times."""

CROWD_RATE: Final = 126.0
"""Reads a second that `rounds` makes of many tags with these durations, and within 13 % of it of one to twenty. Recorded: 157–177 (fixed), 54–138 (handheld),
of one tag 130, of sixteen 50 (Indy RS500, which this does not show). `RadioSettings.reads_a_second` is the one that counts: `rounds` stretches time by it."""

_Q_STEP: Final = 0.3
_MOST_Q: Final = 15


def passes(reads_a_second: float | Float32, dwell_s: float | Float32, awake: float | Float32) -> Float32:
    """How often all `awake` tags (more than 0) are gone through in a dwell: the closed form. Below 1: only that share of them is heard."""
    rate = np.asarray(reads_a_second, dtype=np.float32) * np.asarray(dwell_s, dtype=np.float32)
    found: Float32 = np.asarray(rate / np.asarray(awake, dtype=np.float32), dtype=np.float32)
    return found


def counts(each: Float32, throws: Float32) -> NDArray[np.int64]:
    """Answers of each tag, which is awake for `each` passes: the whole ones, and one more with the chance of the rest."""
    found: NDArray[np.int64] = np.floor(each + throws).astype(np.int64)
    return found


def rounds(tags: int, dwell_us: int, *, seed: int, reads_a_second: float, dual: bool = True) -> Sequence[int]:
    """Answers of each of `tags` tags, slot by slot: the slow and exact form, against which `passes` is tested.

    Q follows the floating algorithm of the air interface's annex D, with a step of 0.3. Single target: ends at the first pass.
    """
    stretch = CROWD_RATE / reads_a_second
    heard = [0] * tags
    left = list(range(tags))
    q, now, throw = 4.0, 0.0, 0
    while now < dwell_us:
        now += ROUND_US * stretch
        slots: dict[int, list[int]] = {}
        size = 1 << round(q)
        throw += 1
        words = mix(seed, throw, np.arange(len(left), dtype=np.uint64)) % np.uint64(size)
        for tag, slot in zip(left, words.tolist(), strict=True):
            slots.setdefault(slot, []).append(tag)
        anyone = False
        for slot in range(size):
            here = slots.get(slot, [])
            now += (EMPTY_US, SUCCESS_US, COLLISION_US)[min(len(here), 2)] * stretch
            if now > dwell_us:
                return heard
            anyone |= bool(here)
            if len(here) == 1:
                heard[here[0]] += 1
                left.remove(here[0])
            q = min(_MOST_Q, max(0.0, q + _Q_STEP * (min(len(here), 2) - 1)))
            if 1 << round(q) != size:
                break
        if not anyone and size == 1:
            if not dual:
                return heard
            left = list(range(tags))
            q = 1.0
    return heard
