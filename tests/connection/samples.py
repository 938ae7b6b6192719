"""Settings files as people have them, and what is wanted in them."""

from __future__ import annotations

import json

from orchestrator_tui.adapters.connection.wanted import HookEntry, Wanted, server_entry

PYTHON, HOME = "/opt/orch tui/bin/python", "/home/p/.local/state/orch-tui"
SKILL = "---\nname: orch-tui\n---\n\nThe skill.\n"


def command(event: str, python: str = PYTHON) -> str:
    """A hook's command in the shape that is installed: guarded, and by absolute interpreter."""
    return f"[ -x '{python}' ] || exit 0; exec '{python}' -I -m orchestrator_tui.hook --home '{HOME}' {event}"


def wanted(python: str = PYTHON, skill: str = SKILL, timeout: int = 86_400) -> Wanted:
    """Hooks of several kinds: two for one event, with and without a matcher."""
    mail = f'[ -e "{HOME}/mail/$CLAUDE_CODE_SESSION_ID" ] || exit 0; {command("PostToolUse", python)}'
    hooks = (
        HookEntry("PermissionRequest", "", command("PermissionRequest", python), timeout),
        HookEntry("PostToolUse", "TaskCreate|TaskUpdate", command("PostToolUse", python), timeout),
        HookEntry("PostToolUse", "^(?!Task)", mail, timeout),
        HookEntry("Stop", "", command("Stop", python), timeout),
    )
    return Wanted(hooks, server_entry(python, ""), skill)


OTHERS = {
    "hooks": {
        "PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "guard.sh", "timeout": 5}]}],
        "PostToolUse": [
            {"matcher": "TaskCreate|TaskUpdate", "hooks": [{"type": "command", "command": "log.sh"}]},
            {"hooks": [{"type": "command", "command": "echo orch-hook"}, {"type": "http", "url": "http://x"}]},
        ],
        "Stop": [],
    }
}
FULL = {
    "$schema": "https://json.schemastore.org/claude-code-settings.json",
    "env": {"ANTHROPIC_MODEL": "opus", "CLAUDE_CODE_ENABLE_TODO_TOOLS": "1"},
    "permissions": {"allow": ["Bash(git:*)"], "deny": ["Read(./.env)"], "defaultMode": "plan"},
    "statusLine": {"type": "command", "command": "~/line.sh"},
    **OTHERS,
}

SAMPLES: dict[str, str] = {
    "empty": "",
    "blank": " \n",
    "empty object": "{}",
    "spread empty object": "{\n}\n",
    "minimal": '{\n  "model": "opus"\n}\n',
    "no newline at the end": '{\n  "model": "opus"\n}',
    "tabs": json.dumps(FULL, indent="\t") + "\n",
    "four spaces": json.dumps(FULL, indent=4) + "\n",
    "one space": json.dumps(OTHERS, indent=1),
    "carriage returns": (json.dumps(FULL, indent=2) + "\n").replace("\n", "\r\n"),
    "mixed line ends": '{\n  "model": "opus",\r\n  "env": {"A": "1"}\r\n}\n',
    "byte order mark": '\ufeff{\n  "env": {}\n}\n',
    "compact": json.dumps(FULL, separators=(",", ":")),
    "one line": json.dumps(FULL) + "\n",
    "airy": '{ "env" : { "A" : "1" } ,\n\n\n   "permissions":{"allow":[ ] , "deny":[\n"Read(x)" ]}\n\n }\n\n',
    "hooks of others": json.dumps(OTHERS, indent=2) + "\n",
    "inline hooks in a spread file": '{\n  "hooks": {"Stop": [{"hooks": [{"type": "command", "command": "x"}]}]}\n}\n',
    "variables there": json.dumps({"env": {"PATH": "/x", "B": "ü"}}, indent=2, ensure_ascii=False),
    "our variables there": '{"env": {"CLAUDE_CODE_MCP_AUTO_BACKGROUND_MS": "0", "CLAUDE_CODE_ENABLE_TODO_TOOLS": "1"}}',
    "rules and denials": json.dumps({"permissions": {"deny": ["Bash(rm:*)"], "ask": ["Bash(git push:*)"]}}, indent=2),
    "our rules there": '{\n  "permissions": {\n    "allow": [\n      "mcp__orch-tui__*"\n    ]\n  }\n}\n',
    "unicode": '{\n  "läßt": "\\u00fc\\ud83d\\ude00 😀 \\/ \\u0000",\n  "env": {"Ω": "\\"}{"}\n}\n',
    "numbers": '{\n  "a": 1.0e5, "b": -0.10, "c": 12345678901234567890,\n  "cleanupPeriodDays": 30\n}\n',
    "very large": json.dumps({"allowed": [f"Bash(tool-{n}:*)" for n in range(20_000)], **FULL}, indent=2),
}
"""Name → text; each connects, and comes back to the byte."""

MALFORMED: dict[str, tuple[str, int, str]] = {
    "a comment": ('{\n  // mine\n  "model": "opus"\n}\n', 2, "comments are no JSON"),
    "a comment behind": ('{\n  "model": "opus" /* mine */\n}\n', 2, "comments are no JSON"),
    "a comma too many": ('{\n  "model": "opus",}\n', 2, "trailing comma|property name"),
    "cut off": ('{\n  "env": {\n    "A": "1"', 3, "delimiter"),
    "more behind": ("{}\n{}\n", 2, "more behind the end"),
    "a list": ("[]\n", 1, "it is a list, not an object"),
    "not a number": ('{\n  "a": NaN\n}', 0, "NaN is no JSON"),
    "hooks are a list": ('{\n  "hooks": []\n}\n', 2, '"hooks" is a list, not an object'),
    "an event is an object": ('{"hooks": {\n\n "Stop": {}}}', 3, '"hooks.Stop" is an object, not a list'),
    "env is a text": ('{"a": 1,\n "env": "A=1"}', 2, '"env" is a text, not an object'),
    "env is null": ('{"env": null}', 1, '"env" is null, not an object'),
    "permissions are a list": ('{"permissions": ["Bash"]}', 1, '"permissions" is a list, not an object'),
    "allow is true": ('{"permissions":\n{"allow": true}}', 2, '"permissions.allow" is true or false, not a list'),
    "a key twice": ('{\n  "env": {},\n  "env": {"A": "1"}\n}', 3, '"env" stands there a second time'),
    "an event twice": ('{"hooks": {"Stop": [],\n "Stop": []}}', 2, '"Stop" stands there a second time'),
    "nested too deeply": ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", 1, "nested too deeply"),
}
"""Name → (text, line, what is said of it); none is touched."""
