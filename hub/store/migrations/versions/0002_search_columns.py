"""Search columns beside the items, filled for the items that are there.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.searchtext import columns

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

CHUNK = 5_000
COLUMNS = ("search", "barcode_key", "call_key", "title_key")

items = sa.table(
    "items",
    *[sa.column(name) for name in ("site", "item_id", "barcode", "title", "author", "call_number", *COLUMNS)],
)


def upgrade() -> None:
    """Add the columns, fill them in chunks, then make their indices (cheaper than filling an index row by row)."""
    for name in COLUMNS:
        op.add_column("items", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    connection = op.get_bind()
    for (site,) in connection.execute(sa.select(items.c.site).distinct()).all():
        _fill(connection, site)
    op.create_index("items_barcode_key", "items", ["site", "barcode_key"])
    op.create_index("items_call_key", "items", ["site", "call_key"])


def _fill(connection: sa.Connection, site: str) -> None:
    change = (
        items.update()
        .where(items.c.site == site, items.c.item_id == sa.bindparam("the_item"))
        .values({name: sa.bindparam(f"the_{name}") for name in COLUMNS})
    )
    wanted = sa.select(items.c.item_id, items.c.title, items.c.author, items.c.call_number, items.c.barcode)
    last = -1
    while True:
        page = wanted.where(items.c.site == site, items.c.item_id > last).order_by(items.c.item_id).limit(CHUNK)
        rows = connection.execute(page).all()
        if not rows:
            return
        filled = []
        for item_id, title, author, call_number, barcode in rows:
            texts = columns(title, author, call_number, barcode)
            filled.append({"the_item": item_id} | {f"the_{n}": getattr(texts, n) for n in COLUMNS})
        connection.execute(change, filled)
        last = rows[-1][0]
