"""Where each tag is: evidence from dwells, weighed. The model and its limits: docs/belief.md. Pure."""
