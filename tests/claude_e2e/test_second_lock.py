"""Completing a task whose gate is open, where nothing refuses the update before it runs: the second lock holds."""

from __future__ import annotations

import json

import pytest

from tests.claude_e2e.beside import Beside
from tests.claude_e2e.scripts import ask, create
from tests.claude_rig import ClaudeRig, call, say

pytestmark = pytest.mark.e2e_claude


def test_a_completion_that_nothing_stopped_before_is_refused(each_claude_rig: ClaudeRig) -> None:
    """[002] Claude Code itself asks before it writes, and writes nothing."""
    rig = each_claude_rig
    with Beside(rig) as beside:
        beside.connect()
        file = rig.config / "settings.json"
        settings = json.loads(file.read_text())
        del settings["hooks"]["PreToolUse"]
        file.write_text(json.dumps(settings))
        beside.open_cockpit()
        complete = call("TaskUpdate", taskId="1", status="completed")
        steps = [create("s"), ask("Lock, red or blue?", "red", "blue"), complete, say("I wait"), complete, say("done")]
        session = rig.start(rig.script("lock", steps))
        gate = beside.wait_gate("Lock, red or blue?")

        refused = rig.requests.wait_for_step("lock", 3)

        assert gate.id in refused.new_text
        assert "TaskCompleted hook" in refused.new_text
        (task,) = rig.tasks().values()
        assert task["status"] == "pending"
        answer = beside.answer(gate, 1)
        rig.requests.wait_for(answer.decision.id, "lock")
        assert session.finish() == 0
        (task,) = rig.tasks().values()
        assert task["status"] == "completed"
