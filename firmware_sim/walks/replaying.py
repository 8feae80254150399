"""``shelfwire sim replay --sweeps``: recorded walks through the hub's model of sweeps, and its report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from firmware_sim import outputs
from firmware_sim.walks.recording import Expected, Recorded, read_expected, read_walk
from firmware_sim.walks.removing import After, Removal, remove, soon
from hub.belief.walks import Judgement, Sweep, judge
from hub.belief.walks.judging import LOST, SUSPECTED, VERDICTS
from hub.belief.walks.settings import COVERED_ABOVE, LOST_ABOVE, LOST_WALKS, SUSPECTED_ABOVE
from shelfwire.errors import InputError

FORMAT: Final = 1
MOST_WALKS: Final = 200
"""Time grows with their square."""
FAULTS_SAID: Final = 20
_DIGITS: Final = 4


@dataclass(frozen=True)
class Replayed:
    """What one replay gave."""

    head: dict[str, Any]
    tags: list[dict[str, Any]]
    table: str
    left_out: int

    def write(self, path: Path) -> None:
        """The head, then one tag a line. Raises as `outputs.write`."""
        head = msgspec.json.format(msgspec.json.encode(self.head), indent=2).decode().rstrip()
        lines = ",\n    ".join(msgspec.json.encode(tag).decode() for tag in self.tags)
        outputs.write(path, f'{head[:-1].rstrip()},\n  "tags": [\n    {lines}\n  ]\n}}\n')


def replay_sweeps(
    expected: Path, walks: Sequence[Path], *, removal: Removal | None, say: Callable[[str], object]
) -> Replayed:
    """Read all, judge after each walk. Raises `InputError` when a file cannot be used at all; lines at fault are said and left out."""
    if len(walks) > MOST_WALKS:
        raise InputError(f"{len(walks)} walks; at most {MOST_WALKS}")
    known = read_expected(expected)
    recorded = [read_walk(path, known) for path in walks]
    _say_faults(known.faults, known.left_out, say)
    for one in recorded:
        _say_faults(one.faults, one.left_out, say)
    sweeps, out = [one.sweep for one in recorded], np.zeros(0, dtype=np.int64)
    if removal is not None:
        sweeps, out = remove(sweeps, removal)
    found = judge(sweeps, known.place)
    head: dict[str, Any] = {
        "format": FORMAT,
        "expected": len(known.tags),
        "panels": len({panel for panel in known.panels if panel}),
        "suspected_above": SUSPECTED_ABOVE,
        "lost_above": LOST_ABOVE,
        "lost_walks": LOST_WALKS,
        "walks": [
            {"walk": number, "file": str(path)} | _walk(one, sweep, after, known)
            for number, (path, one, sweep, after) in enumerate(
                zip(walks, recorded, sweeps, found, strict=True), start=1
            )
        ],
        "lost": _listed(found[-1], LOST, known),
        "suspected": _listed(found[-1], SUSPECTED, known),
        "notes": _notes(walks, recorded, known),
    }
    after_removal = soon(found, out, removal.from_walk) if removal is not None else []
    if removal is not None:
        head["removed"] = {
            "share": removal.share,
            "from_walk": removal.from_walk,
            "seed": removal.seed,
            "tags": [known.tags[at] for at in out.tolist()],
            "after": after_removal,
        }
    left_out = known.left_out + sum(one.left_out for one in recorded)
    rows = _rows(known, sweeps, found, set(out.tolist()))
    return Replayed(head, rows, _table(head["walks"], after_removal, head["notes"]), left_out)


def _say_faults(faults: list[str], left_out: int, say: Callable[[str], object]) -> None:
    for fault in faults[:FAULTS_SAID]:
        say(fault)
    if left_out > FAULTS_SAID:
        say(f"… and {left_out - FAULTS_SAID:,} more lines were left out")


def _walk(one: Recorded, sweep: Sweep, after: Judgement, known: Expected) -> dict[str, Any]:
    read = int((sweep.reads > 0).sum())
    walked = after.covered > COVERED_ABOVE
    panels = {panel for panel, its in zip(known.panels, walked.tolist(), strict=True) if panel and not its}
    lasting, session, around, lapse = astuple(after.habits)
    return {
        "session": sweep.session,
        "seconds": round(one.seconds, 3),
        "reads": one.reads,
        "reads_of_expected": int(sweep.reads.sum()),
        "strays": one.strays,
        "read": read,
        "missing": len(sweep) - read,
        "missed_foretold": round(float((after.missed * walked).sum()), 1),
        "not_walked": int((~walked).sum()),
        "panels_not_walked": sorted(panels),
        "verdicts": {word: int((after.verdict == at).sum()) for at, word in enumerate(VERDICTS)},
        "surest": round(float(after.gone.max(initial=0.0)), _DIGITS),
        "suspected": _listed(after, SUSPECTED, known),
        "lost": _listed(after, LOST, known),
        "habits": {
            "lasting": round(lasting, _DIGITS),
            "session": round(session, _DIGITS),
            "around": round(around, _DIGITS),
            "lapse": round(lapse, _DIGITS),
        },
        "leaves": np.round(after.leaves, 6).tolist(),
        "left_out": one.left_out,
    }


def _listed(after: Judgement, verdict: int, known: Expected) -> list[dict[str, Any]]:
    """The surest first."""
    rows = np.flatnonzero(after.verdict == verdict)
    rows = rows[np.argsort(-after.gone[rows], kind="stable")]
    return [
        {
            "tag": known.tags[at],
            "panel": known.panels[at],
            "probability": round(float(after.gone[at]), _DIGITS),
            "silent_walks": int(after.silent_walks[at]),
        }
        for at in rows.tolist()
    ]


def _rows(
    known: Expected, sweeps: Sequence[Sweep], found: Sequence[Judgement], out: set[int]
) -> list[dict[str, Any]]:
    reads = np.array([sweep.reads for sweep in sweeps]).T.tolist()
    verdicts = np.array([after.verdict for after in found]).T.tolist()
    gone = np.round(np.array([after.gone for after in found]).T, _DIGITS).tolist()
    rows = []
    for at, (tag, panel) in enumerate(zip(known.tags, known.panels, strict=True)):
        row = {
            "tag": tag,
            "panel": panel,
            "verdict": VERDICTS[verdicts[at][-1]],
            "probability": gone[at][-1],
            "reads": reads[at],
            "verdicts": [VERDICTS[one] for one in verdicts[at]],
            "probabilities": gone[at],
        }
        rows.append(row | ({"removed": True} if at in out else {}))
    return rows


def _notes(walks: Sequence[Path], recorded: Sequence[Recorded], known: Expected) -> list[str]:
    """What is odd about the files."""
    notes = []
    if len(walks) == 1:
        notes.append("one walk alone calls nothing lost: misses of one walk are one witness")
    if known.place is None:
        notes.append("no panels are told: neighbours are found by the order in which tags are read")
    numbers = [one.experiments[0] for one in recorded if len(one.experiments) == 1]
    if len(numbers) == len(recorded) and all(number.isdecimal() for number in numbers):
        whole = [int(number) for number in numbers]
        if whole != sorted(whole):
            notes.append(
                f"the experiments come in the order {', '.join(numbers)}; walks are taken in the order given"
            )
    for path, one in zip(walks, recorded, strict=True):
        if len(one.experiments) > 1:
            notes.append(f"{path}: holds {len(one.experiments)} experiments; it is taken for one walk")
        if len(one.sessions) > 1:
            notes.append(
                f"{path}: holds reads of several sessions; {one.sessions[0] or 'not told'} is the commonest"
            )
        if one.of_expected == 0:
            notes.append(f"{path}: no expected tag was read; nothing was looked at")
        read = int((one.sweep.reads > 0).sum())
        if one.strays > read:
            notes.append(
                f"{path}: {one.strays} of the {one.strays + read} tags that were read are not among the expected ones: "
                "is it the list of this place, and are tags written in it as in the walk?"
            )
    return notes


def _table(walks: Sequence[dict[str, Any]], after: Sequence[After], notes: Sequence[str]) -> str:
    """For people; 100 characters wide."""
    lines = ["walk  session   read  missing  missed  suspected  lost  not looked at  surest"]
    for one in walks:
        count = one["verdicts"]
        lines.append(
            f"{one['walk']:>4}  {one['session'] or '-':<7}  {one['read']:>5}  {one['missing']:>7}  {count['missed']:>6}"
            f"  {count['suspected']:>9}  {count['lost']:>4}  {count['not_looked_at']:>13}  {one['surest']:>6.3f}"
        )
    lines.append(
        "missing = missed (as such tags are) + suspected + lost + not looked at; surest: highest probability of being gone."
    )
    if after:
        lines += ["", f"{after[0].removed} tags taken out from walk {after[0].walk} on:"]
        lines.append("silent walks  lost  suspected  not yet  mean probability  there, but called lost")
        lines += [
            f"{one.silent_walks:>12}  {one.lost:>4}  {one.suspected:>9}  {one.removed - one.lost - one.suspected:>7}"
            f"  {one.mean_probability:>16.3f}  {one.called_lost_but_there:>22}"
            for one in after
        ]
    return "\n".join([*lines, *(f"note: {note}" for note in notes)])
