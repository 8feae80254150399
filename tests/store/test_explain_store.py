"""What an explanation reads, from both kinds of database: beliefs now and then, and barcodes that are one sign off."""

from __future__ import annotations

from helpers.explained import HOUR, change, heard, why
from helpers.store import FIRST, NOW_US, SECOND, SITE, book, epc, finding, happened, placed, take

from hub.effects import PutFinding
from hub.explain.model import AWAY, NOWHERE
from hub.store.read import StoreReader
from hub.store.write import StoreWriter


def test_each_tags_newest_change_at_or_before_a_time_is_found(database: str) -> None:
    writer, reader = StoreWriter(database), StoreReader(database, SITE)
    take(writer, database, [book(1, tags=(epc(1), epc(9))), book(2)])
    reasons = why(NOW_US, heard("ant-1", FIRST, NOW_US), tag_key=epc(1))
    other = why(NOW_US, tag_key=epc(9), before=SECOND, last_heard_at_us=0)
    writer.apply(
        SITE,
        [
            placed(1, SECOND, at_us=NOW_US + 5 * HOUR, last_heard_at_us=NOW_US + 5 * HOUR),
            change(1, NOW_US, "placed", FIRST, reasons),
            change(1, NOW_US + HOUR, "away", None, other),
            change(1, NOW_US + 4 * HOUR, "placed", SECOND, reasons),
            change(2, NOW_US + HOUR, "placed", SECOND, reasons),
            happened("told", 1, NOW_US + HOUR, kind="status", shelf=None),
        ],
        1,
        NOW_US,
    )
    now = reader.facts(1, None)
    assert [(one.answer, one.tag_key) for one in now.now] == [(SECOND, epc(1))]
    assert (now.then, now.after) == ([], None)
    then = reader.facts(1, NOW_US + 2 * HOUR)
    assert {one.tag_key: one.answer for one in then.then} == {epc(1): FIRST, epc(9): NOWHERE}
    assert then.then[-1].evidence == reasons.evidence
    assert then.after is not None
    assert (then.after.answer, then.after.at_us) == (SECOND, NOW_US + 4 * HOUR)
    before = reader.facts(1, NOW_US - HOUR)
    assert before.then == []
    assert before.after is not None
    assert before.after.answer == FIRST
    assert reader.facts(99, NOW_US).since_us == 0
    assert now.written_at_us == NOW_US
    writer.close()
    reader.close()


def test_a_change_of_before_reasons_were_kept_is_read_as_its_place(database: str) -> None:
    writer, reader = StoreWriter(database), StoreReader(database, SITE)
    take(writer, database, [book(1)])
    writer.apply(SITE, [happened("old", 1, NOW_US, kind="away", shelf=None)], 1, NOW_US)
    (held,) = reader.facts(1, NOW_US).then
    assert (held.answer, held.tag_key, held.evidence) == (AWAY, "", [])
    writer.close()
    reader.close()


def test_findings_that_stood_open_then_are_found_though_they_ended_since(database: str) -> None:
    writer, reader = StoreWriter(database), StoreReader(database, SITE)
    take(writer, database, [book(1)])
    ended = finding("a", item_id=1, state="verified", changed_at_us=NOW_US + 3 * HOUR)
    writer.apply(
        SITE,
        [PutFinding(ended), PutFinding(finding("b", item_id=1, opened_at_us=NOW_US + 2 * HOUR))],
        1,
        NOW_US,
    )
    assert [one.id for one in reader.facts(1, NOW_US + HOUR).findings] == ["a"]
    assert [one.id for one in reader.facts(1, NOW_US + 2 * HOUR).findings] == ["a", "b"]
    assert [one.id for one in reader.facts(1, None).findings] == ["b"]
    writer.close()
    reader.close()


def test_barcodes_that_are_one_sign_off_are_named(database: str) -> None:
    writer, reader = StoreWriter(database), StoreReader(database, SITE)
    take(writer, database, [book(n) for n in (12, 21, 34)])
    assert [barcode for barcode, _ in reader.nearly("00000012 ")] == ["00000021"]
    assert reader.nearly("0000034") == [("00000034", "Book 34")]
    assert reader.nearly("00043\x00") == []
    assert reader.nearly("x" * 500) == []
    writer.close()
    reader.close()
