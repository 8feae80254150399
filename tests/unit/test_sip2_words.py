"""What the codes of SIP2 mean, server by server, and that an unknown one means nothing."""

from __future__ import annotations

import pytest

from hub.catalog.model import EXPECTED_ON_SHELF, FLAGS, STATUSES, Gone, ItemState, RowFault
from hub.catalog.options import words as plain_words
from hub.catalog.sip2.codec import ItemInfo
from hub.catalog.sip2.words import FOLIO, SERVERS, Server, expected, state


def said(
    code: str,
    server: Server = "standard",
    *,
    said: str = "",
    titled: bool = True,
    elsewhere: bool = False,
    **own: str,
) -> ItemState | Gone | RowFault:
    info = ItemInfo(
        circulation=code, barcode="1", titled=titled, placed=False, elsewhere=elsewhere, said=said
    )
    statuses = plain_words({key.removeprefix("x"): value for key, value in own.items()})  # type: ignore[misc]
    return state(info, "1", "SIP2 server, barcode 1", server, statuses)


def status_of(answer: ItemState | Gone | RowFault) -> tuple[str, tuple[str, ...]]:
    assert isinstance(answer, ItemState)
    return answer.status, answer.flags


@pytest.mark.parametrize(
    ("code", "status", "flags"),
    [
        ("01", "in_processing", ("unclear",)),
        ("02", "in_processing", ()),
        ("03", "on_shelf", ()),
        ("04", "on_loan", ()),
        ("05", "on_loan", ()),
        ("06", "in_processing", ()),
        ("07", "on_loan", ()),
        ("08", "hold_shelf", ()),
        ("09", "on_shelf", ("recently_returned",)),
        ("10", "in_transit", ()),
        ("11", "on_loan", ("claimed_returned",)),
        ("12", "lost", ()),
        ("13", "missing", ()),
    ],
)
def test_the_standard_codes(code: str, status: str, flags: tuple[str, ...]) -> None:
    answer = said(code)
    assert status_of(answer) == (status, flags)
    assert isinstance(answer, ItemState)
    assert answer.source_status.startswith(f"{code} "), "the source's own code is kept"


@pytest.mark.parametrize("code", ["00", "14", "47", "99"])
@pytest.mark.parametrize("server", SERVERS)
def test_a_code_that_nobody_knows_is_reported_and_is_no_state(code: str, server: Server) -> None:
    answer = said(code, server)
    assert isinstance(answer, RowFault)
    assert code in answer.what
    assert not answer.taken


@pytest.mark.parametrize(
    ("server", "code", "status", "flags"),
    [
        ("edge-sip2", "07", "on_shelf", ("requested",)),
        ("fsip2", "08", "hold_shelf", ("requested", "unclear")),
        ("koha", "01", "on_shelf", ("damaged",)),
        ("evergreen", "01", "in_processing", ("unclear",)),
    ],
)
def test_servers_mean_different_things_by_one_code(
    server: Server, code: str, status: str, flags: tuple[str, ...]
) -> None:
    assert status_of(said(code, server)) == (status, flags)


@pytest.mark.parametrize(
    ("word", "code", "status"),
    [
        ("missing", "01", "missing"),
        ("withdrawn", "01", "withdrawn"),
        ("restricted", "01", "not_for_loan"),
        ("long missing", "13", "missing"),
        ("paged", "07", "on_shelf"),
        ("awaiting delivery", "10", "in_transit"),
    ],
)
def test_the_notice_of_edge_sip2_says_more_than_its_code(word: str, code: str, status: str) -> None:
    answer = said(code, "edge-sip2", said=word)
    assert status_of(answer)[0] == status
    assert isinstance(answer, ItemState)
    assert answer.source_status == f"{code} {FOLIO[word].words}"


def test_notices_of_other_servers_are_not_even_looked_for() -> None:
    assert "missing" not in expected("standard")
    assert "missing" in expected("edge-sip2")
    assert status_of(said("01", said="missing"))[0] == "in_processing"


def test_what_the_library_says_comes_first() -> None:
    assert status_of(said("01", x01="not_for_loan")) == ("not_for_loan", ())
    assert status_of(said("47", x47="display")) == ("display", ())
    assert status_of(said("01", "edge-sip2", said="restricted", restricted="on_shelf")) == ("on_shelf", ())


@pytest.mark.parametrize("word", ["", "item does not exist", "item not found"])
def test_an_item_that_the_system_does_not_have_is_gone(word: str) -> None:
    assert said("01", said=word, titled=bool(word)) == Gone(barcode="1", source_status="01 not found")
    assert said("01", said=word, titled=bool(word), x01="not_for_loan") == Gone(
        barcode="1", source_status="01 not found"
    )


def test_an_item_without_a_title_but_with_a_place_is_there() -> None:
    info = ItemInfo(circulation="01", barcode="1", titled=False, placed=True, elsewhere=False)
    assert isinstance(state(info, "1", "", "standard", {}), ItemState)


def test_only_other_can_mean_not_found() -> None:
    assert status_of(said("04", said="item not found", titled=False))[0] == "on_loan"


def test_an_item_on_a_shelf_elsewhere_is_unclear() -> None:
    assert status_of(said("03", elsewhere=True)) == ("on_shelf", ("unclear",))
    assert status_of(said("04", elsewhere=True)) == ("on_loan", ())


def test_every_meaning_is_in_our_words_and_other_is_never_plainly_on_its_shelf() -> None:
    for meanings in (*SERVERS.values(), FOLIO):
        for meaning in meanings.values():
            assert meaning.status in STATUSES
            assert set(meaning.flags) <= set(FLAGS)
    for meanings in SERVERS.values():
        assert meanings["01"].flags or meanings["01"].status not in EXPECTED_ON_SHELF
