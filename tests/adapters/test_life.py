"""Signs of life: processes by identity, commits by the reflog, transcripts by their session."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.adapters.discovery import Session
from orchestrator_tui.adapters.life import SystemLife, reflog_of
from orchestrator_tui.adapters.memory import ManualClock
from orchestrator_tui.adapters.process import ProcessIdentity, identity
from orchestrator_tui.adapters.sessions.agents import AgentLife
from orchestrator_tui.core.agents import Agent
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Track
from orchestrator_tui.core.records import Attempt

NOW = Instant(0, 0, "boot")
NOW_MS = 1_795_171_300_000
TRACK = Track("one", "fix-auth", "Fix", "bug")


def attempt(process: tuple[int, str, str] | None, name: str = "a-1") -> Attempt:
    return Attempt(name, 3, "implement", ("agent",), "/w", NOW, process)


def touched(path: Path, clock: ManualClock, age_ms: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    at = (clock.now().wall_ms - age_ms) / 1000
    os.utime(path, (at, at))
    return path


def test_nothing_is_known(tmp_path: Path) -> None:
    assert SystemLife(ManualClock(), tmp_path).look(TRACK) == ((), False)


def test_a_process_lives_and_ends(tmp_path: Path) -> None:
    life = SystemLife(SystemClock(), tmp_path)
    started = subprocess.Popen(["sleep", "60"])
    own = identity(started.pid)
    assert own is not None
    track = replace(TRACK, attempts=(attempt(own),))
    signs, ended = life.look(track)
    assert ([(sign.kind, sign.age_ms, sign.detail) for sign in signs], ended) == (
        [("process", 0, f"pid {started.pid}")],
        False,
    )
    started.kill()
    started.wait()
    assert life.look(track) == ((), True)


def test_the_newest_attempt_with_a_process_counts(tmp_path: Path) -> None:
    dead, living, unknown = (1, "1", "b"), (2, "2", "b"), None
    life = SystemLife(ManualClock(), tmp_path, alive=lambda process: process.pid == 2)
    track = replace(TRACK, attempts=(attempt(dead, "a-1"), attempt(living, "a-2"), attempt(unknown, "a-3")))
    assert not life.look(track)[1]
    assert life.look(replace(track, attempts=(*track.attempts, attempt(dead, "a-4"))))[1]


def test_commits_are_seen_by_the_reflog_of_the_worktree(tmp_path: Path) -> None:
    clock = ManualClock()
    main, tree = tmp_path / "repo", tmp_path / "tree"
    git = main / ".git" / "worktrees" / "tree"
    touched(git / "logs" / "HEAD", clock, 90_000)
    touched(main / ".git" / "logs" / "HEAD", clock, 5_000)
    tree.mkdir()
    (tree / ".git").write_text(f"gitdir: {git}\n")
    life = SystemLife(clock, main)
    for worktree, age_ms in ((str(tree), 90_000), ("../tree", 90_000), (str(main), 5_000)):
        (sign,), ended = life.look(replace(TRACK, worktree=worktree))
        assert (sign.kind, sign.age_ms, ended) == ("commits", age_ms, False)
    assert life.look(TRACK) == ((), False), "without a worktree of its own commits are anybody's"


def test_a_place_that_is_no_worktree_has_no_reflog(tmp_path: Path) -> None:
    (tmp_path / "noise").mkdir()
    (tmp_path / "noise" / ".git").write_bytes(b"\xff\xfe nothing")
    (tmp_path / "fifo").mkdir()
    os.mkfifo(tmp_path / "fifo" / ".git")
    for name in ("missing", "noise", "fifo", "with\0nul"):
        assert reflog_of(tmp_path / name) is None
    assert SystemLife(ManualClock(), tmp_path).look(replace(TRACK, worktree="noise")) == ((), False)


def test_the_session_speaks_for_a_track_without_a_process(tmp_path: Path) -> None:
    clock = ManualClock()
    sessions = (
        Session("a", touched(tmp_path / "a.jsonl", clock, 40_000), ProcessIdentity(7, "7", "b")),
        Session("b", touched(tmp_path / "b.jsonl", clock, 3_000), ProcessIdentity(8, "8", "b")),
        Session("c", tmp_path / "gone.jsonl"),
    )
    life = SystemLife(clock, tmp_path, {"one": sessions}.__getitem__, lambda process: process.pid == 7)
    signs, ended = life.look(TRACK)
    assert [(sign.kind, sign.age_ms, sign.detail) for sign in signs] == [
        ("process", 0, "its session, pid 7"),
        ("transcript", 3_000, "of its session"),
    ]
    assert not ended
    signs, ended = life.look(replace(TRACK, attempts=(attempt((9, "9", "b")),)))
    assert (signs, ended) == ((), True), "its own process is the better witness"


KNOWN = Agent("s1", "a1")


@pytest.mark.parametrize(
    ("life", "signs", "ended"),
    [
        (
            AgentLife(ProcessIdentity(7, "7", "b"), False, NOW_MS - 9_000),
            [("process", 0, "pid 7"), ("transcript", 9_000, "its own")],
            False,
        ),
        (
            AgentLife(None, False, NOW_MS - 700_000, "Bash pytest -q", NOW_MS - 660_000),
            [("tool in flight", 660_000, "Bash pytest -q"), ("transcript", 700_000, "its own")],
            False,
        ),
        (AgentLife(ProcessIdentity(8, "8", "b"), False, 0), [], False),
        (AgentLife(None, True, NOW_MS - 9_000), [("transcript", 9_000, "its own")], True),
    ],
    ids=["its process", "a call in flight", "a process that ended", "gone"],
)
def test_an_agent_speaks_for_its_track_and_its_session_does_not(
    tmp_path: Path, life: AgentLife, signs: list[tuple[str, int, str]], ended: bool
) -> None:
    clock = ManualClock(wall_ms=NOW_MS)
    sessions = (Session("s1", touched(tmp_path / "s1.jsonl", clock, 1_000), ProcessIdentity(7, "7", "b")),)
    looking = SystemLife(
        clock, tmp_path, {"one": sessions}.__getitem__, lambda process: process.pid == 7, {"s1/a1": life}.get
    )
    found, over = looking.look(replace(TRACK, agent=KNOWN))
    assert ([(sign.kind, sign.age_ms, sign.detail) for sign in found], over) == (signs, ended)


def test_a_session_speaks_for_an_agent_of_which_nothing_is_known(tmp_path: Path) -> None:
    sessions = (Session("s1", None, ProcessIdentity(7, "7", "b")),)
    looking = SystemLife(ManualClock(), tmp_path, {"one": sessions}.__getitem__, lambda _: True)
    found, over = looking.look(replace(TRACK, agent=KNOWN))
    assert ([sign.detail for sign in found], over) == (["its session, pid 7"], False)
