"""Recorded and simulated walks through the hub's model of sweeps."""
