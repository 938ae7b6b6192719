"""Tables of the SQLite store; ``docs/reference/journal.md`` explains every column."""

from __future__ import annotations

import sqlite3

from orchestrator_tui.core.event import FORMAT_VERSION
from orchestrator_tui.journal.port import JournalDamaged, JournalUnwritable

APPLICATION_ID = 0x6F726368
"""``orch`` in ASCII: what ``file`` and SQLite show as the application of the database."""

TABLES = """
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE batch (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    opened_wall_ms INTEGER NOT NULL,
    min_reader INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    head TEXT NOT NULL
);
CREATE TABLE event (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    batch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    wall_ms INTEGER NOT NULL,
    boot_ms INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    origin TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    gate TEXT,
    payload TEXT NOT NULL,
    hash TEXT NOT NULL,
    UNIQUE (batch, seq)
);
CREATE INDEX event_gate ON event (batch, gate, seq) WHERE gate IS NOT NULL;
CREATE INDEX event_kind ON event (batch, kind);
CREATE TABLE gate (
    batch TEXT NOT NULL,
    gate TEXT NOT NULL,
    revision INTEGER NOT NULL,
    digest TEXT NOT NULL,
    state TEXT NOT NULL,
    track TEXT NOT NULL,
    decision TEXT,
    claim TEXT,
    opened_seq INTEGER NOT NULL,
    changed_seq INTEGER NOT NULL,
    PRIMARY KEY (batch, gate, revision)
) WITHOUT ROWID;
CREATE INDEX gate_living ON gate (batch, opened_seq) WHERE state IN ('open', 'decided', 'delivered');
CREATE TABLE request (
    batch TEXT NOT NULL,
    id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    taken_seq INTEGER,
    PRIMARY KEY (batch, id)
) WITHOUT ROWID;
CREATE INDEX request_waiting ON request (batch, id) WHERE taken_seq IS NULL;
CREATE TABLE blob (
    digest TEXT PRIMARY KEY,
    content BLOB NOT NULL
);
"""


def configure(connection: sqlite3.Connection) -> None:
    """Set what holds for one connection: durable commits, checkpoints only when asked for (DESIGN §3)."""
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("PRAGMA fullfsync = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA temp_store = MEMORY")


def prepare(connection: sqlite3.Connection) -> int:
    """Make the tables of an empty database; returns the ``min_reader`` that the database demands.

    To be called under the journal's lock.

    Raises:
        JournalDamaged: the file is a database, but not a journal.
        JournalUnwritable: the database cannot use a write-ahead log here.
    """
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not names:
        _create(connection)
    elif not {"meta", "batch", "event"} <= names:
        raise JournalDamaged("the database is not a journal of orch-tui")
    row = connection.execute("SELECT value FROM meta WHERE key = 'min_reader'").fetchone()
    if row is None:
        raise JournalDamaged("the database does not say its format")
    return int(row[0])


def _create(connection: sqlite3.Connection) -> None:
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise JournalUnwritable(f"the journal cannot use a write-ahead log here (journal mode {mode})")
    # `executescript` would commit by itself, so that a crash could leave half the tables.
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    for statement in TABLES.split(";\n"):
        if statement.strip():
            connection.execute(statement)
    connection.executemany(
        "INSERT INTO meta VALUES (?, ?)", [("format", FORMAT_VERSION), ("min_reader", FORMAT_VERSION)]
    )
    connection.execute("COMMIT")
