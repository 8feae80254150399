"""A narrow table for search beside the items, filled for the items that are there.

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

NAMES = ("site", "item_id", "title", "author", "call_number", "barcode")
FILLED = ("search", "barcode_key", "call_key")
items = sa.table("items", *[sa.column(name) for name in NAMES])


def upgrade() -> None:
    """Make the table and fill it, a chunk at a time, so that a large catalogue needs little memory."""
    texts = op.create_table(
        "item_texts",
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("barcode_key", sa.Text(), nullable=False),
        sa.Column("call_key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["site", "item_id"], ["items.site", "items.item_id"], name="item_texts_item"),
        sa.PrimaryKeyConstraint("site", "item_id"),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    wanted = sa.select(items).order_by(items.c.site, items.c.item_id).limit(CHUNK)
    rows = connection.execute(wanted).all()
    while rows:
        connection.execute(
            texts.insert(),
            [
                {"site": site, "item_id": item_id}
                | dict(zip(FILLED, columns(title, author, call_number, barcode), strict=False))
                for site, item_id, title, author, call_number, barcode in rows
            ],
        )
        after = sa.tuple_(items.c.site, items.c.item_id) > sa.tuple_(rows[-1].site, rows[-1].item_id)
        rows = connection.execute(wanted.where(after)).all()
