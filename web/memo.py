"""A few answers that take seconds to make, made beside the requests and kept until what they were made of changes. Thread-safe."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, TypeVar

T = TypeVar("T")

KEPT: Final = 16
WAIT_S: Final = 1.5
"""How long a page waits; then it says that the answer is being made, and asks again."""


class Memo:
    """`get` has an answer made once for each key, one at a time, so that nobody else's pages wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._one = threading.Lock()
        self._kept: dict[Any, Future[Any]] = {}

    def get(self, key: object, make: Callable[[], T], wait_s: float = WAIT_S) -> T | None:
        """What `make` gives, or gave for this key before; None: it is not made yet. Its error is raised, and not kept.

        The oldest of `KEPT` answers goes.
        """
        with self._lock:
            answer: Future[Any] | None = self._kept.get(key)
            if answer is None:
                while len(self._kept) >= KEPT:
                    del self._kept[next(iter(self._kept))]
                answer = self._kept[key] = Future()
                threading.Thread(target=self._make, args=(answer, make), daemon=True).start()
        try:
            made: T = answer.result(timeout=wait_s)
        except Exception:
            if not answer.done():
                return None
            with self._lock:
                self._kept.pop(key, None)
            raise
        return made

    def _make(self, answer: Future[Any], make: Callable[[], Any]) -> None:
        with self._one:
            try:
                answer.set_result(make())
            except BaseException as fault:  # noqa: BLE001 (it is raised where the answer is asked for)
                answer.set_exception(fault)
