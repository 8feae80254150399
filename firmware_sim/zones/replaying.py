"""``shelfwire sim replay --zones``: recordings through the hub's zone model, and its report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from firmware_sim import outputs
from firmware_sim.zones.recording import Language, Recording, read_calibration, read_reads
from hub.belief.zones import Judgement, Model, judge, learn
from hub.belief.zones.judging import Silent, silent
from hub.belief.zones.learning import Weighing
from hub.belief.zones.measures import measure, measure_rule
from hub.belief.zones.reads import Floats, Ints, windows_of
from shelfwire.errors import InputError

FORMAT: Final = 1
FAULTS_SAID: Final = 20
_DIGITS: Final = 6


class Row(msgspec.Struct, frozen=True):
    """One tag in one window."""

    tag: str
    from_s: float
    to_s: float
    reads: int
    """0: not read; the probability is what was believed before, fading to the prior."""
    zone: str
    probability: float
    zones: dict[str, float]


@dataclass(frozen=True)
class Replayed:
    """What one replay gave."""

    head: dict[str, Any]
    rows: list[Row]
    left_out: int

    def write(self, path: Path) -> None:
        """The head, then one window a line. Raises as `outputs.write`."""
        head = msgspec.json.format(msgspec.json.encode(self.head), indent=2).decode().rstrip()
        lines = ",\n    ".join(msgspec.json.encode(row).decode() for row in self.rows)
        outputs.write(path, f'{head[:-1].rstrip()},\n  "windows": [\n    {lines}\n  ]\n}}\n')


def replay_zones(
    calibration: Path, reads: Path, *, window_s: float, smooth: bool, say: Callable[[str], object]
) -> Replayed:
    """Read both, learn, judge. Raises `InputError` when a file cannot be used at all; lines at fault are said and left out."""
    language = Language()
    known = read_calibration(calibration, language)
    asked = read_reads(reads, language)
    for each in (known, asked):
        _say_faults(each, say)
    zones = language.zones.texts
    try:
        model = learn(
            known.reads, window_s=window_s, antennas=len(language.antennas.number), zones=len(zones)
        )
    except InputError as fault:
        raise InputError(*(f"{calibration}: {line}" for line in fault.faults)) from fault
    found = judge(model, asked.reads, smooth=smooth)
    quiet = silent(model, asked.reads, found)
    head: dict[str, Any] = {
        "format": FORMAT,
        "window_s": window_s,
        "smoothed": smooth,
        "zones": zones,
        "antennas": language.antennas.texts,
        "calibration": _calibration(known, model, zones),
        "reads": _reads(asked, found, quiet, language),
        "notes": [*model.notes, *found.notes],
    }
    scored = _scored(asked, found, window_s)
    if scored is not None:
        head["scored"] = scored
    rows = list(_rows(found, quiet, language, window_s))
    return Replayed(head, rows, known.left_out + asked.left_out)


def _say_faults(found: Recording, say: Callable[[str], object]) -> None:
    for fault in found.faults[:FAULTS_SAID]:
        say(fault)
    if found.left_out > FAULTS_SAID:
        say(f"… and {found.left_out - FAULTS_SAID:,} more lines were left out")


def _calibration(known: Recording, model: Model, zones: list[str]) -> dict[str, Any]:
    return {
        "lines": known.lines,
        "left_out": known.left_out,
        "reads": len(known.reads),
        "tags": len(model.tags),
        "prior": dict(zip(zones, np.round(np.exp(model.prior), _DIGITS).tolist(), strict=True)),
        "known_tags": _weighing(model.of_known, model),
        "other_tags": _weighing(model.of_strangers, model),
        "faults": known.faults[:FAULTS_SAID],
    }


def _weighing(way: Weighing, model: Model) -> dict[str, Any]:
    return {"held_out": way.held, "memory": way.memory, "weights": model.named(way)}


def _reads(asked: Recording, found: Judgement, quiet: Silent, language: Language) -> dict[str, Any]:
    return {
        "lines": asked.lines,
        "left_out": asked.left_out,
        "reads": len(asked.reads),
        "tags": len(np.unique(asked.reads.tag)),
        "windows": len(found.tag),
        "silent_windows_told_of_each_gap": quiet.most,
        "unknown_antennas": asked.unknown_antennas,
        "antennas_off_for_a_time": [language.antennas.texts[at] for at in found.off],
        "faults": asked.faults[:FAULTS_SAID],
    }


def _scored(asked: Recording, found: Judgement, window_s: float) -> dict[str, Any] | None:
    """Held against the zones that the file of reads tells itself, if it does; they are used for nothing else."""
    if not asked.told_zones:
        return None
    zone = windows_of(asked.reads, asked.reads.rssi, window_s, pure=0.5).zone
    at = np.flatnonzero(zone >= 0)
    return {
        "model": measure(found.belief[at], zone[at]),
        "window_alone": measure(found.alone[at], zone[at]),
        "loudest_antenna": measure_rule(found.loudest[at], zone[at]),
        "plain_likelihood": measure(found.plain[at], zone[at]),
    }


def _rows(found: Judgement, quiet: Silent, language: Language, window_s: float) -> Iterator[Row]:
    tags, zones = language.tags.texts, language.zones.texts
    tag = np.concatenate([found.tag, quiet.tag])
    number = np.concatenate([found.number, quiet.number])
    reads = np.concatenate([found.reads, np.zeros(len(quiet.tag), dtype=np.int64)])
    belief = np.concatenate([found.belief, quiet.belief])
    order: Ints = np.lexsort((number, tag))
    shown: Floats = np.round(belief[order], _DIGITS)
    top = belief[order].argmax(axis=1)
    for its, when, count, share, best in zip(
        tag[order].tolist(),
        number[order].tolist(),
        reads[order].tolist(),
        shown.tolist(),
        top.tolist(),
        strict=True,
    ):
        from_s, to_s = round(when * window_s, 6), round((when + 1) * window_s, 6)
        yield Row(
            tags[its], from_s, to_s, count, zones[best], share[best], dict(zip(zones, share, strict=True))
        )
