"""What goes wrong in a request, and how it is told: a page, or JSON under ``/api``. Never a traceback."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from shelfwire.errors import AwayError, FullError, ShelfwireError
from web.words import HTTP

log = logging.getLogger(__name__)

RETRY_S = 3
"""After how many seconds a page that could not reach the store tries again."""

CODES = {
    400: "bad_request",
    401: "login_needed",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    414: "address_too_long",
    415: "unsupported_media_type",
    421: "unknown_host",
    429: "too_many_tries",
    503: "unavailable",
}


class ProblemError(ShelfwireError):
    """An answer other than the one that was asked for. `detail` is a msgid, `words` what stands in its places."""

    def __init__(
        self,
        status: int,
        detail: str | None = None,
        retry_s: int | None = None,
        *,
        words: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or HTTP.get(status, HTTP[500]))
        self.status = status
        self.detail = detail
        self.retry_s = retry_s
        self.words = words


def answer(
    status: int,
    detail: str | None = None,
    retry_s: int | None = None,
    words: Mapping[str, str] | None = None,
) -> Response:
    """The page or the JSON for a problem."""
    texts = g.texts
    title = texts.gettext(HTTP.get(status, HTTP[500]))
    message = texts.gettext(detail) if detail else title
    if words:
        message %= words
    if request.path.startswith("/api/"):
        response = jsonify(error={"code": CODES.get(status, "internal"), "message": message})
    else:
        response = make_response(
            render_template(
                "error.html", status=status, title=title, detail=message if detail else None, retry_s=retry_s
            )
        )
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    if retry_s is not None:
        response.headers["Retry-After"] = str(retry_s)
    return response


def _problem(fault: ProblemError) -> Response:
    return answer(fault.status, fault.detail, fault.retry_s, fault.words)


def _http(fault: HTTPException) -> Response:
    return answer(fault.code or 500)


def _away(fault: AwayError | FullError) -> Response:
    log.warning("%s: %s", request.path, fault)
    return answer(503, None, RETRY_S)


def _bug(fault: Exception) -> Response:
    current_app.logger.error("%s %s", request.method, request.path, exc_info=fault)
    return answer(500)


def install(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(ProblemError, _problem)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(AwayError, _away)
    app.register_error_handler(FullError, _away)
    app.register_error_handler(Exception, _bug)
