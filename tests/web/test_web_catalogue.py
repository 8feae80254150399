"""The catalogue on the map: followed systems, imports with their faults, and a drop that waits for a person."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from helpers.webs import World, bearer

from hub.catalog.model import Item, RowFault
from hub.store.difference import known_digests
from hub.store.imports import stage_import
from hub.store.sources import put_source
from hub.store.write import StoreWriter

PAGE = "/s/demo/catalogue"
FAULTS = [
    RowFault(where="line 12", what="=cmd()", taken=False),
    RowFault(where="line 13", what="no call number", taken=True),
]


def token(client: FlaskClient) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', client.get(PAGE).text)
    assert found
    return found[1]


@pytest.fixture
def dropping(world: World) -> World:
    """A list that lacks a third of the catalogue was put aside."""
    kept = [Item(barcode=f"30000{number:07d}", title="kept") for number in range(1000)]
    difference = known_digests(world.engine, "demo")
    stage_import(
        world.engine, "demo", "import-2", kept, FAULTS, "all.mrc", difference=difference, complete=True
    )
    return world


def test_a_drop_that_waits_is_shown_with_its_share_and_examples(dropping: World) -> None:
    html = dropping.client().get(PAGE).text
    assert "It lacks 470 of 1470 items (32.0 %); they would be dropped." in html
    html = dropping.client().get(f"{PAGE}/import/import-2").text
    assert "Approve: drop 470 items" in html
    assert "300000001000" in html


def test_approving_hands_in_exactly_the_share_that_was_seen_and_the_hub_takes_it(dropping: World) -> None:
    act = {
        "id": "act-00000001",
        "kind": "catalog.import",
        "subject": "import-2",
        "body": {"accepted_share": 1.0, "gone": 470},
    }
    answer = dropping.client().post(
        "/api/v1/sites/demo/acts", json=act, headers=bearer(dropping, "librarian")
    )
    assert answer.status_code == 202
    (pending,) = StoreWriter(dropping.engine).pending_acts("demo")
    assert pending.body == {"import_id": "import-2", "accepted_share": pytest.approx(470 / 1470)}
    index = {shelf.id: shelf.index for shelf in dropping.site.shelves}
    share = pending.body["accepted_share"]
    StoreWriter(dropping.engine).apply_import("demo", "import-2", index, accepted_share=share)
    gone = dropping.library.reader.item("300000001200")
    assert gone
    assert gone.status == "withdrawn"
    dropping.say_changed("site", "demo")
    assert "470 of them withdrawn" in dropping.client().get(PAGE, headers=bearer(dropping, "shelver")).text


@pytest.mark.parametrize("typed", [None, "", "47", 469, True])
def test_a_large_drop_is_not_taken_without_the_number_of_items_that_it_drops(
    dropping: World, typed: object
) -> None:
    act = {"id": "act-00000001", "kind": "catalog.import", "subject": "import-2", "body": {"gone": typed}}
    answer = dropping.client().post(
        "/api/v1/sites/demo/acts", json=act, headers=bearer(dropping, "librarian")
    )
    assert answer.status_code == 400
    assert not StoreWriter(dropping.engine).pending_acts("demo")


def test_the_page_asks_for_the_number_of_a_large_drop(dropping: World) -> None:
    html = dropping.client().get(f"{PAGE}/import/import-2").text
    assert "470 of 1470 items leave the catalogue. Type the number 470 to approve it." in html
    assert '<input id="gone" name="gone" inputmode="numeric" pattern="470"' in html


def test_an_import_that_waits_can_be_thrown_away_by_a_librarian(dropping: World) -> None:
    path, client = f"{PAGE}/import/import-2/discard", dropping.client()
    form = {"form_token": token(client)}
    assert client.post(path, data=form).status_code == 303
    assert client.get(f"{PAGE}/import/import-2").status_code == 404
    assert dropping.library.reader.import_faults("import-2") == []
    assert client.post(path, data=form).status_code == 404


def test_a_shelver_may_not_throw_an_import_away(dropping: World) -> None:
    who = bearer(dropping, "shelver")
    assert dropping.client().post(f"{PAGE}/import/import-2/discard", headers=who).status_code == 403
    assert dropping.library.reader.import_("import-2") is not None


def test_an_import_that_was_taken_cannot_be_thrown_away(world: World) -> None:
    assert not world.library.drop_import("import-1")
    assert world.library.reader.import_("import-1") is not None


def test_a_shelver_may_not_approve(dropping: World) -> None:
    who = bearer(dropping, "shelver")
    act = {"id": "act-00000001", "kind": "catalog.import", "subject": "import-2"}
    assert dropping.client().post("/api/v1/sites/demo/acts", json=act, headers=who).status_code == 403
    assert "A librarian can approve it." in dropping.client().get(f"{PAGE}/import/import-2", headers=who).text


def test_an_import_that_nobody_put_aside_cannot_be_approved(world: World) -> None:
    act = {"id": "act-00000001", "kind": "catalog.import", "subject": "import-9"}
    answer = world.client().post("/api/v1/sites/demo/acts", json=act, headers=bearer(world, "librarian"))
    assert answer.status_code == 404


def test_an_older_list_does_not_wait_any_more_when_a_newer_one_was_taken(dropping: World) -> None:
    stage_import(dropping.engine, "demo", "import-3", [Item(barcode="new")], (), "later.csv")
    StoreWriter(dropping.engine).apply_import("demo", "import-3", {})
    assert "they would be dropped" not in dropping.client().get(PAGE).text
    html = dropping.client().get(f"{PAGE}/import/import-2").text
    assert "Approve" not in html
    assert "It is out of date: another import was taken" in html
    assert "Throw it away" in html
    assert "Out of date" in dropping.client().get(PAGE).text


def test_faults_are_listed_and_can_be_taken_away_without_running_in_a_spreadsheet(dropping: World) -> None:
    html = dropping.client().get(f"{PAGE}/import/import-2").text
    assert "line 12" in html
    assert re.search(r"<h2>2 faults</h2>", html)
    text = dropping.client().get(f"{PAGE}/import/import-2/faults.csv").text
    assert text.splitlines()[1] == "line 12,'=cmd(),no"
    assert len(text.splitlines()) == 3


def test_a_running_import_shows_how_far_it_is(dropping: World) -> None:
    with dropping.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE imports SET state='applying', done=120 WHERE import_id='import-2'")
    html = dropping.client().get(PAGE).text
    assert re.search(r'<progress max="\d+" value="120"', html)


def test_a_followed_system_shows_how_it_is_and_where_it_goes_on(world: World) -> None:
    put_source(
        world.engine, "demo", "main", "koha", state="away", detail="koha.library.example does not answer",
        cursor="since 2026-11-22", counts={"items": 48120}, ok_at_us=world.now_us - 120_000_000,
    )  # fmt: skip
    html = world.client().get(PAGE).text
    assert "Does not answer" in html
    assert "koha.library.example does not answer" in html
    assert "since 2026-11-22" in html
    assert "2 min ago" in html
    assert "48120" in html


def test_the_first_day_has_no_catalogue_and_says_what_to_do(bare: World) -> None:
    assert "shelfwire catalog import" in bare.client().get(PAGE).text
    assert bare.client().get(f"{PAGE}/import/none").status_code == 404
    assert bare.client().get(f"{PAGE}/import/none/faults.csv").status_code == 404
