"""Places from margins: which zone explains best what was heard and what was not."""

import numpy as np
import pytest
from helpers.shelves import make_site

from hub.belief.geometry import AROUND, FAR, NEAR, OWN, Geometry
from hub.belief.levels import Levels
from hub.belief.radio import Radio
from hub.settings import EngineSettings

SETTINGS = EngineSettings()


def tuned(say: float = 1.0) -> tuple[Radio, Geometry]:
    history = make_site(3, 3)
    geometry = Geometry(history.now, history.antenna_ids, SETTINGS.near_m)
    radio = Radio(SETTINGS)
    radio.follow(Levels(geometry.antennas), geometry, np.full(geometry.antennas, say))
    return radio, geometry


def heard(radio: Radio, kind: int, margin_db: float) -> float:
    """Log-density of a margin, u integrated out."""
    by_point = radio.log_heard(
        np.array([[kind]], dtype=np.int8), np.array([0]), np.array([margin_db], dtype=np.float32), np.ones(1, dtype=np.float32)
    )  # fmt: skip
    return float(np.log(np.exp(by_point[0, 0] + radio.log_weight).sum()))


def test_steps_between_shelves_are_counted_in_boards_and_uprights() -> None:
    _, geometry = tuned()
    at = {shelf: geometry.shelf_index[shelf] for shelf in geometry.shelf_ids}
    kinds = geometry.class_of(np.full(9, at["1-B02-S2"]), np.arange(9))
    near = [geometry.shelf_ids[i] for i in np.flatnonzero(kinds == NEAR)]
    around = [geometry.shelf_ids[i] for i in np.flatnonzero(kinds == AROUND)]
    assert sorted(near) == ["1-B01-S2", "1-B02-S1", "1-B02-S3", "1-B03-S2"]
    assert sorted(around) == ["1-B01-S1", "1-B01-S3", "1-B03-S1", "1-B03-S3"]


def test_a_bay_two_bays_away_is_out_of_hearing() -> None:
    _, geometry = tuned()
    far = geometry.class_of(
        np.array([geometry.shelf_index["1-B01-S1"]]), np.array([geometry.shelf_index["1-B03-S3"]])
    )
    assert far.tolist() == [FAR]


def test_the_louder_the_more_probably_its_own() -> None:
    radio, _ = tuned()
    leads = [
        heard(radio, OWN, margin) - heard(radio, NEAR, margin) for margin in (0.0, 5.0, 10.0, 20.0, 30.0)
    ]
    assert leads == sorted(leads)
    assert leads[0] < 1.0 < leads[2]


def test_further_away_is_less_probable_at_any_loudness() -> None:
    radio, _ = tuned()
    for margin in (0.5, 5.0, 12.0, 25.0):
        assert heard(radio, NEAR, margin) > heard(radio, AROUND, margin) > heard(radio, FAR, margin)


def test_silence_at_the_own_shelf_says_more_the_better_the_tag_is_heard() -> None:
    radio, _ = tuned()
    own = radio.silence[OWN, 0]
    assert (np.diff(own) < 0).all()
    assert (radio.silence[NEAR, 0] > own).all()


def test_a_dead_antenna_contradicts_nothing() -> None:
    radio, _ = tuned(say=0.0)
    assert not radio.silence.any()
    assert not radio.base.any()


def test_of_an_antenna_whose_loudness_says_nothing_only_that_it_heard_counts() -> None:
    radio, _ = tuned()
    loud, quiet = heard(radio, OWN, 30.0), heard(radio, OWN, 0.0)
    assert loud != pytest.approx(quiet)
    radio.usable[0] = False
    assert heard(radio, OWN, 30.0) == pytest.approx(heard(radio, OWN, 0.0))
    assert heard(radio, OWN, 0.0) > heard(radio, NEAR, 0.0)


def test_the_silence_of_all_antennas_around_a_zone_is_their_sum() -> None:
    radio, geometry = tuned()
    zone = int(geometry.zone_of_shelf[geometry.shelf_index["1-B02-S2"]])
    pairs = np.flatnonzero(geometry.pair_zone == zone)
    told = radio.silence[geometry.pair_class[pairs], geometry.pair_antenna[pairs]].sum(axis=0)
    assert radio.base[zone] == pytest.approx(told)
