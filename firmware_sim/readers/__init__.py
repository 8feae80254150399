"""Reader emulators: boxes that a driver cannot tell from a modest real reader."""
