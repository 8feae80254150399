"""``shelfwire agent`` writes what the law of the wire says, keeps what is there, and keeps secrets."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge import config
from edge.enrol import Accounts, agent
from shelfwire.broker import BrokerConfig
from shelfwire.errors import InputError


def run(*words: str) -> Result:
    return CliRunner().invoke(agent, words)


def add(folder: Path, name: str = "edge-1", *more: str) -> Result:
    return run("add", name, "--site", "demo", "--dir", str(folder), *more)


def everything(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_an_agent_gets_exactly_the_rights_of_the_law(tmp_path: Path) -> None:
    assert add(tmp_path).exit_code == 0
    root = "shelfwire/v1/demo/agent/edge-1"
    assert (tmp_path / "acl").read_text(encoding="utf-8") == (
        f"user edge-1\ntopic write {root}/status\ntopic write {root}/dwells\ntopic write {root}/reply\n"
        f"topic read {root}/ack\ntopic read {root}/command\n\n"
    )


def test_the_password_stands_in_one_file_only_and_the_broker_gets_its_hash(tmp_path: Path) -> None:
    add(tmp_path)
    home = tmp_path / "agents" / "edge-1"
    password = (home / "broker.password").read_text(encoding="utf-8").strip()
    assert len(password) >= 32
    line = (tmp_path / "passwords").read_text(encoding="utf-8").strip()
    found = re.fullmatch(r"edge-1:\$7\$(\d+)\$([^$]+)\$([^$]+)", line)
    assert found is not None
    salt, digest = base64.b64decode(found[2]), base64.b64decode(found[3])
    assert digest == hashlib.pbkdf2_hmac("sha512", password.encode(), salt, int(found[1]))
    assert [name for name, text in everything(tmp_path).items() if password in text] == [
        "agents/edge-1/broker.password"
    ]


def test_secrets_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    run("broker-init", "--site", "demo", "--dir", str(tmp_path))
    add(tmp_path)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_file()}
    assert modes["broker.password"] == modes["hub.password"] == modes["web.password"] == 0o600
    assert modes["passwords"] == modes["acl"] == 0o640


def test_the_configuration_is_ready_to_run(tmp_path: Path) -> None:
    add(tmp_path, "edge-7", "--broker", "broker.example", "--reader", "192.0.2.77")
    found = config.read(tmp_path / "agents" / "edge-7" / "edge.yaml")
    assert (found.site, found.agent) == ("demo", "edge-7")
    assert (found.broker.host, found.broker.port, found.broker.tls) == ("broker.example", 8883, True)
    assert (found.broker.username, found.broker.password_file) == ("edge-7", "broker.password")
    assert found.readers[0].host == "192.0.2.77"


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    run("broker-init", "--site", "demo", "--dir", str(tmp_path))
    add(tmp_path)
    before = everything(tmp_path)
    for result in (
        add(tmp_path),
        run("broker-init", "--site", "demo", "--dir", str(tmp_path)),
        add(tmp_path, "hub"),
        add(tmp_path, "../etc"),
        run("add", "edge-2", "--site", "a/b", "--dir", str(tmp_path)),
        run("remove", "edge-9", "--dir", str(tmp_path)),
    ):
        assert isinstance(result.exception, InputError)
    assert everything(tmp_path) == before


@pytest.mark.parametrize("name", ["0417", "no", "123", "1e3", "null"])
def test_names_that_yaml_takes_for_something_else_are_names(tmp_path: Path, name: str) -> None:
    result = run("add", name, "--site", name, "--dir", str(tmp_path))
    assert result.exit_code == 0, result.exception
    found = config.read(tmp_path / "agents" / name / "edge.yaml")
    assert (found.site, found.agent, found.broker.username) == (name, name, name)


def test_an_agent_whose_configuration_would_not_do_gets_no_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("broker-init", "--site", "demo", "--dir", str(tmp_path))
    before = everything(tmp_path)

    def unfit(path: Path) -> None:
        raise InputError(f"{path}: will not do")

    with monkeypatch.context() as broken:
        broken.setattr(config, "read", unfit)
        assert isinstance(add(tmp_path).exception, InputError)
    assert everything(tmp_path) == before
    assert add(tmp_path).exit_code == 0, "nothing of the failed try is in the way"


def test_the_broker_can_still_read_its_files_after_the_next_agent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("broker-init", "--site", "demo", "--dir", str(tmp_path))
    owned = [tmp_path / "acl", tmp_path / "passwords"]
    if os.geteuid() == 0:  # as the page on the broker says
        for path in owned:
            os.chown(path, 12_345, 12_346)
    before = [(path.stat().st_uid, path.stat().st_gid) for path in owned]
    given: list[tuple[int, int]] = []
    really = os.fchown

    def fchown(handle: int, uid: int, gid: int) -> None:
        given.append((uid, gid))
        really(handle, uid, gid)

    monkeypatch.setattr(os, "fchown", fchown)
    assert add(tmp_path).exit_code == 0
    assert given == before
    assert [(path.stat().st_uid, path.stat().st_gid) for path in owned] == before
    home = tmp_path / "agents" / "edge-1"
    assert (home / "broker.password").stat().st_uid == os.geteuid(), (
        "the agent's own secrets are not the broker's"
    )


@pytest.mark.parametrize("listen", ["127.0.0.1", "localhost", "0.0.0.0", "192.0.2.5"])
def test_what_it_says_about_hub_yaml_is_a_broker_that_the_hub_takes(tmp_path: Path, listen: str) -> None:
    said = run("broker-init", "--site", "demo", "--dir", str(tmp_path), "--listen", listen).output
    found = re.search(r"host: (\S+)\n", said)
    assert found is not None
    assert BrokerConfig(host=found[1]).faults() == []


def test_only_what_the_broker_reads_is_given_to_the_broker(tmp_path: Path) -> None:
    plain = run("broker-init", "--site", "demo", "--dir", str(tmp_path / "a")).output
    assert "chown -R mosquitto: mosquitto.conf passwords acl data)" in plain
    tls = run("broker-init", "--site", "demo", "--dir", str(tmp_path / "b"), "--listen", "0.0.0.0").output
    assert "chown -R mosquitto: mosquitto.conf passwords acl data server.key)" in tls
    assert (tmp_path / "a").stat().st_mode & 0o055 == 0o055, "broker, hub and web come through to their files"


def test_it_works_in_any_order_and_lists_who_is_there(tmp_path: Path) -> None:
    add(tmp_path)
    run("broker-init", "--site", "demo", "--site", "annexe", "--dir", str(tmp_path))
    assert Accounts(tmp_path).names() == ["edge-1", "hub", "web"]
    listed = run("list", "--dir", str(tmp_path)).output
    assert "  read shelfwire/v1/annexe/agent/+/dwells" in listed
    assert "  write shelfwire/v1/demo/agent/edge-1/dwells" in listed


def test_the_hub_and_the_map_get_exactly_their_rights(tmp_path: Path) -> None:
    run("broker-init", "--site", "demo", "--dir", str(tmp_path))
    root = "shelfwire/v1/demo"
    accounts = Accounts(tmp_path)
    assert accounts.topics_of("hub") == [
        *(f"write {root}/{name}" for name in ("agent/+/ack", "agent/+/command")),
        *(f"write {root}/{name}" for name in ("shelf/#", "finding/#", "sweep/#", "hub/wake")),
        *(
            f"read {root}/{name}"
            for name in ("agent/+/status", "agent/+/dwells", "agent/+/reply", "hub/wake")
        ),
    ]
    assert accounts.topics_of("web") == [
        f"write {root}/hub/wake",
        *(f"read {root}/{name}" for name in ("shelf/#", "finding/#", "sweep/#")),
    ]


def test_a_removed_agent_has_no_rights_and_the_others_keep_theirs(tmp_path: Path) -> None:
    for name in ("edge-1", "edge-10", "edge-2"):
        add(tmp_path, name)
    before = Accounts(tmp_path).topics_of("edge-10")
    result = run("remove", "edge-1", "--dir", str(tmp_path))
    assert "restart" in result.output
    accounts = Accounts(tmp_path)
    assert accounts.names() == ["edge-10", "edge-2"]
    assert accounts.topics_of("edge-1") == []
    assert accounts.topics_of("edge-10") == before
    assert not (tmp_path / "agents" / "edge-1").exists()
    assert add(tmp_path).exit_code == 0, "its name may be used again, with a new password"


@pytest.mark.parametrize("listen", ["127.0.0.1", "0.0.0.0"])
def test_the_broker_lets_nobody_in_unknown_keeps_its_queue_and_uses_tls_off_loopback(
    tmp_path: Path, listen: str
) -> None:
    run("broker-init", "--site", "demo", "--dir", str(tmp_path), "--listen", listen)
    conf = (tmp_path / "mosquitto.conf").read_text(encoding="utf-8")
    lines = conf.splitlines()
    assert "allow_anonymous false" in lines
    assert f"password_file {tmp_path}/passwords" in lines
    assert "persistence true" in lines
    assert "max_queued_messages 20000" in lines
    listeners = [line for line in lines if line.startswith("listener")]
    assert listeners[0] == "listener 1883 127.0.0.1"
    assert (listeners[1:], "certfile" in conf) == (
        ([], False) if listen == "127.0.0.1" else (["listener 8883 0.0.0.0"], True)
    )
