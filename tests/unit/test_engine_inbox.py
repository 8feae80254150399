import math

import pytest
from helpers.shelves import SECOND, START, Library, make_site, settings

from hub.belief.batch import Placed
from hub.effects import AgentChanged, AntennaChanged, Point
from hub.engine import Engine
from hub.engine.agents import MAX_STRANGERS, AgentTable
from hub.engine.inbox import Inbox
from hub.events import PeerMisbehaved, ReplyHeard, ReportTaken, StatusHeard
from hub.settings import EngineSettings
from shelfwire.messages import AgentStatus, Dwell, Reply, Report

HOME = "1-B01-S3"


def dwell(end_s: float) -> Placed:
    end_us = START + int(end_s * SECOND)
    return Placed(0, end_us - SECOND, end_us, Dwell(reader="R0", port=1, started_at_us=0, ended_at_us=1))


def at(seconds: float) -> int:
    return START + int(seconds * SECOND)


# --- the watermark ---


def test_a_healthy_hub_decides_at_once() -> None:
    inbox = Inbox(EngineSettings())
    inbox.told("a", at(10), at(10))
    inbox.put(dwell(9.9))
    assert len(inbox.take(at(10))) == 1


def test_a_slow_agent_is_waited_for_and_not_for_ever() -> None:
    inbox = Inbox(EngineSettings())
    inbox.told("fast", at(100), at(100))
    inbox.told("slow", at(100), at(40))
    inbox.put(dwell(80))
    assert inbox.take(at(100)) == []
    assert len(inbox.take(at(111))) == 1


def test_a_silent_agent_is_not_waited_for() -> None:
    inbox = Inbox(EngineSettings())
    inbox.told("gone", at(80), at(80))
    inbox.told("here", at(100), at(100))
    inbox.put(dwell(99))
    assert len(inbox.take(at(100))) == 1


def test_dwells_come_out_in_the_order_of_their_ends() -> None:
    inbox = Inbox(EngineSettings())
    for end_s in (5, 3, 4):
        inbox.put(dwell(end_s))
    assert [one.ended_at_us for one in inbox.take(at(10))] == [at(3), at(4), at(5)]


def test_a_loss_makes_no_dwell_late_that_ended_before_it_and_waits() -> None:
    library = Library()
    book = library.book(home=HOME)
    library.round({HOME: [book]}, times=3)
    library.engine.inbox.told("slow", library.now_us, library.now_us)
    looks = int(library.engine.antennas.looks[0])
    library.shelf(HOME).hears(book)
    library.now_us += SECOND
    library.lose(HOME, 0.5)
    lost_us = library.now_us
    assert int(library.engine.antennas.looks[0]) == looks
    library.engine = Engine.load(library.history, library.settings, library.engine.dump())
    library.wait(10)
    antennas = library.engine.antennas
    assert (int(antennas.looks[0]), int(antennas.late[0])) == (looks + 1, 0)
    assert int(antennas.last_end_us[0]) == lost_us
    assert int(antennas.cover_since_s[0]) == lost_us // SECOND


def test_the_inbox_of_a_hub_that_applied_losses_at_once_is_read() -> None:
    inbox = Inbox(EngineSettings())
    inbox.put(dwell(3))
    old = inbox.dump()
    old["waiting"] = [one[:4] for one in old["waiting"]]
    inbox.restore(old)
    assert [one.lost for one in inbox.take(at(10))] == [False]


# --- what an agent may claim ---


def test_a_dwell_never_lies_in_the_future() -> None:
    library = Library()
    book = library.book(home=HOME)
    antenna = library.history.now.antennas[0]
    late = library.shelf(HOME).dwell([book.epc], antenna.reference_tags, -55.0, "exact", library.air)
    wild = Dwell(
        reader=antenna.reader,
        port=antenna.port,
        started_at_us=at(10**6),
        ended_at_us=at(2 * 10**6),
        tags=late.tags,
        air=late.air,
    )
    library.now_us = at(100)
    library.report(wild)
    assert int(library.engine.antennas.last_end_us[0]) == at(100)


def test_a_port_that_the_site_does_not_know_is_counted_on_the_agent() -> None:
    library = Library()
    library.now_us = at(5)
    library.report(Dwell(reader="R9", port=7, started_at_us=0, ended_at_us=1))
    library.wait(2)
    changed = [e for e in library.effects if isinstance(e, AgentChanged)][-1]
    assert changed.faults == {"unknown_port": 1}
    assert "reader R9 port 7" in changed.last_fault


def test_an_agent_speaks_only_for_its_own_readers() -> None:
    library = Library()
    book = library.book(home=HOME)
    antenna = library.history.now.antennas[0]
    spoof = library.shelf(HOME).dwell([book.epc], antenna.reference_tags, -55.0, "exact", library.air)
    report = Report(agent="mallory", log="l", seq=1, boot="b", made_at_us=at(9), wall_at_us=0, dwells=[spoof])
    library.now_us = at(10)
    library.send(ReportTaken(report, at(10)))
    library.wait(2)
    assert int(library.engine.antennas.dwells[0]) == 0
    assert library.engine.agents.agents["mallory"].faults == {"foreign_reader": 1}


def test_a_backlog_after_a_birth_is_applied_at_its_own_time() -> None:
    library = Library()
    library.now_us = at(7_200)
    library.send(
        StatusHeard(
            AgentStatus(agent="edge-1", boot="b", log="l", online=True, at_us=7_200 * SECOND), at(7_200)
        )
    )
    antenna = library.history.now.antennas[0]
    old = Dwell(reader=antenna.reader, port=antenna.port, started_at_us=9 * SECOND, ended_at_us=10 * SECOND)
    made_us = 11 * SECOND
    report = Report(
        agent="edge-1", log="l", seq=1, boot="b", made_at_us=made_us, wall_at_us=made_us, dwells=[old]
    )
    library.send(ReportTaken(report, at(7_201)))
    library.tick()
    assert int(library.engine.antennas.last_end_us[0]) == at(10)


@pytest.mark.parametrize("dbm", [math.nan, math.inf, -math.inf, 1e30])
def test_a_loudness_that_cannot_be_spoils_nothing(dbm: float) -> None:
    library = Library()
    book = library.book(home=HOME)
    library.shelf(HOME).hears(book, times=2, dbm=dbm)
    library.shelf(HOME).hears(book, times=2)
    assert library.belief(book).is_at(HOME)
    assert 0.0 <= library.belief(book).away < 0.1


# --- the health page ---


def test_a_will_of_an_older_boot_kills_nobody() -> None:
    table = AgentTable(["a"])
    table.status(AgentStatus(agent="a", boot="new", log="l", online=True), 10)
    table.status(AgentStatus(agent="a", boot="old", log="l", online=False), 11)
    assert table.agents["a"].online
    table.status(AgentStatus(agent="a", boot="new", log="l", online=False), 12)
    assert not table.agents["a"].online


def test_a_backlog_of_an_older_boot_does_not_hide_the_living_one() -> None:
    table = AgentTable(["a"])
    table.taken("a", "older", "l", 1, 1, lost=False, at_us=8)
    assert table.agents["a"].boot == "older"
    table.status(AgentStatus(agent="a", boot="new", log="l", online=True), 10)
    table.taken("a", "old", "l", 2, 2, lost=False, at_us=11)
    assert table.agents["a"].boot == "new"
    table.status(AgentStatus(agent="a", boot="new", log="l", online=False), 12)
    assert not table.agents["a"].online


def test_holes_in_the_sequence_are_shown_as_missing_until_they_are_filled() -> None:
    table = AgentTable(["a"])
    for seq in (1, 2, 5):
        table.taken("a", "b", "l", seq, seq, lost=False, at_us=seq)
    assert table.changes({}, 10)[0].missing == 2
    table.taken("a", "b", "l", 3, 4, lost=True, at_us=20)
    (row,) = table.changes({}, 30)
    assert (row.missing, row.lost, row.reports) == (0, 2, 3)


def test_invented_agents_are_bounded() -> None:
    table = AgentTable(["a"])
    for number in range(MAX_STRANGERS + 50):
        table.fault(f"ghost-{number}", "unknown_agent", "")
    assert len(table.agents) == MAX_STRANGERS + 1


def test_faults_and_refused_commands_are_shown() -> None:
    library = Library()
    library.send(PeerMisbehaved("edge-1", "unreadable", "no JSON"))
    library.send(ReplyHeard("edge-1", Reply(id="c", ok=False, detail="no such port", at_us=0)))
    library.send(
        StatusHeard(AgentStatus(agent="edge-1", boot="b", log="l", online=True, trouble="disk full"), START)
    )
    library.wait(2)
    changed = [e for e in library.effects if isinstance(e, AgentChanged)][-1]
    assert changed.faults == {"unreadable": 1, "refused_command": 1}
    assert (changed.online, changed.trouble, changed.known) == (True, "disk full", True)


def test_an_antenna_is_good_then_silent_then_unheard() -> None:
    library = Library(settings=settings(unheard_s=60.0))
    book = library.book(home=HOME)
    library.shelf(HOME).hears(book, times=3)
    library.shelf(HOME).hears_nothing(times=8, references=False)
    library.wait(120)
    states = [e.state for e in library.effects if isinstance(e, AntennaChanged) and e.antenna == "ant-000"]
    assert list(dict.fromkeys(states)) == ["good", "doubtful", "silent", "unheard"]
    assert states[-1] == "unheard"


# --- the series ---


def test_points_are_numbers_of_antennas_and_shelves_and_never_of_books() -> None:
    library = Library(history=make_site(1, 1), settings=settings(series_every_s=10.0))
    book = library.book(home="1-B01-S1")
    library.shelf("1-B01-S1").hears(book, times=11)
    points = [e for e in library.effects if isinstance(e, Point)]
    assert {tuple(point.tags) for point in points} == {("antenna",), ("shelf",), ("kind",), ()}
    dwells = [point.fields["dwells"] for point in points if point.measurement == "antenna"]
    assert sum(dwells) == 11
    assert book.epc not in repr(points)
    assert book.barcode not in repr(points)
