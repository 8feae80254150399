"""Which antennas were listening when: what a lost record says about the reports in whose place it stands. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from shelfwire.codec import decode_from_agent
from shelfwire.errors import PeerError
from shelfwire.messages import MAX_DWELLS_A_REPORT, Dwell, Report, Silence


class Spans:
    """One span an antenna, from its first start to its last end. At most as many antennas as a record may name."""

    def __init__(self) -> None:
        self._spans: dict[tuple[str, int], tuple[int, int]] = {}

    def __len__(self) -> int:
        return len(self._spans)

    def add(self, dwells: Iterable[Dwell | Silence]) -> None:
        """Widen the spans over `dwells`; an antenna beyond the bound is left out (see `take`)."""
        for dwell in dwells:
            key = (dwell.reader, dwell.port)
            start, end = self._spans.get(key, (dwell.started_at_us, dwell.ended_at_us))
            if key in self._spans or len(self._spans) < MAX_DWELLS_A_REPORT:
                self._spans[key] = (min(start, dwell.started_at_us), max(end, dwell.ended_at_us))

    def take(self, payload: bytes) -> bool:
        """Widen the spans over a report or lost record, given as its bytes; unreadable ones say nothing.

        False, and nothing done, when it names more antennas than one record can: then begin another.
        """
        try:
            message = decode_from_agent(payload)
        except PeerError:
            return True
        dwells = message.dwells if isinstance(message, Report) else message.spans
        more = {(dwell.reader, dwell.port) for dwell in dwells} - self._spans.keys()
        if self._spans and len(self._spans) + len(more) > MAX_DWELLS_A_REPORT:
            return False
        self.add(dwells)
        return True

    def silences(self) -> list[Silence]:
        """The spans as a lost record carries them."""
        return [
            Silence(reader=reader, port=port, started_at_us=start, ended_at_us=end)
            for (reader, port), (start, end) in sorted(self._spans.items())
        ]
