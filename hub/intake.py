"""Intake: what an agent sends → what the journal takes, each number of each outbox once. Pure.

`read` takes one message apart and needs no state, so it may run while the group before is written. `Intake.admit` decides, `Intake.book`
and `Intake.book_note` change the state; a replay of the journal calls only the last two, so that the same state comes out of the same journal.

Nothing that is out of order waits in memory: it goes into the journal at once, and intake remembers only which numbers are there.

A peer cannot make this state grow without bound: agents are those of the site (others share `MAX_STRANGERS` rows), outboxes of an agent
are `MAX_LOGS`, holes of an outbox are bounded in `hub.sequences`, and complaints become at most one event a second, agent and
fault; the rest is counted in a note.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from hub.events import ActAsked, Event, PeerMisbehaved, ReplyHeard, ReportTaken, StatusHeard, Ticked
from hub.frames import Entry, Kind
from hub.sequences import Sequence
from shelfwire import codec
from shelfwire.errors import PeerError
from shelfwire.messages import MAX_PAYLOAD_BYTES, Ack, AgentStatus, Lost, Reply, Report
from shelfwire.topics import AgentTopic

MAX_LOGS: Final = 64
"""Outboxes remembered for one agent. A new one is made when an agent loses its disk; an agent that makes one at every start is
forgotten oldest first, long after its outbox is gone (at the latest 72 h old, or full)."""

MAX_STRANGERS: Final = 100
"""Names that are not in the site and get a row of their own on the health page; all others share `OTHERS`."""

OTHERS: Final = "others"

LIVE_US: Final = 60_000_000
"""An outbox is live for a minute after its last new report: an agent sends at least one a second."""

HANDOVER_US: Final = 10_000_000
"""Reports of an old outbox may still be on their way when a new one begins; ten seconds cover the broker's queue."""

ASK_AFTER_US: Final = 2_000_000
"""A gap this old is no reordering any more."""
ASK_AGAIN_US: Final = 5_000_000
MAX_ASKS: Final = 60
"""After five minutes of asking an agent that is alive for numbers that it does not send, they are booked as missing: otherwise its outbox
could never be emptied again. They are taken for doubles if they come after all, and counted there."""
MAX_ASKS_NEW: Final = 12
"""One minute, when the gap lies before the first number that this hub ever saw of the outbox: an older hub acknowledged those."""

MAX_WANT: Final = 64
"""Ranges in one `Ack`; the bound of the message."""


class Heard(NamedTuple):
    """One message from an agent's topic, taken apart but not judged."""

    topic: AgentTopic
    payload: bytes
    message: Report | Lost | AgentStatus | Reply | None
    fault: PeerMisbehaved | None


class Taken(NamedTuple):
    """What goes into the journal, and what the engine gets when it is there."""

    kind: Kind
    payload: bytes
    event: Event


class Note(msgspec.Struct, omit_defaults=True):
    """What intake counted in one group and no event says; journalled, so that a replay counts the same."""

    doubled: list[tuple[str, str, int]] = []
    """(agent, log, how many)."""
    faults: list[tuple[str, str, int]] = []
    """(agent, fault, how many more)."""
    given_up: list[tuple[str, str, int, int]] = []
    """(agent, log, first, last)."""

    def __bool__(self) -> bool:
        return bool(self.doubled or self.faults or self.given_up)


class AgentBook(msgspec.Struct, kw_only=True):
    """What intake knows of one agent, or of one name that is no agent."""

    logs: dict[str, Sequence] = {}
    current: str = ""
    """The youngest outbox."""
    conflict_at_us: int = 0
    """When two live outboxes were last seen; 0: never."""
    faults: dict[str, int] = {}
    last_fault: str = ""
    last_fault_at_us: int = 0


class IntakeState(msgspec.Struct):
    """All of it, as it stands in a snapshot."""

    agents: dict[str, AgentBook] = {}


pack: Final = msgspec.msgpack.Encoder().encode
"""Event or note → payload of an entry."""

_event: Final[msgspec.msgpack.Decoder[StatusHeard | ReplyHeard | PeerMisbehaved | ActAsked]] = (
    msgspec.msgpack.Decoder(StatusHeard | ReplyHeard | PeerMisbehaved | ActAsked)
)
_note: Final = msgspec.msgpack.Decoder(Note)


def read(topic: AgentTopic, payload: bytes) -> Heard:
    """Decode one message. Never raises for what a peer may send."""
    agent = topic.agent
    if len(payload) > MAX_PAYLOAD_BYTES:
        text = f"{len(payload)} bytes are more than the bound of {MAX_PAYLOAD_BYTES}"
        return Heard(topic, b"", None, PeerMisbehaved(agent, "too_large", text))
    message: Report | Lost | AgentStatus | Reply
    try:
        if topic.leaf == "dwells":
            message = codec.decode_from_agent(payload)
        elif topic.leaf == "status":
            message = codec.decode_status(payload)
        else:
            message = codec.decode_reply(payload)
    except codec.FutureVersionError as fault:
        return Heard(topic, b"", None, PeerMisbehaved(agent, "future_version", str(fault)[:400]))
    except PeerError as fault:
        return Heard(topic, b"", None, PeerMisbehaved(agent, "unreadable", f"{topic.leaf}: {fault}"[:400]))
    if not isinstance(message, Reply) and message.agent != agent:
        text = f"a {topic.leaf} message of {message.agent} on the topic of {agent}"
        return Heard(topic, b"", None, PeerMisbehaved(agent, "topic_mismatch", text))
    return Heard(topic, payload, message, None)


class Intake:
    """The intake of one site. See the module."""

    def __init__(self, agents: frozenset[str], state: IntakeState | None = None) -> None:
        self.agents = agents
        self.state = state or IntakeState()
        self._note = Note()
        self._complained: dict[tuple[str, str], int] = {}
        self._asked: dict[tuple[str, str], tuple[int, int, int]] = {}
        """(agent, log) → (the gap's first number, when asked last, how often); not worth a snapshot."""
        self._heard_us: dict[tuple[str, str], int] = {}
        """(agent, log) → when anything came of it, doubles too: an agent whose window is full sends nothing new."""
        self.held_back = 0
        """Reports left with their agent because there are too many holes in its numbers."""

    def copy_state(self) -> IntakeState:
        """The state as a snapshot keeps it."""
        return msgspec.msgpack.decode(pack(self.state), type=IntakeState)

    def admit(self, heard: Heard, now_us: int) -> list[Taken]:
        """What of this message goes into the journal; the state already holds it when this returns."""
        agent = heard.topic.agent
        if agent not in self.agents:
            return self._complain(
                PeerMisbehaved(agent, "unknown_agent", f"{agent} is no agent of this site"), now_us
            )
        if heard.fault is not None:
            return self._complain(heard.fault, now_us)
        message = heard.message
        if isinstance(message, Report | Lost):
            return self._admit_numbered(message, heard.payload, now_us)
        if isinstance(message, AgentStatus):
            return [self._take_event(StatusHeard(message, now_us), now_us)]
        assert message is not None
        return [self._take_event(ReplyHeard(agent, message), now_us)]

    def book(self, event: Event, now_us: int) -> None:
        """Change the state by an event that is in the journal, or goes there now."""
        if isinstance(event, ReportTaken):
            self._book_numbered(event.message, now_us)
        elif isinstance(event, PeerMisbehaved):
            book = self._book_of(event.agent)
            book.faults[event.fault] = book.faults.get(event.fault, 0) + 1
            book.last_fault = f"{event.fault}: {event.detail}"
            book.last_fault_at_us = now_us
            if event.fault == "two_logs":
                book.conflict_at_us = now_us

    def take_note(self) -> bytes | None:
        """What was counted since the last call, for the journal; None: nothing."""
        note, self._note = self._note, Note()
        return pack(note) if note else None

    def book_note(self, payload: bytes) -> None:
        """Count what a note in the journal says (replay)."""
        note = _note.decode(payload)
        for agent, log, times in note.doubled:
            self._sequence(agent, log).doubled += times
        for agent, fault, times in note.faults:
            faults = self._book_of(agent).faults
            faults[fault] = faults.get(fault, 0) + times
        for agent, log, first, last in note.given_up:
            self._give_up(agent, log, first, last)

    def ack(self, agent: str, log: str, now_us: int) -> Ack:
        """The acknowledgement of one outbox, with what is asked for again. Call `chase` to move the asking on."""
        book = self.state.agents.get(agent)
        sequence = book.logs.get(log) if book else None
        if sequence is None:
            return Ack(log=log, upto=0)
        asked = self._asked.get((agent, log))
        want = sequence.gaps()[:MAX_WANT] if asked is not None and asked[1] == now_us else []
        return Ack(log=log, upto=sequence.upto, want=want)

    def chase(self, now_us: int) -> list[tuple[str, Ack]]:
        """Acknowledgements that ask for what is missing, (agent, ack); call once a second."""
        found = []
        for agent, book in self.state.agents.items():
            for log, sequence in book.logs.items():
                if sequence.beyond and self._is_time_to_ask(agent, log, sequence, now_us):
                    found.append((agent, self.ack(agent, log, now_us)))
        return found

    def _is_time_to_ask(self, agent: str, log: str, sequence: Sequence, now_us: int) -> bool:
        key = (agent, log)
        hole = sequence.upto + 1
        asked = self._asked.get(key)
        if asked is None or asked[0] != hole:
            self._asked[key] = (hole, now_us - ASK_AGAIN_US + ASK_AFTER_US, 0)
            return False
        if now_us - asked[1] < ASK_AGAIN_US:
            return False
        most = MAX_ASKS if sequence.upto else MAX_ASKS_NEW
        if asked[2] >= most and now_us - self._heard_us.get(key, 0) < LIVE_US:
            first, last = sequence.gaps()[0]
            self._give_up(agent, log, first, last)
            self._note.given_up.append((agent, log, first, last))
            del self._asked[key]
            return True
        self._asked[key] = (hole, now_us, asked[2] + 1)
        return True

    def _give_up(self, agent: str, log: str, first: int, last: int) -> None:
        sequence = self._sequence(agent, log)
        sequence.given_up += last - first + 1
        sequence.add(first, last)

    def _admit_numbered(self, message: Report | Lost, payload: bytes, now_us: int) -> list[Taken]:
        taken: list[Taken] = []
        sequence = self._sequence(message.agent, message.log)
        self._heard_us[message.agent, message.log] = now_us
        last = message.seq if isinstance(message, Report) else message.upto
        is_new = not sequence.holds_all(message.seq, last)
        if isinstance(message, Report) and sequence.made_by_another(message.boot, message.seq):
            text = (
                f"number {message.seq} of outbox {message.log} came from process {message.boot} and lies among those of "
                "another: two copies of one agent run; make a new outbox for one of them"
            )
            taken += self._complain(PeerMisbehaved(message.agent, "cloned_log", text), now_us)
        if not is_new:
            sequence.doubled += 1
            self._note_doubled(message.agent, message.log)
            return taken
        if not sequence.has_room_for(message.seq):
            self.held_back += 1
            return taken
        taken += self._two_logs(message, now_us)
        self._book_numbered(message, now_us)
        taken.append(Taken("report", payload, ReportTaken(message, now_us)))
        return taken

    def _book_numbered(self, message: Report | Lost, now_us: int) -> None:
        book = self._book_of(message.agent)
        sequence = self._sequence(message.agent, message.log)
        if isinstance(message, Report):
            sequence.add(message.seq, message.seq)
            sequence.note_boot(message.boot, message.seq)
            sequence.taken += 1
        else:
            before = sequence.upto + sum(last - first + 1 for first, last in sequence.beyond)
            sequence.add(message.seq, message.upto)
            after = sequence.upto + sum(last - first + 1 for first, last in sequence.beyond)
            sequence.lost += after - before
        sequence.last_at_us = now_us
        if not sequence.since_us:
            sequence.since_us = now_us
            book.current = message.log

    def _two_logs(self, message: Report | Lost, now_us: int) -> list[Taken]:
        """A report of an outbox that another one has replaced, while both are live."""
        book = self._book_of(message.agent)
        current = book.logs.get(book.current)
        if (
            current is None
            or message.log == book.current
            or not self._sequence(message.agent, message.log).since_us
        ):
            return []
        if now_us - current.last_at_us > LIVE_US or now_us - current.since_us < HANDOVER_US:
            return []
        if book.conflict_at_us and now_us - book.conflict_at_us < LIVE_US:
            return []
        text = (
            f"outboxes {book.current} and {message.log} both send new reports: two agents use one name; both are taken as "
            "they come, none is merged"
        )
        return self._complain(PeerMisbehaved(message.agent, "two_logs", text), now_us)

    def _complain(self, fault: PeerMisbehaved, now_us: int) -> list[Taken]:
        agent = self._name(fault.agent)
        if agent != fault.agent:
            fault = PeerMisbehaved(agent, fault.fault, fault.detail)
        key = (agent, fault.fault)
        last = self._complained.get(key)
        if last is not None and last <= now_us < last + 1_000_000:
            faults = self._book_of(agent).faults
            faults[fault.fault] = faults.get(fault.fault, 0) + 1
            self._note_fault(agent, fault.fault)
            return []
        self._complained[key] = now_us
        return [self._take_event(fault, now_us)]

    def _take_event(self, event: StatusHeard | ReplyHeard | PeerMisbehaved, now_us: int) -> Taken:
        self.book(event, now_us)
        return Taken("event", pack(event), event)

    def _note_fault(self, agent: str, fault: str) -> None:
        rows = self._note.faults
        for place, (name, kind, times) in enumerate(rows):
            if (name, kind) == (agent, fault):
                rows[place] = (name, kind, times + 1)
                return
        rows.append((agent, fault, 1))

    def _note_doubled(self, agent: str, log: str) -> None:
        rows = self._note.doubled
        for place, (name, which, times) in enumerate(rows):
            if (name, which) == (agent, log):
                rows[place] = (name, which, times + 1)
                return
        rows.append((agent, log, 1))

    def _name(self, agent: str) -> str:
        """The row that this name is counted in."""
        if agent in self.agents or agent in self.state.agents:
            return agent
        strangers = sum(1 for name in self.state.agents if name not in self.agents)
        return agent if strangers < MAX_STRANGERS else OTHERS

    def _book_of(self, agent: str) -> AgentBook:
        return self.state.agents.setdefault(agent, AgentBook())

    def _sequence(self, agent: str, log: str) -> Sequence:
        logs = self._book_of(agent).logs
        sequence = logs.get(log)
        if sequence is None:
            if len(logs) >= MAX_LOGS:
                oldest = min(logs, key=lambda name: logs[name].last_at_us)
                del logs[oldest]
                self._asked.pop((agent, oldest), None)
                self._heard_us.pop((agent, oldest), None)
            sequence = logs[log] = Sequence()
        return sequence


def event_of(entry: Entry) -> Event | None:
    """The event in an entry of the journal; None for a note."""
    if entry.kind == "tick":
        return Ticked()
    if entry.kind == "report":
        return ReportTaken(codec.decode_from_agent(entry.payload), entry.now_us)
    if entry.kind == "event":
        return _event.decode(entry.payload)
    return None
