"""The FOLIO connector against a FOLIO over a real socket: pages, changes, states, log-in, and bad days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from helpers import folio_server
from helpers.folio_server import FolioServer, changed, item
from helpers.http_standin import Behaviour, Reply, dead, endless, half, no_json, redirect, says, status

from hub.catalog.folio.system import Folio
from hub.catalog.model import Gone, Item, ItemState, RowFault
from hub.catalog.source import Mark, Row, System
from shelfwire.errors import AwayError, InputError, PeerError

TEN = [item(f"B{number:02d}", number=number + 1) for number in range(10)]


@pytest.fixture
def folio() -> Iterator[FolioServer]:
    with FolioServer(list(TEN)) as server:
        yield server


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    return folio_server.never_waits(monkeypatch, "hub.catalog.folio.system")


def barcodes(rows: list[Row]) -> list[str]:
    return [row.barcode for row in rows if isinstance(row, Item)]


def marks(rows: list[Row]) -> list[Mark]:
    return [row for row in rows if isinstance(row, Mark)]


def bad(items: list[Any], total: int = 99) -> Behaviour:
    return says(Reply(json={"items": items, "totalRecords": total}))


def test_it_is_a_system(folio: FolioServer, tmp_path: Path) -> None:
    system = folio.open(tmp_path)
    assert isinstance(system, System)
    assert "tenant diku, 10 items; lists and answers" in system.check()
    system.close()
    system.close()


def test_a_listing_hands_over_every_item_once_with_a_mark_a_page(folio: FolioServer, tmp_path: Path) -> None:
    rows = list(folio.open(tmp_path, page_size=4).items(None))
    assert barcodes(rows) == [f"B{number:02d}" for number in range(10)]
    assert [(mark.done, mark.total) for mark in marks(rows)] == [(False, 10), (False, 10), (True, 10)]
    assert folio.logins == 1


def test_a_full_last_page_costs_no_row_and_ends(folio: FolioServer, tmp_path: Path) -> None:
    rows = list(folio.open(tmp_path, page_size=5).items(None))
    assert len(barcodes(rows)) == 10
    assert marks(rows)[-1].done


def test_an_empty_folio_is_listed_to_its_end(tmp_path: Path) -> None:
    with FolioServer([]) as server:
        (mark,) = server.open(tmp_path).items(None)
        assert isinstance(mark, Mark)
        assert mark.done


def test_a_listing_goes_on_from_any_mark(folio: FolioServer, tmp_path: Path) -> None:
    rows = list(folio.open(tmp_path, page_size=3).items(None))
    for at, row in enumerate(rows):
        if isinstance(row, Mark) and not row.done:
            rest = list(folio.open(tmp_path, page_size=3).items(row.cursor))
            assert barcodes(rest) == barcodes(rows[at:])
            assert (marks(rest)[-1].done, marks(rest)[-1].total) == (True, 10)


def test_the_next_listing_holds_what_changed_since_the_last_one_began(
    folio: FolioServer, tmp_path: Path
) -> None:
    began = datetime(2026, 11, 20, 12, 0, tzinfo=UTC).timestamp()
    folio.standin.set_time(began)
    cursor = marks(list(folio.open(tmp_path, page_size=4).items(None)))[-1].cursor
    folio.items[3] = changed(TEN[3] | {"status": {"name": "Checked out"}}, "2026-11-20T11:57:00.000+00:00")
    folio.items[4] = changed(TEN[4], "2026-11-20T11:00:00.000+00:00")
    folio.items.append(changed(item("B99"), "2026-11-20T13:00:00.000+0000"))
    folio.standin.set_time(began + 7_200)
    rows = list(folio.open(tmp_path).items(cursor))
    assert sorted(barcodes(rows)) == ["B03", "B99"]
    last = marks(rows)[-1]
    assert last.done
    assert '"2026-11-20T14:00:00.000"' in last.cursor


def test_a_listing_that_takes_hours_is_followed_by_what_changed_since_its_beginning(
    folio: FolioServer, tmp_path: Path
) -> None:
    began = datetime(2026, 11, 20, 12, 0, tzinfo=UTC).timestamp()
    folio.standin.set_time(began)
    cursor = ""
    for row in folio.open(tmp_path, page_size=4).items(None):
        if isinstance(row, Mark):
            folio.standin.set_time(began + 7_200)
            cursor = row.cursor
    assert '"2026-11-20T12:00:00.000"' in cursor


def test_a_folio_that_gives_smaller_pages_than_asked_for_is_listed_whole(
    folio: FolioServer, tmp_path: Path
) -> None:
    folio.most = 3
    rows = list(folio.open(tmp_path, page_size=8).items(None))
    assert len(barcodes(rows)) == 10
    assert marks(rows)[-1].done


def test_only_the_named_locations_are_listed(folio: FolioServer, tmp_path: Path) -> None:
    here = "11111111-1111-4111-8111-111111111111"
    folio.items[2] = TEN[2] | {"effectiveLocation": {"id": here, "name": "Here"}}
    assert barcodes(list(folio.open(tmp_path, locations=[here]).items(None))) == ["B02"]


def test_an_item_that_cannot_be_read_costs_only_itself(folio: FolioServer, tmp_path: Path) -> None:
    folio.items[1] = TEN[1] | {"barcode": 17}
    folio.items[9] = TEN[9] | {"status": "lost"}
    rows = list(folio.open(tmp_path, page_size=2).items(None))
    assert len(barcodes(rows)) == 8
    assert [row.where for row in rows if isinstance(row, RowFault)] == [f"FOLIO, item {TEN[1]['id']}", f"FOLIO, item {TEN[9]['id']}"]  # fmt: skip
    assert all(row.unread for row in rows if isinstance(row, RowFault)), (
        "nobody knows which barcodes they have"
    )
    assert marks(rows)[-1].done


def test_states_are_asked_for_together_and_each_barcode_is_answered(
    folio: FolioServer, tmp_path: Path
) -> None:
    folio.items = [item("b1", status="Checked out"), item('q"*?\\^', status="Missing")]
    rows = list(folio.open(tmp_path).states(["B1", 'q"*?\\^', "nobody", "B1", "", "x" * 90]))
    assert sorted(rows, key=repr) == sorted(
        [
            ItemState(barcode="B1", status="on_loan", source_status="Checked out"),
            ItemState(barcode='q"*?\\^', status="missing", source_status="Missing"),
            Gone(barcode="nobody"),
            RowFault(where="FOLIO, barcode ''", what="is no barcode: not asked about", taken=False),
            RowFault(
                where=f"FOLIO, barcode {'x' * 80!r}", what="is no barcode: not asked about", taken=False
            ),
        ],
        key=repr,
    )
    assert folio.paths().count("/inventory/items") == 1


def test_five_hundred_states_take_a_handful_of_questions(folio: FolioServer, tmp_path: Path) -> None:
    folio.items = [item(f"3120000000{number:04d}") for number in range(500)]
    rows = list(folio.open(tmp_path).states([str(one["barcode"]) for one in folio.items]))
    assert len(rows) == 500
    assert all(isinstance(row, ItemState) for row in rows)
    assert folio.paths().count("/inventory/items") < 10
    with pytest.raises(ValueError, match="500 at a time"):
        list(folio.open(tmp_path).states([str(number) for number in range(501)]))


def test_an_answer_that_cannot_be_read_makes_no_book_gone(folio: FolioServer, tmp_path: Path) -> None:
    folio.items = [item("b1") | {"barcode": ["b1"]}]
    folio.standin.behave(
        says(Reply(status=201, json={}, headers={"Set-Cookie": "folioAccessToken=for ever"}))
    )
    folio.standin.behave(bad([folio.items[0]], total=1))
    (row,) = folio.open(tmp_path).states(["b1"])
    assert isinstance(row, RowFault)
    assert "its state stays as it is" in row.what


def test_a_token_is_renewed_before_its_end(folio: FolioServer, tmp_path: Path) -> None:
    system = folio.open(tmp_path)
    system.check()
    folio.clock_s = 400.0
    system.check()
    assert folio.logins == 1
    folio.clock_s = 500.0
    system.check()
    assert folio.logins == 2


def test_a_token_that_is_refused_is_renewed_once(folio: FolioServer, tmp_path: Path) -> None:
    system = folio.open(tmp_path, page_size=3)
    rows: list[Row] = []
    for row in system.items(None):
        rows.append(row)
        if isinstance(row, Mark) and folio.logins == 1:
            folio.good_tokens.clear()
    assert len(barcodes(rows)) == 10
    assert folio.logins == 2


def test_tokens_that_live_no_second_do_not_cost_a_login_each_request(
    folio: FolioServer, tmp_path: Path
) -> None:
    folio.life_s = -60
    list(folio.open(tmp_path, page_size=2).items(None))
    assert folio.logins == 1


def test_a_token_file_needs_no_login(folio: FolioServer, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("for ever\n", encoding="utf-8")
    assert len(barcodes(list(folio.open(tmp_path, token_file="token").items(None)))) == 10
    assert folio.logins == 0


def test_a_wrong_password_is_said_and_not_shown(folio: FolioServer, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("kilroy was here\n", encoding="utf-8")
    system = folio.open(tmp_path, password_file="wrong")
    for _ in range(3):
        with pytest.raises(InputError, match=r"the log-in is refused \(422\)") as told:
            system.check()
        assert "kilroy" not in str(told.value)
    assert folio.paths() == ["/authn/login-with-expiry"], "a few wrong passwords lock the account"


def test_a_missing_right_is_said(folio: FolioServer, tmp_path: Path) -> None:
    system = folio.open(tmp_path)
    system.check()
    folio.standin.behave(status(403, json=folio_server.refusal()))
    with pytest.raises(InputError, match="403"):
        list(system.items(None))


def test_an_older_folio_without_this_login_is_told_what_to_do(folio: FolioServer, tmp_path: Path) -> None:
    folio.standin.behave(status(404, json={}))
    with pytest.raises(InputError, match="token_file"):
        folio.open(tmp_path).check()


def test_a_login_without_a_token_is_the_servers_fault(folio: FolioServer, tmp_path: Path) -> None:
    folio.standin.behave(says(Reply(status=201, json={"accessTokenExpiration": "2026-11-22T18:00:00Z"})))
    with pytest.raises(PeerError, match="without a token"):
        folio.open(tmp_path).check()


@pytest.mark.parametrize("behaviour", [status(500), status(503, {"Retry-After": "2"}), status(429), half()])
def test_a_fault_in_the_middle_costs_a_wait_and_no_row(
    folio: FolioServer, tmp_path: Path, behaviour: Behaviour, waits: list[float]
) -> None:
    rows: list[Row] = []
    for row in folio.open(tmp_path, page_size=4).items(None):
        if isinstance(row, Mark) and len(marks(rows)) == 0:
            folio.standin.behave(behaviour)
        rows.append(row)
    assert len(barcodes(rows)) == 10
    assert max(waits) > 0.4
    assert any("trying again" in line for line in folio.told)


@pytest.mark.parametrize("behaviour", [status(500), half()])
def test_a_folio_that_stays_faulty_is_away(folio: FolioServer, tmp_path: Path, behaviour: Behaviour) -> None:
    system = folio.open(tmp_path)
    system.check()
    folio.standin.behave(*[behaviour] * 3)
    with pytest.raises(AwayError):
        list(system.items(None))
    assert len(barcodes(list(system.items(None)))) == 10


def test_a_folio_that_says_nothing_is_away_within_its_time(folio: FolioServer, tmp_path: Path) -> None:
    system = folio.open(tmp_path, answer_within_s=0.3, tries=1)
    folio.standin.behave(dead())
    with pytest.raises(AwayError, match=r"0.3 s"):
        system.check()


def reverse() -> Behaviour:
    return bad(list(reversed(TEN)))


@pytest.mark.parametrize(
    "behaviour",
    [
        no_json(),
        endless(),
        redirect("https://elsewhere.example/inventory/items"),
        status(400),
        says(Reply(json=[])),
        says(Reply(json={"items": {}, "totalRecords": 1})),
        says(Reply(json={"items": []})),
        says(Reply(json={"items": [], "totalRecords": 10})),
        bad([{"barcode": "1"}]),
        bad([TEN[0] | {"id": "x"}]),
        bad([TEN[0], TEN[0]]),
        bad([item(f"X{number}", number=number + 1) for number in range(201)]),
        reverse(),
    ],
)
def test_an_answer_that_is_none_of_folios_stops_the_listing_in_words(
    folio: FolioServer, tmp_path: Path, behaviour: Behaviour
) -> None:
    system: Folio = folio.open(tmp_path)
    system.check()
    folio.standin.behave(behaviour)
    with pytest.raises(PeerError, match="FOLIO"):
        list(system.items(None))


def test_a_place_of_another_system_means_everything_again(folio: FolioServer, tmp_path: Path) -> None:
    system = folio.open(tmp_path)
    assert len(barcodes(list(system.items('{"run":"all"}')))) == 10
    assert "cannot be read; listing everything" in folio.told[-1]


def test_a_page_that_comes_again_and_again_ends_the_listing(folio: FolioServer, tmp_path: Path) -> None:
    system = folio.open(tmp_path, page_size=10)
    system.check()
    folio.standin.behave(bad(TEN), bad(TEN))
    with pytest.raises(PeerError, match="not in the order"):
        list(system.items(None))


def test_nothing_is_asked_for_but_items(folio: FolioServer, tmp_path: Path) -> None:
    system = folio.open(tmp_path, page_size=3)
    list(system.items(None))
    list(system.states(["B01"]))
    assert {(asked.method, asked.path) for asked in folio.standin.asked} == {
        ("POST", "/authn/login-with-expiry"),
        ("GET", "/inventory/items"),
    }
