"""What readers with MQTT of their own have in common: bodies, lenient fields, their time on our clock, and the shell around a session."""
