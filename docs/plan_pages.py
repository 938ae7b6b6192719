"""The pages on plan and workflow files, written from their models and from the workflows that ship."""

from __future__ import annotations

import typing
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from docs.script_section import scripted_section
from docs.tables import table
from orchestrator_tui.core.workflow import BATCH_GATE_ITEMS, PLAN_INPUTS, TRACK_GATE_ITEMS
from orchestrator_tui.plan import (
    answer_models,
    live_rules_models,
    models,
    rule_groups,
    session_models,
    sizing_models,
    text,
    workflow_models,
    workflow_values,
)
from orchestrator_tui.plan.catalogue import OWN_FOLDER, load_workflows
from orchestrator_tui.plan.checked import APPEND_ONLY, DEPLOY_QUEUE, NONE, ORDER, SERIALISE
from orchestrator_tui.plan.conflicts import FEW_FILES
from orchestrator_tui.plan.explain import length_words
from orchestrator_tui.plan.fields import Part, Says
from orchestrator_tui.plan.models_chain import CLAUDE_FILE, COPILOT_FILE
from orchestrator_tui.plan.paths import PLACEHOLDERS
from orchestrator_tui.plan.prices import load_prices
from orchestrator_tui.resources import sample_plans_directory

_LENGTHS = frozenset({"wall", "interval", "reply"})

CONSEQUENCES = {
    SERIALISE: f"one after the other: both change the same files, and no priority says whose they are, "
    f"or they are more than {FEW_FILES}; the second begins with the work of the first, or when that is given up",
    APPEND_ONLY: "at the same time: the track of higher priority owns the file, the other may only append at its end",
    ORDER: "a dependency, or an area that both touch: merged in this order",
    DEPLOY_QUEUE: "both deploy to one environment: strictly one at a time",
    NONE: "nothing is shared",
}
"""What follows from a conflict of two tracks."""


def plans_page() -> str:
    """The plan file: every key, what it takes, and what it means without one."""
    sample = (sample_plans_directory() / "three-features.yaml").read_text("utf-8").rstrip()
    parts = [
        "# Plans",
        "A plan is one YAML file. `orch-tui check PLAN` says what it would do and what is wrong with it; nothing is\n"
        "created by that. A key that is not here is refused, with the nearest one named.",
        f"```yaml\n{sample}\n```",
        _section("The plan", models.PlanFile),
        _section("`tracks`", models.TrackFile, "A track that declares no files runs alone: if in doubt, serialize."),
        _section("`limits`", models.LimitsFile),
        _section("`agent`", models.AgentFile, _MODELS),
        _section("`checks`", models.CheckFile, "Each is a command, or a mapping:"),
        _section("`environments`", models.EnvironmentFile),
        _section("`provision`", models.ProvisionFile),
        _section("`session`", session_models.SessionFile, _SESSION),
        _section("`session.docs`", session_models.DocsTaskFile),
        "## `rules`\n\nWhat this batch does otherwise than its workflow: any rule of"
        " [a workflow](workflows.md#the-rules-of-a-batch),\nand below `stages`, by number or name, any rule of"
        " [a stage](workflows.md#how-a-stage-is-done) of its tracks.",
        _conflicts(),
        _estimates(),
        _reading(),
        scripted_section(),
    ]
    return "\n\n".join(parts) + "\n"


def workflows_page() -> str:
    """The workflow file: every key, the shipped workflows with their thresholds, and where others are found."""
    parts = [
        "# Workflows",
        "A workflow is a ladder of stages with its rules, as YAML. Nothing in the program asks what a workflow is\n"
        "called: one of yours can do whatever a shipped one does.",
        _finding(),
        _section("The workflow", workflow_models.WorkflowFile, only=set(workflow_models.WorkflowFile.__annotations__)),
        _section("A stage", workflow_models.StageFile, only=set(workflow_models.StageFile.__annotations__)),
        _section("How a stage is done", workflow_models.StageRulesFile),
        _section("`values`", workflow_values.ValueFile, _VALUES),
        _section("The rules of a batch", workflow_models.RulesFile),
        _section("`convergence`", rule_groups.ConvergenceFile),
        _section("`earlier`", rule_groups.EarlierFile),
        _section("`clocks`", rule_groups.ClocksFile),
        _section("`stall`", rule_groups.StallFile),
        _section("`budget`", rule_groups.BudgetFile),
        _section("`merging`", rule_groups.MergingFile),
        _section("`breaker`", live_rules_models.BreakerFile),
        _section("`sessions`", session_models.SessionsFile),
        _section("`guard`", session_models.GuardFile),
        _section("`freshness`", live_rules_models.FreshnessFile),
        _section("`between`", live_rules_models.BetweenFile),
        _section("`baseline`", live_rules_models.BaselineFile),
        _section("`grounding`", live_rules_models.GroundingFile),
        _section("`sureness`", live_rules_models.SurenessFile),
        _section("`context`", rule_groups.ContextFile),
        _section("`isolation`", live_rules_models.IsolationFile),
        _section("`sizing`", sizing_models.SizingFile),
        _section("`answers`", answer_models.AnswerFile, _ANSWERS),
        _items("`inputs`", PLAN_INPUTS),
        _items("`track_gate`", TRACK_GATE_ITEMS),
        _items("`batch_gate`", BATCH_GATE_ITEMS),
        *_shipped(),
    ]
    return "\n\n".join(parts) + "\n"


_MODELS = (
    f"The model of a role is named by the plan, else by the project's `{CLAUDE_FILE}` (`{COPILOT_FILE}` where the\n"
    "command is Copilot's; lines `role: model`), else by what was confirmed before, else by the workflow's tiers."
)
_SESSION = (
    "Where the workflow has types of sessions. What the plan does not say is taken from `## Session Config` of the\n"
    "project's own files, then from the workflow; whether state files are written, and the design file, only from the\n"
    "project."
)
_VALUES = (
    "What texts of the file say by name: `{values.NAME}` is filled in when the file is read. A name that is none\n"
    "of them and a value that no text uses are told; `check --explain` shows each with its meaning."
)
_ANSWERS = (
    "The confidence table. The first row that applies to a question decides, also when it leaves it to a person.\n"
    "Whatever is written here, production, destructive, failure and staging are never answered by a rule."
)


def _section(title: str, part: type[Part], text_before: str = "", only: set[str] | None = None) -> str:
    rows = [
        (
            f"`{field.alias or name}`" + (" (required)" if field.is_required() else ""),
            _takes(field),
            *_means(name, field),
        )
        for name, field in part.model_fields.items()
        if only is None or name in only
    ]
    before = f"{text_before}\n\n" if text_before else ""
    return f"## {title}\n\n{before}" + table(("key", "takes", "without it", "meaning"), rows)


def _takes(field: FieldInfo) -> str:
    said = [one.text for one in field.metadata if isinstance(one, Says)]
    return said[-1] if said else _kind(field.annotation)


def _kind(kind: Any) -> str:
    if typing.get_origin(kind) is typing.Annotated:
        said = [one.text for one in kind.__metadata__ if isinstance(one, Says)]
        return said[-1] if said else _kind(kind.__origin__)
    if typing.get_origin(kind) is list:
        return "list of mappings"
    return "mapping" if isinstance(kind, type) and issubclass(kind, Part) else "text"


def _means(name: str, field: FieldInfo) -> tuple[str, str]:
    default = field.default
    if field.is_required() or default is PydanticUndefined or isinstance(default, Part) or default is None:
        shown = ""
    elif name in _LENGTHS:
        shown = f"`{length_words(default)}`" if default else ""
    elif isinstance(default, bool):
        shown = f"`{str(default).lower()}`"
    elif isinstance(default, list):
        shown = ", ".join(f"`{one}`" for one in default)
    else:
        shown = f"`{default:g}`" if isinstance(default, (int, float)) and default else f"`{default}`" if default else ""
    return shown, field.description or ""


def _conflicts() -> str:
    rows = [(f"**{name}**", meaning) for name, meaning in CONSEQUENCES.items()]
    return (
        "## Conflicts\n\nEvery pair of tracks is compared: files (patterns on the real tree), areas, environments,"
        " dependencies.\n\n" + table(("consequence", "when, and what follows"), rows) + "\n\nTwo tracks that own the"
        " same file, with no priority and no order between them, are an error."
    )


def _estimates() -> str:
    prices = load_prices()
    rows = [(f"`{tier}`", f"${usd:.2f}") for tier, usd in prices.tiers.items()]
    return (
        f"## What an attempt is taken for\n\nAs of {prices.as_of}: {prices.assumption}.\n\n"
        + table(("tier", "one attempt"), rows)
        + "\n\nThe maximum is what attempts, rounds and budgets allow; `limits` cut it."
    )


def _reading() -> str:
    rows = [
        ("size", f"{text.MAX_BYTES // 1024} KiB"),
        ("depth", f"{text.MAX_DEPTH} levels"),
        ("values", f"{text.MAX_EVENTS:,}"),
        ("tracks", str(models.MAX_TRACKS)),
        ("stages of a ladder", str(workflow_models.MAX_STAGES)),
    ]
    return (
        "## How files are read\n\nValues are the text that was written: `NO` is no switch, `012` no number. Aliases,"
        " anchors, tags, a second\ndocument and a key that is set twice are refused.\n\n"
        + table(("what", "at most"), rows)
    )


def _finding() -> str:
    filled = ", ".join(f"`{{{one}}}`" for one in PLACEHOLDERS)
    return (
        "## Where they are found\n\n"
        f"1. `{OWN_FOLDER}/*.yaml` of the repository's main working tree; what lies in a worktree is ignored\n"
        "2. `workflows/*.yaml` beside [your settings](settings.md)\n"
        "3. those that ship with the program\n\n"
        "The first one of a name is used, and that it hides another is said. In prompts and artefacts stand "
        f"{filled}:\nwhat is meant is filled in. `{{spec}}` is `agent-os/specs/<date>-<slug>`; an artefact with"
        " `{plan}` makes its batch stage one that\ndivides: it writes the track list, a file with `tracks` as in a"
        " [plan](plans.md)."
    )


def _items(title: str, items: typing.Mapping[str, str]) -> str:
    rows = [(f"`{name}`", meaning) for name, meaning in items.items()]
    return f"## {title}\n\n" + table(("item", "says"), rows)


def _shipped() -> list[str]:
    parts = ["## What ships"]
    for name, one in sorted(load_workflows(None, None).workflows.items()):
        stages = [
            (str(rule.index), rule.name, work.runs, work.role if work.runs == "agent" else "", rule.artefact)
            for rule, work in zip(one.ladder.stages, one.works, strict=True)
        ]
        batch = ", ".join(rule.name for rule in one.batch_ladder.stages) or "none"
        parts.append(
            f"### `{name}`\n\n{one.ladder.title}. Kind: `{one.ladder.kind}`; batch stages: {batch}; tracks at once:"
            f" {one.concurrency or 'no bound'}.\n\n" + table(("stage", "name", "done by", "role", "artefact"), stages)
        )
    parts.append("Every threshold with its value and meaning: `orch-tui check PLAN --explain`.")
    return parts
