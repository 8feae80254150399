"""The configurations in the pages about connectors can be used as they stand."""

from __future__ import annotations

import re
from pathlib import Path

from hub.catalog.follow.config import CatalogSource
from hub.catalog.koha.options import KohaOptions
from shelfwire.config import convert, read_data

PAGES = Path(__file__).resolve().parents[2] / "docs" / "catalogs"


def test_the_configuration_of_koha_has_no_fault(tmp_path: Path) -> None:
    found = re.search(r"```yaml\n(.*?)```", (PAGES / "koha.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    (tmp_path / "hub.yaml").write_text(found[1])
    [source] = convert(read_data(tmp_path / "hub.yaml")["catalogs"], list[CatalogSource], "hub.yaml")
    assert source.kind == "koha"
    assert convert(source.options, KohaOptions, "options").faults() == []
