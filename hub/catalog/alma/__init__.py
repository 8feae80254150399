"""Alma, read-only: items of named sets and states by barcode, through Ex Libris's documented interface."""
