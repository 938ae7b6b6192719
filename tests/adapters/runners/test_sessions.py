"""Sessions of a run's attempts are told from those that people start, before they have even begun."""

from __future__ import annotations

import uuid
from pathlib import Path

from orchestrator_tui.adapters.discovery import Discovery
from orchestrator_tui.adapters.memory import ManualClock
from orchestrator_tui.adapters.runners.claude import ClaudeRunner
from orchestrator_tui.adapters.runners.sessions import RunSessions
from orchestrator_tui.core.plan import AgentChoice
from tests.adapters.runners.made import make_attempt
from tests.adapters.runners.test_claude import SOURCE, WANTED


def ordered(tmp_path: Path) -> str:
    """Order an attempt; its session."""
    folder = tmp_path / "jobs" / "two-fixes-12345678" / "attempts" / "a-alpha-2-1-1"
    order = ClaudeRunner(SOURCE, WANTED).order(make_attempt(tmp_path, AgentChoice("claude"), directory=str(folder)))
    return order.argv[order.argv.index("--session-id") + 1]


def test_an_attempt_that_is_ordered_is_known(tmp_path: Path) -> None:
    known = RunSessions(tmp_path / "jobs")
    session = ordered(tmp_path)
    assert known(session)
    assert not known(str(uuid.uuid4()))
    assert not known(str(uuid.uuid5(uuid.NAMESPACE_DNS, "another")))
    assert not known("")


def test_it_is_not_found_beside_its_run(tmp_path: Path) -> None:
    config, repository = tmp_path / "claude", tmp_path / "repository"
    repository.mkdir()
    of_run, own = ordered(tmp_path), str(uuid.uuid4())
    folder = config / "projects" / str(repository).replace("/", "-").replace("_", "-").replace(".", "-")
    folder.mkdir(parents=True)
    for session in (of_run, own):
        (folder / f"{session}.jsonl").write_text(f'{{"type": "user", "cwd": "{repository}"}}\n')
        (config / "tasks" / session).mkdir(parents=True)
    environ = {"CLAUDE_CONFIG_DIR": str(config)}
    known = RunSessions(tmp_path / "jobs")
    found = Discovery(environ, lambda: (repository,), (), ManualClock(), of_a_run=known).look()
    assert [session.id for session in found.sessions] == [own]
    assert [Path(one).name for one in found.lists] == [own]
    everything = Discovery(environ, lambda: (repository,), (), ManualClock()).look()
    assert len(everything.sessions) == 2
