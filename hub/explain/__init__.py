"""Why an item is believed where it is, now and in the past: the candidates, the evidence that weighs most, and what is missing."""
