"""A simulated library without sockets: world, air and schedule in one process, faster than time."""
