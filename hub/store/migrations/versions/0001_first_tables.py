"""The first tables.

Revision ID: 0001
Revises: none
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all tables."""
    op.create_table('acts',
    sa.Column('site', sa.String(length=40), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('asked_at_us', sa.BigInteger(), nullable=False),
    sa.Column('received_at_us', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('body', sa.JSON(), nullable=False),
    sa.Column('ok', sa.Boolean(), nullable=True),
    sa.Column('detail', sa.Text(), nullable=True),
    sa.Column('answered_at_us', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('site', 'id')
    )
    op.create_index('acts_pending', 'acts', ['site', 'answered_at_us', 'received_at_us'], unique=False)
    op.create_table('agents',
    sa.Column('site', sa.String(length=40), nullable=False),
    sa.Column('agent', sa.Text(), nullable=False),
    sa.Column('online', sa.Boolean(), nullable=False),
    sa.Column('boot', sa.Text(), nullable=False),
    sa.Column('log', sa.Text(), nullable=False),
    sa.Column('at_us', sa.BigInteger(), nullable=False),
    sa.Column('software', sa.Text(), nullable=False),
    sa.Column('trouble', sa.Text(), nullable=False),
    sa.Column('clock_offset_us', sa.BigInteger(), nullable=True),
    sa.Column('reports', sa.BigInteger(), nullable=False),
    sa.Column('doubled', sa.BigInteger(), nullable=False),
    sa.Column('missing', sa.BigInteger(), nullable=False),
    sa.Column('lost', sa.BigInteger(), nullable=False),
    sa.Column('faults', sa.JSON(), nullable=False),
    sa.Column('last_fault', sa.Text(), nullable=False),
    sa.Column('readers', sa.JSON(), nullable=False),
    sa.Column('outbox_reports', sa.BigInteger(), nullable=False),
    sa.Column('known', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('site', 'agent')
    )
    op.create_table('antennas',
    sa.Column('site', sa.String(length=40), nullable=False),
    sa.Column('antenna', sa.Text(), nullable=False),
    sa.Column('at_us', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('last_dwell_at_us', sa.BigInteger(), nullable=True),
    sa.Column('trusted_at_us', sa.BigInteger(), nullable=True),
    sa.Column('dwells', sa.BigInteger(), nullable=False),
    sa.Column('reads_a_dwell', sa.Float(precision=53), nullable=False),
    sa.Column('reference_share', sa.Float(precision=53), nullable=True),
    sa.PrimaryKeyConstraint('site', 'antenna')
    )
    op.create_table('findings',
    sa.Column('site', sa.String(length=40), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('opened_at_us', sa.BigInteger(), nullable=False),
    sa.Column('changed_at_us', sa.BigInteger(), nullable=False),
    sa.Column('confidence', sa.Float(precision=53), nullable=False),
    sa.Column('item_id', sa.BigInteger(), nullable=True),
    sa.Column('tag_key', sa.Text(), nullable=True),
    sa.Column('part', sa.Integer(), nullable=True),
    sa.Column('antenna', sa.Text(), nullable=True),
    sa.Column('shelf', sa.Text(), nullable=True),
    sa.Column('home_from', sa.Text(), nullable=True),
    sa.Column('home_to', sa.Text(), nullable=True),
    sa.Column('why', sa.JSON(), nullable=False),
    sa.Column('evidence', sa.JSON(), nullable=False),
    sa.Column('claimed_by', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('site', 'id')
    )
    op.create_index('findings_item', 'findings', ['site', 'item_id'], unique=False)
    op.create_index('findings_state', 'findings', ['site', 'state', 'kind', 'changed_at_us'], unique=False)
    op.create_table('imports',
    sa.Column('site', sa.String(length=40), nullable=False),
    sa.Column('import_id', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('staged_at_us', sa.BigInteger(), nullable=False),
    sa.Column('applied_at_us', sa.BigInteger(), nullable=True),
    sa.Column('items', sa.Integer(), nullable=False),
    sa.Column('added', sa.Integer(), nullable=False),
    sa.Column('changed', sa.Integer(), nullable=False),
    sa.Column('absent', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('site', 'import_id')
    )
    op.create_index('imports_staged', 'imports', ['site', 'staged_at_us'], unique=False)
    op.create_table('item_events',
    sa.Column('site', sa.String(length=40), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('item_id', sa.BigInteger(), nullable=False),
    sa.Column('at_us', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('shelf', sa.Text(), nullable=True),
    sa.Column('probability', sa.Float(precision=53), nullable=True),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('site', 'id')
    )
    op.create_index('item_events_at', 'item_events', ['site', 'at_us'], unique=False)
    op.create_index('item_events_item', 'item_events', ['site', 'item_id', 'at_us'], unique=False)
    op.create_table('items',
    sa.Column('site', sa.String(length=40), nullable=False),
    sa.Column('item_id', sa.BigInteger(), nullable=False),
    sa.Column('barcode', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('author', sa.Text(), nullable=False),
    sa.Column('call_number', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('source_status', sa.Text(), nullable=False),
    sa.Column('home_from', sa.Text(), nullable=True),
    sa.Column('home_to', sa.Text(), nullable=True),
    sa.Column('home_source', sa.Text(), nullable=False),
    sa.Column('import_id', sa.Text(), nullable=False),
    sa.Column('since_us', sa.BigInteger(), nullable=False),
    sa.Column('changed_at_us', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('site', 'item_id'),
    sa.UniqueConstraint('site', 'barcode', name='items_barcode')
    )
    op.create_index('items_home', 'items', ['site', 'home_from'], unique=False)
    op.create_index('items_import', 'items', ['site', 'import_id'], unique=False)
    op.create_table('meta',
    sa.Column('site', sa.String(length=40), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('site', 'name')
    )
    op.create_table('places',
    sa.Column('site', sa.String(length=40), nullable=False),
    sa.Column('item_id', sa.BigInteger(), nullable=False),
    sa.Column('tag_key', sa.Text(), nullable=False),
    sa.Column('at_us', sa.BigInteger(), nullable=False),
    sa.Column('shelf', sa.Text(), nullable=True),
    sa.Column('probability', sa.Float(precision=53), nullable=False),
    sa.Column('candidates', sa.JSON(), nullable=False),
    sa.Column('last_heard_at_us', sa.BigInteger(), nullable=False),
    sa.Column('last_heard_by', sa.Text(), nullable=False),
    sa.Column('evidence', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('site', 'item_id', 'tag_key')
    )
    op.create_index('places_shelf', 'places', ['site', 'shelf'], unique=False)
    op.create_table('shelves',
    sa.Column('site', sa.String(length=40), nullable=False),
    sa.Column('shelf', sa.Text(), nullable=False),
    sa.Column('at_us', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('looked_at_us', sa.BigInteger(), nullable=True),
    sa.Column('items', sa.Integer(), nullable=False),
    sa.Column('away', sa.Integer(), nullable=False),
    sa.Column('findings', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('site', 'shelf')
    )
    op.create_table('sweeps',
    sa.Column('site', sa.String(length=40), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('scope', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('asked_by', sa.Text(), nullable=False),
    sa.Column('started_at_us', sa.BigInteger(), nullable=False),
    sa.Column('ended_at_us', sa.BigInteger(), nullable=True),
    sa.Column('shelves', sa.JSON(), nullable=False),
    sa.Column('covered', sa.JSON(), nullable=False),
    sa.Column('expected', sa.Integer(), nullable=False),
    sa.Column('found_in_place', sa.Integer(), nullable=False),
    sa.Column('found_elsewhere', sa.Integer(), nullable=False),
    sa.Column('missing', sa.Integer(), nullable=False),
    sa.Column('unexpected', sa.Integer(), nullable=False),
    sa.Column('unknown', sa.Integer(), nullable=False),
    sa.Column('not_covered', sa.Integer(), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('site', 'id')
    )
    op.create_index('sweeps_started', 'sweeps', ['site', 'started_at_us'], unique=False)
    op.create_table('users',
    sa.Column('site', sa.String(length=40), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=False),
    sa.Column('made_at_us', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('site', 'name')
    )
    op.create_table('import_faults',
    sa.Column('site', sa.String(length=40), nullable=False),
    sa.Column('import_id', sa.Text(), nullable=False),
    sa.Column('phase', sa.Text(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('place', sa.Text(), nullable=False),
    sa.Column('what', sa.Text(), nullable=False),
    sa.Column('taken', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['site', 'import_id'], ['imports.site', 'imports.import_id'], name='import_faults_import'),
    sa.PrimaryKeyConstraint('site', 'import_id', 'phase', 'number')
    )
    op.create_table('import_rows',
    sa.Column('site', sa.String(length=40), nullable=False),
    sa.Column('import_id', sa.Text(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('barcode', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('author', sa.Text(), nullable=False),
    sa.Column('call_number', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('source_status', sa.Text(), nullable=False),
    sa.Column('home_from', sa.Text(), nullable=False),
    sa.Column('home_to', sa.Text(), nullable=False),
    sa.Column('tag_keys', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['site', 'import_id'], ['imports.site', 'imports.import_id'], name='import_rows_import'),
    sa.PrimaryKeyConstraint('site', 'import_id', 'number')
    )
    op.create_table('links',
    sa.Column('site', sa.String(length=40), nullable=False),
    sa.Column('tag_key', sa.Text(), nullable=False),
    sa.Column('item_id', sa.BigInteger(), nullable=False),
    sa.Column('valid_from_us', sa.BigInteger(), nullable=False),
    sa.Column('valid_to_us', sa.BigInteger(), nullable=True),
    sa.Column('part', sa.Integer(), nullable=False),
    sa.Column('parts', sa.Integer(), nullable=False),
    sa.Column('import_id', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['site', 'item_id'], ['items.site', 'items.item_id'], name='links_item'),
    sa.PrimaryKeyConstraint('site', 'tag_key', 'item_id', 'valid_from_us')
    )
    op.create_index('links_item', 'links', ['site', 'item_id'], unique=False)
    op.create_table('sessions',
    sa.Column('site', sa.String(length=40), nullable=False),
    sa.Column('token_hash', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('made_at_us', sa.BigInteger(), nullable=False),
    sa.Column('seen_at_us', sa.BigInteger(), nullable=False),
    sa.Column('expires_at_us', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['site', 'name'], ['users.site', 'users.name'], name='sessions_user', ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('site', 'token_hash')
    )
    op.create_index('sessions_user', 'sessions', ['site', 'name'], unique=False)
    op.create_table('sweep_rows',
    sa.Column('site', sa.String(length=40), nullable=False),
    sa.Column('sweep', sa.Text(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.BigInteger(), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('home', sa.Text(), nullable=True),
    sa.Column('heard', sa.Text(), nullable=True),
    sa.Column('confidence', sa.Float(precision=53), nullable=False),
    sa.PrimaryKeyConstraint('site', 'sweep', 'number')
    )
