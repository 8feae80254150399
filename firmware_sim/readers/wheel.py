"""Antennas in turn, each for its time: what readers with MQTT of their own have inside. Pure; time comes in as an argument."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from firmware_sim.radio.listening import Answer, Field, Listen

OVERRUN_US: Final = 400
"""A turn ends a little after its wish: the started round is finished."""

ASLEEP_US: Final = 5_000_000
"""When the emulator itself was stopped longer than this it does not make up for the turns in between."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How the antennas work."""

    ports: tuple[int, ...]
    turn_us: int
    power_dbm: tuple[float, ...]
    """One an antenna."""
    session: int = 1
    target: Literal["A", "AB"] = "AB"


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One antenna's turn that is over."""

    port: int
    from_us: int
    to_us: int
    power_dbm: float
    answers: list[Answer]
    next_port: int | None
    """Whose turn begins now; None: nobody's."""


class Wheel:
    """Turns of one reader named `name` in front of `field`. `silent` antennas are driven and hear nothing."""

    def __init__(self, name: str, field: Field) -> None:
        self.name = name
        self.field = field
        self.silent: set[int] = set()
        self.late_us = 0
        """How much later than wished a turn ends."""
        self._settings: Settings | None = None
        self._place = 0
        self._from_us = 0

    @property
    def running(self) -> bool:
        """Whether an antenna works."""
        return self._settings is not None

    @property
    def port(self) -> int | None:
        """The antenna that works."""
        return None if self._settings is None else self._settings.ports[self._place]

    @property
    def settings(self) -> Settings | None:
        """How they work; None: they rest."""
        return self._settings

    @property
    def next_us(self) -> int | None:
        """When the turn ends."""
        return None if self._settings is None else self._from_us + self._length_us(self._settings)

    def start(self, settings: Settings, now_us: int) -> None:
        """Begin with the first antenna."""
        self._settings = settings if settings.ports else None
        self._place, self._from_us = 0, now_us

    def stop(self, now_us: int) -> Turn | None:
        """End in the middle of a turn; None if none ran."""
        settings = self._settings
        if settings is None:
            return None
        turn = self._turn(settings, max(now_us, self._from_us), last=True)
        self._settings = None
        return turn

    def advance(self, now_us: int) -> Sequence[Turn]:
        """The turns that are over by now."""
        over = []
        while self._settings is not None and self.next_us is not None and self.next_us <= now_us:
            if now_us - self.next_us > ASLEEP_US:
                self._from_us = now_us - self._length_us(self._settings)
            end_us = self.next_us
            over.append(self._turn(self._settings, end_us, last=False))
            self._place = (self._place + 1) % len(self._settings.ports)
            self._from_us = end_us
        return over

    def _length_us(self, settings: Settings) -> int:
        return settings.turn_us + OVERRUN_US + self.late_us

    def _turn(self, settings: Settings, end_us: int, *, last: bool) -> Turn:
        port, power = settings.ports[self._place], settings.power_dbm[self._place]
        answers: list[Answer] = []
        if port not in self.silent and end_us > self._from_us:
            answers = self.field.answers(
                Listen(
                    reader=self.name, port=port, from_us=self._from_us, to_us=end_us, power_dbm=power,
                    target=settings.target, session=settings.session,
                )
            )  # fmt: skip
        following = None if last else settings.ports[(self._place + 1) % len(settings.ports)]
        return Turn(
            port=port,
            from_us=self._from_us,
            to_us=end_us,
            power_dbm=power,
            answers=answers,
            next_port=following,
        )


def khz(channel: int) -> int:
    """Middle of a channel of the American band."""
    return 902_750 + 500 * (channel - 1)
