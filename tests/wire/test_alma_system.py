"""The Alma connector against an Alma over a real socket: sets, states with their redirect, the day's calls, bad days."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers import alma_server, folio_server
from helpers.alma_server import CHANGED, ITEMS, PEOPLE_SET, TITLES, AlmaServer, coded, item
from helpers.http_standin import Behaviour, Reply, dead, endless, half, no_json, redirect, says, status

from hub.catalog.model import FileNote, Gone, Item, ItemState, RowFault
from hub.catalog.source import Mark, Row, System
from shelfwire.errors import AwayError, InputError, PeerError

FIRST, SECOND, THIRD = "991000001", "991000002", "991000003"


def titles() -> dict[str, list[dict[str, Any]]]:
    return {
        FIRST: [item("A1"), item("A2", process="LOAN")],
        SECOND: [],
        THIRD: [item("C1"), item("C2"), item("C3", process="MISSING")],
    }


@pytest.fixture
def alma() -> Iterator[AlmaServer]:
    with AlmaServer(titles()) as server:
        yield server


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    return folio_server.never_waits(monkeypatch, "hub.catalog.alma.calls")


def barcodes(rows: list[Row]) -> list[str]:
    return [row.barcode for row in rows if isinstance(row, Item)]


def last(rows: list[Row]) -> Mark:
    assert isinstance(rows[-1], Mark)
    return rows[-1]


def test_it_is_a_system(alma: AlmaServer, tmp_path: Path) -> None:
    system = alma.open(tmp_path, sets=[TITLES], changed_sets=[CHANGED])
    assert isinstance(system, System)
    assert (
        "takes the key; lists 1 sets with 3 members, answers about items; 98997 calls left" in system.check()
    )
    assert "lists nothing" in alma.open(tmp_path).check()
    system.close()
    system.close()


@pytest.mark.parametrize("kind", [TITLES, ITEMS])
def test_a_set_of_titles_or_of_items_is_listed_whole(alma: AlmaServer, tmp_path: Path, kind: str) -> None:
    rows = list(alma.open(tmp_path, sets=[kind]).items(None))
    assert barcodes(rows) == ["A1", "A2", "C1", "C2", "C3"]
    assert last(rows).done
    assert last(rows).total == (3 if kind == TITLES else 5)


def test_a_journal_of_many_volumes_is_read_in_pages(tmp_path: Path) -> None:
    with AlmaServer({FIRST: [item(f"V{number:03d}") for number in range(250)]}) as alma:
        assert len(barcodes(list(alma.open(tmp_path, sets=[TITLES]).items(None)))) == 250
        assert alma.paths().count(f"/bibs/{FIRST}/holdings/ALL/items") == 3


def test_a_large_set_has_a_mark_each_hundred_members_and_goes_on_from_any(tmp_path: Path) -> None:
    with AlmaServer({f"99{number:07d}": [item(f"T{number:03d}")] for number in range(250)}) as alma:
        rows = list(alma.open(tmp_path, sets=[TITLES]).items(None))
        found = barcodes(rows)
        assert found == [f"T{number:03d}" for number in range(250)]
        places = [(at, row) for at, row in enumerate(rows) if isinstance(row, Mark)]
        assert [(mark.done, mark.total) for _, mark in places] == [(False, 250), (False, 250), (True, 250)]
        at, second = places[1]
        assert barcodes(list(alma.open(tmp_path, sets=[TITLES]).items(second.cursor))) == barcodes(rows[at:])


def test_several_sets_follow_one_another(alma: AlmaServer, tmp_path: Path) -> None:
    alma.changed = [THIRD]
    rows = list(alma.open(tmp_path, sets=[CHANGED, ITEMS]).items(None))
    assert barcodes(rows) == ["C1", "C2", "C3", "A1", "A2", "C1", "C2", "C3"]
    assert [row.done for row in rows if isinstance(row, Mark)] == [False, True]


def test_the_next_listing_reads_the_sets_of_changes(alma: AlmaServer, tmp_path: Path) -> None:
    system = alma.open(tmp_path, sets=[TITLES], changed_sets=[CHANGED])
    cursor = last(list(system.items(None))).cursor
    alma.changed = [THIRD]
    rows = list(system.items(cursor))
    assert barcodes(rows) == ["C1", "C2", "C3"]
    assert last(rows).cursor == cursor


def test_items_that_stand_elsewhere_are_counted_and_told_at_the_end(tmp_path: Path) -> None:
    away = {"in_temp_location": True, "temp_library": coded("LAW"), "temp_location": coded("RES")}
    with AlmaServer({FIRST: [item("A1"), item("A2", held=away), item("A3", location=coded("REF"))]}) as alma:
        rows = list(alma.open(tmp_path, sets=[TITLES], libraries={"MAIN": ["STACKS"]}).items(None))
        assert barcodes(rows) == ["A1"]
        (note,) = [row for row in rows if isinstance(row, FileNote)]
        assert note.what.startswith("2 items stand in libraries or locations")


@pytest.mark.parametrize("kind", [TITLES, ITEMS])
def test_what_alma_does_not_give_costs_only_itself(alma: AlmaServer, tmp_path: Path, kind: str) -> None:
    alma.refused = {FIRST, *(one["item_data"]["pid"] for one in alma.titles[FIRST])}
    rows = list(alma.open(tmp_path, sets=[kind]).items(None))
    assert barcodes(rows) == ["C1", "C2", "C3"]
    assert {row.what for row in rows if isinstance(row, RowFault)} == {"is in the set, but Alma does not give it: left out"}  # fmt: skip


def test_an_alma_that_refuses_everything_is_faulty_and_not_empty(tmp_path: Path) -> None:
    with AlmaServer({f"99{number:07d}": [item(f"T{number}")] for number in range(30)}) as alma:
        alma.refused = set(alma.titles)
        with pytest.raises(PeerError, match="21 members in a row are refused"):
            list(alma.open(tmp_path, sets=[TITLES]).items(None))


def test_an_item_that_cannot_be_read_costs_only_itself(alma: AlmaServer, tmp_path: Path) -> None:
    alma.titles[FIRST][0]["item_data"]["barcode"] = 5
    alma.titles[THIRD][2]["item_data"] = "gone"
    rows = list(alma.open(tmp_path, sets=[TITLES]).items(None))
    assert barcodes(rows) == ["A2", "C1", "C2"]
    assert [row.where for row in rows if isinstance(row, RowFault)] == [f"Alma, an item of title {FIRST}", f"Alma, an item of title {THIRD}"]  # fmt: skip
    assert all(row.unread for row in rows if isinstance(row, RowFault)), (
        "nobody knows which barcodes they have"
    )


def test_a_title_or_a_set_that_gives_less_than_it_says_is_not_taken_for_whole(
    alma: AlmaServer, tmp_path: Path
) -> None:
    members = {"member": [{"link": f"/bibs/{FIRST}"}], "total_record_count": 2}
    page = {"item": alma.titles[FIRST], "total_record_count": 5}
    less = [members, page, {"total_record_count": 5}, {"total_record_count": 2}]
    alma.standin.behave(*(says(Reply(json=one)) for one in less))
    rows = list(alma.open(tmp_path, sets=[TITLES]).items(None))
    assert [row.what for row in rows if isinstance(row, RowFault) and row.unread] == [
        "says it has 5 items; 2 of them are read, the rest is left out",
        "says it has 2 members and gives 1: the rest is left out",
    ]


def test_a_place_of_another_system_means_everything_again(alma: AlmaServer, tmp_path: Path) -> None:
    system = alma.open(tmp_path, sets=[TITLES])
    assert barcodes(list(system.items('{"since":"2026-11-20"}'))) == barcodes(list(system.items(None)))
    assert "cannot be read; listing everything" in alma.told[-1]


def test_a_listing_rests_when_the_days_calls_run_low_and_goes_on_the_next_day(tmp_path: Path) -> None:
    with AlmaServer({f"99{number:07d}": [item(f"T{number:03d}")] for number in range(150)}) as alma:
        alma.remaining = 1_050
        rows: list[Row] = []
        system = alma.open(tmp_path, sets=[TITLES], keep_calls=900)
        with pytest.raises(AwayError, match=r"899 calls are left today and 900 are kept"):
            rows.extend(system.items(None))
        assert [one.barcode for one in system.states(["T001"]) if isinstance(one, ItemState)] == ["T001"]
        mark = next(row for row in reversed(rows) if isinstance(row, Mark))
        alma.remaining, asked = 100_000, len(alma.paths())
        with pytest.raises(AwayError, match="after midnight"):
            list(system.items(mark.cursor))
        assert len(alma.paths()) == asked, "a resting listing asks nothing"
        alma.clock_s = 700.0
        rest = list(system.items(mark.cursor))
        assert set(barcodes(rows) + barcodes(rest)) == {f"T{number:03d}" for number in range(150)}


def test_a_state_costs_two_calls_the_first_time_and_one_from_then_on(
    alma: AlmaServer, tmp_path: Path
) -> None:
    system = alma.open(tmp_path)
    first = list(system.states(["a2"]))
    assert first == [ItemState(barcode="a2", status="on_loan", source_status="LOAN")]
    assert len(alma.paths()) == 2
    alma.titles[FIRST][1]["item_data"] |= {"process_type": coded(""), "base_status": coded("1")}
    assert list(system.states(["a2"])) == [ItemState(barcode="a2", status="on_shelf")]
    assert len(alma.paths()) == 3


def test_an_item_that_moved_to_another_address_is_found_again(alma: AlmaServer, tmp_path: Path) -> None:
    system = alma.open(tmp_path)
    list(system.states(["A2", "C1"]))
    alma.titles[SECOND] = [alma.titles[FIRST].pop(1)]
    alma.titles[THIRD][0]["item_data"]["barcode"] = "C1-new"
    alma.titles[SECOND].append(item("C1"))
    alma.number()
    assert [type(row) for row in system.states(["A2", "C1"])] == [ItemState, ItemState]


def test_a_barcode_that_alma_does_not_have_is_gone(alma: AlmaServer, tmp_path: Path) -> None:
    rows = list(alma.open(tmp_path).states(["nobody", "C3", "", "x" * 90]))
    assert rows[0] == Gone(barcode="nobody")
    assert rows[1] == ItemState(barcode="C3", status="missing", source_status="MISSING")
    assert all(isinstance(row, RowFault) for row in rows[2:])
    with pytest.raises(ValueError, match="500 at a time"):
        list(alma.open(tmp_path).states([str(number) for number in range(501)]))


def test_an_answer_about_another_item_changes_no_state(alma: AlmaServer, tmp_path: Path) -> None:
    alma.standin.behave(says(Reply(json=alma.titles[THIRD][0])), says(Reply(json={"item_data": []})))
    rows = list(alma.open(tmp_path).states(["A1", "A2"]))
    assert [row.what for row in rows if isinstance(row, RowFault)] == [
        "Alma answered about another item: its state stays as it is",
        "is built otherwise than Alma documents: left out",
    ]
    assert len(rows) == 2


def test_an_item_that_alma_refuses_does_not_stop_the_questions_about_others(
    alma: AlmaServer, tmp_path: Path
) -> None:
    alma.refused = {alma.titles[FIRST][0]["item_data"]["pid"]}
    rows = list(alma.open(tmp_path).states(["A1", "A2"]))
    assert rows[0] == RowFault(
        where="Alma, barcode A1", what="Alma refuses it (401652): its state stays as it is", taken=False
    )
    assert isinstance(rows[1], ItemState)


def test_a_redirect_to_another_host_is_not_followed(alma: AlmaServer, tmp_path: Path) -> None:
    alma.standin.behave(
        redirect("https://elsewhere.example/almaws/v1/bibs/991000001/holdings/2211111/items/2311111")
    )
    with pytest.raises(PeerError, match="another address"):
        list(alma.open(tmp_path).states(["A1"]))


def test_a_wrong_key_is_said_and_not_shown(alma: AlmaServer, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("l7xxkilroy\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"400 \(UNAUTHORIZED\): the key in key_file is wrong") as told:
        alma.open(tmp_path, key_file="other").check()
    assert "kilroy" not in str(told.value)
    with pytest.raises(InputError, match="nofile cannot be read"):
        alma.open(tmp_path, key_file="nofile")


@pytest.mark.parametrize(
    ("set_id", "why"), [("7119999999", "no such set"), (PEOPLE_SET, "something else than titles")]
)
def test_a_set_that_is_none_of_ours_is_refused_in_words(
    alma: AlmaServer, tmp_path: Path, set_id: str, why: str
) -> None:
    with pytest.raises(InputError, match=why):
        list(alma.open(tmp_path, sets=[set_id]).items(None))


def test_without_sets_alma_only_answers(alma: AlmaServer, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="MARC export"):
        list(alma.open(tmp_path).items(None))


@pytest.mark.parametrize("behaviour", [status(500), status(503, {"Retry-After": "2"}), status(429), half()])
def test_a_fault_in_the_middle_costs_a_wait_and_no_row(
    alma: AlmaServer, tmp_path: Path, behaviour: Behaviour, waits: list[float]
) -> None:
    system = alma.open(tmp_path, sets=[TITLES])
    rows: list[Row] = []
    for row in system.items(None):
        if len(barcodes(rows)) == 1:
            alma.standin.behave(behaviour)
        rows.append(row)
    assert barcodes(rows) == ["A1", "A2", "C1", "C2", "C3"]
    assert max(waits) > 0.4
    assert any("trying again" in line for line in alma.told)


def test_a_day_without_calls_is_away(alma: AlmaServer, tmp_path: Path) -> None:
    alma.standin.behave(*[status(429, json=alma_server.refusal("DAILY_THRESHOLD"))] * 3)
    with pytest.raises(AwayError, match="DAILY_THRESHOLD"):
        list(alma.open(tmp_path).states(["A1"]))


def test_an_alma_that_says_nothing_is_away_within_its_time(alma: AlmaServer, tmp_path: Path) -> None:
    alma.standin.behave(dead())
    with pytest.raises(AwayError, match=r"0.3 s"):
        list(alma.open(tmp_path, answer_within_s=0.3, tries=1).states(["A1"]))


@pytest.mark.parametrize(
    "behaviour",
    [
        no_json(),
        endless(),
        status(400, json={}),
        status(404),
        says(Reply(json=[])),
        says(Reply(json={"member": []})),
        says(Reply(json={"total_record_count": 1, "member": [7]})),
        says(Reply(json={"total_record_count": 1, "member": [{"link": f"/bibs/{FIRST}"}] * 101})),
    ],
)
def test_an_answer_that_is_none_of_almas_stops_the_listing_in_words(
    alma: AlmaServer, tmp_path: Path, behaviour: Behaviour
) -> None:
    alma.standin.behave(behaviour)
    with pytest.raises(PeerError, match="Alma"):
        list(alma.open(tmp_path, sets=[TITLES]).items(None))


def test_a_title_that_never_ends_is_cut(
    alma: AlmaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.catalog.alma.listing.MAX_ITEMS_A_TITLE", 4)
    page = {"item": alma.titles[FIRST], "total_record_count": 10**9}
    members = {"member": [{"link": f"/bibs/{FIRST}"}], "total_record_count": 1}
    alma.standin.behave(says(Reply(json=members)), *[says(Reply(json=page))] * 2)
    rows = list(alma.open(tmp_path, sets=[TITLES]).items(None))
    assert [row.what for row in rows if isinstance(row, RowFault)] == ["says it has 1000000000 items; 4 of them are read, the rest is left out"]  # fmt: skip


def test_nothing_is_sent_but_questions(alma: AlmaServer, tmp_path: Path) -> None:
    system = alma.open(tmp_path, sets=[TITLES, ITEMS])
    system.check()
    list(system.items(None))
    list(system.states(["A1"]))
    assert {asked.method for asked in alma.standin.asked} == {"GET"}
    assert not any(
        "user" in asked.path or "loans" in asked.path or "requests" in asked.path
        for asked in alma.standin.asked
    )
    assert not any("apikey" in asked.query for asked in alma.standin.asked)
