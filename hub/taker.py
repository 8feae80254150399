"""From the broker into the journal: gather, admit, write through, acknowledge. Owns intake and journal.

A message is decoded as it comes, while the group before is being written. A group is closed at most `GROUP_US` after the
one before, or when it is large, and it is one write and one sync in a thread. Only when that is done does an acknowledgement
go out and does the engine see the events. The journal is asked for room first: while it has none nothing is admitted, so that a
snapshot never holds what is not on the disk. When the disk fills in the moment of writing, the group is kept and tried again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

from hub import intake
from hub.events import ActAsked, Event, PeerMisbehaved, ReportTaken, StatusHeard, Ticked
from hub.frames import Entry, Group
from hub.health import Troubles
from hub.intake import Heard, Intake
from hub.journal import Journal
from hub.lane import Lane
from shelfwire import codec, topics
from shelfwire.errors import FullError, PeerError
from shelfwire.link import Message
from shelfwire.messages import MAX_PAYLOAD_BYTES, Ack, AgentStatus, Lost, Report
from shelfwire.topics import HubTopic

log = logging.getLogger(__name__)

GROUP_US: Final = 45_000
"""An agent waits no longer for its acknowledgement than this and one sync; more groups would be more syncs for nobody."""
GROUP_BYTES: Final = 2 * 1024 * 1024
"""A group this large is closed at once."""
MAX_WAITING_BYTES: Final = 16 * 1024 * 1024
"""Decoded messages that wait for the journal, by their bytes on the wire; decoded they take about three times as much. Beyond it the link waits for `ROOM_S`, and then they are dropped and counted; the agents send them again."""
MESSAGE_BYTES: Final = 1024
"""Counted for each message beside its payload: what it costs in memory and in the journal when all of it is a complaint of at most
400 signs. Without it, messages that cannot be read would cost nothing and wait without bound."""
GROUP_SLACK_BYTES: Final = 4096
"""Room for the ticks and notes of a group; each site has its own."""
ROOM_S: Final = 5.0
"""A message waits this long for room in the queue. Longer would keep the link from its other work."""
MAX_LIVE_BYTES: Final = 16 * 1024 * 1024
"""Events that wait in memory for the engine; what is beyond it is read back from the journal."""
ACK_US: Final = 200_000
"""An outbox is acknowledged at most this often: with 64 reports in a window that is 300 reports a second of one agent, and a hub
of 100 agents sends 500 acknowledgements a second, not 2,000."""
TICK_US: Final = 1_000_000
FULL_EVERY_S: Final = 1.0
"""While there is no room, it is looked for this often."""
MAX_ACTS_REMEMBERED: Final = 10_000
"""Acts that stand in the journal and may not be answered yet."""

MAX_ACKED: Final = 100_000
"""Outboxes whose last acknowledgement is remembered; all of the largest site, many times over."""


class LiveGroup(NamedTuple):
    """A group that is in the journal, with its events at hand."""

    first: int
    last: int
    items: list[tuple[Entry, Event | None]]
    size: int


class Taker:
    """See the module. Run `run` as a task."""

    def __init__(
        self,
        journal: Journal,
        intakes: dict[str, Intake],
        acks: Lane,
        troubles: Troubles,
        now_us: Callable[[], int],
    ) -> None:
        self.journal = journal
        self.intakes = intakes
        self.live: deque[LiveGroup] = deque()
        self.committed = asyncio.Condition()
        self.wake = asyncio.Event()
        """Somebody says that there are new acts."""
        self.acts: dict[str, None] = {}
        """Ids of acts that are in the journal, oldest first."""
        self.taking = True
        self.reports = 0
        self.observations = 0
        self.refused = 0
        self.dropped = 0
        """Messages that found no room for `ROOM_S`, because the journal takes nothing."""
        self._acks = acks
        self._troubles = troubles
        self._now_us = now_us
        self._heard: deque[Heard] = deque()
        self._heard_bytes = 0
        self._asked: deque[tuple[str, ActAsked]] = deque()
        self._something = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._live_bytes = 0
        self._between: deque[Callable[[], None]] = deque()
        self._looks: deque[Callable[[], None]] = deque()
        """As `_between`, but only while everything that intake booked is on the disk."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hub-journal")
        self._last_group_us = 0
        self._last_tick_us = 0
        self._to_ack: dict[tuple[str, str, str], None] = {}
        """(site, agent, log) of what was heard since its last acknowledgement."""
        self._acked_us: dict[tuple[str, str, str], int] = {}

    @property
    def waiting(self) -> int:
        """Messages that are not in the journal yet."""
        return len(self._heard)

    async def on_message(self, message: Message) -> None:
        """One message from the broker; waits while too much waits already."""
        try:
            topic = topics.parse(message.topic)
        except PeerError as fault:
            self._refuse(message.topic, str(fault))
            return
        if isinstance(topic, HubTopic):
            self.wake.set()
            return
        if topic.site not in self.intakes or topic.leaf not in {"dwells", "status", "reply"}:
            self._refuse(message.topic, "is none that the hub listens to")
            return
        if not message.payload and topic.leaf == "status":
            return  # an empty retained message is how a status is cleared
        try:
            async with asyncio.timeout(ROOM_S):
                await self._room.wait()
        except TimeoutError:
            self.dropped += 1
            return
        self._hear(intake.read(topic, message.payload))

    def ask(self, site: str, act: ActAsked) -> None:
        """Let an act go into the journal with the next group, once an id."""
        if act.id in self.acts:
            return
        self._remember(act.id)
        self._asked.append((site, act))
        self._something.set()

    def between_groups(self, do: Callable[[], None]) -> None:
        """Let `do` run while no group is being written; it may change the journal's files."""
        self._between.append(do)
        self._something.set()

    async def state(self) -> tuple[int, dict[str, intake.IntakeState], list[str]]:
        """(position, intake of each site, acts) at one moment when all that they hold is in the journal; a copy."""
        done: asyncio.Future[tuple[int, dict[str, intake.IntakeState], list[str]]] = (
            asyncio.get_running_loop().create_future()
        )

        def look() -> None:
            copies = {site: one.copy_state() for site, one in self.intakes.items()}
            waiting = {act.id for _, act in self._asked}
            acts = [act_id for act_id in self.acts if act_id not in waiting]
            done.set_result((self.journal.tail, copies, acts))

        self._looks.append(look)
        self._something.set()
        return await done

    def replay(self, entry: Entry) -> None:
        """Book one entry of the journal again (start)."""
        one = self.intakes.get(entry.site)
        if one is None or entry.kind == "tick":
            return
        if entry.kind == "note":
            one.book_note(entry.payload)
            return
        event = intake.event_of(entry)
        if isinstance(event, ActAsked):
            self._remember(event.id)
        elif event is not None:
            one.book(event, entry.now_us)

    def take_live(self, after: int) -> LiveGroup | None:
        """The group behind position `after`, if it is in memory."""
        while self.live and self.live[0].last <= after:
            self._live_bytes -= self.live.popleft().size
        if self.live and self.live[0].first == after + 1:
            group = self.live.popleft()
            self._live_bytes -= group.size
            return group
        return None

    async def run(self) -> None:
        """Take, until cancelled."""
        while True:
            await self._wait_for_work()
            _do_all(self._between)
            _do_all(self._looks)
            now_us = self._now_us()
            if self._has_room():
                items = self._gather(now_us)
                if items:
                    await self._commit(items)
            else:
                await asyncio.sleep(FULL_EVERY_S)
            self._acknowledge(now_us)

    def close(self) -> None:
        """Close the journal; what it took is on the disk."""
        self._thread.shutdown(wait=True)
        self.journal.close()

    def _hear(self, heard: Heard) -> None:
        self._heard.append(heard)
        self._heard_bytes += _cost(heard)
        if self._heard_bytes > MAX_WAITING_BYTES:
            self._room.clear()
        self._something.set()

    def _refuse(self, topic: str, why: str) -> None:
        self.refused += 1
        log.debug("message on %r %s", topic[:200], why)

    def _remember(self, act_id: str) -> None:
        self.acts[act_id] = None
        while len(self.acts) > MAX_ACTS_REMEMBERED:
            del self.acts[next(iter(self.acts))]

    async def _wait_for_work(self) -> None:
        """Until there is something or it is time for a tick or an acknowledgement; then until the pace of groups allows it."""
        now_us = self._now_us()
        idle_us = self._last_tick_us + TICK_US - now_us
        if self._to_ack:
            idle_us = min(idle_us, ACK_US)
        if not self._something.is_set() and idle_us > 0:
            try:
                async with asyncio.timeout(min(idle_us, TICK_US) / 1e6):
                    await self._something.wait()
            except TimeoutError:
                pass
        pace_us = self._last_group_us + GROUP_US - self._now_us()
        if 0 < pace_us <= GROUP_US and self._heard_bytes < GROUP_BYTES:
            await asyncio.sleep(pace_us / 1e6)
        else:
            await asyncio.sleep(0)

    def _has_room(self) -> bool:
        """Whether the journal takes the next group, whatever intake makes of it; says so when it does not."""
        size = min(self._heard_bytes, GROUP_BYTES + MAX_PAYLOAD_BYTES + MESSAGE_BYTES)
        size += sum(len(intake.pack(act)) + MESSAGE_BYTES for _, act in self._asked)
        try:
            self.journal.ask_for_room(size + GROUP_SLACK_BYTES * len(self.intakes))
        except FullError as fault:
            self._say_full(fault)
            return False
        return True

    def _say_full(self, fault: FullError) -> None:
        self.taking = False
        text = f"{fault}. The hub takes nothing; the agents keep their reports"
        self._troubles.begin("journal", text, self._now_us())

    def _gather(self, now_us: int) -> list[tuple[Entry, Event | None]]:
        """Admit what waits: the next group, entries with their events."""
        self._something.clear()
        self._last_group_us = now_us
        items: list[tuple[Entry, Event | None]] = []
        size = 0
        while self._heard and size < GROUP_BYTES:
            heard = self._heard.popleft()
            self._heard_bytes -= _cost(heard)
            size += _cost(heard)
            site = heard.topic.site
            for taken in self.intakes[site].admit(heard, now_us):
                self._count(taken.event)
                items.append((Entry(now_us, site, taken.kind, taken.payload), taken.event))
            message = heard.message
            if (
                isinstance(message, Report | Lost | AgentStatus)
                and message.agent in self.intakes[site].agents
            ):
                self._to_ack[site, message.agent, message.log] = None
        if self._heard:
            self._something.set()
        if self._heard_bytes <= MAX_WAITING_BYTES // 2:
            self._room.set()
        while self._asked:
            site, act = self._asked.popleft()
            items.append((Entry(now_us, site, "event", intake.pack(act)), act))
        self._add_ticks(items, now_us)
        return items

    def _acknowledge(self, now_us: int) -> None:
        """Say what is in the journal, between two groups, when intake knows nothing else."""
        for key in list(self._to_ack):
            if 0 <= now_us - self._acked_us.get(key, 0) < ACK_US:
                continue
            del self._to_ack[key]
            self._acked_us[key] = now_us
            site, agent, log_id = key
            self._send_ack(site, agent, self.intakes[site].ack(agent, log_id, now_us))
        if len(self._acked_us) > MAX_ACKED:
            self._acked_us.clear()

    def _send_ack(self, site: str, agent: str, ack: Ack) -> None:
        topic = topics.ack(site, agent)
        self._acks.put(topic, codec.encode(ack), key=f"{topic}#{ack.log}")

    def _add_ticks(self, items: list[tuple[Entry, Event | None]], now_us: int) -> None:
        """A note for what was counted and a tick, for each site that has something, and for all once a second."""
        sites = {entry.site for entry, _ in items}
        if not 0 <= now_us - self._last_tick_us < TICK_US:
            self._last_tick_us = now_us
            sites = set(self.intakes)
            self._chase(now_us)
        for site in sorted(sites):
            if (note := self.intakes[site].take_note()) is not None:
                items.append((Entry(now_us, site, "note", note), None))
            items.append((Entry(now_us, site, "tick"), Ticked()))

    def _chase(self, now_us: int) -> None:
        """Ask for what is missing, with the acknowledgements of this group."""
        for site, one in self.intakes.items():
            for agent, ack in one.chase(now_us):
                key = (site, agent, ack.log)
                self._to_ack[key] = None
                self._acked_us.pop(key, None)

    def _count(self, event: Event) -> None:
        if isinstance(event, ReportTaken):
            self.reports += 1
            if isinstance(event.message, Report):
                self.observations += sum(len(dwell.tags.epc) for dwell in event.message.dwells)
        elif isinstance(event, PeerMisbehaved):
            self.refused += 1
            log.warning("agent %s: %s: %s", event.agent, event.fault, event.detail)
        elif isinstance(event, StatusHeard):
            state = "online" if event.status.online else "offline"
            log.info("agent %s is %s (boot %s)", event.status.agent, state, event.status.boot)

    async def _commit(self, items: list[tuple[Entry, Event | None]]) -> None:
        """Write a group through; while there is no room, keep it and try again."""
        loop = asyncio.get_running_loop()
        entries = [entry for entry, _ in items]
        while True:
            try:
                first = await loop.run_in_executor(self._thread, self.journal.append, entries)
                break
            except FullError as fault:
                self._say_full(fault)
                await asyncio.sleep(FULL_EVERY_S)
                _do_all(
                    self._between
                )  # the raw log may give files back; no snapshot looks at what is booked and not written
        self.taking = True
        self._troubles.end("journal")
        self._hand_over(first, items)
        async with self.committed:
            self.committed.notify_all()

    def _hand_over(self, first: int, items: list[tuple[Entry, Event | None]]) -> None:
        size = sum(len(entry.payload) for entry, _ in items) + 200 * len(items)
        if self._live_bytes + size > MAX_LIVE_BYTES:
            return  # read back from the journal when the engine gets there
        self._live_bytes += size
        self.live.append(LiveGroup(first, first + len(items) - 1, items, size))


def _cost(heard: Heard) -> int:
    return len(heard.payload) + MESSAGE_BYTES


def _do_all(waiting: deque[Callable[[], None]]) -> None:
    while waiting:
        waiting.popleft()()


def from_journal(group: Group) -> LiveGroup:
    """A group read back from the disk, decoded."""
    items = [(entry, intake.event_of(entry)) for entry in group.entries]
    return LiveGroup(group.first, group.last, items, 0)
