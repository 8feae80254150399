"""The driver of readers with the Impinj IoT device interface: kind ``impinj-iot``."""

from __future__ import annotations

from edge.config import ReaderConfig
from edge.impinj.preset import options_of
from edge.impinj.rest import Rest
from edge.impinj.session import ImpinjSession
from edge.iot.shell import MqttDriver
from edge.ports import Cycle, ReaderSink
from shelfwire.clock import BootClock


class ImpinjIotDriver(MqttDriver):
    """Takes the events of one R700 from a broker and, where ``options.control`` names its REST interface, makes it do the cycle.

    Raises `InputError` with every fault of the configuration.
    """

    def __init__(self, config: ReaderConfig, clock: BootClock, sink: ReaderSink) -> None:
        options = options_of(config)
        super().__init__(
            config,
            clock,
            sink,
            ImpinjSession(config, options, Cycle.usual(config), clock.now_us()),
            model="Impinj IoT device interface",
            http=Rest(config, options) if options.control is not None else None,
        )
