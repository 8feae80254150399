"""Again over history: kept reports through the same engine with other settings. Reads only."""
