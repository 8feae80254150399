"""Planned passes over an area that end in a report."""
