"""The hub's store: one set of tables on SQLite and PostgreSQL. The only room that knows SQL."""
