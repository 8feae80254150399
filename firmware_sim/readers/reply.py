"""What an emulated reader answers over HTTP. Pure."""

from __future__ import annotations

import msgspec


class Reply(msgspec.Struct, frozen=True):
    """A status and a JSON body."""

    status: int
    body: bytes = b""
