"""The script that every contributor calls first: what it does on a machine where something is missing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
TOOLS = ("bash", "cat", "chmod", "cksum", "dirname", "env", "grep", "ls", "mkdir", "rm", "sed")

PYTHON = """#!/usr/bin/env bash
# A python whose `venv` fails half-way, as Debian's does without python3-venv, while the file `broken` is there.
[ "$1" = -c ] && exit 0
echo made >>"$LOG"
folder=${@: -1}
mkdir -p "$folder/bin"
echo home >"$folder/pyvenv.cfg"
printf '#!/usr/bin/env bash\\nexit 1\\n' >"$folder/bin/python"
chmod +x "$folder/bin/python"
[ -f "$BROKEN" ] && exit 1
printf '#!/usr/bin/env bash\\nexit 0\\n' >"$folder/bin/python"
printf '#!/usr/bin/env bash\\necho "it runs in $PWD"\\n' >"$folder/bin/shelfwire"
chmod +x "$folder/bin/shelfwire"
"""


class Place:
    """A checkout with nothing but `run`, on a machine that has the plainest tools and what a test adds."""

    def __init__(self, folder: Path) -> None:
        self.checkout, self.bin = folder / "checkout", folder / "bin"
        self.log, self.broken = folder / "log", folder / "broken"
        self.checkout.mkdir()
        self.bin.mkdir()
        shutil.copy(CHECKOUT / "run", self.checkout)
        (self.checkout / "pyproject.toml").write_text("[project]\n")
        for name in TOOLS:
            (self.bin / name).symlink_to(shutil.which(name) or name)
        self.log.touch()

    def add(self, name: str, text: str) -> None:
        """A program."""
        path = self.bin / name
        path.write_text(text)
        path.chmod(0o755)

    def run(self, *words: str, folder: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        """`run WORDS` in the checkout or in another folder."""
        known = more | {
            "PATH": str(self.bin),
            "LOG": str(self.log),
            "BROKEN": str(self.broken),
            "LANG": "C.UTF-8",
        }
        return subprocess.run(
            [str(self.bin / "bash"), str(self.checkout / "run"), *words],
            cwd=folder or self.checkout, env=known, capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_an_environment_that_could_not_be_made_is_made_by_the_next_run(place: Place) -> None:
    place.add("python3", PYTHON)
    place.broken.touch()
    failed = place.run("shelfwire")
    assert failed.returncode == 2
    assert failed.stderr.rstrip().endswith("apt install python3-venv")
    assert not (place.checkout / ".venv").exists()
    place.broken.unlink()
    assert place.run("shelfwire").stdout.startswith("it runs in")


def test_an_environment_that_was_left_half_made_is_made_again_and_a_whole_one_is_kept(place: Place) -> None:
    place.add("python3", PYTHON)
    venv = place.checkout / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "pyvenv.cfg").touch()
    (venv / "bin/python").write_text("#!/usr/bin/env bash\nexit 1\n")
    (venv / "bin/python").chmod(0o755)
    assert place.run("shelfwire").stdout.startswith("it runs in")
    (place.checkout / "pyproject.toml").write_text("[project]\nname = 'later'\n")
    assert place.run("shelfwire").stdout.startswith("it runs in")
    assert place.log.read_text() == "made\n"


def test_a_folder_that_is_no_environment_is_never_cleared(place: Place) -> None:
    place.add("python3", PYTHON)
    venv = place.checkout / ".venv"
    venv.mkdir()
    (venv / "thesis.txt").write_text("ten years")
    assert place.run("shelfwire").returncode == 2
    assert (venv / "thesis.txt").exists()


def test_without_a_python_that_is_the_last_word(place: Place) -> None:
    failed = place.run("demo")
    assert failed.returncode == 2
    assert failed.stderr.startswith("error: Python 3.11 or newer was not found")
    assert failed.stderr.count("\n") == 1


def test_one_package_that_a_distribution_lacks_keeps_no_other_away(place: Place) -> None:
    place.add("python3", PYTHON)
    place.add("id", "#!/usr/bin/env bash\necho 0\n")
    place.add(
        "apt-get",
        '#!/usr/bin/env bash\n[ "$1" = install ] || exit 1\n'
        'case "$*" in *chromium*) exit 100;; *) echo "got ${@: -1}" >>"$LOG";; esac\n',
    )
    said = place.run("test").stderr
    assert "got fonts-noto-cjk" in place.log.read_text().splitlines()
    assert "Could not install chromium (" in said


@pytest.mark.parametrize("words", [("shelfwire", "sim"), ("demo",)])
@pytest.mark.parametrize("venv", [{}, {"SHELFWIRE_VENV": "elsewhere"}])
def test_relative_files_are_those_of_the_callers_folder(
    place: Place, tmp_path: Path, words: tuple[str, ...], venv: dict[str, str]
) -> None:
    place.add("python3", PYTHON)
    own = tmp_path / "my own"
    own.mkdir()
    done = place.run(*words, folder=own, **venv)
    assert done.stdout == f"it runs in {own}\n", done.stderr
    assert list(own.iterdir()) == []
