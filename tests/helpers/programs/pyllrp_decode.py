"""Decodes LLRP frames (hex, one a line on stdin) with pyllrp and prints each as one line of JSON. Runs in an environment of its own."""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

pyllrp: Any = importlib.import_module("pyllrp.pyllrp")
bitstring: Any = importlib.import_module("bitstring")


def plain(value: Any) -> Any:
    """A field as JSON can say it."""
    return value.hex().upper() if isinstance(value, bytes) else value


def words(found: Any) -> dict[str, Any]:
    """A message or parameter with what it holds."""
    fields = {name: plain(value) for name, value in found._getValues()}
    return {
        "name": type(found).__name__,
        "fields": fields,
        "parameters": [words(one) for one in found.Parameters],
    }


def again(message: Any) -> str | None:
    """The bytes that pyllrp makes of it; None where its own limits keep it from packing what it read (fields of two bits)."""
    try:
        message._validate()
        return str(pyllrp.PackMessage(message).tobytes().hex().upper())
    except AssertionError as fault:
        if "ConstBitStream" in str(fault):
            return None
        raise


for line in sys.stdin:
    found = pyllrp.UnpackMessage(bitstring.ConstBitStream(bytes=bytes.fromhex(line)))
    known = {**words(found), "id": found._MessageID, "again": again(found)}
    sys.stdout.write(json.dumps(known, default=str) + "\n")
