"""What ``docs/`` shows can be used as it stands."""

from __future__ import annotations

import re
from pathlib import Path

from hub.catalog.options import csv_options
from shelfwire import config
from shelfwire.site import form
from shelfwire.site.load import load_site

DOCS = Path(__file__).resolve().parents[2] / "docs"


def example(page: str, tmp_path: Path) -> Path:
    text = (DOCS / page).read_text(encoding="utf-8")
    block = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert block is not None
    file = tmp_path / "example.yaml"
    file.write_text(block.group(1), encoding="utf-8")
    return file


def test_the_site_of_the_page_is_without_fault(tmp_path: Path) -> None:
    history = load_site(example("site.md", tmp_path))
    assert len(history.versions) == 2
    assert history.now.antenna_at["RD02", 4].id == "ant-0102"


def test_the_page_explains_every_key(tmp_path: Path) -> None:
    text = (DOCS / "site.md").read_text(encoding="utf-8")
    forms = [
        form.SiteForm,
        form.FloorForm,
        form.RangeForm,
        form.FaceForm,
        form.BayForm,
        form.ReaderForm,
        form.TagsForm,
        form.AntennaForm,
        form.ReferenceTagForm,
        form.ChangeForm,
    ]
    keys = {key for one in forms for key in one.__struct_encode_fields__}
    assert [key for key in sorted(keys) if f"`{key}`" not in text and f"\n{key}:" not in text] == []


def test_the_mapping_of_the_page_is_without_fault(tmp_path: Path) -> None:
    assert csv_options(config.read_data(example("catalogs/csv.md", tmp_path))).delimiter == ";"
