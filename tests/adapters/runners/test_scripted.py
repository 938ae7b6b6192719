"""Scripted agents: one stage of a script as a real process, made again without doing anything twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator_tui.adapters.runners.scripted import ScriptedFollower, ScriptedRunner
from orchestrator_tui.core.plan import AgentChoice
from orchestrator_tui.demo.script import load_script
from orchestrator_tui.journal.sqlite import open_journal
from orchestrator_tui.runtime.run_world import AttemptOrder
from tests.adapters.runners.made import make_attempt, make_repository, run

WORDS = frozenset({"APPROVED", "REQUIRES_REWORK"})

WHOLE = """
track: alpha
steps:
  - report: {stage: 1, name: Plan}
  - write: {path: plan.txt, content: "plan\\n"}
  - report: {stage: 2, name: Implement}
  - write: {path: made.txt, content: "made\\n"}
  - commit: Make it
  - report: {stage: 3, name: Review}
  - verdict: APPROVED
  - report: {stage: 2, name: Implement, progress: again}
  - write: {path: more.txt, content: "more\\n"}
stages:
  3/1: [{verdict: REQUIRES_REWORK}]
  4/1/1: [{exit: 1}]
  4/*/2: [{exit: 2}]
  4: [{verdict: APPROVED}]
  resolve: [{say: resolves}]
"""


def scripted(tmp_path: Path, script: str, **changes: object) -> AttemptOrder:
    scripts = tmp_path / "scripts"
    scripts.mkdir(exist_ok=True)
    (scripts / "alpha.yaml").write_text(script)
    make_repository(tmp_path / "worktree")
    make_repository(tmp_path / "repository")
    return make_attempt(tmp_path, AgentChoice("scripted", scripts=str(scripts)), **changes)


def play(attempt: AttemptOrder) -> subprocess.CompletedProcess[bytes]:
    return run(ScriptedRunner(os.environ).order(attempt))


def test_what_is_said_most_exactly_counts(tmp_path: Path) -> None:
    path = tmp_path / "alpha.yaml"
    path.write_text(WHOLE)
    script = load_script(path)
    assert [step.verdict for step in script.steps_of(3, 1, 1)] == ["REQUIRES_REWORK"]
    assert [step.verdict for step in script.steps_of(3, 2, 1)] == [None, "APPROVED"]
    assert [script.steps_of(4, entry, attempt)[0].exit for entry, attempt in ((1, 1), (1, 2), (2, 2))] == [1, 2, 2]
    assert script.steps_of(4, 2, 1)[0].verdict == "APPROVED"
    assert script.steps_of(2, 1, 1, "resolve")[0].say == "resolves"
    assert [step.write.path for step in script.steps_of(2) if step.write] == ["made.txt", "more.txt"]
    assert script.steps_of(9) == []


@pytest.mark.parametrize("key", ["0", "4/", "4/*", "4/*/*", "4/0", "Stage", "4/1/1/1"])
def test_a_time_that_there_is_not_is_refused(tmp_path: Path, key: str) -> None:
    path = tmp_path / "alpha.yaml"
    path.write_text(f'track: alpha\nstages: {{"{key}": []}}\n')
    with pytest.raises(ValueError, match="stages"):
        load_script(path)


def test_an_attempt_plays_its_stage_alone_and_again_without_harm(tmp_path: Path) -> None:
    attempt = scripted(tmp_path, WHOLE)
    worktree = Path(attempt.worktree)
    (worktree / ".git" / "index.lock").touch()
    done = play(attempt)
    assert done.returncode == 0, done.stderr
    assert not (worktree / "plan.txt").exists()
    assert (worktree / "more.txt").read_text() == "more\n"
    log = subprocess.run(["git", "log", "--format=%s"], cwd=worktree, capture_output=True, text=True, check=True)
    assert log.stdout.splitlines() == ["Make it", "Start"]
    [task] = Path(attempt.tasks).glob("*.json")
    assert json.loads(task.read_text())["metadata"]["stage"] == 2
    again = play(replace(attempt, id="a-alpha-2-1-2"))
    assert again.returncode == 0, again.stderr


def test_verdict_and_exit_code_are_what_it_ends_with(tmp_path: Path) -> None:
    attempt = scripted(tmp_path, WHOLE, stage=3, id="a-alpha-3-1-1")
    done = play(attempt)
    follower = ScriptedRunner(os.environ).follower(attempt, WORDS)
    follower.feed(done.stdout)
    end = follower.end(done.returncode, "exited", done.stderr)
    assert (end.claim, end.verdict) == ("done", "REQUIRES_REWORK")
    assert play(replace(attempt, stage=4, id="a-alpha-4-1-1")).returncode == 1
    assert play(replace(attempt, stage=4, id="a-alpha-4-3-2")).returncode == 2


def test_a_track_without_a_script_is_said(tmp_path: Path) -> None:
    attempt = scripted(tmp_path, WHOLE, track="beta")
    with pytest.raises(OSError, match=r"track beta has no script: .*beta\.yaml is missing"):
        ScriptedRunner(os.environ).order(attempt)


def test_it_asks_once_and_goes_on_by_the_same_gate(tmp_path: Path) -> None:
    ask = {
        "question": "Which?",
        "options": {"one": "the one", "two": "the other"},
        "patience": 0,
        "on": {"pending": [{"forge": "two"}], "two": [{"write": {"path": "two.txt", "content": "2"}}]},
    }
    steps = [
        {"report": {"stage": 2, "name": "Implement"}},
        {"ask": ask},
        {"finding": {"severity": "nit", "title": "t"}},
    ]
    attempt = scripted(tmp_path, json.dumps({"track": "alpha", "stages": {"2": steps}}))
    assert play(attempt).returncode == 0
    assert play(replace(attempt, id="a-alpha-2-1-2")).returncode == 0
    [task] = Path(attempt.tasks).glob("*.json")
    assert json.loads(task.read_text())["metadata"]["decision"]["option"] == "two"
    environ = {**os.environ, "ORCH_HOME": attempt.home}
    journal = open_journal(Path(attempt.repository), environ, create=False)
    try:
        [batch] = [head.id for head in journal.batches()]
        assert [gate.revision for gate in journal.gates(batch)] == [1]
        assert [request.kind for request in journal.requests(batch)].count("finding") == 1
    finally:
        journal.close()


def test_it_tells_of_cost_and_hears(tmp_path: Path) -> None:
    tells = {
        "cost_usd": 0.5,
        "tokens": 7,
        "turns": 2,
        "model": "m",
        "session": "s",
        "denials": ["Bash rm"],
        "parked_s": 9,
        "calls": [{"tool": "Bash", "command": "make", "error": "red"}] * 3,
    }
    steps = [{"tells": tells}, {"hear": "status"}, {"say": "\x1b[2Jcleared"}]
    attempt = scripted(tmp_path, json.dumps({"track": "alpha", "stages": {"2": steps}}))
    runner = ScriptedRunner(os.environ)
    order = runner.order(attempt)
    assert order.keep_open
    done = run(replace(order, stdin=runner.message("what is your\nstatus?")))
    assert done.returncode == 0, done.stderr
    follower = runner.follower(attempt, WORDS)
    news = follower.feed(done.stdout)
    assert news is not None
    assert (news.cost_usd, news.tokens, news.turns, news.denials) == (0.5, 7, 2, ("Bash rm",))
    assert [(one.pattern, one.times) for one in news.repeated] == [("turn_repeat", 3), ("error_echo", 3)]
    assert news.parked_until_ms > 0
    assert news.activity == "\\x1b[2Jcleared"
    end = follower.end(0, "", b"")
    assert (end.cost_usd, end.tokens, end.turns, end.session, end.model) == (0.5, 7, 2, "s", "m")


def test_it_misbehaves_as_it_was_told_to(tmp_path: Path) -> None:
    stages = {
        "1": [{"die": "SIGKILL"}],
        "2": [{"flood": 300_000}],
        "3": [{"daemon": 0.1}, {"shell": "exit 3"}],
    }
    attempt = scripted(tmp_path, json.dumps({"track": "alpha", "stages": stages}))
    assert play(replace(attempt, stage=1)).returncode == -signal.SIGKILL
    assert len(play(replace(attempt, stage=2)).stdout) == 300_000
    failed = play(replace(attempt, stage=3))
    assert (failed.returncode, b"sh ended with 3" in failed.stderr) == (1, True)


def test_a_stubborn_one_is_ended_only_by_force(tmp_path: Path) -> None:
    attempt = scripted(tmp_path, json.dumps({"track": "alpha", "stages": {"2": [{"hang": "stubbornly"}]}}))
    order = ScriptedRunner(os.environ).order(attempt)
    agent = subprocess.Popen(order.argv, cwd=order.cwd, env=dict(order.environment), stdout=subprocess.PIPE)
    try:
        assert agent.stdout is not None
        assert agent.stdout.readline() == b"hangs\n"
        with pytest.raises(subprocess.TimeoutExpired):
            # It may not have come to ignore it yet when it says so: only that it can be killed matters then.
            agent.wait(0.2)
    finally:
        agent.kill()
        agent.communicate()
    assert agent.returncode == -signal.SIGKILL


def test_a_script_that_is_none_is_one_line(tmp_path: Path) -> None:
    attempt = scripted(tmp_path, "track: alpha\nstages: {2: [{wirte: x}]}\n")
    done = play(attempt)
    assert done.returncode == 2
    assert b"wirte" in done.stderr
    assert b"Traceback" not in done.stderr


def test_nothing_in_the_worktree_is_imported(tmp_path: Path) -> None:
    attempt = scripted(tmp_path, WHOLE)
    for name in ("json.py", "orchestrator_tui.py", "yaml.py"):
        (Path(attempt.worktree) / name).write_text("raise SystemExit(99)\n")
    assert play(attempt).returncode == 0
    assert ScriptedRunner(os.environ).order(attempt).argv[:2] == (sys.executable, "-P")


def test_hostile_tellings_are_passed_over() -> None:
    follower = ScriptedFollower(WORDS)
    lines = [b"[]", b"{", b'{"tokens": -1, "cost_usd": "x", "turns": true, "denials": [1, "\\u001b"]}', b"[" * 5000]
    for line in lines:
        news = follower.feed(b"scripted-agent tells: " + line + b"\n")
    assert news is not None
    end = follower.end(0, "", b"")
    assert (end.tokens, end.cost_usd, end.turns) == (0, 0.0, 0)
