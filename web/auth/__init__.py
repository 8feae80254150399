"""Who may do what: passwords, sessions, form tokens, limits."""
