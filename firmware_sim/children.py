"""Child processes of a demo: started with a log each, watched, and ended without orphans."""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from shelfwire.errors import AwayError

STOP_S: Final = 8.0
"""Time to stop cleanly (a driver switches its radio off within 3 s, the hub writes its snapshot); after it the child is killed."""

LAST_LINES: Final = 12


class Child:
    """``python -m shelfwire …`` with its output in a file."""

    def __init__(self, name: str, args: Sequence[str], *, log: Path, ready: str) -> None:
        self.name = name
        self.log = log
        self._args = list(args)
        self._ready = ready
        self._process: subprocess.Popen[bytes] | None = None
        self._from = 0

    @property
    def pid(self) -> int | None:
        """While it runs."""
        return self._process.pid if self._process is not None else None

    @property
    def died(self) -> bool:
        """Whether it ended by itself."""
        return self._process is not None and self._process.poll() is not None

    def args(self) -> list[str]:
        """Its whole command."""
        return [sys.executable, "-m", "shelfwire", *self._args]

    def start(self) -> None:
        """Start it; `wait_ready` says when it works. In a session of its own, so that Ctrl-C reaches only us, who stop it in order."""
        self._from = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 (our own arguments)
                self.args(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )

    async def wait_ready(self, timeout_s: float) -> str:
        """The line that says it is ready. Raises `AwayError` with its last words if it dies or does not come."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            for line in self._lines():
                if self._ready in line:
                    return line
            if self.died:
                raise AwayError(self.obituary())
            await asyncio.sleep(0.05)
        raise AwayError(
            f"{self.name}: did not say {self._ready!r} within {timeout_s:.0f} s\n{self.last_words()}"
        )

    async def stop(self) -> None:
        """Ask it to end, wait, and kill it if it does not."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        await asyncio.to_thread(end, process, STOP_S)

    def kill(self) -> None:
        """As a power cut would."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def full_disk(self, *, full: bool) -> bool:
        """Let no file of it grow any more, as on a full disk, or let them grow again. False: this machine cannot do that, or it does not run."""
        if not hasattr(resource, "prlimit") or self._process is None or self._process.poll() is not None:
            return False
        hard = resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (0 if full else hard, hard))
        return True

    def obituary(self) -> str:
        """That it died, how, and its last words."""
        code = self._process.poll() if self._process is not None else None
        return (
            f"{self.name}: ended by itself with exit code {code}; its last lines were:\n{self.last_words()}"
        )

    def last_words(self) -> str:
        """The end of its log, since its last start."""
        lines = self._lines()[-LAST_LINES:]
        return "\n".join(f"  {line}" for line in lines) or "  (it said nothing)"

    def _lines(self) -> list[str]:
        if not self.log.exists():
            return []
        with self.log.open("rb") as log:
            log.seek(self._from)
            return log.read().decode("utf-8", "replace").splitlines()


def end(process: subprocess.Popen[bytes], within_s: float) -> None:
    """Ask a process to end, wait, and kill it if it does not."""
    process.terminate()
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
