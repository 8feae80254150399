"""How often a log-in may fail. Time comes in."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from typing import Final

WINDOW_S: Final = 300.0
USER_FAILURES: Final = 6
"""For one name, from one address, within the window. Argon2 makes each cost about 50 ms; this leaves a guesser 1,700 tries a day."""
ADDRESS_FAILURES: Final = 30
"""For one address: tablets behind one Wi-Fi may share it, so a person's typing must not lock out the others."""
NAME_FAILURES: Final = 60
"""For one name from everywhere: bounds a distributed guesser, and a stranger cannot lock an owner out quickly."""
KEPT_KEYS: Final = 10_000


class Failures:
    """Counts failures; the oldest keys are forgotten first, so that a stranger cannot fill the memory. Any thread may call."""

    def __init__(self) -> None:
        self._times: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, name: str, address: str, now_s: float) -> int:
        """Seconds until the next try is allowed. 0: now, and the try counts as failed until `succeeded`.

        It counts before the password is looked at: else a hundred tries at once would all pass before the first has failed.
        """
        with self._lock:
            if wait_s := max(self._wait(key, bound, now_s) for key, bound in _keys(name, address)):
                return wait_s
            for key, bound in _keys(name, address):
                self._times.setdefault(key, deque(maxlen=bound)).append(now_s)
                self._times.move_to_end(key)
            while len(self._times) > KEPT_KEYS:
                self._times.popitem(last=False)
            return 0

    def succeeded(self, name: str, address: str, began_s: float) -> None:
        """The person is known again; address and name keep their other counts. `began_s`: what `begin` was told."""
        person, *others = (key for key, _ in _keys(name, address))
        with self._lock:
            self._times.pop(person, None)
            for key in others:
                times = self._times.get(key)
                if times is not None and began_s in times:
                    times.remove(began_s)

    def _wait(self, key: tuple[str, str], bound: int, now_s: float) -> int:
        times = self._times.get(key)
        if times is None:
            return 0
        while times and now_s - times[0] >= WINDOW_S:
            times.popleft()
        if not times:
            del self._times[key]
            return 0
        return int(WINDOW_S - (now_s - times[0])) + 1 if len(times) >= bound else 0


def _keys(name: str, address: str) -> tuple[tuple[tuple[str, str], int], ...]:
    return (((name, address), USER_FAILURES), (("", address), ADDRESS_FAILURES), ((name, ""), NAME_FAILURES))
