"""`decide`: what is meant, what is refused, how the answer travels, and two at the same instant."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import GateState
from orchestrator_tui.core.normalise_calls import call_questions
from orchestrator_tui.core.observe_gates import gate_opened
from orchestrator_tui.core.rules import Rules
from tests.cli.scene import PATIENCE_S, Scene, command, environment

KEEP = ("keep: keep the lock", "redo: analyse again", "drop")


@pytest.mark.parametrize(
    ("gate", "option", "chosen"),
    [
        ("task-1-stage-3", "keep", "keep"),
        ("fix-auth", "2", "redo"),
        ("fix-auth/3", "redo: analyse again", "redo"),
        ("tasks-of-agents:fix-auth", "analyse", None),
        ("tasks:fix-auth/3", "redo: an", "redo"),
        ("fix-auth", "DROP", "drop"),
    ],
)
def test_gate_and_option_are_found_by_their_names(scene: Scene, gate: str, option: str, chosen: str | None) -> None:
    scene.ask(1, "fix-auth", "Keep it?", KEEP)
    scene.task(2, "fix-auth-more")
    scene.watch()
    ended = scene.run("decide", gate, option, "--reason", "because")
    decision = scene.gate().decision
    if chosen is None:
        assert (ended.code, decision) == (2, None)
        assert "there is no option 'analyse'" in ended.err
    else:
        assert ended.code == 0, ended.err
        assert decision is not None
        assert (decision.options, decision.origin, decision.reason) == ((chosen,), "cli", "because")
        assert "decided" in ended.out
        assert "delivered by task file" in ended.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("fix-ath", "keep"), "there is no question 'fix-ath'; did you mean \"fix-auth\"?"),
        (("fix-auth", "kepe"), "there is no option 'kepe'; did you mean \"keep\"? (options: keep, redo, drop)"),
        (("fix-auth", "9"), "there is no option '9' (options: keep, redo, drop)"),
        (("fix-auth",), "name one OPTION, or give an answer of your own with --text"),
        (("fix-auth", "keep", "--text", "x"), "name one OPTION, or give an answer of your own with --text"),
        (("two", "keep"), "several questions are meant by 'two': task-3-stage-3, task-3-stage-4"),
    ],
)
def test_what_is_not_known_is_one_line_and_changes_nothing(scene: Scene, arguments: tuple[str, ...], told: str) -> None:
    scene.ask(1, "fix-auth", "Keep it?", KEEP)
    scene.ask(3, "two", "Keep it?", KEEP)
    with scene.holder() as engine:
        with scene.journal() as journal:
            asked = scene.batch.gates["task-3-stage-3"]
            payload = {"gate": "task-3-stage-4", "revision": 1, "digest": "0" * 64, "track": "two", "kind": "ask"}
            more = {"question": "And now?", "source": asked.source, "risk": "low"}
            journal.change_gate(scene.batch_id, Draft("gate_opened", {**payload, **more}), asked.opened_at, "agent:two")
        engine.step(look=False)
    ended = scene.run("decide", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err
    assert len(ended.err.splitlines()) == 1
    assert scene.gate().state is GateState.OPEN


SHIP = {"question": "What?", "header": "H", "options": [{"label": "ship, now"}, {"label": "fix"}], "multiSelect": True}


@pytest.mark.parametrize(
    ("tool", "tool_input", "arguments", "options", "text"),
    [
        ("Bash", {"command": "npm test"}, ("edit", "--text", "npm test -- --run"), ("edit",), "npm test -- --run"),
        ("Bash", {"command": "npm test"}, ("deny", "--reason", "no"), ("deny",), ""),
        ("AskUserQuestion", {"questions": [SHIP]}, ("1,fix", "--text", "and sleep"), ("1", "fix"), "and sleep"),
        ("AskUserQuestion", {"questions": [SHIP]}, ("ship, now",), ("1",), ""),
        ("AskUserQuestion", {"questions": [SHIP]}, ("--text", "sleep"), (), "sleep"),
        ("ExitPlanMode", {"plan": "# P"}, ("approve-ask-edits",), ("approve-ask-edits",), ""),
        (
            "Bash",
            {"command": "npm test"},
            ("edit",),
            None,
            "wants a text: all of what is to be allowed instead: --text",
        ),
        ("Bash", {"command": "npm test"}, ("allow", "--text", "x"), None, "name one OPTION, or give an answer of your"),
        ("Bash", {"command": "npm test"}, ("--text", "x"), None, "this gate takes one of its options, not a text"),
        ("Bash", {"command": "npm test"}, ("deny",), None, "say why: this answer means reject: --reason TEXT"),
    ],
)
def test_a_tool_call_is_answered_in_its_own_terms(
    scene: Scene,
    tool: str,
    tool_input: dict[str, Any],
    arguments: tuple[str, ...],
    options: tuple[str, ...] | None,
    text: str,
) -> None:
    scene.ask(1, "fix-auth", "Keep it?", KEEP)
    scene.watch()
    asked = call_questions(tool, tool_input)
    assert asked is not None
    draft = gate_opened("call-1", 1, "fix-auth", asked.questions[0], Rules(), source="session:s", routes=("hook",))
    with scene.journal() as journal:
        journal.change_gate(scene.batch_id, draft, scene.gate().opened_at, "hook")
    ended = scene.run("decide", "call-1", *arguments)
    decision = scene.batch.gates["call-1"].decision
    if options is None:
        assert ended.code in (2, 3)
        assert decision is None
        assert text in ended.err
    else:
        assert decision is not None, ended.err
        assert (decision.options, decision.text) == (options, text)


def test_an_unknown_option_is_journalled(scene: Scene) -> None:
    scene.ask(1, "fix-auth", "Keep it?", KEEP)
    scene.watch()
    assert scene.run("decide", "fix-auth", "nothing").code == 2
    assert scene.kinds()[-1] == "decision_refused"
    assert scene.gate().refusals == 1


def test_an_answer_in_ones_own_words(scene: Scene) -> None:
    scene.ask(1, "fix-auth", "What now?")
    scene.watch()
    assert scene.run("decide", "fix-auth", "--text", "use the cache TTL").code == 0
    written = scene.metadata(1)["decision"]
    assert (written["option"], written["gate"], written["revision"]) == ("use the cache TTL", "task-1-stage-3", 1)


def test_the_answer_is_written_where_its_agent_looks(scene: Scene) -> None:
    path = scene.ask(1, "fix-auth", "Keep it?", KEEP)
    scene.watch()
    ended = scene.run("decide", "fix-auth", "redo", "--json", "--reason", "measured")
    found = ended.json()
    assert list(found) == ["outcome", "gate"]
    assert (found["outcome"], found["gate"]["state"], found["gate"]["route"]) == ("decided", "delivered", "task_file")
    task = json.loads(path.read_text())
    decision = scene.gate().decision
    assert decision is not None
    assert task["metadata"]["decision"] == {
        "gate": "task-1-stage-3",
        "revision": 1,
        "id": decision.id,
        "option": "redo",
        "label": "analyse again",
        "reason": "measured",
        "by": decision.by,
        "at": found["gate"]["decision"]["at"],
    }
    assert "Decided: redo" in task["description"]
    assert "Reason: measured" in task["description"]
    assert scene.kinds()[-3:] == ["gate_decided", "delivery_claimed", "decision_delivered"]
    scene.watch()
    assert not [signal for signal in scene.batch.signals.values() if signal.kind == "spoof_suspected"]


@pytest.mark.parametrize(
    ("more", "needed"),
    [
        ({"environment": "production"}, [("--revision", "1"), ("--confirm", "pay"), ("--reason", "checked")]),
        ({"risk": "destructive"}, [("--revision", "1"), ("--confirm", "pay")]),
        ({"risk": "failure"}, [("--revision", "1")]),
    ],
)
def test_high_risks_want_the_revision_and_more(
    scene: Scene, more: dict[str, Any], needed: list[tuple[str, str]]
) -> None:
    scene.ask(1, "pay", "Do it?", ["now", "later"], **more)
    scene.watch()
    given: list[str] = []
    for name, value in needed:
        ended = scene.run("decide", "pay", "now", *given)
        assert (ended.code, ended.out) == (3, "")
        assert name in ended.err
        assert scene.gate().state is GateState.OPEN
        given += [name, value]
    assert scene.run("decide", "pay", "now", *given).code == 0
    assert scene.gate().state is GateState.DELIVERED


def test_a_wrong_confirmation_is_refused(scene: Scene) -> None:
    scene.ask(1, "pay", "Do it?", ["now", "later"], environment="production")
    scene.watch()
    ended = scene.run("decide", "pay", "now", "--revision", "1", "--confirm", "pey", "--reason", "x")
    assert (ended.code, "--confirm pay" in ended.err) == (3, True)


def test_words_of_danger_are_confirmed_by_typing_the_command(scene: Scene) -> None:
    scene.ask(1, "fix-auth", "Run the migration on the production database?", ["now", "later"], risk="low")
    scene.watch()
    assert scene.gate().risk.name == "CHECK"
    assert scene.run("decide", "fix-auth", "now").code == 0


def test_to_reject_wants_a_reason(scene: Scene) -> None:
    scene.ask(1, "fix-auth", "Keep it?", ["approve", "reject"])
    scene.watch()
    ended = scene.run("decide", "fix-auth", "reject")
    assert (ended.code, ended.err) == (3, "orch-tui: say why: this answer means reject: --reason TEXT\n")
    assert scene.run("decide", "fix-auth", "reject", "--reason", "no tests").code == 0


def test_a_revision_that_was_replaced_is_refused_and_journalled(scene: Scene) -> None:
    scene.ask(1, "fix-auth", "Keep it?", KEEP)
    scene.watch()
    scene.ask(1, "fix-auth", "Keep it, really?", KEEP)
    scene.watch()
    ended = scene.run("decide", "fix-auth", "keep", "--revision", "1")
    assert (ended.code, ended.err) == (3, "orch-tui: revision 1 was replaced by revision 2\n")
    assert scene.kinds()[-1] == "decision_refused"
    assert scene.gate().state is GateState.OPEN
    assert scene.run("decide", "fix-auth", "keep", "--revision", "2").code == 0


def test_the_same_answer_again_is_no_error_and_another_is_refused(scene: Scene) -> None:
    scene.ask(1, "fix-auth", "Keep it?", KEEP)
    scene.watch()
    assert scene.run("decide", "fix-auth", "keep").code == 0
    again = scene.run("decide", "fix-auth", "keep")
    assert (again.code, again.out.splitlines()[0]) == (0, "already decided: fix-auth/3, revision 1")
    other = scene.run("decide", "fix-auth", "drop")
    assert (other.code, "already decided 'keep the lock'" in other.err) == (3, True)
    assert scene.kinds().count("gate_decided") == 1


def test_an_ended_gate_is_refused(scene: Scene) -> None:
    scene.ask(1, "fix-auth", "Keep it?", KEEP)
    scene.watch()
    scene.task(1, "fix-auth", {"stage": 3})
    scene.watch()
    ended = scene.run("decide", "fix-auth", "keep")
    assert (ended.code, ended.err) == (3, "orch-tui: the gate is withdrawn\n")


def test_a_question_that_changed_before_delivery_gets_no_answer_written(scene: Scene) -> None:
    scene.ask(1, "fix-auth", "Keep it?", KEEP)
    scene.watch()
    scene.ask(1, "fix-auth", "Delete it?", KEEP)
    ended = scene.run("decide", "fix-auth", "keep")
    assert ended.code == 1
    assert "the question in its task changed" in ended.out
    assert "decision" not in scene.metadata(1)
    assert scene.gate().undelivered
    scene.watch()
    assert (scene.gate().revision, scene.gate().state) == (2, GateState.OPEN)


def test_a_vanished_task_leaves_the_answer_undelivered(scene: Scene) -> None:
    path = scene.ask(1, "fix-auth", "Keep it?", KEEP)
    scene.watch()
    path.unlink()
    ended = scene.run("decide", "fix-auth", "keep", "--json")
    assert (ended.code, ended.json()["gate"]["state"]) == (1, "undelivered")


def test_a_cockpit_that_holds_the_batch_delivers(scene: Scene) -> None:
    scene.ask(1, "fix-auth", "Keep it?", KEEP)
    with scene.holder() as engine:
        ended = scene.run("decide", "fix-auth", "keep")
        assert ended.code == 0
        assert "delivers it" in ended.err
        assert "decision" not in scene.metadata(1)
        engine.step(look=False)
        assert scene.metadata(1)["decision"]["option"] == "keep"
        assert scene.gate().state is GateState.DELIVERED


def test_an_agent_that_waits_in_its_shell_takes_the_answer_itself(scene: Scene) -> None:
    scene.ask(1, "fix-auth", "Keep it?", KEEP)
    scene.watch()
    with scene.journal() as journal:
        gate = scene.gate()
        route = Draft("gate_route_added", {"gate": gate.id, "revision": 1, "route": "shell"})
        journal.change_gate(scene.batch_id, route, gate.opened_at, "agent:fix-auth")
        with journal.waiter(scene.batch_id, gate.id, what="shell"):
            ended = scene.run("decide", "fix-auth", "keep")
    assert (ended.code, ended.err) == (0, "its agent waits for the answer and takes it itself\n")
    assert scene.gate().state is GateState.DECIDED


def test_waiting_shows_the_acknowledgement(scene: Scene) -> None:
    scene.ask(1, "fix-auth", "Keep it?", KEEP)
    with scene.holder() as engine:
        started = subprocess.Popen(
            command("decide", "fix-auth", "keep", "--wait", "20"),
            cwd=scene.repository,
            env=environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        while scene.gate().state is not GateState.DELIVERED:
            engine.step(look=False)
        scene.task(1, "fix-auth", {"stage": 4})
        engine.step(look=True)
        out, _ = started.communicate(timeout=PATIENCE_S)
    assert started.returncode == 0
    assert "acknowledged by task file" in out


def test_waiting_in_vain_is_unfinished(scene: Scene) -> None:
    scene.ask(1, "fix-auth", "Keep it?", KEEP)
    scene.watch()
    ended = scene.run("decide", "fix-auth", "keep", "--wait", "0.1")
    assert (ended.code, "not acknowledged yet" in ended.out) == (1, True)


def test_a_delivery_whose_writer_died_is_finished(scene: Scene) -> None:
    scene.ask(1, "fix-auth", "Keep it?", KEEP)
    scene.watch()
    gate = scene.gate()
    dead = subprocess.Popen(["true"])
    dead.wait()
    with scene.journal() as journal:
        key = {"gate": gate.id, "revision": 1, "decision": "d-1"}
        decided = {**key, "digest": gate.digest, "options": ["keep"], "label": "keep", "by": "ann", "origin": "cli"}
        journal.change_gate(scene.batch_id, Draft("gate_decided", decided), gate.opened_at, "cli")
        claimed = {**key, "route": "task_file", "claimant": f"{dead.pid}:1"}
        journal.change_gate(scene.batch_id, Draft("delivery_claimed", claimed), gate.opened_at, "cli")
    path = scene.tasks / "1.json"
    task = json.loads(path.read_text())
    task["metadata"]["decision"] = {"gate": gate.id, "revision": 1, "id": "d-1", "option": "keep"}
    path.write_text(json.dumps(task))
    ended = scene.run("decide", "fix-auth", "keep")
    assert ended.code == 3, "another person's answer stands"
    with scene.holder() as engine:
        engine.step(look=False)
    assert scene.gate().state is GateState.DELIVERED
    assert scene.gate().steps[-1].evidence == "found in its task after a restart"


def test_two_at_the_same_instant_make_one_decision(scene: Scene) -> None:
    for number in range(1, 11):
        scene.ask(number, f"track-{number}", "Keep it?", KEEP)
    scene.watch()
    for number in range(1, 11):
        both = [
            subprocess.Popen(
                command("decide", f"track-{number}", option, "--json"),
                cwd=scene.repository,
                env=environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            for option in ("keep", "redo")
        ]
        for one in both:
            _, err = one.communicate(timeout=PATIENCE_S)
            assert b"Traceback" not in err
        assert sorted(one.returncode for one in both) == [0, 3]
        gate = scene.gate(number)
        assert gate.decision is not None
        winner = 0 if both[0].returncode == 0 else 1
        assert gate.decision.options == (("keep", "redo")[winner],)
        assert scene.metadata(number)["decision"]["option"] == ("keep", "redo")[winner]
    kinds = scene.kinds()
    assert (kinds.count("gate_decided"), kinds.count("decision_refused"), kinds.count("decision_delivered")) == (
        10,
        10,
        10,
    )


def test_nothing_to_decide_in(scene: Scene) -> None:
    ended = scene.run("decide", "fix-auth", "keep")
    assert (ended.code, "nothing was ever watched in" in ended.err) == (2, True)
    assert not scene.place.home.exists()
