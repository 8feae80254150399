"""The tables of labels in force, and homes by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, select

from hub.catalog.filing import Filing
from hub.catalog.homes import Homes, HomeSource
from hub.store.labels import rows_of
from hub.store.tables import imports

PRECEDENCE: Final[tuple[HomeSource, ...]] = ("label", "learned")
"""Which kind of labels is asked first, behind the homes that a list gives."""


def homes_in_force(
    connection: Connection, site: str, shelf_index: Mapping[str, int], filing: Filing
) -> Homes:
    """The newest applied table of labels of each kind, ready to be asked."""
    homes = Homes(shelf_index)
    for kind in PRECEDENCE:
        labels_id = in_force(connection, site, kind)
        if labels_id is not None:
            rows = [row for row, _ in rows_of(connection, site, labels_id)]
            homes.add(kind, rows, filing.scheme, filing.rules)
    return homes


def in_force(connection: Connection, site: str, kind: HomeSource) -> str | None:
    """The newest applied table of a kind; None: there is none."""
    wanted = (
        select(imports.c.import_id)
        .where(imports.c.site == site, imports.c.kind == kind, imports.c.state == "applied")
        .order_by(imports.c.applied_at_us.desc(), imports.c.staged_at_us.desc())
        .limit(1)
    )
    return connection.execute(wanted).scalar_one_or_none()
