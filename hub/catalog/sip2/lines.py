"""Bytes of a connection → lines, bounded. Pure."""

from __future__ import annotations

from typing import Final

from shelfwire.errors import PeerError

MAX_LINE_BYTES: Final = 16 * 1024
"""An answer about one item has some 300 bytes, with long notices 2,000; who sends more without an end speaks something else."""


class Lines:
    """Takes bytes as they come, gives whole lines with their ends: CR, LF or CR LF, whatever the server writes."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completes, empty ones too. Raises `PeerError` for a line without an end.

        A CR at the very end closes its line at once; an LF that follows later is then a line of its own.
        """
        lines = (self._rest + data).splitlines(keepends=True)
        self._rest = b"" if not lines or lines[-1].endswith((b"\r", b"\n")) else lines.pop()
        if any(len(line) > MAX_LINE_BYTES for line in (self._rest, *lines)):
            self._rest = b""
            raise PeerError(f"a line of more than {MAX_LINE_BYTES} bytes: that is no SIP2")
        return lines
