"""The append-only record of events: the port, the SQLite store, export, import and verification."""
