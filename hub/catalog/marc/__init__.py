"""MARC21 and MARCXML files, read by their directory."""
