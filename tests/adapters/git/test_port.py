"""What the run's port makes of a worktree's changes."""

from __future__ import annotations

from pathlib import Path

from orchestrator_tui.adapters.git.port import RunGit
from orchestrator_tui.adapters.memory import ManualClock
from orchestrator_tui.core.plan import Plan, PlannedTrack, Scope
from orchestrator_tui.runtime.run_world import BaseDrift
from tests.adapters.git.repositories import commit, head


def test_what_specifies_is_no_test_wherever_it_lies(repo: Path) -> None:
    base = head(repo)
    names = ("agent-os/specs/login/plan.md", "tests/test_login.py", "src/login.spec.ts", "src/login.py")
    commit(repo, dict.fromkeys(names, "something\n"))
    track = PlannedTrack("login", "Login", "feature", "w")
    seen = RunGit("b", ManualClock()).inspect("i-1", track, str(repo), base, (), ())
    assert set(seen.tests) == {"tests/test_login.py", "src/login.spec.ts"}


def test_a_promise_of_several_files_is_kept_by_one_and_needs_no_scope(repo: Path) -> None:
    """[003-101]"""
    base, promise = head(repo), "docs/shots/*.png"
    track = PlannedTrack("window", "Window", "task", "w", scope=Scope(owned=("web/**",)))
    port = RunGit("b", ManualClock())
    commit(repo, {"docs/shots/empty.png": "", "web/window.css": "a"})
    seen = port.inspect("i-1", track, str(repo), base, (promise,), ())
    assert seen.missing == (promise,)
    commit(repo, {"docs/shots/wide.png": "picture", "docs/notes.md": "notes"})
    seen = port.inspect("i-2", track, str(repo), base, (promise,), (promise,))
    assert seen.missing == ()
    assert not any("shots" in one for one in seen.outside)
    assert any(one.startswith("docs/notes.md") for one in seen.outside)


def test_untracked_files_of_the_persons_tree_and_a_base_that_moved_are_told(repo: Path) -> None:
    plan = Plan("t", "w", "main", "orch/b/integration", str(repo), str(repo.parent / "trees"), base_sha=head(repo))
    git = RunGit("b", ManualClock())
    assert (git.untracked(plan), git.base(plan, plan.base_sha).files) == ((), ())
    (repo / "lies about.txt").write_text("x\n")
    assert git.untracked(plan) == ("lies about.txt",)
    now = commit(repo, {"new.md": "x\n"})
    assert git.base(plan, plan.base_sha) == BaseDrift(now, 1, False, ("lies about.txt", "new.md"))
