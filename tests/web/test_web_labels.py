"""Labels on the map: brought in, looked at, approved by a librarian; borders learned from where the books stand."""

from __future__ import annotations

import io
import re

import pytest
from flask.testing import FlaskClient
from helpers.webs import World, add_user, bearer, with_books_in_order
from werkzeug.test import TestResponse

from hub.store.labels import stage_labels
from hub.store.write import StoreWriter
from shelfwire.callnumbers.labels import Row

PAGE = "/s/demo/labels"
BOARDS = ("1F-R02A-B01-S5", "1F-R02A-B01-S4", "1F-R02A-B01-S3")
FILE = f"shelf,start\n{BOARDS[0]},QA1\n{BOARDS[1]},QA100\n{BOARDS[2]},QA200\n"


@pytest.fixture
def stocked(bare: World) -> World:
    """Thirty books in their order on three boards; one of them a board too far."""
    return with_books_in_order(bare, BOARDS)


def token(client: FlaskClient, path: str = PAGE) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', client.get(path).text)
    assert found
    return found[1]


def bring(world: World, text: str | bytes, name: str = "ours.csv") -> TestResponse:
    client = world.client()
    data = text.encode() if isinstance(text, str) else text
    return client.post(PAGE, data={"form_token": token(client), "file": (io.BytesIO(data), name)})


def test_a_table_is_put_aside_with_what_it_would_change_and_nothing_happens_yet(stocked: World) -> None:
    answer = bring(stocked, FILE)
    assert answer.status_code == 303
    html = stocked.client().get(answer.location).text
    assert "Waits for approval" in html
    assert re.search(r"A home for the first time</dt><dd>30</dd>", html)
    assert "ours.csv" in html
    assert stocked.library.reader.labels_in_force("label") == []
    item = stocked.library.reader.item("b1")
    assert item
    assert item.home_from is None
    assert "Waits for approval" in stocked.client().get(PAGE).text


def test_a_fault_stands_in_its_line_with_how_it_was_decided(stocked: World) -> None:
    answer = bring(stocked, f"shelf,start\n{BOARDS[0]},QA1\n{BOARDS[1]},??\nno-shelf,QA300\n")
    html = stocked.client().get(answer.location + "?only=faults").text
    assert re.search(r'<td class="num">3</td>.*?&#39;\?\?&#39; is no call number', html, re.DOTALL)
    assert re.search(r'<td class="num">4</td>.*?the library has no such shelf', html, re.DOTALL)
    assert '<td class="num">2</td>' not in html
    chinese = stocked.client().get(answer.location, headers={"Accept-Language": "zh"}).text
    assert "本馆没有此书架" in chinese


def test_the_worse_of_two_faults_of_a_line_is_shown_and_links_to_no_shelf(stocked: World) -> None:
    answer = bring(stocked, f"shelf,start\n{BOARDS[0]},QA100\nno-shelf,QA1\n{BOARDS[1]},QA200\n")
    found = stocked.client().get(answer.location + "?only=faults").text
    row = found[found.index('<span class="place">no-shelf</span>') :]
    told = re.search('<span class="fault">.*?</span></span>', row, re.DOTALL)
    assert told
    assert "the library has no such shelf" in told[0]
    assert not re.search('href="[^"]*no-shelf', found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("shelf,begin\nA,QA1\n", "no column start"),
        (f"shelf,start\n,QA1\n{BOARDS[0]},QA2\n", "line 2: the row names no shelf"),
        ("shelf,start\nRéf,QA1\n".encode("latin-1"), "this is not UTF-8"),
        ("", "no column shelf"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(stocked: World, text: str | bytes, said: str) -> None:
    answer = bring(stocked, text)
    assert answer.status_code == 400
    assert said in answer.text
    assert stocked.library.reader.label_sets() == []


def test_no_file_and_a_file_beyond_the_bound_are_refused(stocked: World) -> None:
    client = stocked.client()
    assert client.post(PAGE, data={"form_token": token(client)}).status_code == 400
    large = client.post(PAGE, data=b"x" * (17 << 20), content_type="multipart/form-data; boundary=x")
    assert large.status_code == 413


def test_a_librarian_approves_and_the_hub_is_asked(stocked: World) -> None:
    labels = bring(stocked, FILE).location.rpartition("/")[2]
    who = bearer(stocked, "librarian")
    act = {"id": "act-00000001", "kind": "catalog.labels", "subject": labels}
    assert stocked.client().post("/api/v1/sites/demo/acts", json=act, headers=who).status_code == 202
    (pending,) = StoreWriter(stocked.engine).pending_acts("demo")
    assert (pending.kind, pending.body) == ("catalog.labels", {"labels_id": labels})
    index = {shelf.id: shelf.index for shelf in stocked.site.shelves}
    StoreWriter(stocked.engine).apply_labels("demo", labels, index)
    html = stocked.client().get(f"{PAGE}/set/{labels}", headers=who).text
    assert "In force" in html
    item = stocked.library.reader.item("b1")
    assert item
    assert (item.home_from, item.home_source) == (BOARDS[0], "label")


def test_a_shelver_may_look_and_not_change(stocked: World) -> None:
    labels = bring(stocked, FILE).location.rpartition("/")[2]
    who = bearer(stocked, "shelver")
    client = stocked.client()
    html = client.get(f"{PAGE}/set/{labels}", headers=who).text
    assert "A librarian can approve it." in html
    act = {"id": "act-00000001", "kind": "catalog.labels", "subject": labels}
    assert client.post("/api/v1/sites/demo/acts", json=act, headers=who).status_code == 403
    data = {"file": (io.BytesIO(FILE.encode()), "x.csv")}
    assert client.post(PAGE, data=data, headers=who).status_code == 403
    assert client.post(f"{PAGE}/set/{labels}/discard", headers=who).status_code == 403
    assert client.post(f"{PAGE}/learned", data={"all": "1"}, headers=who).status_code == 403


def test_nobody_brings_a_file_without_a_token_of_ours(stocked: World) -> None:
    for status in (400, 303):  # without users, and then with one, to whom nobody is logged in
        data = {"file": (io.BytesIO(FILE.encode()), "x.csv")}
        assert stocked.client().post(PAGE, data=data).status_code == status
        if status == 400:
            add_user(stocked)
    assert stocked.library.reader.label_sets() == []


def test_a_table_that_waits_can_be_thrown_away_and_one_in_force_cannot(stocked: World) -> None:
    client = stocked.client()
    for wanted in ("first", "second"):
        stage_labels(stocked.engine, "demo", wanted, [Row(BOARDS[0], "QA1")], "label", "f")
    StoreWriter(stocked.engine).apply_labels("demo", "first", {BOARDS[0]: 1})
    for wanted in ("first", "second"):
        client.post(f"{PAGE}/set/{wanted}/discard", data={"form_token": token(client)})
    assert [one.labels_id for one in stocked.library.reader.label_sets()] == ["first"]


def test_the_table_can_be_taken_away_and_brought_back(stocked: World) -> None:
    place = bring(stocked, f"shelf,start,scheme\n{BOARDS[0]},=QA1,lc\n").location
    text = stocked.client().get(f"{place}/labels.csv").text
    assert f"{BOARDS[0]},'=QA1,,lc," in text
    again = bring(stocked, text).location.rpartition("/")[2]
    (row,) = stocked.library.reader.label_rows(again)
    assert row[0].start == "=QA1"


def test_borders_are_learned_from_where_the_books_stand_and_chosen_by_a_person(stocked: World) -> None:
    client = stocked.client()
    html = client.get(f"{PAGE}/learned").text
    assert "QA101" in html
    assert "no label" in html
    form_token = token(client, f"{PAGE}/learned")
    one = re.search(r'name="name" value="([^"]+ QA101)"', html)
    assert one
    answer = client.post(f"{PAGE}/learned", data={"form_token": form_token, "name": one[1]})
    labels = answer.location.rpartition("/")[2]
    rows = {row.shelf: (row.start, row.scheme) for row, _ in stocked.library.reader.label_rows(labels)}
    assert rows == {BOARDS[0]: ("", ""), BOARDS[1]: ("QA101", "LC"), BOARDS[2]: ("", "")}
    assert "where it starts is not known" in client.get(answer.location).text
    answer = client.post(f"{PAGE}/learned", data={"form_token": form_token, "all": "1"})
    assert len(stocked.library.reader.label_rows(answer.location.rpartition("/")[2])) >= 2
    assert client.post(f"{PAGE}/learned", data={"form_token": form_token, "name": "none"}).status_code == 400


def test_learned_borders_say_how_many_homes_change_before_all_are_taken(stocked: World) -> None:
    html = stocked.client().get(f"{PAGE}/learned").text
    assert re.search(r"Taking all that agree well changes [1-9][0-9]* homes\.", html)
    assert "Without a label" in html
    assert "Not as the labels say" not in html


def test_an_empty_library_learns_nothing_and_says_so(bare: World) -> None:
    assert "Nothing can be learned yet" in bare.client().get(f"{PAGE}/learned").text
    assert "No table of labels was brought in yet" in bare.client().get(PAGE).text


def test_what_is_no_table_is_not_there(bare: World) -> None:
    client = bare.client()
    for path in ("set/none", "set/none/labels.csv", "set/%2e%2e"):
        assert client.get(f"{PAGE}/{path}").status_code == 404
