"""The zone model in simulated rooms, beside the loudest antenna and the plain likelihood; and its speed. Prints JSON.

    python bench/bench_zones.py --seeds 6
    python bench/bench_zones.py --seeds 0 --reads 1000000

Each room is recorded twice: reads of known zones to learn from, and later ones, in some rooms of other tags, to judge. Figures are means over the seeds; `least` is the smallest
lead in accuracy over the better of the two rules on one seed. Time is CPU time of the whole command, files read and written.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np

from firmware_sim.zones.replaying import Replayed, replay_zones
from firmware_sim.zones.rooms import ROOMS, Recorded, Room, record
from hub.belief.zones import Measure

WINDOWS_S = (1.0, 10.0)
RULES = ("model", "window_alone", "loudest_antenna", "plain_likelihood")


def save(recorded: Recorded, path: Path) -> None:
    """As a CSV file."""
    lines = [f"{t:.6f},{antenna},{tag},{rssi},,,z{zone}" for t, antenna, tag, rssi, zone in recorded.rows]
    path.write_text("\n".join(["t_s,antenna,tag,rssi_dbm,phase_rad,channel,zone", *lines, ""]))


def replayed(folder: Path, window_s: float) -> Replayed:
    """Both files of the folder."""
    return replay_zones(
        folder / "known.csv", folder / "reads.csv", window_s=window_s, smooth=False, say=lambda _: None
    )


def rooms(folder: Path, seeds: int) -> list[dict[str, object]]:
    """One entry a room and window."""
    found = []
    for room in ROOMS:
        scored: dict[float, list[dict[str, Measure]]] = {window_s: [] for window_s in WINDOWS_S}
        for seed in range(1, seeds + 1):
            known, reads = record(room, seed=seed)
            save(known, folder / "known.csv")
            save(reads, folder / "reads.csv")
            for window_s in WINDOWS_S:
                scored[window_s].append(replayed(folder, window_s).head["scored"])
        found += [entry(room, window_s, each) for window_s, each in scored.items()]
    return found


def entry(room: Room, window_s: float, scored: list[dict[str, Measure]]) -> dict[str, object]:
    """Means over the seeds."""
    named: dict[str, object] = {"room": room.name, "window_s": window_s}
    for rule in RULES:
        for what in ("accuracy", "log_loss", "calibration_error"):
            values = [getattr(each[rule], what) for each in scored]
            if None not in values:
                named[f"{rule}.{what}"] = round(float(np.mean(values)), 3)
    rules = ("loudest_antenna", "plain_likelihood")
    leads = [
        (each["model"].accuracy or 0.0) - max(each[rule].accuracy or 0.0 for rule in rules) for each in scored
    ]
    return {**named, "least": round(min(leads), 3)}


def speed(folder: Path, count: int) -> dict[str, object]:
    """`count` reads of 5,000 tags by eight antennas, a quarter as many of known zones."""
    dice = np.random.default_rng(1)
    for name, size in (("known.csv", count // 4), ("reads.csv", count)):
        tag = dice.integers(0, 5_000, size)
        zone = tag % 6
        antenna = (zone + dice.integers(0, 3, size)) % 8
        rssi = np.round(-55 - 4.0 * ((antenna - zone) % 8) + dice.normal(0, 4, size))
        t_s = dice.uniform(0, 3_600, size)
        rows = zip(t_s.tolist(), antenna.tolist(), tag.tolist(), rssi.tolist(), zone.tolist(), strict=True)
        save(Recorded(list(rows)), folder / name)
    began = time.process_time()
    found = replayed(folder, 10.0)
    found.write(folder / "report.json")
    return {"reads": count, "rows": len(found.rows), "cpu_s": round(time.process_time() - began, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--reads", type=int, default=0)
    asked = parser.parse_args()
    result: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as name:
        if asked.seeds:
            result["rooms"] = rooms(Path(name), asked.seeds)
        if asked.reads:
            result["speed"] = speed(Path(name), asked.reads)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
