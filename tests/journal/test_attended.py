"""Who is there and who writes, found out with nothing loaded: a lock that is held for good, not one of who looks."""

from __future__ import annotations

import fcntl
from pathlib import Path

from orchestrator_tui.journal.attended import DIRECTORY, LOCK, attended, locked
from orchestrator_tui.journal.presence import PresenceLock


def test_a_cockpit_is_there_until_it_closes(tmp_path: Path) -> None:
    assert not attended(tmp_path)
    (tmp_path / DIRECTORY).mkdir()
    with PresenceLock(tmp_path, "cockpit", "/r", 0):
        assert attended(tmp_path)
    assert not attended(tmp_path)


def test_what_a_dead_cockpit_left_is_nobody_however_many_look_at_it(tmp_path: Path) -> None:
    left = tmp_path / DIRECTORY / "cockpit-1-a.lock"
    left.parent.mkdir()
    left.write_text("{}")
    with left.open("r+b") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        assert not attended(tmp_path)


def test_who_writes_the_journal_is_seen(tmp_path: Path) -> None:
    path = tmp_path / LOCK
    assert not locked(tmp_path)
    with path.open("w") as writing:
        assert not locked(tmp_path)
        fcntl.flock(writing, fcntl.LOCK_EX)
        assert locked(tmp_path)
