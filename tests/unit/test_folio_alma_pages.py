"""The configurations on the pages of FOLIO and Alma are ones that the hub takes, and their tables tell what the code does."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hub.catalog.alma.options import AlmaOptions, alma_options
from hub.catalog.folio.options import FolioOptions, folio_options
from hub.catalog.follow.config import CatalogSource
from shelfwire.config import read_data

PAGES = Path(__file__).resolve().parents[2] / "docs" / "catalogs"
BOTH = [("folio", folio_options, FolioOptions), ("alma", alma_options, AlmaOptions)]


@pytest.mark.parametrize(("kind", "options", "struct"), BOTH)
def test_the_page_shows_a_configuration_that_is_taken(
    kind: str, options: Callable[[dict[str, Any]], object], struct: type, tmp_path: Path
) -> None:
    text = (PAGES / f"{kind}.md").read_text(encoding="utf-8")
    block = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert block is not None
    (tmp_path / "hub.yaml").write_text(block[1], encoding="utf-8")
    (source,) = msgspec.convert(read_data(tmp_path / "hub.yaml")["catalogs"], list[CatalogSource])
    assert source.kind == kind
    assert isinstance(options(source.options), struct)


@pytest.mark.parametrize(("kind", "options", "struct"), BOTH)
def test_the_page_names_every_option(kind: str, options: object, struct: type[msgspec.Struct]) -> None:
    del options
    text = (PAGES / f"{kind}.md").read_text(encoding="utf-8")
    assert [name for name in struct.__struct_fields__ if f"`{name}" not in text] == []
