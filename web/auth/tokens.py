"""Session tokens and form tokens. Pure, given the random bytes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Final

TOKEN_BYTES: Final = 32
_FORM: Final = re.compile(r"^[A-Za-z0-9_-]{20,64}\Z")


def encode(random: bytes) -> str:
    """Bytes as a token for a cookie or a form."""
    return base64.urlsafe_b64encode(random).rstrip(b"=").decode()


def is_token(text: str | None) -> bool:
    """Whether `text` has the form of a token of ours."""
    return text is not None and _FORM.match(text) is not None


def form_token(secret: bytes, binding: str) -> str:
    """The token that every form carries; `binding` is the session token, or the visitor's cookie before log-in."""
    return encode(hmac.new(secret, b"form\0" + binding.encode(), hashlib.sha256).digest())


def form_token_is_right(secret: bytes, binding: str, given: str | None) -> bool:
    """Whether a form came from a page of ours, compared in constant time."""
    return given is not None and hmac.compare_digest(form_token(secret, binding).encode(), given.encode())
