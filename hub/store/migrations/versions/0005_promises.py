"""How findings ended: what was promised, and whether it came true.

Nothing is filled in: of findings that ended before, nobody was asked what was seen on the spot.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "promises",
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("promised", sa.Float(53), nullable=False),
        sa.Column("raw", sa.Float(53), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("opened_at_us", sa.BigInteger(), nullable=False),
        sa.Column("ended_at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site", "finding"),
    )
    op.create_index("promises_ended", "promises", ["site", "ended_at_us"])
