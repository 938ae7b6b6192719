"""git as it is run: errors in one line, limits, one lock a repository, and no harm to agents that work meanwhile."""

import os
import random
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orchestrator_tui.adapters.git.command import commit_identity, git, git_result
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.inspect import changes, diff
from orchestrator_tui.adapters.git.lock import file_lock, held_descriptors, repository_lock
from orchestrator_tui.adapters.git.settings import AGENT_ENVIRONMENT
from orchestrator_tui.adapters.git.worktrees import create, listed, look
from tests.adapters.git.killed_work import TRACKS, everything
from tests.adapters.git.repositories import commit, head, repository, run

ROOT = Path(__file__).resolve().parents[3]


def test_what_git_says_becomes_one_line(repo: Path, tmp_path: Path) -> None:
    with pytest.raises(GitError, match=r"^git rev-parse failed in .*/repo: Needed a single revision$"):
        git(repo, "rev-parse", "--verify", "nowhere")
    assert git(repo, "rev-parse", "--verify", "nowhere", check=False) == ""
    with pytest.raises(GitError, match=r"nowhere is not there$"):
        git(tmp_path / "nowhere", "status")
    with pytest.raises(GitError, match="not a git repository"):
        git(tmp_path, "rev-parse", "HEAD")
    with pytest.raises(ValueError, match="absolute path"):
        git(Path("repo"), "status")


def test_a_directory_below_the_root_is_no_repository(repo: Path) -> None:
    assert git_result(repo / "cart", "rev-parse", "HEAD").code != 0


def test_input_output_and_limits(repo: Path) -> None:
    blob = git(repo, "hash-object", "-w", "--stdin", stdin=b"a\xff\0b" * 50_000).strip()
    assert os.fsencode(git(repo, "cat-file", "blob", blob)) == b"a\xff\0b" * 50_000
    assert os.fsencode(git(repo, "cat-file", "blob", blob, limit=5)) == b"a\xff\0ba"


def test_a_git_that_takes_too_long_is_stopped(repo: Path) -> None:
    os.mkfifo(repo / "pipe")
    with pytest.raises(GitError, match=r"git hash-object in .* took longer than 0\.2 s and was stopped"):
        git(repo, "hash-object", "--", "pipe", timeout=0.2)


def test_without_git_it_says_what_to_do(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(GitError, match="git is not installed"):
        git(repo, "status")


def test_the_identity_is_the_persons_or_names_the_program(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(commit_identity(repo).values()) == {"Ada", "ada@example.org"}
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Grace")
    assert set(commit_identity(repo).values()) == {"Grace", "ada@example.org"}
    monkeypatch.delenv("GIT_AUTHOR_NAME")
    run(repo, "config", "--unset", "user.email")
    assert set(commit_identity(repo).values()) == {"Ada", "orch-tui@localhost"}


# --- one lock a repository ----------------------------------------------------------------------------------------


def test_a_busy_repository_names_who_holds_it(repo: Path, trees: Path) -> None:
    tree = create(repo, trees / "cart", "orch/b/cart", "main", "orch-tui:b").path
    # The lock of a worktree is the one of its repository, and only the holder's own thread may enter again.
    with repository_lock(tree), repository_lock(repo), ThreadPoolExecutor(1) as threads:

        def other() -> None:
            with repository_lock(repo, 0.05):
                raise AssertionError("two hold one lock")

        with pytest.raises(GitError, match=rf"^the repository is busy: process {os.getpid()} holds .*$"):
            threads.submit(other).result(30)
    assert create(repo, trees / "x", "orch/b/x", "main", "orch-tui:b").path == trees / "x"


def test_a_lock_is_held_until_the_last_git_of_a_dead_process_has_ended(repo: Path) -> None:
    """A process dies under the lock while a command of it goes on: nobody starts beside that."""
    script = (
        "import os, subprocess, sys\nfrom pathlib import Path\n"
        "from orchestrator_tui.adapters.git.lock import held_descriptors, repository_lock\n"
        "with repository_lock(Path(sys.argv[1])):\n"
        "    child = subprocess.Popen(['sleep', '60'], pass_fds=held_descriptors(), start_new_session=True,\n"
        "        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "    print(child.pid, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(repo)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    child = int(ended.stdout)
    try:
        with pytest.raises(GitError, match="is busy"), repository_lock(repo, 0.05):
            pass
    finally:
        os.kill(child, signal.SIGKILL)
    with repository_lock(repo, 30):
        assert len(held_descriptors()) == 1
    assert held_descriptors() == ()


def test_a_lock_file_that_was_replaced_protects_nobody(tmp_path: Path) -> None:
    place = tmp_path / "lock"
    with file_lock(place):
        place.unlink()
        with ThreadPoolExecutor(1) as threads:

            def again() -> bool:
                with file_lock(place, 1):
                    return place.exists()

            assert threads.submit(again).result(30)
    place.unlink()
    place.symlink_to(tmp_path / "other")
    with pytest.raises(GitError, match="cannot open the lock"), file_lock(place):
        pass


# --- beside agents that work --------------------------------------------------------------------------------------


def committing(tree: Path, number: int, times: int) -> None:
    for step in range(times):
        commit(tree, {f"a{number}.txt": f"{step}\n" * 50}, f"step {step}")


def test_looking_disturbs_no_agent(repo: Path, trees: Path) -> None:
    made = [create(repo, trees / f"t{n}", f"orch/b/t{n}", "main", "orch-tui:b") for n in range(8)]
    ended = threading.Event()
    looks = [0]

    def looking() -> None:
        while not ended.is_set():
            for one in made:
                look(one.path, one.base_sha, "main")
                changes(one.path, one.base_sha)
                diff(one.path, one.base_sha, 10_000)
                looks[0] += 1

    watcher = threading.Thread(target=looking)
    watcher.start()
    with ThreadPoolExecutor(8) as threads:
        agents = [threads.submit(committing, one.path, n, 6) for n, one in enumerate(made)]
        failures = [agent.exception() for agent in agents]
    ended.set()
    watcher.join(60)
    print(f"{looks[0]} looks beside 48 commits")
    assert failures == [None] * 8
    assert looks[0] > 0
    assert [changes(one.path, one.base_sha).commits for one in made] == [6] * 8


def test_nothing_is_collected_however_many_loose_objects_there_are(repo: Path, trees: Path) -> None:
    run(repo, "config", "gc.auto", "1")
    run(repo, "config", "gc.autoDetach", "false")
    work = commit(repo, {f"f{n}.txt": str(n) for n in range(30)})
    lost = git(repo, "commit-tree", "-p", work, "HEAD^{tree}", stdin=b"nobody points here").strip()
    loose = set((repo / ".git/objects").glob("??/*"))
    tree = create(repo, trees / "t", "orch/b/t", "main", "orch-tui:b").path
    look(tree, work, "main")
    assert loose <= set((repo / ".git/objects").glob("??/*"))
    assert git(repo, "cat-file", "-t", lost).strip() == "commit"


def test_the_git_of_agents_collects_nothing_either(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in AGENT_ENVIRONMENT.items():
        monkeypatch.setenv(name, content)
    assert run(repo, "config", "gc.auto") == "0\n"
    assert run(repo, "config", "maintenance.auto") == "false\n"


def test_descriptors_and_children_do_not_grow(repo: Path, trees: Path) -> None:
    made = create(repo, trees / "t", "orch/b/t", "main", "orch-tui:b")
    changes(made.path, made.base_sha)
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else len(os.listdir("/dev/fd"))
    threads = set(threading.enumerate())
    for _ in range(300):
        git(made.path, "rev-parse", "HEAD")
    for _ in range(10):
        look(made.path, made.base_sha, "main")
    after = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else len(os.listdir("/dev/fd"))
    assert after <= before
    # The clock of a git that has ended is on its way out for a moment.
    fresh = set(threading.enumerate()) - threads
    for one in fresh:
        one.join(10)
    assert not [one for one in fresh if one.is_alive()]


# --- killed -------------------------------------------------------------------------------------------------------


def killed_and_finished(place: Path, chance: random.Random) -> None:
    """Kill everything at a random moment, git included, do it all again, and find it as if nothing had happened."""
    repo, trees = repository(place / "repo"), place / "trees"
    trees.mkdir()
    base, heads = head(repo), list[str]()
    for number in range(TRACKS):
        run(repo, "switch", "--quiet", "--create", f"w{number}", "main")
        heads.append(commit(repo, {f"f{number}.txt": "x\n" * 2000, f"d{number}/g.txt": "y"}))
    run(repo, "switch", "--quiet", "main")
    command = [sys.executable, "-m", "tests.adapters.git.killed_work", str(repo), str(trees), base, *heads]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            process.wait(chance.uniform(0.06, 0.8))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
    everything(repo, trees, base, heads)
    tree = trees / "integration"
    assert run(tree, "status", "--porcelain", "--ignored") == ""
    assert run(tree, "rev-list", "--count", "--merges", f"{base}..HEAD").strip() == str(TRACKS)
    assert {one.branch for one in listed(repo)} == {
        *("main", "orch/b/integration"),
        *(f"orch/b/t{number}" for number in range(TRACKS)),
    }
    assert all(run(trees / f"t{number}", "status", "--porcelain") == "" for number in range(TRACKS))
    assert "missing" not in run(repo, "fsck", "--no-dangling")


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_any_moment_the_work_is_finished(tmp_path: Path, seed: int) -> None:
    killed_and_finished(tmp_path, random.Random(seed))


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(100, 300))
def test_killed_at_any_of_many_moments_the_work_is_finished(tmp_path: Path, seed: int) -> None:
    killed_and_finished(tmp_path, random.Random(seed))
