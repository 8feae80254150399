"""The agent beside the readers: drivers, dwells and the outbox."""
