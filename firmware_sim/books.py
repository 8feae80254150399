"""Moved: `firmware_sim.world` has `Title`, `furnish`, `Stock` and the forms of the tags. This name goes when nobody uses it."""

from firmware_sim.world import ALLIANCE_PC, PLAIN_PC, Stock, Title, alliance_epc, furnish, plain_epc

__all__ = ["ALLIANCE_PC", "PLAIN_PC", "Stock", "Title", "alliance_epc", "furnish", "plain_epc"]
