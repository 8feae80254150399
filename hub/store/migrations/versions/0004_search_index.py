"""An index of words beside the items; how barcodes, call numbers and titles begin, each with an index.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store import search_index, searchtext

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

CHUNK = 5_000

NAMES = ("site", "item_id", "title", "author", "call_number", "barcode")
items = sa.table("items", *[sa.column(name) for name in NAMES])


def upgrade() -> None:
    """Make `item_texts` anew, since all of it follows from the items, and the index of words from it."""
    op.drop_table("item_texts")
    # Texts are compared sign by sign in both databases, whatever language PostgreSQL was set up in.
    by_sign = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    texts = op.create_table(
        "item_texts",
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        *[sa.Column(name, by_sign, nullable=False) for name in searchtext.SearchColumns._fields],
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
                | searchtext.columns(title, author, call_number, barcode)._asdict()
                for site, item_id, title, author, call_number, barcode in rows
            ],
        )
        after = sa.tuple_(items.c.site, items.c.item_id) > sa.tuple_(rows[-1].site, rows[-1].item_id)
        rows = connection.execute(wanted.where(after)).all()
    for name in ("barcode_key", "call_key", "title_key"):
        op.create_index(f"item_texts_{name}", "item_texts", ["site", name])
    search_index.make_tables(connection)
    search_index.make_anew(connection)
