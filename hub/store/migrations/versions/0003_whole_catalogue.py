"""What a catalogue says of an item beside its title: flags, scheme, key, other identifiers; labels; followed sources.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from hub.catalog.digest import barcode_key

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CHUNK = 5_000

items = sa.table("items", *[sa.column(name) for name in ("site", "item_id", "barcode", "barcode_key")])


def _text(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _int(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")


def _json(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(), nullable=False, server_default="[]")


def _yes_no(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())


def _null_text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=True)


def _null_us(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=True)


def upgrade() -> None:
    """Add columns in place, which costs no copy of the rows, and fill the one that must be there at once."""
    _add(
        "items",
        _text("barcode_key"),
        _json("flags"),
        _text("scheme"),
        sa.Column("sort_key", sa.LargeBinary(), nullable=True),
        _int("key_format"),  # 0 is none: the hub makes the keys when it starts
        _text("callnumber_fault"),
        _json("alternative_ids"),
        sa.Column("digest", sa.BigInteger(), nullable=True),  # not known: the next import compares the fields
    )
    _add(
        "imports",
        _text("kind", "items"),
        _null_text("base"),
        _yes_no("complete"),
        _null_text("from_source"),
        _null_text("cursor"),
        _int("known"),
        _int("gone"),
        _int("staged"),
        _int("done"),
        _text("detail"),
        sa.Column("seen", sa.LargeBinary(), nullable=True),
        _json("unsaid"),
    )
    _add(
        "import_rows",
        _text("kind", "item"),
        _json("flags"),
        _text("scheme"),
        _json("alternative_ids"),
        sa.Column("digest", sa.BigInteger(), nullable=True),
    )
    op.execute("UPDATE imports SET staged = items")
    _fill_barcode_keys()
    op.create_index("items_barcode_key", "items", ["site", "barcode_key"])
    op.create_index("items_sort", "items", ["site", "sort_key"])
    _labels()
    _sources()


def _add(table: str, *columns: sa.Column[Any]) -> None:
    for column in columns:
        op.add_column(table, column)


def _labels() -> None:
    op.create_table(
        "labels",
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        *[
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("shelf", "start", "end", "scheme", "fault")
        ],
        sa.ForeignKeyConstraint(
            ["site", "import_id"], ["imports.site", "imports.import_id"], name="labels_import"
        ),
        sa.PrimaryKeyConstraint("site", "import_id", "number"),
    )


def _sources() -> None:
    op.create_table(
        "sources",
        sa.Column("site", sa.String(length=40), nullable=False),
        *[sa.Column(name, sa.Text(), nullable=False) for name in ("source", "kind", "state", "detail")],
        _null_text("cursor"),
        _null_text("listing"),
        _null_text("listing_cursor"),
        sa.Column("listing_full", sa.Boolean(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("changed_at_us", sa.BigInteger(), nullable=False),
        _null_us("last_at_us"),
        _null_us("ok_at_us"),
        _null_us("last_full_at_us"),
        _null_us("next_at_us"),
        sa.PrimaryKeyConstraint("site", "source"),
    )


def _fill_barcode_keys() -> None:
    connection = op.get_bind()
    wanted = sa.select(items.c.site, items.c.item_id, items.c.barcode).order_by(items.c.site, items.c.item_id)
    put = sa.update(items).where(
        items.c.site == sa.bindparam("the_site"), items.c.item_id == sa.bindparam("the_item")
    )
    put = put.values(barcode_key=sa.bindparam("the_key"))
    rows = connection.execute(wanted.limit(CHUNK)).all()
    while rows:
        connection.execute(
            put,
            [
                {"the_site": row.site, "the_item": row.item_id, "the_key": barcode_key(row.barcode)}
                for row in rows
            ],
        )
        after = sa.tuple_(items.c.site, items.c.item_id) > sa.tuple_(rows[-1].site, rows[-1].item_id)
        rows = connection.execute(wanted.where(after).limit(CHUNK)).all()
