"""Truth and belief of a bay side by side, while a simulated library runs in this process: ``shelfwire sim watch``."""
