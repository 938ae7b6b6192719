"""Nothing that an agent writes into settings, attributes, hooks or names makes our git run it (G-4, G-5)."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.adapters.git.command import git, git_result
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.history import commit_id
from orchestrator_tui.adapters.git.inspect import changes, diff, digest
from orchestrator_tui.adapters.git.merging import Merged, ensure_integration, merge, preview, publish, sides, undo
from orchestrator_tui.adapters.git.names import branch_name, check_branch, check_slug, safe_path
from orchestrator_tui.adapters.git.provisioning import ignored_candidates
from orchestrator_tui.adapters.git.state import tree_state
from orchestrator_tui.adapters.git.tamper import fingerprint
from orchestrator_tui.adapters.git.worktrees import Removed, create, listed, look, provision, remove
from tests.adapters.git.repositories import commit, run, write

ATTRIBUTES = "* filter=evil diff=evil merge=evil\n*.txt filter=a=b merge=a=b\n*.md filter=slow\n"


def trap(marker: Path, name: str, then: str = "cat") -> str:
    return f"touch {marker}-{name}; {then}"


def settings(marker: Path) -> dict[str, str]:
    """Everything of git's settings that names a program, each leaving a mark of its own."""
    keys = (
        "core.fsmonitor core.sshCommand core.pager core.editor sequence.editor core.askPass credential.helper "
        "diff.external diff.evil.command diff.evil.textconv filter.evil.clean filter.evil.smudge filter.slow.process "
        "filter.a=b.clean filter.a=b.smudge merge.evil.driver merge.a=b.driver gpg.program core.gitProxy pager.status "
        "pager.diff alias.status core.alternateRefsCommand interactive.diffFilter merge.tool remote.evil.uploadpack"
    ).split()
    named = {key: trap(marker, key.replace("=", "_")) for key in keys}
    fixed = {
        "filter.evil.required": "true",
        "filter.slow.required": "true",
        "commit.gpgSign": "true",
        "log.showSignature": "true",
        "merge.verifySignatures": "true",
        "merge.default": "evil",
        "submodule.recurse": "true",
        "diff.submodule": "log",
        "rerere.enabled": "true",
        "rerere.autoUpdate": "true",
        "pull.twohead": "evil",
        "branch.orch/b/integration.mergeOptions": "-s evil",
        "alias.merge-evil": "!" + trap(marker, "strategy"),
        "remote.evil.url": "/",
        "remote.evil.promisor": "true",
        "status.showUntrackedFiles": "no",
        "gc.auto": "1",
    }
    return named | fixed


def lay_traps(repo: Path, worktree: Path, marker: Path) -> None:
    """As an agent in its worktree would: settings shared by all trees, attributes, hooks."""
    lines = []
    for key, content in settings(marker).items():
        section, _, rest = key.partition(".")
        middle, _, name = rest.rpartition(".")
        quoted = content.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'[{section} "{middle}"]' if middle else f"[{section}]")
        lines.append(f'\t{name} = "{quoted}"')
    config = repo / ".git" / "config"
    config.write_text(config.read_text() + "\n".join(lines) + "\n")
    write(repo, {".git/info/attributes": ATTRIBUTES})
    for (
        hook
    ) in "post-checkout pre-commit post-commit post-merge pre-merge-commit reference-transaction post-index-change \
            post-rewrite prepare-commit-msg commit-msg pre-auto-gc".split():
        write(repo, {f".git/hooks/{hook}": f"#!/bin/sh\n{trap(marker, hook, 'true')}\n"})
        (repo / ".git/hooks" / hook).chmod(0o755)
    (worktree / ".gitattributes").write_text(ATTRIBUTES)


def marks(marker: Path) -> list[str]:
    return sorted(one.name for one in marker.parent.glob(f"{marker.name}-*"))


@pytest.fixture
def trapped(repo: Path, trees: Path) -> tuple[Path, Path, str]:
    """A repository with a worktree, every trap laid, and a second branch that changes the same files."""
    made = create(repo, trees / "cart", "orch/b/cart", "main", "orch-tui:b")
    commit(repo, {"a.txt": "one\n", "notes.md": "main\n"})
    (made.path / ".gitattributes").write_text(ATTRIBUTES)
    theirs = commit(made.path, {"a.txt": "two\n", "b.txt": "b\n", "cart/sum.py": "changed\n"})
    lay_traps(repo, made.path, trees / "mark")
    return repo, made.path, theirs


# Each trap: the setting that names the program, the attributes that call for it, and a plain command that runs it.
BITING = [
    ("core.fsmonitor", "", ("status",)),
    ("diff.external", "", ("diff",)),
    ("diff.evil.command", "* diff=evil", ("diff",)),
    ("diff.evil.textconv", "* diff=evil", ("diff",)),
    ("filter.evil.clean", "* filter=evil", ("add", ".")),
    ("filter.a=b.clean", "* filter=a=b", ("add", ".")),
    ("filter.evil.smudge", "* filter=evil", ("checkout", "HEAD~1", "--", ".")),
    ("filter.evil.process", "* filter=evil", ("add", ".")),
    ("merge.evil.driver", "* merge=evil", ("merge-tree", "--write-tree", "main", "orch/b/cart")),
    ("merge.default=evil", "", ("merge-tree", "--write-tree", "main", "orch/b/cart")),
    ("gpg.program", "", ("commit", "-S", "-m", "x", "--allow-empty")),
    ("core.editor", "", ("commit", "--allow-empty")),
    ("core.sshCommand", "", ("ls-remote", "ssh://nowhere.invalid/x")),
    ("remote.evil.uploadpack", "", ("fetch", "evil")),
]


@pytest.mark.parametrize(("setting", "attributes", "command"), BITING, ids=[one[0] for one in BITING])
def test_each_trap_bites_plain_git_and_not_ours(
    repo: Path, trees: Path, setting: str, attributes: str, command: tuple[str, ...]
) -> None:
    made = create(repo, trees / "cart", "orch/b/cart", "main", "orch-tui:b")
    commit(made.path, {"a.txt": "two\n", "b.txt": "b\n", "notes.md": "theirs\n"})
    commit(repo, {"a.txt": "one\n", "notes.md": "main\n"})
    write(repo, {"notes.md": "changed\n", ".git/info/attributes": attributes})
    key, _, content = setting.partition("=") if "default" in setting else (setting, "", "")
    script = trees / "program"
    script.write_text(f"#!/bin/sh\n{trap(trees / 'mark', 'program', 'false')}\n")
    script.chmod(0o755)
    run(repo, "config", "remote.evil.url", str(repo))
    run(repo, "config", "merge.evil.driver", trap(trees / "mark", "driver"))
    run(repo, "config", key, content or (str(script) if key.startswith("gpg") else trap(trees / "mark", "set")))
    run(repo, *command, check=False)
    assert marks(trees / "mark") != []
    run(repo, "reset", "--quiet", "--hard", check=False)
    for one in trees.glob("mark-*"):
        one.unlink()
    looked_at(repo, made.path, trees)
    if key.startswith(("filter", "merge", "gpg")):
        made_and_merged(repo, made.path, trees)
    assert marks(trees / "mark") == []


def looked_at(repo: Path, worktree: Path, trees: Path) -> None:
    base = commit_id(repo, "main~1")
    write(worktree, {"b.txt": "more\n", "new.md": "new\n"})
    tree_state(repo)
    tree_state(worktree)
    look(worktree, base, "main")
    changes(worktree, base)
    diff(worktree, base, 100_000)
    digest(repo, base, "orch/b/cart")
    preview(repo, "main", "orch/b/cart")
    sides(repo, "main", "orch/b/cart", "a.txt")
    fingerprint(repo)
    listed(repo)
    ignored_candidates(repo)


def made_and_merged(repo: Path, worktree: Path, trees: Path) -> None:
    write(repo, {".env": "SECRET=1", ".gitignore": ".env\n", "node_modules/x.js": "x"})
    one = create(repo, trees / "one", "orch/b/one", "orch/b/cart", "orch-tui:b")
    provision(repo, one.path, (".env",), ("node_modules",))
    tree = ensure_integration(repo, trees / "integration", "orch/b/integration", "main~1").path
    tip = commit_id(tree, "HEAD")
    merged = merge(tree, commit_id(repo, "orch/b/cart"), "merge", tip)
    assert isinstance(merged, Merged)
    assert (tree / "b.txt").read_text() == "b\n"
    undo(tree, tip, merged.sha)
    merge(tree, commit_id(repo, "orch/b/cart"), "merge", tip)
    publish(repo, "main", commit_id(tree, "HEAD"), commit_id(repo, "HEAD"))
    git(repo, "branch", "release", "main~1")
    publish(repo, "release", commit_id(repo, "orch/b/cart"), commit_id(repo, "release"), merge=True)


def removed(repo: Path, worktree: Path, trees: Path) -> None:
    made = create(repo, trees / "gone", "orch/b/gone", "main", "orch-tui:b")
    outcome = remove(repo, made.path, "orch/b/gone", "main")
    assert isinstance(outcome, Removed), outcome


@pytest.mark.parametrize("act", [looked_at, made_and_merged, removed])
def test_no_trap_bites_us(
    trapped: tuple[Path, Path, str], trees: Path, act: Callable[[Path, Path, Path], None]
) -> None:
    repo, worktree, _ = trapped
    for one in trees.glob("mark-*"):
        one.unlink()
    act(repo, worktree, trees)
    assert marks(trees / "mark") == []


def test_drivers_do_not_decide_how_texts_merge(repo: Path, trees: Path) -> None:
    """A driver that an agent names is replaced by git's own merge of texts: a conflict stays one."""
    write(repo, {".git/info/attributes": "* merge=mine\n"})
    run(repo, "config", "merge.mine.driver", "true")
    run(repo, "switch", "--quiet", "--create", "one")
    commit(repo, {"notes.md": "A\n", "long.txt": "1\n2\n3\n4\n5\n"})
    run(repo, "switch", "--quiet", "--create", "two", "main")
    commit(repo, {"notes.md": "B\n"})
    assert preview(repo, "one", "two").conflicts == ("notes.md",)
    run(repo, "switch", "--quiet", "--create", "three", "one")
    commit(repo, {"long.txt": "1\n2\n3\n4\nfive\n"})
    run(repo, "switch", "--quiet", "--create", "four", "one")
    commit(repo, {"long.txt": "one\n2\n3\n4\n5\n"})
    both = preview(repo, "three", "four")
    assert both.clean
    assert git(repo, "cat-file", "blob", f"{both.tree}:long.txt") == "one\n2\n3\n4\nfive\n"


@pytest.mark.parametrize(("setting", "content"), [("branch.main.mergeOptions", "-X theirs"), ("pull.twohead", "ours")])
def test_no_setting_decides_a_conflict(repo: Path, setting: str, content: str) -> None:
    run(repo, "switch", "--quiet", "--create", "other")
    commit(repo, {"notes.md": "theirs\n"})
    run(repo, "switch", "--quiet", "main")
    tip = commit(repo, {"notes.md": "ours\n"})
    run(repo, "config", setting, content)
    run(repo, "merge", "--quiet", "--no-edit", "other")
    run(repo, "reset", "--quiet", "--hard", tip)
    told = git_result(repo, "merge", "--no-edit", "--no-ff", "--end-of-options", "other")
    assert (told.code, commit_id(repo, "HEAD")) == (1, tip)
    assert tree_state(repo).in_progress == "merge"


def test_variables_of_git_reach_none_of_ours(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in {
        "GIT_DIR": str(tmp_path),
        "GIT_WORK_TREE": str(tmp_path),
        "GIT_INDEX_FILE": str(tmp_path / "index"),
        "GIT_EXTERNAL_DIFF": f"touch {tmp_path}/mark-x",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": f"touch {tmp_path}/mark-y",
        "GIT_OBJECT_DIRECTORY": str(tmp_path),
        "GIT_TRACE": str(tmp_path / "mark-z"),
    }.items():
        monkeypatch.setenv(name, content)
    write(repo, {"notes.md": "two\n"})
    assert tree_state(repo).dirty == ("notes.md",)
    assert "+two" in diff(repo, "HEAD", 1000)
    assert marks(tmp_path / "mark") == []


def test_a_worktree_that_lost_its_git_file_is_not_taken_for_the_tree_around_it(repo: Path) -> None:
    made = create(repo, repo / ".trees" / "cart", "orch/b/cart", "main", "orch-tui:b")
    (made.path / ".git").unlink()
    with pytest.raises(GitError, match=r"not a git repository|is not the root"):
        look(made.path, made.base_sha, "main")
    assert git_result(made.path, "status").code != 0


INJECTIONS = [
    *("--output=x", "-x", "a;b", "--help", "", " ", ".", "..", "a/../b", "/a", "a/", "a//b", "a..b", "@", "HEAD"),
    *("a\u202eb", "a\u200bb", "a\nb", "a\0b", "a b", "a\tb", "~a", "a^b", "a:b", "a?b", "a*b", "a[b", "a\\b", "@{-1}"),
    *("CON", "con", "nul", "aux.txt", "x.lock", ".hidden", "a/.b", "-", "--", "$(touch x)", "`touch x`", "a|b", "'a'"),
    *("a" * 300, "\ud800", "e\u0301" * 9),
]


@pytest.mark.parametrize("name", INJECTIONS)
def test_no_name_becomes_an_option_a_path_or_a_command(repo: Path, trees: Path, name: str) -> None:
    for refuse in (check_slug, lambda text: branch_name("b", text), lambda text: branch_name(text, "b")):
        with pytest.raises(GitError) as told:
            refuse(name)
        assert "\n" not in str(told.value)
        assert str(told.value).encode()
    with pytest.raises(GitError):
        check_branch(name)
    with pytest.raises(GitError):
        safe_path(trees, name)
    before = sorted(repo.parent.rglob("*"))
    with pytest.raises(GitError):
        create(repo, trees / "x", name, "main", "orch-tui:b")
    if "\0" not in name and name not in ("HEAD", "@") and not name.startswith("\ud800"):
        with pytest.raises(GitError):
            create(repo, trees / "x", "orch/b/x", name, "orch-tui:b")
    assert {*repo.parent.rglob("*")} - {*before} <= {repo / ".git" / "orch-tui.lock"}


@given(name=st.one_of(st.text(max_size=12), st.from_regex(r"[a-z@./{}~^:-]{1,9}", fullmatch=True)))
def test_whatever_passes_is_a_branch_to_git_itself(name: str) -> None:
    try:
        passed = check_branch(name)
    except GitError:
        return
    assert git(Path("/"), "check-ref-format", "--branch", passed).strip() == name


def test_paths_stay_below_their_root(tmp_path: Path, trees: Path) -> None:
    assert safe_path(trees, "cart") == Path(trees).resolve() / "cart"
    assert safe_path(trees / "not-yet", "cart").name == "cart"
    (trees / "link").symlink_to(tmp_path)
    with pytest.raises(GitError, match="is a symbolic link"):
        safe_path(trees, "link")
    (trees / "Cart").mkdir()
    with pytest.raises(GitError, match="differs only by case from 'Cart'"):
        safe_path(trees, "cart")
