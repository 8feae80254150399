"""Forms that ask for an act. A script sends the same to the API; without one this answers."""

from __future__ import annotations

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from web.acting import Asked, hand_in, wait_for_answer
from web.auth.guard import safe_return
from web.deps import library

pages = Blueprint("acts", __name__)


@pages.post("/s/<site>/acts")
def ask() -> Response:
    """Hand in an act and go back to where the form stood, with the hub's answer if there is one by then."""
    form = request.form
    body = {name: form[name] for name in ("reason", "scope", "status", "gone", "told") if form.get(name)}
    asked = Asked(form.get("id", ""), form.get("kind", ""), form.get("subject", ""), body)
    hand_in(asked)
    wait_for_answer(library(), asked.id)
    target = safe_return(form.get("back"))
    return redirect(f"{target}{'&' if '?' in target else '?'}act={asked.id}", code=303)
