"""The catalogue: what the library owns, where it belongs, which tags are on it, and where it is said to be."""
