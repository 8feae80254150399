"""Real servers for tests: PostgreSQL, InfluxDB, VictoriaMetrics. On free loopback ports, in folders of their own, ended by pid.

Each is started by the test run itself and leaves nothing behind. A server can be killed and started again with the same
data, because that is what libraries do to them.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

START_S = 30.0


def free_port() -> int:
    """A TCP port of loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def program(name: str, *folders: str) -> str:
    """The path of a server program; raises if it is not installed (`needs` marks the test)."""
    found = shutil.which(name)
    if found is None:
        found = next(
            (str(p / name) for f in folders for p in sorted(Path("/").glob(f)) if (p / name).exists()), None
        )
    if found is None:
        raise FileNotFoundError(f"{name} is not installed")
    return found


class Server:
    """One server process: `start`, `kill`, `start` again on the same port and data."""

    end_signal = signal.SIGTERM
    """How it is asked to stop without waiting for its clients."""

    def __init__(self, name: str) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix=f"shelfwire-{name}-"))
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    @property
    def user(self) -> str | None:
        """Whom it runs as; None: as ourselves."""
        return None

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.folder / "log.txt").open("ab") as log:
            # A session of its own is a group of processes that `kill` can end as a whole.
            account: dict[str, Any] = {"start_new_session": True}
            if self.user:
                account |= {"user": self.user, "group": self.user, "extra_groups": []}
            self._process = subprocess.Popen(
                self.command(), stdout=log, stderr=log, cwd=self.folder, **account
            )
        wait_for(self._ready, START_S, lambda: (self.folder / "log.txt").read_text(errors="replace")[-2000:])

    def _ready(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError((self.folder / "log.txt").read_text(errors="replace")[-2000:])
        return self.answers()

    def kill(self) -> None:
        """SIGKILL to it and its children, as a power cut does it."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """Ask it to stop, and wait."""
        if self._process is not None:
            self._process.send_signal(self.end_signal)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None

    def close(self) -> None:
        """Stop it and remove its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def wait_for(done: Callable[[], bool], seconds: float, why: Callable[[], str] = lambda: "") -> None:
    """Wait until `done`; raises `TimeoutError` with `why()` after `seconds`."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise TimeoutError(f"not done after {seconds} s: {why()}")
        time.sleep(0.05)


def http_answers(url: str) -> bool:
    """Whether a GET is answered with 2xx."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            status: int = answer.status
            return 200 <= status < 300
    except (urllib.error.URLError, OSError):
        return False


class PostgreSQL(Server):
    """A cluster that trusts loopback. It refuses to run as root; then it runs as the account of its package."""

    end_signal = signal.SIGINT  # SIGTERM would wait until the last client has gone

    def __init__(self) -> None:
        super().__init__("pg")
        self._databases = 0
        if self.user:
            account = pwd.getpwnam(self.user)
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        account_of: dict[str, Any] = (
            {"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}
        )
        subprocess.run(
            [
                _pg("initdb"),
                "-D",
                f"{self.folder}/data",
                "-U",
                "shelfwire",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--no-sync",
                "--locale=C.UTF-8",
            ],
            check=True,
            capture_output=True,
            cwd=self.folder,
            **account_of,
        )

    @property
    def user(self) -> str | None:
        return "postgres" if os.geteuid() == 0 else None

    def command(self) -> list[str]:
        settings = [
            "listen_addresses=127.0.0.1",
            f"port={self.port}",
            f"unix_socket_directories={self.folder}",
            "fsync=off",
        ]
        return [_pg("postgres"), "-D", f"{self.folder}/data", *(part for s in settings for part in ("-c", s))]

    def answers(self) -> bool:
        try:
            psycopg.connect(self.dsn("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def dsn(self, name: str) -> str:
        return f"postgresql://shelfwire@127.0.0.1:{self.port}/{name}"

    def url(self, name: str) -> str:
        """The SQLAlchemy URL of a database."""
        return self.dsn(name).replace("postgresql://", "postgresql+psycopg://")

    def new_database(self) -> str:
        """A fresh database; its URL."""
        self._databases += 1
        name = f"test_{self._databases}"
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)


def _pg(name: str) -> str:
    return program(
        name, "usr/lib/postgresql/*/bin", "opt/homebrew/opt/postgresql*/bin", "usr/local/opt/postgresql*/bin"
    )


class InfluxDB(Server):
    """InfluxDB 1.x; with `login`, only ``hub`` with the password ``geheim`` may use it."""

    def __init__(self, *, login: bool = False) -> None:
        super().__init__("influx")
        self._login = login
        self._rpc = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        path = self.folder / "influxdb.conf"
        path.write_text(
            "reporting-enabled = false\n"
            f'bind-address = "127.0.0.1:{self._rpc}"\n'
            f'[meta]\n  dir = "{self.folder}/meta"\n'
            f'[data]\n  dir = "{self.folder}/data"\n  wal-dir = "{self.folder}/wal"\n'
            "[monitor]\n  store-enabled = false\n"
            f'[http]\n  bind-address = "127.0.0.1:{self.port}"\n  auth-enabled = {str(self._login).lower()}\n'
        )
        return [program("influxd", "usr/sbin", "usr/local/bin"), "-config", str(path)]

    def answers(self) -> bool:
        return http_answers(f"{self.url}/ping")

    def make_user(self) -> None:
        """The first user may be made without login."""
        made = urllib.parse.urlencode({"q": "CREATE USER hub WITH PASSWORD 'geheim' WITH ALL PRIVILEGES"})
        with urllib.request.urlopen(f"{self.url}/query?{made}", data=b""):
            pass


class VictoriaMetrics(Server):
    """VictoriaMetrics, which takes InfluxDB's v2 writes."""

    def __init__(self) -> None:
        super().__init__("vm")
        self.url = f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        name = program("victoria-metrics", "usr/local/bin")
        return [name, f"-httpListenAddr=127.0.0.1:{self.port}", f"-storageDataPath={self.folder}/data"]

    def answers(self) -> bool:
        return http_answers(f"{self.url}/health")


@contextmanager
def listening_silently() -> Iterator[str]:
    """A TCP server that accepts and never answers; its ``http://`` URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
