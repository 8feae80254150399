"""What the link had to drop: the turns that lack it prove nothing, however many messages waited before it."""

from __future__ import annotations

from helpers.driven import Sink
from helpers.iot import SECOND, activation

from edge.config import ReaderConfig
from edge.impinj.driver import ImpinjIotDriver
from shelfwire.clock import BootClock, SystemClock
from shelfwire.link import BrokerConfig, Message


async def test_the_turn_in_which_messages_were_dropped_is_doubtful_and_its_neighbours_are_not() -> None:
    clock, sink = BootClock(SystemClock()), Sink()
    config = ReaderConfig(id="R1", kind="impinj-iot", broker=BrokerConfig(), topic="t", antennas=[1, 2, 3])
    driver = ImpinjIotDriver(config, clock, sink)
    begun_us = clock.now_us() - 5 * SECOND
    for turn, after_gap in enumerate((False, False, True, False, False)):
        body = activation(1 + turn % 3, begun_us + turn * SECOND)
        await driver._on_message(Message("t", body, retained=False, after_gap=after_gap))
        driver._apply(driver._session.tick(clock.now_us() + SECOND))
    assert [dwell.quality for dwell in sink.dwells] == ["exact", "doubtful", "exact", "exact"]
