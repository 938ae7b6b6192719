"""``orch-agent report`` and ``orch-agent done``: where the agent is, written into its task file (DESIGN §4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from orchestrator_tui.agent.stop import BAD_USAGE, DONE, REFUSED, Stop
from orchestrator_tui.agent.task import Edit, understood
from orchestrator_tui.core.subject import SubjectFacts, parse_subject

if TYPE_CHECKING:
    from orchestrator_tui.agent.arguments import Values
    from orchestrator_tui.agent.call import Call

_KEPT_AS_GIVEN = ("progress", "branch", "worktree", "pr", "workflow")


def report(values: Values, call: Call) -> int:
    """Write where the agent is.

    Raises:
        Stop: the stage is none of the workflow's, or a question of the agent bars another stage.
    """
    if not set(values) - {"track"}:
        raise Stop(BAD_USAGE, "report: nothing to report; give at least --stage N or --progress TEXT")
    _check_stage(values, call)
    call.start()
    stage = values.get("stage", call.task.understood().stage)
    leaves = _leave_stage(call, stage)
    call.task.change(lambda task: _reported(task, values, call, keeps_question=not leaves))
    if leaves and call.standing is not None:
        from orchestrator_tui.agent.questions import went_on

        went_on(call, call.standing, f"its agent went on to stage {stage}")
    call.wrote()
    if {"stage", "status"} & set(values):
        call.tell_stage()
    return DONE


def done(values: Values, call: Call) -> int:
    """Complete the task.

    Raises:
        Stop: a question of the agent is open.
    """
    call.start()
    standing = call.standing
    if standing is not None and standing.bars:
        raise Stop(REFUSED, f"gate {standing.gate_id} is open; the task is completed after its decision")

    def completed(task: Mapping[str, Any]) -> Edit:
        metadata = task.get("metadata")
        if standing is None and isinstance(metadata, Mapping) and metadata.get("needsDecision"):
            raise Stop(REFUSED, "a question of yours was asked just now; the task is completed after its decision")
        patch = call.housekeeping(task)
        patch.update(track=call.identity.track, needsDecision=False, stageStatus="completed")
        if "outcome" in values:
            patch.update(outcome=values["outcome"], progress=values["outcome"])
        return Edit(patch, {"status": "completed"})

    call.task.change(completed)
    if standing is not None and not standing.over:
        from orchestrator_tui.agent.questions import went_on

        went_on(call, standing, "its agent completed its task")
    call.wrote()
    return DONE


def _check_stage(values: Values, call: Call) -> None:
    if "stage" not in values:
        return
    workflow = values.get("workflow") or call.task.understood().workflow
    names = call.stage_names(workflow)
    if names and values["stage"] > len(names):
        raise Stop(BAD_USAGE, f"report: {workflow} has {len(names)} stages; there is no stage {values['stage']}")


def _leave_stage(call: Call, stage: int | None) -> bool:
    """Whether the report leaves the stage of the agent's own question behind; refused while that bars it."""
    standing = call.standing
    if standing is None or standing.over or stage == standing.stage:
        return False
    if standing.bars:
        raise Stop(
            REFUSED,
            f"gate {standing.gate_id} is open: stage {stage} waits for its decision;"
            f" orch-agent ask --gate {standing.gate_id} --wait SECONDS brings it",
        )
    return True


def _reported(task: Mapping[str, Any], values: Values, call: Call, *, keeps_question: bool) -> Edit:
    metadata = task.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    before = understood(task.get("subject"), metadata)
    patch: dict[str, Any] = {"track": call.identity.track, **call.housekeeping(task)}
    patch.update({key: values[key] for key in _KEPT_AS_GIVEN if key in values})
    # A question that another call of the agent asks at this very moment stands, too.
    asks = bool(metadata.get("needsDecision")) and keeps_question and "needsDecision" not in patch
    if not asks:
        patch["needsDecision"] = False
    stage = values.get("stage")
    if stage is not None:
        patch["stage"] = stage
    if "name" in values:
        patch["stageName"] = values["name"]
    elif stage is not None and stage != before.stage:
        patch["stageName"] = _name_of(call.stage_names(values.get("workflow") or before.workflow), stage)
    if "status" in values:
        patch["stageStatus"] = values["status"]
    elif not asks:
        patch["stageStatus"] = "in_progress"
    return Edit(patch, {"status": "in_progress", **_subject(task, {**metadata, **patch}, values, call)})


def _name_of(names: tuple[str, ...], stage: int) -> str | None:
    return names[stage - 1] if 1 <= stage <= len(names) else None


def _subject(task: Mapping[str, Any], metadata: Mapping[str, Any], values: Values, call: Call) -> dict[str, str]:
    """The subject with the stage in it, where it is of the form that holds one; else the title, where one is given."""
    subject = task.get("subject")
    facts = parse_subject(subject) if isinstance(subject, str) else None
    if facts is None:
        return {"subject": values["title"]} if "title" in values else {}
    workflow = values.get("workflow") or facts.pipeline
    stage = metadata.get("stage")
    stages = len(call.stage_names(workflow)) or facts.stages
    if not isinstance(stage, int) or not stages:
        return {}
    return {"subject": _staged(facts, workflow, stage, stages, metadata.get("stageName"))}


def _staged(facts: SubjectFacts, workflow: str, stage: int, stages: int, name: Any) -> str:
    pipeline = f" ({workflow})" if workflow else ""
    named = f": {' '.join(name.split())}" if isinstance(name, str) and name.strip() else ""
    return f"[WF-{facts.number}] {facts.slug}{pipeline} — Stage {stage}/{stages}{named}"
