"""Asking with real processes: the question in file and journal, the answer on stdout, the proof that it arrived."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.adapters.tasks.reader import read_task
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.facts import TaskFact
from orchestrator_tui.core.metadata import read_metadata
from orchestrator_tui.core.model import Batch, GateState
from orchestrator_tui.core.observe_gates import task_gate
from orchestrator_tui.journal.port import Refused
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.rules import load_rules
from orchestrator_tui.runtime.watched import watched_batch
from tests.agent.scene import ASK, CODE, GATE, Scene
from tests.journal.processes import until


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_a_question_stands_in_the_file_and_in_the_journal(scene: Scene) -> None:
    asked = scene.run(*ASK, "--context", "both work", "--recommend", "ttl", "--confidence", "high", "--risk", "low")
    assert (asked.returncode, asked.stdout) == (4, "")
    assert GATE in asked.stderr
    assert "orch-agent ask --gate" in asked.stderr
    metadata = scene.metadata()
    assert (metadata["needsDecision"], metadata["stageStatus"]) == (True, "gate_blocked")
    assert metadata["decisionContext"] == "Which cache?"
    assert metadata["decisionOptions"] == ["lru: keep LRU", "ttl: switch to TTL", "reject"]
    gate = scene.the_gate()
    assert (gate.state, gate.track, gate.source) == (GateState.OPEN, "alpha", "task:1")
    assert gate.routes == ("shell", "task_file")
    assert [option.key for option in gate.question.options] == ["lru", "ttl", "reject"]
    assert (gate.question.context, gate.recommendation, gate.question.confidence) == ("both work", "ttl", "high")
    assert gate.asked_at.wall_ms == scene.path.stat().st_mtime_ns // 1_000_000


def test_the_answer_is_printed_and_proven_to_arrive(scene: Scene) -> None:
    asking = scene.start(*ASK, "--wait", "60")
    scene.until_it_waits()
    assert not scene.decide("ttl")
    assert ended(asking) == (0, "ttl\n", "")
    assert scene.kinds()[1:] == [
        "gate_opened",
        "gate_decided",
        "delivery_claimed",
        "decision_delivered",
        "decision_acknowledged",
        "gate_cleared",
    ]
    assert "pipe" in scene.the_gate().steps[-1].evidence
    assert (scene.metadata()["needsDecision"], scene.metadata()["stageStatus"]) == (False, "in_progress")


def test_the_reason_is_told_beside_the_key(scene: Scene) -> None:
    """A script reads the key alone; whoever reads the words learns why."""
    asking = scene.start(*ASK, "--wait", "60")
    scene.until_it_waits()
    assert not scene.decide("ttl", reason="the cause is the clock")
    assert ended(asking) == (0, "ttl\n", "reason from ann: the cause is the clock\n")


def test_an_answer_of_ones_own_is_printed_as_it_is(scene: Scene) -> None:
    asking = scene.start(*ASK, "--wait", "60")
    scene.until_it_waits()
    scene.decide(text="neither: drop the cache")
    assert ended(asking)[:2] == (0, "neither: drop the cache\n")


def test_json_tells_all_of_the_answer(scene: Scene) -> None:
    asked = scene.run(*ASK, "--json")
    assert (asked.returncode, json.loads(asked.stdout)["state"], json.loads(asked.stdout)["key"]) == (4, "open", None)
    scene.decide("lru")
    answered = scene.run("ask", "--gate", GATE, "--json")
    content = json.loads(answered.stdout)
    assert answered.returncode == 0
    assert (content["gate"], content["key"], content["options"], content["by"]) == (GATE, "lru", ["lru"], "ann")
    assert content["decided_at"].endswith("+00:00")


def test_a_file_gives_no_receipt_and_the_next_call_is_the_sign(scene: Scene, tmp_path: Path) -> None:
    scene.run(*ASK)
    scene.decide("ttl")
    with (tmp_path / "out").open("w") as out:
        asking = scene.start("ask", "--gate", GATE, stdout=out.fileno())
        assert ended(asking)[0] == 0
    assert (tmp_path / "out").read_text() == "ttl\n"
    assert scene.state() is GateState.DELIVERED
    assert scene.metadata()["needsDecision"] is True
    assert scene.run("report", "--stage", "4").returncode == 0
    gate = scene.the_gate()
    assert (gate.state, gate.cleared) == (GateState.ACKNOWLEDGED, True)
    assert (gate.steps[-1].route, gate.steps[-1].evidence) == ("shell", "its next orch-agent call")
    assert (scene.metadata()["needsDecision"], scene.metadata()["stage"]) == (False, 4)


def test_a_reader_that_leaves_without_the_answer_did_not_get_it(scene: Scene) -> None:
    scene.run(*ASK)
    scene.decide("ttl")
    reading, writing = os.pipe()
    os.close(reading)
    asking = scene.start("ask", "--gate", GATE, stdout=writing)
    os.close(writing)
    code, _, err = ended(asking)
    assert (code, "could not be handed over" in err) == (1, True)
    assert scene.kinds()[-1] == "delivery_failed"
    assert scene.metadata()["needsDecision"] is True
    assert scene.run("ask", "--gate", GATE).stdout == "ttl\n"
    assert scene.state() is GateState.ACKNOWLEDGED


def test_a_wait_ends_when_nobody_reads_its_answer_any_more(scene: Scene) -> None:
    asking = scene.start(*ASK, "--wait", "600")
    scene.until_it_waits()
    assert asking.stdout is not None
    assert asking.stderr is not None
    asking.stdout.close()
    assert "nobody reads the answer" in asking.stderr.read()
    assert asking.wait(timeout=60) == 1
    asking.stderr.close()
    assert not scene.waits()
    assert scene.kinds() == ["batch_opened", "gate_opened"]
    assert scene.metadata()["needsDecision"] is True


def test_the_same_answer_can_be_had_again(scene: Scene) -> None:
    scene.run(*ASK)
    scene.decide("ttl")
    assert [scene.run("ask", "--gate", GATE).stdout for _ in range(2)] == ["ttl\n", "ttl\n"]
    assert scene.kinds().count("decision_delivered") == 1


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("gate_withdrawn", {"why": "no longer needed"}),
        ("gate_cancelled", {"why": "batch stopped", "by": "ann"}),
        ("gate_answered_elsewhere", {"why": "in the terminal"}),
    ],
)
def test_an_ended_question_ends_the_wait(scene: Scene, kind: str, payload: dict[str, str]) -> None:
    asking = scene.start(*ASK, "--wait", "60")
    scene.until_it_waits()
    assert not scene.change(kind, **payload)
    code, out, err = ended(asking)
    assert (code, out) == (5, "")
    assert payload["why"] in err
    again = scene.run(*ASK)
    assert again.returncode == 4, "asked anew, it is a new question"
    assert scene.the_gate().revision == 2


def test_a_changed_question_ends_the_older_wait(scene: Scene) -> None:
    older = scene.start(*ASK, "--wait", "60")
    scene.until_it_waits()
    assert scene.run("ask", "Which cache, then?", "--option", "lru", "--option", "none").returncode == 4
    code, out, err = ended(older)
    assert (code, out) == (5, "")
    assert "the question was changed" in err
    gate = scene.the_gate()
    assert (gate.revision, gate.question.question) == (2, "Which cache, then?")
    assert scene.metadata()["needsDecision"] is True


def test_two_who_ask_the_same_share_one_gate_and_one_answer(scene: Scene) -> None:
    both = [scene.start(*ASK, "--wait", "60") for _ in range(2)]
    try:
        scene.until_it_waits()
        journal = scene.journal()
        until(lambda: len(journal.waiters.live(scene.batch, GATE)) == 2)
        journal.close()
        # Both are read all the time: an answer that lies unread in its pipe would rightly be brought again.
        with ThreadPoolExecutor(2) as readers:
            outcomes = readers.map(ended, both)
            scene.decide("lru")
            assert [outcome[:2] for outcome in outcomes] == [(0, "lru\n"), (0, "lru\n")]
    finally:
        for one in both:
            one.kill()
            one.wait()
    assert scene.the_gate().revision == 1
    assert scene.kinds().count("decision_delivered") == 1
    assert scene.kinds().count("gate_opened") == 1


def test_the_undo_window_is_waited_out(scene: Scene) -> None:
    asking = scene.start(*ASK, "--wait", "60")
    scene.until_it_waits()
    scene.decide("reject", undo_ms=30_000)
    pending = scene.run("ask", "--gate", GATE)
    assert pending.returncode == 4
    assert "taken back" in pending.stderr
    assert scene.state() is GateState.DECIDED
    assert not scene.change("decision_undone", decision="d-1", by="ann")
    scene.decide("reject", undo_ms=200)
    assert ended(asking)[:2] == (0, "reject\n")
    kinds = scene.kinds()
    assert kinds.index("delivery_claimed") > kinds.index("decision_undone")
    decided, claimed = (
        next(e for e in reversed(scene.events()) if e.kind == k) for k in ("gate_decided", "delivery_claimed")
    )
    assert claimed.at.boot_ms - decided.at.boot_ms >= 200


def test_the_watcher_and_the_agent_make_one_gate(scene: Scene) -> None:
    """Whichever comes first: the watcher sees the very file that the agent wrote."""
    scene.run(*ASK, ORCH_HOME=str(scene.home) + "-other")
    record = read_task(scene.path)
    assert record is not None
    fact = TaskFact("task:1", "1", record.subject, "", record.status, record.metadata, record.mtime_ns // 1_000_000)
    batch = Batch(scene.batch, "list-1", "watch", "running")
    now = SystemClock().now()
    (draft,) = task_gate(batch, "alpha", fact, read_metadata(fact), load_rules(), now)
    scene.journal_directory.mkdir(parents=True)
    for directory in (scene.home, scene.home / "repositories", scene.journal_directory):
        directory.chmod(0o700)
    journal = SqliteJournal(scene.journal_directory)
    journal.open_batch(scene.batch, watched_batch(str(scene.tasks.resolve()), str(scene.repository)), now, "cockpit")
    assert not isinstance(journal.change_gate(scene.batch, draft, now, "cockpit"), Refused)
    journal.close()
    assert scene.run(*ASK).returncode == 4
    gate = scene.the_gate()
    assert (gate.revision, gate.routes) == (1, ("task_file", "shell"))
    assert scene.kinds() == ["batch_opened", "gate_opened", "gate_route_added"]


def test_the_track_is_the_one_that_the_watcher_named(scene: Scene) -> None:
    scene.run("note", "hello")
    journal = scene.journal()
    lease = journal.take_lease(scene.batch, "cockpit", SystemClock().now())
    assert not isinstance(lease, str)
    added = {"track": "alpha-2", "title": "x", "kind": "task", "source": "task:1"}
    journal.append(lease, [Draft("track_added", added)], SystemClock().now(), "cockpit")
    journal.close()
    scene.run(*ASK)
    assert scene.the_gate().track == "alpha-2"


def test_a_later_stage_waits_for_the_decision(scene: Scene) -> None:
    scene.run(*ASK)
    for arguments in (("report", "--stage", "4"), ("done",), ("ask", "Another?", "--stage", "4")):
        refused = scene.run(*arguments)
        assert (refused.returncode, refused.stdout) == (3, "")
        assert GATE in refused.stderr
    assert scene.run("report", "--progress", "writing docs meanwhile").returncode == 0
    assert (scene.metadata()["needsDecision"], scene.metadata()["progress"]) == (True, "writing docs meanwhile")
    assert scene.metadata()["stageStatus"] == "gate_blocked"
    assert scene.state() is GateState.OPEN


def test_an_agent_of_a_run_asks_in_the_stage_that_it_was_started_for(scene: Scene) -> None:
    """What its task says may be of an earlier stage, or of none: it need not have reported before it asks."""
    scene.write({"track": "alpha", "workflow": "prd-to-pr"})
    scene.run(*ASK, ORCH_STAGE="3")
    gate = scene.the_gate()
    assert (gate.id, gate.question.stage) == (GATE, 3)


def test_going_on_after_an_answer_in_the_task_file_acknowledges_it(scene: Scene) -> None:
    scene.run(*ASK)
    scene.decide("ttl")
    assert not scene.change("delivery_claimed", decision="d-1", route="task_file", claimant="cockpit")
    assert not scene.change("decision_delivered", decision="d-1", route="task_file")
    reported = scene.run("report", "--progress", "still here")
    assert (reported.returncode, "take the answer with" in reported.stderr) == (0, True)
    assert scene.state() is GateState.DELIVERED, "another report of the same stage proves nothing"
    assert scene.run("report", "--stage", "4").returncode == 0
    gate = scene.the_gate()
    assert (gate.state, gate.cleared) == (GateState.ACKNOWLEDGED, True)
    assert (gate.steps[-1].route, gate.steps[-1].evidence) == ("task_file", "its agent went on to stage 4")
    assert scene.metadata()["needsDecision"] is False


def test_standard_input_is_read_where_asked_for(scene: Scene) -> None:
    scene.run("ask", "-", stdin="Which cache?\nIt matters.\n")
    assert scene.metadata()["decisionContext"] == "Which cache?\nIt matters."
    assert scene.the_gate().question.question == "Which cache?\nIt matters."


def test_a_gate_of_another_is_none_of_ours(scene: Scene) -> None:
    scene.run(*ASK)
    other = scene.tasks / "2.json"
    other.write_text(json.dumps({**scene.task(), "id": "2", "metadata": {"track": "beta", "stage": 1}}))
    refused = scene.run("ask", "--gate", GATE, ORCH_TASK=str(other), ORCH_TRACK="beta")
    assert refused.returncode == 3
    unknown = scene.run("ask", "--gate", "task-1-stage-4")
    assert (unknown.returncode, "did you mean task-1-stage-3?" in unknown.stderr) == (2, True)
    assert "Traceback" not in refused.stderr + unknown.stderr


def test_shell_substitution_gets_the_key(scene: Scene) -> None:
    command = f'K=$("{sys.executable}" -P -c "$CODE" ask --gate {GATE} --wait 30) && printf "got %s" "$K"'
    scene.run(*ASK)
    scene.decide("lru")
    shell = subprocess.run(
        ["sh", "-c", command], env=scene.environment(CODE=CODE), capture_output=True, text=True, timeout=60, check=False
    )
    assert (shell.returncode, shell.stdout) == (0, "got lru")
    assert scene.state() is GateState.ACKNOWLEDGED
