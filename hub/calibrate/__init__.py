"""Which shelf is heard by what, and what an installer should do next. Reads the hub's snapshot only."""
