"""The socket of an emulated reader with the Zebra IoT Connector.

emulator = ZebraEmulator(Zebra("R1", 4, radio), broker.config("R1"), topics=ZebraTopics.of("readers/R1"))
await emulator.start()
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from firmware_sim.readers.mqtt import MqttEmulator
from firmware_sim.readers.zebra import Zebra
from shelfwire.link import BrokerConfig


class ZebraTopics(msgspec.Struct, frozen=True, kw_only=True):
    """The four topics of one reader."""

    data: str
    events: str
    control: str
    responses: str

    @classmethod
    def of(cls, root: str) -> ZebraTopics:
        """Those below `root`."""
        return cls(
            data=f"{root}/data",
            events=f"{root}/events",
            control=f"{root}/control",
            responses=f"{root}/responses",
        )

    @property
    def written(self) -> tuple[str, ...]:
        """By the reader."""
        return (self.data, self.events, self.responses)


class ZebraEmulator(MqttEmulator):
    """One reader at a broker."""

    def __init__(
        self,
        machine: Zebra,
        broker: BrokerConfig,
        *,
        topics: ZebraTopics,
        host_us: Callable[[], int] | None = None,
    ) -> None:
        super().__init__(machine.name, broker, filters=[topics.control], host_us=host_us)
        self.machine = machine
        self.topics = topics

    def unplug(self, antenna: int, *, noticed: bool = False) -> None:
        """Silence an antenna; this reader cannot notice it."""
        del noticed
        self.machine.faults.silent.add(antenna)

    def plug(self, antenna: int) -> None:
        """The antenna works again."""
        self.machine.faults.silent.discard(antenna)

    def power_up(self, now_us: int) -> None:
        """Begin."""
        self.machine.power_up(now_us)

    def power_down(self) -> None:
        """End without a word."""
        self.machine.power_down()

    def advance(self, now_us: int) -> list[tuple[str, bytes]]:
        """What happened by now."""
        data, events = self.machine.advance(now_us)
        return [(self.topics.data, one) for one in data] + [(self.topics.events, one) for one in events]

    def next_us(self) -> int | None:
        """When `advance` has something to do."""
        return self.machine.next_us

    def told(self, topic: str, payload: bytes, now_us: int) -> list[tuple[str, bytes]]:
        """Answer a command."""
        del topic
        answer, data = self.machine.command(payload, now_us)
        return [(self.topics.data, one) for one in data] + [(self.topics.responses, answer)]
