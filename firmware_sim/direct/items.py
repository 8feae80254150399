"""The library's books as a catalogue's connector would hand them over: what a real hub is told at the start. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from firmware_sim.world import World
from hub.catalog.model import STATUSES, Item
from shelfwire.site.model import Shelf


def items_of(world: World, shelves: Sequence[Shelf]) -> list[Item]:
    """All items in call-number order, with what the catalogue says of them now; `shelves`: those of the site."""
    stock = world.stock
    found = []
    for tag in range(stock.count):
        title = stock.title_of(tag)
        found.append(
            Item(
                barcode=world.barcode(tag),
                title=title.title,
                author=title.author,
                call_number=title.call_number,
                status=STATUSES[world.status[tag]],
                home_from=shelves[int(stock.home_from[tag])].id,
                home_to=shelves[int(stock.home_to[tag])].id,
                tags=(world.epc(tag),),
            )
        )
    return found
