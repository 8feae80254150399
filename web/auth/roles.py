"""Which role may ask for which act."""

from __future__ import annotations

from typing import Final

ROLES: Final = ("shelver", "librarian", "admin")

_LOWEST: Final = {
    "finding.claim": "shelver",
    "finding.release": "shelver",
    "finding.resolve": "shelver",
    "finding.dismiss": "shelver",
    "moved.approve": "librarian",
    "moved.reject": "librarian",
    "moved.undo": "librarian",
    "sweep.start": "librarian",
    "sweep.cancel": "librarian",
    "item.status": "librarian",
    "catalog.labels": "librarian",
    "catalog.import": "librarian",
    "agent.command": "admin",
}
ACT_KINDS: Final = tuple(_LOWEST)
"""The acts that the map and its API hand in; of a ``catalog.import`` only the approval of one that was put aside."""


def may(role: str, kind: str) -> bool:
    """Whether `role` may ask for an act of `kind`; an unknown kind or role may nothing."""
    lowest = _LOWEST.get(kind)
    return lowest is not None and role in ROLES and ROLES.index(role) >= ROLES.index(lowest)
