"""What matters most, beside the older Claude Code."""

from __future__ import annotations

from threading import Event

import pytest

from orchestrator_tui.core.model import GateState
from tests.claude_e2e.beside import Beside
from tests.claude_e2e.scripts import agent, answered, ask, bash, create, ours, question, update
from tests.claude_rig import call, say, wait_until

pytestmark = pytest.mark.e2e_claude

UNTIL_GO = "touch began; until test -e go; do sleep 0.1; done"


def test_a_task_gate_arrives_by_mail_and_at_the_end(beside_older: Beside) -> None:
    """Worked past, told with the next tool call; a later stage refused; held at the end of the turn."""
    beside, thinks = beside_older, Event()
    rig = beside.rig
    steps = [
        create("s"),
        ask("Older mail?", "red", "blue"),
        bash("echo next", hold=thinks),
        answered(),
        ask("Older stop?", "red", "blue", stage=4),
        update(5),
        say("I wait"),
        say("done"),
    ]
    session = rig.start(rig.script("older", steps))
    gate = beside.wait_gate("Older mail?")
    rig.requests.wait_for_step("older", 2)
    answer = beside.answer(gate, 2)
    thinks.set()
    assert answer.told(rig.requests.wait_for_step("older", 3))

    second = beside.wait_gate("Older stop?")
    assert second.id in rig.requests.wait_for_step("older", 6).new_text, "a later stage is refused"
    beside.wait_held(second)
    answer = beside.answer(second, 1)
    told = rig.requests.wait_for_step("older", 7)
    answer.report("2.1.197 Stop", told)
    assert answer.told(told)
    assert session.finish() == 0
    beside.wait_acknowledged(gate)
    beside.wait_acknowledged(second)


def test_a_background_sub_agent_asks_by_mcp(beside_older: Beside) -> None:
    beside, rig = beside_older, beside_older.rig
    child = [ours("request_decision", question="Older MCP?", options=["red", "blue"]), say("child done")]
    main = [agent(rig.script("oldchild", child), background=True), say("led"), say("over")]
    session = rig.start(rig.script("oldmain", main))
    gate = beside.wait_gate("Older MCP?")

    answer = beside.answer(gate, 2)

    told = rig.requests.wait_for_step("oldchild", 1)
    answer.report("2.1.197 MCP", told)
    assert answer.told(told)
    assert session.finish() == 0
    beside.wait_acknowledged(gate)


def test_a_permission_and_a_question_are_answered(beside_older: Beside) -> None:
    """Interactive: without a terminal this version asks nobody."""
    beside, rig = beside_older, beside_older.rig
    made = rig.project / "older.txt"
    asked = question("Older question?", "red one", "blue one")
    steps = [
        call("Write", file_path=str(made), content="made"),
        call("AskUserQuestion", questions=[asked]),
        say("OLDER DONE"),
    ]
    terminal = rig.interactive(permissions="ask")
    terminal.enter(rig.script("oldask", steps))
    permission = beside.wait_gate("older.txt")
    beside.answer(permission, 1)
    rig.requests.wait_for_step("oldask", 1)
    assert made.read_text() == "made"

    gate = beside.wait_gate("Older question?")
    beside.answer(gate, 2)

    assert '"Older question?"="blue one"' in rig.requests.wait_for_step("oldask", 2).new_text
    terminal.wait_for("OLDER DONE")
    beside.wait_acknowledged(permission)
    beside.wait_acknowledged(gate)


def test_a_permission_answered_at_the_terminal_is_answered_elsewhere(beside_older: Beside) -> None:
    beside, rig = beside_older, beside_older.rig
    made = rig.project / "elsewhere.txt"
    terminal = rig.interactive(permissions="ask")
    terminal.enter(rig.script("oldrace", [call("Write", file_path=str(made), content="made"), say("RACE DONE")]))
    gate = beside.wait_gate("elsewhere.txt")
    terminal.answer_dialog("1", "create elsewhere.txt")
    terminal.wait_for("RACE DONE")

    ended = beside.wait_state(gate, GateState.ANSWERED_ELSEWHERE)

    assert made.read_text() == "made"
    assert ended.decision is None


def test_a_sub_agents_call_that_was_let_run_at_the_terminal_is_answered_elsewhere(beside_older: Beside) -> None:
    """No transcript tells who answered it; it runs on while it is answered here, too, and our answer is in vain."""
    beside, rig = beside_older, beside_older.rig
    child = rig.script("oldlong", [bash(UNTIL_GO), say("child done")])
    terminal = rig.interactive(permissions="ask")
    terminal.enter(rig.script("oldlead", [agent(child), say("LEAD DONE")]))
    gate = beside.wait_gate("until test")
    terminal.answer_dialog("1", "Do you want to proceed")
    wait_until(lambda: (rig.project / "began").exists(), "the tool at work", context=terminal.screen)
    beside.answer(gate, 1)
    beside.wait_state(gate, GateState.DELIVERED)

    (rig.project / "go").touch()

    terminal.wait_for("LEAD DONE")
    ended = beside.wait_state(gate, GateState.ANSWERED_ELSEWHERE, GateState.ACKNOWLEDGED)
    assert (ended.state, ended.closed_why) == (
        GateState.ANSWERED_ELSEWHERE,
        "its call ran before our answer was printed",
    )


@pytest.mark.parametrize("answer", ["allow", "deny"])
def test_a_sub_agents_call_that_was_answered_here_is_acknowledged(beside_older: Beside, answer: str) -> None:
    beside, rig = beside_older, beside_older.rig
    child = rig.script(f"old{answer}", [bash(f"touch {answer}.made"), say("child done")])
    terminal = rig.interactive(permissions="ask")
    terminal.enter(rig.script(f"lead{answer}", [agent(child), say("LEAD DONE")]))
    gate = beside.wait_gate(f"touch {answer}.made")
    number = next(place for place, one in enumerate(gate.question.options, 1) if one.key == answer)
    beside.answer(gate, number, reason="not in here")

    terminal.wait_for("LEAD DONE")

    taken = beside.wait_acknowledged(gate)
    assert (rig.project / f"{answer}.made").exists() == (answer == "allow")
    proof = "began" if answer == "allow" else "refused in our words"
    assert proof in taken.steps[-1].evidence
