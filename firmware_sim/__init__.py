"""A library that does not exist: books, people, radio, readers, faults; scoring and the demo."""
