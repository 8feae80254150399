"""The SIP2 connector against a server over a real socket, on good days and bad ones."""

from __future__ import annotations

import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import sip2_server as sip2
from helpers.sip2_server import Book, Sip2Server

from hub.catalog.model import Gone, ItemState, RowFault
from hub.catalog.sip2 import session
from hub.catalog.sip2.system import Sip2
from hub.catalog.source import System
from shelfwire.errors import AwayError, InputError, PeerError


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "BACK_OFFS_S", (0.0, 0.01, 0.01))


@pytest.fixture
def server() -> Iterator[Sip2Server]:
    books = {
        "0001": Book("03"),
        "0002": Book("04", more="AH20260120    235900|AQSTACKS-3|AP|"),
        "0003": Book("08"),
    }
    with Sip2Server(books) as started:
        yield started


def on_loan(barcode: str) -> ItemState:
    return ItemState(barcode=barcode, status="on_loan", source_status="04 charged")


def test_each_item_is_asked_about_once_on_one_connection(server: Sip2Server, tmp_path: Path) -> None:
    system = server.system(tmp_path)
    assert list(system.states(["0001", "0002", "0003", "9999"])) == [
        ItemState(barcode="0001", status="on_shelf", source_status="03 available"),
        on_loan("0002"),
        ItemState(barcode="0003", status="hold_shelf", source_status="08 waiting on hold shelf"),
        Gone(barcode="9999", source_status="01 not found"),
    ]
    assert server.asked == ["93", "99", "17", "17", "17", "17"]
    assert server.connections == 1
    assert b"AY2AZ" in server.seen[2], "questions are numbered from the login on"
    system.close()
    system.close()


def test_it_is_a_system_that_cannot_list(server: Sip2Server, tmp_path: Path) -> None:
    system: System = server.system(tmp_path)
    assert isinstance(system, System)
    assert not system.lists
    with pytest.raises(InputError, match="cannot list"):
        system.items(None)


def test_check_says_what_the_server_offers(server: Sip2Server, tmp_path: Path) -> None:
    system = server.system(tmp_path, answer_within_s=None)
    port = server.server_address[1]
    assert system.check() == (
        f"SIP2 server 127.0.0.1:{port} speaks SIP 2.00; item information offered; "
        "answers guarded by number and sum; waits of 10 s, 3 retries"
    )
    system.close()


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\r\n\r\n"])
@pytest.mark.parametrize("guarded", [True, False])
def test_every_line_end_is_taken_with_and_without_sums(end: bytes, tmp_path: Path, *, guarded: bool) -> None:
    with Sip2Server({"1": Book("04"), "2": Book("03")}, end=end, guarded=guarded) as server:
        system = server.system(tmp_path)
        assert [state.status for state in system.states(["1", "2"]) if isinstance(state, ItemState)] == [
            "on_loan",
            "on_shelf",
        ]
        system.close()


@pytest.mark.parametrize("line_end", ["cr", "lf", "crlf"])
def test_our_own_line_end_is_as_it_is_set(server: Sip2Server, tmp_path: Path, line_end: str) -> None:
    system = server.system(tmp_path, line_end=line_end)
    assert list(system.states(["0002"])) == [on_loan("0002")]
    system.close()


@pytest.mark.parametrize(
    ("behaviour", "sent"),
    [
        (sip2.wrong_sum, ["17", "97"]),
        (sip2.silent, ["17", "17"]),
        (sip2.garbage, ["17", "17"]),
        (sip2.instead("96"), ["17", "17"]),
        (sip2.raw(sip2.guard(b"96", None) + b"\r"), ["17", "17"]),
        (sip2.half, ["17", "93", "99", "17"]),
        (sip2.hang_up, ["17", "93", "99", "17"]),
        (sip2.endless, ["17", "93", "99", "17"]),
        (sip2.twice, ["17"]),
        (sip2.slow(0.1), ["17"]),
    ],
)
def test_one_bad_answer_costs_a_moment_and_nothing_else(
    server: Sip2Server, tmp_path: Path, behaviour: sip2.Behaviour, sent: list[str]
) -> None:
    server.behave("17", behaviour)
    system = server.system(tmp_path)
    found = list(system.states(["0002", "0001"]))
    assert found == [
        on_loan("0002"),
        ItemState(barcode="0001", status="on_shelf", source_status="03 available"),
    ]
    assert server.asked[2:] == [*sent, "17"]
    system.close()


def test_an_answer_that_drips_is_waited_for_no_longer_than_a_silent_one(
    server: Sip2Server, tmp_path: Path
) -> None:
    server.behave("17", *[sip2.drip(0.05)] * 2)
    system = server.system(tmp_path, answer_within_s=0.1)
    began_s = time.monotonic()
    found = list(system.states(["0002", "0001"]))
    assert isinstance(found[0], RowFault)
    assert time.monotonic() - began_s < 3, "the answers alone would take eight seconds"
    assert isinstance(found[1], ItemState)
    system.close()


def test_a_question_that_is_sent_again_is_the_same_byte_by_byte(server: Sip2Server, tmp_path: Path) -> None:
    server.behave("17", sip2.silent, sip2.wrong_sum)
    system = server.system(tmp_path)
    list(system.states(["0002"]))
    first, second, third = server.seen[2:]
    assert first == second
    assert third == b"97AZFEF5"
    system.close()


def test_an_answer_that_comes_too_late_is_not_taken_for_that_of_the_next_item(
    server: Sip2Server, tmp_path: Path
) -> None:
    server.behave("17", sip2.slow(0.5))
    system = server.system(tmp_path)
    found = list(system.states(["0002", "0001", "0003"]))
    assert [state.status for state in found if isinstance(state, ItemState)] == [
        "on_loan",
        "on_shelf",
        "hold_shelf",
    ]
    system.close()


@pytest.mark.parametrize("guarded", [True, False])
def test_an_answer_about_another_item_is_never_taken(tmp_path: Path, *, guarded: bool) -> None:
    other = f"18120001{sip2.NOW}ABother|AJA title|"
    with Sip2Server({"1": Book("03"), "2": Book("04")}, guarded=guarded, waits="002000") as server:
        server.behave("17", *[sip2.instead(other) if guarded else sip2.raw(other.encode() + b"\r")] * 2)
        system = server.system(tmp_path, answer_within_s=0.1)
        found = list(system.states(["1", "2"]))
        assert isinstance(found[0], RowFault)
        assert "another item" in found[0].what
        assert "barcode 1" in found[0].where
        assert not found[0].taken
        assert found[1] == on_loan("2")
        system.close()


def test_an_answer_with_the_number_of_another_question_is_never_taken(
    server: Sip2Server, tmp_path: Path
) -> None:
    server.behave("17", sip2.instead(f"18120001{sip2.NOW}AB0002|AJA title|", number=9))
    system = server.system(tmp_path)
    assert list(system.states(["0002"])) == [on_loan("0002")]
    system.close()


def test_an_answer_without_a_sum_is_not_taken_once_the_server_gave_sums(
    server: Sip2Server, tmp_path: Path
) -> None:
    server.behave("17", sip2.raw(f"18120001{sip2.NOW}AB0002|AJA title|\r".encode()))
    system = server.system(tmp_path)
    assert list(system.states(["0002"])) == [on_loan("0002")]
    system.close()


def test_a_notice_with_line_breaks_does_not_tear_the_answer(tmp_path: Path) -> None:
    books = {"1": Book("04", more="AFPlease ask\r\nat the\rdesk|AQSTACKS|"), "2": Book("03")}
    with Sip2Server(books) as server:
        system = server.system(tmp_path)
        found = list(system.states(["1", "2"]))
        assert [state.status for state in found if isinstance(state, ItemState)] == ["on_loan", "on_shelf"]
        assert server.asked.count("17") == 2
        system.close()


def test_a_server_that_went_away_and_came_back_is_asked_on(server: Sip2Server, tmp_path: Path) -> None:
    system = server.system(tmp_path)
    assert list(system.states(["0002"])) == [on_loan("0002")]
    server.behave("17", sip2.hang_up)
    assert list(system.states(["0002"])) == [on_loan("0002")]
    assert server.connections == 2
    assert any("beginning anew" in line for line in server.told)
    system.close()


def test_nobody_there_is_away_after_three_tries(tmp_path: Path) -> None:
    with Sip2Server() as server:
        options = server.options(tmp_path)
    told: list[str] = []
    system = Sip2.open(options, tmp_path, told.append)
    with pytest.raises(AwayError, match="refused"):
        list(system.states(["1"]))
    assert told == [f"{told[0].split(': ')[0]}: Connection refused; trying again in 0.01 s"] * 2


def test_a_server_that_takes_the_call_and_says_nothing_is_away(server: Sip2Server, tmp_path: Path) -> None:
    server.always("93", sip2.silent)
    system = server.system(tmp_path, answer_within_s=0.05)
    with pytest.raises(AwayError, match="no answer to 93"):
        list(system.states(["0001"]))
    assert server.connections == 3
    system.close()


def test_an_item_that_breaks_the_server_is_a_fault_and_the_others_go_on(
    server: Sip2Server, tmp_path: Path
) -> None:
    server.behave("17", sip2.half, sip2.half)
    system = server.system(tmp_path)
    found = list(system.states(["0001", "0002"]))
    assert isinstance(found[0], RowFault)
    assert found[1] == on_loan("0002")
    system.close()


def test_a_server_that_breaks_on_every_item_is_given_up(server: Sip2Server, tmp_path: Path) -> None:
    server.always("17", sip2.hang_up)
    system = server.system(tmp_path)
    found: list[object] = []
    with pytest.raises(AwayError, match="ended the connection"):
        found.extend(system.states(["0001"] * 10))
    assert server.asked.count("17") == 6
    system.close()


def test_a_server_that_only_talks_nonsense_is_a_peer_fault(server: Sip2Server, tmp_path: Path) -> None:
    server.always("93", sip2.raw(b"HTTP/1.1 400 Bad Request\r\n"))
    system = server.system(tmp_path, answer_within_s=0.05)
    with pytest.raises(PeerError, match="no answer to what was asked"):
        list(system.states(["0001"]))
    system.close()


def test_a_server_that_talks_without_end_is_left(server: Sip2Server, tmp_path: Path) -> None:
    server.always("17", sip2.raw(b"news\r" * 1000))
    system = server.system(tmp_path)
    with pytest.raises(PeerError, match="20 lines that do not answer"):
        list(system.states(["0001"] * 3))
    system.close()


def test_a_refused_login_is_said_at_once_and_without_the_password(server: Sip2Server, tmp_path: Path) -> None:
    options = server.options(tmp_path)
    (tmp_path / "password").write_text("not-the-right-one\n", encoding="utf-8")
    system = Sip2.open(options, tmp_path, server.told.append)
    with pytest.raises(InputError, match="refuses the login") as fault:
        system.check()
    assert "not-the-right-one" not in str(fault.value)
    assert server.connections == 1
    assert system._connection._socket is None, "and the server is left"
    system.close()


def test_a_server_that_wants_no_login_gets_none(server: Sip2Server, tmp_path: Path) -> None:
    system = server.system(tmp_path, user=None, password_file=None)
    assert list(system.states(["0002"])) == [on_loan("0002")]
    assert server.asked == ["99", "17"]
    system.close()


def test_a_server_without_item_information_is_said_at_once(tmp_path: Path) -> None:
    with Sip2Server(offers="YYYNYNYYYYNNNNYN") as server:
        system = server.system(tmp_path)
        with pytest.raises(InputError, match="no item information"):
            system.check()
        system.close()


def test_a_server_that_is_off_line_is_away(tmp_path: Path) -> None:
    with Sip2Server(online="N") as server:
        system = server.system(tmp_path)
        with pytest.raises(AwayError, match="off-line"):
            system.check()
        system.close()


def test_a_barcode_that_cannot_be_sent_never_reaches_the_server(server: Sip2Server, tmp_path: Path) -> None:
    system = server.system(tmp_path)
    bad = ["", "1|AB0002", "1\r9300", "x" * 81]
    assert all(isinstance(found, RowFault) for found in system.states(bad))
    assert server.asked == []
    system.close()


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "latin-1", "cp850"])
def test_texts_in_any_encoding_hide_no_field(encoding: str, tmp_path: Path) -> None:
    title = "弢|程序设计" if encoding == "gbk" else "Déjà vu"  # half of 弢 in GBK is the byte of a bar
    with Sip2Server({"1": Book("04", title=title.replace("|", ""))}, encoding=encoding) as server:
        system = server.system(tmp_path, encoding=encoding)
        assert list(system.states(["1"])) == [on_loan("1")]
        system.close()


def test_questions_keep_their_distance(
    server: Sip2Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("hub.catalog.sip2.system.time.sleep", slept.append)
    system = server.system(tmp_path, questions_a_second=2)
    list(system.states(["0001", "0002", "0003"]))
    assert len(slept) == 2
    assert sum(slept) == pytest.approx(1.5, abs=0.2), (
        "0.5 s before the second, 1 s before the third, for none was slept"
    )
    system.close()


@pytest.mark.needs("openssl")
def test_tls_is_spoken_with_whom_we_trust_only(tmp_path: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", "server.key", "-out", "server.crt"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")
    with Sip2Server({"1": Book("04")}, tls=context) as server:
        system = server.system(tmp_path, host="localhost", tls=True, ca_file="server.crt")
        assert list(system.states(["1"])) == [on_loan("1")]
        system.close()
        stranger = server.system(tmp_path, host="localhost", tls=True)
        with pytest.raises(InputError, match="certificate is not trusted"):
            stranger.check()
        stranger.close()
        plain = server.system(tmp_path, answer_within_s=0.1)
        with pytest.raises(AwayError):
            plain.check()
        plain.close()
