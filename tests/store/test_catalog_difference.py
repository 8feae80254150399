"""What an import would change is told before it is applied, and a file that lacks too much drops nothing."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from hub.catalog.standing import standing
from hub.effects import ActAnswered
from hub.store.imports import stage_import
from hub.store.migrate import upgrade
from hub.store.read import StoreReader
from hub.store.write import StoreWriter
from shelfwire import cli, config, data

SHELVES = {"1F-R01A-B01-S1": 4}
HEAD = "barcode,title,call_number,status\n"

Import = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def hub_yaml(tmp_path: Path) -> Path:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    file = tmp_path / "hub.yaml"
    site = str(data.config_file("sites/small.yaml"))
    config.write(file, {"sites": [site], "state_dir": "state", "broker": {"port": port}})
    (tmp_path / "state").mkdir()
    upgrade(f"sqlite:///{tmp_path / 'state' / 'hub.db'}")
    return file


@pytest.fixture
def url(hub_yaml: Path) -> str:
    return f"sqlite:///{hub_yaml.parent / 'state' / 'hub.db'}"


@pytest.fixture
def imported(
    hub_yaml: Path,
    url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Import]:
    """Import a CSV text as the command does; the hub takes what it was asked to as soon as the command waits for it."""
    writer = StoreWriter(url)
    position = 0

    def hub_takes(*_: object) -> None:
        nonlocal position
        for act in writer.pending_acts("demo"):
            share = act.body.get("accepted_share", 0.0)
            writer.apply_import("demo", act.body["import_id"], SHELVES, accepted_share=share)
            position += 1
            writer.apply(
                "demo", [ActAnswered(act.id, ok=True, detail="", at_us=position)], position, position
            )

    monkeypatch.setattr("hub.catalog.commands.wake", hub_takes)

    def run(text: str | bytes, *more: str, name: str = "items.csv") -> tuple[int, dict[str, Any]]:
        file = tmp_path / name
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        code = cli.run(["catalog", "import", str(file), "--config", str(hub_yaml), "--json", *more])
        return code, json.loads(capsys.readouterr().out)

    yield run
    writer.close()


def rows(*numbers: int, title: str = "Title") -> str:
    return HEAD + "".join(f"{n:05d},{title} {n},QA{n} .K5 2001,available\n" for n in numbers)


def statuses(url: str, *barcodes: str) -> list[str]:
    reader = StoreReader(url, "demo")
    try:
        return [reader.search(barcode, 1, 0)[0][0].status for barcode in barcodes]
    finally:
        reader.close()


def change(said: dict[str, Any]) -> tuple[int, int, int, int]:
    made = said["change"]
    return made["added"], made["changed"], made["same"], made["absent"]


def test_an_import_tells_what_it_adds_and_changes_and_what_the_file_lacks(imported: Import, url: str) -> None:
    assert imported(rows(*range(1, 41)))[0] == 0
    code, said = imported(rows(1, 2, 41).replace("Title 2", "New title"))
    assert code == 0
    assert change(said) == (1, 1, 1, 38)
    assert statuses(url, "00001", "00040") == ["on_shelf", "on_shelf"]


def test_the_same_file_again_changes_nothing(imported: Import) -> None:
    imported(rows(*range(1, 41)))
    assert change(imported(rows(*range(1, 41)))[1]) == (0, 0, 40, 0)


def test_a_complete_file_drops_what_it_lacks_and_keeps_why(imported: Import, url: str) -> None:
    imported(rows(*range(1, 41)))
    code, said = imported(rows(*range(1, 40)), "--complete")
    assert (code, change(said)) == (0, (0, 0, 39, 1))
    taken = standing(url, "demo").imports[0]
    assert (taken.added, taken.changed, taken.gone) == (0, 0, 1), "a dropped item is counted once"
    assert statuses(url, "00001", "00040") == ["on_shelf", "withdrawn"]
    imported(rows(*range(1, 41)), "--complete")
    assert statuses(url, "00040") == ["on_shelf"], "it came back"


def test_a_complete_file_that_lacks_too_much_changes_nothing_and_says_with_which_option_to_go_on(
    imported: Import, hub_yaml: Path, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(rows(*range(1, 41)))
    cut = rows(*range(1, 31), title="Changed")
    code, said = imported(cut, "--complete")
    assert code == cli.NEEDS_A_PERSON
    assert "lacks 10 of the 40 items in the catalogue (25.0%)" in said["held"]
    assert said["change"]["examples"] == [f"{n:05d}" for n in range(31, 41)]
    assert statuses(url, "00001", "00040") == ["on_shelf", "on_shelf"]
    asked = ["catalog", "import", str(tmp_path / "items.csv"), "--config", str(hub_yaml), "--complete"]
    assert cli.run([*asked, "--dry-run"]) == cli.NEEDS_A_PERSON
    shown = capsys.readouterr().out
    assert "Nothing was changed" in shown
    assert "--drop-share 25.1" in shown
    assert imported(cut, "--complete", "--drop-share", "25.1")[0] == 0
    assert statuses(url, "00001", "00040") == ["on_shelf", "withdrawn"]


def test_a_small_share_of_a_large_catalogue_is_a_question_too(
    imported: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("hub.store.difference", "hub.catalog.connect"):
        monkeypatch.setattr(f"{module}.DEFAULT_DROP_ITEMS", 2)
    imported(rows(*range(1, 101)))
    code, said = imported(rows(*range(1, 98)), "--complete")
    assert code == cli.NEEDS_A_PERSON
    assert "lacks 3 of the 100 items in the catalogue (3.0%), more than the 2 items" in said["held"]
    assert imported(rows(*range(1, 99)), "--complete")[0] == 0


def test_a_smaller_share_can_be_set_too(imported: Import) -> None:
    imported(rows(*range(1, 41)))
    assert imported(rows(*range(1, 40)), "--complete", "--drop-share", "1")[0] == cli.NEEDS_A_PERSON


def test_rows_that_cannot_be_read_hide_no_item(imported: Import, url: str) -> None:
    """A line of wrong bytes names its item, which is then not gone; a line that nobody can read asks a person."""
    imported(rows(*range(1, 41)))
    wrong = rows(*range(1, 41)).replace("Title 7,", "Titré 7,").encode("latin-1")
    code, said = imported(wrong, "--complete")
    assert (code, change(said)) == (0, (0, 0, 39, 0))
    broken = rows(*range(1, 41)).replace("00007,Title 7", '00007,"Title 7')
    code, said = imported(broken, "--complete")
    assert code == cli.NEEDS_A_PERSON
    assert "1 rows could not be read" in said["held"]
    assert statuses(url, "00007") == ["on_shelf"]


def test_the_dry_run_shows_the_same_difference_and_stages_nothing(imported: Import, url: str) -> None:
    imported(rows(*range(1, 41)))
    code, said = imported(rows(1, 2, 41), "--dry-run")
    assert (code, change(said), said["import_id"]) == (0, (1, 0, 2, 38), "")
    reader = StoreReader(url, "demo")
    assert len(reader.imports()) == 1
    reader.close()


def test_an_import_that_is_interrupted_changes_nothing_and_runs_again(
    imported: Import, url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hub_yaml: Path
) -> None:
    imported(rows(*range(1, 41)))

    text = rows(*range(1, 8_000), title="Changed")
    with monkeypatch.context() as patch:
        patch.setattr("hub.catalog.connect.stage_import", _stops_after(stage_import, 5_000))
        file = tmp_path / "again.csv"
        file.write_text(text, encoding="utf-8")
        asked = ["catalog", "import", str(file), "--config", str(hub_yaml)]
        assert cli.run(asked) == cli.INTERRUPTED
    writer = StoreWriter(url)
    assert writer.pending_acts("demo") == []
    writer.close()
    reader = StoreReader(url, "demo")
    assert reader.search("changed", 5, 0)[1] == 0
    assert [one.state for one in reader.imports()] == ["applied"], "nothing of it stays"
    reader.close()
    assert change(imported(text)[1])[:2] == (7_959, 40)


def test_an_import_leaves_the_hub_the_room_that_it_needs_and_keeps_nothing_of_itself(
    imported: Import, url: str, monkeypatch: pytest.MonkeyPatch, hub_yaml: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    imported(rows(*range(1, 41)))
    free = iter([10**12, 255 * 2**20])
    monkeypatch.setattr("hub.store.imports.shutil.disk_usage", lambda _: SimpleNamespace(free=next(free)))
    file = hub_yaml.parent / "large.csv"
    file.write_text(rows(*range(1, 8_000), title="Changed"), encoding="utf-8")
    assert cli.run(["catalog", "import", str(file), "--config", str(hub_yaml)]) == cli.AWAY
    said = capsys.readouterr().err
    assert "less than journal.min_free_bytes of 268435456" in said
    assert "make room and run it again" in said
    assert [one.state for one in standing(url, "demo").imports] == ["applied"]


def test_a_command_whose_disk_is_full_does_not_say_that_it_goes_on_by_itself(
    imported: Import, url: str, monkeypatch: pytest.MonkeyPatch, hub_yaml: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def full(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    monkeypatch.setattr("hub.store.imports.insert_rows", full)
    file = hub_yaml.parent / "items.csv"
    file.write_text(rows(1), encoding="utf-8")
    assert cli.run(["catalog", "import", str(file), "--config", str(hub_yaml)]) == cli.AWAY
    assert "the disk of the database is full; make room and run it again" in capsys.readouterr().err
    assert standing(url, "demo").imports == []


def _stops_after(stage: Callable[..., Any], rows_put: int) -> Callable[..., Any]:
    def staged(
        database: str, site: str, import_id: str, items: Iterator[Any], *more: Any, **named: Any
    ) -> Any:
        def some() -> Iterator[Any]:
            for number, item in enumerate(items):
                if number == rows_put:
                    raise KeyboardInterrupt
                yield item

        return stage(database, site, import_id, some(), *more, **named)

    return staged


@pytest.mark.parametrize("text", [HEAD, f"{HEAD},x,,available\n"])
def test_a_complete_file_without_any_item_is_refused_and_never_waits(
    imported: Import, hub_yaml: Path, url: str, tmp_path: Path, text: str
) -> None:
    imported(rows(*range(1, 41)))
    file = tmp_path / "head.csv"
    file.write_text(text, encoding="utf-8")
    asked = ["catalog", "import", str(file), "--config", str(hub_yaml), "--complete", "--drop-share", "100"]
    assert cli.run(asked) == cli.WRONG_INPUT
    refused = standing(url, "demo").imports[0]
    assert (refused.state, refused.gone, refused.waits) == ("refused", 0, False)
    assert "0 items" in refused.line()
    assert "no item could be taken" in refused.line()
    assert statuses(url, "00040") == ["on_shelf"]


@pytest.mark.parametrize("text", ["", "title\nx\n", None])
def test_a_file_that_is_no_catalogue_leaves_no_trace(
    hub_yaml: Path, url: str, tmp_path: Path, text: str | None
) -> None:
    file = tmp_path / "empty.csv"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    assert cli.run(["catalog", "import", str(file), "--config", str(hub_yaml)]) == cli.WRONG_INPUT
    assert standing(url, "demo").imports == []


def test_the_state_of_the_catalogue_is_told(
    imported: Import, hub_yaml: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["catalog", "status", "--config", str(hub_yaml)]
    assert cli.run(asked) == 0
    assert "nothing was ever imported" in capsys.readouterr().out
    imported(rows(*range(1, 41)))
    assert cli.run(asked) == 0
    assert "applied   items.csv: 40 items, 40 added, 0 changed, 0 dropped" in capsys.readouterr().out
    imported(rows(1), "--complete")
    assert cli.run(asked) == cli.NEEDS_A_PERSON
    assert "rows wait, 39 of them dropped (97.5%)" in capsys.readouterr().out
    assert cli.run([*asked, "--json"]) == cli.NEEDS_A_PERSON
    assert [one["state"] for one in json.loads(capsys.readouterr().out)["imports"]] == ["staged", "applied"]


def test_a_share_without_complete_is_wrong_input(
    hub_yaml: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.csv"
    file.write_text(rows(1), encoding="utf-8")
    asked = ["catalog", "import", str(file), "--config", str(hub_yaml), "--drop-share", "5"]
    assert cli.run(asked) == cli.WRONG_INPUT
    assert "only with --complete" in capsys.readouterr().err


def test_nothing_of_a_patron_in_a_file_reaches_the_database(
    imported: Import, url: str, tmp_path: Path
) -> None:
    """Columns and subfields that are not asked for hold people; the database files do not have a byte of it."""
    from helpers.marc import book  # noqa: PLC0415 (only here)

    person = "Jane Q. Patron 555-0100 jane@example.org"
    text = f"barcode,title,call_number,borrower,note\n1,T,QA76 .K5,{person},{person}\n,no barcode,QA76,{person},\n"
    report = tmp_path / "faults.csv"
    imported(text, "--report", str(report))
    raw = b"".join(
        book((tag, f"${code}{n}$aX$x{person}$z{person}$n{person}$u{person}"), number=f"b{n}")
        for n, (tag, code) in enumerate(
            (("952", "p"), ("999", "i"), ("949", "i"), ("876", "p"), ("852", "p"))
        )
    )
    imported(raw + book(("952", f"$oX$x{person}")), "--report", str(report), name="items.mrc")
    state = b"".join(path.read_bytes() for path in (tmp_path / "state").iterdir() if path.is_file())
    assert b"Orlando" in state
    for kept in (state, report.read_bytes()):
        assert b"Jane" not in kept
        assert b"0100" not in kept
