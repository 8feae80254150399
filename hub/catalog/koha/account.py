"""Who asks: Basic, or a token that is renewed before it ends and after it was refused."""

from __future__ import annotations

import base64
import http
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from hub.catalog.http.door import Door
from hub.catalog.http.options import read_secret
from hub.catalog.koha.fields import Token
from hub.catalog.koha.options import KohaOptions
from shelfwire.errors import InputError, PeerError

EARLY_S: Final = 60.0
"""A token is renewed so long before its end, so that no request is on its way when it ends."""

_PLAIN: Final = re.compile(r"[\x21-\x7e]{1,4096}")

_REFUSED: Final = {
    http.HTTPStatus.BAD_REQUEST: "OAuth2 client credentials are not switched on (system preference RESTOAuth2ClientCredentials)",
    http.HTTPStatus.UNAUTHORIZED: "the client id or its secret is not right, or the key was revoked",
    http.HTTPStatus.FORBIDDEN: "the client id or its secret is not right, or the key was revoked",
    http.HTTPStatus.NOT_FOUND: "there is no Koha interface at this address; `url` ends with /api/v1",
}


class Account:
    """Signs requests. Raises `InputError` when its secret cannot be read."""

    def __init__(self, options: KohaOptions, base: Path, clock: Callable[[], float]) -> None:
        self._options, self._clock = options, clock
        if options.client_secret_file is not None:
            self._secret = read_secret(base, options.client_secret_file, "koha: client_secret_file")
        else:
            assert options.password_file is not None
            self._secret = read_secret(base, options.password_file, "koha: password_file")
        self._token = ""
        self._ends_at_s = 0.0

    def headers(self, door: Door, *, refused: bool) -> dict[str, str]:
        """What says who asks; `refused`: what was given last was not taken; nothing: there is no other."""
        if self._options.client_id is None:
            if refused:
                return {}
            pair = f"{self._options.user}:{self._secret}".encode()
            return {"Authorization": f"Basic {base64.b64encode(pair).decode('ascii')}"}
        if refused or not self._token or self._clock() >= self._ends_at_s:
            self._renew(door, self._options.client_id)
        return {"Authorization": f"Bearer {self._token}"}

    def _renew(self, door: Door, client_id: str) -> None:
        """Raises `InputError` for a secret that is refused."""
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": self._secret}
        answer = door.post("/oauth/token", Token, form=form, expect={200, *_REFUSED}, signed=False)
        if answer.data is None:
            raise InputError(
                f"{door.who}: gives no token ({answer.status}): {_REFUSED[http.HTTPStatus(answer.status)]}"
            )
        if not _PLAIN.fullmatch(answer.data.access_token):
            raise PeerError(f"{door.who}: gives a token that is none")
        self._token = answer.data.access_token
        self._ends_at_s = self._clock() + max(0.0, answer.data.expires_in - EARLY_S)
