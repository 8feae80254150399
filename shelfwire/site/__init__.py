"""The layout of a library: floors, ranges, faces, bays, shelves, antennas and reference tags."""
