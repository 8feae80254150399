"""FOLIO's answers become ours: statuses, labels, schemes, other identifiers; what is odd is told and never guessed."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from helpers.folio_server import item

from hub.catalog.folio.items import Reader, decode
from hub.catalog.folio.options import FolioOptions, folio_options
from hub.catalog.folio.status import read_status
from hub.catalog.model import Gone, Item, ItemState, RowFault
from hub.catalog.options import words
from shelfwire.errors import InputError

GOOD: dict[str, Any] = {"url": "https://folio.example", "tenant": "diku", "user": "u", "password_file": "p"}
ID = "11111111-1111-4111-8111-111111111111"

STATUSES = {
    "Available": ("on_shelf", ()),
    "Checked out": ("on_loan", ()),
    "Claimed returned": ("on_loan", ("claimed_returned",)),
    "Awaiting pickup": ("hold_shelf", ()),
    "Awaiting delivery": ("in_transit", ()),
    "In transit": ("in_transit", ()),
    "Paged": ("on_shelf", ("requested",)),
    "Missing": ("missing", ()),
    "Long missing": ("missing", ()),
    "Declared lost": ("lost", ()),
    "Aged to lost": ("lost", ()),
    "Lost and paid": ("lost", ()),
    "Withdrawn": ("withdrawn", ()),
    "In process": ("in_processing", ()),
    "In process (non-requestable)": ("in_processing", ()),
    "On order": ("in_processing", ()),
    "Order closed": ("in_processing", ()),
    "Restricted": ("not_for_loan", ("restricted",)),
    "Unavailable": ("in_processing", ("unclear",)),
    "Unknown": ("in_processing", ("unclear",)),
}


def options(**more: Any) -> FolioOptions:
    return folio_options(GOOD | more)


def rows(data: object, **more: Any) -> list[Item | RowFault]:
    return list(Reader(options(**more)).item(decode(msgspec.Raw(json.dumps(data).encode())), ID))


def one(data: object, **more: Any) -> Item:
    (row,) = rows(data, **more)
    assert isinstance(row, Item)
    return row


@pytest.mark.parametrize("word", STATUSES)
def test_each_status_of_folio_has_its_own_meaning_and_keeps_its_word(word: str) -> None:
    found = one(item("1", status=word))
    assert ((found.status, found.flags), found.source_status) == (STATUSES[word], word)


def test_an_intellectual_item_has_no_piece_and_is_left_out() -> None:
    (row,) = rows(item("1", status="Intellectual item"))
    assert isinstance(row, RowFault)
    assert not row.taken
    state = list(Reader(options()).state(decode_one(item("1", status="Intellectual item")), "1"))
    assert state == [Gone(barcode="1", source_status="Intellectual item")]


def decode_one(data: object) -> Any:
    found = decode(msgspec.Raw(json.dumps(data).encode()))
    assert found is not None
    return found


def test_a_status_that_nobody_knows_is_told_and_never_on_the_shelf() -> None:
    fault, found = rows(item("1", status="Being digitised"))
    assert isinstance(fault, RowFault)
    assert fault.taken
    assert "'Being digitised' is unknown" in fault.what
    assert isinstance(found, Item)
    assert (found.status, found.flags) == ("in_processing", ("unclear",))


@pytest.mark.parametrize("word", ["Checked out to Jane Quill", "4711", "x@y.example", "", "A" * 60])
def test_what_is_no_word_of_a_system_is_not_repeated(word: str) -> None:
    status = read_status(word, {})
    assert status is not None
    assert (status.status, status.source_status, status.known) == ("in_processing", "", False)


def test_the_librarys_own_table_comes_first() -> None:
    assert one(item("1", status="In process"), statuses={"in  PROCESS": "on_shelf"}).status == "on_shelf"
    found = read_status("Intellectual item", words({"Intellectual item": "display"}))
    assert found is not None
    assert found.status == "display"


def test_the_label_is_prefix_number_suffix_volume_year_and_copy() -> None:
    label = {"callNumber": "PR4034 .P7", "prefix": "Oversize", "suffix": "1995", "typeId": None}
    found = one(item("1", effectiveCallNumberComponents=label, enumeration="no.3", chronology="2004"))
    assert found.call_number == "Oversize PR4034 .P7 1995 v.2 no.3 2004 c.2"


@pytest.mark.parametrize(
    ("copy", "ends"), [("1", "v.2"), ("01", "v.2"), ("c.3", "c.3"), ("3", "c.3"), (None, "v.2")]
)
def test_a_first_copy_has_no_number_on_its_label(copy: str | None, ends: str) -> None:
    assert one(item("1", copyNumber=copy)).call_number.endswith(ends)


def test_without_a_number_a_volume_alone_is_no_label() -> None:
    assert one(item("1", effectiveCallNumberComponents={"callNumber": " "})).call_number == ""
    assert one(item("1", effectiveCallNumberComponents=None)).call_number == ""


@pytest.mark.parametrize(
    ("kind", "scheme"),
    [
        ("95467209-6d7b-468b-94df-0f5d7ad2747d", "LC"),
        ("03DD64D0-5626-4ecd-8ece-4531e0069f35", "DEWEY"),
        ("054d460d-d6b9-4469-9e37-7a78a2266655", "LC"),
        ("fc388041-6cd0-4806-8a74-ebe3b9ab4c6e", "FREE"),
        ("827a2b64-cbf5-4296-8545-130876e4dfc0", ""),
        ("99999999-9999-4999-8999-999999999999", "CLC"),
        (None, ""),
    ],
)
def test_the_type_of_a_call_number_says_how_it_is_built(kind: str | None, scheme: str) -> None:
    label = {"callNumber": "I247.5/1", "typeId": kind}
    own = {"99999999-9999-4999-8999-999999999999": "clc"}
    assert one(item("1", effectiveCallNumberComponents=label), schemes=own).scheme == scheme


def test_an_item_in_the_house_is_known_by_its_loan_type() -> None:
    reading: dict[str, Any] = {
        "permanentLoanType": {"name": "Can circulate"},
        "temporaryLoanType": {"name": "Reading  Room"},
    }
    assert one(item("1", **reading), not_for_loan=["reading room"]).status == "not_for_loan"
    assert one(item("1", **reading)).status == "on_shelf"
    assert one(item("1", status="Missing", **reading), not_for_loan=["reading room"]).status == "missing"


def test_damage_is_a_flag_unless_the_status_says_not_damaged() -> None:
    assert one(item("1", itemDamagedStatusId="54d1dd76-ea33-4bcb-955b-6b29df4f7930")).flags == ("damaged",)
    assert one(item("1", itemDamagedStatusId="516b82eb-1f19-4a63-8c48-8f1a3e9ff311")).flags == ()


def test_accession_number_hrid_and_former_ids_are_other_identifiers() -> None:
    found = one(item("1", accessionNumber="A-7", hrid="it1", formerIds=["old-9", None, "1", "A-7"]))
    assert found.alternative_ids == ("A-7", "it1", "old-9")
    many = one(item("1", hrid=None, formerIds=["x" * 81, *map(str, range(100, 200))])).alternative_ids
    assert many == tuple(map(str, range(100, 107))), "bounded in number and length"


def test_a_line_repeats_no_more_of_a_barcode_than_a_barcode_can_have() -> None:
    fault, _ = rows(item("9" * 5_000, status="Being digitised"))
    assert isinstance(fault, RowFault)
    assert len(fault.where) < 200


def test_a_barcode_stays_text() -> None:
    assert one(item("  000123 x ")).barcode == "000123 x"


@pytest.mark.parametrize("barcode", [None, "", "  "])
def test_an_item_without_barcode_is_named_by_its_id_and_left_out(barcode: str | None) -> None:
    (row,) = rows(item(barcode))
    assert row == RowFault(where=f"FOLIO, item {ID}", what="has no barcode: left out", taken=False)


@pytest.mark.parametrize(
    "data",
    [7, [], "x", None, {"barcode": 5}, {"barcode": "1", "status": "x"}, {"barcode": "1", "formerIds": {}}],
)
def test_an_item_that_is_built_otherwise_costs_only_itself(data: object) -> None:
    (row,) = rows(data)
    assert isinstance(row, RowFault)
    assert not row.taken


def test_an_item_with_nothing_but_a_barcode_is_no_item_on_the_shelf() -> None:
    fault, found = rows({"barcode": "1"})
    assert isinstance(fault, RowFault)
    assert isinstance(found, Item)
    assert found.status == "in_processing"


def test_a_state_has_the_barcode_that_was_asked_about() -> None:
    (state,) = Reader(options()).state(decode_one(item("abc", status="Paged")), "ABC")
    assert state == ItemState(barcode="ABC", status="on_shelf", source_status="Paged", flags=("requested",))


@pytest.mark.parametrize(("word", "status"), [("Available", "in_transit"), ("Checked out", "on_loan")])
def test_a_book_that_now_stands_in_another_location_is_not_expected_here(word: str, status: str) -> None:
    reader = Reader(options(locations=[ID]))
    (state,) = reader.state(decode_one(item("1", status=word)), "1")
    assert isinstance(state, ItemState)
    assert (state.status, state.source_status) == (status, "elsewhere" if word == "Available" else word)
    (state,) = reader.state(decode_one(item("1", effectiveLocation={"id": ID.upper()})), "1")
    assert isinstance(state, ItemState)
    assert state.status == "on_shelf"


def test_text_is_one_line_without_control_signs() -> None:
    assert one(item("1", title="Stolz\u3000und\n Vor\u0000ur\u200bteil")).title == "Stolz und Vorurteil"


def test_all_faults_of_the_options_are_told_at_once() -> None:
    with pytest.raises(InputError) as told:
        folio_options(
            {"url": "http://folio.example", "tenant": "a b", "locations": ["Annex"], "colour": "red"}
        )
    assert len(told.value.faults) == 3
    with pytest.raises(InputError) as told:
        folio_options({"url": "http://folio.example", "tenant": "diku", "password_file": "p"})
    assert [fault.split(":")[1].strip() for fault in told.value.faults] == ["url", "say who asks", "user and password_file belong together"]  # fmt: skip
    with pytest.raises(InputError, match="either user and password_file, or token_file"):
        folio_options(GOOD | {"token_file": "t"})
