"""``shelfwire catalog import`` from file to the hub's answer, on a real database."""

from __future__ import annotations

import csv
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import health
from hub.effects import ActAnswered
from hub.store.migrate import upgrade
from hub.store.read import StoreReader
from hub.store.write import StoreWriter
from shelfwire import cli, config, data

CSV = "barcode,title,call_number,status,home_from\n1,Orlando,PR6045 .O72,available,1F-R01A-B01-S1\n1,Again,A 1,available,\n=2+2,,,lost,9F-X\n"

SHELVES = {"1F-R01A-B01-S1": 4}


@pytest.fixture
def hub_yaml(tmp_path: Path) -> Path:
    with socket.socket() as free:  # nobody listens there: the hub must find the act by itself
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    file = tmp_path / "hub.yaml"
    site = str(data.config_file("sites/small.yaml"))
    config.write(file, {"sites": [site], "state_dir": "state", "broker": {"port": port}})
    return file


@pytest.fixture
def url(hub_yaml: Path) -> str:
    (hub_yaml.parent / "state").mkdir()
    url = f"sqlite:///{hub_yaml.parent / 'state' / 'hub.db'}"
    upgrade(url)
    return url


@pytest.fixture
def items(tmp_path: Path) -> str:
    file = tmp_path / "items.csv"
    file.write_text(CSV, encoding="utf-8")
    return str(file)


@pytest.fixture
def hub(url: str) -> Iterator[None]:
    """What the hub's one task does with an import: take it, answer it."""
    stop = threading.Event()

    def run() -> None:
        writer = StoreWriter(url)
        position = 0
        while not stop.wait(0.05):
            for act in writer.pending_acts("demo"):
                columns = writer.apply_import("demo", act.body["import_id"], SHELVES)
                position += 1
                answer = ActAnswered(
                    act.id, ok=True, detail=f"{len(columns.item_id)} items", at_us=time.time_ns() // 1000
                )
                writer.apply("demo", [answer], position, answer.at_us)
        writer.close()

    thread = threading.Thread(target=run)
    thread.start()
    yield
    stop.set()
    thread.join(timeout=10)


def test_an_import_is_staged_taken_and_told(
    hub_yaml: Path, url: str, items: str, hub: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["catalog", "import", items, "--config", str(hub_yaml), "--wait", "20"]) == 0
    said = capsys.readouterr().out
    assert "3 rows, 2 items taken, 1 not taken, 1 with a home" in said
    assert "1 lost, 1 on_shelf" in said
    assert "NOT taken: line 3, barcode 1: this barcode stands twice" in said
    assert "The hub of demo has taken it. 2 items" in said
    reader = StoreReader(url, "demo")
    found, total = reader.search("orlando", 10, 0)
    assert (total, found[0].barcode, found[0].home_from) == (1, "1", "1F-R01A-B01-S1")
    reader.close()


def test_without_a_hub_the_import_waits_in_the_store(
    hub_yaml: Path, url: str, items: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["catalog", "import", items, "--config", str(hub_yaml), "--wait", "0", "--json"]
    level = logging.getLogger("shelfwire.link").level
    assert cli.run(asked) == cli.AWAY
    assert logging.getLogger("shelfwire.link").level == level, "only while it wakes the hub"
    said = json.loads(capsys.readouterr().out)
    assert said["applied"] is None
    assert "as soon as it runs" in said["detail"]
    assert said["counts"]["items"] == 2
    writer = StoreWriter(url)
    assert [act.body for act in writer.pending_acts("demo")] == [{"import_id": said["import_id"]}]
    writer.close()


@pytest.mark.parametrize(
    ("troubles", "age_s", "code", "words"),
    [
        ([], 0, cli.NEEDS_A_PERSON, "it runs, and takes it when it comes to it"),
        (["10 bytes are free; make room"], 0, cli.NEEDS_A_PERSON, "it runs, but: journal: 10 bytes are free"),
        (["10 bytes are free; make room"], 60, cli.AWAY, "as soon as it runs"),
    ],
)
def test_a_hub_that_does_not_answer_is_told_as_it_is(  # noqa: PLR0917 (fixtures)
    hub_yaml: Path, url: str, items: str, capsys: pytest.CaptureFixture[str],
    troubles: list[str], age_s: int, code: int, words: str,
) -> None:  # fmt: skip
    at_us = (time.time_ns() // 1000) - age_s * 1_000_000
    said = health.HubHealth(
        at_us=at_us, started_at_us=at_us, software="0", pid=1, ready=True, taking=not troubles,
        troubles=[health.Trouble(what="journal", text=text, since_us=at_us) for text in troubles],
    )  # fmt: skip
    health.write(hub_yaml.parent / "state" / "health.json", health.to_bytes(said))
    assert cli.run(["catalog", "import", items, "--config", str(hub_yaml), "--wait", "0"]) == code
    assert words in capsys.readouterr().out


def test_a_file_that_changes_nothing_asks_the_hub_for_nothing(
    hub_yaml: Path, items: str, hub: None, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["catalog", "import", items, "--config", str(hub_yaml)]
    assert cli.run([*asked, "--wait", "20"]) == 0
    assert "has taken it" in capsys.readouterr().out
    assert cli.run([*asked, "--wait", "0"]) == 0
    assert "The catalogue is so already; the hub was not asked." in capsys.readouterr().out
    assert cli.run([*asked, "--wait", "0", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["applied"] is True


def test_a_dry_run_needs_no_database_and_changes_nothing(
    hub_yaml: Path, items: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "faults.csv"
    asked = ["catalog", "import", items, "--config", str(hub_yaml), "--dry-run", "--report", str(report)]
    assert cli.run(asked) == 0
    assert "Nothing was changed" in capsys.readouterr().out
    assert not (tmp_path / "state").exists()
    with report.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["line", "barcode", "what", "taken"]
    assert len(rows) == 4
    assert [row[:2] for row in rows[1:]] == [["3", "1"], ["4", "'=2+2"], ["4", "'=2+2"]]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_a_report_never_takes_the_place_of_what_is_read(
    hub_yaml: Path, url: str, items: str, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    link = Path(items).with_name("link.csv")
    link.hardlink_to(items)
    for report in (items, str(link), str(hub_yaml)):
        asked = ["catalog", "import", items, "--config", str(hub_yaml), "--report", report, *more]
        assert cli.run(asked) == cli.WRONG_INPUT
        assert "is read by this very command" in capsys.readouterr().err
    assert Path(items).read_text(encoding="utf-8") == CSV


def test_an_import_that_is_broken_off_leaves_the_report_of_the_one_before(
    hub_yaml: Path, items: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stops(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    report = tmp_path / "faults.csv"
    report.write_text("of yesterday", encoding="utf-8")
    monkeypatch.setattr("hub.catalog.commands.compare", stops)
    asked = ["catalog", "import", items, "--config", str(hub_yaml), "--dry-run", "--report", str(report)]
    assert cli.run(asked) == cli.INTERRUPTED
    assert report.read_text(encoding="utf-8") == "of yesterday"
    assert not list(tmp_path.glob("*.part"))


def test_many_faults_of_one_kind_are_one_line_and_two_examples(
    hub_yaml: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{n},verborgt,MICFILM {n}\n" for n in range(1, 31)]
    file = tmp_path / "items.csv"
    file.write_text("barcode,status,call_number\n" + "".join(rows), encoding="utf-8")
    assert cli.run(["catalog", "import", str(file), "--config", str(hub_yaml), "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "30 × taken: status 'verborgt' is unknown" in said
    assert "30 × taken: call number MICFILM …: is of no scheme that we know" in said
    assert said.count("line ") == 4
    assert "… 56 more; all of them with --report FILE" in said


def test_before_the_hub_ever_ran_the_import_says_so(
    hub_yaml: Path, items: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["catalog", "import", items, "--config", str(hub_yaml)]) == cli.AWAY
    assert "start the hub first" in capsys.readouterr().err


def test_a_file_without_any_item_leaves_the_catalogue_as_it_is(
    hub_yaml: Path, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "none.csv"
    file.write_text("barcode,title\n,x\n", encoding="utf-8")
    assert (
        cli.run(["catalog", "import", str(file), "--config", str(hub_yaml), "--wait", "0"]) == cli.WRONG_INPUT
    )
    assert "no item could be taken" in capsys.readouterr().err
    writer = StoreWriter(url)
    assert writer.pending_acts("demo") == []
    writer.close()


def test_a_dry_run_of_a_file_without_any_item_ends_as_the_import_would(
    hub_yaml: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, report = tmp_path / "none.csv", tmp_path / "faults.csv"
    file.write_text("barcode,title\n,x\n", encoding="utf-8")
    asked = ["catalog", "import", str(file), "--config", str(hub_yaml), "--dry-run", "--report", str(report)]
    assert cli.run(asked) == cli.WRONG_INPUT
    assert "no item could be taken" in capsys.readouterr().err
    assert "no barcode" in report.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--site", "nowhere"], "the hub serves demo"),
        (["--format", "xls"], "no such connector; there are"),
        (["--report", "no/such/folder/x.csv"], "cannot be written"),
        (["--mapping", "none.yaml"], "cannot be read"),
    ],
)
def test_wrong_input_is_told_before_anything_starts(
    hub_yaml: Path, items: str, capsys: pytest.CaptureFixture[str], more: list[str], words: str
) -> None:
    assert cli.run(["catalog", "import", items, "--config", str(hub_yaml), *more]) == cli.WRONG_INPUT
    assert words in capsys.readouterr().err


def test_a_file_of_an_unknown_kind_asks_for_the_format(
    hub_yaml: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        cli.run(["catalog", "import", str(tmp_path / "x.dat"), "--config", str(hub_yaml)]) == cli.WRONG_INPUT
    )
    assert "say --format, one of csv, marc" in capsys.readouterr().err


def test_the_template_is_what_the_import_reads(
    hub_yaml: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "template.csv"
    assert cli.run(["catalog", "export-template", "--out", str(file)]) == 0
    with file.open("a", encoding="utf-8") as out:
        out.write("5,Title,Author,QA76 .K5,on_shelf,1F-R02A-B01-S1,,E28011606000000000000001\n")
    capsys.readouterr()
    assert cli.run(["catalog", "import", str(file), "--config", str(hub_yaml), "--dry-run", "--json"]) == 0
    counts = json.loads(capsys.readouterr().out)["counts"]
    assert (counts["items"], counts["faults"], counts["tags"], counts["with_home"]) == (1, 0, 1, 1)


def test_the_template_never_takes_the_place_of_a_filled_file_unless_told_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "items.csv"
    file.write_text(CSV, encoding="utf-8")
    asked = ["catalog", "export-template", "--out", str(file)]
    assert cli.run(asked) == cli.WRONG_INPUT
    assert "is there already" in capsys.readouterr().err
    assert file.read_text(encoding="utf-8") == CSV
    assert cli.run([*asked, "--force"]) == 0
    assert file.read_text(encoding="utf-8-sig").startswith("barcode,")
