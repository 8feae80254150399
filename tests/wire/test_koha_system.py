"""The connector to Koha against a stand-in over a real socket."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from helpers.http_standin import Reply, dead, good, half, no_json, says, slow, status
from helpers.koha_server import CARD, MAIL, PERSON, SECRET, TRACES, KohaServer, hold, item

from hub.catalog.koha.system import Koha
from hub.catalog.model import Gone, Item, ItemState, RowFault
from hub.catalog.source import Mark, Row, System
from shelfwire.errors import AwayError, InputError, PeerError

NOON_S = datetime(2026, 3, 2, 12, 0, tzinfo=UTC).timestamp()


@pytest.fixture
def server() -> Iterator[KohaServer]:
    with KohaServer(*(item(number) for number in range(1, 8))) as running:
        running.standin.set_time(NOON_S)
        yield running


def items(rows: Iterable[Row]) -> list[str]:
    return [row.barcode[-2:] for row in rows if isinstance(row, Item)]


def last_mark(rows: Iterable[Row]) -> Mark:
    return [row for row in rows if isinstance(row, Mark)][-1]


def test_all_items_come_page_by_page(server: KohaServer, tmp_path: Path) -> None:
    koha = server.koha(tmp_path, page_size=3)
    assert isinstance(koha, System)
    rows = list(koha.items(None))
    assert items(rows) == ["01", "02", "03", "04", "05", "06", "07"]
    assert [(mark.done, mark.total) for mark in rows if isinstance(mark, Mark)] == [
        (False, 7),
        (False, 7),
        (True, 7),
    ]
    assert not [row for row in rows if isinstance(row, RowFault)]
    first = next(row for row in rows if isinstance(row, Item))
    assert (first.title, first.author, first.scheme) == ("Book 1", "Ada Author", "LC")
    koha.close()
    koha.close()


def test_a_listing_that_was_stopped_goes_on_where_it_was(server: KohaServer, tmp_path: Path) -> None:
    koha = server.koha(tmp_path, page_size=3)
    rows: list[Row] = []
    for row in koha.items(None):
        rows.append(row)
        if isinstance(row, Mark):
            break
    server.items.insert(0, item(0))  # an item before the place shifts nothing
    del server.items[2]
    more = list(server.koha(tmp_path, page_size=3).items(last_mark(rows).cursor))
    assert items(rows) + items(more) == ["01", "02", "03", "04", "05", "06", "07"]
    assert last_mark(more).total == 7


def test_the_next_listing_brings_only_what_has_changed_since_the_last_one_began(
    server: KohaServer, tmp_path: Path
) -> None:
    koha = server.koha(tmp_path)
    cursor = last_mark(koha.items(None)).cursor
    server.items[4] |= {"checked_out_date": "2026-03-02", "timestamp": "2026-03-02T12:46:00+01:00"}
    server.items[5] |= {"timestamp": "2026-03-02T12:44:00+01:00"}
    rows = list(koha.items(cursor))
    assert items(rows) == ["05"], "noon is 13:00 there, and it goes back a quarter of an hour"
    assert server.queries()[-1]["me.timestamp"] == {">=": "2026-03-02 12:45:00"}
    server.standin.set_time(NOON_S + 3600)
    assert last_mark(rows).done
    assert items(koha.items(last_mark(rows).cursor)) == ["05"]
    again = last_mark(koha.items(last_mark(rows).cursor))
    assert items(koha.items(again.cursor)) == []


def test_a_cursor_that_cannot_be_read_means_everything_again(server: KohaServer, tmp_path: Path) -> None:
    assert len(items(server.koha(tmp_path).items("rubbish"))) == 7
    assert any("listing everything" in line for line in server.standin.told)


def test_holds_say_what_waits_and_what_is_on_its_way(server: KohaServer, tmp_path: Path) -> None:
    server.holds = [hold(1, 2, "W"), hold(2, 3, "T"), hold(3, 4, None), hold(4, None, None)]
    found = {
        row.barcode[-2:]: row.status for row in server.koha(tmp_path).items(None) if isinstance(row, Item)
    }
    assert (found["02"], found["03"], found["04"]) == ("hold_shelf", "in_transit", "on_shelf")
    server.standin.asked.clear()
    unasked = server.koha(tmp_path, holds=False)
    assert {row.status for row in unasked.items(None) if isinstance(row, Item)} == {"on_shelf"}
    assert "/holds" not in server.paths()


def test_many_holds_come_page_by_page(server: KohaServer, tmp_path: Path) -> None:
    server.largest_page = 2
    server.holds = [hold(number, number, "W") for number in range(1, 8)]
    found = [row.status for row in server.koha(tmp_path).items(None) if isinstance(row, Item)]
    assert found == ["hold_shelf"] * 7


def test_only_items_of_the_named_libraries_are_taken(server: KohaServer, tmp_path: Path) -> None:
    server.items[0]["home_library_id"] = "MPL"
    server.items[1]["holding_library_id"] = "MPL"
    rows = list(server.koha(tmp_path, libraries=("CPL",)).items(None))
    assert items(rows) == ["02", "03", "04", "05", "06", "07"]
    assert isinstance(rows[0], Item)
    assert rows[0].status == "in_transit"


def test_states_answer_for_each_barcode_that_was_asked_about(server: KohaServer, tmp_path: Path) -> None:
    server.items[0]["external_id"] = "AbC-1"
    server.items[1]["checked_out_date"] = "2026-03-01"
    server.holds = [hold(1, 3, "W")]
    asked = ["abc-1", "31000000002", "31000000003", "none-such"]
    told = {row.barcode: row for row in server.koha(tmp_path).states(asked) if not isinstance(row, RowFault)}
    assert told["abc-1"] == ItemState(barcode="abc-1", status="on_shelf")
    assert told["31000000002"] == ItemState(barcode="31000000002", status="on_loan", source_status="due")
    assert told["31000000003"] == ItemState(
        barcode="31000000003", status="hold_shelf", source_status="hold=W"
    )
    assert told["none-such"] == Gone(barcode="none-such", source_status="no such item")


def test_many_barcodes_are_asked_about_in_addresses_that_a_server_can_take(
    server: KohaServer, tmp_path: Path
) -> None:
    long = [f"{number:04d}" + "程" * 60 for number in range(60)]
    barcodes = [*(f"{31_000_000_000 + number}" for number in range(1, 441)), *long]
    answers = list(server.koha(tmp_path).states(barcodes))
    assert sorted(row.barcode for row in answers if not isinstance(row, RowFault)) == sorted(barcodes)
    assert len([row for row in answers if isinstance(row, ItemState)]) == 7
    assert len(server.queries("/holds")) == 1, "only for items that were found"
    assert max(len(str(query["me.external_id"]["-in"])) for query in server.queries()) < 6000


def test_rows_that_cannot_be_read_cost_only_themselves(server: KohaServer, tmp_path: Path) -> None:
    server.items[1]["lost_status"] = PERSON
    server.items[2]["external_id"] = None
    server.items[3]["external_id"] = " "
    server.items[4]["lost_status"] = 9
    server.items[5]["lost_status"] = 9
    rows = list(server.koha(tmp_path).items(None))
    assert items(rows) == ["01", "05", "06", "07"]
    faults = [row for row in rows if isinstance(row, RowFault)]
    assert [(fault.where, fault.taken) for fault in faults] == [
        ("item 2", False),
        ("item 3", False),
        ("item 4", False),
        ("item 5", True),
    ]
    assert [fault.unread for fault in faults] == [True, False, False, False], (
        "nobody knows what barcode item 2 has"
    )
    assert 'the code "lost=9" is not known' in faults[-1].what


def test_an_item_whose_answer_cannot_be_read_is_not_gone(server: KohaServer, tmp_path: Path) -> None:
    server.items[1]["lost_status"] = PERSON
    told = list(server.koha(tmp_path).states(["31000000001", "31000000002"]))
    assert [type(row) for row in told] == [ItemState, RowFault]


def test_a_koha_that_gives_less_with_its_items_is_asked_for_less(server: KohaServer, tmp_path: Path) -> None:
    server.embeds = {"+strings"}
    koha = server.koha(tmp_path)
    rows = [row for row in koha.items(None) if isinstance(row, Item)]
    assert {row.title for row in rows} == {""}
    assert "no titles" in koha.check()
    server.embeds = set()
    assert len(items(server.koha(tmp_path).items(None))) == 7


def test_titles_do_not_vanish_because_something_was_refused_for_a_moment(
    server: KohaServer, tmp_path: Path
) -> None:
    koha = server.koha(tmp_path, page_size=3, holds=False)
    server.standin.behave(good(), status(400))  # after the token
    listing = koha.items(None)
    assert items([next(listing)]) == ["01"]
    server.standin.behave(status(400))
    with pytest.raises(PeerError, match="answers 400"):
        list(listing)
    assert {row.title[:4] for row in koha.items(None) if isinstance(row, Item)} == {"Book"}
    server.standin.behave(status(400, json={"error": PERSON, "error_code": "invalid_query"}))
    with pytest.raises(PeerError, match=r"answers 400 \(invalid_query\)"):
        koha.check()


def test_a_token_is_taken_once_and_renewed_before_its_end_or_when_it_is_refused(
    server: KohaServer, tmp_path: Path
) -> None:
    now_s = 0.0
    koha = server.koha(tmp_path, clock=lambda: now_s, page_size=3)
    list(koha.items(None))
    assert server.token_number == 1
    now_s = 3539.0
    koha.check()
    assert server.token_number == 1
    now_s = 3541.0
    koha.check()
    assert server.token_number == 2
    server.token_number = 7  # somebody else took new ones
    koha.check()
    assert server.token_number == 8


def test_basic_is_spoken_too(server: KohaServer, tmp_path: Path) -> None:
    server.basic = "shelf:pass word"
    (tmp_path / "koha.password").write_text("pass word\n")
    koha = server.koha(
        tmp_path, client_id=None, client_secret_file=None, user="shelf", password_file="koha.password"
    )
    assert koha.check().endswith("7 items, 0 holds waiting or on their way")
    assert "/oauth/token" not in server.paths()
    server.basic = "shelf:another"
    server.standin.asked.clear()
    with pytest.raises(InputError, match="does not take the account"):
        koha.check()
    assert len(server.standin.asked) == 1, "a second try might lock the account"


def test_a_wrong_secret_is_told_without_showing_it(server: KohaServer, tmp_path: Path) -> None:
    koha = server.koha(tmp_path, client_id="other")
    with pytest.raises(InputError, match="client id or its secret is not right") as told:
        koha.check()
    assert SECRET not in str(told.value)


def test_a_right_that_is_lacking_is_named(server: KohaServer, tmp_path: Path) -> None:
    koha = server.koha(tmp_path)
    koha.check()
    server.standin.behave(status(403, json={"error": PERSON, "required_permissions": {"catalogue": "1"}}))
    with pytest.raises(InputError, match="GET /holds: answers 403"):
        list(koha.items(None))


def test_a_500_in_the_middle_is_asked_again_and_nothing_is_lost_or_twice(
    server: KohaServer, tmp_path: Path
) -> None:
    koha = server.koha(tmp_path, page_size=3, holds=False)
    rows: list[Row] = []
    for row in koha.items(None):
        rows.append(row)
        if isinstance(row, Mark) and not row.done:
            server.standin.behave(status(500, json={"error": PERSON}), half(), status(503))
    assert items(rows) == ["01", "02", "03", "04", "05", "06", "07"]
    assert len([line for line in server.standin.told if "trying again" in line]) == 6


def test_a_listing_that_broke_goes_on_from_its_last_mark(server: KohaServer, tmp_path: Path) -> None:
    koha = server.koha(tmp_path, page_size=3, holds=False)
    listing = koha.items(None)
    rows = [next(listing) for _ in range(4)]
    server.standin.behave(no_json(b""))
    with pytest.raises(PeerError, match="no JSON"):
        next(listing)
    assert items(rows) + items(koha.items(last_mark(rows).cursor)) == [
        "01",
        "02",
        "03",
        "04",
        "05",
        "06",
        "07",
    ]


def test_a_koha_that_stays_away_is_away(server: KohaServer, tmp_path: Path) -> None:
    server.standin.behave(*[status(500)] * 2)
    with pytest.raises(AwayError, match="2 times"):
        server.koha(tmp_path, tries=2).check()
    for behaviour in (dead(), slow(3)):
        server.standin.behave(behaviour)
        with pytest.raises(AwayError, match=r"in time|whole answer"):
            server.koha(tmp_path, tries=1, answer_within_s=0.3).check()


@pytest.mark.parametrize(
    "rows", [[item(1), item(2)], [{}, {}], [item(9), item(8)]], ids=["same", "no id", "order"]
)
def test_a_koha_that_does_not_honour_the_question_is_noticed_rather_than_asked_for_ever(
    server: KohaServer, tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    koha = server.koha(tmp_path, holds=False)
    koha.check()
    server.standin.behave(*[says(Reply(json=rows, headers={"X-Total-Count": "99"}))] * 3)
    with pytest.raises(PeerError):
        list(koha.items(None))


@pytest.mark.parametrize("body", [b"{}", b'{"error": "x"}', b"null", b"[" * 100_000])
def test_a_page_that_is_none_is_the_peers_fault(server: KohaServer, tmp_path: Path, body: bytes) -> None:
    koha = server.koha(tmp_path, holds=False)
    koha.check()
    server.standin.behave(no_json(body))
    with pytest.raises(PeerError):
        list(koha.items(None))


def test_options_are_checked_with_all_faults_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as told:
        Koha.open({"url": "http://koha.example", "statuses": {"x": "lost"}}, tmp_path, print)
    assert len(told.value.faults) == 3
    with pytest.raises(InputError, match=r"client_secret_file: .* cannot be read"):
        Koha.open(
            {"url": "https://koha.example", "client_id": "a", "client_secret_file": "none"}, tmp_path, print
        )
    with pytest.raises(InputError, match="unknown key"):
        Koha.open({"url": "https://koha.example", "client_secret": SECRET}, tmp_path, print)


def test_nothing_about_a_person_comes_out(
    server: KohaServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.holds = [hold(1, 2, "W"), hold(2, 99, PERSON)]
    server.items[0]["checked_out_date"] = f"2026-03-01 {PERSON}"
    server.items[3] |= {"lost_status": PERSON, "external_id": "x"}
    server.items[4] |= {"biblio": [PERSON]}
    server.items[5] |= {"return_claim": {"patron": {"surname": PERSON}, "notes": MAIL}, "lost_status": 9}
    server.items[6] |= {"timestamp": f"{PERSON} {CARD}"}
    koha = server.koha(tmp_path, page_size=3)
    out: list[Any] = [koha.check(), *koha.items(None)]
    out += koha.states(["31000000001", "31000000002", "x", "31000000005", "31000000006", "none"])
    refusals: list[Any] = [
        status(number, json={"error": f"{PERSON} {CARD}", "error_code": MAIL, "patron": PERSON})
        for number in (400, 401, 403, 404, 409, 418, 500, 503)
    ]
    refusals += [
        no_json(f"<html>{PERSON} {CARD} {MAIL}".encode()),
        says(Reply(json={"rows": [PERSON]})),
        says(Reply(status=302, headers={"Location": f"/login?user={CARD}"})),
        says(Reply(json=[{"item_id": PERSON, "external_id": CARD}, PERSON, 7])),
    ]
    for refusal in refusals:
        server.standin.behave(*[refusal] * 8)
        try:
            out += server.koha(tmp_path, tries=2).items(None)
        except (InputError, PeerError, AwayError) as fault:
            out += _chain(fault)
        server.standin.forget()
        try:
            known = server.koha(tmp_path, tries=2)
            known.check()
            server.standin.behave(*[refusal] * 8)
            out += known.states(["31000000001"])
        except (InputError, PeerError, AwayError) as fault:
            out += _chain(fault)
        server.standin.forget()
    everything = "\n".join([*map(repr, out), *server.standin.told, caplog.text])
    assert "31000000001" in everything
    assert [trace for trace in (*TRACES, SECRET) if trace.casefold() in everything.casefold()] == []


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (Reply(status=400, json={"error": PERSON}), InputError, "RESTOAuth2ClientCredentials"),
        (Reply(status=404, json={"error": PERSON}), InputError, "ends with /api/v1"),
        (Reply(json={"access_token": f"a\r\nX-Person: {PERSON}"}), PeerError, "a token that is none"),
        (Reply(json={"access_token": PERSON, "expires_in": PERSON}), PeerError, "another shape"),
        (Reply(json={"token": PERSON}), PeerError, "another shape"),
    ],
)
def test_a_token_that_cannot_be_had_is_told_with_what_to_do(
    server: KohaServer, tmp_path: Path, answer: Reply, kind: type[Exception], words: str
) -> None:
    server.standin.behave(says(answer))
    with pytest.raises(kind, match=words) as told:
        server.koha(tmp_path).check()
    assert PERSON not in str(told.value)


def _chain(fault: BaseException | None) -> list[str]:
    found = []
    while fault is not None:
        found.append(repr(fault))
        fault = fault.__cause__ or fault.__context__
    return found
