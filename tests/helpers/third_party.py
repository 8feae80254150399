"""Other people's LLRP programs, each in an environment of its own: never imported by us, only started and asked.

The environments are made on demand below ``SHELFWIRE_CACHE`` (default: ``.shelfwire`` in the checkout).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(__file__).parent / "programs"

PYLLRP = ("pyllrp==3.1.1", "bitstring<5")
"""MIT; breaks with bitstring 5."""
SLLURP = ("sllurp==3.0.5",)
"""GPL-3.0-only: only ever a separate program."""


def environment(requirements: Sequence[str]) -> Path:
    """The interpreter of an environment with `requirements`, made at first use.

    Where it cannot be made (no network), the test is skipped with the reason; in CI it fails.
    """
    cache = Path(os.environ.get("SHELFWIRE_CACHE", CHECKOUT / ".shelfwire")) / "third-party"
    mark = hashlib.blake2s(" ".join((*requirements, sys.version)).encode(), digest_size=6).hexdigest()
    place = cache / mark
    if not place.exists():
        cache.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=cache, prefix=f"{mark}-"))
        try:
            _make(fresh, requirements)
            fresh.rename(place)  # at once or not at all, should two runs make it
        except (OSError, subprocess.SubprocessError) as fault:
            shutil.rmtree(fresh, ignore_errors=True)
            if not place.exists():
                _cannot(requirements, fault)
    return place / "bin" / "python"


def _make(place: Path, requirements: Sequence[str]) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True, capture_output=True, timeout=120)
    install = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", *requirements]
    subprocess.run(install, check=True, capture_output=True, timeout=300)


def _cannot(requirements: Sequence[str], fault: Exception) -> None:
    said = getattr(fault, "stderr", b"") or b""
    reason = f"cannot install {', '.join(requirements)}: {fault} {said.decode(errors='replace')[-300:]}"
    if os.environ.get("CI", "").lower() in {"1", "true", "yes"}:
        pytest.fail(reason)
    pytest.skip(reason)


def run(
    requirements: Sequence[str], program: str, *arguments: str, given: str = "", timeout_s: float = 50
) -> str:
    """What the program ``programs/<program>`` prints in the environment of `requirements`."""
    done = subprocess.run(
        [str(environment(requirements)), str(PROGRAMS / program), *arguments],
        input=given,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
