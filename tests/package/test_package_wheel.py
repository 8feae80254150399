"""What is shipped is what is tested: the wheel, in an empty environment, outside the repository."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from urllib.request import urlopen

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def _run(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=clean,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, (
        f"{command} ended with {done.returncode}:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    )
    return done


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment outside the repository that holds the wheel and what it depends on; its `bin`."""
    place = tmp_path_factory.mktemp("elsewhere")
    source = place / "source"
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    for name in filter(None, tracked):
        if (CHECKOUT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, source / name)
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", place, source, cwd=place)
    shutil.rmtree(source)
    (wheel,) = place.glob("shelfwire-*.whl")
    venv.create(place / "env", with_pip=True)
    bin_dir = place / "env" / "bin"
    _run(
        bin_dir / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel, cwd=place
    )
    return bin_dir


def test_the_wheel_runs_the_demo_outside_the_repository(installed: Path, tmp_path: Path) -> None:
    _run(installed / "shelfwire", "demo", "--for", 30, "--report", "out.json", cwd=tmp_path)
    report = json.loads((tmp_path / "out.json").read_text())
    assert report["reports"]["taken"] > 0
    assert report["reports"]["missing"] == 0
    assert sum(kind["true"] for kind in report["findings"].values()) > 0


def test_agent_hub_and_map_start_when_the_simulator_is_deleted(installed: Path, tmp_path: Path) -> None:
    (packages,) = (installed.parent / "lib").glob("python*/site-packages")
    away = packages / "firmware_sim"
    away.rename(tmp_path / "firmware_sim")
    try:
        for service in ("edge", "hub", "web"):
            assert "--config" in _run(installed / "shelfwire", service, "run", "--help", cwd=tmp_path).stdout
        _run(installed / "python", "-c", "import edge.agent, hub.service, web.app", cwd=tmp_path)
    finally:
        (tmp_path / "firmware_sim").rename(away)


def test_the_watch_page_and_all_its_parts_are_in_the_wheel(installed: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        [installed / "shelfwire", "sim", "watch", "--port", "0"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as watch:  # fmt: skip
        try:
            assert watch.stdout is not None
            address = watch.stdout.readline().removeprefix("watch: ").strip()
            with urlopen(address, timeout=20) as page:
                names = re.findall(r'(?:href|src)="/(static/[^"?]+)', page.read().decode())
            assert {"static/app.css", "static/watch.css", "static/watch.js"} <= set(names)
            for name in [*names, "static/draw.js", "static/parts.js"]:
                with urlopen(address + name, timeout=20) as part:
                    assert part.status == 200
        finally:
            watch.terminate()
