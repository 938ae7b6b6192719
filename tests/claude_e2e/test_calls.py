"""Permission prompts, questions and plans of the real Claude Code, answered in its own terms."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.core.model import GateState
from tests.claude_e2e.beside import Beside
from tests.claude_e2e.scripts import agent, bash, question
from tests.claude_rig import ClaudeRig, Conversation, HeadlessSession, Step, call, say, wait_until

pytestmark = pytest.mark.e2e_claude

PLAN_FILE = re.compile(r"(/[^\s\"\\]+/plans/[^\s\"\\]+\.md)")


def hosted(rig: ClaudeRig, prompt: str, mode: str = "default") -> HeadlessSession:
    """A headless session with a host that never answers: only such are offered questions and plans."""
    session = rig.stream("--permission-prompt-tool", "stdio", permissions="ask")
    session.send_control("start", {"subtype": "initialize", "hooks": {}})
    if mode != "default":
        session.send_control("mode", {"subtype": "set_permission_mode", "mode": mode})
    session.send_user(prompt)
    return session


def test_an_allowed_permission_runs_the_tool(beside: Beside) -> None:
    rig = beside.rig
    made = rig.project / "allowed.txt"
    prompt = rig.script("allow", [call("Write", file_path=str(made), content="made"), say("done")])
    session = rig.start(prompt, permissions="ask")
    gate = beside.wait_gate("allowed.txt")
    assert not made.exists()

    answer = beside.answer(gate, 1)

    request = rig.requests.wait_for_step("allow", 1)
    answer.report("permission allowed", request)
    assert "allowed.txt" in request.new_text, "the model has the tool's own result"
    assert session.finish() == 0
    assert made.read_text() == "made"
    beside.wait_acknowledged(gate)


def test_the_card_shows_what_an_edit_changes(beside: Beside) -> None:
    rig = beside.rig
    file = rig.project / "README.md"
    edit = call("Edit", file_path=str(file), old_string="A project of", new_string="A place for")
    session = rig.start(rig.script("edit", [call("Read", file_path=str(file)), edit, say("done")]), permissions="ask")
    gate = beside.wait_gate("README.md")

    beside.cockpit.show(gate)
    wait_until(
        lambda: all(re.search(line, beside.cockpit.screen()) for line in (r"-\s*A project of", r"\+\s*A place for")),
        "the change",
        context=beside.cockpit.screen,
    )
    answer = beside.answer(gate, 1)

    answer.report("edit allowed", rig.requests.wait_for_step("edit", 2))
    assert session.finish() == 0
    assert file.read_text() == "A place for the rig.\n"
    beside.wait_acknowledged(gate)


def test_a_denied_permission_tells_the_model_why(beside: Beside) -> None:
    rig = beside.rig
    made = rig.project / "denied.txt"
    prompt = rig.script("deny", [call("Write", file_path=str(made), content="x"), say("understood")])
    session = rig.start(prompt, permissions="ask")
    gate = beside.wait_gate("denied.txt")
    denying = next(place for place, one in enumerate(gate.question.options, 1) if one.role == "reject")

    answer = beside.answer(gate, denying, reason="write it to notes instead")

    request = rig.requests.wait_for_step("deny", 1)
    answer.report("permission denied, which can be taken back for 5 s", request)
    assert "write it to notes instead" in request.new_text
    assert session.finish() == 0
    assert not made.exists()
    beside.wait_acknowledged(gate)


def test_what_is_allowed_from_now_on_is_not_asked_again(beside: Beside) -> None:
    """The rule that Claude Code itself suggests is set, and nothing wider."""
    rig = beside.rig
    steps = [bash("sh -c true"), bash("sh -c true"), bash("sh -c pwd"), say("done")]
    session = rig.start(rig.script("rule", steps), permissions="ask")
    gate = beside.wait_gate("sh -c true")
    words = [option.words for option in gate.question.options]
    rule = next((place for place, one in enumerate(words, 1) if "don't ask again" in one), 0)
    assert rule, words

    answer = beside.answer(gate, rule)

    answer.report("permission allowed from now on", rig.requests.wait_for_step("rule", 1))
    other = beside.wait_gate("sh -c pwd")
    assert len(rig.requests.all("rule")) == 3, "the same command was not asked again"
    beside.answer(other, 1)
    assert session.finish() == 0
    rules = (rig.project / ".claude" / "settings.local.json").read_text()
    assert "sh -c true" in rules
    assert "sh -c pwd" not in rules


def test_a_permission_answered_at_the_terminal_is_answered_elsewhere(beside: Beside) -> None:
    rig = beside.rig
    made = rig.project / "terminal.txt"
    terminal = rig.interactive(permissions="ask")
    terminal.enter(rig.script("race", [call("Write", file_path=str(made), content="made"), say("RACE DONE")]))
    gate = beside.wait_gate("terminal.txt")
    terminal.answer_dialog("1", "create terminal.txt")
    terminal.wait_for("RACE DONE")

    ended = beside.wait_state(gate, GateState.ANSWERED_ELSEWHERE)

    assert made.read_text() == "made"
    assert "terminal.txt" in rig.requests.wait_for_step("race", 1).new_text
    assert ended.decision is None


def test_a_permission_refused_at_the_terminal_is_answered_elsewhere(beside: Beside) -> None:
    rig = beside.rig
    made = rig.project / "refused.txt"
    terminal = rig.interactive(permissions="ask")
    terminal.enter(rig.script("refused", [call("Write", file_path=str(made), content="made"), say("never said")]))
    gate = beside.wait_gate("refused.txt")
    terminal.answer_dialog("3", "create refused.txt")

    ended = beside.wait_state(gate, GateState.ANSWERED_ELSEWHERE, GateState.WITHDRAWN)

    assert ended.state is GateState.ANSWERED_ELSEWHERE, ended.closed_why
    assert "terminal" in ended.closed_why
    assert not made.exists()
    assert len(rig.requests.all("refused")) == 1, "Claude Code ends the turn, and asks its model nothing"


def test_an_answer_that_was_printed_and_not_taken_is_answered_elsewhere(beside: Beside) -> None:
    """The shell around our hook stands still: we have printed, Claude Code has not read, the person is faster."""
    rig = beside.rig
    made = rig.project / "late.txt"
    terminal = rig.interactive(permissions="ask")
    terminal.enter(rig.script("late", [call("Write", file_path=str(made), content="made"), say("LATE DONE")]))
    gate = beside.wait_gate("late.txt")
    shell = parent(beside.wait_held(gate))
    os.kill(shell, signal.SIGSTOP)
    beside.answer(gate, 2)
    beside.wait_state(gate, GateState.DELIVERED)
    terminal.answer_dialog("1", "create late.txt")
    terminal.wait_for("LATE DONE")

    ended = beside.wait_state(gate, GateState.ANSWERED_ELSEWHERE)

    os.kill(shell, signal.SIGCONT)
    assert made.read_text() == "made"
    assert "delivered" in [step.step for step in ended.steps]


def parent(process: int) -> int:
    """The process that started this one."""
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def test_an_interactive_dialog_closes_when_it_is_answered_here(beside: Beside) -> None:
    rig = beside.rig
    made = rig.project / "here.txt"
    terminal = rig.interactive(permissions="ask")
    terminal.enter(rig.script("here", [call("Write", file_path=str(made), content="made"), say("HERE DONE")]))
    gate = beside.wait_gate("here.txt")
    terminal.wait_for("create here.txt")

    answer = beside.answer(gate, 1)

    answer.report("permission allowed, interactive", rig.requests.wait_for_step("here", 1))
    terminal.wait_for("HERE DONE")
    assert made.read_text() == "made"
    beside.wait_acknowledged(gate)


def test_a_permission_of_a_background_sub_agent_is_asked(beside: Beside) -> None:
    rig = beside.rig
    child = rig.script("bgask", [bash("touch background.made"), say("child done")])
    main = [agent(child, background=True), say("led"), say("over")]
    session = rig.start(rig.script("bgmain", main), permissions="ask")
    gate = beside.wait_gate("touch background.made")

    answer = beside.answer(gate, 1)

    answer.report("permission allowed, background sub-agent", rig.requests.wait_for_step("bgask", 1))
    assert (rig.project / "background.made").exists()
    assert session.finish() == 0
    assert "/" in gate.asker, "the sub-agent asked it, not its session"
    beside.wait_acknowledged(gate)


def test_a_permission_of_a_background_sub_agent_is_given_back_to_the_terminal(beside: Beside) -> None:
    """While our hook holds it Claude Code shows no dialog: dismissed here, it is asked there."""
    rig = beside.rig
    child = rig.script("backchild", [bash("touch given.back"), say("child done")])
    terminal = rig.interactive(permissions="ask")
    terminal.enter(rig.script("backmain", [agent(child, background=True), say("led"), say("BACK DONE")]))
    gate = beside.wait_gate("touch given.back")
    beside.wait_held(gate)
    terminal.wait_for("led")
    assert "Do you want to proceed" not in terminal.screen()

    beside.cockpit.dismiss(gate, "I sit there")

    terminal.answer_dialog("1", "Do you want to proceed")
    terminal.wait_for("BACK DONE")
    assert (rig.project / "given.back").exists()
    assert beside.wait_state(gate, GateState.CANCELLED, GateState.ACKNOWLEDGED).state is GateState.CANCELLED


QUESTIONS: Mapping[str, tuple[Mapping[str, Any], tuple[int, ...], str, str]] = {
    "single": (question("Which one?", "red one", "blue one"), (2,), "", '"Which one?"="blue one"'),
    "multiple": (
        question("Which ones?", "red one", "blue one", "green one", several=True),
        (1, 3),
        "",
        '"Which ones?"="red one, green one"',
    ),
    "free": (question("Which else?", "red one", "blue one"), (), "a yellow one", '"Which else?"="a yellow one"'),
}


@pytest.mark.parametrize("kind", list(QUESTIONS))
def test_a_question_is_answered(beside: Beside, kind: str) -> None:
    rig = beside.rig
    asked, numbers, text, read = QUESTIONS[kind]
    session = hosted(rig, rig.script(kind, [call("AskUserQuestion", questions=[asked]), say("done")]))
    gate = beside.wait_gate(asked["question"])

    answer = beside.answer(gate, *numbers, text=text)

    request = rig.requests.wait_for_step(kind, 1)
    answer.report(f"AskUserQuestion, {kind}", request)
    assert read in request.new_text
    session.wait_type("result")
    assert session.finish() == 0
    beside.wait_acknowledged(gate)


def test_dialogs_at_the_terminal_close_when_they_are_answered_here(beside: Beside) -> None:
    """A question, and then a plan, of a session with its person before it."""
    rig = beside.rig
    asked = question("Closed from here?", "red one", "blue one")

    def script(conversation: Conversation) -> Step:
        if conversation.step == 0:
            return call("AskUserQuestion", questions=[asked])
        if conversation.step == 1:
            return call("EnterPlanMode")
        if conversation.step == 2:
            file = PLAN_FILE.search(str(conversation.messages))
            assert file is not None, "plan mode names no file"
            return call("Write", file_path=file[1], content="# Plan\n\n1. mind the stairs\n")
        return call("ExitPlanMode") if conversation.step == 3 else say("CLOSED DONE")

    terminal = rig.interactive(permissions="ask")
    terminal.enter(rig.script("closed", script))
    gate = beside.wait_gate("Closed from here?")
    terminal.wait_for("Enter to select")

    answer = beside.answer(gate, 2)

    told = rig.requests.wait_for_step("closed", 1)
    answer.report("AskUserQuestion, interactive", told)
    assert '"Closed from here?"="blue one"' in told.new_text
    assert "Enter to select" not in terminal.screen()
    plan = beside.wait_gate("plan")
    terminal.wait_for("mind the stairs")
    answer = beside.answer(plan, 1)
    terminal.wait_for("CLOSED DONE")
    assert rig.requests.first_with("approved", "closed")
    for one in (gate, plan):
        beside.wait_acknowledged(one)


def test_a_question_answered_at_the_terminal_is_answered_elsewhere(beside: Beside) -> None:
    rig = beside.rig
    asked = question("At the terminal?", "red one", "blue one")
    terminal = rig.interactive(permissions="ask")
    terminal.enter(rig.script("asked", [call("AskUserQuestion", questions=[asked]), say("ASKED DONE")]))
    gate = beside.wait_gate("At the terminal?")
    terminal.answer_dialog("2", "Enter to select")
    terminal.wait_for("ASKED DONE")

    beside.wait_state(gate, GateState.ANSWERED_ELSEWHERE)

    assert '"At the terminal?"="blue one"' in rig.requests.wait_for_step("asked", 1).new_text


def test_a_plan_is_refused_with_a_reason_and_then_approved(beside: Beside) -> None:
    rig = beside.rig
    session = hosted(rig, rig.script("plan", planning), mode="plan")
    gate = beside.wait_gate("plan")
    assert "tear down the wall" in str(gate.question), "the card shows the plan itself"
    refusing = next(place for place, one in enumerate(gate.question.options, 1) if one.role == "reject")
    answer = beside.answer(gate, refusing, reason="leave the wall alone")
    refused = rig.requests.wait_for_step("plan", 2)
    answer.report("plan refused", refused)
    assert "leave the wall alone" in refused.new_text

    second = beside.wait_gate("plan")
    answer = beside.answer(second, 1)

    approved = rig.requests.wait_for_step("plan", 3)
    answer.report("plan approved", approved)
    assert "User has approved your plan" in approved.new_text
    session.wait_type("result")
    assert session.finish() == 0
    beside.wait_acknowledged(second)


def planning(conversation: Conversation) -> Step:
    """Writes the plan where Claude Code wants it, then asks twice for its approval."""
    if conversation.step == 0:
        file = PLAN_FILE.search(str(conversation.messages))
        assert file is not None, "plan mode names no file"
        return call("Write", file_path=file[1], content="# Plan\n\n1. tear down the wall\n")
    return call("ExitPlanMode") if conversation.step < 3 else say("done")
