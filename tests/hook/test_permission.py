"""A tool call that waits for a person: asked here, answered here or elsewhere, by the real hook (DESIGN §4.2)."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Gate, GateState
from orchestrator_tui.hook.racing import REFUSED, STOPPED, WENT_ON
from tests.hook.call_scene import SESSION, CallScene, eventually

WRITE = {"file_path": "/a/made.txt", "content": "x"}
RULE = {
    "type": "addRules",
    "rules": [{"toolName": "Bash", "ruleContent": "touch *"}],
    "behavior": "allow",
    "destination": "localSettings",
}
SHIP = {"question": "Ship?", "header": "Gate", "multiSelect": True, "options": [{"label": "ship it"}, {"label": "fix"}]}
WHERE = {"question": "Where?", "header": "To", "multiSelect": False, "options": [{"label": "a"}, {"label": "b"}]}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[CallScene]:
    made = CallScene(tmp_path)
    yield made
    made.close()


def steps(gate: Gate) -> list[str]:
    return [one.step for one in gate.steps]


# --- permissions -------------------------------------------------------------------------------------------


def test_a_permission_is_asked_for_its_agent_with_its_real_input(scene: CallScene) -> None:
    scene.hook("Write", WRITE, agent_id="a7", agent_type="reviewer")
    (gate,) = scene.asked()
    assert gate.id.startswith("call-")
    assert (gate.asker, gate.source, gate.routes) == (f"{SESSION}/a7", "agent:a7", ("hook",))
    assert gate.question.kind == "permission"
    assert gate.question.subject == {"tool": "Write", "input": WRITE}


def test_a_permission_belongs_to_the_track_by_which_its_agent_is_known(scene: CallScene) -> None:
    now = scene.clock.now()
    scene.journal.open_batch(scene.batch, Draft("batch_opened", {"title": "t", "kind": "watch"}), now, "test")
    lease = scene.journal.take_lease(scene.batch, "test", now)
    assert not isinstance(lease, str)
    added = {"track": "review-the-cart", "title": "t", "kind": "agent", "source": "agent:a7"}
    scene.journal.append(lease, [Draft("track_added", added)], now, "test")
    lease.release(now)
    scene.hook("Write", WRITE, agent_id="a7", agent_type="reviewer")
    assert [gate.track for gate in scene.asked()] == ["review-the-cart"]


def printed(scene: CallScene) -> Gate:
    """A permission that is allowed: our hook has printed it, the tool has run, nothing tells yet by whose answer."""
    scene.uses("Write", WRITE)
    hook = scene.hook("Write", WRITE)
    (gate,) = scene.asked()
    scene.decide(gate, "allow")
    assert hook.ended() == {"behavior": "allow"}
    assert steps(scene.gate(gate.id)) == ["claimed", "delivered"]
    scene.hook("Write", WRITE, "PostToolUse").ended()
    return scene.gate(gate.id)


BY_HOOK = {"type": "attachment", "attachment": {"type": "hook_permission_decision", "toolUseID": "toolu_1"}}
LATER = ("PostToolUse", "PostToolUseFailure", "Stop", "UserPromptSubmit", "SessionEnd")
"""What may come after the result of the permitted call stands in the transcript."""


def comes(scene: CallScene, event: str, **who: Any) -> None:
    """The next hook call of an agent."""
    tool = "Bash" if event.startswith("PostToolUse") else ""
    scene.hook(tool, {"command": "true"}, event, **who).ended()


def goes_on(scene: CallScene) -> None:
    """The transcript tells that a hook answered, and holds the result; then the agent calls something else."""
    scene.says(BY_HOOK)
    scene.returns()
    comes(scene, "PostToolUse")


@pytest.mark.parametrize("event", LATER)
def test_allowed_its_next_call_finds_in_the_transcript_that_our_answer_was_taken(scene: CallScene, event: str) -> None:
    gate = printed(scene)
    assert gate.state is GateState.DELIVERED, "the terminal may have been first after we had printed"
    scene.says(BY_HOOK)
    scene.returns()
    comes(scene, event)
    step = scene.until(gate, GateState.ACKNOWLEDGED).steps[-1]
    assert (step.route, step.evidence) == ("hook", "its transcript: the Write call went on by it")


@pytest.mark.parametrize("event", LATER)
def test_the_terminal_was_first_though_we_had_printed(scene: CallScene, event: str) -> None:
    gate = printed(scene)
    scene.returns()
    comes(scene, event)
    assert scene.until(gate, GateState.ANSWERED_ELSEWHERE).closed_why == "its Write call ended without our answer"


def test_what_does_not_stand_in_the_transcript_yet_stays_delivered(scene: CallScene) -> None:
    gate = printed(scene)
    comes(scene, "PostToolUse")
    assert scene.gate(gate.id).state is GateState.DELIVERED


def test_another_agents_transcript_says_nothing_of_it(scene: CallScene) -> None:
    gate = printed(scene)
    scene.returns()
    comes(scene, "PostToolUse", agent_id="a7", agent_type="reviewer")
    assert scene.gate(gate.id).state is GateState.DELIVERED


def test_every_tool_call_looks_until_it_is_known(scene: CallScene) -> None:
    """Otherwise only the mail of the decision makes a tool call look, and that is taken by the first."""
    gate = printed(scene)
    assert scene.has_mail()
    scene.says(BY_HOOK)
    scene.returns()
    comes(scene, "PostToolUse")
    scene.until(gate, GateState.ACKNOWLEDGED)
    assert not scene.has_mail()


def test_whose_answer_it_was_is_left_to_whoever_holds_the_batch(scene: CallScene) -> None:
    gate = printed(scene)
    scene.says(BY_HOOK)
    scene.returns()
    lease = scene.journal.take_lease(scene.batch, "test", scene.clock.now())
    assert not isinstance(lease, str)
    comes(scene, "PostToolUse")
    assert scene.gate(gate.id).state is GateState.DELIVERED
    assert not scene.has_mail(), "its tool calls need not look any more"
    lease.release(scene.clock.now())


def test_denied_the_model_reads_the_reason(scene: CallScene) -> None:
    hook = scene.hook("Write", WRITE)
    (gate,) = scene.asked()
    scene.decide(gate, "deny", reason="write it to notes.txt instead")
    assert hook.ended() == {"behavior": "deny", "message": "write it to notes.txt instead"}


def test_dont_ask_again_sends_back_the_one_suggestion_that_was_chosen(scene: CallScene) -> None:
    mode = {"type": "setMode", "mode": "acceptEdits", "destination": "session"}
    hook = scene.hook("Bash", {"command": "touch a"}, permission_suggestions=[RULE, mode])
    (gate,) = scene.asked()
    scene.decide(gate, "dont-ask-again")
    assert hook.ended() == {"behavior": "allow", "updatedPermissions": [RULE]}


def test_a_changed_command_is_what_is_allowed_and_what_is_recorded(scene: CallScene) -> None:
    tool_input = {"command": "npm test", "timeout": 5000}
    hook = scene.hook("Bash", tool_input)
    (gate,) = scene.asked()
    scene.decide(gate, "edit", text="npm test -- --run")
    changed = {"command": "npm test -- --run", "timeout": 5000}
    assert hook.ended() == {"behavior": "allow", "updatedInput": changed}
    decided = scene.gate(gate.id)
    assert decided.decision is not None
    assert (decided.decision.options, decided.decision.text) == (("edit",), "npm test -- --run")
    # The tool that runs names the changed input, the transcript the one that was asked with.
    scene.uses("Bash", tool_input)
    scene.hook("Bash", changed, "PostToolUse").ended()
    goes_on(scene)
    scene.until(gate, GateState.ACKNOWLEDGED)


def test_a_decision_waits_out_the_time_in_which_it_can_be_taken_back(scene: CallScene) -> None:
    hook = scene.hook("Write", WRITE)
    (gate,) = scene.asked()
    scene.decide(gate, "deny", reason="no", undo_ms=300)
    assert hook.ended() == {"behavior": "deny", "message": "no"}
    decided = scene.gate(gate.id)
    assert decided.decision is not None
    assert decided.steps[0].at.wall_ms - decided.decision.at.wall_ms >= 300


# --- questions and plans -----------------------------------------------------------------------------------


def test_several_questions_of_one_call_are_answered_once_and_together(scene: CallScene) -> None:
    questions = {"questions": [SHIP, WHERE]}
    hook = scene.hook("AskUserQuestion", questions)
    first, second = scene.asked(2)
    assert second.id == f"{first.id}-2"
    scene.decide(second, text="to the moon")
    scene.decide(first, "1", "fix", text="and sleep", reason="late")
    assert hook.ended() == {
        "behavior": "allow",
        "updatedInput": {
            **questions,
            "answers": {"Ship?": "ship it, fix, and sleep", "Where?": "to the moon"},
            "annotations": {"Ship?": {"notes": "late"}},
        },
    }
    assert [steps(scene.gate(one.id)) for one in (first, second)] == [["claimed", "delivered"]] * 2
    scene.uses("AskUserQuestion", questions)
    scene.hook("AskUserQuestion", {**questions, "answers": {}}, "PostToolUse").ended()
    goes_on(scene)
    for gate in (first, second):
        scene.until(gate, GateState.ACKNOWLEDGED)


def test_a_question_that_nobody_answers_leaves_the_whole_call_to_its_dialog(scene: CallScene) -> None:
    hook = scene.hook("AskUserQuestion", {"questions": [SHIP, WHERE]})
    first, second = scene.asked(2)
    scene.decide(first, "fix")
    scene.cancel(second)
    assert hook.ended() is None
    assert scene.gate(first.id).state is GateState.WITHDRAWN
    assert scene.gate(second.id).state is GateState.CANCELLED


PLAN = {"plan": "# Cache\n\n1. measure", "planFilePath": "/plans/x.md"}


@pytest.mark.parametrize(
    ("option", "reason", "decision"),
    [
        ("approve", "", {"behavior": "allow", "updatedInput": PLAN}),
        (
            "approve-accept-edits",
            "",
            {
                "behavior": "allow",
                "updatedInput": PLAN,
                "updatedPermissions": [{"type": "setMode", "mode": "acceptEdits", "destination": "session"}],
            },
        ),
        (
            "approve-ask-edits",
            "",
            {
                "behavior": "allow",
                "updatedInput": PLAN,
                "updatedPermissions": [{"type": "setMode", "mode": "default", "destination": "session"}],
            },
        ),
        ("keep-planning", "tests first", {"behavior": "deny", "message": "tests first"}),
    ],
)
def test_a_plan_is_approved_in_a_mode_or_sent_back(
    scene: CallScene, option: str, reason: str, decision: dict[str, Any]
) -> None:
    hook = scene.hook("ExitPlanMode", PLAN)
    (gate,) = scene.asked()
    assert gate.question.context == PLAN["plan"]
    scene.decide(gate, option, reason=reason)
    assert hook.ended() == decision
    scene.uses("ExitPlanMode", PLAN)
    if option != "keep-planning":
        # The tool that runs tells no plan any more.
        scene.hook("ExitPlanMode", {}, "PostToolUse").ended()
    goes_on(scene)
    scene.until(gate, GateState.ACKNOWLEDGED)


# --- whoever answers first wins ----------------------------------------------------------------------------


def test_a_call_that_went_on_without_us_is_answered_elsewhere(scene: CallScene) -> None:
    scene.uses("Write", {"content": "x", "file_path": "/a/b/../made.txt"})
    hook = scene.hook("Write", WRITE)
    (gate,) = scene.asked()
    scene.returns()
    assert hook.ended() is None
    assert scene.gate(gate.id).state is GateState.ANSWERED_ELSEWHERE


def test_a_call_that_stands_in_the_transcript_later_is_known_too(scene: CallScene) -> None:
    scene.uses("Write", WRITE, "toolu_0")
    scene.returns("toolu_0")
    hook = scene.hook("Write", WRITE)
    (gate,) = scene.asked()
    scene.uses("Write", WRITE)
    scene.returns()
    assert hook.ended() is None
    assert scene.gate(gate.id).state is GateState.ANSWERED_ELSEWHERE


def test_what_ran_though_our_answer_was_to_deny_it_is_answered_elsewhere(scene: CallScene) -> None:
    hook = scene.hook("Write", WRITE)
    (gate,) = scene.asked()
    scene.decide(gate, "deny", reason="not now")
    assert hook.ended() is not None
    scene.hook("Write", WRITE, "PostToolUse").ended()
    assert scene.until(gate, GateState.ANSWERED_ELSEWHERE).decision is not None


def test_what_ran_after_the_terminal_allowed_it_is_answered_elsewhere(scene: CallScene) -> None:
    hook = scene.hook("Write", WRITE)
    (gate,) = scene.asked()
    scene.hook("Write", WRITE, "PostToolUse").ended()
    scene.until(gate, GateState.ANSWERED_ELSEWHERE)
    assert hook.ended() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_esc_at_the_terminal_takes_the_question_back(scene: CallScene, number: int) -> None:
    hook = scene.hook("Write", WRITE)
    (gate,) = scene.asked()
    hook.signal(number)
    assert hook.ended() is None
    assert scene.gate(gate.id).state is GateState.WITHDRAWN


@pytest.mark.parametrize("told", [True, False], ids=["its transcript tells", "nothing tells"])
def test_a_hook_that_is_given_up_looks_why(scene: CallScene, told: bool) -> None:
    """Refused at the terminal its shell is ended, alone, while Claude Code lives and writes that down."""
    scene.uses("Write", WRITE)
    hook = scene.hook("Write", WRITE, environ={"CLAUDE_PID": str(os.getpid())})
    (gate,) = scene.asked()
    assert hook.process.stdout is not None
    hook.process.stdout.close()
    if told:
        scene.returns()
    ended = scene.until(gate, GateState.ANSWERED_ELSEWHERE if told else GateState.WITHDRAWN)
    assert ended.closed_why in ((WENT_ON, REFUSED) if told else (STOPPED,))
    assert hook.process.wait(30) == 0


def test_nobody_reads_our_output_any_more(scene: CallScene) -> None:
    hook = scene.hook("AskUserQuestion", {"questions": [SHIP, WHERE]})
    gates = scene.asked(2)
    scene.decide(gates[0], "fix")
    assert hook.process.stdout is not None
    hook.process.stdout.close()
    for gate in gates:
        scene.until(gate, GateState.WITHDRAWN)


def test_asked_anew_after_its_hook_was_killed_the_old_answer_does_not_count(scene: CallScene) -> None:
    hook = scene.hook("Write", WRITE)
    (gate,) = scene.asked()
    hook.kill()
    scene.decide(gate, "allow")
    again = scene.hook("Write", WRITE)
    (asked,) = scene.asked()
    assert (asked.id, asked.revision) == (gate.id, 2)
    scene.decide(asked, "deny", reason="not any more")
    assert again.ended() == {"behavior": "deny", "message": "not any more"}


def test_the_same_call_twice_at_once_is_one_question(scene: CallScene) -> None:
    first, second = scene.hook("Write", WRITE), scene.hook("Write", WRITE)
    (gate,) = scene.asked()
    eventually(lambda: len(scene.journal.waiters.live(scene.batch, gate.id)) == 2, "both wait")
    scene.decide(gate, "allow")
    assert [first.ended(), second.ended()] == [{"behavior": "allow"}] * 2


# --- passing through ---------------------------------------------------------------------------------------


def test_with_nobody_there_to_answer_it_passes_through(tmp_path: Path) -> None:
    scene = CallScene(tmp_path, attended=False)
    assert scene.hook("Write", WRITE).ended() is None
    assert scene.gates() == []
    scene.close()


def test_a_repository_that_is_not_watched_stays_so(scene: CallScene, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    hook = scene.hook("Write", WRITE, environ={"CLAUDE_PROJECT_DIR": str(elsewhere)}, cwd=str(elsewhere))
    assert hook.ended() is None
    assert [one.name for one in scene.directory.parent.iterdir()] == [scene.directory.name]


@pytest.mark.parametrize("tool_input", ["text", None, []])
def test_a_call_of_another_shape_passes_through(scene: CallScene, tool_input: Any) -> None:
    assert scene.hook("Write", tool_input).ended() is None


def test_a_question_of_another_shape_stays_with_its_dialog(scene: CallScene) -> None:
    assert scene.hook("AskUserQuestion", {"questions": "?"}).ended() is None
    assert scene.gates() == []
