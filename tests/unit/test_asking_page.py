"""A page is written whole or not at all, and what hinders that is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.asking import write_page
from shelfwire.errors import InputError


def test_a_page_is_written_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    write_page(tmp_path / "page.html", "shelf 架\n")
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]
    assert (tmp_path / "page.html").read_bytes() == "shelf 架\n".encode()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("file/x.html", "Not a directory"),
        ("gone/x.html", "No such file"),
        ("a" * 254, "name too long"),
        ("folder", "Is a directory"),
    ],
)
def test_a_place_where_no_page_can_be_is_said_and_left_as_it_was(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "file").write_text("kept", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=f"cannot be written: .*{why}"):
        write_page(tmp_path / name, "x")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "folder"]


def test_a_text_that_cannot_be_encoded_is_said_and_leaves_the_page_as_it_was(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("before", encoding="utf-8")
    with pytest.raises(InputError, match="holds what is no text"):
        write_page(page, "\ud800")
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]
    assert page.read_text(encoding="utf-8") == "before"
