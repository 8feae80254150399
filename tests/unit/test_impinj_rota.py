"""An antenna's beginning that nobody told of never makes another antenna's turn longer than it was."""

from __future__ import annotations

import pytest
from helpers.iot import NOW, SECOND, activation, asks, dwells

from edge.config import ReaderConfig
from edge.impinj.preset import Options
from edge.impinj.rota import LATELY, MANY, MAX_PORTS, RENEWED, Rota
from edge.impinj.session import ImpinjSession
from edge.iot.actions import Action
from edge.ports import Cycle
from shelfwire.link import BrokerConfig
from shelfwire.messages import Dwell, Quality

CONFIG = ReaderConfig(id="R1", kind="impinj-iot", broker=BrokerConfig(), topic="t", antennas=[1, 2, 3])


class Reader:
    """An R700 whose antennas have turns of a second; 0 stands for a second of which nothing is told."""

    def __init__(self, options: Options | None = None) -> None:
        self.session = ImpinjSession(CONFIG, options or Options(), Cycle.usual(CONFIG), NOW)
        self.actions: list[Action] = []
        self.now = NOW

    def activates(self, *ports: int) -> None:
        for port in ports:
            if port:
                body = activation(port, self.now)
                self.actions += self.session.received("t", body, retained=False, now_us=self.now)
            self.now += SECOND

    @property
    def dwells(self) -> list[Dwell]:
        self.actions += self.session.tick(self.now)
        return dwells(self.actions)

    def qualities(self) -> list[tuple[int, Quality]]:
        return [(dwell.port, dwell.quality) for dwell in self.dwells]


def test_a_turn_in_which_the_next_antenna_was_skipped_is_doubtful_and_its_neighbours_are_not() -> None:
    reader = Reader()
    reader.activates(1, 2, 3, 1, 0, 3, 1, 2, 3)
    whole: list[tuple[int, Quality]] = [(1, "exact"), (2, "exact"), (3, "exact")]
    assert reader.qualities() == [*whole, (1, "doubtful"), (3, "exact"), (1, "exact"), (2, "exact")]
    assert reader.session.gaps == 1


def test_an_antenna_that_follows_itself_where_another_should_was_not_on_all_the_time() -> None:
    reader = Reader()
    reader.activates(1, 2, 1, 0, 1, 2)
    assert reader.qualities() == [(1, "exact"), (2, "exact"), (1, "doubtful"), (1, "exact")]


def test_an_antenna_that_is_alone_in_its_cycle_may_follow_itself() -> None:
    reader = Reader()
    reader.activates(1, 1, 0, 1, 1)
    assert {quality for _, quality in reader.qualities()} == {"exact"}, "it listened in all of that time"


def test_another_order_is_believed_when_it_came_three_times_running() -> None:
    reader = Reader()
    reader.activates(1, 2, 3, *[1, 3] * RENEWED)
    found = [quality for port, quality in reader.qualities() if port == 1]
    assert found == ["exact", *["doubtful"] * RENEWED]
    reader.activates(1, 3)
    assert [quality for port, quality in reader.qualities() if port == 1][-1] == "exact"


def test_losses_between_whole_laps_are_never_taken_for_a_new_order() -> None:
    reader = Reader()
    reader.activates(1, 2, 3)
    for _ in range(2 * RENEWED):
        reader.activates(1, 0, 3, 1, 2, 3)
    reader.activates(1)
    assert [quality for port, quality in reader.qualities() if port == 1] == [
        "exact",
        *["doubtful", "exact"] * (2 * RENEWED),
    ]


def test_a_turn_of_which_messages_were_lost_teaches_nothing() -> None:
    reader = Reader()
    reader.activates(1)
    reader.actions += reader.session.missed(reader.now)
    reader.activates(3, 1, 2, 3, 1, 2, 3)
    assert {quality for _, quality in reader.qualities()[1:]} == {"exact"}, "1 to 3 was no order"


def test_after_another_cycle_the_order_is_learned_anew() -> None:
    reader = Reader(Options(control="http://127.0.0.1:1/api/v1"))
    obey(reader, Cycle(antennas=(1, 2, 3)))
    reader.activates(1, 2, 3, 1)
    obey(reader, Cycle(antennas=(1, 3)))
    before = len(reader.qualities())
    reader.activates(1, 3, 1, 3, 1)
    first, *others = reader.qualities()[before:]
    assert first == (1, "doubtful"), "the cycle was changed in it"
    assert {quality for _, quality in others} == {"exact"}


def obey(reader: Reader, cycle: Cycle) -> None:
    """The reader takes up the cycle: stop, store, start."""
    reader.actions += reader.session.set_cycle(cycle, reader.now)
    for _ in range(3):
        number = asks(reader.actions)[-1].number
        reader.actions += reader.session.answered(number, 204, b"", reader.now)


@pytest.mark.parametrize(("skips", "told"), [(MANY - 1, False), (MANY, True)])
def test_a_reader_without_a_fixed_order_is_told_of(skips: int, *, told: bool) -> None:
    reader = Reader()
    reader.activates(1, 2, 3)
    for _ in range(skips):
        reader.activates(1, 0, 3, 1, 2, 3)
    assert any("no fixed order" in words for words in reader.session.details()) is told
    reader.activates(*[1, 2, 3] * LATELY)
    assert not reader.session.details(), "it has settled"


def test_what_is_known_of_a_hostile_readers_antennas_is_bounded() -> None:
    rota = Rota()
    for port in range(1, 5_000):
        assert not rota.skips(port, port + 1)
    assert len(rota._next) == MAX_PORTS
