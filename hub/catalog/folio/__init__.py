"""FOLIO, read-only: items and their states through mod-inventory's documented interface."""
