"""Everything that a run of the whole product needs on one machine: a folder with configurations, a broker, agents, hub and web as child processes.

Used by the demo, the replay and tests. Every process has its own account at the broker, with a password of this run.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from firmware_sim import counting
from firmware_sim.access import agent_account, hub_account, web_account
from firmware_sim.broker import Broker, Wish, secret
from firmware_sim.children import Child
from firmware_sim.form import OwnKind, Polling
from firmware_sim.influx import Influx, SeriesWish
from firmware_sim.readers.kinds import edge_entry, logins
from hub.catalog.model import Item
from hub.config import HubFiles, read_hub
from hub.events import ActAsked
from hub.store.acts import insert_act
from hub.store.imports import stage_import
from hub.store.migrate import upgrade
from hub.store.read import StoreReader
from hub.store.users import Users
from shelfwire import config
from shelfwire.clock import SystemClock
from shelfwire.errors import AwayError
from shelfwire.site.model import Site
from web.auth.passwords import hash_password

READY_S: Final = 60.0
"""Three Python processes that start at once on two slow cores need 10 s; a minute is a failure."""

INFLUX: Final = "influxdb"
"""Its name among the processes that can be killed."""

DRAIN_S: Final = 15.0
"""How long the end of a run waits for the last reports to be acknowledged."""


class House:
    """One installation in `folder`. `start` brings it up, `stop` ends every process that it started."""

    def __init__(
        self,
        folder: Path,
        site: Site,
        site_file: Path,
        *,
        broker: Wish = "auto",
        kinds: Mapping[str, OwnKind] | None = None,
        series: SeriesWish = "sqlite",
    ) -> None:
        self.folder = folder
        self.site = site
        self.agents = sorted({reader.agent for reader in site.readers})
        accounts = [hub_account(site.id, secret()), web_account(site.id, secret())]
        accounts += [agent_account(site.id, agent, secret()) for agent in self.agents]
        self.kinds = kinds or {}
        """Readers with MQTT of their own."""
        accounts += logins(self.kinds)
        self.broker = Broker(folder / "broker", accounts, kind=broker)
        self.influx = Influx(folder / "influx") if series == "influxdb" else None
        """Where the hub's series go; None: into SQLite."""
        self.children: dict[str, Child] = {}
        self._site_file = site_file
        self._expected_down: set[str] = set()
        self._started = False

    # Files

    def write_hub(self, engine: dict[str, Any], **more: Any) -> HubFiles:
        """hub.yaml; `engine` and `more` are sections of it."""
        path = self.folder / "hub.yaml"
        config.write(
            path,
            {
                "sites": [str(self._site_file.resolve())],
                "state_dir": "hub",
                "broker": _plain(self.broker.config("hub")),
                "series": {"kind": "sqlite"} if self.influx is None else self.influx.section(),
                "engine": engine,
                **more,
            },
        )
        (self.folder / "hub").mkdir(parents=True, exist_ok=True)
        self.hub_files = read_hub(path)
        self.database = self.hub_files.database_url
        upgrade(self.database)
        return self.hub_files

    def write_edge(
        self, agent: str, ports: dict[str, int], polling: Polling, *, via: int | None = None
    ) -> Path:
        """An agent's file; `ports`: reader id → TCP port on loopback; `via`: the port of a network before the broker."""
        path = self.folder / f"{agent}.yaml"
        broker = _plain(self.broker.config(agent))
        if via is not None:
            broker["port"] = via
        mine = [reader.id for reader in self.site.readers if reader.agent == agent]
        config.write(
            path,
            {
                "site": self.site.id,
                "agent": agent,
                "state_dir": f"state-{agent}",
                "broker": broker,
                "readers": [
                    {
                        "id": name,
                        "antennas": sorted(one.port for one in self.site.antennas if one.reader == name),
                        "dwell_ms": polling.dwell_ms,
                        "power_dbm": polling.power_dbm,
                        "session": polling.session,
                        "target": polling.target,
                        **self._way_to(name, ports[name]),
                    }
                    for name in mine
                ],
            },
        )
        return path

    def _way_to(self, name: str, port: int) -> dict[str, Any]:
        """How the agent reaches a reader, and what its kind wants otherwise; `port`: on loopback."""
        kind = self.kinds.get(name)
        if kind is None:
            return {"host": "127.0.0.1", "port": port}
        return edge_entry(name, kind, port, self.broker)

    def write_web(self, port: int) -> Path:
        """web.yaml."""
        path = self.folder / "web.yaml"
        broker = _plain(self.broker.config("web"))
        config.write(path, {"hub": "hub.yaml", "broker": broker, "port": port, "demo": True})
        return path

    # People and catalogue

    def add_user(self, name: str, role: str) -> str:
        """A login with a random password, which is returned and kept nowhere; replaces the one of an earlier run."""
        password = "-".join(secrets.token_hex(2) for _ in range(4))
        users = Users(self.database, self.site.id)
        try:
            if users.user(name) is not None:
                users.remove_user(name)
            users.add_user(name, role, hash_password(password), SystemClock().wall_us())
        finally:
            users.close()
        return password

    def import_catalogue(self, items: list[Item], source: str) -> str:
        """Stage `items` and ask the hub to take them; returns the act's id."""
        import_id = f"sim-{secrets.token_hex(6)}"
        stage_import(self.database, self.site.id, import_id, items, [], source)
        return self.ask("catalog.import", import_id, {"import_id": import_id})

    def ask(self, kind: str, subject: str, body: dict[str, Any]) -> str:
        """Hand in an act; returns its id."""
        act = ActAsked(
            id=secrets.token_hex(10),
            role="librarian",
            asked_at_us=SystemClock().wall_us(),
            kind=kind,
            subject=subject,
            body=body,
        )
        insert_act(self.database, self.site.id, act)
        return act.id

    # Processes

    def add(self, name: str, args: list[str], ready: str) -> Child:
        """A child process of this installation, not started yet."""
        self.children[name] = Child(name, args, log=self.folder / f"{name}.log", ready=ready)
        return self.children[name]

    async def start(self) -> None:
        """Start the broker, then all children at once, and wait until each says that it is ready."""
        await self._start_broker()
        if self.influx is not None:
            await _whole(self.influx.start)
        for child in self.children.values():
            child.start()
        self._started = True
        await asyncio.gather(*(child.wait_ready(READY_S) for child in self.children.values()))

    async def stop(self) -> None:
        """End all of them: map and agents first, so that the hub takes what they still send."""
        self._started = False
        for name in sorted(self.children, key=lambda name: (name == "hub", name != "web", name)):
            await self.children[name].stop()
        self.broker.stop()
        if self.influx is not None:  # after the hub, which sends its last points when it ends
            await asyncio.to_thread(self.influx.stop)

    async def kill(self, name: str, for_s: float) -> None:
        """Kill a process as a power cut would, and start it again after `for_s`."""
        self.down(name)
        try:
            await asyncio.sleep(for_s)
        except asyncio.CancelledError:
            self._expected_down.discard(name)
            raise
        await self.up(name)

    def down(self, name: str) -> None:
        """Kill a process as a power cut would; `up` starts it again."""
        self._expected_down.add(name)
        if name == "broker":
            self.broker.kill()
        elif name == INFLUX:
            assert self.influx is not None
            self.influx.kill()
        else:
            self.children[name].kill()

    async def up(self, name: str, *, within_s: float = READY_S) -> None:
        """Start a process again, and wait until it is ready. Raises `AwayError` when it does not come."""
        try:
            if name == "broker":
                await self._start_broker()
                return
            if name == INFLUX:
                assert self.influx is not None
                await _whole(self.influx.start)
                return
            child = self.children[name]
            child.start()
            await child.wait_ready(within_s)
        finally:
            self._expected_down.discard(name)

    async def _start_broker(self) -> None:
        await _whole(self.broker.start)

    def check(self) -> None:
        """Raises `AwayError` with its name and last log lines when a process that should run does not."""
        if not self._started:
            return
        for child in self.children.values():
            if (child.died or child.pid is None) and child.name not in self._expected_down:
                raise AwayError(child.obituary())
        process = self.broker.process
        if (process is None or process.poll() is not None) and "broker" not in self._expected_down:
            raise AwayError(f"broker ({self.broker.kind}) ended by itself: {self.broker.last_words()}")
        if self.influx is not None and self.influx.ended and INFLUX not in self._expected_down:
            raise AwayError(f"influxd ended by itself: {self.influx.last_words()}")

    async def act_done(self, act_id: str, timeout_s: float = READY_S) -> str:
        """Wait for the hub's answer; returns its words. Raises `AwayError` when it refused or does not answer."""
        reader = StoreReader(self.database, self.site.id)
        try:
            for _ in range(int(timeout_s / 0.1)):
                answer = await asyncio.to_thread(reader.act_answer, act_id)
                if answer is not None:
                    if not answer.ok:
                        raise AwayError(f"the hub refused: {answer.detail}")
                    return answer.detail
                self.check()
                await asyncio.sleep(0.1)
        finally:
            reader.close()
        raise AwayError(f"the hub did not answer act {act_id} within {timeout_s:.0f} s")

    async def drained(self) -> None:
        """Wait until no agent has reports that the hub has not taken, or `DRAIN_S` is over."""
        reader = StoreReader(self.database, self.site.id)
        quiet = 0
        try:
            for _ in range(int(DRAIN_S / 0.25)):
                rows = await asyncio.to_thread(reader.agents)
                still = [(row.agent, row.reports, row.outbox_reports) for row in rows if row.known]
                waiting = sum(outbox for _, _, outbox in still)
                quiet = quiet + 1 if not waiting and still == getattr(self, "_still", None) else 0
                self._still = still
                if quiet >= 4:  # noqa: PLR2004 (a second without news)
                    return
                await asyncio.sleep(0.25)
        finally:
            reader.close()

    def sent(self) -> int:
        """Reports that the agents ever put into their outboxes; only after `stop`."""
        return sum(counting.last_report(self.folder / f"{agent}.yaml") for agent in self.agents)

    def taken(self) -> counting.Taken | None:
        """What stands in the hub's journal, counted one by one; None: its beginning was given back already. Only after `stop`."""
        return counting.taken(self.hub_files.journal_dir)

    def series_left(self) -> counting.SeriesLeft:
        """What became of the points that the hub could not write at once; only after `stop`."""
        return counting.series_left(self.folder / "hub", self.hub_files.config.series.spool_max_bytes)


async def _whole(start: Callable[[], None]) -> None:
    """In a thread, because it waits: readers in this process go on. Whoever gives up waits too, else `stop` would miss it."""
    work = asyncio.ensure_future(asyncio.to_thread(start))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise


def _plain(value: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(value)
    return {key: one for key, one in plain.items() if one is not None}
