"""Settings of the store, a part of ``hub.yaml``. The database itself stands under ``database``."""

from __future__ import annotations

from typing import Annotated

import msgspec


class StoreConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long rows are kept."""

    item_events_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] = 400
    """An item's history: one school year and the next inventory. Shorter: a yearly comparison has no past; longer: about 500 bytes an event,
    its reasons among them."""
    imports: Annotated[int, msgspec.Meta(ge=1, le=100)] = 2
    """Applied imports whose rows are kept in each site: the one in force, and the one before to compare with. None fewer than one: a
    replay of the journal may need it. Each takes about 180 bytes an item."""
