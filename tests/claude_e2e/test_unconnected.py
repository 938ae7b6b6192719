"""A Claude Code that was never connected: its gates are seen, and its answers are written where it may look."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest

from orchestrator_tui.core.model import GateState
from tests.claude_e2e.beside import Beside
from tests.claude_e2e.scripts import answered, ask, bash, create
from tests.claude_rig import ClaudeRig, Conversation, Step, ToolCall, call, say, wait_until

pytestmark = pytest.mark.e2e_claude


@pytest.fixture
def unconnected(claude_rig: ClaudeRig) -> Iterator[Beside]:
    """A cockpit beside a Claude Code that does not know of it."""
    with Beside(claude_rig) as beside:
        beside.open_cockpit()
        yield beside


def test_the_answer_is_written_into_the_task_that_asked(unconnected: Beside) -> None:
    rig, thinks = unconnected.rig, Event()
    look = Step(calls=(ToolCall("TaskGet", {"taskId": "1"}),), hold=thinks)
    steps = [create("s"), ask("File, red or blue?", "red", "blue"), look, answered(), say("done")]
    session = rig.start(rig.script("file", steps))
    gate = unconnected.wait_gate("File, red or blue?")
    wait_until(
        lambda: "cannot hear" in unconnected.cockpit.screen(), "what the card says", context=unconnected.cockpit.screen
    )

    answer = unconnected.answer(gate, 2)
    unconnected.wait_state(gate, GateState.DELIVERED)
    thinks.set()

    told = rig.requests.wait_for_step("file", 3)
    answer.report("task file, with the time until the agent looks", told)
    assert answer.told(told)
    assert "blue" in told.new_text
    assert session.finish() == 0
    acknowledged = unconnected.wait_acknowledged(gate)
    assert acknowledged.steps[-1].route == "task_file"


def test_connecting_reaches_a_session_that_already_runs(unconnected: Beside) -> None:
    """Its hooks are picked up while it works; no restart."""
    rig = unconnected.rig
    heard = Event()
    then = [ask("Connected, red or blue?", "red", "blue"), say("I wait"), say("on")]
    worked: list[int] = []

    def works_until_heard(conversation: Conversation) -> Step:
        if conversation.step == 0:
            return create("s")
        if not heard.is_set():
            return bash("sleep 0.2")
        worked.append(conversation.step)
        return then[conversation.step - worked[0]]

    session = rig.start(rig.script("live", works_until_heard))
    rig.requests.wait_for_step("live", 2)
    unconnected.connect()
    # Claude Code reads all settings anew when one of its files changes: what it makes of a later one shows that.
    probe = rig.probe_locally("PostToolUse", matcher="Bash")
    probe.wait_for("PostToolUse")
    heard.set()
    gate = unconnected.wait_gate("Connected, red or blue?")
    unconnected.wait_held(gate)

    answer = unconnected.answer(gate, 1)

    rig.requests.wait_for(answer.decision.id, "live")
    assert session.finish() == 0


def test_connecting_by_key_gives_an_open_gate_its_hook(unconnected: Beside) -> None:
    """What the session asked before it could hear us is answered with its next tool call."""
    rig, thinks = unconnected.rig, Event()
    look = Step(
        calls=(ToolCall("Bash", {"command": "sleep 0.2", "description": "d"}),), until=lambda _: thinks.is_set()
    )
    steps = [create("s"), ask("In place, red or blue?", "red", "blue"), look, answered(), say("done")]
    session = rig.start(rig.script("place", steps))
    gate, cockpit = unconnected.wait_gate("In place, red or blue?"), unconnected.cockpit
    wait_until(lambda: "cannot hear" in cockpit.screen(), "what the card says", context=cockpit.screen)
    assert "hook" not in unconnected.now(gate).routes

    cockpit.press("C")
    wait_until(lambda: "+ MCP server orch-tui" in cockpit.screen(), "what is changed", context=cockpit.screen)
    cockpit.press("Enter")
    wait_until(lambda: "hears with its next tool call" in cockpit.screen(), "the card", context=cockpit.screen)
    rig.probe_locally("PostToolUse", matcher="Bash").wait_for("PostToolUse")
    answer = unconnected.answer(gate, 2)

    told = rig.requests.wait_for(answer.decision.id, "place")
    answer.report("connected in place", told)
    thinks.set()
    assert session.finish() == 0
    assert unconnected.wait_acknowledged(gate).steps[-1].route == "hook"


def test_disconnecting_leaves_claude_code_as_it_was(unconnected: Beside) -> None:
    rig = unconnected.rig
    files = (rig.config / "settings.json", rig.home / ".claude.json")
    before = [file.read_bytes() if file.exists() else None for file in files]
    unconnected.connect()
    assert files[0].exists()

    unconnected.orch("disconnect", "claude", "--yes")

    assert [file.read_bytes() if file.exists() else None for file in files] == before
    made = rig.project / "made"
    session = rig.run(rig.script("after", [call("Write", file_path=str(made), content="x"), say("done")]))
    assert session.process.returncode == 0
    assert made.exists()
