"""A database back end of Django's: SQLite, whose writers of one process stand in a queue. See `base`."""
