"""A real InfluxDB 1.x beside a hub of the simulator, so that it can be away: always on loopback, in a folder of its own. Only where it is installed.

influx = Influx(folder)
influx.start()
…  # series: influx.section() in hub.yaml
influx.kill()  # what the hub writes now waits on its spool
"""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Final, Literal

from firmware_sim.broker import free_port
from firmware_sim.children import end
from shelfwire.errors import AwayError, InputError

SeriesWish = Literal["sqlite", "influxdb"]

START_S: Final = 30.0
"""It opens its shards one by one; a new one answers within a second."""

STOP_S: Final = 10.0

DATABASE: Final = "shelfwire"

_SBIN: Final = ("/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin")

_NO_CONTENT: Final = 204


class Influx:
    """One server process. Its data outlive `kill`. Raises `InputError` where it is not installed."""

    def __init__(self, folder: Path) -> None:
        path = os.pathsep.join([os.environ.get("PATH", ""), *_SBIN])
        program = shutil.which("influxd", path=path)
        if program is None:
            raise InputError(
                "series: influxd is not installed; install InfluxDB 1.x (Debian: influxdb), or leave out --series influxdb"
            )
        self._program = program
        self._folder = folder.resolve()
        self._rpc = free_port()
        self.port = free_port()
        self.log = folder / "influxd.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def ended(self) -> bool:
        """Whether it ended by itself."""
        return self._process is not None and self._process.poll() is not None

    def section(self) -> dict[str, Any]:
        """``series:`` of hub.yaml."""
        return {"kind": "influx1", "url": f"http://127.0.0.1:{self.port}", "database": DATABASE}

    def start(self) -> None:
        """Start it and wait until it answers. Raises `AwayError` with its last words if it does not."""
        self._folder.mkdir(parents=True, exist_ok=True)
        config = self._folder / "influxdb.conf"
        config.write_text(self._config(), encoding="utf-8")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 (our own arguments)
                [self._program, "-config", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,  # Ctrl-C reaches only us: the hub's last points still need it
            )
        until = time.monotonic() + START_S
        while time.monotonic() < until and self._process.poll() is None:
            if self._answers():
                return
            time.sleep(0.05)
        self.kill()
        raise AwayError(f"influxd: did not start on port {self.port}: {self.last_words()}")

    def stop(self) -> None:
        """Ask it to end, and see that it does."""
        process, self._process = self._process, None
        if process is not None:
            end(process, STOP_S)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def last_words(self, lines: int = 5) -> str:
        """The end of its log."""
        if not self.log.exists():
            return "(no log)"
        return " / ".join(self.log.read_text(errors="replace").splitlines()[-lines:]) or "(empty log)"

    def _answers(self) -> bool:
        ask = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            ask.request("GET", "/ping")
            return ask.getresponse().status == _NO_CONTENT
        except (OSError, http.client.HTTPException):
            return False
        finally:
            ask.close()

    def _config(self) -> str:
        return (
            "reporting-enabled = false\n"
            f'bind-address = "127.0.0.1:{self._rpc}"\n'
            f'[meta]\n  dir = "{self._folder}/meta"\n'
            f'[data]\n  dir = "{self._folder}/data"\n  wal-dir = "{self._folder}/wal"\n'
            "[monitor]\n  store-enabled = false\n"
            f'[http]\n  bind-address = "127.0.0.1:{self.port}"\n  log-enabled = false\n'
        )
