"""A listener that knows the true model of the radio: what anybody at all could reach on the same reads. docs/scoring.md, "The bound"."""
