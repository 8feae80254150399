"""Line protocol and InfluxQL: whatever a name holds, it stays a name."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hub.effects import Point
from hub.series import lines


def test_a_point_is_one_line_with_sorted_tags_and_float_fields() -> None:
    point = Point("antenna", {"shelf": "2F-R03A", "antenna": "ant-1"}, {"reads": 3, "dwells": 2.5}, 17)
    assert lines.line(point) == "antenna,antenna=ant-1,shelf=2F-R03A dwells=2.5,reads=3.0 17"


def test_signs_that_part_a_line_are_escaped() -> None:
    point = Point("a b,c", {"k =,": "v =,"}, {"f =,": 1.0}, 1)
    assert lines.line(point) == "a\\ b\\,c,k\\ \\=\\,=v\\ \\=\\, f\\ \\=\\,=1.0 1"


def test_line_ends_and_backslashes_cannot_begin_a_second_point() -> None:
    text = lines.line(Point("m", {"t": "x\nm2 f=1 2\\"}, {"f": 1.0}, 1))
    assert text == "m,t=x_m2\\ f\\=1\\ 2_ f=1.0 1"


def test_what_is_no_number_is_left_out_and_counted() -> None:
    nothing = Point("m", {}, {"f": float("nan"), "g": float("inf")}, 1)
    assert lines.body([nothing, Point("m", {"empty": ""}, {"f": 1.0}, 2)]) == (b"m f=1.0 2", 1)


def test_a_question_quotes_every_name_and_value() -> None:
    asked = lines.select('m"; DROP DATABASE x', {"t": "a' OR 'b'='b"}, 'f"', 1, 2, 60, "mean")
    assert asked == (
        'SELECT mean("f\\"") FROM "m\\"; DROP DATABASE x" WHERE time >= 1u AND time < 2u '
        "AND \"t\" = 'a\\' OR \\'b\\'=\\'b' GROUP BY time(60s) fill(none)"
    )


@given(st.text(), st.text(), st.text())
def test_any_text_makes_one_line_and_never_ends_a_quote(measurement: str, tag: str, field: str) -> None:
    text = lines.line(Point(measurement, {tag: tag}, {field: 1.0}, 1))
    assert text is None or (len(text.splitlines()) == 1 and not text.startswith("#"))
    for quoted, quote in ((lines.name(tag), '"'), (lines.value(tag), "'")):
        inner = quoted[1:-1].replace("\\\\", "").replace(f"\\{quote}", "")
        assert quote not in inner
        assert not inner.endswith("\\")
