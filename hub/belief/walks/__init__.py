"""Walks with a moving antenna as sweeps: which expected tags are gone, and which were only missed. Pure.

`judge` takes the sweeps in the order of time and says after each what to think of each tag; docs/walks.md has the model.
"""

from hub.belief.walks.judging import Judgement, judge
from hub.belief.walks.sweeps import Sweep

__all__ = ["Judgement", "Sweep", "judge"]
