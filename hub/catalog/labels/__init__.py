"""Shelf labels: their tables, what is wrong with them, and borders learned from the shelves."""
