"""The app factory: hooks in their order, pages, API."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask, g, redirect, request, url_for
from jinja2 import StrictUndefined
from werkzeug.wrappers import Response

from shelfwire import __version__
from web import hardening, problems, rendering
from web.api.whole import api_routes
from web.auth import guard
from web.config import LANGUAGE_COOKIE, THEME_COOKIE, THEMES
from web.deps import Deps
from web.i18n import choose, texts
from web.library import Library
from web.problems import ProblemError
from web.times import Times
from web.views import (
    acts,
    bay,
    catalogue,
    events,
    findings,
    health,
    item,
    labels,
    login,
    order,
    promises,
    search,
    sweeps,
)
from web.views import map as map_page

_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}\Z")


def create_app(parts: Deps) -> Flask:
    """The WSGI application."""
    app = Flask("web", static_folder="static", template_folder="templates")
    app.extensions["shelfwire"] = parts
    app.jinja_env.undefined = StrictUndefined
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    app.url_map.strict_slashes = False
    _prepare(app, parts)
    hardening.install(app, parts.config)
    guard.install(app)
    problems.install(app)
    rendering.install(app)
    _pages(app)

    @app.get("/")
    def home() -> Response:
        first = next(iter(parts.libraries))
        return redirect(url_for("map.start", site=first), code=303)

    return app


def _pages(app: Flask) -> None:
    for page in (
        map_page,
        bay,
        order,
        catalogue,
        labels,
        findings,
        promises,
        search,
        item,
        health,
        sweeps,
        acts,
        events,
        login,
    ):
        app.register_blueprint(page.pages)
    app.register_blueprint(api_routes)


def _prepare(app: Flask, parts: Deps) -> None:
    first = next(iter(parts.libraries.values()))

    @app.url_value_preprocessor
    def _site(endpoint: str | None, values: dict[str, Any] | None) -> None:  # noqa: ARG001 (Flask's interface)
        g.site_id = values.pop("site", None) if values and "site" in values else None
        g.bad_id = any(
            isinstance(value, str) and name != "barcode" and not _ID.match(value)
            for name, value in (values or {}).items()
            if name != "filename"
        )

    @app.before_request
    def _reader() -> None:
        library: Library | None = parts.libraries.get(g.site_id) if g.get("site_id") else first
        language = choose(request.cookies.get(LANGUAGE_COOKIE), (tag for tag, _ in request.accept_languages))
        g.theme = theme if (theme := request.cookies.get(THEME_COOKIE)) in THEMES else "auto"
        g.texts = texts(language)
        g.library = library or first
        g.times = Times(g.library.site.timezone, g.texts, parts.clock.wall_us())
        g.visitor = g.new_visit = None
        g.version = __version__
        if library is None or g.get("bad_id"):
            raise ProblemError(404)
