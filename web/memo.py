"""A few answers that take seconds to make, kept until what they were made of changes. Thread-safe."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, TypeVar, cast

T = TypeVar("T")

KEPT: Final = 16


class Memo:
    """`get` makes an answer once for each key; those that ask meanwhile wait for it. The oldest of `KEPT` goes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Any, Future[Any]] = {}

    def get(self, key: object, make: Callable[[], T]) -> T:
        """`make()`, or what it gave for this key before. Its error reaches all that wait, and is not kept."""
        with self._lock:
            kept = self._kept.get(key)
            answer: Future[Any] = kept or Future()
            if kept is None:
                while len(self._kept) >= KEPT:
                    del self._kept[next(iter(self._kept))]
                self._kept[key] = answer
        if kept is None:
            try:
                answer.set_result(make())
            except BaseException as fault:
                with self._lock:
                    self._kept.pop(key, None)
                answer.set_exception(fault)
                raise
        return cast("T", answer.result())
