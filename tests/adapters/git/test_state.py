"""What is told of a repository before a batch, and what of its settings when something changed meanwhile."""

from pathlib import Path

import pytest

from orchestrator_tui.adapters.git import state
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.state import TreeState, require_version, tree_state
from orchestrator_tui.adapters.git.tamper import difference, fingerprint
from orchestrator_tui.adapters.git.worktrees import create
from tests.adapters.git.repositories import commit, head, repository, run, write


def test_a_clean_tree(repo: Path) -> None:
    assert tree_state(repo) == TreeState("main", head(repo), (), (), "", False, False, False)


def test_an_old_git_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(Path("/"), "version").split()[2].startswith(require_version())
    monkeypatch.setattr(state, "git", lambda *_: "git version 2.30.2\n")
    with pytest.raises(GitError, match=r"git 2\.38 or newer is needed .*: git version 2\.30\.2"):
        require_version()


def test_changes_are_named(repo: Path) -> None:
    write(repo, {"notes.md": "two\n", "new/ä b.txt": "x", "cart/sum.py": "pass\n"})
    run(repo, "add", "cart/sum.py")
    run(repo, "mv", "README.md", "READ.md")
    state = tree_state(repo)
    assert set(state.dirty) == {"notes.md", "cart/sum.py", "README.md", "READ.md"}
    assert state.untracked == ("new/ä b.txt",)


@pytest.mark.parametrize(
    ("command", "word"),
    [
        (("merge", "other"), "merge"),
        (("rebase", "other"), "rebase"),
        (("cherry-pick", "other"), "cherry-pick"),
        (("revert", "--no-edit", "HEAD~1"), "revert"),
    ],
)
def test_what_was_begun_and_not_ended_is_told(repo: Path, command: tuple[str, ...], word: str) -> None:
    run(repo, "switch", "--quiet", "--create", "other")
    commit(repo, {"notes.md": "theirs\n"})
    run(repo, "switch", "--quiet", "main")
    commit(repo, {"notes.md": "ours\n"})
    commit(repo, {"notes.md": "ours again\n"})
    run(repo, *command, check=False)
    state = tree_state(repo)
    assert state.in_progress == word
    assert state.dirty == ("notes.md",)


def test_unusual_repositories_are_told(repo: Path, tmp_path: Path) -> None:
    run(repo, "clone", "--quiet", "--bare", str(repo), str(tmp_path / "bare.git"))
    assert tree_state(tmp_path / "bare.git") == TreeState("main", head(repo), (), (), "", False, True, False)
    commit(repo, {"a.txt": "a"})
    run(repo, "clone", "--quiet", "--depth=1", f"file://{repo}", str(repo / "inner"))
    state = tree_state(repo / "inner")
    assert (state.shallow, state.nested) == (True, True)
    run(repo, "config", "remote.origin.promisor", "true")
    assert tree_state(repo).partial
    run(repo, "switch", "--quiet", "--detach")
    assert tree_state(repo).branch == ""
    run(repo, "init", "--quiet", str(tmp_path / "empty"))
    assert tree_state(tmp_path / "empty").head == ""
    with pytest.raises(GitError, match="is not the root of a git repository"):
        tree_state(repo / "cart")
    with pytest.raises(GitError, match="is not the root of a git repository"):
        tree_state(tmp_path / "nowhere")


def test_settings_that_lead_elsewhere_are_refused(repo: Path, tmp_path: Path) -> None:
    other = repository(tmp_path / "other")
    run(repo, "config", "core.worktree", str(other))
    with pytest.raises(GitError, match="is not the root of its working tree"):
        tree_state(repo)


def test_what_changed_since_the_batch_began_is_named(repo: Path, trees: Path) -> None:
    made = create(repo, trees / "cart", "orch/b/cart", "main", "orch-tui:b")
    before = fingerprint(repo)
    assert difference(before, fingerprint(repo)) == ()
    run(made.path, "config", "branch.orch/b/cart.remote", "origin")
    commit(made.path, {"x.txt": "x"})
    assert fingerprint(repo) == before
    run(made.path, "config", "core.fsmonitor", "touch /tmp/x")
    run(made.path, "config", "user.email", "other@example.org")
    run(made.path, "config", "--unset", "user.name")
    run(made.path, "config", "url.https://key:secret@example.org/.insteadOf", "x")
    write(repo, {".git/hooks/post-commit": "touch /tmp/x\n", ".git/info/attributes": "* merge=union\n"})
    after = fingerprint(repo)
    assert difference(before, after) == (
        "the file info/attributes was added",
        "the hook post-commit was added",
        "the setting core.fsmonitor was added",
        "the setting url.https://…@example.org/.insteadof was added",
        "the setting user.email was changed",
        "the setting user.name was removed",
    )
    assert {before.config_sha, before.hooks_sha, before.attributes_sha}.isdisjoint(
        {after.config_sha, after.hooks_sha, after.attributes_sha}
    )
    (repo / ".git/hooks/post-commit").chmod(0o755)
    assert difference(after, fingerprint(repo)) == ("the hook post-commit was changed",)
    assert "touch" not in repr(after)


def test_hooks_and_settings_out_of_the_common_place_are_seen(repo: Path, trees: Path, tmp_path: Path) -> None:
    made = create(repo, trees / "cart", "orch/b/cart", "main", "orch-tui:b")
    run(repo, "config", "extensions.worktreeConfig", "true")
    run(repo, "config", "core.hooksPath", ".hooks")
    before = fingerprint(repo)
    run(made.path, "config", "--worktree", "core.fsmonitor", "touch /tmp/x")
    write(repo, {".hooks/pre-commit": "exit 0\n"})
    (repo / ".git" / "hooks").mkdir(exist_ok=True)
    (repo / ".git" / "hooks" / "pre-push").symlink_to(tmp_path / "nowhere")
    assert difference(before, fingerprint(repo)) == (
        "for the worktree cart alone, the file config.worktree was added",
        "the hook pre-commit was added",
        "the hook pre-push was added",
    )
    (repo / ".git" / "config").write_text("[broken\n")
    with pytest.raises(GitError, match="git config failed"):
        fingerprint(repo)
