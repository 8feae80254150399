"""One rendering for all tablets that look at the same thing: fifty of them ask within the same moment, after the same change.

What differs between them is left open while rendering and filled in for each: the form token of the visit, and the ids of acts, which
must never be the same for two people.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

TOKEN_PLACE: Final = "\x01form-token\x01"  # noqa: S105 (a place for one, no secret)
ID_PLACE: Final = "\x01act-id\x01"
"""A title that holds one gets a token or an id of its reader shown to that reader alone, which does no harm."""

_ids: Final = re.compile(ID_PLACE)


def fill(part: str, token: str, new_id: Callable[[], str]) -> str:
    """A rendering with the token of one visit and ids of its own."""
    return _ids.sub(lambda _: new_id(), part.replace(TOKEN_PLACE, token))
