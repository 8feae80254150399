"""The read side: what web, API and command line show. Made of one file a subject; `StoreReader` is all of them."""

from __future__ import annotations

from hub.store.read.beliefs import BeliefReader
from hub.store.read.findings import FindingReader
from hub.store.read.health import HealthReader
from hub.store.read.imports import ImportReader, ImportView
from hub.store.read.items import ItemReader
from hub.store.read.labels import LabelReader
from hub.store.read.promises import PromiseReader
from hub.store.read.shelving import ShelvingReader
from hub.store.read.sweeps import SweepReader

__all__ = ["ImportView", "StoreReader"]


class StoreReader(
    ItemReader,
    BeliefReader,
    FindingReader,
    HealthReader,
    SweepReader,
    PromiseReader,
    ImportReader,
    ShelvingReader,
    LabelReader,
):
    """Reads the rows of one site. Thread-safe.

    Every method raises `AwayError` while the database does not answer, or while the hub has not made its tables yet; the
    same call works again later.
    """
