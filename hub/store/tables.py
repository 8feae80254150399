"""All tables, once, for SQLite and PostgreSQL. A drawing with the reasons stands in ``docs/store.md``.

Rules that every table keeps (tests read this metadata and hold it to them):

- `site` is part of every key and every index: one database serves one or more sites.
- No column can hold anything about a patron.
- Times are UTC microseconds and end in ``_us``; ids and texts are what the engine and the catalogue gave.
- Foreign keys only where one transaction writes both ends. Rows that the engine makes have none: an effect about an item
  that an import has not brought yet must not stop the hub for ever.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata: Final = MetaData()


def _site() -> Column[str]:
    return Column("site", String(40), nullable=False)


def _text(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, Text, nullable=null)


def _by_sign(name: str) -> Column[str]:
    """A text that is compared sign by sign, whatever language PostgreSQL was set up in; so its beginnings are a range."""
    return Column(name, Text().with_variant(Text(collation="C"), "postgresql"), nullable=False)


def _us(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=null)


def _big(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=null)


def _int(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _share(name: str, *, null: bool = False) -> Column[float]:
    return Column(name, Float(53), nullable=null)


def _bytes(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=True)


def _json(name: str) -> Column[Any]:
    return Column(name, JSON, nullable=False)


meta: Final = Table(
    "meta",
    metadata,
    _site(),
    _text("name"),
    _text("value"),
    PrimaryKeyConstraint("site", "name"),
)
"""What the hub knows about its own rows: ``position`` in the journal, ``changed_at_us``."""

items: Final = Table(
    "items",
    metadata,
    _site(),
    _big("item_id"),
    _text("barcode"),
    _text("title"),
    _text("author"),
    _text("call_number"),
    _text("status"),
    _text("source_status"),
    _text("home_from", null=True),
    _text("home_to", null=True),
    _text("home_source"),
    _text("import_id"),
    _us("since_us"),
    _us("changed_at_us"),
    _text("barcode_key"),
    _json("flags"),
    _text("scheme"),
    _bytes("sort_key"),
    _int("key_format"),
    _text("callnumber_fault"),
    _json("alternative_ids"),
    _big("digest", null=True),
    PrimaryKeyConstraint("site", "item_id"),
    UniqueConstraint("site", "barcode", name="items_barcode"),
    Index("items_barcode_key", "site", "barcode_key"),
    Index("items_home", "site", "home_from"),
    Index("items_sort", "site", "sort_key"),
    Index("items_import", "site", "import_id"),
)
"""One row a barcode. `item_id` counts from 1 in each site, given by the one writer: no sequence to repair after a restore.
`import_id` is the last import that brought or changed the item, `since_us` the staging time of the first.

`barcode_key`: the barcode without case and blanks (`hub.catalog.digest`). `scheme`: as the source says; empty: as the site is
set. `sort_key`: as the book stands (`shelfwire.callnumbers`), NULL where there is no call number. `callnumber_fault`: why it is
malformed and files behind everything recognised; empty when all is well. `key_format`: the format and settings that key was made with (`hub.catalog.filing`).
`digest`: of what the source said last and of the state since then; 0: dropped, NULL: not known."""

item_texts: Final = Table(
    "item_texts",
    metadata,
    _site(),
    _big("item_id"),
    _by_sign("search"),
    _by_sign("barcode_key"),
    _by_sign("call_key"),
    _by_sign("title_key"),
    PrimaryKeyConstraint("site", "item_id"),
    ForeignKeyConstraint(["site", "item_id"], ["items.site", "items.item_id"], name="item_texts_item"),
    Index("item_texts_barcode_key", "site", "barcode_key"),
    Index("item_texts_call_key", "site", "call_key"),
    Index("item_texts_title_key", "site", "title_key"),
    sqlite_with_rowid=False,
)
"""What search compares and ranks by, made by `hub.store.searchtext`. Beside it stands an index of words, which each database
builds in its own way (`hub.store.search_index`)."""

links: Final = Table(
    "links",
    metadata,
    _site(),
    _text("tag_key"),
    _big("item_id"),
    _us("valid_from_us"),
    _us("valid_to_us", null=True),
    _int("part"),
    _int("parts"),
    _text("import_id"),
    PrimaryKeyConstraint("site", "tag_key", "item_id", "valid_from_us"),
    ForeignKeyConstraint(["site", "item_id"], ["items.site", "items.item_id"], name="links_item"),
    Index("links_item", "site", "item_id"),
)
"""Tag key ↔ item, many to many, part n of m; `valid_to_us` NULL: in force."""

places: Final = Table(
    "places",
    metadata,
    _site(),
    _big("item_id"),
    _text("tag_key"),
    _us("at_us"),
    _text("shelf", null=True),
    _share("probability"),
    _json("candidates"),
    _us("last_heard_at_us"),
    _text("last_heard_by"),
    _json("evidence"),
    PrimaryKeyConstraint("site", "item_id", "tag_key"),
    Index("places_shelf", "site", "shelf"),
)
"""The latest believed place of each part of an item; `shelf` NULL: away."""

item_events: Final = Table(
    "item_events",
    metadata,
    _site(),
    _text("id"),
    _big("item_id"),
    _us("at_us"),
    _text("kind"),
    _text("shelf", null=True),
    _share("probability", null=True),
    _json("detail"),
    PrimaryKeyConstraint("site", "id"),
    Index("item_events_item", "site", "item_id", "at_us"),
    Index("item_events_at", "site", "at_us"),
)

findings: Final = Table(
    "findings",
    metadata,
    _site(),
    _text("id"),
    _text("kind"),
    _text("state"),
    _us("opened_at_us"),
    _us("changed_at_us"),
    _share("confidence"),
    _big("item_id", null=True),
    _text("tag_key", null=True),
    Column("part", Integer, nullable=True),
    _text("antenna", null=True),
    _text("shelf", null=True),
    _text("home_from", null=True),
    _text("home_to", null=True),
    _json("why"),
    _json("evidence"),
    _text("claimed_by", null=True),
    _text("reason", null=True),
    PrimaryKeyConstraint("site", "id"),
    Index("findings_state", "site", "state", "kind", "changed_at_us"),
    Index("findings_item", "site", "item_id"),
)

promises: Final = Table(
    "promises",
    metadata,
    _site(),
    _text("finding"),
    _text("kind"),
    _share("promised"),
    _share("raw", null=True),
    _text("outcome"),
    _text("told"),
    _us("opened_at_us"),
    _us("ended_at_us"),
    PrimaryKeyConstraint("site", "finding"),
    Index("promises_ended", "site", "ended_at_us"),
)
"""How findings ended (`hub.findings.promises`): one row each, made of the finding and of nothing else. `told`: what was seen on
the spot, a word of a fixed list; never by whom."""

sweeps: Final = Table(
    "sweeps",
    metadata,
    _site(),
    _text("id"),
    _text("scope"),
    _text("state"),
    _text("asked_by"),
    _us("started_at_us"),
    _us("ended_at_us", null=True),
    _json("shelves"),
    _json("covered"),
    _int("expected"),
    _int("found_in_place"),
    _int("found_elsewhere"),
    _int("missing"),
    _int("unexpected"),
    _int("unknown"),
    _int("not_covered"),
    _text("detail"),
    PrimaryKeyConstraint("site", "id"),
    Index("sweeps_started", "site", "started_at_us"),
)

sweep_rows: Final = Table(
    "sweep_rows",
    metadata,
    _site(),
    _text("sweep"),
    _int("number"),
    _big("item_id", null=True),
    _text("outcome"),
    _text("home", null=True),
    _text("heard", null=True),
    _share("confidence"),
    PrimaryKeyConstraint("site", "sweep", "number"),
)

shelves: Final = Table(
    "shelves",
    metadata,
    _site(),
    _text("shelf"),
    _us("at_us"),
    _text("state"),
    _us("looked_at_us", null=True),
    _int("items"),
    _int("away"),
    _int("findings"),
    PrimaryKeyConstraint("site", "shelf"),
)

agents: Final = Table(
    "agents",
    metadata,
    _site(),
    _text("agent"),
    Column("online", Boolean, nullable=False),
    _text("boot"),
    _text("log"),
    _us("at_us"),
    _text("software"),
    _text("trouble"),
    _big("clock_offset_us", null=True),
    _big("reports"),
    _big("doubled"),
    _big("missing"),
    _big("lost"),
    _json("faults"),
    _text("last_fault"),
    _json("readers"),
    _big("outbox_reports"),
    Column("known", Boolean, nullable=False),
    PrimaryKeyConstraint("site", "agent"),
)

antennas: Final = Table(
    "antennas",
    metadata,
    _site(),
    _text("antenna"),
    _us("at_us"),
    _text("state"),
    _us("last_dwell_at_us", null=True),
    _us("trusted_at_us", null=True),
    _big("dwells"),
    _share("reads_a_dwell"),
    _share("reference_share", null=True),
    PrimaryKeyConstraint("site", "antenna"),
)

acts: Final = Table(
    "acts",
    metadata,
    _site(),
    _text("id"),
    _text("role"),
    _us("asked_at_us"),
    _us("received_at_us"),
    _text("kind"),
    _text("subject"),
    _json("body"),
    Column("ok", Boolean, nullable=True),
    _text("detail", null=True),
    _us("answered_at_us", null=True),
    PrimaryKeyConstraint("site", "id"),
    Index("acts_pending", "site", "answered_at_us", "received_at_us"),
)
"""Append-only: a client inserts the request, the hub fills the answer once, nobody changes the rest. Applied in the order of
`received_at_us`, the clock of the machine that inserted; `asked_at_us` is the client's own, an offline tablet's is old."""

imports: Final = Table(
    "imports",
    metadata,
    _site(),
    _text("import_id"),
    _text("source"),
    _text("state"),
    _us("staged_at_us"),
    _us("applied_at_us", null=True),
    _int("items"),
    _int("added"),
    _int("changed"),
    _int("absent"),
    _text("kind"),
    _text("base", null=True),
    Column("complete", Boolean, nullable=False),
    _text("from_source", null=True),
    _text("cursor", null=True),
    _int("known"),
    _int("gone"),
    _int("staged"),
    _int("done"),
    _text("detail"),
    _bytes("seen"),
    _json("unsaid"),
    PrimaryKeyConstraint("site", "import_id"),
    Index("imports_staged", "site", "staged_at_us"),
)
"""`kind`: ``items``, or a table of labels, ``label`` or ``learned``, which is staged and taken like an import.
`state`: ``staging`` (rows are coming; never applied), ``staged``, ``applying`` (a stop left it in the middle; the hub finishes it
before anything else), ``applied``, ``refused`` (`detail` says why).

`items`: how many the source had, also those that are as they were. `base`: the import that the source was compared with, NULL
when it was not (then all its rows are staged). `known`: items in the catalogue at that moment, without those dropped before.
`gone`: of these, how many this import would drop. `staged`, `done`: rows to apply, and applied so far. `from_source`: the row of
`sources` that a listing belongs to, `cursor`: where its next one begins; `seen`: which known items a listing that was
broken off had met (`hub.store.difference`). `unsaid`: what the source says of no item, so that what another said of it stays."""

import_rows: Final = Table(
    "import_rows",
    metadata,
    _site(),
    _text("import_id"),
    _int("number"),
    _text("barcode"),
    _text("title"),
    _text("author"),
    _text("call_number"),
    _text("status"),
    _text("source_status"),
    _text("home_from"),
    _text("home_to"),
    _json("tag_keys"),
    _text("kind"),
    _json("flags"),
    _text("scheme"),
    _json("alternative_ids"),
    _big("digest", null=True),
    PrimaryKeyConstraint("site", "import_id", "number"),
    ForeignKeyConstraint(
        ["site", "import_id"], ["imports.site", "imports.import_id"], name="import_rows_import"
    ),
)
"""`kind`: ``item`` (to add or change), ``gone`` (to drop: only barcode and `source_status` say something), or ``absent`` (an
example of what the source lacks; nothing is done to it)."""

import_faults: Final = Table(
    "import_faults",
    metadata,
    _site(),
    _text("import_id"),
    _text("phase"),
    _int("number"),
    _text("place"),
    _text("what"),
    Column("taken", Boolean, nullable=False),
    PrimaryKeyConstraint("site", "import_id", "phase", "number"),
    ForeignKeyConstraint(
        ["site", "import_id"], ["imports.site", "imports.import_id"], name="import_faults_import"
    ),
)
"""`phase`: ``read`` (found in the source) or ``taken`` (found when the hub took it)."""

labels: Final = Table(
    "labels",
    metadata,
    _site(),
    _text("import_id"),
    _int("number"),
    _int("line"),
    _text("shelf"),
    _text("start"),
    _text("end"),
    _text("scheme"),
    _text("fault"),
    PrimaryKeyConstraint("site", "import_id", "number"),
    ForeignKeyConstraint(["site", "import_id"], ["imports.site", "imports.import_id"], name="labels_import"),
)
"""Tables of shelf labels, one row a board in the order in which the boards stand. In force is the newest applied one of each
kind of `imports` (``label``, ``learned``); `fault`: why a row is not used as it stands, empty when it is."""

sources: Final = Table(
    "sources",
    metadata,
    _site(),
    _text("source"),
    _text("kind"),
    _text("state"),
    _text("detail"),
    _text("cursor", null=True),
    _text("listing", null=True),
    _text("listing_cursor", null=True),
    Column("listing_full", Boolean, nullable=False),
    _json("counts"),
    _us("changed_at_us"),
    _us("last_at_us", null=True),
    _us("ok_at_us", null=True),
    _us("last_full_at_us", null=True),
    _us("next_at_us", null=True),
    PrimaryKeyConstraint("site", "source"),
)
"""One row a library system that is followed (``catalogs:`` of hub.yaml). `cursor`: where the next listing begins, NULL: with all
items; written in the transaction that applies the listing before it. `listing`: the import that a listing under way is staged
as; `listing_cursor`: what of it is staged, written with those rows. `last_full_at_us`: the last complete listing applied."""

users: Final = Table(
    "users",
    metadata,
    _site(),
    _text("name"),
    _text("role"),
    _text("password_hash"),
    _us("made_at_us"),
    PrimaryKeyConstraint("site", "name"),
)
"""Staff who may log in to web; the hub never reads it."""

sessions: Final = Table(
    "sessions",
    metadata,
    _site(),
    _text("token_hash"),
    _text("name"),
    _us("made_at_us"),
    _us("seen_at_us"),
    _us("expires_at_us"),
    PrimaryKeyConstraint("site", "token_hash"),
    ForeignKeyConstraint(
        ["site", "name"], ["users.site", "users.name"], name="sessions_user", ondelete="CASCADE"
    ),
    Index("sessions_user", "site", "name"),
)
"""Login sessions; the token itself is never stored, so a stolen backup opens no session."""
