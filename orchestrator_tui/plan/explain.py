"""Every threshold of a workflow with its value and its meaning: ``check --explain`` and the reference pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orchestrator_tui.core.workflow import AGENT, ASK, StageWork, Workflow
from orchestrator_tui.plan.checked import Threshold
from orchestrator_tui.plan.fields import Part
from orchestrator_tui.plan.workflow_models import RulesFile, StageFile

_GROUPS: Mapping[str, type[Part]] = {
    name: field.annotation
    for name, field in RulesFile.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, Part)
}
"""The groups of rules, as the model of a workflow's file has them."""

_TEXTS = frozenset({"autonomy", "constraints", "adherence", "prompt", "narrow"})
_LENGTHS = frozenset({"wall", "interval", "reply", "stale", "repeat", "quick", "keep"})
_STAGE = (
    "attempts",
    "verifications",
    "bump_at",
    "rounds",
    "tokens",
    "turns",
    "wall",
    "cost_usd",
    "narrow",
    "gate",
    "skip_by",
    "spent",
    "angles",
    "against",
    "unsaid",
)
_UNSET = frozenset({"verifications", "tokens", "turns", "wall", "cost_usd", "narrow", "gate", "against"})
"""Keys of a stage that are only shown where they are set."""


def thresholds(workflows: Iterable[Workflow]) -> tuple[Threshold, ...]:
    """The rules and bounds of some workflows, the batch's first, then stage by stage."""
    found: list[Threshold] = []
    for workflow in workflows:
        found += _of_batch(workflow)
        for below, ladder, works in (
            ("batch stage", workflow.batch_ladder, workflow.batch_works),
            ("stage", workflow.ladder, workflow.works),
        ):
            for rule, work in zip(ladder.stages, works, strict=True):
                found += _of_stage(workflow.name, f"{below} {rule.index} {rule.name}", work)
    return tuple(found)


def length_words(milliseconds: int) -> str:
    """A length of time as it is written in files: ``1h30m``, ``90s``; ``0`` for none."""
    if milliseconds <= 0:
        return "0"
    parts = []
    left = milliseconds // 1000
    for name, unit in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, left = divmod(left, unit)
        if count:
            parts.append(f"{count}{name}")
    return "".join(parts)


def _of_batch(workflow: Workflow) -> list[Threshold]:
    found = []
    for name, field in RulesFile.model_fields.items():
        meaning = field.description or ""
        if name in _GROUPS:
            group = getattr(workflow, name)
            for inner, below in _GROUPS[name].model_fields.items():
                if inner in _TEXTS:
                    continue
                value = _written(inner, _value(group, inner))
                found.append(Threshold(workflow.name, f"{name}.{inner}", value, below.description or ""))
        elif name not in _TEXTS:
            found.append(Threshold(workflow.name, name, _written(name, _value(workflow, name)), meaning))
    found += [Threshold(workflow.name, f"values.{one.name}", one.value, one.meaning) for one in workflow.values]
    return found


def _of_stage(workflow: str, place: str, work: StageWork) -> list[Threshold]:
    names = _STAGE if work.runs == AGENT else ("attempts", "rounds", "gate", "skip_by")
    found = []
    for name in names:
        value = _value(work, name)
        if name == "angles":
            value = tuple(f"{one.key} ({one.tier})" if one.tier else one.key for one in work.angles)
        if value in ((), ASK, {}) and name in ("angles", "spent", "unsaid"):
            continue
        if value in (0, 0.0, "") and name in _UNSET:
            continue
        if name == "rounds" and not work.back_to:
            continue
        meaning = StageFile.model_fields[name].description or ""
        found.append(Threshold(workflow, f"{place}: {name}", _written(name, value), meaning))
    return found


def _value(owner: Any, name: str) -> Any:
    return getattr(owner, f"{name}_ms" if name in _LENGTHS else name)


def _written(name: str, value: Any) -> str:
    if name in _LENGTHS:
        return length_words(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_entry(one)}" for key, one in value.items()) or "none"
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value) or "none"


def _entry(value: Any) -> str:
    return " / ".join(value) if isinstance(value, tuple) else str(value)
