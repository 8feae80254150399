"""A SIP2 server made of pysip2 (MIT), run in its own environment: prints its port, serves until its input ends.

Usage: pysip2_server.py auto|required ENCODING USER PASSWORD BARCODE=STATUS …
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

anyio: Any = importlib.import_module("anyio")
anyio_threads: Any = importlib.import_module("anyio.to_thread")
pysip2: Any = importlib.import_module("pysip2")
models: Any = importlib.import_module("pysip2.models")

detection, encoding, user, password, *books = sys.argv[1:]
statuses = dict(book.split("=") for book in books)
app = pysip2.SIP2Server(
    institution_id="MAIN",
    library_name="Main Library",
    error_detection=detection,
    encoding=encoding,
    login_required=True,
)


async def login(asked: Any, _: Any) -> Any:
    return models.LoginResponse(
        ok="1" if (asked.login_user_id, asked.login_password) == (user, password) else "0"
    )


async def item(asked: Any, context: Any) -> Any:
    known = statuses.get(asked.item_identifier)
    return models.ItemInformationResponse(
        circulation_status=known or "01",
        security_marker="00",
        fee_type="01",
        transaction_date=context.now_18(),
        item_identifier=asked.item_identifier,
        title_identifier="Déjà vu" if known else "",
        permanent_location="STACKS" if known else None,
        screen_message=("Welcome", "Good bye"),
    )


async def main() -> None:
    async with app.start() as port:
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        await anyio_threads.run_sync(sys.stdin.read)


app.route(pysip2.LOGIN)(login)
app.route(pysip2.ITEM_INFORMATION)(item)
anyio.run(main)
