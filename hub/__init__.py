"""The hub: intake, journal, catalogue, belief, findings, sweeps, store and series."""
