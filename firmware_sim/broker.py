"""A broker for tests and the demo: Mosquitto if it is installed, else the embedded one, always on loopback and with passwords.

    broker = Broker(folder, [hub_account("demo", secret()), agent_account("demo", "edge-1", secret())])
    broker.start()
    link = Link(broker.config("hub"), …, base=broker.folder)

The library's own broker is set up by ``config/mosquitto`` and ``shelfwire agent add``; nothing here touches it.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from edge.access import password_line
from firmware_sim.access import Login, mosquitto_acl
from firmware_sim.children import end
from shelfwire.errors import AwayError, InputError
from shelfwire.link import BrokerConfig

Kind = Literal["mosquitto", "amqtt"]
Wish = Literal["auto", "mosquitto", "amqtt"]

START_S: Final = 20.0
"""A child of Python on a busy two-core machine needs up to 5 s; after this it does not come any more."""

STOP_S: Final = 5.0

QUEUED_MESSAGES: Final = 20_000
"""For a client that is away: about 500 MB of full reports, bounded again in bytes below. Mosquitto's own 1,000 are dropped in silence."""

QUEUED_BYTES: Final = 256 * 1024 * 1024

_SBIN: Final = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
"""Where Mosquitto hides from the path of a plain user."""


def secret() -> str:
    """A password of one run."""
    return secrets.token_urlsafe(18)


def mosquitto_program() -> str | None:
    """Mosquitto's path, or None where it is not installed."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *_SBIN])
    return shutil.which("mosquitto", path=path)


def free_port() -> int:
    """A loopback port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_free(port: int) -> bool:
    """Whether this loopback port can be listened on now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Broker:
    """One broker process. `folder` holds its configuration, passwords (mode 600), log and queue."""

    def __init__(
        self, folder: Path, logins: Sequence[Login], *, kind: Wish = "auto", port: int | None = None
    ) -> None:
        program = mosquitto_program()
        if kind == "mosquitto" and program is None:
            raise InputError("broker: mosquitto is not installed; install it, or take --broker amqtt")
        self.kind: Kind = "amqtt" if kind == "amqtt" or program is None else "mosquitto"
        self.folder = folder
        self.port = port or free_port()
        self.log = folder / "broker.log"
        self._logins = list(logins)
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The child, while there is one."""
        return self._process

    def config(self, name: str, protocol: Literal["3.1.1", "5"] = "5") -> BrokerConfig:
        """How the account `name` connects; the password file's path is absolute."""
        return BrokerConfig(
            host="127.0.0.1",
            port=self.port,
            username=name,
            password_file=str((self.folder / f"{name}.password").resolve()),
            protocol="3.1.1" if self.kind == "amqtt" else protocol,
        )

    def start(self) -> None:
        """Start and wait until it takes connections. Raises `AwayError` with its last words if it does not."""
        if _answers(self.port):
            raise AwayError(f"broker: port {self.port} is taken by another program; choose another")
        self._write()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 (our own arguments)
                self._command(),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                start_new_session=True,  # Ctrl-C reaches only us: the broker is needed until the last report has come
            )
        until = time.monotonic() + START_S
        while time.monotonic() < until and self._process.poll() is None:
            if _answers(self.port):
                return
            time.sleep(0.02)
        words = self.last_words()
        self.kill()
        raise AwayError(f"broker ({self.kind}): did not start on port {self.port}: {words}")

    def stop(self) -> None:
        """Ask it to end, and see that it does."""
        process, self._process = self._process, None
        if process is not None:
            end(process, STOP_S)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._process = None

    def last_words(self, lines: int = 5) -> str:
        """The end of its log."""
        if not self.log.exists():
            return "(no log)"
        return " / ".join(self.log.read_text(errors="replace").splitlines()[-lines:]) or "(empty log)"

    def _command(self) -> list[str]:
        if self.kind == "mosquitto":
            assert self._program is not None
            return [self._program, "-c", "mosquitto.conf"]
        return [sys.executable, "-m", "firmware_sim.embedded", "access.json"]

    def _write(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for login in self._logins:
            _private(self.folder / f"{login.name}.password", login.password + "\n")
        if self.kind == "mosquitto":
            lines = [
                password_line(login.name, login.password, secrets.token_bytes(12)) for login in self._logins
            ]
            _private(self.folder / "passwords", "".join(lines))
            _private(self.folder / "acl", mosquitto_acl(self._logins))
            _private(self.folder / "mosquitto.conf", self._mosquitto_conf())
        else:
            access = {"port": self.port, "logins": self._logins}
            _private(self.folder / "access.json", msgspec.json.encode(access).decode())

    def _mosquitto_conf(self) -> str:
        lines = [
            f"listener {self.port} 127.0.0.1",
            "allow_anonymous false",
            "password_file passwords",
            "acl_file acl",
            "persistence true",
            f"persistence_location {self.folder.resolve()}/",
            f"max_queued_messages {QUEUED_MESSAGES}",
            f"max_queued_bytes {QUEUED_BYTES}",
            "max_packet_size 1200000",
            "log_dest stderr",
            "log_type error",
            "log_type warning",
        ]
        if os.geteuid() == 0:  # else it would give up root and could not read its own files
            lines.append("user root")
        return "\n".join(lines) + "\n"


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5):
            return True
    except OSError:
        return False


def _private(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
