"""What ``shelfwire agent`` writes, on a real Mosquitto: everyone speaks only as themselves, and nobody without an account."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from helpers.brokers import free_port, mosquitto_with, wait_for_port
from helpers.edge import FAST, until

from edge import config
from edge.enrol import agent as agent_command
from shelfwire import topics
from shelfwire.link import BrokerConfig, Link, Message

pytestmark = pytest.mark.needs("mosquitto")


class Broker:
    """Mosquitto on the files that our own commands have written."""

    def __init__(self, folder: Path, port: int, process: subprocess.Popen[bytes]) -> None:
        self.folder, self.port, self.process = folder, port, process

    def config(self, name: str) -> BrokerConfig:
        password = self.folder / f"{name}.password"
        if not password.exists():
            password = self.folder / "agents" / name / "broker.password"
        return BrokerConfig(port=self.port, username=name, password_file=str(password.resolve()))


def _run(*words: str) -> None:
    result = CliRunner().invoke(agent_command, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    folder, port = tmp_path / "broker", free_port()
    _run("broker-init", "--site", "demo", "--dir", str(folder))
    for name in ("edge-1", "edge-2"):
        _run("add", name, "--site", "demo", "--dir", str(folder))
    conf = folder / "mosquitto.conf"
    conf.write_text(
        conf.read_text(encoding="utf-8").replace("listener 1883", f"listener {port}"), encoding="utf-8"
    )
    with mosquitto_with(conf) as process:
        wait_for_port(port, process)
        yield Broker(folder, port, process)


class Ear:
    """A link that remembers what it hears."""

    def __init__(self, found: BrokerConfig, *filters: str) -> None:
        self.heard: list[str] = []
        self.reasons: list[str] = []
        self.link = Link(
            found,
            client_id=f"ear-{id(self)}",
            filters=list(filters),
            on_message=self._on_message,
            on_down=self._on_down,
            backoff=FAST,
        )

    async def _on_message(self, message: Message) -> None:
        self.heard.append(f"{message.topic} {message.payload.decode()}")

    async def _on_down(self, reason: str) -> None:
        self.reasons.append(reason)

    async def say(self, topic: str, text: str) -> None:
        await self.link.publish(topic, text.encode())


@contextlib.asynccontextmanager
async def listening(found: BrokerConfig, *filters: str) -> AsyncIterator[Ear]:
    ear = Ear(found, *filters)
    task = asyncio.create_task(ear.link.run())
    try:
        await asyncio.wait_for(ear.link.connected.wait(), 10)
        yield ear
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_an_agent_cannot_publish_as_another(broker: Broker) -> None:
    async with (
        listening(broker.config("hub"), *topics.hub_filters("demo")) as hub,
        listening(broker.config("edge-1")) as thief,
        listening(broker.config("edge-2")) as owner,
    ):
        for topic in (topics.status, topics.dwells, topics.reply):
            await thief.say(topic("demo", "edge-2"), "stolen")
            await thief.say(topic("demo", "edge-1"), "own")
            await thief.say(topic("another", "edge-1"), "strayed")
            await owner.say(topic("demo", "edge-2"), "own")
        await until(lambda: len(hub.heard) == 6)
        await asyncio.sleep(0.3)
    assert sorted(set(hub.heard)) == sorted(
        f"{topic('demo', agent)} own"
        for topic in (topics.status, topics.dwells, topics.reply)
        for agent in ("edge-1", "edge-2")
    )


async def test_an_agent_hears_only_what_is_for_it(broker: Broker) -> None:
    root = "shelfwire/v1/demo/agent"
    async with (
        listening(broker.config("hub")) as hub,
        listening(broker.config("edge-1"), f"{root}/+/command", f"{root}/+/ack", "#") as thief,
    ):
        for agent in ("edge-2", "edge-1"):
            await hub.say(topics.command("demo", agent), f"for {agent}")
            await hub.say(topics.ack("demo", agent), f"for {agent}")
        await until(lambda: len(thief.heard) >= 2)
        await asyncio.sleep(0.3)
    assert {line.rsplit(" ", 1)[1] for line in thief.heard} == {"edge-1"}


async def test_agents_cannot_speak_as_the_hub_and_the_map_hears_no_dwell(broker: Broker) -> None:
    live = topics.live_filters("demo")
    async with (
        listening(broker.config("web"), *live, "shelfwire/v1/demo/agent/#") as web,
        listening(broker.config("hub"), topics.wake("demo")) as hub,
        listening(broker.config("edge-1")) as agent,
    ):
        await agent.say(topics.finding("demo", "f1"), "invented")
        await agent.say(topics.wake("demo"), "invented")
        await agent.say(topics.dwells("demo", "edge-1"), "dwells")
        await web.say(topics.command("demo", "edge-1"), "invented")
        await web.say(topics.wake("demo"), "")
        for topic in (
            topics.shelf_state("demo", "1F-R01A-B01-S1"),
            topics.finding("demo", "f1"),
            topics.sweep("demo", "s1"),
        ):
            await hub.say(topic, "true")
        await until(lambda: len(web.heard) == 3 and len(hub.heard) == 1)
        await asyncio.sleep(0.3)
    assert all(line.endswith(" true") for line in web.heard)
    assert hub.heard == [f"{topics.wake('demo')} "]


@pytest.mark.parametrize("who", ["nobody", "a wrong password", "a removed agent"])
async def test_nobody_comes_in_without_an_account(broker: Broker, who: str, tmp_path: Path) -> None:
    found = BrokerConfig(port=broker.port)
    if who == "a wrong password":
        (tmp_path / "guess").write_text("guess\n", encoding="utf-8")
        found = BrokerConfig(port=broker.port, username="edge-1", password_file=str(tmp_path / "guess"))
    if who == "a removed agent":
        (tmp_path / "kept").write_text(
            (broker.folder / "agents/edge-2/broker.password").read_text(encoding="utf-8"), encoding="utf-8"
        )
        _run("remove", "edge-2", "--dir", str(broker.folder))
        broker.process.send_signal(signal.SIGHUP)
        await asyncio.sleep(0.3)
        found = BrokerConfig(port=broker.port, username="edge-2", password_file=str(tmp_path / "kept"))
    ear = Ear(found, "#")
    task = asyncio.create_task(ear.link.run())
    await until(lambda: len(ear.reasons) >= 2)
    task.cancel()
    await asyncio.wait([task])
    assert not ear.link.connected.is_set()
    assert all("uthori" in reason for reason in ear.reasons), ear.reasons


async def test_an_agent_added_while_the_broker_runs_comes_in_after_a_reload(broker: Broker) -> None:
    _run("add", "edge-3", "--site", "demo", "--dir", str(broker.folder))
    broker.process.send_signal(signal.SIGHUP)
    home = broker.folder / "agents" / "edge-3"
    written = config.read(home / "edge.yaml")
    assert (written.site, written.agent, written.broker.username) == ("demo", "edge-3", "edge-3")
    async with listening(broker.config("edge-3"), topics.command("demo", "edge-3")):
        pass


@pytest.mark.needs("openssl")
async def test_tls_off_loopback_with_the_shipped_configuration(tmp_path: Path) -> None:
    folder, port, plain = tmp_path / "broker", free_port(), free_port()
    _run("broker-init", "--site", "demo", "--dir", str(folder), "--listen", "0.0.0.0")
    _certificate(folder)
    conf = folder / "mosquitto.conf"
    text = conf.read_text(encoding="utf-8")
    assert "listener 8883 0.0.0.0" in text
    text = text.replace("listener 8883 0.0.0.0", f"listener {port} 127.0.0.1").replace(
        "listener 1883", f"listener {plain}"
    )
    conf.write_text(text, encoding="utf-8")
    hub = BrokerConfig(
        host="localhost",
        port=port,
        username="hub",
        password_file=str(folder / "hub.password"),
        tls=True,
        ca_file=str(folder / "server.crt"),
    )
    with mosquitto_with(conf) as process:
        wait_for_port(port, process)
        async with listening(hub, topics.wake("demo")):
            pass
        stranger = Ear(BrokerConfig(host="localhost", port=port, tls=True), "#")
        task = asyncio.create_task(stranger.link.run())
        await until(lambda: len(stranger.reasons) >= 2)
        task.cancel()
        await asyncio.wait([task])
        assert "certificate" in stranger.reasons[0].lower(), "whom we do not know we do not trust"


def _certificate(folder: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", "server.key", "-out", "server.crt"],
        cwd=folder,
        check=True,
        capture_output=True,
    )  # fmt: skip
