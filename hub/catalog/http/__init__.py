"""Library systems over HTTP: one door, gentle and bounded."""
