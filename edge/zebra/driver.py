"""The driver of readers with the Zebra IoT Connector: kind ``zebra-iotc``."""

from __future__ import annotations

from edge.config import ReaderConfig
from edge.iot.shell import MqttDriver
from edge.ports import Cycle, ReaderSink
from edge.zebra.mode import options_of
from edge.zebra.session import ZebraSession
from shelfwire.clock import BootClock


class ZebraIotcDriver(MqttDriver):
    """Takes the tag data and management events of one reader from a broker and, with a control topic, makes it do the cycle.

    Raises `InputError` with every fault of the configuration.
    """

    def __init__(self, config: ReaderConfig, clock: BootClock, sink: ReaderSink) -> None:
        options = options_of(config)
        now_us = clock.now_us()
        session = ZebraSession(config, options, Cycle.usual(config), now_us, prefix=f"shelfwire-{now_us:x}")
        super().__init__(config, clock, sink, session, model="Zebra IoT Connector")
