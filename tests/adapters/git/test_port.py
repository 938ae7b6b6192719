"""What the run's port makes of a worktree's changes."""

from __future__ import annotations

from pathlib import Path

from orchestrator_tui.adapters.git.port import RunGit
from orchestrator_tui.adapters.memory import ManualClock
from orchestrator_tui.core.plan import PlannedTrack
from tests.adapters.git.repositories import commit, head


def test_what_specifies_is_no_test_wherever_it_lies(repo: Path) -> None:
    base = head(repo)
    names = ("agent-os/specs/login/plan.md", "tests/test_login.py", "src/login.spec.ts", "src/login.py")
    commit(repo, dict.fromkeys(names, "something\n"))
    track = PlannedTrack("login", "Login", "feature", "w")
    seen = RunGit("b", ManualClock()).inspect("i-1", track, str(repo), base, (), ())
    assert set(seen.tests) == {"tests/test_login.py", "src/login.spec.ts"}
