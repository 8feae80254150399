"""How a SIP2 talk goes on, step by step, without a socket: numbers, waits, tries."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from helpers.sip2_server import NOW, guard

from hub.catalog.model import Gone, ItemState, RowFault
from hub.catalog.sip2.options import settings
from hub.catalog.sip2.session import (
    Action,
    Connect,
    Drop,
    Event,
    Line,
    Lost,
    Opened,
    Send,
    Session,
    Silent,
    Steps,
)
from shelfwire.errors import AwayError, PeerError


class Talk:
    """A session whose server answers as the test says, and what was sent to it."""

    def __init__(self, tmp_path: Path, **options: Any) -> None:
        (tmp_path / "password").write_text("opens-the-door", encoding="utf-8")
        known = {"host": "localhost", "user": "shelf", "password_file": "password"}
        self.told: list[str] = []
        self.session = Session(settings(known | options, tmp_path), self.told.append)
        self.sent: list[bytes] = []
        self.waits_s: list[float] = []
        self.connects = 0
        self.waits = "600003"
        self.guards = True
        self.silent_for: dict[str, int] = {}
        """Code → how many questions of it get no answer."""
        self.late = b""
        """Comes once on each connection, in place of the answer to its first question."""
        self._late_due = False

    def state(self, barcode: str = "0001") -> ItemState | Gone | RowFault:
        return self._run(self.session.state(barcode, NOW))

    def _run(self, steps: Steps[ItemState | Gone | RowFault]) -> ItemState | Gone | RowFault:
        try:
            action = next(steps)
            while True:
                action = steps.send(self._event(action))
        except StopIteration as end:
            answer: ItemState | Gone | RowFault = end.value
            return answer

    def _event(self, action: Action) -> Event:
        if isinstance(action, Connect):
            self.connects += 1
            self._late_due = bool(self.late)
            return Opened()
        if isinstance(action, Drop):
            return Lost("left")
        if not isinstance(action, Send):
            return Silent()
        self.sent.append(action.data)
        self.waits_s.append(action.wait_s)
        code = action.data[:2].decode()
        if self._late_due and code == "17":
            self._late_due = False
            return Line(self.late)
        if self.silent_for.get(code, 0):
            self.silent_for[code] -= 1
            return Silent()
        return Line(self._answer(code, action.data) + b"\r")

    def _answer(self, code: str, data: bytes) -> bytes:
        barcode = re.search(rb"AB([^|]*)", data)
        text = {
            "93": b"941",
            "99": f"98YYYYYN{self.waits}{NOW}2.00AOMAIN|".encode(),
            "17": f"18040001{NOW}AB".encode() + (barcode[1] if barcode else b"") + b"|AJTitle|",
        }[code]
        number = re.search(rb"AY(\d)AZ", data)
        return guard(text, int(number[1])) if number and self.guards else text

    @property
    def numbers(self) -> list[int]:
        return [int(re.findall(rb"AY(\d)AZ", data)[-1]) for data in self.sent]


def test_login_comes_first_then_status_then_the_question(tmp_path: Path) -> None:
    talk = Talk(tmp_path, location="STACKS", institution="MAIN")
    talk.state()
    assert [data[:2] for data in talk.sent] == [b"93", b"99", b"17"]
    assert talk.sent[0].startswith(b"9300CNshelf|COopens-the-door|CPSTACKS|AY0AZ")
    assert talk.sent[2].startswith(f"17{NOW}AOMAIN|AB0001|AY2AZ".encode())


def test_questions_are_numbered_round_and_round(tmp_path: Path) -> None:
    talk = Talk(tmp_path)
    for _ in range(12):
        talk.state()
    assert talk.numbers == [*range(10), 0, 1, 2, 3]


def test_a_question_that_is_sent_again_keeps_its_number(tmp_path: Path) -> None:
    talk = Talk(tmp_path)
    talk.silent_for = {"17": 2}
    talk.state()
    assert talk.numbers == [0, 1, 2, 2, 2]
    assert len(set(talk.sent[2:])) == 1
    assert len([line for line in talk.told if "asking again" in line]) == 2


def test_a_new_connection_begins_with_a_new_login_and_number_zero(tmp_path: Path) -> None:
    talk = Talk(tmp_path)
    talk.silent_for = {"17": 4}
    assert isinstance(talk.state(), ItemState)
    assert talk.connects == 2
    assert talk.numbers == [0, 1, 2, 2, 2, 2, 0, 1, 2]


@pytest.mark.parametrize(
    ("said", "wait_s", "tries"),
    [("600003", 15.0, 4), ("050001", 5.0, 2), ("001000", 1.0, 1), ("999999", 10.0, 4), ("050099", 5.0, 6)],
)
def test_the_server_says_how_long_and_how_often_within_bounds(
    tmp_path: Path, said: str, wait_s: float, tries: int
) -> None:
    talk = Talk(tmp_path)
    talk.waits = said
    talk.silent_for = {"17": 100}
    answer = talk.state()
    assert isinstance(answer, RowFault)
    questions = [wait for wait, data in zip(talk.waits_s, talk.sent, strict=True) if data.startswith(b"17")]
    assert questions == [wait_s] * 2 * tries
    assert "its state stays as it was" in answer.what


def test_our_own_word_on_waiting_comes_before_the_servers(tmp_path: Path) -> None:
    talk = Talk(tmp_path, answer_within_s=2)
    talk.state()
    assert set(talk.waits_s) == {2.0}


def test_sums_are_wanted_again_by_each_connection_on_its_own(tmp_path: Path) -> None:
    talk = Talk(tmp_path)
    talk.state()
    talk.guards = False
    talk.silent_for = {"17": 4}
    assert isinstance(talk.state(), ItemState), "the server was changed for one without sums"


def test_error_detection_that_is_on_takes_no_answer_without_a_sum(tmp_path: Path) -> None:
    talk = Talk(tmp_path, error_detection="on")
    talk.guards = False
    with pytest.raises(PeerError, match="without a sum, or half of one, at the login"):
        talk.state()


def test_error_detection_that_is_off_sends_bare_questions(tmp_path: Path) -> None:
    talk = Talk(tmp_path, error_detection="off")
    talk.state()
    assert not [data for data in talk.sent if b"AZ" in data]


def test_a_hostile_barcode_is_shown_without_its_control_signs(tmp_path: Path) -> None:
    answer = Talk(tmp_path).state("1\r\n9300\x1b[2J")
    assert isinstance(answer, RowFault)
    assert answer.where.endswith("barcode 1??9300?[2J")


def test_bad_items_give_up_the_server_only_in_a_row(tmp_path: Path) -> None:
    talk = Talk(tmp_path)
    for _ in range(2):
        talk.silent_for = {"17": 8}
        assert isinstance(talk.state(), RowFault)
        talk.silent_for = {"17": 8}
        assert isinstance(talk.state(), RowFault)
        assert isinstance(talk.state(), ItemState)
    talk.silent_for = {"17": 100}
    assert isinstance(talk.state(), RowFault)
    assert isinstance(talk.state(), RowFault)
    with pytest.raises(AwayError, match="no answer to 17 in 15 s"):
        talk.state()


def test_a_late_answer_before_a_long_silence_is_not_what_is_told(tmp_path: Path) -> None:
    talk = Talk(tmp_path)
    talk.late = guard(f"18030001{NOW}AB0000|AJTitle|".encode(), 9) + b"\r"
    talk.silent_for = {"17": 100}
    answer = talk.state()
    assert isinstance(answer, RowFault)
    assert answer.what.startswith("no answer to 17 in 15 s")
