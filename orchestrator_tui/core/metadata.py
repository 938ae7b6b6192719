"""Task metadata as agents write it, read tolerantly into one typed record (DESIGN §4.1).

Wrong types never stop a track from being shown: a field that cannot be understood counts as absent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from orchestrator_tui.core.canonical import sha256_hex
from orchestrator_tui.core.facts import TaskFact
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.subject import parse_subject
from orchestrator_tui.core.text import sanitise_line

MAX_STAGES = 64
MAX_PATH_CHARACTERS = 4096
STAGE_STATUSES = frozenset({"in_progress", "completed", "gate_blocked"})
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


@frozen
class TaskMetadata:
    """What a task says of its track; None and "" are "says nothing". Displayed texts are sanitised."""

    slug: str
    title: str
    workflow: str
    kind: str
    stage: int | None
    stages: int | None
    stage_name: str
    stage_status: str
    skipped: tuple[int, ...]
    branch: str
    worktree: str
    pr: str
    progress: str
    depends_on: tuple[str, ...]
    hold: bool
    messages_read: tuple[str, ...]
    decision: Mapping[str, Any] | None

    @property
    def staged(self) -> bool:
        """Whether the task takes part in a workflow; others are plain work."""
        return self.stage is not None


def read_metadata(fact: TaskFact) -> TaskMetadata:
    """The metadata of one task, with its subject filling in what is not there."""
    meta = fact.metadata
    subject = parse_subject(fact.subject)
    stage = _whole(meta.get("stage"))
    if stage is None and subject is not None:
        stage = _whole(subject.stage)
    slug = slugify(_line(meta.get("track")) or (subject.slug if subject else ""))
    return TaskMetadata(
        slug=slug or slugify(fact.subject) or task_slug(fact.task_id),
        title=sanitise_line(fact.subject, 500) or f"task {fact.task_id}",
        workflow=_line(meta.get("workflow")) or (subject.pipeline if subject else ""),
        kind=_line(meta.get("kind")),
        stage=stage,
        stages=_whole(meta.get("stages")) or (_whole(subject.stages) if subject else None),
        stage_name=_line(meta.get("stageName")) or (sanitise_line(subject.stage_name, 120) if subject else ""),
        stage_status=_status(meta.get("stageStatus")),
        skipped=_numbers(meta.get("skippedStages")),
        branch=_line(meta.get("branch")),
        worktree=_line(meta.get("worktree"), MAX_PATH_CHARACTERS),
        pr=_pull_request(meta.get("pr")),
        progress=_line(meta.get("progress")) or sanitise_line(fact.active_form, 200),
        depends_on=tuple(_line(one) for one in _list(meta.get("dependsOn"))[:50] if _line(one)),
        hold=meta.get("hold") is True,
        messages_read=tuple(_line(one) for one in _list(meta.get("messagesRead"))[-50:] if _line(one)),
        decision=_decision(meta.get("decision")),
    )


def slugify(text: str) -> str:
    """A name of at most 63 characters of ``a-z0-9-`` that starts with a letter or digit (reliability G-4), or ""."""
    return _NOT_SLUG.sub("-", text.lower()).strip("-")[:63].strip("-")


def task_slug(task_id: str) -> str:
    """A slug for a task that says nothing to be named after."""
    return f"task-{slugify(task_id)[:40].strip('-') or sha256_hex(task_id)[:8]}"


def _decision(value: Any) -> Mapping[str, Any] | None:
    # Whatever stands where our answer would stand is one, or pretends to be (reliability D-2).
    if value is None or value is False or value == "":
        return None
    return value if isinstance(value, Mapping) else {"option": value}


def _line(value: Any, limit: int = 200) -> str:
    return sanitise_line(value, limit) if isinstance(value, str) else ""


def _status(value: Any) -> str:
    return value if isinstance(value, str) and value in STAGE_STATUSES else ""


def _whole(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 4:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= MAX_STAGES else None


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else []


def _numbers(value: Any) -> tuple[int, ...]:
    return tuple(sorted({number for one in _list(value) if (number := _whole(one)) is not None}))


def _pull_request(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("number") or value.get("url")
    if isinstance(value, bool):
        return ""
    if isinstance(value, int):
        return f"#{value}"
    return _line(value)
