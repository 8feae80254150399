"""Before every request: who asks, and did the form come from a page of ours."""

from __future__ import annotations

import secrets
from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from web.auth import roles, tokens
from web.config import is_open_without_users
from web.deps import Deps, Visitor, deps
from web.i18n import mark
from web.problems import ProblemError

SESSION_COOKIE: Final = "shelfwire_session"
VISIT_COOKIE: Final = "shelfwire_visit"
SESSION_S: Final = 30 * 24 * 3600
"""A tablet stays logged in for a month: first trials in the field failed because logging in was slow. A lost tablet is shut
out by `shelfwire web user remove`, or by logging out everywhere."""

PUBLIC: Final = frozenset(
    {"static", "login.form", "login.enter", "login.preferences", "api.login", "api.contract"}
)
"""Endpoints that need no session."""

LOCAL: Final = Visitor(name="", role="admin", token=None)
"""Whoever sits at this machine while no user exists; the server listens on loopback only then."""

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_RETURN_MAX: Final = 300


def install(app: Flask) -> None:
    """Register the hooks; after `web.hardening`."""

    @app.before_request
    def _who() -> AnyResponse | None:
        g.visitor = find_visitor(deps())
        if request.endpoint is None or request.endpoint in PUBLIC:
            _check_form()
            return None
        if g.visitor is None:
            return _to_login()
        _check_form()
        return None

    @app.after_request
    def _visit(response: Response) -> Response:
        if g.get("new_visit"):
            set_cookie(response, VISIT_COOKIE, g.new_visit, None)
        return response


def find_visitor(parts: Deps) -> Visitor | None:
    """Who asks: by header, by cookie, or the person at this machine while no user exists."""
    header = request.headers.get("Authorization", "")
    by_header = header.startswith("Bearer ")
    token = header[7:].strip() if by_header else request.cookies.get(SESSION_COOKIE)
    if tokens.is_token(token) and token is not None:
        account = parts.users.find_session(token, parts.clock.wall_us())
        if account is not None:
            return Visitor(account.name, account.role, token, by_header)
    if is_open_without_users(parts.config) and not parts.users.users_exist():
        return LOCAL
    return None


def binding() -> str:
    """What the form tokens of this browser are bound to."""
    visitor: Visitor | None = g.visitor
    if visitor is not None and visitor.token is not None:
        return visitor.token
    known = request.cookies.get(VISIT_COOKIE)
    if tokens.is_token(known) and known is not None:
        return known
    if not g.new_visit:
        g.new_visit = tokens.encode(secrets.token_bytes(tokens.TOKEN_BYTES))
    made: str = g.new_visit
    return made


def form_token() -> str:
    """For the hidden field of every form."""
    return tokens.form_token(deps().secret, binding())


def require(kind: str) -> Visitor:
    """The visitor, if the role may ask for this act; else 403."""
    visitor: Visitor | None = g.visitor
    if visitor is None:
        raise ProblemError(401)
    if not roles.may(visitor.role, kind):
        raise ProblemError(403)
    return visitor


def set_cookie(response: Response, name: str, value: str, max_age_s: int | None) -> None:
    """Set a cookie that no script reads and no foreign page sends."""
    response.set_cookie(
        name,
        value,
        max_age=max_age_s,
        httponly=True,
        samesite="Lax",
        secure=deps().config.behind_tls,
        path="/",
    )


def safe_return(target: str | None) -> str:
    """Where to go after log-in: a path of ours, never another server.

    Browsers drop tabs and line ends from an address and read a backslash as a slash: ``/<tab>/evil.example`` is another server.
    """
    if (
        not target
        or len(target) >= _RETURN_MAX
        or not target.startswith("/")
        or any(char <= " " or char == "\\" for char in target)
    ):
        return "/"
    try:
        parts = urlsplit(target)
    except ValueError:
        return "/"
    return target if not parts.scheme and not parts.netloc and not target.startswith("//") else "/"


def _check_form() -> None:
    if (
        request.method in _SAFE
        or (g.visitor is not None and g.visitor.by_header)
        or request.endpoint == "api.login"
    ):
        return
    given = request.headers.get("X-Form-Token") or request.form.get("form_token")
    if not tokens.form_token_is_right(deps().secret, binding(), given):
        raise ProblemError(
            400, mark("This page is too old, or it came from elsewhere. Load it again and repeat.")
        )


def _to_login() -> AnyResponse:
    if request.path.startswith("/api/") or request.headers.get("Shelfwire-Part"):
        raise ProblemError(401)
    return redirect(url_for("login.form", next=request.full_path.rstrip("?")), code=303)
