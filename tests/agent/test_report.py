"""Reporting: what is written into the agent's own task file, and what is left alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.agent.main import main
from orchestrator_tui.core.codec import to_data
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.rules import Ladder, StageRule
from orchestrator_tui.core.stage_said import STAGE_SAID, read_payload
from orchestrator_tui.journal.sqlite import open_journal
from orchestrator_tui.runtime.rules import OWN_LADDERS
from tests.agent.scene import Scene
from tests.runtime.run.scene import WORKFLOW

Agent = Callable[..., int]
WORKFLOW_SUBJECT = "[WF-2] alpha (prd-to-pr) — Stage 3/8: Plan Refinement Counsel"


@pytest.fixture
def agent(as_agent: None, monkeypatch: pytest.MonkeyPatch) -> Agent:
    """orch-agent in this process: the exit code of one call."""

    def call(*arguments: str, **environment: str) -> int:
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            return main(arguments)

    return call


def test_a_report_says_where_the_agent_is(scene: Scene, agent: Agent) -> None:
    scene.write({"track": "alpha", "stage": 3, "workflow": "prd-to-pr", "files": ["a.py"], "hold": True})
    code = agent(
        "report", "--stage", "4", "--progress", "tests green", "--branch", "b", "--worktree", "/w", "--pr", "21"
    )
    assert code == 0
    assert scene.metadata() == {
        "track": "alpha",
        "stage": 4,
        "workflow": "prd-to-pr",
        "files": ["a.py"],
        "hold": True,
        "progress": "tests green",
        "branch": "b",
        "worktree": "/w",
        "pr": "21",
        "needsDecision": False,
        "stageName": "Multi-Agent Implementation",
        "stageStatus": "in_progress",
    }
    assert (scene.task()["subject"], scene.task()["status"]) == ("Build the cache", "in_progress")
    assert not scene.journal_directory.exists(), "a report needs no journal"


@pytest.mark.parametrize(
    ("arguments", "subject"),
    [
        (("--stage", "4"), "[WF-2] alpha (prd-to-pr) — Stage 4/8: Multi-Agent Implementation"),
        (("--stage", "4", "--name", "Own name"), "[WF-2] alpha (prd-to-pr) — Stage 4/8: Own name"),
        (("--progress", "still counselling"), WORKFLOW_SUBJECT),
        (("--stage", "2", "--workflow", "bug-to-pr"), "[WF-2] alpha (bug-to-pr) — Stage 2/8: Root Cause Analysis"),
        (
            ("--stage", "4", "--title", "ignored"),
            "[WF-2] alpha (prd-to-pr) — Stage 4/8: Multi-Agent Implementation",
        ),
    ],
)
def test_a_subject_with_a_stage_follows_it(
    scene: Scene, agent: Agent, arguments: tuple[str, ...], subject: str
) -> None:
    scene.write({"stage": 3, "stageName": "Plan Refinement Counsel"}, subject=WORKFLOW_SUBJECT)
    assert agent("report", *arguments) == 0
    assert scene.task()["subject"] == subject


def test_a_subject_of_a_workflow_that_nobody_knows_keeps_its_count(scene: Scene, agent: Agent) -> None:
    scene.write({"stage": 1}, subject="[WF-1] alpha (homemade) — Stage 1/5: start")
    assert agent("report", "--stage", "2") == 0
    assert scene.task()["subject"] == "[WF-1] alpha (homemade) — Stage 2/5"
    assert agent("report", "--stage", "9") == 0, "how far it really goes is not known"


OWN = {"workflow": "mine", "stages": [{"name": "Look"}, {"name": "Ship"}]}


def own_ladders(scene: Scene, *ladders: dict[str, Any]) -> None:
    """The ladders that a cockpit has left beside the journal."""
    scene.journal_directory.mkdir(parents=True, exist_ok=True)
    (scene.journal_directory / OWN_LADDERS).write_text(json.dumps({"files": [], "workflows": list(ladders)}))


def test_the_stages_of_a_ladder_of_ones_own_are_known(
    scene: Scene, agent: Agent, capfd: pytest.CaptureFixture[str]
) -> None:
    own_ladders(scene, OWN, {**OWN, "workflow": "bug-to-pr"})
    scene.write({"track": "alpha", "stage": 1, "workflow": "mine"}, subject="[WF-2] alpha (mine) — Stage 1/9: Look")
    assert agent("report", "--stage", "3") == 2
    assert "report: mine has 2 stages; there is no stage 3" in capfd.readouterr().err
    assert agent("report", "--stage", "2") == 0
    assert scene.metadata()["stageName"] == "Ship"
    assert scene.task()["subject"] == "[WF-2] alpha (mine) — Stage 2/2: Ship"
    assert agent("report", "--stage", "3", "--workflow", "bug-to-pr") == 2, "one's own goes before what ships"


@pytest.mark.parametrize("text", ["", "[]", '{"workflows": [{"workflow": "mine"}]}', '{"workflows": 3}'])
def test_ladders_that_cannot_be_read_are_as_none(scene: Scene, agent: Agent, text: str) -> None:
    own_ladders(scene)
    (scene.journal_directory / OWN_LADDERS).write_text(text)
    assert agent("report", "--stage", "9", "--workflow", "mine") == 0
    assert agent("report", "--stage", "4", "--workflow", "prd-to-pr") == 0
    assert scene.metadata()["stageName"] == "Multi-Agent Implementation"


def test_in_a_run_the_stages_are_those_that_it_was_started_with(scene: Scene, agent: Agent) -> None:
    own_ladders(scene, OWN)
    rules = replace(WORKFLOW, ladder=Ladder("mine", "Mine", "chore", (StageRule(1, "Dig"), StageRule(2, "Fill"))))
    journal = open_journal(scene.repository, {"ORCH_HOME": str(scene.home)})
    opened = Draft("batch_opened", {"title": "t", "kind": "run", "workflow": "mine", "source": str(scene.tasks)})
    told = Draft("workflow_recorded", {"workflow": "mine", "rules": to_data(rules)})
    now = SystemClock().now()
    journal.open_batch(scene.batch, opened, now, "test")
    lease = journal.take_lease(scene.batch, "test", now)
    assert not isinstance(lease, str)
    journal.append(lease, [told], now, "test")
    lease.release(now)
    journal.close()
    assert agent("report", "--stage", "2", "--workflow", "mine", ORCH_STAGE="1") == 0
    assert scene.metadata()["stageName"] == "Fill"


def test_a_plain_subject_can_be_given_a_title(scene: Scene, agent: Agent) -> None:
    assert agent("report", "--title", "Build the other cache") == 0
    assert scene.task()["subject"] == "Build the other cache"


def test_a_block_without_a_question_is_kept(scene: Scene, agent: Agent) -> None:
    assert agent("report", "--status", "gate_blocked") == 0
    assert (scene.metadata()["stageStatus"], scene.metadata()["needsDecision"]) == ("gate_blocked", False)


def test_done_completes_the_task(scene: Scene, agent: Agent) -> None:
    assert agent("done", "--outcome", "merged as #21") == 0
    assert scene.task()["status"] == "completed"
    assert (scene.metadata()["outcome"], scene.metadata()["stageStatus"]) == ("merged as #21", "completed")


def test_a_question_that_only_the_file_knows_bars_all_the_same(
    scene: Scene, agent: Agent, capfd: pytest.CaptureFixture[str]
) -> None:
    scene.write({"track": "alpha", "stage": 3, "needsDecision": True, "decisionContext": "Which?"})
    assert agent("done") == 3
    assert agent("report", "--stage", "4") == 3
    assert "task-1-stage-3 is open" in capfd.readouterr().err
    assert agent("report", "--progress", "meanwhile") == 0
    assert scene.metadata()["needsDecision"] is True


# --- whose task it is ----------------------------------------------------------------------------------------------


def test_the_task_is_found_in_its_list(scene: Scene, agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORCH_TASK")
    other = {**scene.task(), "id": "2", "metadata": {"track": "beta"}}
    (scene.tasks / "2.json").write_text(json.dumps(other))
    (scene.tasks / "3.json").write_text(json.dumps({**other, "id": "3", "subject": "[WF-1] gamma", "metadata": {}}))
    tasks = str(scene.tasks)
    assert agent("report", "--stage", "5", ORCH_TASKS=tasks, ORCH_TRACK="gamma") == 0
    assert agent("report", "--stage", "6", ORCH_TASKS=tasks, ORCH_TRACK="delta") == 0
    found = {path.name: json.loads(path.read_text()) for path in sorted(scene.tasks.glob("*.json"))}
    assert list(found) == ["1.json", "2.json", "3.json", "4.json"]
    assert (found["3.json"]["metadata"]["stage"], found["3.json"]["metadata"]["track"]) == (5, "gamma")
    assert found["2.json"] == other
    assert (found["4.json"]["subject"], found["4.json"]["metadata"]["track"]) == ("delta", "delta")
    assert agent("report", "--stage", "7", ORCH_TASKS=tasks, ORCH_TRACK="delta") == 0
    assert len(list(scene.tasks.glob("*.json"))) == 4


def test_a_list_that_is_not_there_yet_is_made(agent: Agent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORCH_TASK")
    assert agent("report", "--stage", "1", ORCH_TASKS=str(tmp_path / "new" / "list")) == 0
    assert json.loads((tmp_path / "new" / "list" / "1.json").read_text())["metadata"]["stage"] == 1


@pytest.mark.parametrize(
    ("metadata", "subject"), [({"track": "beta"}, "x"), ({}, "[WF-1] beta"), ({"track": "Beta!"}, "[WF-1] alpha")]
)
def test_the_task_of_another_is_refused(
    scene: Scene, agent: Agent, capfd: pytest.CaptureFixture[str], metadata: dict[str, Any], subject: str
) -> None:
    scene.write(metadata, subject=subject)
    before = scene.path.read_bytes()
    for command in (("report", "--stage", "1"), ("ask", "May I?"), ("done",), ("note", "x")):
        assert agent(*command) == 3
        assert "is the task of track beta; you are alpha" in capfd.readouterr().err
    assert scene.path.read_bytes() == before


def test_another_track_cannot_be_named(agent: Agent, capfd: pytest.CaptureFixture[str]) -> None:
    assert agent("report", "--stage", "4", "--track", "beta") == 3
    assert capfd.readouterr().err == "orch-agent: you are track alpha and cannot speak for 'beta'\n"
    assert agent("report", "--stage", "4", "--track", "alpha") == 0


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ORCH_TRACK", "", "ORCH_TRACK is not set"),
        ("ORCH_TRACK", "My Track", "like my-track"),
        ("ORCH_TRACK", "\x1b]0;x\x07", "\\x1b"),
        ("ORCH_TASK", "", "ORCH_TASKS is not set"),
        ("ORCH_TASK", "/nowhere/1.json", "there is no task list"),
        ("ORCH_TASK", "/nowhere/1.txt", "does not name a task file"),
        ("ORCH_REPOSITORY", "/nowhere", "not a directory"),
    ],
)
def test_an_unfit_environment_is_told_in_one_line(
    agent: Agent, capfd: pytest.CaptureFixture[str], name: str, value: str, says: str
) -> None:
    assert agent("report", "--stage", "4", **{name: value}) == 2
    error = capfd.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert error.replace("\n", "").isprintable()


# --- messages ------------------------------------------------------------------------------------------------------


def test_messages_are_shown_once(scene: Scene, agent: Agent, capfd: pytest.CaptureFixture[str]) -> None:
    messages = [
        {"id": "m-1", "text": "use the new API", "by": "ann", "at": 1},
        {"id": "m-2", "text": "two\nlines \x1b[2J", "at": 2},
        {"id": 3, "text": "no id"},
        "no message",
    ]
    scene.write({"track": "alpha", "messages": messages})
    assert agent("report", "--stage", "3") == 0
    shown = capfd.readouterr().err
    assert shown == (
        "orch-agent: message from ann: use the new API\norch-agent: message from the person: two\n  lines \\x1b[2J\n"
    )
    assert scene.metadata()["messagesRead"] == ["m-1", "m-2"]
    assert agent("report", "--stage", "3") == 0
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("command", [("note", "x"), ("ask", "Q?"), ("check", "t", "pass"), ("done",)])
def test_every_command_shows_messages(
    scene: Scene, agent: Agent, capfd: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    scene.write({"track": "alpha", "messages": [{"id": "m-1", "text": "hello", "by": "ann"}]})
    agent(*command)
    assert "message from ann: hello" in capfd.readouterr().err
    assert scene.metadata()["messagesRead"] == ["m-1"]


def test_only_the_newest_messages_are_remembered_as_read(scene: Scene, agent: Agent) -> None:
    messages = [{"id": f"m-{number}", "text": "x"} for number in range(80)]
    scene.write({"track": "alpha", "messages": messages})
    for _ in range(4):
        assert agent("report", "--stage", "3") == 0
    assert scene.metadata()["messagesRead"] == [f"m-{number}" for number in range(30, 80)]


# --- requests ------------------------------------------------------------------------------------------------------


def test_notes_findings_and_checks_are_requests_for_the_holder(scene: Scene, agent: Agent) -> None:
    assert agent("note", "the flaky test is known") == 0
    assert agent("finding", "token is logged", "--severity", "blocker", "--file", "a.py", "--line", "8") == 0
    assert agent("finding", "slow", "--severity", "nit", "--confidence", "0") == 0
    assert agent("check", "unit tests", "fail", "--detail", "2 of 212") == 0
    journal = scene.journal()
    requests = [(one.kind, one.payload, one.origin) for one in journal.requests(scene.batch)]
    journal.close()
    assert requests == [
        ("note", {"track": "alpha", "text": "the flaky test is known"}, "agent:alpha"),
        (
            "finding",
            {"track": "alpha", "title": "token is logged", "severity": "blocker", "file": "a.py", "line": 8},
            "agent:alpha",
        ),
        ("finding", {"track": "alpha", "title": "slow", "severity": "nit", "confidence": 0}, "agent:alpha"),
        ("check", {"track": "alpha", "name": "unit tests", "result": "fail", "detail": "2 of 212"}, "agent:alpha"),
    ]


def test_every_stage_that_was_reported_is_left_for_the_holder(scene: Scene, agent: Agent) -> None:
    """Two reports between two looks at the file: the second has overwritten what the first said."""
    assert agent("note", "the batch is known from now on") == 0
    for stage in ("4", "5"):
        assert agent("report", "--stage", stage) == 0
    assert agent("report", "--status", "completed") == 0
    assert agent("report", "--progress", "says nothing of a stage") == 0
    journal = scene.journal()
    told = [read_payload(one.payload) for one in journal.requests(scene.batch) if one.kind == STAGE_SAID]
    journal.close()
    assert [(one.source, one.stage, one.status) for one in told] == [
        ("task:1", 4, "in_progress"),
        ("task:1", 5, "in_progress"),
        ("task:1", 5, "completed"),
    ]


def test_in_a_run_no_stage_is_left_for_the_holder(scene: Scene, agent: Agent) -> None:
    open_journal(scene.repository, {"ORCH_HOME": str(scene.home)}).close()
    journal = scene.journal()
    journal.open_batch(scene.batch, Draft("batch_opened", {"title": "t", "kind": "run"}), SystemClock().now(), "test")
    assert agent("report", "--stage", "4") == 0
    assert [one.kind for one in journal.requests(scene.batch)] == []
    journal.close()
