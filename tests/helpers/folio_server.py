"""A FOLIO over a real socket: log-in with a token that ends, pages of items by CQL, written from its documents.

with FolioServer([item("10001"), item("10002", status="Checked out")]) as folio:
    system = folio.open(tmp_path, page_size=1)

Every item carries what FOLIO sends beside the book: notes, last check-in, who changed it; see `PEOPLE`.
"""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Self

import pytest
from helpers.http_standin import Asked, Reply, Standin

from hub.catalog.folio.options import folio_options
from hub.catalog.folio.system import Folio
from hub.catalog.http.door import Door

USER, PASSWORD, TENANT = "shelfwire", "open sesame", "diku"
PEOPLE = ("Quillfeather", "P-4711-0815", "quill@reader.example", "8d2f5e1c-0000-4000-8000-00000000babe")
"""A name, a number, an address, an id: none of them may come out anywhere."""
NAME, NUMBER, MAIL, USER_ID = PEOPLE
LC = "95467209-6d7b-468b-94df-0f5d7ad2747d"

_PAGE = re.compile(
    r'id > "(?P<after>[0-9a-f-]{36})"'
    r"(?: and effectiveLocationId==\((?P<places>[^)]*)\))?"
    r'(?: and metadata\.updatedDate >= "(?P<since>[0-9T:.-]{23})")? sortby id'
)
_BARCODES = re.compile(r'barcode==\((?P<any>"(?:[^"\\]|\\.)*"(?: or "(?:[^"\\]|\\.)*")*)\)', re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)


def item(
    barcode: str | None, *, status: str = "Available", number: int | None = None, **more: Any
) -> dict[str, Any]:
    """An item as ``/inventory/items`` gives it; its id follows from its barcode unless `number` is said."""
    known = (
        uuid.UUID(int=number << 64) if number is not None else uuid.uuid5(uuid.NAMESPACE_OID, str(barcode))
    )
    return {
        "id": str(known), "_version": "3", "hrid": f"it{known.int % 10**11:011d}", "barcode": barcode,
        "holdingsRecordId": str(uuid.uuid5(known, "holding")), "title": "Pride and prejudice",
        "contributorNames": [{"name": "Austen, Jane"}], "callNumber": "PR4034 .P7", "formerIds": [],
        "effectiveShelvingOrder": "PR 44034 P7", "discoverySuppress": False,
        "effectiveCallNumberComponents": {
            "callNumber": "PR4034 .P7", "prefix": None, "suffix": "1995", "typeId": LC,
        },
        "volume": "v.2", "copyNumber": "2", "yearCaption": [], "numberOfPieces": "1",
        "status": {"name": status, "date": "2026-11-20T08:15:00.000+00:00"},
        "materialType": {"id": str(uuid.uuid5(known, "book")), "name": "book"},
        "permanentLoanType": {"id": str(uuid.uuid5(known, "loan")), "name": "Can circulate"},
        "effectiveLocation": {"id": "53cf956f-c1df-410b-8bea-27f712cca7c0", "name": "Annex"},
        "administrativeNotes": [f"{NAME} asked for it"],
        "notes": [{"note": f"Signed out by {NAME} {NUMBER}", "staffOnly": True}],
        "circulationNotes": [{
            "noteType": "Check in", "note": f"Call {MAIL}", "date": "2026-11-02T10:00:00.000+00:00",
            "source": {"id": USER_ID, "personal": {"lastName": NAME, "firstName": NUMBER}},
        }],
        "tags": {"tagList": [NAME]}, "statisticalCodeIds": [USER_ID], "electronicAccess": [{"uri": f"mailto:{MAIL}"}],
        "lastCheckIn": {"dateTime": "2026-11-02T10:00:00.000+00:00", "servicePointId": USER_ID, "staffMemberId": USER_ID},
        "inTransitDestinationServicePoint": {"id": USER_ID, "name": NAME}, "borrower": {"barcode": NUMBER, "name": NAME},
        "metadata": {
            "createdDate": "2026-01-01T00:00:00.000+00:00", "createdByUserId": USER_ID, "createdByUsername": NAME,
            "updatedDate": "2026-11-01T00:00:00.000+00:00", "updatedByUserId": USER_ID, "updatedByUsername": NAME,
        },
    } | more  # fmt: skip


def changed(one: dict[str, Any], at: str) -> dict[str, Any]:
    """The same item, changed at a time ``2026-11-20T08:15:00.000+00:00``."""
    return one | {"metadata": one["metadata"] | {"updatedDate": at}}


def refusal(code: str = "") -> dict[str, Any]:
    """A body of an error, as talkative as FOLIO's are."""
    said = {"message": f"User {NAME} {MAIL} is not allowed", "code": code or NUMBER}
    return {"errors": [said | {"parameters": [{"key": "username", "value": NAME}]}], "total_records": 1}


class FolioServer:
    """The server; `with` starts and ends it."""

    def __init__(self, items: list[dict[str, Any]]) -> None:
        self.items = items
        self.life_s = 600
        self.most = 10_000
        """Items an answer, however many are asked for."""
        self.logins = 0
        self.good_tokens: set[str] = {"for ever"}
        self.standin = Standin(self._answer)
        self.told: list[str] = []
        self.clock_s = 0.0

    def __enter__(self) -> Self:
        self.standin.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.standin.__exit__()

    def open(self, base: Path, **more: Any) -> Folio:
        """The connector, as hub.yaml would open it, but with a clock that the test moves."""
        (base / "password").write_text(f"{PASSWORD}\n", encoding="utf-8")
        options = {"url": self.standin.url, "tenant": TENANT, "requests_a_second": 100, "tries": 3} | more
        if "token_file" not in more:
            options = {"user": USER, "password_file": "password"} | options
        return Folio(folio_options(options), base, self.told.append, lambda: self.clock_s)

    def paths(self) -> list[str]:
        return [asked.path for asked in self.standin.asked]

    def _answer(self, asked: Asked) -> Reply:
        if asked.headers.get("x-okapi-tenant") != TENANT:
            return Reply(status=400, json=refusal())
        if (asked.method, asked.path) == ("POST", "/authn/login-with-expiry"):
            return self._login(asked)
        if asked.headers.get("x-okapi-token") not in self.good_tokens:
            return Reply(status=401, json=refusal())
        if (asked.method, asked.path) != ("GET", "/inventory/items"):
            return Reply(status=404, json=refusal())
        return self._items(asked)

    def _login(self, asked: Asked) -> Reply:
        if asked.json() != {"username": USER, "password": PASSWORD}:
            return Reply(status=422, json=refusal("password.incorrect"))
        self.logins += 1
        token = f"token-{self.logins}"
        self.good_tokens.add(token)
        ends = datetime.fromtimestamp(datetime.now(UTC).timestamp() + self.life_s, UTC)
        body = {"accessTokenExpiration": ends.isoformat(), "refreshTokenExpiration": None, "username": NAME}
        cookie = f"folioAccessToken={token}; Max-Age={self.life_s}; Path=/; Secure; HTTPOnly; SameSite=None"
        return Reply(status=201, json=body, headers={"Set-Cookie": cookie})

    def _items(self, asked: Asked) -> Reply:
        cql, limit = asked.query["query"], int(asked.query.get("limit", "10"))
        found = _by_page(self.items, cql) if cql.startswith("id ") else _by_barcode(self.items, cql)
        if found is None:
            return Reply(status=400, json=refusal())
        return Reply(json={"items": found[: min(limit, self.most)], "totalRecords": len(found)})


def _by_page(items: list[dict[str, Any]], cql: str) -> list[dict[str, Any]] | None:
    asks = _PAGE.fullmatch(cql)
    if asks is None:
        return None
    places = _QUOTED.findall(asks["places"] or "")
    return sorted(
        (
            one
            for one in items
            if one["id"] > asks["after"]
            and (not places or one["effectiveLocation"]["id"] in places)
            and one["metadata"]["updatedDate"] >= (asks["since"] or "")
        ),
        key=lambda one: str(one["id"]),
    )


def asked_barcodes(cql: str) -> list[str] | None:
    """The barcodes that a question names, as FOLIO would read them; None: it is no such question."""
    asks = _BARCODES.fullmatch(cql)
    return (
        None if asks is None else [re.sub(r"(?s)\\(.)", r"\1", one) for one in _QUOTED.findall(asks["any"])]
    )


def _by_barcode(items: list[dict[str, Any]], cql: str) -> list[dict[str, Any]] | None:
    asked = asked_barcodes(cql)
    if asked is None:
        return None
    wanted = {one.casefold() for one in asked}
    return [one for one in items if (one["barcode"] or "").casefold() in wanted]


def never_waits(monkeypatch: pytest.MonkeyPatch, where: str) -> list[float]:
    """Waits between tries are only noted; `where`: the module that opens the door."""
    waits: list[float] = []
    monkeypatch.setattr(f"{where}.Door", partial(Door, sleep=waits.append, dice=lambda: 0.5))
    return waits
