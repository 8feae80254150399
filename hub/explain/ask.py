"""Asks the store for what an explanation needs. The one way for page, API and command line."""

from __future__ import annotations

from collections.abc import Mapping

from hub.explain.answer import Asked, explain, home_shelves
from hub.explain.model import Explanation
from hub.store.read import StoreReader
from hub.views import ItemView

MAX_HOME: int = 200
"""Shelves of a home whose state is looked up; a home wider than a floor of ranges says nothing about coverage."""


def explanation(
    reader: StoreReader, item: ItemView, asked: Asked, shelf_index: Mapping[str, int]
) -> Explanation:
    """Why `item` is, or at `asked.at_us` was, believed where it is. Raises `AwayError` while the database does not answer."""
    around = home_shelves(item, shelf_index)[:MAX_HOME]
    return explain(item, reader.facts(item.item_id, asked.at_us, around), asked, shelf_index)
