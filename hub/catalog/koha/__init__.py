"""Koha over its REST interface: items, their loan states and waiting holds; it only reads."""
