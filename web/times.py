"""Times as people read them, in the site's own time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from web.i18n import Texts, mark

_US: Final = 1_000_000
_PATTERNS: Final = {
    "en": ("HH:mm", "d MMM HH:mm", "d MMM y HH:mm", "d MMM y HH:mm:ss"),
    "zh-Hans": ("HH:mm", "M月d日 HH:mm", "y年M月d日 HH:mm", "y年M月d日 HH:mm:ss"),
}
_JUST_NOW_S: Final = 5
_SECONDS: Final = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))
_AGO: Final = {
    "d": mark("%(num)s d ago"),
    "h": mark("%(num)s h ago"),
    "m": mark("%(num)s min ago"),
    "s": mark("%(num)s s ago"),
}


class Times:
    """Formats UTC microseconds for one reader at one moment."""

    def __init__(self, timezone: str, texts: Texts, now_us: int) -> None:
        self._zone = ZoneInfo(timezone)
        self._texts = texts
        self.now_us = now_us

    def local(self, at_us: int) -> datetime:
        """The local time."""
        return datetime.fromtimestamp(at_us / _US, UTC).astimezone(self._zone)

    def moment_us(self, moment: datetime) -> int:
        """UTC microseconds of a time; one without a zone is read on the site's clock. Raises `OverflowError` far away."""
        known = moment if moment.tzinfo is not None else moment.replace(tzinfo=self._zone)
        return int(known.timestamp()) * _US + known.microsecond

    def field(self, at_us: int) -> str:
        """For ``<input type="datetime-local">``."""
        return self.local(at_us).strftime("%Y-%m-%dT%H:%M:%S")

    def short(self, at_us: int | None) -> str:
        """As little as is clear: ``02:10`` of today, ``21 Nov 02:10``, ``21 Nov 2025 02:10``."""
        if at_us is None:
            return self._texts.gettext("never")
        there, here = self.local(at_us), self.local(self.now_us)
        today, year = there.date() == here.date(), there.year == here.year
        return self._format(there, 0 if today else 1 if year else 2)

    def full(self, at_us: int | None) -> str:
        """Date and time to the second."""
        return self._texts.gettext("never") if at_us is None else self._format(self.local(at_us), 3)

    def clock(self, at_us: int) -> str:
        """Hours and minutes."""
        return self._format(self.local(at_us), 0)

    def iso(self, at_us: int | None) -> str:
        """For ``<time datetime>``."""
        return "" if at_us is None else datetime.fromtimestamp(at_us / _US, UTC).isoformat(timespec="seconds")

    def ago(self, at_us: int | None) -> str:
        """``3 min ago``; rounded down."""
        if at_us is None:
            return self._texts.gettext("never")
        seconds = max(0, self.now_us - at_us) // _US
        if seconds < _JUST_NOW_S:
            return self._texts.gettext("just now")
        size, unit = next((size, unit) for size, unit in _SECONDS if seconds >= size)
        return self._texts.text(_AGO[unit], num=seconds // size)

    def _format(self, moment: datetime, which: int) -> str:
        return format_datetime(moment, _PATTERNS[self._texts.language][which], locale=self._texts.locale)
