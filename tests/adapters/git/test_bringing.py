"""Bringing what is merged into a track's worktree: clean, in conflict, by one side, and after a git that was killed."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator_tui.adapters.git.bringing import bring
from orchestrator_tui.adapters.git.creating import create
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.places import common_directory, git_directory
from tests.adapters.git.repositories import commit, head, repository, run, write

BRANCH = "orch/b/a"
ROOT = Path(__file__).parents[3]


def _made(root: Path, mine: str, tip: str) -> tuple[Path, str]:
    """The worktree of a track that has changed ``notes.md``, and a tip that has changed it, too."""
    shop = repository(root / "shop")
    tree = create(shop, root / "trees" / "a", BRANCH, head(shop), "orch-tui:b").path
    commit(tree, {"notes.md": mine})
    return tree, commit(shop, {"notes.md": tip, "new.md": "new\n"})


def test_a_conflict_is_left_for_its_agent(tmp_path: Path) -> None:
    tree, tip = _made(tmp_path, "mine\n", "theirs\n")
    for _ in range(2):
        made = bring(tree, tip)
        assert (made.result, made.files) == ("conflict", ("notes.md",))
    assert "<<<<<<<" in (tree / "notes.md").read_text()


@pytest.mark.parametrize(("side", "text"), [("ours", "mine\n"), ("theirs", "theirs\n")])
def test_one_side_is_taken(tmp_path: Path, side: str, text: str) -> None:
    tree, tip = _made(tmp_path, "mine\n", "theirs\n")
    bring(tree, tip)
    assert bring(tree, tip, side).result == "taken"
    assert (tree / "notes.md").read_text() == text
    assert run(tree, "status", "--porcelain") == ""
    assert bring(tree, tip, side).result == "clean"


@pytest.mark.parametrize(("side", "text"), [("ours", "mine\n"), ("theirs", "theirs\n")])
@pytest.mark.parametrize("left", ["staged", "committed", "committed and moved on", "given up"])
def test_one_side_is_taken_whatever_a_resolver_has_left(tmp_path: Path, side: str, text: str, left: str) -> None:
    """What it had staged, with the marks in it, was committed as the side that a person took."""
    tree, tip = _made(tmp_path, "mine\n", "theirs\n")
    mine = head(tree)
    bring(tree, tip)
    if left == "given up":
        run(tree, "merge", "--abort")
    else:
        run(tree, "add", "--all")
    if left.startswith("committed"):
        run(tree, "commit", "--quiet", "--message", "resolved")
    if left == "committed and moved on":
        commit(tree, {"more.md": "more\n"})
        tip = commit(tmp_path / "shop", {"later.md": "later\n"})
    for _ in range(2):
        made = bring(tree, tip, side, mine=mine)
        assert (made.result, made.tip, made.files, made.head) == ("taken", tip, ("notes.md",), head(tree))
        assert (tree / "notes.md").read_text() == text
        assert run(tree, "status", "--porcelain") == ""
    assert (tree / "new.md").read_text() == "new\n"


def test_only_the_file_itself_is_taken_whatever_signs_its_name_holds(tmp_path: Path) -> None:
    shop = repository(tmp_path / "shop")
    commit(shop, {"[ab].md": "one\n", "a.md": "one\n"})
    tree = create(shop, tmp_path / "trees" / "a", BRANCH, head(shop), "orch-tui:b").path
    mine = commit(tree, {"[ab].md": "mine\n"})
    tip = commit(shop, {"[ab].md": "theirs\n", "a.md": "two\n"})
    bring(tree, tip)
    assert bring(tree, tip, "ours", mine=mine).files == ("[ab].md",)
    assert ((tree / "[ab].md").read_text(), (tree / "a.md").read_text()) == ("mine\n", "two\n")


def test_a_side_that_has_no_such_file_is_taken_by_removing_it(tmp_path: Path) -> None:
    tree, tip = _made(tmp_path, "mine\n", "theirs\n")
    run(tree, "rm", "--quiet", "notes.md")
    mine = commit(tree, {})
    for _ in range(2):
        made = bring(tree, tip, "ours", mine=mine)
        assert (made.files, (tree / "notes.md").exists()) == (("notes.md",), False)


def test_what_is_under_way_is_finished_before_a_later_tip_is_brought(tmp_path: Path) -> None:
    tree, tip = _made(tmp_path, "mine\n", "theirs\n")
    assert bring(tree, tip).tip == tip
    later = commit(tmp_path / "shop", {"later.md": "later\n"})
    made = bring(tree, later, "theirs")
    assert (made.result, made.tip) == ("taken", tip)
    assert not (tree / "later.md").exists()
    assert (bring(tree, later).tip, (tree / "later.md").exists()) == (later, True)


def test_what_a_killed_git_has_locked_stops_nothing(tmp_path: Path) -> None:
    tree, tip = _made(tmp_path, "one\n", "one\n")
    (git_directory(tree) / "index.lock").touch()
    (common_directory(tree) / "refs" / "heads" / f"{BRANCH}.lock").touch()
    assert bring(tree, tip).result == "clean"
    assert (tree / "new.md").read_text() == "new\n"


def test_what_no_commit_holds_is_not_merged_over(tmp_path: Path) -> None:
    tree, tip = _made(tmp_path, "mine\n", "theirs\n")
    write(tree, {"README.md": "half done\n"})
    with pytest.raises(GitError, match=r"README\.md"):
        bring(tree, tip)
    assert (tree / "README.md").read_text() == "half done\n"


# --- killed ----------------------------------------------------------------------------------------------------

GIT_DIES = """\
#!{python}
import os, signal, subprocess, sys
if "merge" in sys.argv and "--no-ff" in sys.argv:
    # Nobody reads any more what git says: it ends by that before it has written down that a merge is under way.
    reading, writing = os.pipe()
    os.close(reading)
    subprocess.run(["{git}", *sys.argv[1:]], stdout=writing, stderr=writing, restore_signals=True)
    os.kill(os.getppid(), signal.SIGKILL)
    sys.exit(1)
os.execv("{git}", ["git", *sys.argv[1:]])
"""


def _conflict(root: Path) -> tuple[Path, str]:
    """As :func:`_made`, with files that come, go and change beside the conflict."""
    tree, _ = _made(root, "mine\n" + "same\n" * 50, "theirs\n" + "same\n" * 50)
    run(root / "shop", "rm", "--quiet", "README.md")
    return tree, commit(root / "shop", {"deep/er.txt": "deeper\n"})


def test_a_bringing_that_was_killed_half_way_is_done_again(tmp_path: Path) -> None:
    tree, tip = _conflict(tmp_path)
    before = head(tree)
    place = tmp_path / "bin"
    write(place, {"git": GIT_DIES.format(python=sys.executable, git=shutil.which("git"))})
    (place / "git").chmod(0o755)
    words = "import sys; from pathlib import Path; from orchestrator_tui.adapters.git.bringing import bring; "
    words += "bring(Path(sys.argv[1]), sys.argv[2])"
    environment = {**os.environ, "PATH": f"{place}:{os.environ['PATH']}"}
    died = subprocess.run([sys.executable, "-c", words, str(tree), tip], cwd=ROOT, env=environment, check=False)
    assert died.returncode == -signal.SIGKILL
    assert "<<<<<<<" in (tree / "notes.md").read_text()
    assert not (git_directory(tree) / "MERGE_HEAD").exists()
    assert bring(tree, tip).files == ("notes.md",)
    assert (git_directory(tree) / "MERGE_HEAD").read_text().strip() == tip
    assert bring(tree, tip, "ours").result == "taken"
    assert (tree / "notes.md").read_text().startswith("mine\n")
    assert sorted(one.name for one in tree.iterdir()) == [".git", "cart", "deep", "new.md", "notes.md"]
    assert run(tree, "rev-list", "--parents", "--max-count=1", "HEAD").split()[1:] == [before, tip]


def _cut_short(tree: Path, tip: str) -> None:
    """What tells of a merge that has begun, and nothing of it written yet."""
    merged = run(tree, "merge-tree", "--write-tree", "--no-messages", "--name-only", "HEAD", tip, check=False)
    (git_directory(tree) / "orch-tui-bring").write_text(f"{head(tree)}\n{merged.split()[0]}\n")


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"notes.md": "<<<<<<< HEAD\nmine\n=="},
        {"notes.md": ""},
        {"new.md": "ne", "deep/er.txt": "deeper\r\n"},
        {".git-lock": "index.lock"},
    ],
    ids=["nothing", "half-a-file", "an-empty-file", "new-files", "a-lock"],
)
def test_as_far_as_it_had_come_it_is_taken_back(tmp_path: Path, written: dict[str, str]) -> None:
    tree, tip = _conflict(tmp_path)
    _cut_short(tree, tip)
    if ".git-lock" in written:
        (git_directory(tree) / written[".git-lock"]).touch()
        (tree / "README.md").unlink()
    else:
        write(tree, written)
    write(tree, {"mine.txt": "not tracked\n"})
    assert bring(tree, tip).files == ("notes.md",)
    assert "=======" in (tree / "notes.md").read_text()
    assert (tree / "mine.txt").read_text() == "not tracked\n"
    assert not (git_directory(tree) / "orch-tui-bring").exists()


@pytest.mark.parametrize("name", ["notes.md", "cart/sum.py", "new.md"])
def test_what_somebody_has_written_since_is_not_taken_back(tmp_path: Path, name: str) -> None:
    tree, tip = _conflict(tmp_path)
    _cut_short(tree, tip)
    write(tree, {name: "by hand\n"})
    with pytest.raises(GitError, match=rf"changed since a merge in it was cut short: {name}"):
        bring(tree, tip)
    assert (tree / name).read_text() == "by hand\n"


def test_with_a_commit_since_it_goes_on_from_there(tmp_path: Path) -> None:
    tree, tip = _conflict(tmp_path)
    _cut_short(tree, tip)
    commit(tree, {"notes.md": "theirs\n" + "same\n" * 50})
    assert bring(tree, tip).result == "clean"
    assert run(tree, "status", "--porcelain") == ""


def test_what_is_not_tracked_is_not_written_over(tmp_path: Path) -> None:
    tree, tip = _conflict(tmp_path)
    write(tree, {"new.md": "mine\n"})
    with pytest.raises(GitError, match=r"in the way in .*: new\.md"):
        bring(tree, tip)
    assert (tree / "new.md").read_text() == "mine\n"


def test_a_merge_whose_commit_was_the_last_thing_before_the_kill_is_over(tmp_path: Path) -> None:
    tree, tip = _conflict(tmp_path)
    bring(tree, tip, "ours")
    (git_directory(tree) / "MERGE_HEAD").write_text(f"{tip}\n")
    assert bring(tree, tip, "ours").result == "clean"
    assert not (git_directory(tree) / "MERGE_HEAD").exists()


# --- forged ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [False, True])
def test_a_merge_that_nobody_of_us_has_begun_is_not_finished(tmp_path: Path, more: bool) -> None:
    """Whatever it brought would count as what others have merged."""
    tree, tip = _made(tmp_path, "mine\n", "theirs\n")
    bring(tree, tip)
    before = head(tree)
    write(tree, {"notes.md": "both\n", "new.md": "evil\n"})
    run(tree, "add", "--all")
    evil = run(tree, "commit-tree", "-p", tip, "-m", "e", run(tree, "write-tree").strip()).strip()
    (git_directory(tree) / "MERGE_HEAD").write_text(f"{tip}\n{evil}\n" if more else f"{evil}\n")
    with pytest.raises(GitError, match="not what is integrated"):
        bring(tree, tip, "ours")
    assert head(tree) == before
    assert (tree / "new.md").read_text() == "evil\n"
