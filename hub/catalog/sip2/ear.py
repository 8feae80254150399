"""Tells the answer to a question from everything else that a SIP2 server may say. Pure."""

from __future__ import annotations

from typing import Final, Literal

from hub.catalog.sip2 import codec
from hub.catalog.sip2.lines import MAX_LINE_BYTES
from shelfwire.errors import AwayError, PeerError, ShelfwireError

MAX_STRAYS: Final = 20
"""Lines passed over during one question. A late answer or two is usual; a server that talks without end is none of ours."""

Kind = Literal["94", "98", "18"]
_KINDS: Final[dict[Kind, type[codec.Login | codec.Status | codec.ItemInfo]]] = {
    "94": codec.Login,
    "98": codec.Status,
    "18": codec.ItemInfo,
}


class BrokenError(Exception):
    """The connection leads no further."""

    def __init__(self, why: str, *, peer: bool) -> None:
        super().__init__(why)
        self.why = why
        self.peer = peer
        """Whether it answered, but nothing of the protocol."""

    def error(self, where: str) -> ShelfwireError:
        """What the caller is told when nothing else is left to try; `where` names the server."""
        return (
            PeerError(f"{where}: {self.why}")
            if self.peer
            else AwayError(f"{where}: {self.why}; trying again later")
        )


class Ear:
    """Listens for the answer to one question."""

    def __init__(self, terms: codec.Terms, kind: Kind, number: int | None, barcode: str) -> None:
        self._terms = terms
        self._kind = kind
        self._number = number
        self._barcode = codec.key(barcode)
        self._held = b""
        """The beginning of an answer that has a line break in one of its texts."""
        self._strays = 0
        self.why = ""
        """What was wrong with the last line that was not the answer."""
        self.damaged = False

    def hear(self, raw: bytes, *, guarded: bool) -> codec.Message | Literal["other", "again"]:
        """The answer; ``other``: go on listening; ``again``: send something again. Raises `BrokenError`."""
        self.damaged = False
        if not raw.strip():
            self._held += raw if self._held else b""
            return self._stray()
        try:
            message = self._read(raw, guarded=guarded)
        except codec.WrongSumError as fault:
            self.why, self.damaged = str(fault), True
            return "again"
        except PeerError as fault:
            self.why = str(fault)
            return self._stray()
        if message is None:
            return self._stray()
        if isinstance(message.answer, codec.Resend):
            hint = "" if self._number is not None else "; it may want numbers and sums, see `error_detection`"
            self.why = f"it finds our question damaged (96){hint}"
            return "again"
        self.why = self._wrong(message, guarded=guarded)
        return self._stray() if self.why else message

    def _read(self, raw: bytes, *, guarded: bool) -> codec.Message | None:
        """None: held until the rest of it is there."""
        if not guarded:
            return codec.read(raw, self._terms)
        whole = self._held + raw
        if not codec.complete(raw):
            self._held = whole if len(whole) <= MAX_LINE_BYTES else b""
            self.why = "an answer without a sum, or half of one"
            return None
        held, self._held = self._held, b""
        if held:
            try:
                return codec.read(whole, self._terms)
            except PeerError:
                pass  # what was held was the torn half of something else
        return codec.read(raw, self._terms)

    def _wrong(self, message: codec.Message, *, guarded: bool) -> str:
        """Why it is not the answer to this question; empty: it is."""
        answer = message.answer
        if not isinstance(answer, _KINDS[self._kind]):
            return "an answer to something else"
        if message.number is not None and self._number is not None and message.number != self._number:
            return "an answer with the number of another question"
        if guarded and self._number is not None and message.number is None:
            return "an answer without the number of its question"
        if isinstance(answer, codec.ItemInfo) and answer.barcode != self._barcode:
            return "an answer about another item"
        return ""

    def _stray(self) -> Literal["other"]:
        self._strays += 1
        if self._strays > MAX_STRAYS:
            raise BrokenError(f"{MAX_STRAYS} lines that do not answer; the last: {self.why}", peer=True)
        return "other"
