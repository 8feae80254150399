"""An antenna that moves: in a hand, on a cart, on a robot, past a face of shelves or through a shop. Pure, seeded, in bulk.

What differs from an antenna that hangs still: multipath is a field in space (`fading.CELL_M`), so that the antenna walks through it and a second pass some hand's breadths
beside the first meets another field; the same path driven again to the centimetre meets the same. A tag and what shades it stay as they are from pass to pass.
So what two passes share is `tag_spread_db` and the shade, and what is thrown anew is the field and the hand: see "Calibration" in ``docs/simulator.md``.

Distances in metres, margins in dB above what wakes the tag, loudness in half decibels, phases in turns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from firmware_sim.dice import Floats, Numbers, gauss, mix, normal, uniform
from firmware_sim.hearing import Bools, Int16, Int32, Int64
from firmware_sim.radio import fading, phase
from firmware_sim.radio.settings import RadioSettings
from firmware_sim.radio.tracks import STEP_S, Track

Metres = Annotated[float, msgspec.Meta(ge=0, le=20)]


class Carrier(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who carries the antenna. Stated assumptions but where a source is named."""

    speed_m_s: Annotated[float, msgspec.Meta(gt=0, le=5)]
    wobble_m: Metres
    """Standard deviation of its distance from the planned path, changing within a metre of way; thrown anew each pass. Beyond `fading.CELL_M` a pass shares no multipath with the last."""
    aim_spread_db: Annotated[float, msgspec.Meta(ge=0, le=20)]
    """Standard deviation over (tag, pass): how it was held and swung just there, and the carrier's body in the way."""
    reads_a_second: Annotated[float, msgspec.Meta(gt=0, le=1200)]
    wakes_dbm: float
    """Loudness of a tag that just wakes."""
    budget_db: Annotated[float, msgspec.Meta(ge=-60, le=60)]
    """Margin of a mean book's tag 1 m before the antenna, on its axis."""
    hop_s: Annotated[float, msgspec.Meta(ge=STEP_S, le=400)] = 0.3
    """Stay on a channel: 0.2–0.4 s in the band of 50 channels; Europe's four allow 4 s."""


HANDHELD: Final = Carrier(
    speed_m_s=0.3, wobble_m=0.25, aim_spread_db=4.0, reads_a_second=60.0, wakes_dbm=-66.0, budget_db=0.0
)
"""A person with a handheld reader. 54–138 reads a second recorded. The aim is fitted to recorded pairs of passes, the budget to .827 read in one of them."""
CART: Final = Carrier(
    speed_m_s=0.2, wobble_m=0.02, aim_spread_db=1.0, reads_a_second=150.0, wakes_dbm=-66.0, budget_db=6.0
)
"""Pushed along the range, antenna on a mast: larger than a hand's and always upright, so 6 dB more. Assumption."""
ROBOT: Final = Carrier(
    speed_m_s=0.1, wobble_m=0.005, aim_spread_db=0.5, reads_a_second=150.0, wakes_dbm=-66.0, budget_db=6.0
)
"""On a line or with laser navigation: 1.3 cm mean error are published (RF-Scanner 2017, FILM 2019), of book positions, so the robot's own is smaller."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What can be heard; columns of equal length."""

    number: Numbers
    """Tag numbers of the world: their dice."""
    x_m: Floats
    y_m: Floats
    z_m: Floats
    fixed_db: Floats
    """What a tag brings along in every pass: its quality, its shade, fore-edge, metal. Zero for a mean one."""

    def __len__(self) -> int:
        return len(self.number)

    def pick(self, at: NDArray[np.intp]) -> Targets:
        """Some of them."""
        return Targets(self.number[at], self.x_m[at], self.y_m[at], self.z_m[at], self.fixed_db[at])


@dataclass(frozen=True, slots=True)
class Air:
    """One pass before anybody is read: steps × targets."""

    track: Track
    channel: Int64
    """Of each step."""
    margin_db: Floats
    """Above waking, on that channel; the budget is not in it yet."""
    far_m: Floats
    """Distance to each tag, which gives the phase."""
    swing: Floats
    """Multipath of the phase, in turns."""


@dataclass(frozen=True, slots=True)
class Walk:
    """Reads in the order of time; columns of equal length."""

    at_us: Int64
    row: Int32
    """Place in the targets."""
    rssi: Int16
    """Half decibels."""
    turns: Floats
    """Phase, 0 ≤ θ < 1."""
    channel: Int32
    x_m: Floats
    """Where the antenna was meant to be: what odometry says."""
    y_m: Floats

    def __len__(self) -> int:
        return len(self.at_us)

    @property
    def rssi_dbm(self) -> Floats:
        """Loudness in dBm."""
        return self.rssi.astype(np.float64) / 2.0


_WOBBLE_M: Final = 1.0
"""Way over which the hand's or the wheels' error becomes another."""
_BEAM_DB: Final = 16.6
"""Loss is this times (1 − cosine of the angle off the aim): 3 dB at 35°, a usual panel antenna of 6 to 7 dBi."""
_BACK_DB: Final = 20.0
"""No more than this: what the back of the antenna still hears."""
SWING_TURNS_A_DB: Final = 0.0366
"""Reflections that make loudness swing by 1 dB (standard deviation) swing the phase by this: 1 dB is 0.115 of the amplitude, so 0.115 rad each way. Derived, not fitted."""
_NEAREST_M: Final = 0.1


@dataclass(slots=True)
class Memory:
    """What tags and reader remember from one stretch of a pass to the next; a row a target."""

    silent_until_s: Floats
    answered: Bools
    owed: float = 0.0
    """Part of a read that the last step left over."""

    @classmethod
    def blank(cls, count: int) -> Memory:
        """Before a pass."""
        return cls(np.full(count, -1.0), np.zeros(count, dtype=np.bool_))

    def pick(self, at: NDArray[np.intp]) -> Memory:
        """Of some of the targets."""
        return Memory(self.silent_until_s[at], self.answered[at], self.owed)

    def put(self, at: NDArray[np.intp], part: Memory) -> None:
        """Take over what happened to some; a tag that was out of reach is without power and forgets its pass."""
        self.silent_until_s[at] = part.silent_until_s
        self.answered[:] = False
        self.answered[at] = part.answered
        self.owed = part.owed


def fixed_db(settings: RadioSettings, seed: int, number: Numbers, *, arrangement: int = 0) -> Floats:
    """Quality of each tag and its shade in that arrangement of its row."""
    quality = settings.tag_spread_db * normal(seed, number, _OF_TAG)
    return quality + settings.shade_spread_db * normal(seed, number, arrangement, _OF_SHADE)


def fly(
    targets: Targets, way: Track, carrier: Carrier, settings: RadioSettings, *, seed: int, turn: int
) -> Air:
    """The air of pass number `turn`: same seed and turn, same air."""
    side = carrier.wobble_m * fading.along(way.along_m / _WOBBLE_M, (seed, turn, _OF_WOBBLE))
    x, y = way.x_m + side * way.aim_x, way.y_m + side * way.aim_y
    dx = targets.x_m[None, :] - x[:, None]
    dy = targets.y_m[None, :] - y[:, None]
    dz = targets.z_m[None, :] - way.z_m[:, None]
    far = np.maximum(np.sqrt(dx * dx + dy * dy + dz * dz), _NEAREST_M)
    ahead = (dx * way.aim_x[:, None] + dy * way.aim_y[:, None]) / far
    fade, swing = fading.field(targets.number, way.along_m, side, seed)
    margin = settings.place_spread_db * fade - fading.path_loss(far)
    margin -= np.minimum(_BEAM_DB * (1.0 - ahead), _BACK_DB)
    margin += targets.fixed_db + carrier.aim_spread_db * normal(seed, targets.number, turn, _OF_AIM)
    channel, offsets = _hops(targets.number, way, carrier, settings, seed=seed, turn=turn)
    return Air(way, channel, margin + offsets, far, SWING_TURNS_A_DB * settings.place_spread_db * swing)


def listen(
    targets: Targets,
    air: Air,
    carrier: Carrier,
    settings: RadioSettings,
    *,
    budget_db: float,
    seed: int,
    turn: int,
    single: bool = True,
    memory: Memory | None = None,
) -> Walk:
    """Who is read in that air.

    `budget_db`: margin of a mean tag 1 m before the antenna. `single`: session 1, one target (a tag that answered is silent for a while); else session 0, both targets.
    `memory`: of the stretch before, if the pass is taken in stretches; it is brought up to date.
    """
    memory = memory or Memory.blank(len(targets))
    columns: list[tuple[Int64, Int32, Int32, Int32]] = []
    low, high = settings.flag_s
    flag_s = low + (high - low) * uniform(seed, targets.number, _OF_FLAG)
    slots = mix(seed, targets.number, turn, _OF_SLOT)
    for step, now_s in enumerate(air.track.at_s.tolist()):
        awake = np.flatnonzero((air.margin_db[step] > -budget_db) & (memory.silent_until_s <= now_s))
        memory.owed += carrier.reads_a_second * STEP_S
        reads = int(memory.owed)
        memory.owed -= reads
        if not len(awake):
            continue
        moment = np.uint64(round(now_s / STEP_S))
        order = awake[np.argsort(mix(slots[awake] ^ moment), kind="stable")]
        if single:
            taken = order[:reads]
            memory.silent_until_s[taken] = now_s + flag_s[taken]
        else:
            if step and air.channel[step] != air.channel[step - 1]:
                memory.answered[:] = False
            memory.answered, taken = _next_in_pass(memory.answered, order, reads)
        columns.append(_rows(step, taken, int(air.channel[step]), now_s))
    return _reads(targets, air, carrier, settings, columns, budget_db=budget_db, seed=seed, turn=turn)


def _next_in_pass(answered: Bools, order: NDArray[np.intp], reads: int) -> tuple[Bools, NDArray[np.intp]]:
    """Dual target: each awake tag once, then all anew. Who has answered in this pass from now on, and who answers now; without power, and so at each hop, a tag forgets."""
    now = np.zeros_like(answered)
    now[order] = answered[order]
    fresh = order[~now[order]]
    taken = fresh[:reads]
    again = reads - len(taken)
    if again == 0:
        now[taken] = True
        return now, taken
    now[:] = False
    now[order[: again % len(order)]] = True
    return now, np.concatenate([taken, np.resize(order, again)])


def _rows(
    step: int, taken: NDArray[np.intp], channel: int, now_s: float
) -> tuple[Int64, Int32, Int32, Int32]:
    part_us = STEP_S * 1e6 / max(1, len(taken))
    at_us = round(now_s * 1e6) + (np.arange(len(taken)) * part_us).astype(np.int64)
    same = np.ones(len(taken), dtype=np.int32)
    return at_us, taken.astype(np.int32), step * same, channel * same


def _reads(
    targets: Targets,
    air: Air,
    carrier: Carrier,
    settings: RadioSettings,
    columns: list[tuple[Int64, Int32, Int32, Int32]],
    *,
    budget_db: float,
    seed: int,
    turn: int,
) -> Walk:
    if not columns:
        nothing = np.zeros(0)
        whole = nothing.astype(np.int32)
        return Walk(
            nothing.astype(np.int64), whole, nothing.astype(np.int16), nothing, whole, nothing, nothing
        )
    at_us, row, step, channel = (np.concatenate(column) for column in zip(*columns, strict=True))
    number, hop = targets.number[row], channel.astype(np.uint64)
    words = mix(seed, number, turn, at_us.astype(np.uint64), _OF_READ)
    level = air.margin_db[step, row] + budget_db
    loud = carrier.wakes_dbm + settings.loudness_slope * level + settings.noise_db * gauss(words, 0)
    rssi = np.maximum(np.floor(2.0 * loud + 0.5), 2.0 * settings.floor_dbm).astype(np.int16)
    stay = np.uint64(turn << 32) + np.floor(air.track.at_s[step] / carrier.hop_s).astype(np.uint64)
    turns = phase.phase_turns(
        air.far_m[step, row],
        phase.frequency_mhz(channel),
        phase.offset_turns(seed, _MOVING, hop, number),
        phase.half_turns(seed, _MOVING, hop, stay),
        air.swing[step, row],
        phase.spread_turns(rssi) * gauss(words, 1),
    )
    return Walk(at_us, row, rssi, turns, channel, air.track.x_m[step], air.track.y_m[step])


def _hops(
    number: Numbers, way: Track, carrier: Carrier, settings: RadioSettings, *, seed: int, turn: int
) -> tuple[Int64, Floats]:
    """Channel of each step, and what it adds to each target's margin (steps × targets)."""
    hop = np.floor(way.at_s / carrier.hop_s).astype(np.uint64)
    channel = (mix(seed, turn, hop, _OF_HOP) % np.uint64(phase.CHANNELS)).astype(np.int64)
    visited, back = np.unique(channel, return_inverse=True)
    throws = normal(seed, number[None, :], visited.astype(np.uint64)[:, None], _OF_CHANNEL)
    return channel, settings.channel_spread_db * throws[back.reshape(-1)]


_MOVING: Final = 1 << 40
"""Stands for the moving antenna where dice want an antenna's number."""
_OF_TAG, _OF_SHADE, _OF_AIM, _OF_WOBBLE = 101, 102, 103, 104
_OF_FLAG, _OF_HOP, _OF_CHANNEL, _OF_SLOT, _OF_READ = 106, 107, 108, 109, 110
