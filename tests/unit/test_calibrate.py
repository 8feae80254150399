"""An installer is told which shelf is heard by what, and what to do next."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest
import yaml
from click.testing import CliRunner
from helpers.rounds import LoudLibrary
from helpers.shelves import Library, make_site

from hub import snapshot
from hub.calibrate.advice import ORDER, WRONG, Advice, advise, too_young
from hub.calibrate.page import page
from hub.calibrate.survey import Survey, survey
from hub.calibrate.text import lines, wait_for_next
from hub.calibrate.words import HEADS, sentence
from hub.commands import hub
from hub.engine import Engine
from hub.frames import Entry
from hub.journal import Journal
from hub.settings import EngineSettings
from shelfwire.data import config_file
from shelfwire.errors import AwayError, InputError
from shelfwire.site.load import load_site


@pytest.fixture(scope="module")
def taught() -> Library:
    loud = LoudLibrary(Library(history=make_site(3, 2)), 20)
    loud.rounds(45)
    return loud.library


@pytest.fixture(scope="module")
def exchanged() -> Library:
    """Two cables were exchanged when the antennas were hung; nobody has known it otherwise."""
    loud = LoudLibrary(Library(history=make_site(3, 2, references=False)), 20)
    loud.rounds(45, wired={"ant-000": "ant-005", "ant-005": "ant-000"})
    return loud.library


def found(library: Library) -> Survey:
    return survey(library.engine)


def kinds(advice: list[Advice]) -> dict[str, list[str]]:
    by_kind: dict[str, list[str]] = {}
    for one in advice:
        by_kind.setdefault(one.kind, []).append(one.antenna or one.shelf)
    return by_kind


def test_each_antenna_hears_its_own_shelf_best(taught: Library) -> None:
    for one in found(taught).antennas:
        first = one.hears[0]
        assert (first.own, first.shelf) == (True, one.shelves[0])
        assert first.share > 0.8
        assert all(other.share < first.share for other in one.hears[1:])
        assert 5.0 < one.margin_db < 17.0


def test_of_books_that_no_look_remembers_no_loudness_is_told(taught: Library) -> None:
    engine = Engine.load(taught.history, taught.settings, taught.engine.dump())
    engine.belief.slots.mask[:] = 0
    own = [hears for one in survey(engine).antennas for hears in one.hears if hears.own]
    assert {(hears.share, hears.loud_dbm) for hears in own} == {(0.0, None)}


def test_a_well_hung_site_has_only_wishes(taught: Library) -> None:
    advice = advise(found(taught))
    assert kinds(advice).keys() <= {"few_references", "loud_neighbours"}
    assert not any(one.wrong for one in advice)


def test_exchanged_cables_are_named_once_with_both_antennas(exchanged: Library) -> None:
    advice = advise(found(exchanged))
    (one,) = [one for one in advice if one.kind == "exchanged"]
    assert {one.antenna, one.other} == {"ant-000", "ant-005"}
    assert advice[0] is one
    assert "hear each other's shelves" in sentence(one)[0]


def test_an_antenna_that_never_spoke_is_told() -> None:
    library = Library(history=make_site(2, 1))
    library.book("1-B01-S1")
    library.tick()
    assert kinds(advise(found(library)))["never"] == ["ant-000", "ant-001"]


def test_a_shelf_without_antenna_is_told() -> None:
    library = Library(history=make_site(2, 1, antennas=[["1-B01-S1"]]))
    library.book("1-B02-S1")
    library.tick()
    assert kinds(advise(found(library)))["unwatched"] == ["1-B02-S1"]


def test_a_weak_antenna_and_one_that_stands_badly_are_told(taught: Library) -> None:
    base = found(taught)
    first, second, third, *rest = base.antennas
    changed = msgspec.structs.replace(
        base,
        antennas=[
            msgspec.structs.replace(first, own_dbm=first.floor_dbm + 1.0, near_dbm=first.floor_dbm - 9.0),
            msgspec.structs.replace(second, near_dbm=second.own_dbm - 2.0),
            msgspec.structs.replace(third, references=3, reference_share=0.4),
            *rest,
        ],
    )
    told = kinds(advise(changed))
    assert told["weaker"] == [first.antenna]
    assert second.antenna in told["loud_neighbours"]
    assert told["references_lost"] == [third.antenna]


def test_every_kind_of_advice_has_its_words_in_both_languages() -> None:
    assert set(HEADS) == set(ORDER)
    assert set(ORDER) >= WRONG
    for kind in ORDER:
        english, chinese = sentence(
            Advice(kind=kind, antenna="ant-1", other="ant-2", shelf="s", db=3.5, number=7)
        )
        assert "{" not in english + chinese
        assert english != chinese


def test_the_text_says_what_to_do_before_it_lists(exchanged: Library) -> None:
    survey_ = found(exchanged)
    said = list(lines(survey_, advise(survey_), survey_.at_us))
    assert said[3] == "Cables exchanged (1)"
    assert any(line.startswith("weakest antennas") for line in said)


def test_the_page_is_one_file_and_shows_each_antenna(exchanged: Library) -> None:
    survey_ = found(exchanged)
    html = page(survey_, advise(survey_), exchanged.engine.geometry.site)
    assert html.startswith("<!doctype html>")
    assert "http" not in html.replace("http-equiv", "")
    assert all(one.antenna in html for one in survey_.antennas)
    assert 'class="wrong"' in html
    assert "电缆接反" in html
    assert "<svg" not in page(survey_, [], exchanged.engine.geometry.site, area="nowhere")


def test_a_survey_can_be_read_by_programs(taught: Library) -> None:
    survey_ = found(taught)
    assert msgspec.json.decode(msgspec.json.encode(survey_), type=Survey) == survey_


# --- the command ---


AT_US = 1_790_000_000_000_000


def began(hub_yaml: Path, before_s: int) -> None:
    """The journal of a hub that started so long before its snapshot."""
    journal = Journal(hub_yaml.parent / "state" / "journal", segment_bytes=10**6, max_bytes=10**9)
    journal.append([Entry(AT_US - before_s * 1_000_000, "demo", "tick")])
    journal.close()


@pytest.fixture
def hub_yaml(tmp_path: Path) -> Path:
    site = Path(config_file("sites/small.yaml"))
    path = tmp_path / "hub.yaml"
    path.write_text(yaml.safe_dump({"sites": [str(site)], "state_dir": "state"}), encoding="utf-8")
    engine = Engine(load_site(site), EngineSettings())
    engine.tick_us = AT_US
    state = {
        "format": 1, "intake_position": 1, "intakes": {}, "acts": [], "sites": {}, "engines": {"demo": engine.dump()},
    }  # fmt: skip
    folder = tmp_path / "state" / "snapshots"
    folder.mkdir(parents=True)
    snapshot.publish(snapshot.stage(folder, snapshot.freeze(1, state)))
    return path


def run(*args: str) -> tuple[int, str]:
    done = CliRunner().invoke(hub, ["calibrate", *args], standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return int(done.return_value or 0), done.output


def test_the_command_reads_the_snapshot_and_writes_only_its_page(hub_yaml: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in hub_yaml.parent.rglob("*")}
    out = hub_yaml.parent / "antennas.html"
    code, said = run("--config", str(hub_yaml), "--out", str(out))
    assert code == 1
    assert "Never at work" in said
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")
    after = {path: path.stat().st_mtime_ns for path in hub_yaml.parent.rglob("*") if path != out}
    assert {path: at for path, at in after.items() if path.is_file()} == {
        path: at for path, at in before.items() if path.is_file()
    }


def test_the_command_speaks_json(hub_yaml: Path) -> None:
    _, said = run("--config", str(hub_yaml), "--json")
    told = msgspec.json.decode(said.encode())
    assert told["survey"]["site"] == "demo"
    assert told["advice"][0]["kind"] in ORDER


@pytest.mark.parametrize(
    ("args", "text"),
    [(("--site", "nowhere"), "--site nowhere: unknown"), (("--area", "nowhere"), "--area"), (("--out", "/no/folder/x.html"), "no such folder")],
)  # fmt: skip
def test_wrong_wishes_are_refused_in_words(hub_yaml: Path, args: tuple[str, ...], text: str) -> None:
    with pytest.raises(InputError, match=text):
        run("--config", str(hub_yaml), *args)


def test_without_a_snapshot_it_says_how_to_get_one(hub_yaml: Path) -> None:
    for path in (hub_yaml.parent / "state" / "snapshots").iterdir():
        path.unlink()
    with pytest.raises(AwayError, match="let the hub run"):
        run("--config", str(hub_yaml))


def test_a_hub_that_never_ran_is_told_as_one(hub_yaml: Path) -> None:
    shutil.rmtree(hub_yaml.parent / "state")
    with pytest.raises(AwayError, match="start the hub first"):
        run("--config", str(hub_yaml))


def test_a_snapshot_of_the_first_moments_names_no_antenna_that_never_worked(hub_yaml: Path) -> None:
    began(hub_yaml, 5)
    with pytest.raises(
        AwayError, match=r"first moments of the hub.* the next one should have come at .* does the hub run"
    ):
        run("--config", str(hub_yaml))


def test_after_two_minutes_an_antenna_that_never_spoke_is_named_with_the_age_of_the_snapshot(
    hub_yaml: Path,
) -> None:
    began(hub_yaml, 121)
    code, said = run("--config", str(hub_yaml))
    assert code == 1
    assert "Never at work" in said
    assert said.splitlines()[0].endswith(" ago")


def test_a_young_snapshot_says_when_the_next_one_comes(taught: Library) -> None:
    young = msgspec.structs.replace(found(taught), at_us=AT_US, timezone="UTC")
    said = wait_for_next(young, AT_US + 40_000_000, 300.0)
    assert "was taken 40 s ago" in said
    assert "the next one comes at 2026-09-21 14:18:20 at the latest (UTC)" in said
    silent = msgspec.structs.replace(young.antennas[0], dwells=0)
    few = [msgspec.structs.replace(one, dwells=5) for one in young.antennas[1:]]
    waits = msgspec.structs.replace(young, antennas=[silent, *few])
    assert too_young(waits, AT_US - 1)
    assert not too_young(waits, AT_US - 121_000_000)
    assert not too_young(waits, None)
    assert not too_young(msgspec.structs.replace(young, antennas=few), AT_US - 1)


def test_an_antenna_that_has_just_begun_to_learn_is_waited_for(taught: Library) -> None:
    base = found(taught)
    young = [msgspec.structs.replace(one, laps=0, own_tags=0) for one in base.antennas]
    changed = msgspec.structs.replace(base, antennas=young)
    told = advise(changed)
    assert len(kinds(told)["no_lap"]) == len(young)
    assert "no_books" not in kinds(told)
    text = "\n".join(lines(changed, told, changed.at_us))
    assert f"Still learning ({len(young)})" in text
    assert "No antenna has learned its levels yet" in text
