"""LLRP: codec (bytes to messages), session (the conversation) and driver (the socket)."""
