"""Walks as sweeps in simulated shops: are promises kept, what is falsely called lost, how soon are tags found that left. Prints JSON.

    python bench/bench_walks.py --seeds 36
    python bench/bench_walks.py --seeds 12 --cut 0.5
    python bench/bench_walks.py --seeds 12 --no-panels

915 articles on 27 panels, six walks; budget, sessions and spread of the tags go by the seed, and so does what is taken out: 5 % from walk 4 on, 1 % from walk 3 on, nothing.
`--cut`: walks 4–6 end after that share of their time.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np

from firmware_sim.calibrate.shop import panels
from firmware_sim.walks.removing import Removal
from firmware_sim.walks.shops import REMOVALS, Tried, attempt, cut, sweeps

BINS = (0.0, 0.01, 0.05, 0.2, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0)


def reliability(tried: list[Tried]) -> list[dict[str, object]]:
    """What was promised of silent tags, and what was true."""
    promised = np.concatenate([one.promised for one in tried])
    gone = np.concatenate([one.gone for one in tried])
    bins = np.digitize(promised, BINS[1:-1])
    return [
        {
            "from": BINS[its],
            "to": BINS[its + 1],
            "tags": int((bins == its).sum()),
            "promised": round(float(promised[bins == its].mean()), 4),
            "true": round(float(gone[bins == its].mean()), 4),
        }
        for its in np.unique(bins).tolist()
    ]


def kept(tried: list[Tried], above: float) -> dict[str, object]:
    """Of the tags that two silent walks make gone with this probability or more."""
    promised = np.concatenate([one.promised for one in tried])
    asked = (promised >= above) & (np.concatenate([one.silent_walks for one in tried]) >= 2)
    gone = np.concatenate([one.gone for one in tried])[asked]
    return {
        "above": above,
        "tags": len(gone),
        "wrong": int((~gone).sum()),
        "wrong_promised": round(float((1.0 - promised[asked]).sum()), 1),
    }


def soon(tried: list[Tried]) -> list[dict[str, object]]:
    """Shares of what left, by silent walks."""
    most = max((len(one.found) for one in tried), default=0)
    rows: list[dict[str, object]] = []
    for walk in range(most):
        removed, lost, either = np.sum([one.found[walk] for one in tried if len(one.found) > walk], axis=0)
        rows.append(
            {
                "silent_walks": walk + 1,
                "removed": int(removed),
                "lost": round(float(lost / removed), 3),
                "lost_or_suspected": round(float(either / removed), 3),
            }
        )
    return rows


def main() -> None:
    """Parse, try all shops, print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seeds", type=int, default=12)
    asked.add_argument("--first", type=int, default=1, help="First seed.")
    asked.add_argument("--cut", type=float)
    asked.add_argument("--no-panels", action="store_true")
    given = asked.parse_args()
    tried: dict[tuple[float, int], list[Tried]] = {removal: [] for removal in REMOVALS}
    seconds = 0.0
    for seed in range(given.first, given.first + given.seeds):
        walks = sweeps(seed)
        if given.cut is not None:
            walks = cut(walks, 4, given.cut)
        removal = REMOVALS[seed % len(REMOVALS)]
        began = time.process_time()
        tried[removal].append(attempt(walks, Removal(*removal, seed), None if given.no_panels else panels()))
        seconds += time.process_time() - began
    every = [one for some in tried.values() for one in some]
    report = {
        "shops": len(every),
        "cpu_s_a_shop": round(seconds / max(len(every), 1), 2),
        "falsely_lost": {
            f"{share} from walk {walk}": {
                "shops": len(some),
                "tags": sum(one.falsely_lost for one in some),
                "soon": soon(some),
            }
            for (share, walk), some in tried.items()
        },
        "kept": [kept(every, above) for above in (0.9, 0.95, 0.98, 0.99)],
        "reliability": reliability(every),
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
