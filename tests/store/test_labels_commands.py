"""``shelfwire labels`` from file to the hub's answer, on a real database."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from helpers.webs import free_port

from hub.catalog.labels.commands import labels
from hub.catalog.model import Item
from hub.effects import ActAnswered, PlaceChanged
from hub.store.imports import stage_import
from hub.store.migrate import upgrade
from hub.store.read import StoreReader
from hub.store.write import StoreWriter
from shelfwire import config, data
from shelfwire.errors import AwayError, InputError

BOARDS = ("1F-R02A-B01-S5", "1F-R02A-B01-S4", "1F-R02A-B01-S3")
FILE = f"shelf,start\n{BOARDS[0]},QA1\n{BOARDS[1]},QA100\n{BOARDS[2]},QA200\n"
INDEX = {board: at for at, board in enumerate(BOARDS)}


@pytest.fixture
def hub_yaml(tmp_path: Path) -> Path:
    """A hub's database with thirty books, ten on each of three boards."""
    file = tmp_path / "hub.yaml"
    site = str(data.config_file("sites/small.yaml"))
    config.write(file, {"sites": [site], "state_dir": "state", "broker": {"port": free_port()}})
    (tmp_path / "state").mkdir()
    url = url_of(file)
    upgrade(url)
    books = [
        Item(barcode=f"b{n}", call_number=f"QA{n * 10 + 1}", scheme="LC", tags=(f"A1B2{n:04X}",))
        for n in range(30)
    ]
    stage_import(url, "demo", "i1", books, (), "test")
    writer = StoreWriter(url)
    columns = writer.apply_import("demo", "i1", INDEX)
    key_of = dict(zip(columns.link_item, columns.link_key, strict=True))
    heard = [
        PlaceChanged(
            item_id=item_id, tag_key=key_of[item_id], at_us=1, shelf=BOARDS[at // 10], probability=0.97,
            candidates=[], last_heard_at_us=1, last_heard_by="ant-0011", evidence=[],
        )
        for at, item_id in enumerate(columns.item_id)
    ]  # fmt: skip
    writer.apply("demo", heard, 1, 1)
    writer.close()
    return file


def url_of(hub_yaml: Path) -> str:
    return f"sqlite:///{hub_yaml.parent / 'state' / 'hub.db'}"


@pytest.fixture
def hub(hub_yaml: Path) -> Iterator[None]:
    """What the hub's one task does with labels: take them, answer."""
    stop = threading.Event()

    def run() -> None:
        writer = StoreWriter(url_of(hub_yaml))
        position = 1
        while not stop.wait(0.05):
            for act in writer.pending_acts("demo"):
                writer.apply_labels("demo", act.body["labels_id"], INDEX)
                position += 1
                answer = ActAnswered(act.id, ok=True, detail="they hold", at_us=time.time_ns() // 1000)
                writer.apply("demo", [answer], position, answer.at_us)
        writer.close()

    thread = threading.Thread(target=run)
    thread.start()
    yield
    stop.set()
    thread.join(timeout=10)


def run(hub_yaml: Path, *arguments: str) -> Result:
    found = CliRunner().invoke(labels, [*arguments, "--config", str(hub_yaml)], standalone_mode=False)
    if found.exception is not None:
        raise found.exception
    return found


@pytest.fixture
def table(tmp_path: Path) -> str:
    file = tmp_path / "ours.csv"
    file.write_text(FILE, encoding="utf-8")
    return str(file)


def test_check_says_what_would_change_and_changes_nothing(hub_yaml: Path, table: str) -> None:
    done = run(hub_yaml, "check", table)
    assert done.return_value == 0
    assert (
        "3 boards; of 30 items 0 get another home, 30 a first one, 0 lose theirs, 0 keep it, 0 have none"
        in done.stdout
    )
    reader = StoreReader(url_of(hub_yaml), "demo")
    assert reader.label_sets() == []
    reader.close()


def test_a_fault_is_told_with_its_line_and_needs_a_person(hub_yaml: Path, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(FILE + "9F-X,QA300\n", encoding="utf-8")
    done = run(hub_yaml, "check", str(file))
    assert done.return_value == 1
    assert "line 5: shelf 9F-X: is no shelf of the site" in done.stdout
    found = json.loads(run(hub_yaml, "check", str(file), "--json").stdout)
    assert found["faults"][0]["where"] == "line 5: shelf 9F-X"
    assert found["applied"] is None


def test_a_table_is_imported_shown_and_holds(hub_yaml: Path, table: str, hub: None) -> None:
    done = run(hub_yaml, "import", table)
    assert (done.return_value, "they hold" in done.stderr) == (0, True)
    shown = run(hub_yaml, "show")
    assert shown.return_value == 0
    rows = list(csv.DictReader(io.StringIO(shown.stdout)))
    assert (rows[0]["shelf"], rows[0]["start"], rows[0]["scheme"]) == (BOARDS[0], "QA1", "lc")
    reader = StoreReader(url_of(hub_yaml), "demo")
    item = reader.item("b15")
    reader.close()
    assert item
    assert (item.home_from, item.home_source) == (BOARDS[1], "label")


def test_without_a_hub_the_table_waits_and_nothing_is_pretended(hub_yaml: Path, table: str) -> None:
    done = run(hub_yaml, "import", table, "--wait", "0")
    assert done.return_value == 3
    assert "has not taken it yet; it takes it as soon as it runs" in done.stderr
    assert run(hub_yaml, "show").return_value == 1


def test_a_table_with_a_fault_is_only_put_aside_until_somebody_accepts_it(
    hub_yaml: Path, tmp_path: Path, hub: None
) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(FILE + "9F-X,QA300\n", encoding="utf-8")
    done = run(hub_yaml, "import", str(file))
    assert done.return_value == 1
    assert "Nothing was changed: it has 1 fault." in done.stderr
    assert "--accept-faults" in done.stderr
    assert states(hub_yaml) == ["staged"]
    assert run(hub_yaml, "import", str(file), "--accept-faults").return_value == 0
    assert sorted(states(hub_yaml)) == ["applied", "staged"]


def test_a_table_by_which_items_lose_their_home_is_only_put_aside(
    hub_yaml: Path, table: str, tmp_path: Path, hub: None
) -> None:
    assert run(hub_yaml, "import", table).return_value == 0
    file = tmp_path / "late.csv"
    file.write_text(f"shelf,start\n{BOARDS[1]},QA100\n", encoding="utf-8")
    done = run(hub_yaml, "import", str(file), "--json")
    assert done.return_value == 1
    assert json.loads(done.stdout)["held"] == "10 items would lose their home"
    assert sorted(states(hub_yaml)) == ["applied", "staged"]


def states(hub_yaml: Path) -> list[str]:
    """Of all tables of labels."""
    reader = StoreReader(url_of(hub_yaml), "demo")
    try:
        return [one.state for one in reader.label_sets()]
    finally:
        reader.close()


def test_where_no_border_is_to_be_approved_this_is_said_at_once(hub_yaml: Path, hub: None) -> None:
    assert run(hub_yaml, "learn", "--approve").return_value == 0
    again = run(hub_yaml, "learn", "--approve")
    assert (again.return_value, "Nothing to approve: they hold already." in again.stderr) == (0, True)
    assert states(hub_yaml) == ["applied"]
    take_away_places(hub_yaml)
    none = run(hub_yaml, "learn", "--approve")
    assert none.return_value == 1
    assert "Nothing to approve: no border agrees so well." in none.stderr


def take_away_places(hub_yaml: Path) -> None:
    """No book is heard any more."""
    with contextlib.closing(sqlite3.connect(url_of(hub_yaml).removeprefix("sqlite:///"))) as database:
        database.execute("UPDATE places SET shelf = NULL")
        database.commit()


def test_borders_are_learned_and_hold_when_a_person_says_so(hub_yaml: Path, hub: None) -> None:
    shown = run(hub_yaml, "learn")
    rows = list(csv.DictReader(io.StringIO(shown.stdout)))
    assert [(row["shelf"], row["start"]) for row in rows] == [
        (BOARDS[0], "QA1"),
        (BOARDS[1], "QA101"),
        (BOARDS[2], "QA201"),
    ]
    assert "30 of 30 homes would change" in shown.stderr
    assert run(hub_yaml, "show", "--kind", "learned").return_value == 1
    assert run(hub_yaml, "learn", "--approve").return_value == 0
    assert run(hub_yaml, "show", "--kind", "learned").return_value == 0


def test_wrong_input_is_refused_in_words(hub_yaml: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="no column shelf"):
        run(hub_yaml, "check", str(empty))
    with pytest.raises(InputError, match="cannot be read"):
        run(hub_yaml, "check", str(tmp_path / "none.csv"))
    with pytest.raises(InputError, match="--site moon: unknown"):
        run(hub_yaml, "show", "--site", "moon")
    config.write(hub_yaml, config.read_data(hub_yaml) | {"state_dir": "elsewhere"})
    with pytest.raises(AwayError, match="start the hub first"):
        run(hub_yaml, "show")
