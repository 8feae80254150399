"""SIP2: asks a library system for the loan state of one item at a time, over the protocol of its self-check stations."""
