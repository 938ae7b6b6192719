"""Workflow files: read, checked, and made into :class:`orchestrator_tui.core.workflow.Workflow`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestrator_tui.core.clocks import Clocks
from orchestrator_tui.core.live_rules import (
    BaselineRules,
    Between,
    Breaker,
    Freshness,
    GroundingRules,
    Isolation,
    Sureness,
)
from orchestrator_tui.core.model import Risk
from orchestrator_tui.core.rules import AnswerRule, Ladder, StageRule
from orchestrator_tui.core.session import GuardRules, SessionRules
from orchestrator_tui.core.sizing import Sizing
from orchestrator_tui.core.workflow import (
    AGENT,
    DEPLOY,
    PARALLEL,
    Angle,
    Budget,
    Context,
    Convergence,
    Earlier,
    Merging,
    StageWork,
    Stall,
    Workflow,
)
from orchestrator_tui.plan.answer_models import AnswerFile
from orchestrator_tui.plan.fields import Part
from orchestrator_tui.plan.paths import leaves_worktree
from orchestrator_tui.plan.placeholders import misspelt
from orchestrator_tui.plan.problems import Problem, nearest_of, shown
from orchestrator_tui.plan.reading import read_model
from orchestrator_tui.plan.text import Document
from orchestrator_tui.plan.workflow_models import OverridesFile, RulesFile, StageFile, StageRulesFile, WorkflowFile
from orchestrator_tui.plan.workflow_values import fill, fill_document, stated

BATCH_KIND = "batch"
"""Kind of the ladder of a batch itself."""

_RENAMED = {
    "wall": "wall_ms",
    "interval": "interval_ms",
    "reply": "reply_ms",
    "stale": "stale_ms",
    "repeat": "repeat_ms",
    "quick": "quick_ms",
    "keep": "keep_ms",
}
_OF_LADDER = frozenset({"name", "key", "catches", "skip_risk", "risk", "words", "back_to"})
_GROUPS: Mapping[str, type] = {
    "convergence": Convergence,
    "earlier": Earlier,
    "clocks": Clocks,
    "stall": Stall,
    "budget": Budget,
    "context": Context,
    "merging": Merging,
    "breaker": Breaker,
    "sessions": SessionRules,
    "guard": GuardRules,
    "freshness": Freshness,
    "between": Between,
    "baseline": BaselineRules,
    "grounding": GroundingRules,
    "sureness": Sureness,
    "isolation": Isolation,
    "sizing": Sizing,
}
_OF_FILE = frozenset({"workflow", "title", "kind", "stages", "batch_stages", "answers", "values"})


def read_workflow(
    document: Document, file: str, shared: Sequence[AnswerRule] = ()
) -> tuple[Workflow | None, tuple[Problem, ...]]:
    """The workflow in a document, with warnings at most, or None and what is wrong with it.

    ``shared`` answer rules come after its own.
    """
    document, unfilled = fill_document(document, file)
    model, problems = read_model(WorkflowFile, document, file)
    if model is None:
        return None, (*problems, *unfilled)
    found = unfilled + tuple(_stage_problems(model.stages, "stages", document, file))
    found += tuple(_stage_problems(model.batch_stages, "batch_stages", document, file))
    found += tuple(
        _merge_problems(model.stages, [f"stages[{place}]" for place in range(len(model.stages))], document, file)
    )
    found += tuple(_rule_problems(model, document, file))
    if found:
        return None, found
    workflow = Workflow(
        ladder=_ladder(model.workflow, model.title, model.kind, model.stages),
        works=_works(model.stages),
        batch_ladder=_ladder(model.workflow, model.title, BATCH_KIND, model.batch_stages),
        batch_works=_works(model.batch_stages),
        answers=(*(answer_rule(one, model.workflow) for one in model.answers), *shared),
        values=stated(model.values),
    )
    made = replace(workflow, **_batch_values(model, workflow, everything=True))
    return made, misspelt(document.content, "", document, file)


def answer_rule(model: AnswerFile, workflow: str = "") -> AnswerRule:
    """A row of the confidence table; one that a workflow file holds is for that workflow unless it says otherwise."""
    return AnswerRule(
        id=model.id,
        confidence=frozenset("" if one == "none" else one for one in model.confidence)
        or frozenset({"high", "medium", "low", ""}),
        max_risk=Risk[model.max_risk.upper()],
        kinds=frozenset(model.kinds),
        workflows=frozenset(model.workflows or ([workflow] if workflow else [])),
        stages=frozenset(model.stages),
        action=model.action,
        title=model.situation,
        words=tuple(model.words),
        instruction=model.instruction,
        uses=model.uses,
    )


def override(
    workflow: Workflow, rules: OverridesFile, document: Document, file: str
) -> tuple[Workflow, tuple[Problem, ...]]:
    """A workflow with what a plan does otherwise; stages are named by number or name."""
    problems = [*misspelt(document.content.get("rules"), "rules", document, file)]
    known = {one.name: one.value for one in workflow.values}

    def filled(values: dict[str, Any], place: str) -> dict[str, Any]:
        made = fill(values, known, place, document, file)
        problems.extend(made.problems)
        return dict(made.content)

    changed = replace(workflow, **filled(_batch_values(rules, workflow, everything=False), "rules"))
    works = list(changed.works)
    names = [one.name for one in changed.ladder.stages]
    for name, one in rules.stages.items():
        place = f"rules.stages.{name}"
        index = _numbered(name, names)
        if index is None:
            text = f"{workflow.name} has no stage {shown(name)}"
            problems.append(Problem(file, document.line(place), place, text, nearest_of(name, names, 0.4)))
            continue
        works[index - 1] = replace(works[index - 1], **filled(_work_values(one, everything=False), place))
        if one.back_to:
            back = _numbered(one.back_to, names)
            if back is None or back >= index:
                problems.append(_no_earlier(document, file, f"{place}.back_to", one.back_to, names[: index - 1]))
            else:
                works[index - 1] = replace(works[index - 1], back_to=back)
    places = {_numbered(name, names): f"rules.stages.{name}" for name in rules.stages}
    at = [places.get(index, "rules.stages") for index in range(1, len(works) + 1)]
    return replace(changed, works=tuple(works)), (*problems, *_merge_problems(works, at, document, file))


# --- making -----------------------------------------------------------------------------------------------------


def _ladder(workflow: str, title: str, kind: str, stages: Sequence[StageFile]) -> Ladder:
    return Ladder(workflow, title, kind, tuple(_stage_rule(index, one) for index, one in enumerate(stages, start=1)))


def _stage_rule(index: int, stage: StageFile) -> StageRule:
    return StageRule(
        index=index,
        name=stage.name,
        artefact=stage.artefacts[0] if stage.artefacts else "",
        catches=stage.catches,
        skip_risk=stage.skip_risk,
        risk=Risk[stage.risk.upper()],
        words={word: Risk[risk.upper()] for word, risk in stage.words.items()},
    )


def _works(stages: Sequence[StageFile]) -> tuple[StageWork, ...]:
    return tuple(
        replace(StageWork(**_work_values(stage, everything=True)), back_to=_back(stage, stages) or 0)
        for stage in stages
    )


def _work_values(stage: StageRulesFile, *, everything: bool) -> dict[str, Any]:
    values = {name: value for name, value in _values(stage, everything).items() if name not in _OF_LADDER}
    if "angles" in values:
        values["angles"] = tuple(Angle(one.key, one.prompt, one.tier) for one in stage.angles)
    return values


def _batch_values(rules: RulesFile, workflow: Workflow, *, everything: bool) -> dict[str, Any]:
    """The fields of a workflow that a file sets; groups such as ``stall`` keep what the file does not say."""
    values = {name: value for name, value in _values(rules, everything).items() if name not in _OF_FILE}
    if "models" in values:
        values["tiers"] = tuple(values["models"])
    for name in _GROUPS:
        part = getattr(rules, name)
        if name in values:
            values[name] = replace(getattr(workflow, name), **_values(part, everything))
    return values


def _values(part: Part, everything: bool) -> dict[str, Any]:
    names = type(part).model_fields if everything else part.model_fields_set
    return {_RENAMED.get(name, name): _frozen(getattr(part, name)) for name in type(part).model_fields if name in names}


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _frozen(one) for key, one in value.items()}
    return tuple(value) if isinstance(value, list) else value


def _back(stage: StageFile, stages: Sequence[StageFile]) -> int | None:
    """The number of the stage that a rework verdict leads to, None where ``back_to`` names none."""
    return _numbered(stage.back_to, [one.name for one in stages], [one.key for one in stages])


def _numbered(name: str, names: Sequence[str], keys: Sequence[str] = ()) -> int | None:
    if name.isascii() and name.isdigit():
        return int(name) if 1 <= int(name) <= len(names) else None
    for known in (names, keys):
        if name and name in known:
            return list(known).index(name) + 1
    return None


# --- checking ---------------------------------------------------------------------------------------------------


def _stage_problems(stages: Sequence[StageFile], below: str, document: Document, file: str) -> list[Problem]:
    found: list[Problem] = []
    for place, stage in enumerate(stages):
        at = f"{below}[{place}]"
        back = _back(stage, stages)
        if stage.back_to and (back is None or back > place):
            names = [one.name for one in stages[:place]]
            found.append(_no_earlier(document, file, f"{at}.back_to", stage.back_to, names))
        if "rework" in stage.verdicts.values() and not stage.back_to:
            text = "a verdict means rework, and back_to names no stage that it leads to"
            found.append(Problem(file, document.line(f"{at}.verdicts"), f"{at}.verdicts", text))
        if stage.runs == AGENT and not stage.prompt:
            text = "is missing: its agent must be told what to do"
            found.append(Problem(file, document.line(at), f"{at}.prompt", text))
        for number, artefact in enumerate(stage.artefacts):
            if leaves_worktree(artefact):
                line = document.line(f"{at}.artefacts[{number}]")
                found.append(Problem(file, line, f"{at}.artefacts", f"{shown(artefact)} leaves the worktree"))
    return found


def _merge_problems(
    stages: Sequence[StageFile | StageWork], at: Sequence[str], document: Document, file: str
) -> Iterator[Problem]:
    """Stages that would deploy what is not merged yet, or that no track would come to once it is merged.

    ``at`` says where each of them stands.
    """
    merged = False
    for stage, place in zip(stages, at, strict=True):
        text = ""
        if stage.runs == DEPLOY and not stage.after_merge:
            text = "must be true of a stage that deploys: what it deploys has been merged before"
        elif merged and not stage.after_merge:
            text = "must be true, too: a stage before it begins when its track has been merged"
        if text:
            yield Problem(file, document.line(place), f"{place}.after_merge", text)
        merged = merged or stage.after_merge


def _no_earlier(document: Document, file: str, place: str, name: str, earlier: Sequence[str]) -> Problem:
    text = f"{shown(name)} is no earlier stage"
    return Problem(file, document.line(place), place, text, nearest_of(name, earlier, 0.4))


def _rule_problems(model: WorkflowFile, document: Document, file: str) -> list[Problem]:
    found: list[Problem] = []
    tiers = [(f"roles.{role}", tier) for role, tier in model.roles.items()]
    for below, stages in (("stages", model.stages), ("batch_stages", model.batch_stages)):
        for place, stage in enumerate(stages):
            tiers += [(f"{below}[{place}].tier", stage.tier)] if stage.tier else []
            named = enumerate(stage.angles)
            tiers += [(f"{below}[{place}].angles[{number}].tier", one.tier) for number, one in named if one.tier]
    for at, tier in tiers:
        if tier not in model.models:
            text = f"{shown(tier)} is no tier of `models`"
            found.append(Problem(file, document.line(at), at, text, nearest_of(tier, model.models)))
    if model.waves_per_session and model.waves != "barrier":
        text = "needs `waves: barrier`: without it waves have no end"
        found.append(Problem(file, document.line("waves_per_session"), "waves_per_session", text))
    committing = any(stage.commits and stage.runs == AGENT for stage in model.stages)
    if model.sharing == PARALLEL and (model.worktree not in ("batch", "none") or committing):
        text = "parallel is for a tree that tracks share (worktree: batch or none) and in which no stage commits"
        found.append(Problem(file, document.line("sharing"), "sharing", text))
    return [*found, *_sizing_problems(model, document, file)]


def _sizing_problems(model: WorkflowFile, document: Document, file: str) -> Iterator[Problem]:
    """Rows of the table of agents that no session could ever look up."""
    roles = model.sessions.roles
    known = [f"{kind} {level}" for kind in model.sessions.types for level in model.sizing.levels]
    for row, agents in model.sizing.agents.items():
        place = f"sizing.agents.{row}"
        line = document.line(place)
        if row not in known:
            yield Problem(file, line, place, "is no type with a level of `sizing.levels`", nearest_of(row, known))
        elif len(agents) != len(roles):
            yield Problem(file, line, place, f"has {len(agents)} for {len(roles)} roles")
