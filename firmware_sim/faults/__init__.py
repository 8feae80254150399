"""What breaks, by name, time and place."""
