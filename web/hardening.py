"""What is checked before every request and said with every response."""

from __future__ import annotations

import ipaddress
from typing import Final

from flask import Flask, Response, request

from web.config import LOCAL_NAMES, WebConfig
from web.problems import ProblemError

MAX_QUERY_CHARS: Final = 2_000
"""A search of 200 characters in Chinese takes 1,800 when encoded; nothing of ours needs more."""

MAX_BODY_BYTES: Final = 64 * 1024
"""Forms and acts are small; the largest is a reason of 400 characters."""

UPLOADS: Final = {"labels.upload": 16 * 1024 * 1024 + 64 * 1024}
"""Where a file is brought in: a table of labels (`hub.catalog.labels.file.MAX_BYTES`) with the form around it."""

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
}


def host_is_ours(host_header: str, config: WebConfig) -> bool:
    """Whether a browser may reach us under this `Host`: an address, a local name, or one of the configured names.

    A page on a foreign name that resolves to our address (DNS rebinding) sends its own name, and is refused.
    """
    name = host_header.rsplit(":", 1)[0] if not host_header.endswith("]") else host_header
    name = name.strip("[]").lower()
    if name in LOCAL_NAMES or name in {known.lower() for known in config.names}:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def install(app: Flask, config: WebConfig) -> None:
    """Register both hooks."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["MAX_FORM_PARTS"] = 50

    @app.before_request
    def _check() -> None:
        if request.endpoint in UPLOADS:
            request.max_content_length = UPLOADS[request.endpoint]
        if not host_is_ours(request.host, config):
            raise ProblemError(421)
        if len(request.query_string) > MAX_QUERY_CHARS:
            raise ProblemError(414)
        if "\x00" in request.path or any("\x00" in value for value in request.args.values()):
            raise ProblemError(400)

    @app.after_request
    def _headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if config.behind_tls:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-cache, private"
        return response
