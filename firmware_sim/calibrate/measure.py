"""Run the model once for all rows. Pure; takes about half a minute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from firmware_sim.calibrate import fixed, ordering, passes, recorded, shop
from firmware_sim.calibrate.counts import Counts
from firmware_sim.radio import RadioSettings, gen2

_FACES: Final = 9
_SHOPS: Final = 4
_ROWS: Final = 100
_ZONE_SITES: Final = 6
_FIVE_S: Final = 5_000_000


@dataclass(frozen=True, slots=True)
class Model:
    """What the model says."""

    usual: list[float]
    """Read in 1, 2, … passes together."""
    bad: list[float]
    shops: list[Counts]
    reads_a_second: float
    one_tag: float
    sixteen_tags: float
    within_channel_db: float
    between_channels_db: float
    slope_db: float
    zone_1_s: float
    zone_10_s: float
    order: ordering.Order


def measure(settings: RadioSettings, *, seed: int, say: Callable[[str], None] = lambda _: None) -> Model:
    """Everything, for one seed. `say` is told what is being run."""
    say("handheld passes along shelves")
    usual = passes.read_shares(settings, recorded.ONE_PASS, passes=4, faces=_FACES, seed=seed)
    bad = passes.read_shares(
        settings, recorded.BAD_ONE_PASS, passes=4, shade=passes.BAD_SHADE, faces=_FACES, seed=seed
    )
    say("walks through a shop")
    shops = [shop.walks(settings, seed=seed * _SHOPS + n).counts for n in range(_SHOPS)]
    say("fixed antennas")
    still = fixed.still(settings, seed=seed)
    zones = {
        window: sum(
            fixed.zones_named(settings, window, seed=seed * _ZONE_SITES + n) for n in range(_ZONE_SITES)
        )
        / _ZONE_SITES
        for window in (1, 10)
    }
    rate = settings.reads_a_second
    say("order of a row")
    return Model(
        usual=usual,
        bad=bad,
        shops=shops,
        reads_a_second=fixed.reads_a_second(settings, seed=seed),
        one_tag=sum(gen2.rounds(1, _FIVE_S, seed=seed, reads_a_second=rate)) / 5.0,
        sixteen_tags=sum(gen2.rounds(16, _FIVE_S, seed=seed, reads_a_second=rate)) / 5.0,
        within_channel_db=still.within_channel_db,
        between_channels_db=still.between_channels_db,
        slope_db=fixed.slope(settings, seed=seed),
        zone_1_s=zones[1],
        zone_10_s=zones[10],
        order=ordering.order(settings, rows=_ROWS, seed=seed),
    )
