"""What a card about a moved range shows beside its sentence."""

from __future__ import annotations

from hub.views import FindingView, ItemView
from web.library import Library


def ends(of: Library, finding: FindingView) -> list[ItemView]:
    """The first and the last item of a moved range, in the order of their homes; those that the catalogue still has."""
    names = dict.fromkeys(finding.why.get(name) for name in ("first_item", "last_item"))
    found = [of.reader.item(item_id) for item_id in names if isinstance(item_id, int)]
    return [item for item in found if item is not None]
