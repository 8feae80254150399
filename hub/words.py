"""What a message says about a finding: the item's barcode and the sentence that says why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from hub.effects import Finding
from hub.findings.sentences import sentence
from hub.views import FindingView

_SHARED: Final = tuple(
    name for name in Finding.__struct_fields__ if name in set(FindingView.__struct_fields__)
)


class FindingRows(Protocol):
    """What is asked of `hub.store.read.StoreReader`."""

    def finding(self, finding_id: str) -> FindingView | None:
        """One finding with its item's words."""
        ...


class StoreWords:
    """Looks the item up in the store. Raises `AwayError` while the database is away."""

    def __init__(self, readers: Mapping[str, FindingRows]) -> None:
        self._readers = readers

    def __call__(self, site: str, finding: Finding) -> tuple[str | None, str]:
        """(barcode, sentence)."""
        view = self._readers[site].finding(finding.id)
        return (view.barcode if view is not None else None), sentence(finding)


def sentence_of(view: FindingView) -> str:
    """The sentence of a finding that was read back from the store."""
    return sentence(Finding(**{name: getattr(view, name) for name in _SHARED}))
