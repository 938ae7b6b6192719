"""`orch-tui pool`: eight verbs over a pool of worktrees, and none of the faults that such scripts have (seed 003)."""

from __future__ import annotations

import subprocess
from contextlib import nullcontext
from pathlib import Path

import pytest

from orchestrator_tui.cli import pool as cli
from orchestrator_tui.cli.arguments import parse
from orchestrator_tui.cli.faults import Fault
from orchestrator_tui.core.model import State
from tests.adapters.git.repositories import commit, head, repository, run, write
from tests.cli.scene import Ended, command, environment
from tests.core.run_builders import RunLedger


class Pool:
    """A real repository, and the command in this process."""

    def __init__(self, root: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.repository = repository(root / "shop")
        self.root = root / "shop-worktrees" / "pool"
        self._capture = capture

    def do(self, *arguments: str) -> Ended:
        self._capture.readouterr()
        try:
            code = cli.run(parse("pool", cli.register, [*arguments, "--repo", str(self.repository)]))
        except Fault as fault:
            return Ended(fault.code, self._capture.readouterr().out, f"{fault}\n")
        said = self._capture.readouterr()
        return Ended(code, said.out, said.err)

    def take(self, task: str, files: dict[str, str], *more: str) -> str:
        """Take a slot and commit files in it; its name."""
        name, path, _ = self.do("acquire", task, *more).out.strip().split("|")
        commit(Path(path), files)
        return name


@pytest.fixture
def pool(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Pool:
    return Pool(tmp_path, capsys)


def test_a_slot_from_init_to_release(pool: Pool) -> None:
    """[003-018] [003-020] [003-024] [003-025] [003-026] [003-027] [003-036] [003-038] [003-119]"""
    assert pool.do("init").err == f"a pool of 8 slots: {pool.root}\n"
    taken = pool.do("acquire", "task-login-form")
    assert (taken.code, taken.err) == (0, "")
    assert taken.out == f"wt-1|{pool.root}/wt-1|auto/task-login-form\n"
    told = pool.do("status", "--json").json()
    assert list(told) == ["version", "pool_size", "created_at", "worktrees"]
    assert (told["version"], told["pool_size"]) == ("1.0", 8)
    first, second = told["worktrees"][:2]
    assert list(first) == ["id", "status", "task_id", "path", "branch", "acquired_at"]
    assert {**first, "acquired_at": bool(first["acquired_at"])} == {
        "id": "wt-1",
        "status": "busy",
        "task_id": "task-login-form",
        "path": f"{pool.root}/wt-1",
        "branch": "auto/task-login-form",
        "acquired_at": True,
    }
    idle = {"status": "idle", "task_id": None, "branch": None, "acquired_at": None}
    assert second == {**idle, "id": "wt-2", "path": f"{pool.root}/wt-2"}
    assert pool.do("release", "wt-1").out == "RELEASED:wt-1\n"
    assert not (pool.root / "wt-1").exists()


def test_status_as_text_tells_who_is_busy_and_what_it_takes(pool: Pool) -> None:
    """[003-017] [003-104]"""
    pool.do("init", "2")
    pool.take("one", {"one.txt": "1"})
    lines = pool.do("status").out.splitlines()
    assert lines[:2] == ["AGENT POOL STATUS", "Pool Size: 2 | Busy: 1 | Idle: 1 | Error: 0"]
    assert lines[3].split()[:4] == ["wt-1", "BUSY", "one", "auto/one"]
    assert "KiB" in lines[3]
    assert lines[4].split()[:3] == ["wt-2", "idle", "-"]


def test_merge_is_in_the_order_of_dependencies_and_leaves_nothing_half_done(pool: Pool) -> None:
    """[003-023] [003-028] [003-064] [003-120]"""
    pool.do("init", "4")
    pool.take("a-last", {"a.txt": "a"}, "--after", "z-first")
    pool.take("m-clash", {"README.md": "theirs\n"})
    pool.take("n-behind", {"n.txt": "n"}, "--after", "m-clash")
    pool.take("z-first", {"z.txt": "z"})
    commit(pool.repository, {"README.md": "ours\n"})
    ended = pool.do("merge", "main")
    assert (ended.code, ended.err) == (1, "2 merged, 2 need you\n")
    assert ended.out.splitlines() == [
        "MERGE RESULTS",
        "auto/m-clash into main: stays: it conflicts in README.md",
        "auto/n-behind into main: stays: it comes after m-clash",
        "auto/z-first into main: merged",
        "auto/a-last into main: merged",
    ]
    subjects = run(pool.repository, "log", "--first-parent", "--format=%s", "-2").splitlines()
    assert subjects == ["Merge auto/a-last (Agent Pool)", "Merge auto/z-first (Agent Pool)"]
    assert run(pool.repository, "status", "--porcelain") == ""
    assert (pool.repository / "z.txt").read_text() == "z"


def test_nothing_that_is_not_merged_is_destroyed_by_any_verb(pool: Pool) -> None:
    """[003-029] [003-030] [003-069] [003-116]"""
    pool.do("init", "3")
    pool.take("done", {"done.txt": "1"})
    pool.take("unmerged", {"more.txt": "1"})
    pool.do("acquire", "loose")
    write(pool.root / "wt-3", {"loose.txt": "loose"})
    run(pool.repository, "merge", "--quiet", "--no-ff", "--no-edit", "auto/done")
    kept = head(pool.repository, "auto/unmerged")
    assert pool.do("release", "wt-2").err == "wt-2 stays: 1 commit of auto/unmerged is not in main\n"
    cleaned = pool.do("cleanup")
    assert (cleaned.code, cleaned.out) == (1, "1 of 3 slots are free\n")
    assert pool.do("reset", "1").code != 0
    assert pool.do("reset", "3").out == "1 of 3 slots are free\n"
    assert pool.do("init", "3").code == 0
    again = pool.do("acquire", "unmerged")
    assert (again.out, again.code) == ("", 2)
    assert head(pool.repository, "auto/unmerged") == kept
    assert (pool.root / "wt-3" / "loose.txt").read_text() == "loose"
    assert run(pool.repository, "branch", "--list", "auto/done") == ""


def test_processes_that_take_slots_at_once_never_get_the_same_one(pool: Pool) -> None:
    """[003-022] [003-117] [003-124]"""
    pool.do("init", "3")
    started = [
        subprocess.Popen(
            command("pool", "acquire", f"task-{number}"),
            cwd=pool.repository,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    ended = [(*one.communicate(timeout=60), one.returncode) for one in started]
    slots = sorted(out.split("|")[0] for out, _, code in ended if code == 0)
    assert slots == ["wt-1", "wt-2", "wt-3"]
    (left,) = [(err, code) for _, err, code in ended if code != 0]
    assert left[0].startswith("orch-tui: POOL_EXHAUSTED: ")
    assert left[1] == 1


def test_health_counts_what_is_wrong(pool: Pool) -> None:
    """[003-031] [003-118]"""
    pool.do("init", "2")
    assert (pool.do("health").code, pool.do("health").err) == (0, "0 issues\n")
    pool.take("one", {"one.txt": "1"})
    run(pool.repository, "worktree", "remove", "--force", "--force", str(pool.root / "wt-1"))
    seen = pool.do("health", "--json")
    assert (seen.code, seen.err) == (1, "1 issue\n")
    assert seen.json()["worktrees"][0]["status"] == "error"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("status",), "there is no pool in"),
        (("acquir", "x"), "pool knows no 'acquir'; did you mean \"acquire\"?"),
        (("init", "9"), "a pool has 1 to 8 slots, not 9"),
        (("init", "many"), "'many' is no size: a pool has 1 to 8 slots"),
        (("acquire",), "name the task: orch-tui pool acquire TASK"),
        (("release", "x", "--batch", "b"), "the pool of a run is its host's: only status and health take --batch"),
        (("status", "--batch", "b"), "there is no run 'b'"),
    ],
)
def test_a_mistake_is_one_line(pool: Pool, arguments: tuple[str, ...], line: str) -> None:
    """[003-118]"""
    ended = pool.do(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert line in ended.err
    assert ended.err.count("\n") == 1


def test_an_agent_of_a_run_merges_nothing_into_a_branch_of_the_persons(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool.do("init", "1")
    pool.take("one", {"one.txt": "1"})
    before = head(pool.repository)
    monkeypatch.setattr(cli, "reading", lambda place: nullcontext(object()))
    monkeypatch.setattr(cli, "load_state", lambda journal: State({"list-1": RunLedger().batch}))
    monkeypatch.setenv("ORCH_TRACK", "limiter")
    refused = pool.do("merge", "main")
    assert (refused.code, head(pool.repository)) == (3, before)
    assert refused.err.startswith("the agent 'limiter' (ORCH_TRACK) of this batch may not decide in it")
    monkeypatch.delenv("ORCH_TRACK")
    assert pool.do("merge", "main").code == 0
