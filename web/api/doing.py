"""The routes that ask for something: log in, log out, acts."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from flask import Response, request

from web.acting import Asked, hand_in
from web.api.answers import answer
from web.api.routes import routes
from web.auth.guard import SESSION_S
from web.deps import deps, library, texts, visitor
from web.i18n import mark
from web.problems import ProblemError
from web.told import told
from web.views.login import WRONG, open_session

T = TypeVar("T")


class Credentials(msgspec.Struct, forbid_unknown_fields=True):
    """What a program logs in with."""

    name: str
    password: str


@routes.post("/login")
def login() -> Response:
    """A token for ``Authorization: Bearer``; the same limits as for the form."""
    given = body_as(Credentials)
    token = open_session(deps(), given.name[:80], given.password)
    if token is None:
        raise ProblemError(401, WRONG)
    return answer({"token": token, "expires_in_s": SESSION_S})


@routes.post("/logout")
def logout() -> Response:
    """End the session of this token."""
    who = visitor()
    if who is not None and who.token is not None:
        deps().users.end_session(who.token)
    return answer({"ended": True})


@routes.post("/sites/<site>/acts")
def ask() -> Response:
    """Hand in an act. The id is the client's: the same id twice is one act, so a tablet may repeat what it is unsure of."""
    asked = body_as(Asked)
    hand_in(asked)
    return answer(_answered(asked.id), 202)


@routes.get("/sites/<site>/acts/<act>")
def act(act: str) -> Response:
    """The hub's answer, once there is one."""
    return answer(_answered(act))


def _answered(act_id: str) -> dict[str, object]:
    found = library().reader.act_answer(act_id)
    if found is None:
        return {"id": act_id, "answered": False, "ok": None, "detail": ""}
    detail = told(texts(), ok=found.ok, detail=found.detail)
    return {"id": act_id, "answered": True, "ok": found.ok, "detail": detail}


def body_as(kind: type[T]) -> T:
    """The body of the request as JSON of this shape. Raises `ProblemError`."""
    if not request.is_json:
        raise ProblemError(415)
    try:
        return msgspec.json.decode(request.get_data(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise ProblemError(400, mark("The body is not the JSON that is expected here.")) from fault
