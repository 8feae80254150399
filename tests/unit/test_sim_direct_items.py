"""What a real hub is told of the simulated books at the start."""

from __future__ import annotations

from helpers.direct import small_run

from firmware_sim.direct.items import items_of


def test_the_catalogue_names_each_book_with_its_home_its_tag_and_what_is_said_of_it() -> None:
    simulation = small_run(planted={"on_loan": 0.2})
    world, shelves = simulation.world, simulation.site.shelves
    items = items_of(world, shelves)
    assert len({item.barcode for item in items}) == len(items) == 200
    assert {"on_loan", "on_shelf"} <= {item.status for item in items}
    for tag, item in enumerate(items):
        assert (item.barcode, item.status, item.tags) == (
            world.barcode(tag),
            world.status_of(tag),
            (world.epc(tag),),
        )
        span = [item.home_from, shelves[int(world.stock.home[tag])].id, item.home_to]
        assert [shelf.id for shelf in shelves if shelf.id in span] == sorted(set(span), key=span.index)
