"""One process's connection to the database: every write under the journal's lock, every error in our words."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from orchestrator_tui.core.event import FORMAT_VERSION
from orchestrator_tui.journal import schema
from orchestrator_tui.journal.attended import LOCK as LOCK
from orchestrator_tui.journal.filelock import FileLock
from orchestrator_tui.journal.port import (
    JournalBusy,
    JournalDamaged,
    JournalError,
    JournalMissing,
    JournalNewer,
    JournalUnwritable,
)

DATABASE = "journal.db"
_PRIMARY = 0xFF
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_UNWRITABLE = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_TOOBIG,
}


class Connection:
    """The database of one journal directory. Usable from any thread; calls wait for each other.

    Raises:
        JournalMissing: there is no journal and ``create`` is false.
        JournalError: it cannot be opened; each cause has its class.
    """

    def __init__(self, directory: Path, lock_timeout_s: float, create: bool) -> None:
        self._path = directory / DATABASE
        self._lock = FileLock(directory / LOCK)
        self._lock_timeout_s = lock_timeout_s
        self._mutex = threading.RLock()
        self._sqlite: sqlite3.Connection | None = None
        self.damage = ""
        if not create and _identity(self._path) is None:
            raise JournalMissing(f"there is no journal at {self._path}")
        try:
            with self._lock.held(lock_timeout_s), self._translated():
                self._open()
        except BaseException:
            self._abandon()
            raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection for queries; takes no file lock, so that nobody who writes keeps a reader waiting."""
        with self._mutex, self._translated():
            yield self._usable()

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """The connection for queries that must all see the same moment."""
        with self.reading() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                self._roll_back(connection)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One durable transaction under the journal's lock: all of the block is committed, or nothing.

        Raises:
            JournalBusy, JournalUnwritable, JournalDamaged, JournalNewer: nothing was recorded.
        """
        with self._mutex, self._lock.held(self._lock_timeout_s), self._translated():
            connection = self._usable()
            self._refuse_writing()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                self._roll_back(connection)
                raise

    def checkpoint(self) -> None:
        """Move the write-ahead log into the database and empty it, as far as readers allow."""
        with self._mutex, self._lock.held(self._lock_timeout_s), self._translated():
            connection = self._usable()
            # Those who wait for the lock are not to wait for a reader too: the next checkpoint gets the rest.
            connection.execute("PRAGMA busy_timeout = 0")
            try:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                connection.execute(f"PRAGMA busy_timeout = {int(self._lock_timeout_s * 1000)}")

    def close(self) -> None:
        """Close under the journal's lock, since the last to close makes a checkpoint. Idempotent.

        A lock that cannot be had means that another process is connected, so that ours is not the last: closing
        without it makes no checkpoint.
        """
        with self._mutex, ExitStack() as stack:
            if self._sqlite is None:
                return
            connection, self._sqlite = self._sqlite, None
            stack.callback(self._lock.close)
            with suppress(JournalBusy, JournalUnwritable):
                stack.enter_context(self._lock.held(self._lock_timeout_s))
            with self._translated():
                connection.close()

    @property
    def problem(self) -> str:
        """Why nothing can be written, or ""."""
        if self.damage:
            return self.damage
        if self._min_reader > FORMAT_VERSION:
            return f"{self._path} was written by a newer version (format {self._min_reader}); it can only be read"
        return ""

    def _open(self) -> None:
        if _identity(self._path) is None:
            _make_private(self._path)
        self._sqlite = sqlite3.connect(
            self._path, timeout=self._lock_timeout_s, isolation_level=None, check_same_thread=False
        )
        self._identity = _identity(self._path)
        schema.configure(self._sqlite)
        self._min_reader = schema.prepare(self._sqlite)

    def _usable(self) -> sqlite3.Connection:
        if self._sqlite is None:
            raise JournalError("the journal is closed")
        return self._sqlite

    def _refuse_writing(self) -> None:
        if self.damage:
            raise JournalDamaged(self.damage)
        if self._min_reader > FORMAT_VERSION:
            raise JournalNewer(self.problem)
        if _identity(self._path) != self._identity:
            # SQLite would go on writing into a file that nobody else can find.
            raise JournalUnwritable(f"{self._path} was removed or replaced while it was in use")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._in_our_words(error) from error

    def _in_our_words(self, error: sqlite3.Error) -> JournalError:
        code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
        if code in _BUSY:
            return JournalBusy(f"the journal {self._path} is busy: {error}")
        if code in _DAMAGED:
            self.damage = f"{self._path} is damaged ({error})"
            return JournalDamaged(self.damage)
        if code in _UNWRITABLE:
            return JournalUnwritable(f"the journal {self._path} cannot be used now: {error}")
        return JournalError(f"the journal {self._path} failed: {error}")

    @staticmethod
    def _roll_back(connection: sqlite3.Connection) -> None:
        if not connection.in_transaction:
            return
        try:
            connection.execute("ROLLBACK")
        except sqlite3.Error:
            # What was not committed is not in the journal whether this succeeds or not; the first error counts.
            return

    def _abandon(self) -> None:
        if self._sqlite is not None:
            self._sqlite.close()
            self._sqlite = None
        self._lock.close()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise JournalUnwritable(f"cannot look at {path}: {error.strerror}") from error
    return found.st_ino, found.st_dev


def _make_private(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        directory = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        raise JournalUnwritable(f"cannot make {path}: {error.strerror}") from error
