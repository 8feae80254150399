"""The sockets of an emulated R700.

emulator = R700Emulator(R700("R1", 4, radio), broker.config("R1"), topic="readers/R1/events")
await emulator.start()
…  # a driver listens at the broker, and asks http://127.0.0.1:emulator.rest.port/api/v1
"""

from __future__ import annotations

from collections.abc import Callable

from firmware_sim.readers.mqtt import MqttEmulator
from firmware_sim.readers.r700 import BASE, R700
from firmware_sim.readers.reply import Reply
from firmware_sim.readers.rest import RestServer
from shelfwire.link import BrokerConfig


class R700Emulator(MqttEmulator):
    """One R700 at a broker, with its REST interface on a loopback port."""

    def __init__(
        self,
        machine: R700,
        broker: BrokerConfig,
        *,
        topic: str,
        account: tuple[str, str] | None = None,
        host_us: Callable[[], int] | None = None,
    ) -> None:
        super().__init__(machine.name, broker, filters=[], host_us=host_us)
        self.machine = machine
        self.topic = topic
        self.rest = RestServer(self._request, account, stream=f"{BASE}/data/stream")

    @property
    def port(self) -> int:
        """Of its REST interface."""
        return self.rest.port

    async def start(self) -> None:
        """Power on."""
        await super().start()
        await self.rest.start()

    async def stop(self) -> None:
        """Power off."""
        await self.rest.stop()
        await super().stop()

    def unplug(self, antenna: int, *, noticed: bool = False) -> None:
        """Silence an antenna; `noticed`: the reader says so, as it cannot behind a hub."""
        self.machine.faults.silent.add(antenna)
        if noticed:
            self.machine.cable(antenna, connected=False, now_us=self.host_us())

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
        events = self.machine.advance(now_us)
        for event in events:
            self.rest.say(event)
        return [(self.topic, event) for event in events]

    def next_us(self) -> int | None:
        """When `advance` has something to do."""
        return self.machine.next_us

    def overflowed(self, purged: int, remaining: int, now_us: int) -> list[tuple[str, bytes]]:
        """The reader says that it gave up events."""
        return [(self.topic, self.machine.overflow(purged, remaining, now_us))]

    def _request(self, method: str, path: str, body: bytes) -> Reply:
        reply = self.machine.request(method, path, body, self.host_us())
        self.nudge()
        return reply
