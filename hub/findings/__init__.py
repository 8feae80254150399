"""What a person should look at: detectors, one state machine, and the sentences. Pure."""
