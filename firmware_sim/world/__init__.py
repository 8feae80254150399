"""The library that does not exist: places, books, people, and the log of the truth. Pure, seeded.

Public names: `World`, `Stock`, `Title`, `furnish`, `Deed`, `DeedKind`, the places, and the settings of `habits`.
"""

from firmware_sim.world.deeds import KINDS, NO_STATUS, Deed, DeedColumns, DeedKind, Log
from firmware_sim.world.epcs import ALLIANCE_PC, PLAIN_PC, alliance_epc, plain_epc
from firmware_sim.world.habits import Habits, Hours, MassMove, Planted, Stocking
from firmware_sim.world.places import AWAY, DESK, HAND, TABLE, TRUCK
from firmware_sim.world.start import FAR_SHELVES
from firmware_sim.world.stock import DEAD, FORE_EDGE, NEAR_METAL, SPINE, WEAK, Stock, Title, furnish
from firmware_sim.world.world import World

__all__ = [
    "ALLIANCE_PC", "AWAY", "DEAD", "DESK", "FAR_SHELVES", "FORE_EDGE", "HAND", "KINDS", "NEAR_METAL", "NO_STATUS", "PLAIN_PC",
    "SPINE", "TABLE", "TRUCK", "WEAK", "Deed", "DeedColumns", "DeedKind", "Habits", "Hours", "Log", "MassMove", "Planted",
    "Stock", "Stocking", "Title", "World", "alliance_epc", "furnish", "plain_epc",
]  # fmt: skip
