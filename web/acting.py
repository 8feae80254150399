"""Acts: checked, handed to the store, and the hub told to look. The hub answers in the row."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any, Final, cast

import msgspec

from hub.effects import FindingKind
from hub.events import ActAsked
from hub.findings import promises
from hub.store.acts import ActAnswer
from web.auth.guard import require
from web.auth.roles import ACT_KINDS
from web.deps import deps, library
from web.dropping import needs_typing
from web.i18n import mark
from web.labelling import label_set
from web.library import Library
from web.problems import ProblemError

MAX_REASON: Final = 400
WAIT_S: Final = 1.5
"""How long a form without a script waits for the hub's answer; the page says "handed in" when it takes longer."""

_STEP_S: Final = 0.05
_TOKEN: Final = re.compile(r"^[A-Za-z0-9_-]{8,64}\Z")
_SUBJECT: Final = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}\Z")
COMMANDS: Final = ("ping", "power", "dwell_time", "start_cycle", "stop_cycle")
_STATUSES: Final = ("on_shelf", "on_loan", "hold_shelf", "in_transit", "in_processing", "lost", "missing")
_MORE_STATUSES: Final = ("withdrawn", "not_for_loan", "display")


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """An act as a client sends it."""

    id: str
    kind: str
    subject: str = ""
    body: dict[str, Any] = {}


def hand_in(asked: Asked) -> None:
    """Check role and content, insert, wake the hub. Raises `ProblemError`, `AwayError`."""
    if _TOKEN.match(asked.id) is None:
        raise ProblemError(
            400, mark("An act needs an id of 8 to 64 letters, digits, - or _, made by the client.")
        )
    if asked.kind not in ACT_KINDS:
        raise ProblemError(400, mark("There is no act of this kind."))
    visitor = require(asked.kind)
    of = library()
    body = _checked(of, asked)
    of.ask(
        ActAsked(
            id=asked.id,
            role=visitor.role,
            asked_at_us=deps().clock.wall_us(),
            kind=asked.kind,
            subject=asked.subject,
            body=body,
        ),
    )
    deps().wake(of.site.id)


def wait_for_answer(of: Library, act_id: str, wait_s: float = WAIT_S) -> ActAnswer | None:
    """The hub's answer, or None when it takes longer than `wait_s`."""
    until = time.monotonic() + wait_s
    while (answer := of.reader.act_answer(act_id)) is None and time.monotonic() < until:
        time.sleep(_STEP_S)
    return answer


def scope_is_known(of: Library, scope: str) -> bool:
    """Whether a sweep can go over this: all, a floor, range, face, bay or shelf."""
    if (
        scope == "all"
        or scope in of.floor_by_id
        or scope in of.site.shelf_by_id
        or scope in of.site.bay_by_id
    ):
        return True
    ranges = [rng for floor in of.site.floors for rng in floor.ranges]
    return any(scope == rng.id or any(scope == face.id for face in rng.faces) for rng in ranges)


def _checked(of: Library, asked: Asked) -> dict[str, Any]:
    if asked.kind.startswith("finding."):
        return _finding(of, asked)
    return _CHECKS[asked.kind](of, asked)


def _moved(of: Library, asked: Asked) -> dict[str, Any]:
    found = of.reader.finding(_subject(asked))
    if found is None or found.kind != "moved_range":
        raise ProblemError(404)
    return {}


def _sweep_start(of: Library, asked: Asked) -> dict[str, Any]:
    scope = asked.body.get("scope")
    if not isinstance(scope, str) or not scope_is_known(of, scope):
        raise ProblemError(400, mark("The library has no such area to sweep."))
    return {"scope": scope}


def _sweep_cancel(of: Library, asked: Asked) -> dict[str, Any]:
    _known(of.reader.sweep(_subject(asked)))
    return {}


def _item_status(of: Library, asked: Asked) -> dict[str, Any]:
    _known(of.reader.item(asked.subject))
    if asked.body.get("status") not in (*_STATUSES, *_MORE_STATUSES):
        raise ProblemError(400, mark("There is no such status."))
    return {"status": asked.body["status"]}


def _labels(of: Library, asked: Asked) -> dict[str, Any]:
    _known(label_set(of, _subject(asked)))
    return {"labels_id": asked.subject}


def _import(of: Library, asked: Asked) -> dict[str, Any]:
    waits = of.reader.import_(_subject(asked))
    if waits is None:
        raise ProblemError(404)
    if needs_typing(waits) and asked.body.get("gone") not in (waits.gone, str(waits.gone)):
        raise ProblemError(400, mark("Type how many items it drops; the number stands beside the field."))
    # What was put aside does not change any more, so its share is the one that the person saw.
    return {"import_id": asked.subject, "accepted_share": waits.drop_share}


def _command(_: Library, asked: Asked) -> dict[str, Any]:
    if asked.body.get("kind") not in COMMANDS or not _subject(asked):
        raise ProblemError(400, mark("There is no such command."))
    return asked.body


_CHECKS: Final[dict[str, Callable[[Library, Asked], dict[str, Any]]]] = {
    "moved.approve": _moved,
    "moved.reject": _moved,
    "moved.undo": _moved,
    "sweep.start": _sweep_start,
    "sweep.cancel": _sweep_cancel,
    "item.status": _item_status,
    "catalog.labels": _labels,
    "catalog.import": _import,
    "agent.command": _command,
}


def _finding(of: Library, asked: Asked) -> dict[str, Any]:
    found = of.reader.finding(_subject(asked))
    if found is None:
        raise ProblemError(404)
    told = asked.body.get("told")
    if told is not None and promises.fault(cast("FindingKind", found.kind), asked.kind, told):
        raise ProblemError(400, mark("That cannot be said of this finding."))
    said = {} if told is None else {"told": told}
    reason = asked.body.get("reason", "")
    if not isinstance(reason, str) or len(reason) > MAX_REASON:
        raise ProblemError(400, mark("The reason is too long: 400 characters at the most."))
    reason = " ".join(reason.split())
    if asked.kind == "finding.dismiss" and not reason and not said:
        raise ProblemError(400, mark("Say why it is dismissed; the next person will want to know."))
    return said | ({"reason": reason} if reason else {})


def _subject(asked: Asked) -> str:
    if _SUBJECT.match(asked.subject) is None:
        raise ProblemError(400, mark("The act does not say what it is about."))
    return asked.subject


def _known(found: object) -> None:
    if found is None:
        raise ProblemError(404)
