"""How the API answers: JSON from structs, pages of lists, ETags."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from flask import Response, request

from web.views.paging import number_arg

MAX_LIMIT: Final = 500
"""Rows in one answer: about 500 kB of items; a tablet takes that in one piece."""


def answer(body: Any, status: int = 200) -> Response:
    """`body` as JSON, with an ETag for what is asked again and again."""
    data = msgspec.json.encode(body)
    response = Response(data, status=status, mimetype="application/json")
    if request.method in {"GET", "HEAD"}:
        response.set_etag(hashlib.blake2s(data, digest_size=12).hexdigest())
        response.make_conditional(request)
    return response


def window() -> tuple[int, int]:
    """``limit`` and ``offset`` of the address line, bounded."""
    return number_arg("limit", 50, 1, MAX_LIMIT), number_arg("offset", 0, 0, 999_999_999)


def listing(rows: Sequence[Any], total: int, limit: int, offset: int) -> Response:
    """One page of a list; ``next`` is the offset of the next one, or null."""
    after = offset + len(rows)
    more = after if rows and after < total else None
    return answer({"rows": rows, "total": total, "limit": limit, "offset": offset, "next": more})
