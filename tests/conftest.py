"""What holds for all rings: which servers a test needs, and what is said of those that did not run."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Final

import pytest

CHECKOUT: Final = Path(__file__).resolve().parent.parent
CACHE: Final = CHECKOUT / ".shelfwire"
IN_CI: Final = os.environ.get("CI", "").lower() in {"1", "true", "yes"}

_LACKS: Final = re.compile(r"needs (.+), not installed")
"""Why a test was skipped; read again at the end, because with several workers only their reports come back."""


def _found(need: str) -> bool:
    if need == "postgresql":
        return bool(shutil.which("postgres") or list(Path("/usr/lib/postgresql").glob("*/bin/postgres")))
    if need == "chromium":
        return any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    if need == "axe":
        return Path(os.environ.get("SHELFWIRE_AXE", CACHE / "node_modules/axe-core/axe.min.js")).exists()
    if need in {
        "pyllrp",
        "sllurp",
        "network",
    }:  # made on demand from the package registry, by the test itself
        return True
    program = {"influxdb": "influxd"}.get(need, need)
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin") is not None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Outside CI a test whose server is missing is skipped and its ring named; in CI it runs, and fails."""
    for item in items:
        for mark in item.iter_markers("needs"):
            missing = [need for need in mark.args if not _found(need)]
            if missing:
                reason = f"needs {', '.join(missing)}, not installed"
                item.add_marker(
                    pytest.mark.usefixtures("_missing_server") if IN_CI else pytest.mark.skip(reason=reason)
                )


@pytest.fixture
def _missing_server() -> None:
    pytest.fail("a server that this ring needs is not installed; in CI every ring runs")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The last lines say which rings did not run whole, and why."""
    missed: dict[str, set[str]] = {}
    for report in terminalreporter.stats.get("skipped", []):
        lacks = _LACKS.search(str(report.longrepr))
        if lacks is not None:
            ring = Path(report.nodeid).parts[1]
            missed.setdefault(ring, set()).update(lacks[1].split(", "))
    for ring, needs in sorted(missed.items()):
        terminalreporter.write_line(
            f"Ring {ring!r} did not run whole: not installed: {', '.join(sorted(needs))}"
        )
