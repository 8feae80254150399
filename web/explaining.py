"""Why an item is believed where it is, in the reader's language and on the site's clock."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec
from markupsafe import Markup, escape

from hub.explain.answer import Asked
from hub.explain.ask import explanation
from hub.explain.model import Explanation
from hub.explain.sentences import Told, tell
from hub.views import ItemView
from web.i18n import Texts, mark
from web.library import Library
from web.problems import ProblemError
from web.times import Times
from web.words import sureness

MAX_TIME = 32
"""Signs of a time in the address line."""


_WHOLE = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)+|[<>]?[0-9]+ %|\u2212?[0-9]+ dBm")


class Explained(msgspec.Struct, frozen=True):
    """What a page shows: the numbers, and their sentences in the same order."""

    said: Explanation
    told: Told

    def weighed(self, finding_id: str) -> str:
        """As of when a finding speaks; empty: it is not told of."""
        told = zip(self.said.findings, self.told.findings, strict=True)
        return next((words for one, words in told if one.id == finding_id), "")

    @property
    def heaviest(self) -> float:
        """The weight that fills a bar."""
        return max((abs(one.weight or 0.0) for one in self.said.evidence), default=0.0)


def unbroken(text: str) -> Markup:
    """A sentence for a page: ids, shares and loudness are never broken at the end of a line."""
    pieces, done = [], 0
    for found in _WHOLE.finditer(text):
        pieces += [
            escape(text[done : found.start()]),
            Markup('<span class="whole">{}</span>').format(found[0]),
        ]
        done = found.end()
    return Markup("").join([*pieces, escape(text[done:])])


class _Teller:
    """Texts, times and shares for one reader."""

    def __init__(self, texts: Texts, times: Times) -> None:
        self._texts = texts
        self._times = times

    def text(self, msgid: str) -> str:
        return self._texts.gettext(msgid)

    def time(self, at_us: int) -> str:
        return self._times.short(at_us)

    def exact(self, at_us: int) -> str:
        return self._times.full(at_us)

    def share(self, probability: float | None) -> str:
        return sureness(probability)


def explained(of: Library, item: ItemView, at_us: int | None, texts: Texts, times: Times) -> Explained:
    """The explanation of an item now (`at_us` None) or at a time in the past."""
    asked = Asked(now_us=times.now_us, at_us=at_us, kept_days=of.kept_days)
    said = explanation(of.reader, item, asked, of.shelf_index)
    return Explained(said, tell(said, _Teller(texts, times)))


def asked_time(text: str, times: Times) -> int | None:
    """A time of the address line, as microseconds: such a number, or what a field for date and time sent, on the site's clock.

    Empty: now. Raises `ProblemError` for what is no time, and for the future, of which nobody knows anything.
    """
    if not text:
        return None
    try:
        number = text.isascii() and text.isdecimal()
        at_us = int(text[:MAX_TIME]) if number else times.moment_us(datetime.fromisoformat(text[:MAX_TIME]))
    except (ValueError, OverflowError, OSError) as fault:
        raise ProblemError(400, mark("This is no date and time.")) from fault
    if not 0 <= at_us <= times.now_us:
        raise ProblemError(400, mark("This time has not come yet, or is before all history."))
    return at_us
