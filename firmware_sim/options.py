"""Options that several commands of the simulator share, so that they mean the same everywhere."""

from __future__ import annotations

import click

from firmware_sim.seeds import MAX_SEED

SEEDS = click.IntRange(0, MAX_SEED)

seed = click.option(
    "--seed", default=1, show_default=True, type=SEEDS, help="Another seed is another library."
)
"""``--seed``."""

items = click.option(
    "--items", type=click.IntRange(min=1, max=25_000_000), help="So many items instead of the scenario's."
)
"""``--items``: as many as a scenario may have."""
