"""Which zone a tag is in, from reads of several antennas that hang still: learned from reads of known zones, weighed window by window. Pure.

The model, its numbers and where it fails: docs/belief.md, "Zones from recorded reads". Public names: `Reads`, `Model`, `Judgement`, `Measure`, `learn`, `judge`.
"""

from hub.belief.zones.judging import Judgement, judge
from hub.belief.zones.learning import Model, learn
from hub.belief.zones.measures import Measure
from hub.belief.zones.reads import Reads

__all__ = ["Judgement", "Measure", "Model", "Reads", "judge", "learn"]
