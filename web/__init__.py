"""The Flask map and its API; reads the hub's store and series, hands in acts."""
