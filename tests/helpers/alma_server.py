"""An Alma over a real socket: sets, items of titles, items by barcode with its redirect, written from its documents.

with AlmaServer({"991000001": [item("A1"), item("A2", process="LOAN")]}) as alma:
    system = alma.open(tmp_path, sets=[TITLES])

Every item carries what Alma sends beside the book: notes, due dates, operators; see `PEOPLE`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Self

from helpers.folio_server import MAIL, NAME, NUMBER, PEOPLE
from helpers.http_standin import Asked, Reply, Standin

from hub.catalog.alma.options import alma_options
from hub.catalog.alma.system import Alma

__all__ = ["CHANGED", "ITEMS", "KEY", "PEOPLE", "PEOPLE_SET", "TITLES", "AlmaServer", "item", "refusal"]

KEY = "l7xx00112233445566778899aabbccddeeff"
TITLES, ITEMS, CHANGED, PEOPLE_SET = "7110000001", "7110000002", "7110000003", "7110000009"

_ITEM = re.compile(r"/almaws/v1/bibs/(\d+)/holdings/(\d+)/items/(\d+)")
_ITEMS = re.compile(r"/almaws/v1/bibs/(\d+)/holdings/ALL/items")
_MEMBERS = re.compile(r"/almaws/v1/conf/sets/(\d+)/members")


def coded(value: str | None, desc: str | None = None) -> dict[str, str | None]:
    return {"value": value, "desc": desc}


def item(barcode: str, *, process: str = "", base: str | None = None, held: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:  # fmt: skip
    """An item as Alma gives it: bib_data, holding_data, item_data; `more` goes to item_data."""
    data = {
        "pid": "", "barcode": barcode, "creation_date": "2019-10-06Z", "modification_date": "2026-10-06Z",
        "base_status": coded(base or ("0" if process else "1"), "Item in place"), "awaiting_reshelving": False,
        "process_type": coded(process, f"{NAME} has it"), "policy": coded("01", "Regular"), "provenance": coded("", NAME),
        "is_magnetic": False, "enumeration_a": "2", "chronology_i": "2004", "description": "v.2",
        "receiving_operator": NAME, "inventory_number": "2005/3060", "library": coded("MAIN", "Main"),
        "location": coded("STACKS", "Stacks"), "alternative_call_number": "", "requested": False,
        "alternative_call_number_type": coded("", None), "physical_condition": coded("", None),
        "public_note": f"For {NAME}", "fulfillment_note": f"Call {MAIL}", "internal_note_1": f"{NAME} {NUMBER}",
        "internal_note_2": NUMBER, "internal_note_3": MAIL, "statistics_note_1": NAME, "due_date": "2026-12-01T20:00:00Z",
        "work_order_at": coded(NUMBER, NAME), "user": {"value": NUMBER, "desc": NAME}, "loaned_to": NAME,
    } | more  # fmt: skip
    holding = {
        "holding_id": "", "call_number_type": coded("0", "Library of Congress classification"),
        "call_number": "PR4034 .P7 1995", "accession_number": "", "copy_id": "2", "in_temp_location": False,
        "temp_library": coded(None), "temp_location": coded(None), "temp_call_number_type": coded(""),
        "temp_call_number": "", "temp_policy": coded(""),
    } | (held or {})  # fmt: skip
    bib = {
        "mms_id": "",
        "title": "Pride and prejudice /",
        "author": "Austen, Jane",
        "network_number": [NUMBER],
    }
    return {"bib_data": bib, "holding_data": holding, "item_data": data}


def refusal(code: str) -> dict[str, Any]:
    """A body of an error, as talkative as Alma's are."""
    said = {"errorCode": code, "errorMessage": f"User {NAME} {NUMBER} {MAIL}", "trackingId": NUMBER}
    return {"errorsExist": True, "errorList": {"error": [said]}, "result": None}


class AlmaServer:
    """The server; `with` starts and ends it. `titles`: number of the title → its items."""

    def __init__(self, titles: dict[str, list[dict[str, Any]]]) -> None:
        self.titles = titles
        self.remaining: int | None = 99_000
        self.refused: set[str] = set()
        """Numbers of titles and items that Alma refuses to give."""
        self.changed: list[str] = []
        self.standin = Standin(self._answer)
        self.told: list[str] = []
        self.clock_s = 0.0
        self.number()

    def number(self) -> None:
        """Each item gets its numbers and its address from its place."""
        for title, items in self.titles.items():
            for at, one in enumerate(items):
                pid = f"23{title[-7:]}{at:04d}"
                one["item_data"]["pid"] = pid
                one["bib_data"]["mms_id"] = title
                one["link"] = (
                    f"https://api-eu.example/almaws/v1/bibs/{title}/holdings/22{title[-7:]}/items/{pid}"
                )

    def __enter__(self) -> Self:
        self.standin.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.standin.__exit__()

    def open(self, base: Path, **more: Any) -> Alma:
        """The connector, as hub.yaml would open it, but with a clock that the test moves."""
        (base / "key").write_text(f"{KEY}\n", encoding="utf-8")
        options = {
            "url": f"{self.standin.url}/almaws/v1",
            "key_file": "key",
            "requests_a_second": 100,
            "tries": 3,
        }
        return Alma(alma_options(options | more), base, self.told.append, lambda: self.clock_s)

    def paths(self) -> list[str]:
        return [asked.path.removeprefix("/almaws/v1") for asked in self.standin.asked]

    def _answer(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != f"apikey {KEY}":
            return Reply(status=400, json=refusal("UNAUTHORIZED"))
        if self.remaining is not None:
            self.remaining -= 1
        reply = self._route(asked)
        left = {} if self.remaining is None else {"X-Exl-Api-Remaining": str(self.remaining)}
        return Reply(status=reply.status, json=reply.json, body=reply.body, headers=reply.headers | left)

    def _route(self, asked: Asked) -> Reply:
        if asked.path == "/almaws/v1/items":
            return self._by_barcode(asked.query["item_barcode"])
        if found := _ITEM.fullmatch(asked.path):
            return self._item(found[1], found[3])
        if found := _ITEMS.fullmatch(asked.path):
            return self._items(found[1], int(asked.query["limit"]), int(asked.query["offset"]))
        if found := _MEMBERS.fullmatch(asked.path):
            return self._members(found[1], int(asked.query["limit"]), int(asked.query["offset"]))
        return Reply(status=404, json=refusal("ROUTING_ERROR"))

    def _by_barcode(self, barcode: str) -> Reply:
        for items in self.titles.values():
            for one in items:
                if one["item_data"]["barcode"].casefold() == barcode.casefold():
                    path = one["link"].partition("/almaws/v1")[2]
                    return Reply(
                        status=302, body=b"", headers={"Location": f"{self.standin.url}/almaws/v1{path}"}
                    )
        return Reply(status=400, json=refusal("401689"))

    def _item(self, title: str, pid: str) -> Reply:
        for one in self.titles.get(title, []):
            if one["item_data"]["pid"] == pid and pid not in self.refused:
                return Reply(json=one)
        return Reply(status=400, json=refusal("401652"))

    def _items(self, title: str, limit: int, offset: int) -> Reply:
        if title not in self.titles or title in self.refused:
            return Reply(status=400, json=refusal("402203"))
        found = self.titles[title]
        body: dict[str, Any] = {"total_record_count": len(found)}
        page = found[offset : offset + min(limit, 100)]
        return Reply(json=body | ({"item": page} if page else {}))

    def _members(self, set_id: str, limit: int, offset: int) -> Reply:
        links = {
            TITLES: [f"/almaws/v1/bibs/{title}" for title in self.titles],
            CHANGED: [f"/almaws/v1/bibs/{title}" for title in self.changed],
            ITEMS: [one["link"] for items in self.titles.values() for one in items],
            PEOPLE_SET: [f"/almaws/v1/users/{NUMBER}"],
        }.get(set_id)
        if links is None:
            return Reply(status=400, json=refusal("60107"))
        page = [
            {
                "id": link.rpartition("/")[2],
                "description": f"{NAME} {NUMBER}",
                "link": f"https://api-eu.example{link}",
            }
            for link in (
                one.removeprefix("https://api-eu.example") for one in links[offset : offset + min(limit, 100)]
            )
        ]
        return Reply(json={"total_record_count": len(links)} | ({"member": page} if page else {}))
