"""Every repository of a machine in one queue: which they are, and that none is opened twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator_tui.adapters.memory import ManualClock
from orchestrator_tui.cli.machine import compose_all
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.journal.home import journal_directory
from orchestrator_tui.journal.presence import present
from orchestrator_tui.journal.private import prepare_home
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.several import SeveralSessions


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ORCH_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "claude"))
    return tmp_path / "state"


def watched(home: Path, repository: Path) -> None:
    """A repository that somebody has watched before."""
    repository.mkdir(parents=True)
    directory = journal_directory(home, repository)
    prepare_home(home, directory)
    journal = SqliteJournal(directory)
    opened = Draft("batch_opened", {"title": "t", "kind": "watch", "repository": str(repository)})
    journal.open_batch("b", opened, ManualClock().now(), "test")
    journal.close()


def test_a_second_repository_of_the_same_name_leaves_the_first_as_it_is(home: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "shop", tmp_path / "b" / "shop"
    watched(home, first)
    session, _ = compose_all(Limits())
    assert isinstance(session, SeveralSessions)
    assert session.snapshot().live.watching == "1 repository"
    watched(home, second)
    assert session._open_new()
    assert session.snapshot().live.watching == "2 repositories"
    assert not session._open_new()
    session.close()
    assert present(journal_directory(home, first)) == ()
