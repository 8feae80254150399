"""The index of words says on both databases what the pure words say, and follows every change of an item."""

from __future__ import annotations

import random
from io import BytesIO
from pathlib import Path

import pytest
from helpers.searching import finds
from helpers.store import SITE, book, take
from sqlalchemy import inspect

from hub.catalog.model import Item
from hub.store import search_index, searchtext
from hub.store.dump import dump, load
from hub.store.engine import open_engine, reading, writing
from hub.store.read import StoreReader
from hub.store.search import MAX_FOUND
from hub.store.write import StoreWriter

PIECES = """
    the of dune dunes sand emma c++ c# a.b e-mail 100% _x café straße ps3558 .e63 3558 76 qa76.73 红 红楼 楼梦 梦 三国演义 三国 演义
    国演 读《红楼梦》 ガラス 한국어 x&y '; " * - . ♥ 12345678901234567890123456789012345678901234567890 Ｑ１ ไทย word=
""".split()  # noqa: SIM905 (a list of forty is harder to read)


def made_items(count: int, seed: int) -> list[Item]:
    """Items of few pieces, so that questions meet many of them."""
    dice = random.Random(seed)

    def some(most: int) -> str:
        return dice.choice([" ", ""]).join(dice.choices(PIECES, k=dice.randint(0, most)))

    return [
        Item(
            barcode=f"{dice.choice(['30', '=x', 'b-', '30.'])}{n:04d}",
            title=some(5),
            author=some(2),
            call_number=dice.choice(["", "QA 76.73 .P98", "qa76.9", "I242.4/1", "PS3558 .E63 D7"]),
        )
        for n in range(count)
    ]


def found_by(reader: StoreReader, text: str) -> set[str]:
    views, total = reader.search(text, 10_000)
    assert total == len(views)
    return {view.barcode for view in views}


def test_a_database_finds_what_the_words_say_and_nothing_else(database: str) -> None:
    here, elsewhere = made_items(300, 1), made_items(50, 2)
    writer = StoreWriter(database)
    take(writer, database, elsewhere, site="other")
    take(writer, database, here)
    writer.close()
    reader = StoreReader(database, SITE)
    dice = random.Random(3)
    texts = [searchtext.columns(i.title, i.author, i.call_number, i.barcode) for i in here]
    questions = [*PIECES, "=x0004", "b-0003", "30.0", "30", "qa 76", "qa76 .73", "i242.4/1"]
    questions += [" ".join(dice.choices(PIECES, k=2)) for _ in range(60)]
    questions += [i.title[: dice.randint(1, 30)] for i in dice.sample(here, 40)]
    for question in questions:
        asked = searchtext.query(question)
        wanted = {i.barcode for i, stored in zip(here, texts, strict=True) if finds(asked, stored)}
        assert found_by(reader, question) == wanted, question
    reader.close()


def test_an_item_is_found_by_what_it_is_called_now_and_no_longer_by_what_it_was(database: str) -> None:
    writer, reader = StoreWriter(database), StoreReader(database, SITE)
    take(writer, database, [book(1, title="Dune Messiah 沙丘"), book(2, title="Emma")])
    take(writer, database, [book(1, title="Sand Messiah 红楼"), book(2, title="Emma")], "imp-2")
    for text, found in {"dune": 0, "沙丘": 0, "sand": 1, "messiah": 1, "红楼": 1, "emma": 1}.items():
        assert len(found_by(reader, text)) == found, text
    take(writer, database, [book(1, title="Dune Messiah 沙丘"), book(2, title="Emma")], "imp-3")
    for text, found in {"dune": 1, "沙丘": 1, "sand": 0, "messiah": 1, "红楼": 0}.items():
        assert len(found_by(reader, text)) == found, text
    writer.close()
    reader.close()


def test_a_library_that_has_nothing_yet_finds_nothing(database: str) -> None:
    reader = StoreReader(database, "other")
    assert reader.search("dune") == ([], 0)
    reader.close()


def test_more_items_than_search_counts_are_that_many_and_the_best_are_among_them(database: str) -> None:
    writer = StoreWriter(database)
    items = [book(n, title=f"The art of dune {n}") for n in range(1, MAX_FOUND + 200)]
    take(writer, database, [*items, book(5_000, title="Dune"), book(5_001, barcode="dune", title="A box")])
    writer.close()
    reader = StoreReader(database, SITE)
    views, total = reader.search("dune", 2)
    assert total == MAX_FOUND
    assert [view.title for view in views] == ["A box", "Dune"]
    assert reader.search("dune", 25, MAX_FOUND - 10)[0][9:] == reader.search("dune", 25, MAX_FOUND - 1)[0]
    assert reader.search("dune", 25, MAX_FOUND) == ([], MAX_FOUND)
    reader.close()


def test_a_backup_without_the_index_gives_it_back(database: str, tmp_path: Path) -> None:
    writer = StoreWriter(database)
    take(writer, database, [book(1, title="Dune Messiah 沙丘"), book(2, title="Emma")])
    writer.close()
    rows = BytesIO()
    counts = dump(database, rows)
    assert not any(search_index.is_index(table) for table in counts)
    restored = f"sqlite:///{tmp_path / 'restored.db'}"
    load(restored, BytesIO(rows.getvalue()))
    reader = StoreReader(restored, SITE)
    assert len(found_by(reader, "messiah 沙丘")) == 1
    reader.close()


def test_the_index_can_be_made_anew_at_any_time(database: str) -> None:
    writer, reader = StoreWriter(database), StoreReader(database, SITE)
    take(writer, database, [book(1, title="Dune Messiah 沙丘"), book(2, title="Emma")])
    take(writer, database, [book(1, title="Dune elsewhere")], site="other")
    engine = open_engine(database)
    for _ in range(2):
        with writing(engine, "make the index anew") as connection:
            search_index.make_anew(connection)
        assert len(found_by(reader, "dune")) == 1
    take(writer, database, [book(1, title="Sand")], "imp-2")
    assert found_by(reader, "dune") == set()
    writer.close()
    reader.close()
    engine.dispose()


def test_the_index_has_no_text_of_its_own(database: str) -> None:
    engine = open_engine(database)
    with reading(engine, "look") as connection:
        tables = inspect(connection).get_table_names()
    assert search_index.INDEX in tables
    assert not any(
        table.endswith(("_content", "_docsize")) for table in tables if search_index.is_index(table)
    )
    engine.dispose()


@pytest.mark.parametrize("call_number", ["漢" * 4_000, "QA" + "9" * 4_000])
def test_a_call_number_without_end_is_no_fault_of_the_database(database: str, call_number: str) -> None:
    writer = StoreWriter(database)
    take(writer, database, [book(1, call_number=call_number, title="ﷺ" * 3_000, author="x" * 4_000)])
    writer.close()
    reader = StoreReader(database, SITE)
    assert len(found_by(reader, call_number[:30])) == 1
    reader.close()
