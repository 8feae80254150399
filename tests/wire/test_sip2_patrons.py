"""Law: nothing about a patron can enter. A server that tells everything it knows of people, in every field, is told on nothing."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from helpers import sip2_server as sip2
from helpers.sip2_server import NOW, Book, Sip2Server

from hub.catalog.model import RowFault
from hub.catalog.sip2 import session
from hub.events import ActAsked
from hub.store.acts import insert_act
from hub.store.migrate import upgrade
from shelfwire.errors import ShelfwireError

PEOPLE = ("Quillfeather", "P-4471-0093", "q.feather@mail.example", "owes 12.50", "+49 30 5550199", "19790313")
"""A name, a number, an address, a note, a telephone, a birthday: of nobody."""

READS_NOTICES = "edge-sip2"
"""The dialect of which most is looked at."""

TOLD = " ".join(PEOPLE)
FIELDS = [
    "AA", "AC", "AD", "AE", "AF", "AG", "AM", "AN", "AO", "AQ", "AP", "AH", "BD", "BE", "BF", "BG", "BH", "BV", "BX", "CF",
    "CH", "CJ", "CK", "CM", "CS", "CT", "CV", "CY", "DA", "EA", "PA", "ZZ", "aa", "  ",
]  # fmt: skip
EVERYTHING = "".join(f"{name}{TOLD}|" for name in FIELDS)
PATRON = f"64              00020260105    090008000000000002000000000000{EVERYTHING}"
CHECKIN = f"101YNN{NOW}{EVERYTHING}"


def and_more(wire: sip2.Wire, answer: bytes) -> None:
    """A right answer, and behind it what nobody asked for: a line and a half, in one piece."""
    barcode, number = re.search(rb"AB(\d+)\|", answer), re.search(rb"AY(\d)AZ", answer)
    assert barcode is not None
    assert number is not None
    right = sip2.guard(f"18030001{NOW}AB{barcode[1].decode()}|AJTitle|".encode(), int(number[1]))
    wire.send(right + f"\r64{TOLD}\r64{TOLD}".encode())


TALKS: dict[str, list[tuple[str, sip2.Behaviour]]] = {
    "in every field of a good answer": [],
    "after a good answer": [("17", sip2.good), ("17", sip2.good), ("17", and_more)],
    "beside the login": [("93", sip2.instead(f"941{EVERYTHING}"))],
    "with a refused login": [("93", sip2.instead(f"940{EVERYTHING}"))],
    "with the status": [("99", sip2.instead(f"98YYYYYN100003{NOW}2.00BXYYYNYNYYYYYNNNYN|{EVERYTHING}"))],
    "as what it offers": [("99", sip2.instead(f"98YYYYYN100003{NOW}2.00BXYYYNYNYYYYN{TOLD}|{EVERYTHING}"))],
    "in place of the status": [("99", sip2.instead(f"98{EVERYTHING}"))] * 6,
    "as patron information": [("17", sip2.instead(PATRON))] * 30,
    "as a check-in": [("17", sip2.instead(CHECKIN))] * 30,
    "about another item": [("17", sip2.instead(f"18030001{NOW}AB{TOLD}|AJ{TOLD}|{EVERYTHING}"))] * 30,
    "with a broken fixed part": [("17", sip2.instead(f"18{TOLD}{EVERYTHING}"))] * 30,
    "as a status code": [("17", sip2.instead(f"18Qu0001{NOW}AB0001|AJ{TOLD}|"))] * 30,
    "with an unknown status": [("17", sip2.instead(f"18770001{NOW}AB0001|AJ{TOLD}|{EVERYTHING}"))],
    "with a wrong sum": [("17", sip2.raw(f"18030001{NOW}AB0001|AJ{TOLD}|AY2AZ0000\r".encode()))] * 30,
    "as no protocol at all": [("17", sip2.raw(f"500 Error: {TOLD}\r\n".encode() * 30))] * 30,
    "in a line without end": [("17", sip2.raw(TOLD.encode() * 1000))] * 30,
    "as half an answer": [("17", sip2.half)] * 30,
}


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "BACK_OFFS_S", (0.0, 0.0, 0.0))


@pytest.fixture
def server() -> Iterator[Sip2Server]:
    books = {number: Book("03", title=TOLD, more=EVERYTHING) for number in ("0001", "0002", "0003")}
    with Sip2Server(books, waits="002001") as started:
        yield started


@pytest.mark.parametrize("talk", TALKS)
def test_no_trace_of_a_patron_comes_out(
    talk: str, server: Sip2Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for code, behaviour in TALKS[talk]:
        server.behave(code, behaviour)
    system = server.system(tmp_path, server=READS_NOTICES, answer_within_s=0.03)
    out: list[object] = []
    try:
        out.append(system.check())
        out.extend(system.states(["0001", "0002", "0003"]))
    except ShelfwireError as fault:
        out += ["".join(traceback.format_exception(fault)), fault, fault.__cause__, fault.__context__]
    assert out, "a row, a fault or an error: no barcode is passed over in silence"
    out += [
        vars(system),
        vars(system._session),
        vars(system._connection),
        vars(system._connection._lines),
        server.told,
    ]
    out += [record.getMessage() for record in caplog.records]
    text = repr(out)
    system.close()
    for trace in (*PEOPLE, sip2.PASSWORD):
        assert trace not in text, f"{trace} came out"


def test_none_reaches_the_file_of_the_database(server: Sip2Server, tmp_path: Path) -> None:
    server.behave("17", sip2.instead(f"18770001{NOW}AB0001|AJ{TOLD}|{EVERYTHING}"))
    system = server.system(tmp_path, server=READS_NOTICES)
    found = list(system.states(["0001", "0002"]))
    system.close()
    assert isinstance(found[0], RowFault)
    url = f"sqlite:///{tmp_path}/hub.db"
    upgrade(url)
    body = {"states": msgspec.to_builtins(found), "told": server.told}
    act = ActAsked(id="act-1", role="catalog", asked_at_us=1, kind="item.states", subject="sip2", body=body)
    insert_act(url, "demo", act)
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.name.startswith("hub.db"))
    assert b"03 available" in kept
    assert not [trace for trace in PEOPLE if trace.encode() in kept]
