"""What holds for all rings: which servers a test needs, and what is said of those that did not run."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings

CHECKOUT: Final = Path(__file__).resolve().parent.parent
CACHE: Final = CHECKOUT / ".shelfwire"
IN_CI: Final = os.environ.get("CI", "").lower() in {"1", "true", "yes"}

settings.register_profile("shelfwire", deadline=None)
settings.load_profile("shelfwire")
"""No limit for a single example: two workers share the machine. Each test has one as a whole (pyproject.toml)."""

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


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test whose server is missing is skipped and its ring named at the end; in CI, where every ring runs, it fails."""
    missing = [need for mark in item.iter_markers("needs") for need in mark.args if not _found(need)]
    if missing:
        reason = f"needs {', '.join(missing)}, not installed"
        if IN_CI:
            pytest.fail(f"{reason}; in CI every ring runs")
        pytest.skip(reason)


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
