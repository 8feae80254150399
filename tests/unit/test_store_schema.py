"""The laws that the tables keep. Read from the tables themselves."""

from __future__ import annotations

import re
from typing import get_args

import msgspec
import pytest
from sqlalchemy import Table

from hub import effects, events, views
from hub.catalog import model
from hub.store import users
from hub.store.migrate import HEAD, known_revisions
from hub.store.read import health, imports
from hub.store.tables import metadata
from shelfwire import messages

TABLES = list(metadata.tables.values())

PATRON = re.compile(
    r"patron|borrow|reader_name|loaned|lent_to|cardholder|card_?n|customer|member|person|student|birth|e_?mail|phone|address|due|hold_for|first_?name|last_?name|surname",
    re.IGNORECASE,
)


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_no_table_can_hold_anything_about_a_patron(table: Table) -> None:
    for column in table.columns:
        assert not PATRON.search(column.name), column


def test_the_only_table_with_names_of_people_is_that_of_staff_logins() -> None:
    named = {table.name for table in TABLES if "name" in table.columns}
    assert named == {"users", "sessions", "meta"}
    assert set(users.User.__struct_fields__) == {"name", "role", "password_hash", "made_at_us"}


@pytest.mark.parametrize(
    "module", [effects, events, views, model, messages, imports, health], ids=lambda m: m.__name__
)
def test_no_message_or_view_can_hold_anything_about_a_patron(module: object) -> None:
    for struct in vars(module).values():
        if isinstance(struct, type) and issubclass(struct, msgspec.Struct):
            for field in struct.__struct_fields__:
                assert not PATRON.search(field), f"{struct.__name__}.{field}"


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_every_key_and_every_index_begins_with_the_site(table: Table) -> None:
    assert next(iter(table.primary_key)).name == "site"
    for index in table.indexes:
        assert next(iter(index.columns)).name == "site", index
    for key in table.foreign_key_constraints:
        assert key.column_keys[0] == "site", key


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_times_say_their_unit(table: Table) -> None:
    for column in table.columns:
        if column.name.endswith(("_at", "_time", "_since", "_from", "_to")):
            assert column.name in {"home_from", "home_to"}, column


def test_rows_of_the_engine_have_no_foreign_key_that_could_stop_the_hub() -> None:
    linked = {table.name for table in TABLES if table.foreign_keys}
    assert linked == {"links", "item_texts", "import_rows", "import_faults", "labels", "sessions"}


def test_the_code_speaks_of_the_newest_migration() -> None:
    assert known_revisions()[-1] == HEAD
    assert len(known_revisions()) >= 2
    assert "withdrawn" in get_args(model.ItemStatus)
