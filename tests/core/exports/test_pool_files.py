"""The files of seed 003 in their exact shape: compared with files that were written by hand from its own text."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from orchestrator_tui.cli.exporting import as_text
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.exports.auto_state_machine import COMPLETE, IDLE, NEXT, path_to
from orchestrator_tui.core.exports.registry import EXPORTS
from orchestrator_tui.core.plan import CheckCommand, PlannedTrack, Scope
from orchestrator_tui.core.schedule.sessions import next_session
from orchestrator_tui.plan.catalogue import load_workflows
from tests.core.builders import MINUTE
from tests.runtime.run.memory_world import Agent
from tests.runtime.run.scene import Scene

GOLDEN = Path(__file__).with_name("golden") / "pool"
POOL = replace(load_workflows(None, None).workflows["pool"], gates=("publish",), track_gate=(), tests_first=False)
NO_CHECKS = replace(POOL.merging, checks=())
EXECUTE, QA = 1, 2


def task(slug: str, *files: str, **more: object) -> PlannedTrack:
    base = PlannedTrack(slug, more.pop("title", slug), "task", "pool", scope=Scope(owned=files))  # type: ignore[arg-type]
    return replace(base, **more)  # type: ignore[arg-type]


def scene_of(*tracks: PlannedTrack, workflow: object = POOL, **more: object) -> Scene:
    """Tasks whose executors write their first file and say what they did, and whose QA approves."""
    made = Scene(*tracks, workflow=workflow, files={one.scope.owned[0]: "" for one in tracks}, **more)  # type: ignore[arg-type]

    def execute(agent: Agent) -> tuple[int, str]:
        track = next(one for one in tracks if one.slug == agent.attempt.track)
        agent.append(track.scope.owned[0], f"try {len(made.track(track.slug).attempts)}\n")
        made.ledger.tick(MINUTE)
        return 0, f"READY_FOR_QA\nCreated {track.title}"

    def judge(agent: Agent) -> tuple[int, str]:
        made.ledger.tick(MINUTE)
        return 0, "TASK_APPROVED"

    made.world.acts = {f"*/{EXECUTE}": execute, f"*/{QA}": judge}
    return made


def written(scene: Scene, export: str) -> dict[str, str]:
    """The files of an export as they are written, by name."""
    found = EXPORTS[export](scene.ledger.batch, scene.ledger.now)
    return {one.path.rpartition("/")[2]: as_text(one) for one in found}


def data(scene: Scene, export: str, name: str) -> Any:
    return yaml.safe_load(written(scene, export)[name])


FIVE = (
    task("theme", "src/globals.css", "tailwind.config", wave=1, priority=3),
    task("sidebar", "src/sidebar.tsx", wave=1, priority=2),
    task("header", "src/header.tsx", wave=1, priority=1),
    task("stat-bar", "src/stat-bar.tsx", wave=2, priority=2),
    task("onboarding", "src/onboarding.tsx", wave=2, priority=1),
)
WAVES = {"waves": [{"wave": 1, "tracks": ["theme", "sidebar", "header"]}, {"wave": 2, "tracks": ["stat-bar"]}]}
THREE = replace(POOL, concurrency=3, works=POOL.works[:2], ladder=replace(POOL.ladder, stages=POOL.ladder.stages[:2]))


def test_the_box_of_parallel_execution_is_the_sources_own() -> None:
    """[003-010] [003-013] [003-014] [003-015]"""
    scene = scene_of(*FIVE, workflow=THREE)
    assert written(scene, "execution-mode")["execution-mode.txt"] == (GOLDEN / "mode-parallel.txt").read_text("utf-8")


def test_its_progress_is_drawn_anew_after_each_agent() -> None:
    """[003-015] [003-072]"""
    scene = scene_of(*FIVE, workflow=THREE)
    scene.play()
    scene.ledger.must(*next_session(scene.ledger.batch))
    scene.world.settle()
    text = written(scene, "execution-mode")["execution-mode.txt"]
    assert text.endswith((GOLDEN / "mode-progress.txt").read_text("utf-8"))


def test_the_box_of_sequential_execution_is_the_sources_own() -> None:
    """[003-011] [003-012]"""
    tracks = (task("types", "types.ts", wave=1), task("component", "component.tsx", wave=2, depends_on=("types",)))
    scene = scene_of(*tracks, checked={"verdict": {"why": "Sequential: Only 2 files with dependencies."}})
    assert written(scene, "execution-mode")["execution-mode.txt"] == (GOLDEN / "mode-sequential.txt").read_text("utf-8")


LOGIN = task("task-login", "login.py", title="Login form", wave=1)


def test_the_state_of_the_pool() -> None:
    """[003-017] [003-038] [003-111]"""
    scene = scene_of(LOGIN)
    scene.world.settle()
    found = json.loads(written(scene, "pool-state")["pool-state.json"])
    golden = json.loads((GOLDEN / "pool-state.json").read_text("utf-8"))
    assert len(found["worktrees"]) == found["pool_size"] == 8
    assert {**found, "worktrees": found["worktrees"][:2]} == golden
    assert list(found["worktrees"][0]) == list(golden["worktrees"][0])
    scene.play()
    states = json.loads(written(scene, "pool-state")["pool-state.json"])["worktrees"]
    assert {one["status"] for one in states} == {"idle"}


def test_the_progress_of_a_task_that_qa_sent_back() -> None:
    """[003-046] [003-056] [003-057]"""
    scene = scene_of(LOGIN)
    words = ["TASK_REJECTED", "TASK_APPROVED"]

    def judge(agent: Agent) -> tuple[int, str]:
        scene.ledger.tick(MINUTE)
        return 0, f"{words.pop(0)}\n2 type errors"

    scene.world.acts[f"*/{QA}"] = judge
    told = []
    for _ in range(60):
        scene.world.settle()
        told.append(data(scene, "auto-progress", "auto-progress.yaml"))
        running = scene.world.jobs.running()
        if not running:
            break
        scene.world.jobs.let(running[0])
    login = [one["tasks"]["task-login"] for one in told]
    assert [one["status"] for one in login] == ["in_progress"] * 2 + ["in_progress"] * 2 + ["done"]
    second = login[2]
    assert second == {
        "name": "Login form",
        "status": "in_progress",
        "branch": "orch/task-login",
        "worktree": "/trees/pool/wt-1",
        "iterations": 2,
        "qa_verified": False,
        "qa_timestamp": "2026-09-21T14:15:20Z",
        "qa_feedback": "2 type errors",
        "group": 1,
    }
    assert (login[-1]["qa_verified"], login[-1]["iterations"], "qa_feedback" in login[-1]) == (True, 2, False)
    whole = told[2]
    assert {name: whole[name] for name in list(whole)[:5]} == {
        "session_id": "auto-20260921-141320",
        "started_at": "2026-09-21T14:13:20Z",
        "status": "in_progress",
        "parallel_group": 1,
        "iteration": 3,
    }
    assert whole["max_iterations"] == 50
    assert whole["parallel_groups"] == {"group_1": {"tasks": ["task-login"]}}


def test_a_rejected_and_an_approved_task_are_called_so_until_they_go_on() -> None:
    """[003-056]"""
    for word, status in (("TASK_REJECTED", "qa_rejected"), ("TASK_APPROVED", "qa_approved")):
        scene = scene_of(LOGIN)
        scene.world.settle()
        ended = {"outcome": "done", "exit_code": 0, "summary": "", "cost_usd": 0.0, "tokens": 0, "turns": 0}
        scene.world.jobs.let("a-task-login-1-1-1")
        scene.world.settle()
        ids = {"track": "task-login", "attempt": "a-task-login-2-1-1"}
        scene.ledger.must(Draft("attempt_ended", {**ids, **ended, "verdict": word}))
        assert data(scene, "auto-progress", "auto-progress.yaml")["tasks"]["task-login"]["status"] == status


def test_a_task_whose_merge_a_person_has_taken_back_is_called_so() -> None:
    login = task("task-login", "login.py")
    scene = scene_of(login, checks=(CheckCommand("suite", "test"),), workflow=replace(POOL, merging=NO_CHECKS))
    scene.world.checks["test"] = lambda cwd: int(cwd == "/trees/integration")
    scene.play()
    assert data(scene, "auto-progress", "auto-progress.yaml")["tasks"]["task-login"]["status"] == "done"
    scene.answer("integration", "take_back")
    scene.play()
    assert data(scene, "auto-progress", "auto-progress.yaml")["tasks"]["task-login"]["status"] == "rolled_back"


def test_the_state_machine_follows_its_table() -> None:
    """[003-073] [003-112] [003-113]"""
    scene = scene_of(*FIVE, workflow=replace(THREE, waves_per_session=0))
    seen = []
    for _ in range(60):
        scene.world.settle()
        seen.append(data(scene, "auto-state-machine", "auto-state-machine.yaml"))
        running = scene.world.jobs.running()
        if not running:
            break
        scene.world.jobs.let(running[0])
    states = [one["current_state"] for one in seen]
    assert list(dict.fromkeys(states)) == ["EXECUTE", "REVIEW"]
    for one in seen:
        path = [*one["completed_phases"], one["current_state"]]
        assert len(set(path)) == len(path)
        assert all(after in NEXT[before] for before, after in pairwise(path))
        assert one["previous_state"] == path[-2]
    last = seen[-1]
    assert (last["version"], last["session_id"], last["last_parallel_group"]) == ("3.1", "auto-20260921-141320", 2)
    assert last["checkpoint_files"][0] == ".claude/auto-memory/parallel-group-1-pre.yaml"
    assert last["token_usage"] == {
        "estimated": 0,
        "budget": 200000,
        "warning_threshold": 0.8,
        "checkpoint_threshold": 0.8,
    }
    for parallel in (True, False):
        path_ = path_to(COMPLETE, parallel=parallel)
        assert (path_[0], path_[-1]) == (IDLE, COMPLETE)
        assert all(after in NEXT[before] for before, after in pairwise(path_))


def test_the_checkpoints_of_a_group() -> None:
    """[003-085] [003-086] [003-087] [003-114]"""
    scene = scene_of(*FIVE, workflow=THREE)
    scene.play()
    files = written(scene, "group-checkpoints")
    assert sorted(files) == ["parallel-group-1-post.yaml", "parallel-group-1-pre.yaml", "parallel-group-1-summary.md"]
    before, after = (yaml.safe_load(files[f"parallel-group-1-{one}.yaml"]) for one in ("pre", "post"))
    assert before == {
        "group_number": 1,
        "checkpoint_type": "pre",
        "timestamp": "2026-09-21T14:13:20Z",
        "summary": "Starting parallel group 1 with tasks: theme, sidebar, header",
        "tasks_in_group": ["theme", "sidebar", "header"],
        "completed_tasks": [],
        "session_info": {"session_id": "auto-20260921-141320", "current_state": "EXECUTE"},
        "next_actions": ["Execute group 1", "Verify all tasks in group"],
    }
    assert list(after) == list(before)
    assert after["summary"] == "Completed group 1. Tasks verified. Ready for next group."
    assert after["next_actions"] == ["Execute group 2: orch-tui run --resume list-1"]
    assert files["parallel-group-1-summary.md"] == (GOLDEN / "group-summary.md").read_text("utf-8")


def test_the_checkpoint_of_a_failure_names_the_task_and_the_last_group_promises_no_next_one() -> None:
    """[003-084] [003-114]"""
    scene = scene_of(LOGIN)
    works = scene.world.acts[f"*/{EXECUTE}"]
    tries: list[str] = []

    def act(agent: Agent) -> tuple[int, str]:
        tries.append(agent.attempt.id)
        return (1, "the form is missing") if len(tries) == 1 else works(agent)

    scene.world.acts[f"*/{EXECUTE}"] = act
    scene.play()
    files = written(scene, "group-checkpoints")
    failed, after = (yaml.safe_load(files[f"parallel-group-1-{one}.yaml"]) for one in ("failed", "post"))
    assert failed["summary"] == "A task of group 1 failed (task-login); it is retried"
    assert failed["next_actions"] == ["Retry the failed task: task-login"]
    assert after["summary"] == "Completed group 1. Tasks verified. All groups are completed."
    assert after["next_actions"] == ["Integrate and review"]


def test_the_report_of_qa() -> None:
    """[003-061] [003-062] [003-115]"""
    scene = scene_of(LOGIN)

    def judge(agent: Agent) -> tuple[int, str]:
        for name, result, detail in (("empty password", "pass", ""), ("10,000 characters", "fail", "no answer")):
            told = {"track": "task-login", "name": name, "result": result, "detail": detail}
            scene.ledger.must(Draft("check_recorded", told))
        ran = {"track": "task-login", "name": "unit", "result": "pass", "detail": "", "run": agent.attempt.id}
        partly = {**ran, "name": "types", "result": "partial", "detail": "a | b"}
        scene.ledger.must(Draft("check_recorded", ran), Draft("check_recorded", partly))
        finding = {"track": "task-login", "finding": "f-1", "severity": "blocker", "title": "No limit on the password"}
        scene.ledger.must(Draft("finding_added", {**finding, "file": "login.py", "line": 4}))
        return 0, "TASK_REJECTED"

    scene.world.acts[f"*/{QA}"] = judge
    scene.world.settle()
    for job in ("a-task-login-1-1-1", "a-task-login-2-1-1"):
        scene.world.jobs.let(job)
        scene.world.settle()
    assert written(scene, "qa-report")["qa-task-login.md"] == (GOLDEN / "qa-task-login.md").read_text("utf-8")
