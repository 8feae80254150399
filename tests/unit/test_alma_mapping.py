"""Alma's answers become ours: process types, labels, libraries; what is odd is told and never guessed."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from helpers.alma_server import coded, item

from hub.catalog.alma.items import Answer, Reader, decode
from hub.catalog.alma.options import AlmaOptions, alma_options
from hub.catalog.alma.status import read_status
from hub.catalog.model import Item, ItemState, RowFault
from hub.catalog.options import words
from shelfwire.errors import InputError

GOOD: dict[str, Any] = {"url": "https://api-eu.example/almaws/v1", "key_file": "key"}
TITLE = "991000001"


def options(**more: Any) -> AlmaOptions:
    return alma_options(GOOD | more)


def read(data: object) -> Answer:
    found = decode(msgspec.Raw(json.dumps(data).encode()))
    assert found is not None
    return found


def rows(data: object, **more: Any) -> list[Item | RowFault]:
    return list(Reader(options(**more)).item(read(data), TITLE))


def one(data: object, **more: Any) -> Item:
    (row,) = rows(data, **more)
    assert isinstance(row, Item)
    return row


@pytest.mark.parametrize(
    ("process", "base", "status", "flags"),
    [
        ("", "1", "on_shelf", ()),
        ("", "0", "in_processing", ("unclear",)),
        ("LOAN", "0", "on_loan", ()),
        ("ILL", "0", "on_loan", ()),
        ("HOLDSHELF", "0", "hold_shelf", ()),
        ("REQUESTED", "1", "on_shelf", ("requested",)),
        ("REQUESTED", "0", "in_transit", ("requested",)),
        ("TRANSIT", "0", "in_transit", ()),
        ("TRANSIT_TO_REMOTE_STORAGE", "0", "in_transit", ()),
        ("MISSING", "0", "missing", ()),
        ("LOST_LOAN", "0", "lost", ()),
        ("LOST_LOAN_AND_PAID", "0", "lost", ()),
        ("LOST_ILL", "0", "lost", ()),
        ("CLAIM_RETURNED_LOAN", "0", "on_loan", ("claimed_returned",)),
        ("CLAIMED_RETURNED_LOAN", "0", "on_loan", ("claimed_returned",)),
        ("WORK_ORDER_DEPARTMENT", "0", "in_processing", ()),
        ("TECHNICAL", "0", "in_processing", ()),
        ("ACQ", "0", "in_processing", ()),
        ("BINDERY", "0", "in_processing", ()),
    ],
)
def test_each_process_type_has_its_own_meaning(
    process: str, base: str, status: str, flags: tuple[str, ...]
) -> None:
    found = one(item("1", process=process, base=base))
    assert (found.status, found.flags) == (status, flags)
    assert found.source_status in {process, "not in place"}


def test_a_process_that_nobody_knows_is_told_and_never_on_the_shelf() -> None:
    fault, found = rows(item("1", process="ROBOT_STORE", base="1"))
    assert isinstance(fault, RowFault)
    assert "'ROBOT_STORE' is unknown" in fault.what
    assert isinstance(found, Item)
    assert (found.status, found.source_status) == ("in_processing", "ROBOT_STORE")


@pytest.mark.parametrize("process", ["Loaned to Jane Quill", "P-4711", "x@y.example", "A" * 60])
def test_what_is_no_code_of_a_system_is_not_repeated(process: str) -> None:
    assert read_status(process, "1", {})[:2] == ("in_processing", "")


def test_the_librarys_own_table_comes_first() -> None:
    assert read_status("TECHNICAL", "0", words({"technical": "display"})).status == "display"


def test_flags_are_read_whether_alma_writes_them_as_truth_or_as_text() -> None:
    flags: dict[str, Any] = {
        "requested": "true",
        "awaiting_reshelving": True,
        "physical_condition": coded("DAMAGED"),
    }
    assert one(item("1", **flags)).flags == ("requested", "recently_returned", "damaged")
    assert one(item("1", requested="false", awaiting_reshelving=None)).flags == ()


def test_an_item_in_the_house_is_known_by_its_policy() -> None:
    assert one(item("1", policy=coded("07")), not_for_loan=["07"]).status == "not_for_loan"
    assert one(item("1", process="LOAN", policy=coded("07")), not_for_loan=["07"]).status == "on_loan"


def test_the_items_own_number_comes_before_that_of_its_place_and_of_its_holding() -> None:
    away = {"in_temp_location": True, "temp_call_number": "RES 7", "temp_call_number_type": coded("8")}
    own: dict[str, Any] = {"alternative_call_number": "813.54 T", "alternative_call_number_type": coded("1")}
    found = one(item("1", held=away, **own))
    assert (found.call_number, found.scheme) == ("813.54 T v.2 c.2", "DEWEY")
    found = one(item("1", held=away))
    assert (found.call_number, found.scheme) == ("RES 7 v.2 c.2", "FREE")
    found = one(item("1", held=away | {"in_temp_location": False}))
    assert (found.call_number, found.scheme) == ("PR4034 .P7 1995 v.2 c.2", "LC")


def test_the_library_may_say_how_its_other_numbers_are_built() -> None:
    other = {"call_number": "I247.5/1", "call_number_type": coded("8"), "copy_id": "0"}
    found = one(item("1", held=other, description=""), schemes={"8": "clc"})
    assert (found.call_number, found.scheme) == ("I247.5/1", "CLC")


def test_an_item_without_any_number_has_none() -> None:
    assert one(item("1", held={"call_number": " "})).call_number == ""


def test_title_author_and_other_identifiers_are_kept() -> None:
    found = one(item("1", held={"accession_number": "ACC-9"}, pid="2310000010001"))
    assert (found.title, found.author) == ("Pride and prejudice", "Austen, Jane")
    assert found.alternative_ids == ("2005/3060", "ACC-9", "2310000010001")


@pytest.mark.parametrize(
    ("libraries", "ours"),
    [
        ({}, True),
        ({"MAIN": []}, True),
        ({"MAIN": ["STACKS"]}, True),
        ({"MAIN": ["REF"]}, False),
        ({"LAW": []}, False),
    ],
)
def test_only_items_of_the_named_libraries_and_locations_are_ours(
    libraries: dict[str, list[str]],
    ours: bool,  # noqa: FBT001 (a column of the table)
) -> None:
    assert Reader(options(libraries=libraries)).is_ours(read(item("1"))) is ours


def test_an_item_that_is_elsewhere_for_a_time_stands_there() -> None:
    away = {"in_temp_location": True, "temp_library": coded("LAW"), "temp_location": coded("RES")}
    assert Reader(options(libraries={"LAW": ["RES"]})).is_ours(read(item("1", held=away)))
    assert not Reader(options(libraries={"MAIN": []})).is_ours(read(item("1", held=away)))


@pytest.mark.parametrize(("pid", "where"), [("2310000010001", "Alma, item 2310000010001"), ("Jane Quill", f"Alma, an item of title {TITLE}")])  # fmt: skip
def test_an_item_without_barcode_is_named_by_figures_only(pid: str, where: str) -> None:
    assert rows(item("", pid=pid)) == [RowFault(where=where, what="has no barcode: left out", taken=False)]


@pytest.mark.parametrize(
    "data", [7, [], None, {}, {"item_data": 5}, {"item_data": {"barcode": 5}}, {"item_data": None}]
)
def test_an_item_that_is_built_otherwise_is_none(data: object) -> None:
    assert decode(msgspec.Raw(json.dumps(data).encode())) is None


def test_a_state_has_the_barcode_that_was_asked_about() -> None:
    (state,) = Reader(options()).state(read(item("abc", process="LOAN")), "ABC")
    assert state == ItemState(barcode="ABC", status="on_loan", source_status="LOAN")


def test_a_book_that_now_stands_in_another_library_is_not_expected_here() -> None:
    (state,) = Reader(options(libraries={"LAW": []})).state(read(item("1")), "1")
    assert state == ItemState(barcode="1", status="in_transit", source_status="elsewhere")
    (state,) = Reader(options(libraries={"LAW": []}, statuses={"elsewhere": "withdrawn"})).state(
        read(item("1")), "1"
    )
    assert state == ItemState(barcode="1", status="withdrawn", source_status="elsewhere")


def test_all_faults_of_the_options_are_told_at_once() -> None:
    with pytest.raises(InputError) as told:
        alma_options({"url": "http://alma.example", "key_file": "k", "changed_sets": ["12345"]})
    assert len(told.value.faults) == 2
    with pytest.raises(InputError) as told:
        alma_options(
            {"url": "https://alma.example", "sets": ["a/../b"], "schemes": {"9": "lc"}, "keep_calls": -1}
        )
    assert len(told.value.faults) == 4
