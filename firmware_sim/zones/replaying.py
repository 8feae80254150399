"""``shelfwire sim replay --zones``: recordings through the hub's zone model, and its report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
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
from hub.belief.zones.reads import Bools, Floats, Ints, Reads, windows_of
from shelfwire.errors import InputError

FORMAT: Final = 1
FAULTS_SAID: Final = 20
LINES_SHOWN: Final = 20
FEW_WINDOWS: Final = 20
"""Calibration windows a zone, on the mean: with fewer it is told that the model can be sure of nothing."""
_DIGITS: Final = 6


class Row(msgspec.Struct, frozen=True):
    """One tag in one window."""

    tag: str
    from_s: float
    to_s: float
    reads: int
    """0: not read; the probability is what was believed before, fading to the prior."""
    zone: str | None
    """None: no antenna that the calibration knows had read it so far, so there is no answer."""
    probability: float | None
    zones: dict[str, float]
    """Empty where there is no answer."""


@dataclass(frozen=True)
class Replayed:
    """What one replay gave."""

    head: dict[str, Any]
    rows: list[Row]
    left_out: int

    @property
    def table(self) -> str:
        """For people: the first windows, and how many more there are."""
        if not self.rows:
            return "no windows"
        told = [("tag", "window, s", "reads", "zone", "probability")]
        for row in self.rows[:LINES_SHOWN]:
            sure = "" if row.probability is None else f"{row.probability:.2f}"
            span = f"{row.from_s:g}\N{EN DASH}{row.to_s:g}"
            told.append((row.tag, span, str(row.reads), row.zone or "no answer", sure))
        wide = [max(map(len, column)) for column in zip(*told, strict=True)]
        lines = [
            "  ".join(f"{cell:{size}}" for cell, size in zip(line, wide, strict=True)).rstrip()
            for line in told
        ]
        if len(self.rows) > LINES_SHOWN:
            lines.append(f"… and {len(self.rows) - LINES_SHOWN:,} more; --report FILE has all")
        return "\n".join(lines)

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
    for one in (known, asked):
        _say_faults(one, say)
    zones = language.zones.texts
    try:
        model = learn(
            known.reads, window_s=window_s, antennas=len(language.antennas.number), zones=len(zones)
        )
    except InputError as fault:
        raise InputError(*(f"{calibration}: {line}" for line in fault.faults)) from fault
    each = windows_a_zone(known.reads, window_s, len(zones))
    found = widened(judge(model, asked.reads, smooth=smooth), model, least_doubt(each * len(zones)))
    quiet = silent(model, asked.reads, found)
    head: dict[str, Any] = {
        "format": FORMAT,
        "window_s": window_s,
        "smoothed": smooth,
        "zones": zones,
        "antennas": language.antennas.texts,
        "calibration": _calibration(known, model, zones),
        "reads": _reads(asked, found, quiet, language),
        "notes": [
            *_about_zones(len(zones), each),
            *model.notes,
            *found.notes,
            *_about_reads(asked, found, quiet),
        ],
    }
    scored = _scored(asked, found, window_s)
    if scored is not None:
        head["scored"] = scored
    rows = list(_rows(found, quiet, language, window_s))
    return Replayed(head, rows, known.left_out + asked.left_out)


def windows_a_zone(reads: Reads, window_s: float, zones: int) -> float:
    """Calibration windows, on the mean of the zones."""
    number = np.floor(reads.t_s / window_s).astype(np.int64)
    order = np.lexsort((reads.zone, number, reads.tag))
    new = np.zeros(max(len(order) - 1, 0), dtype=np.bool_)
    for column in (reads.tag, number, reads.zone):
        new |= np.diff(column[order]) != 0
    return (int(new.sum()) + bool(len(order))) / zones


def least_doubt(windows: float) -> float:
    """Share of what is shown that is spread evenly, whatever was learned: n windows that were all right leave an error of 1/(n + 2) open (rule of succession)."""
    return 1.0 / (windows + 2.0)


def widened(found: Judgement, model: Model, least: float) -> Judgement:
    """With at least that share of doubt in each probability: few calibration windows choose the smallest one by luck. Evenly, so that no other zone becomes the likeliest."""
    if model.zones == 1:
        return found
    known = np.isin(found.tag, model.tags)
    doubt = np.where(known, model.of_known.memory.doubt, model.of_strangers.memory.doubt)
    more = np.maximum(0.0, 1.0 - (1.0 - least) / (1.0 - doubt))[:, None]
    return replace(found, belief=(1.0 - more) * found.belief + more / model.zones)


def _about_zones(zones: int, windows: float) -> list[str]:
    if zones == 1:
        return [
            "the calibration knows one zone only: every answer is that zone, whatever was read, and says nothing"
        ]
    if windows < FEW_WINDOWS:
        return [
            f"the calibration has {windows:.3g} windows a zone, fewer than {FEW_WINDOWS}: {least_doubt(windows * zones):.0%} of what is shown is spread over all zones; calibrate longer"
        ]
    return []


def _about_reads(asked: Recording, found: Judgement, quiet: Silent) -> list[str]:
    said = []
    if not len(asked.reads):
        said.append("the file of reads holds no read: there is nothing to say")
    if asked.unknown_zones:
        some = ", ".join(asked.unknown_zones[:5]) + (", …" if len(asked.unknown_zones) > 5 else "")  # noqa: PLR2004 (a line)
        said.append(
            f"the reads name {len(asked.unknown_zones)} zones that the calibration does not know ({some}): their windows are not scored"
        )
    if unanswered := int((~_answered(found, quiet)).sum()):
        said.append(
            f"{unanswered} windows have no answer: no antenna that the calibration knows had read the tag so far"
        )
    return said


def _answered(found: Judgement, quiet: Silent) -> Bools:
    """Of each silent window, whether the tag was judged before it."""
    tags, at = np.unique(found.tag, return_index=True)
    if not len(tags):
        return np.zeros(len(quiet.tag), dtype=np.bool_)
    place = np.minimum(np.searchsorted(tags, quiet.tag), len(tags) - 1)
    answered: Bools = (tags[place] == quiet.tag) & (found.number[at[place]] < quiet.number)
    return answered


def _say_faults(found: Recording, say: Callable[[str], object]) -> None:
    for fault in found.faults[:FAULTS_SAID]:
        say(fault)
    if beyond := found.beyond + len(found.faults[FAULTS_SAID:]):
        say(f"… and {beyond:,} more lines were left out")


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
    answered = np.concatenate([np.ones(len(found.tag), dtype=np.bool_), _answered(found, quiet)])[order]
    for its, when, count, share, best, told in zip(
        tag[order].tolist(),
        number[order].tolist(),
        reads[order].tolist(),
        shown.tolist(),
        top.tolist(),
        answered.tolist(),
        strict=True,
    ):
        from_s, to_s = round(when * window_s, 6), round((when + 1) * window_s, 6)
        if not told:
            yield Row(tags[its], from_s, to_s, count, None, None, {})
            continue
        yield Row(
            tags[its], from_s, to_s, count, zones[best], share[best], dict(zip(zones, share, strict=True))
        )
