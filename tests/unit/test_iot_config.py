"""A reader with MQTT of its own in the agent's configuration: its own broker, its own files, and every fault named."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from edge import config
from edge.commands import edge
from edge.config import ReaderConfig
from edge.impinj.driver import ImpinjIotDriver
from edge.impinj.preset import options_of
from edge.zebra.driver import ZebraIotcDriver
from shelfwire.broker import BrokerConfig
from shelfwire.clock import BootClock, SystemClock
from shelfwire.errors import InputError
from shelfwire.messages import Dwell, ReaderState

HEAD = "site: demo\nagent: edge-1\nstate_dir: state\nreaders:\n"
R700 = """\
  - id: R1
    kind: impinj-iot
    broker: {username: R1-listens, password_file: listens.password}
    topic: readers/R1/events
    antennas: [1, 2]
    options: {control: "http://127.0.0.1:8080/api/v1", password_file: r1.password}
"""
ZEBRA = "  - {id: R2, kind: zebra-iotc, broker: {}, topic: readers/R2/data, antennas: [1, 2]}\n"


class Nobody:
    def dwell(self, dwell: Dwell) -> None: ...

    def state(self, state: ReaderState) -> None: ...


def written(folder: Path, text: str) -> Path:
    path = folder / "edge.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    return path


def test_files_of_a_readers_broker_and_options_lie_beside_the_configuration(tmp_path: Path) -> None:
    reader = config.read(written(tmp_path, R700 + ZEBRA)).readers[0]
    assert reader.broker is not None
    assert reader.broker.password_file == str((tmp_path / "listens.password").resolve())
    assert reader.options["password_file"] == str((tmp_path / "r1.password").resolve())
    assert reader.host == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  - {id: R1}\n", "neither host nor broker"),
        ("  - {id: R1, broker: {}, topic: t}\n", "host is missing"),
        ("  - {id: R1, broker: {host: 192.0.2.1}, topic: t}\n", "tls"),
        ("  - {id: R1, broker: {}, topic: readers/+/events}\n", "wildcard"),
        ("  - {id: R1, broker: {}, topic: t}\n  - {id: R2, broker: {}, topic: t}\n", "stands 2 times"),
        ("  - {id: R1, broker: {colour: red}, topic: t}\n", "colour"),
    ],
)
def test_each_fault_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        config.read(written(tmp_path, text))


def test_two_readers_without_a_host_do_not_stand_in_each_others_way(tmp_path: Path) -> None:
    other = ZEBRA.replace("R2", "R3")
    assert len(config.read(written(tmp_path, ZEBRA + other)).readers) == 2


def test_a_check_looks_at_the_passwords_of_readers_brokers_too(tmp_path: Path) -> None:
    path = written(tmp_path, R700.replace("kind: impinj-iot", "host: 192.0.2.1"))
    done = CliRunner().invoke(edge, ["check", "--config", str(path)])
    assert "listens.password" in str(done.exception)
    (tmp_path / "listens.password").write_text("secret\n", encoding="utf-8")
    assert CliRunner().invoke(edge, ["check", "--config", str(path)]).exit_code == 0


@pytest.mark.parametrize("kind", [ImpinjIotDriver, ZebraIotcDriver])
async def test_a_driver_refuses_what_it_cannot_do_before_anything_starts(
    kind: type[ImpinjIotDriver | ZebraIotcDriver], tmp_path: Path
) -> None:
    clock = BootClock(SystemClock())
    with pytest.raises(InputError, match="broker"):
        kind(ReaderConfig(id="R1", host="192.0.2.1"), clock, Nobody())
    good = config.read(written(tmp_path, ZEBRA)).readers[0]
    kind(good, clock, Nobody())
    missing = config.read(written(tmp_path, R700)).readers[0]
    with pytest.raises(InputError, match="password"):
        ImpinjIotDriver(missing, clock, Nobody())


@pytest.mark.parametrize(
    "address",
    ["https://reader:99999/api/v1", "https://reader:abc/", "https://[::1/", "reader", "ftp://reader"],
)
def test_an_address_that_cannot_be_one_is_named(address: str) -> None:
    reader = ReaderConfig(
        id="R1",
        kind="impinj-iot",
        broker=BrokerConfig(),
        topic="t",
        antennas=[1],
        options={"control": address},
    )
    with pytest.raises(InputError, match="is no http or https address"):
        options_of(reader)
