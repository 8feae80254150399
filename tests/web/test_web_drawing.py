"""What is drawn and what is carried away: plan, history, sparkline, CSV."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from hub.views import HistoryLine, ShelfView
from shelfwire.data import config_file
from shelfwire.site.load import load_site
from web.drawing.history import LEFT, WIDTH, chart
from web.drawing.plan import bay_state, draw
from web.drawing.spark import HEIGHT, spark
from web.export import PART_CHARS, cell, csv_parts

SITE = load_site(config_file("sites/small.yaml")).now
BAY = SITE.bay_by_id["1F-R02A-B01"]
US = 1_000_000


def row(shelf: str, state: str, findings: int = 0, looked_at_us: int | None = None) -> ShelfView:
    return ShelfView(
        shelf=shelf, at_us=1, state=state, looked_at_us=looked_at_us, items=5, away=1, findings=findings
    )


def test_the_plan_draws_every_bay_once_inside_the_floor() -> None:
    plan = draw(SITE, "1F")
    assert {bay.id for bay in plan.bays} == set(SITE.bay_by_id)
    assert all(0 <= bay.x <= plan.width and 0 <= bay.y <= plan.depth for bay in plan.bays)


def test_numbers_of_bays_back_to_back_do_not_cover_each_other() -> None:
    drawn = {bay.id: bay for bay in draw(SITE, "1F").bays}
    front, back = drawn["1F-R02A-B01"], drawn["1F-R02B-B03"]
    assert abs(front.badge_y - back.badge_y) > 42


def test_a_bay_shows_the_most_urgent_of_its_shelves() -> None:
    ids = [shelf.id for shelf in BAY.shelves]
    quiet = {name: row(name, "quiet", looked_at_us=9) for name in ids}
    assert bay_state(BAY, quiet).state == "quiet"
    stale = quiet | {ids[1]: row(ids[1], "stale", looked_at_us=3)}
    assert bay_state(BAY, stale).state == "stale"
    assert bay_state(BAY, stale).looked_at_us == 3
    wrong = stale | {ids[0]: row(ids[0], "attention", findings=2)}
    assert (bay_state(BAY, wrong).state, bay_state(BAY, wrong).findings) == ("attention", 2)
    assert bay_state(BAY, {}).state == "unwatched"


def line(at_s: int, kind: str, shelf: str | None = None) -> HistoryLine:
    return HistoryLine(at_us=at_s * US, kind=kind, shelf=shelf, probability=0.9, detail={})


def test_a_history_is_one_bar_for_each_stay_up_to_now() -> None:
    drawn = chart(
        [line(0, "placed", "A"), line(100, "away"), line(200, "placed", "B"), line(150, "finding")], 400 * US
    )
    assert drawn
    assert [(bar.place, bar.away) for bar in drawn.bars] == [("A", False), ("away", True), ("B", False)]
    assert [row.name for row in drawn.rows] == ["B", "A", "away"]
    assert drawn.bars[-1].x + drawn.bars[-1].width == WIDTH
    assert drawn.bars[0].x == LEFT


def test_an_item_that_was_never_heard_has_no_chart() -> None:
    assert chart([], 1) is None
    assert chart([line(1, "status")], 2) is None


def test_a_hole_in_the_data_is_a_gap_in_the_line_not_a_zero() -> None:
    drawn = spark([(0, 1.0), (60 * US, 2.0), (600 * US, 3.0)], 0, 600 * US, 60)
    assert drawn
    assert drawn.line.count("M") == 2
    assert spark([(0, 1.0)], 0, 60, 60) is None


@given(st.lists(st.floats(min_value=0, max_value=1e6), min_size=2, max_size=50))
def test_a_line_stays_in_its_box(values: list[float]) -> None:
    points = [(index * US, value) for index, value in enumerate(values)]
    drawn = spark(points, 0, points[-1][0], 1)
    assert drawn
    heights = [
        float(part.split()[1]) for part in drawn.line.replace("M", "\n").replace("L", "\n").split("\n")[1:]
    ]
    assert all(0 <= height <= HEIGHT for height in heights)


@given(st.text(), st.sampled_from(["", "=", "+", "-", "@", "\t", "\r"]))
def test_no_cell_starts_as_a_formula(text: str, sign: str) -> None:
    assert not cell(sign + text).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(
    st.lists(
        st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r\n")),
        min_size=2,
        max_size=4,
    )
)
def test_a_spreadsheet_reads_back_what_was_written(values: list[str]) -> None:
    text = "".join(csv_parts(["h"] * len(values), [values]))
    read = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [each.removeprefix("'") for each in read[1]] == [cell(value).removeprefix("'") for value in values]


def test_numbers_stay_numbers() -> None:
    assert "".join(csv_parts(["n"], [[-3], [0.5]])) == "\ufeffn\r\n-3\r\n0.5\r\n"
    assert cell(-3) == "-3"
    assert cell("-3") == "'-3"


def test_a_long_table_is_written_in_parts() -> None:
    parts = list(csv_parts(["n"], ([number] for number in range(50_000))))
    assert len(parts) > 3
    assert max(map(len, parts)) < PART_CHARS + 100
    assert "".join(parts).split() == ["\ufeffn", *map(str, range(50_000))]
