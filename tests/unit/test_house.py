"""The house keeps its own rules: rooms, doors, and documents that are true to the code."""

from __future__ import annotations

import re
import subprocess
import tomllib
from importlib.metadata import distribution, entry_points
from pathlib import Path

import pytest

from shelfwire.data import config_dir

CHECKOUT = Path(__file__).resolve().parents[2]
ROOMS = {"shelfwire", "edge", "hub", "web", "firmware_sim", "config", "tests", "docs", "bench", ".ci"}
FILES = {
    "run", "pyproject.toml", "README.md", "LICENSE", "NOTICE", "CHANGELOG.md", "CONTRIBUTING.md", ".gitignore", ".gitattributes",
}  # fmt: skip


def tracked() -> list[str]:
    """The files of the checkout, as git knows them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    return [name for name in listed.stdout.split("\0") if name and (CHECKOUT / name).exists()]


def test_there_is_no_room_that_the_design_does_not_name() -> None:
    top = {name.split("/")[0] for name in tracked()}
    assert top <= ROOMS | FILES


def test_tests_hold_no_package_that_could_shadow_a_room() -> None:
    assert not [name for name in tracked() if name.startswith("tests/") and name.endswith("__init__.py")]


def test_test_files_have_names_of_their_own() -> None:
    names = [Path(name).name for name in tracked() if re.match(r"tests/.*test_.*\.py$", name)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("document", sorted(path.name for path in (CHECKOUT / "docs").glob("*.md")))
def test_every_file_that_a_document_names_exists(document: str) -> None:
    text = (CHECKOUT / "docs" / document).read_text(encoding="utf-8")
    named = re.findall(
        r"`((?:shelfwire|edge|hub|web|firmware_sim|config|tests|bench|docs)/(?:[\w./-]*(?:/|\.\w+))?)`", text
    )
    links = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]
    missing = [name for name in named if not (CHECKOUT / name.rstrip("/")).exists()]
    missing += [link for link in links if not (CHECKOUT / "docs" / link).exists()]
    assert not missing


def test_every_command_that_is_registered_loads() -> None:
    for group in ("shelfwire.commands", "shelfwire.readers", "shelfwire.catalogs"):
        for entry in entry_points(group=group):
            if entry.dist is not None and entry.dist.name == "shelfwire":
                assert callable(entry.load()), entry


def test_every_command_of_the_readme_exists() -> None:
    text = "\n".join(
        (CHECKOUT / name).read_text(encoding="utf-8")
        for name in tracked()
        if name.endswith(".md") and not name.startswith("tests/")
    )
    commands = {entry.name for entry in entry_points(group="shelfwire.commands")}
    named = set(re.findall(r"`shelfwire ([a-z]+)", text)) | set(
        re.findall(r"^shelfwire ([a-z]+)", text, re.MULTILINE)
    )
    assert named <= commands


def test_shipped_data_is_found_from_the_checkout() -> None:
    assert config_dir() == CHECKOUT / "config"


def test_no_dependency_is_under_gpl_or_agpl() -> None:
    wanted = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "dependencies"
    ]
    for requirement in wanted:
        name = re.split(r"[<>=!\[; ]", requirement)[0]
        meta = distribution(name).metadata
        licence = " ".join(
            value
            for field in ("License-Expression", "License", "Classifier")
            for value in (meta.get_all(field) or [])
        )
        assert not re.search(r"(?<![L])GPL|GNU (Affero )?General Public", licence), f"{name}: {licence}"
