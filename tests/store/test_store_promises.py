"""How findings ended is kept in both databases, once each, and counted by the database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from helpers.store import NOW_US, SITE, finding

from hub.effects import PutFinding
from hub.findings.kept import kept
from hub.store.read import StoreReader
from hub.store.read.promises import DAY_US
from hub.store.write import StoreWriter


@pytest.fixture
def writer(database: str) -> Iterator[StoreWriter]:
    store = StoreWriter(database)
    yield store
    store.close()


@pytest.fixture
def reader(database: str) -> Iterator[StoreReader]:
    store = StoreReader(database, SITE)
    yield store
    store.close()


def ended(name: str, told: str, promised: float = 0.97, **more: Any) -> PutFinding:
    why = {"promised": promised, "raw": 0.99, "told": told}
    return PutFinding(finding(name, **{"state": "resolved", "confidence": 0.5, "why": why} | more))


def test_what_was_promised_and_what_was_true_is_counted_by_kind_day_and_promise(
    writer: StoreWriter, reader: StoreReader
) -> None:
    writer.apply(
        SITE,
        [
            ended("a", "as_said"),
            ended("b", "as_said", 0.96),
            ended("c", "in_place", state="dismissed"),
            ended("d", "elsewhere", kind="missing"),
            ended("e", "as_said", 1.0, changed_at_us=NOW_US + 2 * DAY_US),
            PutFinding(finding("open")),
            PutFinding(finding("stale", kind="stale_shelf", state="verified")),
        ],
        1,
        NOW_US,
    )
    writer.apply("other", [ended("a", "in_place", state="dismissed")], 1, NOW_US)
    counts = reader.promises()
    assert [(c.kind, c.bin, c.right, c.wrong, c.untold) for c in counts] == [
        ("misplaced", 6, 2, 1, 0),
        ("missing", 6, 0, 0, 1),
        ("misplaced", 8, 1, 0, 0),
    ]
    assert counts[0].promised == pytest.approx(0.97 + 0.96 + 0.97)
    assert counts[1].promised == 0.0
    assert counts[2].day == counts[0].day + 2
    assert kept(counts).sure.told == 4
    assert [c.bin for c in reader.promises(from_us=NOW_US + DAY_US)] == [8]


def test_a_finding_that_ends_twice_counts_once_by_the_last_word(
    writer: StoreWriter, reader: StoreReader
) -> None:
    for told, state in (("done", "resolved"), ("done", "verified")):
        writer.apply(SITE, [ended("a", told, state=state)], 1, NOW_US)
    (count,) = reader.promises()
    assert (count.right, count.wrong, count.untold) == (1, 0, 0)
