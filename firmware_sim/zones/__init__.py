"""Recorded reads of known zones: reading the files, running the hub's zone model over them, and simulated rooms to try it in."""
