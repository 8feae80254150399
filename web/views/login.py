"""Log in, log out, language and theme."""

from __future__ import annotations

import secrets
from typing import Final

from flask import Blueprint, current_app, make_response, redirect, request, url_for
from werkzeug.wrappers import Response

from web.auth import passwords, tokens
from web.auth.guard import SESSION_COOKIE, SESSION_S, safe_return, set_cookie
from web.auth.limits import Failures
from web.config import LANGUAGE_COOKIE, THEME_COOKIE, THEMES
from web.deps import Deps, deps, visitor
from web.i18n import LANGUAGES, mark
from web.problems import ProblemError
from web.rendering import page

pages = Blueprint("login", __name__)

MAX_NAME: Final = 80
WRONG: Final = mark("Name and password do not fit.")
YEAR_S: Final = 365 * 24 * 3600


@pages.get("/login")
def form() -> str | Response:
    """The form; whoever is logged in goes on."""
    target = safe_return(request.args.get("next"))
    if visitor() is not None:
        return redirect(target, code=303)
    return page("login.html", target=target, name="", fault=None)


@pages.post("/login")
def enter() -> Response:
    """Check and let in, or say that it does not fit (never which of both)."""
    target = safe_return(request.form.get("next"))
    name, password = request.form.get("name", "")[:MAX_NAME], request.form.get("password", "")
    token = open_session(deps(), name, password)
    if token is None:
        response = make_response(page("login.html", target=target, name=name, fault=WRONG), 401)
        response.headers["Cache-Control"] = "no-store"
        return response
    response = make_response(redirect(target, code=303))
    set_cookie(response, SESSION_COOKIE, token, SESSION_S)
    return response


@pages.post("/logout")
def leave() -> Response:
    """End this session."""
    who = visitor()
    if who is not None and who.token is not None:
        deps().users.end_session(who.token)
    response = redirect(url_for("login.form"), code=303)
    response.delete_cookie(SESSION_COOKIE, path="/")
    return response


@pages.post("/preferences")
def preferences() -> Response:
    """Language and theme, kept in the browser."""
    response = make_response(redirect(safe_return(request.form.get("back")), code=303))
    language, theme = request.form.get("language"), request.form.get("theme")
    if language is not None and language in LANGUAGES:
        set_cookie(response, LANGUAGE_COOKIE, language, YEAR_S)
    if theme is not None and theme in THEMES:
        set_cookie(response, THEME_COOKIE, theme, YEAR_S)
    return response


def open_session(parts: Deps, name: str, password: str) -> str | None:
    """A new session's token, or None. Raises 429 after too many failures."""
    failures: Failures = current_app.extensions.setdefault("shelfwire_failures", Failures())
    address, now_us = request.remote_addr or "", parts.clock.wall_us()
    now_s = parts.clock.monotonic_us() / 1_000_000
    if wait_s := failures.begin(name, address, now_s):
        raise ProblemError(429, None, wait_s)
    account = parts.users.user(name) if name else None
    if not passwords.is_right(account.password_hash if account else None, password):
        return None
    failures.succeeded(name, address, now_s)
    token = tokens.encode(secrets.token_bytes(tokens.TOKEN_BYTES))
    parts.users.create_session(token, name, now_us, now_us + SESSION_S * 1_000_000)
    return token
