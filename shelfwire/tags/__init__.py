"""Tag formats: what an EPC says. Pure, standard library only, usable alone."""
