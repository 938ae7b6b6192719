"""Tool calls that wait for a person as questions: permissions, Claude Code's own questions, plans (DESIGN §4.2, §4.3).

What is offered is what Claude Code offers, in words that say what it does; what is asked about is the call's real
input, which stays the question's subject.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from orchestrator_tui.core.bounds import left_out
from orchestrator_tui.core.canonical import json_text, sha256_hex
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.gate_refusals import EDIT_ROLE
from orchestrator_tui.core.model import Option, Question
from orchestrator_tui.core.naming import MOST_QUESTIONS
from orchestrator_tui.core.normalise import options

ASK_TOOL = "AskUserQuestion"
PLAN_TOOL = "ExitPlanMode"

ALLOW, DENY, EDIT = "allow", "deny", "edit"
"""Keys of a permission's own options; the others stand for what Claude Code suggests."""
APPROVE, APPROVE_ACCEPT_EDITS, APPROVE_ASK_EDITS, KEEP_PLANNING = (
    "approve",
    "approve-accept-edits",
    "approve-ask-edits",
    "keep-planning",
)
"""Keys of a plan's options."""
NO_PLAN = "No plan was written."
"""What is said of a plan that is missing or blank, so that nobody approves one that is only not shown."""

EDITABLE: Mapping[str, str] = {"Bash": "command", "WebFetch": "url", "WebSearch": "query"}
"""Tools whose input is in the main one text, and its field: what a person may change before it is allowed."""
EDITABLE_CHARACTERS = 4_000
"""Longest text that is offered to be changed: it has to be read whole to be changed."""

MODES = {
    "acceptEdits": "accept edits and common file commands",
    "default": "ask before every edit and command",
    "plan": "let it only plan",
    "bypassPermissions": "ask for nothing more",
    "dontAsk": "deny what no rule allows, without asking",
    "auto": "let Claude Code judge by itself what needs asking",
}
"""What each permission mode of Claude Code means for the person."""

_MAIN_FIELDS = ("command", "file_path", "notebook_path", "url", "query", "pattern", "path", "skill", "description")
_PATHS = frozenset({"file_path", "notebook_path", "path"})
_WHERE = {
    "localSettings": "in this project",
    "projectSettings": "in this project, for everybody",
    "userSettings": "in all your projects",
    "session": "in this session",
    "cliArg": "in this session",
}
_SHOWN = 300
_MOST_SUGGESTIONS = 9
_HEADING = re.compile(r"^#{1,6}\s+(\S.*?)\s*#*\s*$", re.MULTILINE)


@frozen
class CallQuestions:
    """What one tool call asks: a question, or several that are answered together.

    ``permissions`` holds, by the key of the option that stands for it, each change of Claude Code's permissions that
    is offered, exactly as Claude Code offered it.
    """

    questions: tuple[Question, ...]
    permissions: Mapping[str, Any]


def call_questions(
    tool: str, tool_input: Mapping[str, Any], suggestions: Any = None, directory: str = ""
) -> CallQuestions | None:
    """What a call that waits for a person asks, or None when nobody can answer it from outside.

    Args:
        tool: name of the tool.
        tool_input: its input, as Claude Code's hook tells it.
        suggestions: the permission changes that Claude Code offers beside it.
        directory: where the session works; paths in it are named from there.
    """
    if tool == ASK_TOOL:
        asked = asked_questions(tool_input)
        return CallQuestions(asked, {}) if asked else None
    if tool == PLAN_TOOL:
        return CallQuestions((plan_question(tool_input),), {})
    offered = dict(_offered(suggestions))
    return CallQuestions((permission_question(tool, tool_input, offered, directory),), offered)


# --- permissions -------------------------------------------------------------------------------------------


def permission_question(
    tool: str, tool_input: Mapping[str, Any], offered: Mapping[str, Any] | None = None, directory: str = ""
) -> Question:
    """A permission prompt with its real input as the subject; ``offered`` are permission changes by option key."""
    offered = offered or {}
    subject: dict[str, Any] = {"tool": tool, "input": dict(tool_input)}
    choices = [Option(ALLOW, "allow", "approve")]
    choices += [Option(key, f"allow, and {suggestion_words(one)}") for key, one in offered.items()]
    if editable_text(tool, tool_input):
        choices.append(Option(EDIT, f"allow, with the {EDITABLE[tool]} changed", EDIT_ROLE))
    if offered:
        subject["offered"] = dict(offered)
    field, shown = _main_text(tool_input, directory)
    description = tool_input.get("description")
    return Question(
        kind="permission",
        question=f"Allow {tool_words(tool)}: {shown}" if shown else f"Allow {tool_words(tool)}?",
        context=description if isinstance(description, str) and field != "description" else "",
        options=(*choices, Option(DENY, "deny, with a reason", "reject")),
        subject=subject,
    )


def tool_words(tool: str) -> str:
    """A tool's name as a person reads it: a server's tool by both names."""
    server, separator, name = tool.removeprefix("mcp__").partition("__")
    return f"{name} of {server}" if tool.startswith("mcp__") and separator and name else tool


def suggestion_words(suggestion: Mapping[str, Any]) -> str:
    """What a permission change that Claude Code suggests does, in words."""
    kind, where = suggestion.get("type"), _WHERE.get(str(suggestion.get("destination")), "")
    if kind == "setMode":
        mode = MODES.get(str(suggestion.get("mode")), f"switch to the mode {suggestion.get('mode')}")
        return f"{mode} {where}".strip()
    if kind == "addDirectories":
        return " ".join(["let it work in", ", ".join(map(str, _list(suggestion, "directories"))), where]).strip()
    rules = ", ".join(rule_words(one) for one in _list(suggestion, "rules") if isinstance(one, Mapping))
    if kind == "addRules" and rules:
        does = {"allow": "don't ask again for", "deny": "from then on deny", "ask": "from then on always ask for"}
        return " ".join([does.get(str(suggestion.get("behavior")), "don't ask again for"), rules, where]).strip()
    return f"change its permissions: {json_text(dict(suggestion))}"


def rule_words(rule: Mapping[str, Any]) -> str:
    """A permission rule as Claude Code writes it: ``Bash(npm test *)``."""
    content = rule.get("ruleContent")
    return f"{rule.get('toolName')}({content})" if content else str(rule.get("toolName"))


def editable_text(tool: str, tool_input: Mapping[str, Any]) -> str:
    """What of this input a person may change before it is allowed, or ""."""
    text = tool_input.get(EDITABLE.get(tool, ""))
    return text if isinstance(text, str) and text.strip() and len(text) <= EDITABLE_CHARACTERS else ""


def editable_of(question: Question) -> str:
    """What of a permission's input a person may change before it is allowed, or "" where not all of it was kept."""
    subject = question.subject if isinstance(question.subject, Mapping) else {}
    given = subject.get("input")
    text = editable_text(str(subject.get("tool")), given) if isinstance(given, Mapping) else ""
    return "" if left_out(text) else text


def command_of(question: Question) -> str:
    """The whole command that a permission is asked for, or ""."""
    subject = question.subject
    if question.kind != "permission" or not isinstance(subject, Mapping):
        return ""
    given = subject.get("input")
    command = given.get("command") if isinstance(given, Mapping) else None
    return command if isinstance(command, str) else ""


_KEYS = {"addRules": "dont-ask-again", "setMode": "mode", "addDirectories": "add-directory"}


def _offered(suggestions: Any) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """Claude Code's suggestions by option key."""
    taken: dict[str, int] = {}
    for one in suggestions[:_MOST_SUGGESTIONS] if isinstance(suggestions, list) else ():
        if not isinstance(one, Mapping):
            continue
        key = _KEYS.get(str(one.get("type")), "change-permissions")
        if key == "mode":
            key = re.sub(r"[^a-z]+", "-", re.sub(r"([A-Z])", r"-\1", str(one.get("mode"))).lower()).strip("-") or key
        taken[key] = taken.get(key, 0) + 1
        yield (key if taken[key] == 1 else f"{key}-{taken[key]}"), one


def _main_text(tool_input: Mapping[str, Any], directory: str) -> tuple[str, str]:
    """The field that tells most of an input, and its text on one line."""
    for field in _MAIN_FIELDS:
        value = tool_input.get(field)
        if isinstance(value, str) and value.strip():
            if field in _PATHS and directory and value.startswith(f"{directory.rstrip('/')}/"):
                value = value[len(directory.rstrip("/")) + 1 :]
            return field, _on_one_line(value)
    return "", ""


def _on_one_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    first = lines[0]
    if len(first) > _SHOWN:
        return f"{first[:_SHOWN]}… (+{len(text) - _SHOWN} characters)"
    more = len(lines) - 1
    return f"{first} … (+{more} {'line' if more == 1 else 'lines'})" if more else first


def _list(value: Mapping[str, Any], key: str) -> list[Any]:
    found = value.get(key)
    return found if isinstance(found, list) else []


# --- questions ---------------------------------------------------------------------------------------------


def asked_questions(tool_input: Mapping[str, Any]) -> tuple[Question, ...]:
    """The questions of an AskUserQuestion call; () for a call that cannot be answered whole by their texts."""
    listed = tool_input.get("questions")
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_QUESTIONS:
        return ()
    found = [_asked(one, place, len(listed)) for place, one in enumerate(listed, start=1)]
    questions = tuple(one for one in found if one is not None)
    texts = {one.question for one in questions}
    return questions if len(questions) == len(texts) == len(listed) else ()


def _asked(asked: Any, place: int, count: int) -> Question | None:
    if not isinstance(asked, Mapping):
        return None
    listed = asked.get("options")
    labels = [one.get("label") for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    text, header = asked.get("question"), asked.get("header")
    if not isinstance(text, str) or not text.strip() or not labels or not all(isinstance(one, str) for one in labels):
        return None
    about = [header] if isinstance(header, str) and header.strip() else []
    if count > 1:
        about.append(f"question {place} of {count}; they are answered together")
    return Question(
        kind="question",
        question=text,
        context=" · ".join(about),
        options=options(labels),
        subject={"tool": ASK_TOOL, "input": dict(asked), "place": place, "of": count},
        free_text=True,
        multiple=asked.get("multiSelect") is True,
    )


# --- plans -------------------------------------------------------------------------------------------------


def plan_question(tool_input: Mapping[str, Any]) -> Question:
    """A plan that wants approval: its whole text is the context, and its hash tells a changed one."""
    plan = tool_input.get("plan")
    text = plan if isinstance(plan, str) else ""
    heading = _HEADING.search(text)
    named = f": {_on_one_line(heading.group(1))}" if heading else ""
    return Question(
        kind="plan",
        question=f"Approve the plan{named}?" if text.strip() else f"Leave plan mode? {NO_PLAN}",
        context=text,
        options=(
            Option(APPROVE, "approve, and go on in the mode it had before planning", "approve"),
            Option(APPROVE_ACCEPT_EDITS, "approve, and accept edits without asking"),
            Option(APPROVE_ASK_EDITS, "approve, and ask before every edit"),
            Option(KEEP_PLANNING, "keep planning, with what to change", "reject"),
        ),
        subject={"tool": PLAN_TOOL, "file": tool_input.get("planFilePath"), "plan": sha256_hex(text)},
    )
