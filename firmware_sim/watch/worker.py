"""The thread that owns a session: lets its time pass, and answers the others between two steps. Threads and the clock."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from firmware_sim.watch.session import LONGEST_S, SHORTEST_S, Session
from shelfwire.site.model import Site

T = TypeVar("T")

SPEEDS: Final = (1, 10, 60, 200, 1000)
FIRST_SPEED: Final = 60
STROKE_S: Final = 0.1
"""So long a step may wait for its turn: ten steps a second, however fast the library lives."""
BEHIND_S: Final = 0.5
"""What the computer could not do in this time is let go: the library lives slower."""
JUDGE_S: Final = 0.7
JUDGE_SHARE: Final = 0.1
"""Judging takes at most this share of the time, however long the log is."""
MEASURE_S: Final = 3.0
UNSEEN_S: Final = 60.0
"""So long the library lives on when nobody asks for a view: a forgotten page shall not keep a computer busy and its log growing all night."""
ANSWER_S: Final = 10.0
WAITING: Final = 64
"""Questions that wait at most; a page asks four times a second."""


class BusyError(Exception):
    """Too many questions wait, or the session is over."""


class Worker:
    """Start it; `ask` from any thread."""

    def __init__(
        self,
        session: Session,
        *,
        speed: int = FIRST_SPEED,
        playing: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock`: seconds, for whether anybody looks."""
        self._session = session
        self._clock = clock
        self._seen_s = clock()
        self.rested = False
        """It paused by itself because nobody looked, and nobody has touched play since."""
        self._questions: queue.Queue[tuple[Callable[[Session], Any], Future[Any]]] = queue.Queue(WAITING)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="library", daemon=True)
        self.playing = playing
        self.speed = speed
        self.number = 0
        """Grows whenever something may look different."""
        self.fault: BaseException | None = None
        self._ended: Callable[[], object] = lambda: None
        self._lived: deque[tuple[float, float]] = deque()
        """(when, seconds of the library) of late."""

    @property
    def site(self) -> Site:
        """The library's site, which does not change."""
        return self._session.sim.site

    def start(self, ended: Callable[[], object] = lambda: None) -> None:
        """Begin; returns at once. `ended` is called from its thread when something went wrong (`fault`)."""
        self._ended = ended
        self._thread.start()

    def stop(self) -> None:
        """End and wait."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    @property
    def alive(self) -> bool:
        """Whether it still answers."""
        return self._thread.is_alive() and not self._over.is_set()

    def ask(self, question: Callable[[Session], T], *, changes: bool = False) -> T:
        """Its answer, given between two steps. Raises what the question raised, or `BusyError`."""
        if not self.alive:
            raise BusyError
        answer: Future[T] = Future()
        try:
            self._questions.put_nowait((question, answer))
        except queue.Full:
            raise BusyError from None
        try:
            return answer.result(ANSWER_S)
        except TimeoutError:
            raise BusyError from None
        finally:
            if changes:
                self.number += 1

    def seen(self) -> None:
        """Somebody asks for a view."""
        self._seen_s = self._clock()

    def lived(self) -> float:
        """How fast the library lived in the last seconds; times real time."""
        while self._lived and time.monotonic() - self._lived[0][0] > MEASURE_S:
            self._lived.popleft()
        if not self._lived:
            return 0.0
        return sum(seconds for _, seconds in list(self._lived)[1:]) / max(
            0.2, time.monotonic() - self._lived[0][0]
        )

    def set(self, *, playing: bool | None = None, speed: int | None = None) -> None:
        """Transport."""
        if speed is not None and speed != self.speed:
            self._lived.clear()
            self.speed = speed
        if playing is not None:
            self._seen_s = self._clock()
            self.playing, self.rested = playing, False
        self.number += 1

    # --- its thread -------------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            self._session.warm()
            self._live()
        except Exception as fault:  # noqa: BLE001 (whoever serves the page raises it)
            self.fault = fault
            self._over.set()
            self._ended()
        finally:
            self._over.set()

    def _rest(self) -> None:
        """Pause when nobody has looked for long."""
        if self.playing and self._clock() - self._seen_s >= UNSEEN_S:
            self.playing, self.rested = False, True
            self.number += 1

    def _live(self) -> None:
        self.seen()
        due_s, before, judged, judging = 0.0, time.monotonic(), time.monotonic(), 0.0
        judged_at = self._session.now_us
        while not self._over.is_set():
            self._rest()
            now = time.monotonic()
            due_s = min(due_s + (now - before) * self.speed, BEHIND_S * self.speed) if self.playing else 0.0
            before = now
            stroke_s = min(LONGEST_S, max(SHORTEST_S, self.speed * STROKE_S))
            if due_s >= stroke_s:
                self._step(stroke_s)
                due_s -= stroke_s
            if self._session.now_us != judged_at and now - judged > max(JUDGE_S, judging / JUDGE_SHARE):
                began = time.monotonic()
                self._session.judge()
                judged_at, judged = self._session.now_us, time.monotonic()
                judging = judged - began
                self.number += 1
            rest_s = (stroke_s - due_s) / self.speed if self.playing else STROKE_S
            self._answer(max(0.0, min(STROKE_S, rest_s)))

    def _step(self, seconds: float) -> None:
        self._session.step(seconds)
        self._lived.append((time.monotonic(), seconds))
        self.number += 1

    def _answer(self, wait_s: float) -> None:
        """One question at least if one comes in that time, then all that wait."""
        try:
            question, answer = self._questions.get(timeout=wait_s) if wait_s else self._questions.get_nowait()
        except queue.Empty:
            return
        while True:
            _reply(self._session, question, answer)
            try:
                question, answer = self._questions.get_nowait()
            except queue.Empty:
                return


def _reply(session: Session, question: Callable[[Session], Any], answer: Future[Any]) -> None:
    if not answer.set_running_or_notify_cancel():
        return
    try:
        answer.set_result(question(session))
    except Exception as fault:  # noqa: BLE001 (whoever asked gets it)
        answer.set_exception(fault)
