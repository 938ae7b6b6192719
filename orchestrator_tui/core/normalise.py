"""One normalisation of questions for every source, so that the same question seen twice is one gate (DESIGN §4.3).

``orch-agent``, hooks, MCP and the watcher of task files all come through here. Labels stay raw: they go back to the
agent as it wrote them; what is displayed is sanitised where it is displayed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from orchestrator_tui.core.bounds import OPTION_BYTES, bounded, within
from orchestrator_tui.core.canonical import canonical_json, json_text, sha256_hex
from orchestrator_tui.core.model import Option, Question

MAX_OPTIONS = 20
MAX_OPTION_CHARACTERS = 500

ROLES = frozenset({"approve", "reject", "skip", "cancel", "publish", "deploy", "text"})
"""What choosing an option can mean to us."""

_GATE_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
_PREFIXED = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,31})\s*[:=]\s+\S")

_ROLE_WORDS: dict[str, str] = {
    **dict.fromkeys(("approve", "approved", "yes", "accept", "allow", "proceed", "continue", "ok"), "approve"),
    **dict.fromkeys(("reject", "no", "deny", "decline", "refuse"), "reject"),
    **dict.fromkeys(("skip",), "skip"),
    **dict.fromkeys(("cancel", "abandon", "abort"), "cancel"),
    **dict.fromkeys(("publish", "release"), "publish"),
    **dict.fromkeys(("deploy",), "deploy"),
}
"""First word of an option's key or label → what choosing it means to us."""
_GO_AHEAD = re.compile(r"\s*go(?:\W+(?:ahead|on|for\W+it)\b.*)?\W*", re.IGNORECASE | re.DOTALL)

HARD_TO_TAKE_BACK = frozenset({"reject", "skip", "cancel", "publish", "deploy"})
"""Roles whose decisions wait for the undo window before they leave (reliability A-11)."""
HARD_KINDS = frozenset({"publish", "deploy_staging", "deploy_production"})
"""Kinds of gates whose every decision does, whatever its option is called."""


def digest(question: Question) -> str:
    """The identity of what is asked: SHA-256 of kind, question, options, stage and subject (DESIGN §4.3)."""
    question = bounded(question)
    return sha256_hex(
        canonical_json(
            {
                "kind": question.kind,
                "question": question.question,
                "options": [[option.key, option.label] for option in question.options],
                "stage": question.stage,
                "subject": question.subject,
            }
        )
    )


def task_gate_id(task_id: str, stage: int | None) -> str:
    """The id of a task's gate inside its batch, which is the task list: task and stage (DESIGN §4.3).

    People type gate ids into shells: the name of a hostile file does not get into one.
    """
    return f"{_task_prefix(task_id)}{0 if stage is None else stage}"


def is_gate_of_task(gate_id: str, task_id: str) -> bool:
    """Whether a gate is one of this task's, of whatever stage and whoever opened it."""
    return gate_id.startswith(_task_prefix(task_id)) and gate_id[len(_task_prefix(task_id)) :].isdigit()


def _task_prefix(task_id: str) -> str:
    name = task_id if _GATE_SAFE.fullmatch(task_id) else "x" + sha256_hex(task_id)[:12]
    return f"task-{name}-stage-"


def asks(metadata: Mapping[str, Any]) -> bool:
    """Whether a task's metadata asks for a decision; agents that write ``"true"`` are understood."""
    wanted = metadata.get("needsDecision")
    return wanted is True or (isinstance(wanted, str) and wanted.strip().lower() == "true")


def task_question(metadata: Mapping[str, Any], stage: int | None) -> Question | None:
    """What a task's metadata asks, or None when it asks nothing (DESIGN §4.1).

    ``needsDecision: true`` asks whatever ``stageStatus`` says; without options only a text can answer.
    """
    if not asks(metadata):
        return None
    context = metadata.get("decisionContext")
    question = context if isinstance(context, str) and context.strip() else "The agent asks for a decision."
    listed = metadata.get("decisionOptions")
    choices = options(listed)
    question += _options_beyond(listed)
    return Question(
        kind="task",
        question=question,
        context=_text(metadata.get("decisionDetail")),
        options=choices,
        stage=stage,
        free_text=True,
        recommendation=pick(choices, metadata.get("recommendation")),
        confidence=_text(metadata.get("confidence")).lower()[:16],
        declared_risk=_text(metadata.get("risk")).lower()[:32],
        environment=_text(metadata.get("environment")).lower()[:32],
    )


def options(raw: Any) -> tuple[Option, ...]:
    """Options with keys: ``key: text`` and bare identifiers name themselves, every other label gets its position.

    A position stands in where a name is taken or missing, so that keys are always different.
    """
    found: list[Option] = []
    taken: set[str] = set()
    for position, one in enumerate(_labels(raw), start=1):
        key, label, role = one
        if not key or key in taken:
            key = str(position)
        while key in taken:
            key += "'"
        taken.add(key)
        found.append(Option(key, label, _role(role, key, label)))
    return tuple(found)


def _role(declared: str, key: str, label: str) -> str:
    # What an agent declares does not make light of an option that is hard to take back.
    read = role_of(key, label)
    return declared if declared in ROLES and read not in HARD_TO_TAKE_BACK else read


def role_of(key: str, label: str) -> str:
    """What choosing this option means to us, by the first word of its key, else of its label."""
    for text in (key, label):
        if _GO_AHEAD.fullmatch(text):
            return "approve"
        words = re.findall(r"[a-z]+", text.lower())
        if words and words[0] in _ROLE_WORDS:
            return _ROLE_WORDS[words[0]]
    return ""


def pick(choices: Iterable[Option], wanted: Any) -> str | None:
    """The key of the option that ``wanted`` names by key, label or position (from 1), or None."""
    listed = list(choices)
    if isinstance(wanted, bool) or wanted is None:
        return None
    if isinstance(wanted, int):
        wanted = str(wanted)
    if not isinstance(wanted, str):
        return None
    for option in listed:
        if wanted in (option.key, option.label):
            return option.key
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= len(listed):
        return listed[int(wanted) - 1].key
    return None


def _labels(raw: Any) -> Iterable[tuple[str, str, str]]:
    if not isinstance(raw, (list, tuple)):
        return
    for one in raw[:MAX_OPTIONS]:
        if isinstance(one, Mapping):
            key, label = _text(one.get("key"))[:32], _text(one.get("label"))
            yield key, _label(label or key or json_text(one)), _text(one.get("role"))
            continue
        label = _label(one if isinstance(one, str) else json_text(one))
        prefix = _PREFIXED.match(label)
        if prefix:
            yield prefix.group(1), label, ""
        else:
            yield (label if _IDENTIFIER.fullmatch(label) else ""), label, ""


def _label(text: str) -> str:
    return within(text if len(text) <= MAX_OPTION_CHARACTERS else text[: MAX_OPTION_CHARACTERS - 1] + "…", OPTION_BYTES)


def _options_beyond(raw: Any) -> str:
    """What tells of options that are not listed; it is part of the question, so that a change among them counts."""
    if not isinstance(raw, (list, tuple)) or len(raw) <= MAX_OPTIONS:
        return ""
    rest = raw[MAX_OPTIONS:]
    return f"\n[+{len(rest)} options beyond the first {MAX_OPTIONS}, sha256 {sha256_hex(json_text(list(rest)))[:12]}]"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
