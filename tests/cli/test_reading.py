"""`list`, `status` and `gates`: the JSON that scripts rely on, and what they say where there is nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.core.event import Draft
from orchestrator_tui.journal.home import journal_directory, state_home
from tests.cli.scene import Scene, make_repository, orch

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
BATCH = {
    "id": str,
    "title": str,
    "kind": str,
    "workflow": str,
    "state": str,
    "started_at": "moment",
    "ended_at": "moment?",
    "tracks": int,
    "merged": list,
    "cost_usd": (int, float, type(None)),
}
GATE = {
    "id": str,
    "batch": str,
    "track": str,
    "stage": (int, type(None)),
    "kind": str,
    "risk": str,
    "question": str,
    "context": str,
    "options": list,
    "multiple": bool,
    "free_text": bool,
    "subject": (dict, type(None)),
    "recommendation": (str, type(None)),
    "revision": int,
    "digest": str,
    "state": str,
    "asked_at": "moment",
    "age_seconds": int,
    "stale": bool,
    "route": (str, type(None)),
    "routes": list,
    "can_hear": bool,
    "decision": (dict, type(None)),
    "delivered_at": "moment?",
    "acknowledged_at": "moment?",
    "asker": str,
}
DECISION = {"option": str, "text": str, "reason": str, "by": str, "origin": str, "at": "moment"}
STATUS_BATCH = {
    "id": str,
    "title": str,
    "workflow": str,
    "state": str,
    "started_at": "moment",
    "elapsed_seconds": int,
}
TRACK = {
    "slug": str,
    "title": str,
    "kind": str,
    "workflow": str,
    "state": str,
    "wave": int,
    "stage": int,
    "stage_name": str,
    "stage_status": str,
    "stages": list,
    "branch": str,
    "worktree": str,
    "attempts": int,
    "last_activity_at": "moment?",
    "silent": bool,
    "cost_usd": (int, float, type(None)),
    "tokens": (int, type(None)),
    "model": str,
    "agent": (dict, type(None)),
    "part_of": str,
    "listed": bool,
    "depends_on": list,
    "merged_sha": str,
    "paused": str,
    "why": str,
    "checklist": list,
}
AGENT = {
    "session": str,
    "id": str,
    "parent": str,
    "mode": str,
    "name": str,
    "status": str,
    "evidence": list,
    "connected": bool,
    "pane": str,
    "team": str,
    "version": str,
}


def assert_shape(value: Any, shape: dict[str, Any]) -> None:
    """Exactly these fields, in this order, each of its type."""
    assert list(value) == list(shape)
    for name, wanted in shape.items():
        found = value[name]
        if isinstance(wanted, str):
            assert (wanted.endswith("?") and found is None) or MOMENT.fullmatch(found), (name, found)
        else:
            assert isinstance(found, wanted), (name, found)
            assert not isinstance(found, bool) or wanted is bool, (name, found)


def test_list(scene: Scene) -> None:
    scene.ask(1, "fix-auth", "Keep it?", ["yes", "no"])
    scene.watch()
    ended = scene.run("list", "--json")
    assert (ended.code, ended.err) == (0, "")
    found = ended.json()
    assert list(found) == ["batches"]
    assert_shape(found["batches"][0], BATCH)
    assert (found["batches"][0]["id"], found["batches"][0]["kind"]) == (scene.batch_id, "watch")
    shown = scene.run("list")
    assert scene.batch_id in shown.out
    assert "running" in shown.out


def test_gates(scene: Scene) -> None:
    scene.ask(1, "fix-auth", "Keep it?", ["yes: keep the lock", "no"], recommendation="yes", confidence="low", age_s=61)
    scene.ask(2, "pay", "Ship it?", ["go", "stop"], environment="production")
    scene.watch()
    found = scene.run("gates", "--json").json()
    assert list(found) == ["gates"]
    production, plain = found["gates"]
    for gate in (production, plain):
        assert_shape(gate, GATE)
    assert (production["track"], production["risk"], production["recommendation"]) == ("pay", "production", None)
    assert plain["options"] == [{"key": "yes", "label": "yes: keep the lock"}, {"key": "no", "label": "no"}]
    assert 60 <= plain["age_seconds"] < 120
    assert (plain["id"], plain["batch"], plain["state"], plain["route"], plain["decision"]) == (
        "task-1-stage-3",
        scene.batch_id,
        "open",
        "task_file",
        None,
    )
    shown = scene.run("gates")
    assert "fix-auth/3" in shown.out
    assert "1 yes: keep the lock" in shown.out
    assert "answer the first: orch-tui decide pay/3 OPTION --revision 1 --confirm pay\n" in shown.err


def test_every_way_of_an_answer_is_told_with_its_reason(scene: Scene) -> None:
    scene.ask(1, "fix-auth", "Keep it?", ["yes", "no"])
    scene.watch()
    with scene.journal() as journal:
        (gate,) = journal.gates()
        for route in ("hook", "shell"):
            added = {"gate": gate.id, "revision": 1, "route": route, "asker": "s-1/a-1"}
            journal.change_gate(scene.batch_id, Draft("gate_route_added", added), SystemClock().now(), "hook")
        with journal.waiter(scene.batch_id, gate.id, what="shell"):
            (waits,) = scene.run("gates", "--json").json()["gates"]
    (left,) = scene.run("gates", "--json").json()["gates"]
    told = {one["route"]: one["state"] for one in waits["routes"]}
    assert told == {"hook": "fallback", "shell": "chosen", "task_file": "fallback"}
    assert left["routes"] == [
        {"route": "hook", "state": "chosen", "why": "its agent gets it with its next tool call"},
        {"route": "shell", "state": "unavailable", "why": "nobody waits in its shell now"},
        {"route": "task_file", "state": "fallback", "why": "written into its task; its agent may not look"},
    ]
    assert left["can_hear"]


def test_a_nudge_is_no_way_of_an_answer(scene: Scene) -> None:
    scene.ask(1, "fix-auth", "Keep it?", ["yes", "no"])
    scene.watch()
    assert scene.run("decide", "fix-auth", "yes").code == 0
    with scene.journal() as journal:
        (gate,) = journal.gates()
        assert gate.decision is not None
        nudged = {"gate": gate.id, "revision": 1, "decision": gate.decision.id, "route": "tmux"}
        journal.change_gate(scene.batch_id, Draft("gate_nudged", nudged), SystemClock().now(), "cockpit")
    (found,) = scene.run("gates", "--json").json()["gates"]
    assert (found["route"], found["state"]) == ("task_file", "delivered")


def test_a_decided_gate_and_those_that_ended(scene: Scene) -> None:
    scene.ask(1, "fix-auth", "Keep it?", ["yes", "no"])
    scene.watch()
    assert scene.run("decide", "fix-auth", "no", "--reason", "it leaks").code == 0
    gate = scene.run("gates", "--json").json()["gates"][0]
    assert_shape(gate, GATE)
    assert_shape(gate["decision"], DECISION)
    assert (gate["state"], gate["decision"]["option"], gate["decision"]["reason"], gate["decision"]["origin"]) == (
        "delivered",
        "no",
        "it leaks",
        "cli",
    )
    assert gate["delivered_at"] is not None
    scene.task(1, "fix-auth", {"stage": 3, "stageStatus": "in_progress"})
    scene.watch()
    assert scene.run("gates", "--json").json() == {"gates": []}
    (gate,) = scene.run("gates", "--all", "--json").json()["gates"]
    assert gate["state"] == "acknowledged"
    assert gate["acknowledged_at"] is not None
    assert "acknowledged" in scene.run("gates", "--all").out


def test_status(scene: Scene) -> None:
    """[002-90] [002-27]"""
    scene.ask(1, "fix-auth", "Keep it?", ["yes", "no"], branch="fix/auth")
    scene.task(2, "plain-work")
    scene.watch()
    found = scene.run("status", "--json").json()
    assert list(found) == ["batch", "tracks", "gates", "merged", "run"]
    assert_shape(found["batch"], STATUS_BATCH)
    assert found["gates"] == {"open": 1, "stale": 0, "decided_by_rule": 0, "decided_by_person": 0}
    assert found["merged"] == []
    asking, plain = found["tracks"]
    for track in (asking, plain):
        assert_shape(track, TRACK)
    assert (asking["slug"], asking["branch"], asking["stage"], asking["stage_name"]) == (
        "fix-auth",
        "fix/auth",
        3,
        "Counsel",
    )
    assert asking["stages"][2] == {"index": 3, "name": "Counsel", "status": "gate"}
    shown = scene.run("status", scene.batch_id[:12])
    assert shown.code == 0
    assert "asks: Keep it?" in shown.out


@pytest.mark.parametrize(
    ("arguments", "empty"),
    [
        (("list",), {"batches": []}),
        (("gates",), {"gates": []}),
        (("gates", "--all"), {"gates": []}),
        (
            ("status",),
            {
                "batch": None,
                "tracks": [],
                "gates": {"open": 0, "stale": 0, "decided_by_rule": 0, "decided_by_person": 0},
                "merged": [],
                "run": None,
            },
        ),
    ],
)
def test_a_repository_without_a_journal_is_empty_and_stays_without(
    scene: Scene, arguments: tuple[str, ...], empty: Any
) -> None:
    ended = scene.run(*arguments, "--json")
    assert (ended.code, ended.json(), ended.err) == (0, empty, "")
    assert scene.run(*arguments).code == 0
    assert not scene.place.home.exists()


def test_a_batch_that_is_not_there(scene: Scene) -> None:
    ended = scene.run("status", "tasks")
    assert (ended.code, ended.err) == (2, "orch-tui: there is no batch 'tasks': this repository has no journal yet\n")
    scene.ask(1, "fix-auth", "Keep it?")
    scene.watch()
    ended = scene.run("status", scene.batch_id.replace("tasks", "taks"))
    assert ended.code == 2
    assert f'did you mean "{scene.batch_id}"?' in ended.err


def test_a_worktree_shares_the_journal_and_another_repository_does_not(scene: Scene, tmp_path: Path) -> None:
    scene.ask(1, "fix-auth", "Keep it?")
    scene.watch()
    below = scene.repository / "src" / "deep"
    below.mkdir(parents=True)
    assert len(orch("gates", "--json", cwd=below).json()["gates"]) == 1
    other = make_repository(tmp_path / "other")
    assert orch("gates", "--json", cwd=other).json() == {"gates": []}
    assert len(orch("gates", "--json", "--repo", str(scene.repository), cwd=other).json()["gates"]) == 1


@pytest.mark.parametrize(
    "arguments", [("list",), ("gates", "--json"), ("status",), ("verify", "x"), ("decide", "a", "b")]
)
def test_a_database_that_cannot_be_read_is_one_line(scene: Scene, arguments: tuple[str, ...]) -> None:
    directory = journal_directory(state_home({"ORCH_HOME": str(scene.place.home)}), scene.repository)
    directory.mkdir(parents=True)
    (directory / "journal.db").write_bytes(b"this is no database, " * 500)
    ended = scene.run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert len(ended.err.splitlines()) == 1
    assert "damaged" in ended.err


def test_a_journal_that_is_a_directory_is_one_line(scene: Scene) -> None:
    (scene.place.directory / "journal.db").mkdir(parents=True)
    ended = scene.run("gates")
    assert (ended.code, len(ended.err.splitlines())) == (2, 1)


def test_hostile_text_is_inert_on_stdout(scene: Scene) -> None:
    scene.ask(1, "fix-auth", "Keep \x1b]52;c;aGk=\x07 it?\u202e", ["y\x1b[2Jes", "no"])
    scene.watch()
    for arguments in (("gates",), ("gates", "--json"), ("status",), ("list",)):
        ended = scene.run(*arguments)
        assert ended.code == 0
        assert "\x1b" not in ended.out
        assert "\u202e" not in ended.out
    assert scene.run("gates", "--json").json()["gates"][0]["options"][0]["label"] == "y\x1b[2Jes"
