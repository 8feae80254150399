"""A dying antenna is found before its shelf is believed, and a shelf that people empty is not mistaken for one."""

from __future__ import annotations

import numpy as np
import pytest

from hub.belief.trust import DEAF, ELSEWHERE, LOST, SAMPLE_S, WEAK, WELL, Sample, Trust

FLOOR_DBM, MEAN_DBM, SPREAD_DB, DRIFT_DB = -66.0, -57.0, 6.1, 2.0


class Shelf:
    """An antenna and the tags on its own shelf: who is heard, and how loud."""

    def __init__(self, tags: int = 150, seed: int = 1) -> None:
        self.dice = np.random.default_rng(seed)
        self.steady = self.dice.normal(MEAN_DBM, SPREAD_DB, size=tags)
        self.trust = Trust(1)
        self.trust.residents[:] = self.trust.most[:] = tags
        self.at_s = 0

    def look(
        self,
        *,
        quieter_db: float = 0.0,
        deafer_db: float = 0.0,
        there: float = 1.0,
        strays: int = 0,
        references: bool = True,
    ) -> None:
        """One sampled dwell: all tags quieter (a cable), a higher floor (noise), only a part of the tags there."""
        self.at_s += SAMPLE_S
        loud = self.steady[: int(len(self.steady) * there)] - quieter_db
        loud = loud + self.dice.normal(0.0, DRIFT_DB, size=len(loud))
        heard = loud[loud > FLOOR_DBM + deafer_db]
        level = float(heard.mean()) if len(heard) else np.nan
        self.trust.judge(0, Sample(len(heard), level, strays), self.at_s * 1_000_000, references=references)

    def looks(self, times: int, **how: float) -> None:
        for _ in range(times):
            self.look(**how)  # type: ignore[arg-type]

    @property
    def loss_db(self) -> float:
        return float(self.trust.loss_db[0])

    @property
    def ill(self) -> int:
        return int(self.trust.ill[0])

    @property
    def trusted(self) -> bool:
        return self.trust.trusted(0)


def test_a_well_antenna_is_trusted_for_weeks() -> None:
    untrusted, wronged = 0, 0.0
    for seed in range(10):
        shelf = Shelf(seed=seed)
        for _ in range(700):
            shelf.look()
            untrusted += not shelf.trusted
            wronged = max(wronged, shelf.loss_db)
    assert untrusted == 0
    assert wronged < 1.5


@pytest.mark.parametrize("tags", [10, 30, 150])
def test_a_cable_that_loses_all_is_found_in_one_look(tags: int) -> None:
    shelf = Shelf(tags)
    shelf.looks(20)
    shelf.look(quieter_db=60.0, references=False)
    assert (shelf.ill, shelf.trusted) == (LOST, False)


def test_a_cable_that_loses_some_is_weak_and_its_silence_proves_less() -> None:
    shelf = Shelf()
    shelf.looks(50)
    shelf.looks(4, quieter_db=4.0)
    assert shelf.ill == WEAK
    assert shelf.trusted
    assert shelf.loss_db == pytest.approx(4.0, abs=2.0)


def test_an_antenna_that_hears_only_the_loud_is_not_believed_though_its_reference_tags_answer() -> None:
    shelf = Shelf()
    shelf.looks(50)
    shelf.looks(4, deafer_db=11.0)
    assert (shelf.ill, shelf.trusted) == (DEAF, False)
    assert shelf.loss_db > 8.0


def test_a_shelf_that_people_empty_is_believed() -> None:
    shelf = Shelf()
    shelf.looks(50)
    shelf.looks(5, there=0.5)
    assert (shelf.ill, shelf.trusted) == (WELL, True)
    shelf.looks(5, there=0.0)
    assert (shelf.ill, shelf.trusted) == (WELL, True)


def test_without_reference_tags_an_empty_shelf_is_a_question() -> None:
    shelf = Shelf()
    shelf.looks(50)
    shelf.looks(2, there=0.0, references=False)
    assert (shelf.ill, shelf.trusted) == (LOST, False)


def test_an_antenna_that_reports_for_another_one_is_found() -> None:
    shelf = Shelf()
    shelf.looks(50)
    shelf.look(there=0.0, strays=120)
    assert (shelf.ill, shelf.trusted) == (ELSEWHERE, False)
    shelf.looks(2)
    assert (shelf.ill, shelf.trusted) == (WELL, True)


def test_a_range_that_is_moved_book_by_book_is_no_exchanged_cable() -> None:
    shelf = Shelf(30)
    shelf.looks(50)
    for step in range(1, 11):
        shelf.look(there=1.0 - step / 10, strays=3 * step)
        assert shelf.ill != ELSEWHERE


def test_a_connector_that_corrodes_for_weeks_is_seen() -> None:
    shelf = Shelf()
    shelf.looks(1500)
    for day in range(10):
        shelf.looks(720, quieter_db=float(day))
    assert shelf.ill == WEAK
    assert shelf.loss_db > 1.0


def test_when_it_is_well_again_it_is_trusted_again() -> None:
    shelf = Shelf()
    shelf.looks(50)
    shelf.looks(3, quieter_db=12.0, references=False)
    assert not shelf.trusted
    shelf.looks(5)
    assert (shelf.ill, shelf.trusted, shelf.loss_db) == (WELL, True, 0.0)


def test_a_person_can_say_that_it_is_well_as_it_is() -> None:
    shelf = Shelf()
    shelf.looks(50)
    shelf.looks(3, quieter_db=9.0, references=False)
    shelf.trust.accept(0)
    shelf.looks(30, quieter_db=9.0)
    assert (shelf.ill, shelf.trusted) == (WELL, True)


def test_few_residents_prove_nothing() -> None:
    shelf = Shelf(9)
    shelf.looks(50)
    shelf.looks(5, there=0.0, references=False)
    assert shelf.trusted


def test_where_loudness_says_nothing_the_share_alone_tells() -> None:
    shelf = Shelf()
    shelf.trust.measures[:] = False
    shelf.looks(50)
    shelf.looks(3, there=0.5)
    assert shelf.loss_db > 3.0


def test_newcomers_make_what_is_usual_less_known() -> None:
    shelf = Shelf(100)
    shelf.looks(100)
    before = int(shelf.trust.samples[0])
    shelf.trust.most[:] = 50
    shelf.trust.samples[:] = before
    again = Trust.load(shelf.trust.dump(), 2)
    assert again.samples.tolist() == [before, 0]
    assert again.most.tolist() == [50, 0]


def test_dwells_that_follow_each_other_in_seconds_teach_no_more_than_one() -> None:
    shelf = Shelf()
    shelf.looks(50)
    shelf.at_s -= SAMPLE_S
    shelf.look()
    assert int(shelf.trust.samples[0]) == 50
    shelf.look(quieter_db=60.0, references=False)
    assert shelf.ill == LOST


def test_somebody_before_the_shelf_is_no_news_and_a_loss_that_lasts_is() -> None:
    shelf = Shelf()
    shelf.looks(50)
    shelf.looks(2, quieter_db=4.0)
    assert shelf.ill == WEAK
    assert not shelf.trust.lasting(shelf.at_s * 1_000_000)[0]
    shelf.looks(10, quieter_db=4.0)
    assert shelf.trust.lasting(shelf.at_s * 1_000_000)[0]
