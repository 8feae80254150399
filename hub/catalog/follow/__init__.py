"""Following library systems: listings at intervals, and questions about the items that the shelves speak of."""
