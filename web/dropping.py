"""Which drops of a waiting import a person has to confirm by typing how many items they take out of the catalogue."""

from __future__ import annotations

from typing import Final

from hub.store.difference import DEFAULT_DROP_SHARE
from hub.store.read import ImportView

MANY: Final = 100
"""Items. A shelver sees a hundred books; what is more is confirmed, however large the library is."""


def needs_typing(one: ImportView) -> bool:
    """Whether one tap is too little: a cut file looks like a list that is right."""
    return one.complete and one.gone > 0 and (one.gone >= MANY or one.drop_share > DEFAULT_DROP_SHARE)
