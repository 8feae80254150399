"""A Koha that keeps to the documents of its REST interface, as far as a connector asks: tokens, items, holds, `q`, pages.

Every place where a real one can say something of a person says it here: `PERSON` and its kin must never come out.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from helpers.http_standin import Asked, Reply, Standin

from hub.catalog.koha.options import KohaOptions
from hub.catalog.koha.system import Koha

PERSON = "Jane-Reader"
CARD = "4711-0815-77"
MAIL = "jane.reader@example.org"
TRACES = (PERSON, CARD, MAIL)

SECRET = "kept-secret-3f"
CLIENT = "shelfwire-key"

PATRON: dict[str, Any] = {
    "patron_id": 77,
    "surname": PERSON,
    "cardnumber": CARD,
    "email": MAIL,
    "firstname": PERSON,
}

NUMBERS = ("withdrawn", "lost_status", "not_for_loan_status", "damaged_status", "restricted_status")


def item(item_id: int, **changes: Any) -> dict[str, Any]:
    """An item on its shelf, with all that a Koha says of it and of people."""
    plain: dict[str, Any] = {
        "item_id": item_id, "biblio_id": item_id * 10, "external_id": f"{31_000_000_000 + item_id}",
        "callnumber": f"QA76 .B{item_id}", "call_number_source": "lcc", "home_library_id": "CPL",
        "holding_library_id": "CPL", "location": "STACKS", "permanent_location": "STACKS", "collection_code": None,
        "effective_item_type_id": "BK", "effective_not_for_loan_status": 0, "checked_out_date": None,
        "inventory_number": None, "serial_issue_number": None, "timestamp": "2026-03-01T10:00:00+01:00",
        "internal_notes": f"claimed by {PERSON} {CARD}", "public_notes": MAIL, "materials_notes": PERSON,
        "extended_subfields": f"<x>{CARD}</x>", "new_status": PERSON, "uri": f"mailto:{MAIL}",
        "checkout": {"patron_id": 77, "patron": PATRON, "note": PERSON}, "first_hold": {"patron": PATRON},
        "biblio": {"title": f"Book {item_id} /", "subtitle": None, "author": "Ada Author,", "notes": PERSON,
                   "serial": MAIL},
        "_strings": {"home_library_id": {"str": PERSON}, "lost_status": {"category": "LOST", "str": "", "type": "av"}},
    }  # fmt: skip
    return plain | dict.fromkeys(NUMBERS, 0) | changes


def hold(hold_id: int, item_id: int | None, status: str | None) -> dict[str, Any]:
    return {
        "hold_id": hold_id, "item_id": item_id, "status": status, "patron_id": 77, "patron": PATRON,
        "notes": f"for {PERSON}", "pickup_library_id": "CPL", "cancellation_reason": MAIL,
    }  # fmt: skip


class KohaServer:
    """`with` starts it. `items` and `holds` may be changed at any time."""

    def __init__(self, *items: dict[str, Any]) -> None:
        self.items = list(items)
        self.holds: list[dict[str, Any]] = []
        self.embeds: set[str] = {"+strings", "biblio"}
        self.largest_page = 1000
        self.token_number = 0
        self.expires_in_s = 3600
        self.basic = ""
        self.standin = Standin(self._answer)

    def __enter__(self) -> Self:
        self.standin.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.standin.__exit__()

    def koha(self, folder: Path, clock: Callable[[], float] | None = None, **options: Any) -> Koha:
        """The connector, with a key that is right; it never really waits."""
        (folder / "koha.secret").write_text(f"{SECRET}\n")
        asked = {"client_id": CLIENT, "client_secret_file": "koha.secret"} | options
        taken = KohaOptions(url=self.standin.url, requests_a_second=100, **asked)
        assert taken.faults() == []
        moved: dict[str, Any] = {} if clock is None else {"clock": clock}
        tell = self.standin.told.append
        return Koha(taken, folder, tell, sleep=self.standin.waits_s.append, dice=lambda: 0.5, **moved)

    def paths(self) -> list[str]:
        return [asked.path.removeprefix("/api/v1") for asked in self.standin.asked]

    def queries(self, path: str = "/items") -> list[Any]:
        return [
            json.loads(asked.query.get("q", "{}"))
            for asked in self.standin.asked
            if asked.path.endswith(path)
        ]

    def _answer(self, asked: Asked) -> Reply:
        match asked.path:
            case "/api/v1/oauth/token":
                return self._token(asked)
            case "/api/v1/items":
                return self._signed(asked) or self._items(asked)
            case "/api/v1/holds":
                return self._signed(asked) or self._listed(asked, self.holds)
        return _refused(404, "Not Found")

    def _token(self, asked: Asked) -> Reply:
        form = asked.form()
        if form.get("grant_type") != "client_credentials":
            return _refused(400, "Unimplemented grant type")
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            return _refused(403, "unauthorized_client")
        self.token_number += 1
        told = {
            "access_token": f"token-{self.token_number}",
            "expires_in": self.expires_in_s,
            "token_type": "Bearer",
        }
        return Reply(json=told | {"user": PATRON})

    def _signed(self, asked: Asked) -> Reply | None:
        given = asked.headers.get("authorization", "")
        basic = base64.b64encode(self.basic.encode()).decode()
        good = {f"Bearer token-{self.token_number}"} | ({f"Basic {basic}"} if self.basic else set())
        return None if given in good else _refused(401, "Authentication failure.")

    def _items(self, asked: Asked) -> Reply:
        embeds = [word for word in asked.headers.get("x-koha-embed", "").split(",") if word]
        if not set(embeds) <= self.embeds:
            return _refused(400, "Not in enum list", errors=[{"path": "/x-koha-embed/1", "message": PERSON}])
        left_out = {"biblio": "biblio", "+strings": "_strings"}
        hidden = {field for word, field in left_out.items() if word not in embeds}
        rows = [{name: value for name, value in row.items() if name not in hidden} for row in self.items]
        return self._listed(asked, rows)

    def _listed(self, asked: Asked, rows: list[dict[str, Any]]) -> Reply:
        query = json.loads(asked.query.get("q", "{}"))
        found = [row for row in rows if all(_fits(row, name, asks) for name, asks in query.items())]
        order = asked.query["_order_by"]
        assert order.startswith("+me."), "a plus sign has to arrive as one"
        found.sort(key=lambda row: row[order.removeprefix("+me.")])
        size = min(int(asked.query["_per_page"]), self.largest_page)
        first = (int(asked.query["_page"]) - 1) * size
        counts = {"X-Total-Count": str(len(found)), "X-Base-Total-Count": str(len(rows)), "X-Reader": PERSON}
        return Reply(json=found[first : first + size], headers=counts)


def _fits(row: dict[str, Any], name: str, asks: Any) -> bool:
    assert name.startswith("me."), "with a record beside it a name alone means two columns"
    value = row[name.removeprefix("me.")]
    if name == "me.timestamp":  # stands in the database as local time without a zone
        value = re.sub(r"T", " ", value)[:19]
    [(operator, wanted)] = asks.items()
    match operator:
        case ">":
            return bool(value > wanted)
        case ">=":
            return bool(value >= wanted)
        case "-in":
            among = {str(one).casefold() for one in wanted}
            return value is not None and str(value).casefold() in among
    raise AssertionError(operator)


def _refused(status: int, error: str, **more: Any) -> Reply:
    return Reply(status=status, json={"error": f"{error} {PERSON} {CARD}", "error_code": MAIL, **more})
