"""The rig itself: the real CLI reaches the scripted model, and hooks change what the model is told."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.claude_rig import ClaudeRig, HookProbe, JsonObject, ModelRequest, call, say, wait_until
from tests.claude_rig.cleanup import marked

pytestmark = pytest.mark.e2e_claude

QUESTION = {
    "question": "Ship or fix?",
    "header": "Gate",
    "multiSelect": False,
    "options": [{"label": "ship", "description": "now"}, {"label": "fix", "description": "first"}],
}
GATE = {"stage": 3, "stageName": "Counsel", "stageStatus": "gate_blocked", "needsDecision": True}


def hook_output(event: str, **output: object) -> JsonObject:
    return {"hookSpecificOutput": {"hookEventName": event, **output}}


def release(probe: HookProbe, event: str, output: JsonObject, tool: str) -> float:
    """Answer the held hook and return when, in seconds since the epoch."""
    released_at = time.time()
    probe.answer(event, output, tool)
    return released_at


def report(what: str, released_at: float, request: ModelRequest) -> None:
    """Latencies are information: this machine's load decides them, so nothing is asserted about them."""
    print(f"{what}: released → model request {1000 * (request.arrived_at - released_at):.0f} ms")


def test_a_headless_run_reaches_the_scripted_model_and_back(each_claude_rig: ClaudeRig) -> None:
    rig = each_claude_rig
    note = rig.project / "note.txt"
    prompt = rig.script("write", [call("Write", file_path=str(note), content="written"), say("all done")])

    session = rig.run(prompt)

    assert session.process.returncode == 0
    assert session.result["result"] == "all done"
    assert note.read_text() == "written"
    assert [request.step for request in rig.requests.all("write")] == [0, 1]
    assert session.messages[0]["claude_code_version"] == rig.cli.version


def test_a_held_post_tool_use_hook_puts_its_context_into_the_next_model_request(each_claude_rig: ClaudeRig) -> None:
    rig = each_claude_rig
    probe = rig.probe_hooks("PostToolUse", matcher="TaskUpdate")
    probe.hold("PostToolUse", "TaskUpdate")
    steps = [
        call("TaskCreate", subject="s", description="d"),
        call("TaskUpdate", taskId="1", metadata=GATE),
        say("done"),
    ]
    session = rig.start(rig.script("gate", steps))

    held = probe.wait_for("PostToolUse", "TaskUpdate")
    assert [task["metadata"] for task in rig.tasks().values()] == [GATE], "the file shows the gate while the hook waits"
    assert len(rig.requests.all("gate")) == 2, "the agent is held"
    context = hook_output("PostToolUse", additionalContext="DECISION fix")
    released_at = release(probe, "PostToolUse", context, "TaskUpdate")
    request = rig.requests.wait_for("DECISION fix", "gate")

    assert session.finish() == 0
    assert request.step == 2, "the very next request carries it"
    assert held.at < released_at < request.arrived_at
    assert held.stdin["tool_input"] == {"taskId": "1", "metadata": GATE}
    report(f"{rig.cli.version} PostToolUse(TaskUpdate)", released_at, request)


@pytest.mark.parametrize("behavior", ["allow", "deny"])
def test_a_held_permission_request_hook_decides_whether_the_tool_runs(claude_rig: ClaudeRig, behavior: str) -> None:
    rig = claude_rig
    probe = rig.probe_hooks("PermissionRequest")
    probe.hold("PermissionRequest", "Write")
    note = rig.project / "note.txt"
    steps = [call("Write", file_path=str(note), content="written"), say("done")]
    session = rig.start(rig.script("write", steps), permissions="ask")

    asked = probe.wait_for("PermissionRequest", "Write")
    assert not note.exists(), "nothing happens before the answer"
    decision = {"behavior": "allow"} if behavior == "allow" else {"behavior": "deny", "message": "HUMAN SAYS NO"}
    released_at = release(probe, "PermissionRequest", hook_output("PermissionRequest", decision=decision), "Write")
    request = rig.requests.wait_for_step("write", 1)

    assert session.finish() == 0
    assert asked.stdin["tool_input"] == {"file_path": str(note), "content": "written"}
    assert note.exists() == (behavior == "allow")
    assert ("HUMAN SAYS NO" in request.new_text) == (behavior == "deny")
    report(f"PermissionRequest {behavior}", released_at, request)


@pytest.mark.parametrize("event", ["PreToolUse", "PermissionRequest"])
def test_a_held_hook_answers_ask_user_question(claude_rig: ClaudeRig, event: str) -> None:
    rig = claude_rig
    probe = rig.probe_hooks(event, matcher="AskUserQuestion")
    probe.hold(event, "AskUserQuestion")
    prompt = rig.script("ask", [call("AskUserQuestion", questions=[QUESTION]), say("done")])
    # A headless CLI offers the question tool only to a host that can be asked; ours never answers, the hook does.
    session = rig.stream("--permission-prompt-tool", "stdio", permissions="ask")
    session.send_control("start", {"subtype": "initialize", "hooks": {}})
    session.send_user(prompt)

    asked = probe.wait_for(event, "AskUserQuestion")
    answered = {"questions": [QUESTION], "answers": {"Ship or fix?": "fix"}}
    if event == "PreToolUse":
        output = hook_output(event, permissionDecision="allow", updatedInput=answered)
    else:
        output = hook_output(event, decision={"behavior": "allow", "updatedInput": answered})
    released_at = release(probe, event, output, "AskUserQuestion")
    request = rig.requests.wait_for_step("ask", 1)

    session.wait_type("result")
    assert session.finish() == 0
    assert asked.stdin["tool_input"]["questions"][0]["question"] == "Ship or fix?"
    assert '"Ship or fix?"="fix"' in request.new_text
    report(f"{event}(AskUserQuestion)", released_at, request)


def test_the_host_answers_ask_user_question_over_the_control_protocol(claude_rig: ClaudeRig) -> None:
    rig = claude_rig
    prompt = rig.script("ask", [call("AskUserQuestion", questions=[QUESTION]), say("done")])
    session = rig.stream("--permission-prompt-tool", "stdio", permissions="ask")
    session.send_control("start", {"subtype": "initialize", "hooks": {}})
    session.send_user(prompt)

    asked = session.wait_type("control_request", "can_use_tool")
    answered = {**asked["request"]["input"], "answers": {"Ship or fix?": "ship"}}
    session.answer_control(asked, {"behavior": "allow", "updatedInput": answered})
    request = rig.requests.wait_for_step("ask", 1)

    session.wait_type("result")
    assert session.finish() == 0
    assert '"Ship or fix?"="ship"' in request.new_text


def test_the_interactive_cli_shows_its_prompt_and_takes_what_is_typed(each_claude_rig: ClaudeRig) -> None:
    rig = each_claude_rig
    terminal = rig.interactive()

    assert "❯" in terminal.screen()
    terminal.enter(rig.script("chat", [say("HELLO FROM THE MODEL")]))

    terminal.wait_for("HELLO FROM THE MODEL")
    assert rig.requests.wait_for_step("chat", 0).step == 0


@pytest.mark.parametrize("who", ["person", "hook"])
def test_the_interactive_dialog_stays_usable_beside_a_held_hook(claude_rig: ClaudeRig, who: str) -> None:
    rig = claude_rig
    probe = rig.probe_hooks("PermissionRequest")
    probe.hold("PermissionRequest")
    note = rig.project / "note.txt"
    terminal = rig.interactive(permissions="ask")
    terminal.enter(rig.script("write", [call("Write", file_path=str(note), content="written"), say("done")]))
    probe.wait_for("PermissionRequest", "Write")
    terminal.wait_for("Do you want to create")

    if who == "person":
        terminal.answer_dialog("1", "Do you want to create")
    else:
        probe.answer("PermissionRequest", hook_output("PermissionRequest", decision={"behavior": "allow"}))
    rig.requests.wait_for_step("write", 1)

    assert note.read_text() == "written"
    assert (probe.calls("PermissionRequest")[0].answered_at is None) == (who == "person"), "the first answer wins"


def test_closing_the_rig_ends_a_held_cli_with_its_hooks_and_tools(claude_rig: ClaudeRig) -> None:
    rig = claude_rig
    probe = rig.probe_hooks("PostToolUse", matcher="Bash")
    probe.hold("PostToolUse", "Bash")
    background = "setsid sleep 600 > /dev/null 2>&1 & echo started"
    rig.start(
        rig.script("shell", [call("Bash", command=background, description="leave a process behind"), say("done")])
    )
    rig.interactive()
    probe.wait_for("PostToolUse", "Bash")
    names = wait_until(lambda: commands if "sleep" in (commands := running(rig.id)) else None, "the left process")
    assert len(names) >= 5, f"two CLIs, tmux, a hook and a left process, not {names}"

    rig.close()

    assert marked(rig.id) == []


def running(rig_id: str) -> list[str]:
    """The program names of what the rig started."""
    return [Path(f"/proc/{process}/comm").read_text().strip() for process in marked(rig_id)]
