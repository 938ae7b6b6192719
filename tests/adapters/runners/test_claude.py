"""How headless Claude Code is started and spoken to: its arguments, its files, and the lines of its input."""

from __future__ import annotations

import json
import shlex
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.adapters.connection.wanted import HookEntry, Wanted, server_entry
from orchestrator_tui.adapters.runners.choose import runner_for
from orchestrator_tui.adapters.runners.claude import ClaudeRunner
from orchestrator_tui.core.call_answers import Answer
from orchestrator_tui.core.normalise_calls import call_questions
from orchestrator_tui.core.plan import AgentChoice
from orchestrator_tui.runtime.run_world import AttemptOrder
from tests.adapters.runners.made import make_attempt

HOOKS = (
    HookEntry("PostToolUse", "TaskCreate|TaskUpdate", "a", 60),
    HookEntry("PostToolUse", "", "b", 60),
    HookEntry("Stop", "", "c", 86_400),
)
WANTED = Wanted(HOOKS, server_entry("/opt/python", "/state"), "")
SOURCE = {
    "PATH": "/usr/bin",
    "HOME": "/nowhere",
    "ANTHROPIC_API_KEY": "secret-key-1",
    "CLAUDE_CONFIG_DIR": "/nowhere/config",
    "CLAUDE_CODE_SESSION_ID": "of the session that we run in",
    "CLAUDECODE": "1",
    "CLAUDE_CODE_CHILD_SESSION": "1",
    "AWS_SECRET_ACCESS_KEY": "secret-key-2",
}


def runner(**source: str) -> ClaudeRunner:
    return ClaudeRunner({**SOURCE, **source}, WANTED, lambda: 0)


def claude(tmp_path: Path, **changes: Any) -> AttemptOrder:
    return make_attempt(tmp_path, changes.pop("agent", AgentChoice("claude")), **changes)


def spoken(data: bytes) -> Any:
    assert data.endswith(b"\n")
    assert data.count(b"\n") == 1
    return json.loads(data)


def test_the_arguments(tmp_path: Path) -> None:
    agent = AgentChoice("claude", permission_mode="acceptEdits")
    attempt = claude(tmp_path, agent=agent, turns=9, cost_usd=1.5, wall_ms=77)
    order = runner().order(attempt)
    session = order.argv[order.argv.index("--session-id") + 1]
    assert uuid.UUID(session).version == 5
    shown = shlex.join(order.argv).replace(attempt.directory, "FOLDER").replace(session, "SESSION")
    assert shown == (
        "claude -p --input-format stream-json --output-format stream-json --verbose"
        " --replay-user-messages --permission-prompt-tool stdio --session-id SESSION"
        " --settings FOLDER/settings.json --mcp-config=FOLDER/mcp.json"
        " --permission-mode acceptEdits --model some-model --max-turns 9 --max-budget-usd 1.5"
    )
    assert (order.keep_open, order.cwd, order.wall_ms) == (True, attempt.worktree, 77)
    assert spoken(order.stdin)["message"]["content"] == [{"type": "text", "text": attempt.prompt}]
    assert order.secrets == ("secret-key-1",)


def test_the_least_arguments_of_one_that_changes_nothing(tmp_path: Path) -> None:
    agent = AgentChoice("claude", command=("node", "/x/cli.js"))
    order = runner().order(claude(tmp_path, agent=agent, model="", writes=False, resume="the-session"))
    assert order.argv[:3] == ("node", "/x/cli.js", "-p")
    assert order.argv[order.argv.index("--resume") + 1] == "the-session"
    assert order.argv[-1] == "--disallowedTools=Edit,Write,NotebookEdit"
    assert not {"--session-id", "--model", "--max-turns", "--max-budget-usd", "--permission-mode"} & set(order.argv)


def test_it_is_no_child_of_the_session_that_we_run_in(tmp_path: Path) -> None:
    made = runner().order(claude(tmp_path)).environment
    kept = {name for name in made if name.startswith(("CLAUDE", "ANTHROPIC", "AWS"))}
    assert kept == {"ANTHROPIC_API_KEY", "CLAUDE_CONFIG_DIR"}
    cloud = runner(CLAUDE_CODE_USE_BEDROCK="1").order(claude(tmp_path)).environment
    assert cloud["AWS_SECRET_ACCESS_KEY"] == "secret-key-2"
    assert made["ORCH_ATTEMPT"] == "a-alpha-2-1-1"


def test_hooks_and_server_are_files_of_the_attempt(tmp_path: Path) -> None:
    attempt = claude(tmp_path)
    runner().order(attempt)
    folder = Path(attempt.directory)
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes == dict.fromkeys(("prompt.md", "settings.json", "mcp.json", "session"), 0o600)
    settings = json.loads((folder / "settings.json").read_text())
    assert settings == {
        "hooks": {
            "PostToolUse": [HOOKS[0].group(), HOOKS[1].group()],
            "Stop": [HOOKS[2].group()],
        },
        "permissions": {"allow": ["mcp__orch-tui__*", "Bash(orch-agent:*)"]},
        "env": {"CLAUDE_CODE_MCP_AUTO_BACKGROUND_MS": "0"},
    }
    [(name, server)] = json.loads((folder / "mcp.json").read_text())["mcpServers"].items()
    assert name == "orch-tui"
    assert (server["command"], server["alwaysLoad"]) == ("/opt/python", True)
    assert server["env"]["ORCH_HOME"] == attempt.home
    assert server["env"]["ORCH_TRACK"] == "alpha"


def test_an_attempt_has_one_session_for_good(tmp_path: Path) -> None:
    config = tmp_path / "config"
    source = {"CLAUDE_CONFIG_DIR": str(config)}

    def session(attempt: AttemptOrder) -> str:
        argv = runner(**source).order(attempt).argv
        return argv[argv.index("--session-id") + 1]

    attempt = claude(tmp_path)
    first = session(attempt)
    transcript = config / "projects" / "-a-b" / f"{first}.jsonl"
    transcript.parent.mkdir(parents=True)
    transcript.touch()
    assert session(attempt) == first
    # Another batch of the same name, whose predecessor was deleted, must not meet its conversation.
    again = session(replace(attempt, directory=str(tmp_path / "elsewhere")))
    assert again != first
    assert session(replace(attempt, id="a-alpha-2-1-2", directory=str(tmp_path / "third"))) not in (first, again)


def test_messages_and_interruptions_are_lines() -> None:
    text = "two\nlines \u2028 and \ud800"
    assert spoken(runner().message(text))["message"]["content"][0]["text"] == text
    assert spoken(runner().interrupt())["request"] == {"subtype": "interrupt"}


def ask(tool: str, given: Mapping[str, Any], suggestions: Any = None) -> dict[str, Any]:
    return {
        "hook_event_name": "PermissionRequest",
        "request_id": "r1",
        "cwd": "/p",
        "tool_name": tool,
        "tool_input": given,
        "permission_suggestions": suggestions,
    }


RULE = {"type": "addRules", "rules": [{"toolName": "Bash", "ruleContent": "make:*"}], "behavior": "allow"}
QUESTIONS = [
    {"question": "Ship?", "header": "G", "options": [{"label": "yes"}, {"label": "no"}], "multiSelect": False},
    {"question": "When?", "header": "G", "options": [{"label": "now"}, {"label": "later"}], "multiSelect": False},
]


@pytest.mark.parametrize(
    ("call", "options", "text", "reason", "response"),
    [
        (ask("Bash", {"command": "x"}), ("allow",), "", "", {"behavior": "allow", "updatedInput": {"command": "x"}}),
        (ask("Bash", {"command": "x"}), ("deny",), "", "not now", {"behavior": "deny", "message": "not now"}),
        (ask("Bash", {"command": "x"}), (), "do y", "", {"behavior": "deny", "message": "do y"}),
        (
            ask("Bash", {"command": "x"}),
            ("edit",),
            "y",
            "",
            {"behavior": "allow", "updatedInput": {"command": "y"}},
        ),
        (
            ask("AskUserQuestion", {"questions": QUESTIONS[:1]}),
            ("yes",),
            "",
            "",
            {"behavior": "allow", "updatedInput": {"questions": QUESTIONS[:1], "answers": {"Ship?": "yes"}}},
        ),
        (
            ask("ExitPlanMode", {"plan": "# P"}),
            ("approve",),
            "",
            "",
            {"behavior": "allow", "updatedInput": {"plan": "# P"}},
        ),
        (
            ask("ExitPlanMode", {"plan": "# P"}),
            ("keep-planning",),
            "",
            "more tests",
            {"behavior": "deny", "message": "more tests"},
        ),
    ],
)
def test_answers(
    call: dict[str, Any], options: tuple[str, ...], text: str, reason: str, response: Mapping[str, Any]
) -> None:
    said = spoken(runner().answers(call, (Answer(options, text, reason),)))
    assert said["type"] == "control_response"
    assert said["response"]["request_id"] == "r1"
    assert said["response"]["response"] == response


def test_a_rule_that_was_offered_is_put_into_force() -> None:
    call = ask("Bash", {"command": "make"}, [RULE])
    asked = call_questions("Bash", call["tool_input"], [RULE], "/p")
    assert asked is not None
    [key] = asked.permissions
    said = spoken(runner().answers(call, (Answer((key,)),)))["response"]["response"]
    assert said == {"behavior": "allow", "updatedInput": {"command": "make"}, "updatedPermissions": [RULE]}


def test_several_questions_are_answered_together() -> None:
    call = ask("AskUserQuestion", {"questions": QUESTIONS})
    assert runner().answers(call, (Answer(("yes",)),)) == b""
    said = spoken(runner().answers(call, (Answer(("yes",)), Answer((), "at noon", "lunch"))))["response"]["response"]
    assert said["updatedInput"]["answers"] == {"Ship?": "yes", "When?": "at noon"}


def test_what_asks_nothing_has_no_answer() -> None:
    assert runner().answers(ask("AskUserQuestion", {"questions": []}), (Answer(("yes",)),)) == b""


def test_it_is_chosen_by_its_name(tmp_path: Path) -> None:
    plan = claude(tmp_path).plan
    assert isinstance(runner_for(plan, SOURCE, WANTED), ClaudeRunner)
    with pytest.raises(OSError, match="need our hooks"):
        runner_for(plan, SOURCE)
