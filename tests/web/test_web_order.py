"""A shelver checks the order of a shelf by scanning it."""

from __future__ import annotations

import re

import pytest
from helpers.webs import World, bearer

SHELF = "1F-R02A-B02-S2"
PAGE = f"/s/demo/shelf/{SHELF}/order"
API = f"/api/v1/sites/demo/shelves/{SHELF}/order"


def as_it_should_stand(world: World) -> list[str]:
    library = world.library
    return [book.barcode for book in library.reader.believed_on(SHELF, library.shelf_index) if book.key]


def scanned(world: World, *barcodes: str, **more: str) -> str:
    client = world.client()
    found = re.search(r'name="form_token" value="([^"]+)"', client.get(PAGE).text)
    assert found
    form = {"form_token": found[1], "barcodes": "\n".join(barcodes)} | more
    answer = client.post(PAGE, data=form)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_shelf_in_order_is_said_to_be(world: World) -> None:
    html = scanned(world, *as_it_should_stand(world))
    assert "All of them stand in order." in html
    assert 'class="instructions"' not in html


def test_one_book_that_stands_wrong_is_one_instruction_with_its_neighbour(world: World) -> None:
    right = as_it_should_stand(world)
    html = scanned(world, *right[1:], right[0])
    assert "1 book to move." in html
    assert html.count('class="instruction"') == 1
    assert "and put it at the left end, before" in html


def test_the_page_works_without_a_script_scan_by_scan(world: World) -> None:
    right = as_it_should_stand(world)
    html = scanned(world, right[0], scan=right[1])
    assert f"{right[0]}\n{right[1]}</textarea>" in html
    html = scanned(world, right[0], right[1], without="1")
    assert f">{right[1]}</textarea>" in html


def test_barcodes_that_nobody_knows_and_books_of_other_shelves_are_named(world: World) -> None:
    html = scanned(world, "999-no-such", "300000000001")
    assert "1 barcode is unknown" in html
    assert "1 book belongs elsewhere" in html
    assert 'href="/s/demo/bay/1F-R01A-B01#' in html


def test_what_was_scanned_stands_from_the_left_to_the_right_below_what_should_stand(world: World) -> None:
    right = as_it_should_stand(world)
    html = scanned(world, right[1], right[0])
    assert html.index("As it should stand") < html.index("As it was scanned")
    below = html[html.index("As it was scanned") :]
    assert below.index('<span class="spot">1</span>') < below.index('<span class="spot">2</span>')


def test_a_scanned_text_is_shown_and_never_run(world: World) -> None:
    html = scanned(world, "<script>alert(1)</script>")
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_more_than_a_shelf_holds_is_refused_in_words(world: World) -> None:
    answer = world.client().post(API, json={"barcodes": ["1"] * 501}, headers=(who := bearer(world)))
    assert answer.status_code == 400
    answer = world.client().post(API, json={"barcodes": ["1" * 81]}, headers=who)
    assert answer.status_code == 400


def test_a_program_gets_the_same_instructions(world: World) -> None:
    right = as_it_should_stand(world)
    answer = (
        world.client().post(API, json={"barcodes": [right[-1], *right[:-1], "x"]}, headers=bearer(world)).json
    )
    assert answer
    assert answer["instructions"] == [{"take": [right[-1]], "after": right[-2], "before": None}]
    assert answer["moved"] == 1
    assert [one["verdict"] for one in answer["scanned"]][-1] == "unknown"


@pytest.mark.parametrize("path", ["/s/demo/shelf/none/order", "/api/v1/sites/demo/shelves/none/order"])
def test_a_shelf_that_is_none_is_not_there(world: World, path: str) -> None:
    client, who = world.client(), bearer(world)
    answer = (
        client.post(path, json={"barcodes": []}, headers=who)
        if "api" in path
        else client.get(path, headers=who)
    )
    assert answer.status_code == 404


def test_on_a_shelf_without_antennas_the_homes_say_what_should_stand_there(world: World) -> None:
    with world.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM places")
    html = world.client().get(PAGE).text
    assert "these have their home here" in html
    assert html.count('<span class="spot">') >= 14
