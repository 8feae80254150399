"""What comes back over HTTP, and what of it becomes an object. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from hub.catalog.http.retry import http_date
from shelfwire.errors import AwayError, ShelfwireError

T = TypeVar("T")


class Answer(msgspec.Struct, Generic[T], frozen=True):
    """What came back."""

    status: int
    headers: Mapping[str, tuple[str, ...]]
    """By name in small letters."""
    code: str
    """The system's own error code, where `CodeOf` knows it; empty for a success."""
    data: T | None
    """The body as the type that was asked for; None where the status is no success."""

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return next(iter(self.headers.get(name.lower(), ())), None)

    def server_time(self) -> datetime | None:
        """What the server's clock said, in UTC."""
        return http_date(self.header("date"))


class RawAnswer(msgspec.Struct, frozen=True):
    """An answer before its body is looked at."""

    status: int
    headers: dict[str, tuple[str, ...]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of that name, in small letters."""
        return next(iter(self.headers.get(name, ())), None)


class Fault(msgspec.Struct, frozen=True):
    """Why there is no answer; `error` is what it becomes when there is no other try."""

    words: str
    error: type[ShelfwireError] = AwayError


def decoded(body: bytes, kind: type[T]) -> tuple[T | None, str]:
    """(the body as `kind`, why it is none). Fields that `kind` does not name are never built."""
    try:
        return msgspec.json.decode(body, type=kind), ""
    except msgspec.ValidationError as fault:
        words = str(fault)
        shape = f": {words}" if words.startswith(("Expected ", "Object missing ")) else ""
        return None, f"JSON of another shape{shape}"
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None, "something that is no JSON"
    except RecursionError:
        return None, "JSON that is nested too deep"
