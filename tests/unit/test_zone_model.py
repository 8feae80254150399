"""Parts of the zone model: folds, weights, memory, measures."""

from __future__ import annotations

import numpy as np
import pytest

from hub.belief.zones import Reads, settings
from hub.belief.zones.cells import cells_of
from hub.belief.zones.folds import by_stay, by_tag, by_time, stays_of
from hub.belief.zones.learning import each_zone_apart, longest_silences
from hub.belief.zones.measures import measure
from hub.belief.zones.memory import Memory, Track, carried, smoothed
from hub.belief.zones.reads import Windows, channel_offsets, evened, windows_of
from hub.belief.zones.weights import fit, softmax, weighed


def reads(
    t_s: list[float], *, antenna: int | list[int] = 0, tag: int | list[int] = 0, rssi: float | list[float] = -60.0,
    zone: int | list[int] = 0, channel: int | list[int] = -1,
) -> Reads:  # fmt: skip
    def column(value: float | list[int] | list[float], kind: type) -> np.ndarray:
        return np.broadcast_to(np.array(value, dtype=kind), (len(t_s),)).copy()

    return Reads(
        np.array(t_s), column(antenna, int), column(tag, int), column(rssi, float), column(channel, int), column(zone, int)
    )  # fmt: skip


def windows(found: Reads, window_s: float = 10.0) -> Windows:
    return windows_of(found, found.rssi, window_s, pure=settings.PURE)


def test_windows_begin_at_whole_multiples_and_hold_what_falls_into_them() -> None:
    found = windows(reads([9.999, -0.001, 10.0, 0.0], rssi=[-1.0, -2.0, -3.0, -4.0]))
    assert found.number.tolist() == [-1, 0, 1]
    assert np.diff(found.first).tolist() == [1, 2, 1]


def test_a_window_on_the_way_has_no_zone() -> None:
    assert windows(reads([0.0, 1, 2, 3, 11], zone=[0, 0, 1, 1, 1])).zone.tolist() == [-1, 1]


def test_medians_are_of_what_was_told_and_counts_of_all() -> None:
    found = cells_of(windows(reads([0.0, 1, 2, 3], rssi=[-50.0, float("nan"), -70.0, -61.0])), 2)
    assert found.count.tolist() == [[4, 0]]
    assert found.level[0, 0] == -61
    assert np.isnan(found.level[0, 1])
    assert found.loudest[0].tolist() == [-50, -np.inf]


def test_what_channels_differ_by_is_taken_out_and_a_rare_one_is_believed_little() -> None:
    some = reads([float(n) for n in range(200)], rssi=[-60.0, -64.0] * 100, channel=[0, 1] * 100)
    even = evened(some, channel_offsets(some, worth=20.0))
    assert abs(even[0] - even[1]) < 1
    assert evened(some, channel_offsets(some.pick(np.arange(4)), worth=20.0))[1] == pytest.approx(
        -64, abs=0.5
    )


def test_whole_stays_are_held_out_and_no_stay_is_in_two_folds() -> None:
    found = windows(reads([10.0 * n for n in range(60)], zone=[n // 5 % 2 for n in range(60)]))
    stays = stays_of(found)
    apart = by_stay(found, stays, 2)
    assert apart is not None
    for stay in np.unique(stays):
        assert len(np.unique(apart[0][stays == stay])) == 1


def test_with_one_stay_a_zone_time_is_cut() -> None:
    found = windows(reads([10.0 * n for n in range(20)], zone=[n // 10 for n in range(20)]))
    assert by_stay(found, stays_of(found), 2) is None
    assert by_time(found)[0].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4] * 2
    assert by_tag(found, 2) is None


def test_a_tag_unheard_for_long_has_begun_a_new_stay() -> None:
    assert stays_of(windows(reads([0.0, 10, 20, 200]))).tolist() == [0, 0, 0, 1]


def test_a_witness_that_misleads_gets_no_weight_and_one_that_helps_gets_some() -> None:
    dice = np.random.default_rng(1)
    zone = dice.integers(0, 3, 600)
    right = np.eye(3)[zone] + dice.normal(0, 0.5, (600, 3))
    wrong = -np.eye(3)[zone] + dice.normal(0, 0.5, (600, 3))
    weights = fit(np.stack([right, wrong], axis=1), zone, np.arange(600), np.log(np.full(3, 1 / 3)))
    assert weights[0] > 1
    assert weights[1] == 0


def test_a_witness_told_twice_counts_once() -> None:
    dice = np.random.default_rng(1)
    zone = dice.integers(0, 3, 600)
    one = np.eye(3)[zone][:, None, :] + dice.normal(0, 0.7, (600, 1, 3))
    prior = np.log(np.full(3, 1 / 3))
    alone, twice = (
        fit(one, zone, np.arange(600), prior),
        fit(np.repeat(one, 2, axis=1), zone, np.arange(600), prior),
    )
    assert twice.sum() == pytest.approx(alone.sum(), rel=0.02)


def test_few_parts_move_the_weights_little() -> None:
    zone = np.arange(600) % 3
    said = 5.0 * np.eye(3)[zone][:, None, :]
    prior = np.log(np.full(3, 1 / 3))
    assert (
        fit(said, zone, np.zeros(600, dtype=np.int64), prior)[0] < fit(said, zone, np.arange(600), prior)[0]
    )
    assert softmax(weighed(said, np.array([0.1]), prior)).sum(axis=1) == pytest.approx(1)


HOW = Memory(memory=0.8, stay_s=100.0, power=1.0, doubt=0.0, learned=True)
PRIOR = np.log(np.full(2, 0.5))


def track(number: list[int], tag: list[int] | None = None) -> Track:
    return Track(np.array(tag or [0] * len(number)), np.array(number), 10.0, PRIOR)


def test_belief_grows_with_windows_that_agree_and_stops_growing() -> None:
    log = np.tile(np.array([0.4, -0.4]), (60, 1)) + PRIOR
    belief = carried(log, track(list(range(60))), HOW)[:, 0]
    assert (np.diff(belief) >= -1e-12).all()
    assert belief[-1] < 1 / (1 + np.exp(-0.8 * 5))


def test_belief_fades_over_a_gap_and_tags_know_nothing_of_each_other() -> None:
    log = np.array([[2.0, -2.0], [0.0, 0.0], [0.0, 0.0]]) + PRIOR
    near = carried(log, track([0, 1, 1_000]), HOW)[:, 0]
    assert near[0] > near[1] > 0.6
    assert near[2] == pytest.approx(0.5, abs=1e-3)
    assert carried(log, track([0, 1, 1], [0, 1, 2]), HOW)[1:, 0] == pytest.approx(0.5)


def test_later_windows_speak_only_when_asked() -> None:
    log = np.array([[0.0, 0.0], [2.0, -2.0]]) + PRIOR
    assert carried(log, track([0, 1]), HOW)[0, 0] == pytest.approx(0.5)
    assert smoothed(log, track([0, 1]), HOW)[0, 0] > 0.7


def test_a_promise_of_nine_in_ten_that_is_right_in_nine_of_ten_has_no_calibration_error() -> None:
    share = np.tile(np.array([0.9, 0.1]), (10, 1))
    found = measure(share, np.array([0] * 9 + [1]))
    assert found.accuracy == 0.9
    assert found.calibration_error == pytest.approx(0, abs=1e-3)
    assert found.log_loss == pytest.approx(0.3251, abs=1e-3)


def test_the_longest_silence_of_an_antenna_counts_only_while_others_hear() -> None:
    some = reads([0.0, 10, 20, 5_000, 5_010], antenna=[0, 1, 1, 0, 1])
    assert longest_silences(some, 10.0, 3).tolist() == [2, 1, 5]


def test_zones_laid_over_each_other_are_put_one_after_the_other() -> None:
    over = reads([0.0, 1, 2, 3, 0.5, 1.5, 2.5], zone=[0, 0, 0, 0, 1, 1, 1])
    apart, told = each_zone_apart(over, 1.0)
    assert told
    assert apart.t_s[apart.zone == 0].max() + settings.STAY_GAP_S < apart.t_s[apart.zone == 1].min()
    in_turn = reads([float(n) for n in range(40)], zone=[n // 10 for n in range(40)])
    assert each_zone_apart(in_turn, 1.0)[1] is False
