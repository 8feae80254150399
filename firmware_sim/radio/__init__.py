"""What the antennas of a library hear. Public names: `Radio`, `RadioSettings`, `Wiring`, and the small form `Listen`, `Answer`, `Field`. Pure, seeded."""

from firmware_sim.radio.listening import Answer, Field, Listen
from firmware_sim.radio.radio import Radio
from firmware_sim.radio.settings import RadioSettings
from firmware_sim.radio.wiring import Wiring

__all__ = ["Answer", "Field", "Listen", "Radio", "RadioSettings", "Wiring"]
