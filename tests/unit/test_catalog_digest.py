"""The digest of an item: any word of it counts, the state can be exchanged, and the barcode is compared as people read it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.catalog.digest import barcode_hash, barcode_key, item_digest, with_state
from hub.catalog.model import FLAGS, STATUSES, Item

ITEM = Item(
    barcode="0017",
    title="Dune",
    author="Herbert",
    call_number="PS 3558",
    tags=("AB",),
    alternative_ids=("i7",),
    home_from="1F-A",
)

STATES = st.tuples(
    st.sampled_from(STATUSES), st.text(max_size=5), st.lists(st.sampled_from(FLAGS), unique=True)
)


@pytest.mark.parametrize(
    "change",
    [
        {"barcode": "0018"},
        {"title": "Dune 2"},
        {"author": ""},
        {"call_number": "PS 3559"},
        {"scheme": "LC"},
        {"status": "lost"},
        {"source_status": "4"},
        {"flags": ("damaged",)},
        {"home_from": "1F-B"},
        {"home_to": "1F-B"},
        {"tags": ("AB", "AC")},
        {"alternative_ids": ()},
    ],
)
def test_every_word_of_an_item_counts(change: dict[str, Any]) -> None:
    assert item_digest(msgspec.structs.replace(ITEM, **change)) != item_digest(ITEM)


def test_every_field_of_the_model_is_in_the_digest() -> None:
    counted = {"barcode", "title", "author", "call_number", "scheme", "status", "source_status", "flags"}
    counted |= {"home_from", "home_to", "tags", "alternative_ids"}
    assert set(Item.__struct_fields__) - {"place"} == counted, (
        "a new field of Item belongs into hub.catalog.digest"
    )


def test_words_do_not_run_into_each_other() -> None:
    one = msgspec.structs.replace(ITEM, title="Dune Her", author="bert")
    other = msgspec.structs.replace(ITEM, title="Dune ", author="Herbert")
    assert item_digest(one) != item_digest(other)


@given(STATES, STATES)
def test_a_digest_follows_a_new_state_as_if_the_item_had_come_with_it(
    old: tuple[Any, str, list[Any]], new: tuple[Any, str, list[Any]]
) -> None:
    def of(state: tuple[Any, str, list[Any]]) -> int:
        status, word, flags = state
        return item_digest(
            msgspec.structs.replace(ITEM, status=status, source_status=word, flags=tuple(flags))
        )

    assert with_state(of(old), old, new) == of(new)
    assert -(2**63) <= of(new) < 2**63


def test_case_and_blanks_of_a_barcode_do_not_count() -> None:
    assert barcode_key(" conc 4000036\t") == barcode_key("CONC4000036")
    assert barcode_hash("conc 4000036") == barcode_hash("CONC4000036")
    assert barcode_key("007") != barcode_key("7")
