"""The terminal chat: a client of a running Maru, by the same REST and socket as a browser. No ORM, no engine."""
