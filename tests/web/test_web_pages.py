"""What a person sees, without a browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from helpers.webs import HOUR, World, make_world

from hub.catalog.model import Item
from hub.effects import Finding, PutFinding, ShelfChanged
from hub.store.imports import stage_import
from hub.store.write import StoreWriter
from hub.views import FindingView
from shelfwire.errors import AwayError
from web.views import sweeps
from web.views.sweeps import ROW_OUTCOMES

PAGES = [
    "/s/demo/map/1F",
    "/s/demo/bay/1F-R02A-B01",
    "/s/demo/shelf/1F-R02A-B01-S1/order",
    "/s/demo/findings",
    "/s/demo/search",
    "/s/demo/search?q=moby",
    "/s/demo/item/300000000100",
    "/s/demo/catalogue",
    "/s/demo/labels",
    "/s/demo/labels/learned",
    "/s/demo/health",
    "/s/demo/sweeps",
    "/s/demo/sweep/night-1",
]


def text_of(html: str) -> str:
    bare = re.sub(r"<(script|style|svg|datalist)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", bare).split())


def page(client: FlaskClient, path: str, language: str = "en") -> str:
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.status
    return answer.text


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_in_both_languages(world: World, path: str) -> None:
    english, chinese = page(world.client(), path), page(world.client(), path, "zh-CN")
    assert '<html lang="en"' in english
    assert '<html lang="zh-Hans"' in chinese
    assert "待查" in chinese
    assert "Findings" not in text_of(chinese)


@pytest.mark.parametrize("path", PAGES[:-1])
def test_every_page_works_on_the_first_day_of_a_library(bare: World, path: str) -> None:
    if "item" in path:
        assert bare.client().get(path).status_code == 404
    else:
        page(bare.client(), path)


def test_no_page_holds_inline_script_or_style(world: World) -> None:
    for path in PAGES:
        html = page(world.client(), path)
        assert not re.search(r"<script(?![^>]*\bsrc=)", html), path
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=", html), path


def test_a_bay_is_coloured_and_says_its_state_and_number_in_words(world: World) -> None:
    board = world.site.shelves[40]
    world.write(state_of(board.id, "attention", findings=3))
    html = page(world.client(), "/s/demo/map/1F")
    bay = re.search(rf'<a class="bay is-attention[^>]*data-bay="{board.bay}"[^>]*>', html)
    assert bay
    assert re.search(r'aria-label="[^"]*Attention, \d+ finding', bay[0])


def test_a_stale_bay_says_since_when_it_was_not_looked_at(world: World) -> None:
    board = world.site.shelves[0]
    for shelf in world.site.bay_by_id[board.bay].shelves:
        world.write(state_of(shelf.id, "stale", looked_at_us=world.now_us - 5 * HOUR))
    html = page(world.client(), f"/s/demo/bay/{board.bay}")
    assert "Not looked at since" in text_of(html)
    assert "is not known" in text_of(html)
    assert f'<a class="bay is-stale" id="bay-{board.bay}"' in page(world.client(), "/s/demo/map/1F")


def test_a_misplaced_item_is_marked_on_the_shelf_where_it_was_heard(world: World) -> None:
    wrong = next(
        row for row in world.library.reader.findings(["open"], ["misplaced"])[0] if row.shelf != row.home_from
    )
    assert wrong.shelf
    bay = world.site.shelf_by_id[wrong.shelf].bay
    html = page(world.client(), f"/s/demo/bay/{bay}")
    row = next(
        part for part in html.split("<li>") if f"/item/{wrong.barcode}" in part and "row wrong" in part
    )
    assert "Misplaced" in row
    assert str(wrong.home_from) in row


def test_a_finding_says_why_in_a_sentence(world: World) -> None:
    text = text_of(page(world.client(), "/s/demo/findings?kind=misplaced"))
    assert re.search(
        r"Heard on \S+ in 34 of the last 38 looks since .+; belongs to \S+ ?\. \d+ % sure\.", text
    )


def test_findings_come_in_walking_order_and_can_be_sorted_by_confidence(world: World) -> None:
    order = re.findall(r'id="f-([^"]+)"', page(world.client(), "/s/demo/findings"))
    rows = {row.id: row for row in world.library.reader.findings(["open", "claimed"], None, 1000)[0]}
    index = [world.library.walking_key(rows[each]) for each in order]
    assert index == sorted(index)
    surest = re.findall(r'id="f-([^"]+)"', page(world.client(), "/s/demo/findings?sort=sure"))
    assert [rows[each].confidence for each in surest] == sorted(
        (rows[each].confidence for each in surest), reverse=True
    )


def stale(world: World, face: str, number: int, since_us: int) -> list[str]:
    """Findings about the first shelves of a face, each a second later than the one before; their ids."""
    shelves = [each.id for each in world.site.shelves if each.id.startswith(face)][:number]
    for at, shelf in enumerate(shelves):
        why = {"since_us": since_us + at * 1_000_000}
        world.write(
            PutFinding(
                Finding(
                    id=f"stale-{shelf}", kind="stale_shelf", state="open", opened_at_us=world.now_us,
                    changed_at_us=world.now_us, confidence=1.0, shelf=shelf, why=why, evidence=[],
                )
            )
        )  # fmt: skip
    return [f"stale-{shelf}" for shelf in shelves]


def test_the_stale_shelves_of_one_face_are_one_card_that_lists_them(world: World) -> None:
    since_us = world.now_us - 2 * HOUR
    ids = stale(world, "1F-R01A", 7, since_us) + stale(world, "1F-R02A", 2, since_us)
    html = "".join(page(world.client(), f"/s/demo/findings?page={number}") for number in (1, 2, 3))
    cards = re.findall(r'id="g-[^"]+".*?</article>', html, re.DOTALL)
    assert len(cards) == 1
    latest = world.library.reader.findings(["open"], ["stale_shelf"])[0]
    assert len(latest) == 9
    assert "Face 1F-R01A" in cards[0]
    assert "7 shelves were not looked at since" in text_of(cards[0])
    assert [each for each in ids if f"/finding/{each}" in cards[0]] == ids[:7]
    assert re.search(r"Shelf not looked at\s*<span class=\"number\">9<", html)
    alone = set(re.findall(r'id="f-(stale-[^"]+)"', html))
    assert alone == set(ids[7:])


def test_who_asks_for_stale_shelves_gets_each_of_them(world: World) -> None:
    ids = stale(world, "1F-R01A", 7, world.now_us - 2 * HOUR)
    html = page(world.client(), "/s/demo/findings?kind=stale_shelf")
    assert set(re.findall(r'id="f-([^"]+)"', html)) == set(ids)
    assert 'id="g-' not in html


def test_findings_can_be_filtered_by_kind(world: World) -> None:
    html = page(world.client(), "/s/demo/findings?kind=missing")
    assert "kind-missing" in html
    assert "kind-misplaced" not in html


def test_an_empty_list_is_friendly(bare: World) -> None:
    assert "Nothing to do" in page(bare.client(), "/s/demo/findings")
    assert "None of these" in page(bare.client(), "/s/demo/findings?kind=missing")


def test_a_full_list_is_paged_and_no_row_is_lost(world: World) -> None:
    finding = world.library.reader.findings(["open"], ["missing"])[0][0]
    world.write(*(PutFinding(_copy(finding, f"copy{number}", world.now_us)) for number in range(70)))
    seen: list[str] = []
    for number in range(1, 20):
        html = page(world.client(), f"/s/demo/findings?page={number}")
        seen += re.findall(r'id="f-([^"]+)"', html)
        if 'rel="next"' not in html:
            break
    total = world.library.reader.findings(["open", "claimed"], None, 1)[1]
    assert len(seen) == len(set(seen)) == total


def test_search_finds_title_author_call_number_and_barcode(world: World) -> None:
    for words, wanted in (("moby", "Moby Dick"), ("曹雪芹", "红楼梦"), ("QH365", "origin of species")):
        assert wanted in page(world.client(), f"/s/demo/search?q={words}")
    scanned = world.client().get("/s/demo/search?q=300000000100")
    assert scanned.status_code == 303
    assert scanned.location.endswith("/s/demo/item/300000000100")
    assert "Nothing found" in page(world.client(), "/s/demo/search?q=zzzz")


def test_an_item_shows_where_how_sure_the_evidence_and_its_history(world: World) -> None:
    html = page(world.client(), "/s/demo/item/300000000100")
    text = text_of(html)
    assert "Where it is" in text
    assert re.search(r"\d+ % sure", text)
    assert "34 of 38 looks" in text
    assert '<svg class="history"' in html
    assert text.count("Heard here") >= 2


def test_an_item_without_a_tag_says_that_no_antenna_can_hear_it(bare: World) -> None:
    stage_import(bare.engine, bare.site.id, "i1", [Item(barcode="1", title="Untagged")], (), "test")
    StoreWriter(bare.engine).apply_import(bare.site.id, "i1", {})
    assert "It has no tag, so no antenna can hear it." in page(bare.client(), "/s/demo/item/1")


def test_health_says_in_words_what_does_not_work(world: World) -> None:
    text = text_of(page(world.client(), "/s/demo/health"))
    assert "no answer on 192.0.2.7:5084" in text
    assert "messages that cannot be read" in text
    assert "32 ports" in text


def test_a_sweep_shows_its_seven_numbers_and_filters_its_rows(world: World) -> None:
    html = page(world.client(), "/s/demo/sweep/night-1")
    for word in (
        "Expected",
        "Found in place",
        "Found elsewhere",
        "Missing",
        "Unexpected",
        "Unknown",
        "Not covered",
    ):
        assert f"<dt>{word}</dt>" in html
    unknown = page(world.client(), "/s/demo/sweep/night-1?outcome=unknown")
    assert unknown.count("<tr>") == 2


def test_a_report_shows_what_needs_work_first_and_every_row_once(world: World) -> None:
    shown: list[str] = []
    for number in (1, 2):
        html = page(world.client(), f"/s/demo/sweep/night-1?page={number}")
        shown += re.findall(r'<tr><td><span class="tag outcome-(\w+)"', html)
    rows = world.library.reader.sweep_rows("night-1")
    assert len(shown) == len(rows)
    assert shown == sorted(shown, key=ROW_OUTCOMES.index)
    printed = page(world.client(), "/s/demo/sweep/night-1?print=1")
    assert printed.count("<tr>") == len(rows) + 1


def test_a_report_can_be_taken_away_as_csv_and_json(world: World) -> None:
    table = world.client().get("/s/demo/sweep/night-1/report.csv", headers={"Accept-Language": "zh"})
    assert table.headers["Content-Disposition"] == 'attachment; filename="sweep-night-1.csv"'
    lines = table.text.removeprefix("\ufeff").splitlines()
    assert lines[0].startswith("结果,条码,题名")
    body = world.client().get("/s/demo/sweep/night-1/report.json").json
    assert body
    assert len(body["rows"]) == len(lines) - 1 == 61


def test_a_report_is_read_a_part_at_a_time_and_loses_no_row(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = world.client().get("/s/demo/sweep/night-1/report.json").json
    asked: list[int | None] = []
    reader = world.library.reader
    read = reader.sweep_rows

    def counted(sweep: str, outcomes: object, limit: int | None = None, offset: int = 0) -> object:
        asked.append(limit)
        return read(sweep, outcomes, limit, offset)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(sweeps, "READ_ROWS", 7)
    monkeypatch.setattr(reader, "sweep_rows", counted)
    body = world.client().get("/s/demo/sweep/night-1/report.json").json
    assert body == whole
    assert world.client().get("/s/demo/sweep/night-1/report.csv").text.count("\n") == 62
    assert len(asked) > 10
    assert set(asked) == {7}


def test_a_printed_report_is_bounded_and_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "PRINT_ROWS", 40)
    printed = page(world.client(), "/s/demo/sweep/night-1?print=1")
    assert printed.count("<tr>") == 41
    assert "the first 40 of 61 in all" in printed


def test_a_part_is_sent_without_the_frame(world: World) -> None:
    answer = world.client().get("/s/demo/findings", headers={"Shelfwire-Part": "1"})
    assert "<html" not in answer.text
    assert 'data-part="list"' in answer.text


def test_the_open_map_asks_for_states_only_and_gets_304_while_nothing_changes(world: World) -> None:
    first = world.client().get("/s/demo/map/1F/now.json")
    assert first.json
    assert len(first.json["bays"]) == 21
    again = world.client().get("/s/demo/map/1F/now.json", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/s/nowhere/map", 404),
        ("/s/demo/map/9F", 404),
        ("/s/demo/bay/none", 404),
        ("/s/demo/bay/%2e%2e%2fetc", 404),
        ("/s/demo/item/none", 404),
        ("/s/demo/item/" + "x" * 500, 404),
        ("/s/demo/finding/none", 404),
        ("/s/demo/sweep/none", 404),
        ("/s/demo/findings?page=x", 400),
        ("/s/demo/findings?page=-1", 400),
        ("/s/demo/findings?page=99999", 200),
        ("/s/demo/findings?kind=%3Cscript%3E", 400),
        ("/s/demo/search?q=" + "x" * 300, 400),
        ("/s/demo/search?q=" + "x" * 5000, 414),
        ("/s/demo/search?q=%00", 400),
        ("/s/demo/search?q=%FF%FE", 200),
        ("/no/such/page", 404),
    ],
)
def test_bad_input_gets_a_clear_answer_and_never_a_traceback(world: World, path: str, status: int) -> None:
    answer = world.client().get(path, headers={"Accept-Language": "zh"})
    assert answer.status_code == status
    assert "Traceback" not in answer.text
    if status != 200:
        assert "前往地图" in answer.text


def test_text_of_the_catalogue_is_escaped(world: World) -> None:
    html = page(world.client(), "/s/demo/search?q=%3Cimg%20src%3Dx%3E")
    assert "<img" not in html


def test_a_store_that_is_away_gets_a_page_that_tries_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise AwayError("the database does not answer")

    monkeypatch.setattr(world.users, "users_exist", away)
    answer = world.client().get("/s/demo/map/1F")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "3"
    assert "Nothing is lost" in answer.text
    assert 'http-equiv="refresh"' in answer.text
    assert "does not answer" not in answer.text


def test_the_demo_says_that_its_library_is_simulated(world: World, tmp_path: Path) -> None:
    assert "simulated" not in page(world.client(), "/s/demo/findings")
    (tmp_path / "demo").mkdir()
    demo = make_world(tmp_path / "demo", filled=False, demo=True)
    assert "A simulated library" in page(demo.client(), "/s/demo/findings")
    demo.engine.dispose()


def state_of(shelf: str, state: str, *, findings: int = 0, looked_at_us: int | None = None) -> ShelfChanged:
    return ShelfChanged(
        shelf=shelf, at_us=1, state=state, looked_at_us=looked_at_us, items=10, away=0, findings=findings  # type: ignore[arg-type]
    )  # fmt: skip


def _copy(row: FindingView, name: str, now_us: int) -> Finding:
    values = {field: getattr(row, field) for field in Finding.__struct_fields__ if hasattr(row, field)}
    return Finding(**(values | {"id": name, "changed_at_us": now_us}))


def test_the_address_of_a_site_leads_to_its_map(world: World) -> None:
    for path in ("/s/demo/", "/s/demo"):
        answer = world.client().get(path)
        assert answer.status_code == 303
        assert answer.location == "/s/demo/map"
    assert world.client().get("/s/none/").status_code == 404
