"""What the events of runs make of their batch and its tracks: the part of the fold that only runs need."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from orchestrator_tui.core.changing import changed
from orchestrator_tui.core.codec import from_data
from orchestrator_tui.core.event import Event
from orchestrator_tui.core.evolve_live import LIVE_HANDLERS, LIVE_TRACK_HANDLERS
from orchestrator_tui.core.evolve_merging import MERGE_TRACK_HANDLERS
from orchestrator_tui.core.frozen import replace
from orchestrator_tui.core.model import Stage, StageStatus, Track
from orchestrator_tui.core.plan import Plan, PlannedTrack
from orchestrator_tui.core.run import Checkpoint, Effect, Inspection, Run, StageRun, Work
from orchestrator_tui.core.workflow import Workflow

if TYPE_CHECKING:
    from orchestrator_tui.core.evolve import BatchFold, Changes

# --- the batch -----------------------------------------------------------------------------------------------


def _run(batch: BatchFold) -> Run:
    run = batch.run
    if run is None:
        raise ValueError("the batch has no plan")
    return run


def _plan_recorded(batch: BatchFold, event: Event) -> Changes:
    plan = from_data(Plan, event.payload["plan"])
    before = batch.run
    return {"run": Run(plan, phase_at=event.at) if before is None else replace(before, plan=plan)}


def _plan_checked(batch: BatchFold, event: Event) -> Changes:
    return {"run": replace(_run(batch), checked=event.payload["checked"])}


def _workflow_recorded(batch: BatchFold, event: Event) -> Changes:
    run = _run(batch)
    rules = from_data(Workflow, event.payload["rules"])
    return {"run": replace(run, workflows={**run.workflows, event.payload["workflow"]: rules})}


def _batch_moved(batch: BatchFold, event: Event) -> Changes:
    phase, run = event.payload["to"], _run(batch)
    session = run.session + (run.phase == "handed_over" and phase == "running")
    return {"run": replace(run, phase=phase, phase_at=event.at, session=session), "state": phase}


def _checkpoint_recorded(batch: BatchFold, event: Event) -> Changes:
    run, data = _run(batch), event.payload
    made = Checkpoint(
        wave=data["wave"],
        type=data["type"],
        at=event.at,
        session=run.session,
        tracks=tuple(data["tracks"]),
        completed=tuple(data.get("completed", ())),
        about=data.get("about", ""),
    )
    return {"run": replace(run, checkpoints=(*run.checkpoints, made))}


def _batch_paused(batch: BatchFold, event: Event) -> Changes:
    return {"run": replace(_run(batch), pausing=event.payload["how"])}


def _batch_resumed(batch: BatchFold, event: Event) -> Changes:
    return {"run": replace(_run(batch), pausing="")}


def _concurrency_set(batch: BatchFold, event: Event) -> Changes:
    return {"run": replace(_run(batch), agents=event.payload["agents"])}


def _models_chosen(batch: BatchFold, event: Event) -> Changes:
    models, sources = event.payload["models"], event.payload.get("sources", {})
    return {"run": replace(_run(batch), models=dict(models), model_sources=dict(sources))}


def _effect_begun(batch: BatchFold, event: Event) -> Changes:
    run, data = _run(batch), event.payload
    effect = Effect(data["effect"], data["kind"], data["track"], dict(data.get("arguments", {})), event.at)
    return {"run": replace(run, effects={**run.effects, effect.id: effect}, begun=run.begun + 1)}


def _effect_ended(batch: BatchFold, event: Event) -> Changes:
    run = _run(batch)
    left = {key: one for key, one in run.effects.items() if key != event.payload["effect"]}
    return {"run": replace(run, effects=left)}


def _integration_ready(batch: BatchFold, event: Event) -> Changes:
    """The worktree of the batch's own track is the integration worktree."""
    data, run = event.payload, _run(batch)
    if data["track"] != "batch":
        return {}
    return {"run": replace(run, integration_path=data["path"], integration_sha=data["base_sha"])}


def _integration_inspected(batch: BatchFold, event: Event) -> Changes:
    """What a stage of the batch commits is on the integration branch."""
    data = event.payload
    return {"run": replace(_run(batch), integration_sha=data["head"])} if data["track"] == "batch" else {}


def _merge_recorded(batch: BatchFold, event: Event) -> Changes:
    run, data = _run(batch), event.payload
    tip = data.get("to_sha") or run.integration_sha
    tips = (*run.tips, (data["track"], run.integration_sha)) if data["result"] == "merged" else run.tips
    changes: dict[str, Any] = {"run": replace(run, integration_sha=tip, tips=tips)}
    if data["result"] == "merged":
        changes["merged"] = batch.merged(data["track"])
    elif data["result"] == "undone":
        changes["merged"] = tuple(one for one in batch.merged(data["track"]) if one != data["track"])
    return changes


def _published(batch: BatchFold, event: Event) -> Changes:
    return {"run": replace(_run(batch), published=event.payload["result"])}


def _report_written(batch: BatchFold, event: Event) -> Changes:
    data = event.payload
    return {"run": replace(_run(batch), report=data["path"], reported=data.get("of", ""))}


RUN_HANDLERS: dict[str, Callable[[BatchFold, Event], Changes]] = {
    "plan_recorded": _plan_recorded,
    "tracks_dropped": lambda batch, event: batch.without(event.payload["tracks"]),
    "earlier_work_seen": lambda batch, event: {"run": replace(_run(batch), earlier=tuple(event.payload["signs"]))},
    "plan_checked": _plan_checked,
    "workflow_recorded": _workflow_recorded,
    "batch_moved": _batch_moved,
    "checkpoint_recorded": _checkpoint_recorded,
    "batch_paused": _batch_paused,
    "batch_resumed": _batch_resumed,
    "concurrency_set": _concurrency_set,
    "models_chosen": _models_chosen,
    "effect_begun": _effect_begun,
    "effect_ended": _effect_ended,
    "worktree_ready": _integration_ready,
    "work_inspected": _integration_inspected,
    "merge_recorded": _merge_recorded,
    "published": _published,
    "report_written": _report_written,
    **LIVE_HANDLERS,
}
"""What each kind changes of its batch."""


# --- tracks ------------------------------------------------------------------------------------------------


def _work(track: Track) -> Work:
    if track.work is None:
        raise ValueError(f"{track.slug} was not planned")
    return track.work


def _with(track: Track, **changes: Any) -> Track:
    return changed(track, work=replace(_work(track), **changes))


def _with_run(track: Track, **changes: Any) -> Track:
    run = _work(track).run
    if run is None:
        raise ValueError(f"{track.slug} has entered no stage")
    return _with(track, run=replace(run, **changes))


def _planned(track: Track, event: Event) -> Track:
    planned = from_data(PlannedTrack, event.payload["planned"])
    work = Work(planned) if track.work is None else replace(track.work, planned=planned)
    return changed(track, work=work, depends_on=planned.depends_on)


def _worktree_ready(track: Track, event: Event) -> Track:
    data = event.payload
    made = {"base_sha": data["base_sha"], "head_sha": data["base_sha"], "ready_at": event.at}
    work = replace(_work(track), **made, ready=True, removed=False, kept="")
    return changed(track, worktree=data["path"], branch=data["branch"], work=work)


def _copy_ready(track: Track, event: Event) -> Track:
    data, work = event.payload, _work(track)
    run = None if work.run is None else replace(work.run, copy=data["path"], copy_name=data["name"])
    others = tuple(one for one in work.copies if one != data["path"])
    return _with(track, run=run, copies=(*others, data["path"]))


def _copy_dropped(track: Track, event: Event) -> Track:
    return _with(track, copies=tuple(one for one in _work(track).copies if one != event.payload["path"]))


def _worktree_kept(track: Track, event: Event) -> Track:
    return _with(track, kept=event.payload["why"])


def _worktree_removed(track: Track, event: Event) -> Track:
    return _with(track, kept="", removed=True, ready=False)


def _paused(track: Track, event: Event) -> Track:
    data = event.payload
    return _with(
        track, paused=data["why"], paused_until=data.get("until", ""), resumes_wall_ms=data.get("resumes_wall_ms")
    )


def _resumed(track: Track, event: Event) -> Track:
    return _with(track, paused="", paused_until="", resumes_wall_ms=None)


def _entered(track: Track, event: Event) -> Track:
    data, work = event.payload, _work(track)
    index = data["stage"]
    entry = work.entries.get(index, 0) + 1
    returns = dict(work.returns)
    if data.get("from_stage"):
        returns[data["from_stage"]] = returns.get(data["from_stage"], 0) + 1
    problems = tuple(data.get("problems", ()))
    before = () if work.inspection is None else work.inspection.files
    run = StageRun(index, entry, problems=problems, why=data.get("why", ""), head=work.head_sha, before=before)
    run = replace(run, covers=tuple(str(one) for one in data.get("covers", ())))
    work = replace(work, run=run, entries={**work.entries, index: entry}, returns=returns)
    work = replace(work, covered=(*work.covered, *run.covers)) if run.covers else work
    if index == 0:
        # A conflict is resolved beside the ladder: the stages stay as they are.
        return changed(track, work=work)
    stages = tuple(_restarted(one, index, event) for one in track.stages)
    return changed(track, work=work, stage=index, stages=stages)


def _restarted(stage: Stage, entered: int, event: Event) -> Stage:
    """A stage when the one of this number is entered: it runs, and what comes after it is still to come."""
    if stage.index == entered:
        return replace(stage, status=StageStatus.RUNNING, started_at=event.at, ended_at=None)
    if stage.index > entered and stage.status is not StageStatus.SKIPPED:
        return replace(stage, status=StageStatus.PENDING, started_at=None, ended_at=None)
    return stage


def _granted(track: Track, event: Event) -> Track:
    run, data = _work(track).run, event.payload
    if run is None:
        raise ValueError(f"{track.slug} has entered no stage")
    changes: dict[str, Any] = {"granted": run.granted + data["tries"], "instruction": data.get("instruction", "")}
    if run.judged in ("asked", "grown"):
        # The question is answered: what was in its way is what the next try is told.
        changes["judged"] = "rejected"
    if not data["tries"]:
        # What a person has put right is looked at again, without another try.
        changes.update(looks=run.looks + 1, claim="done", inspection=None, checks={}, judged="")
    now = _with_run(track, **changes)
    if not data.get("taken"):
        return now
    # The commit is told by whoever looks.
    return _with(now, taken={**_work(track).taken, **dict.fromkeys(data["taken"], ("", data["by"]))})


def _judged(track: Track, event: Event) -> Track:
    data = event.payload
    return _with_run(track, judged=data["verdict"], problems=tuple(data.get("problems", ())))


def _inspected(track: Track, event: Event) -> Track:
    data, work = event.payload, _work(track)
    inspection = Inspection(
        id=data["inspection"],
        head=data["head"],
        at=event.at,
        files=tuple(data.get("files", ())),
        outside=tuple(data.get("outside", ())),
        missing=tuple(data.get("missing", ())),
        uncommitted=tuple(data.get("uncommitted", ())),
        tests=tuple(data.get("tests", ())),
        marked=tuple(data.get("marked", ())),
        added=data.get("added", 0),
        removed=data.get("removed", 0),
        commits=data.get("commits", 0),
    )
    run = None if work.run is None else replace(work.run, inspection=inspection)
    taken = {file: (commit or data["head"], by) for file, (commit, by) in work.taken.items()}
    return _with(track, head_sha=data["head"], inspection=inspection, run=run, taken=taken)


def _artefact_read(track: Track, event: Event) -> Track:
    data = event.payload
    return _with(track, texts={**_work(track).texts, data["path"]: data["text"]})


def _rescued(track: Track, event: Event) -> Track:
    data = event.payload
    told = (data["trigger"], data["action"], data.get("rationale", ""), data["outcome"], str(data.get("number", 1)))
    return _with(track, rescues=(*_work(track).rescues, told))


def _checklist(track: Track, event: Event) -> Track:
    items = tuple((str(one[0]), str(one[1]), str(one[2])) for one in event.payload["items"])
    return _with(track, checklist=items)


def _checkpoint(track: Track, event: Event) -> Track:
    return _with(track, checkpoint=event.payload.get("problem") or "written")


def _deployed(track: Track, event: Event) -> Track:
    data, work = event.payload, _work(track)
    others = tuple(one for one in work.deployed if one[0] != data["environment"])
    return _with(track, deployed=(*others, (data["environment"], data["result"])))


def _stopping(track: Track, event: Event) -> Track:
    data = event.payload
    attempts = tuple(replace(one, stopping=data["why"]) if one.id == data["attempt"] else one for one in track.attempts)
    return changed(track, attempts=attempts)


RUN_TRACK_HANDLERS: dict[str, Callable[[Track, Event], Track]] = {
    "track_planned": _planned,
    "worktree_ready": _worktree_ready,
    "copy_ready": _copy_ready,
    "copy_dropped": _copy_dropped,
    "worktree_kept": _worktree_kept,
    "worktree_removed": _worktree_removed,
    "track_paused": _paused,
    "track_resumed": _resumed,
    "stage_entered": _entered,
    "stage_granted": _granted,
    "stage_judged": _judged,
    "work_inspected": _inspected,
    "artefact_read": _artefact_read,
    "rescue_recorded": _rescued,
    "checklist_recorded": _checklist,
    "checkpoint_written": _checkpoint,
    "deploy_recorded": _deployed,
    "attempt_stopping": _stopping,
    **LIVE_TRACK_HANDLERS,
    **MERGE_TRACK_HANDLERS,
}
"""What each kind makes of the track that it names."""


# --- kinds that every track knows --------------------------------------------------------------------------


def worked(track: Track, event: Event) -> Track:
    """What an event that every track knows tells of a run's work."""
    work, data = _work(track), event.payload
    run = work.run
    if event.kind == "track_moved":
        return _with(track, why=data.get("why", ""))
    if run is None:
        return track
    if event.kind == "attempt_started" and data.get("stage") == run.stage:
        part = data.get("part", "")
        fresh = replace(
            run,
            tries=max(run.tries, data["number"]) if part else run.tries + 1,
            parts={**run.parts, part: ""} if part else run.parts,
            attempt=data["attempt"],
            claim="",
            verdict="",
            inspection=None,
            checks={},
            judged="",
        )
        return _with(track, run=fresh)
    if event.kind == "attempt_ended" and run.angle(data["attempt"]):
        return _with(track, run=run.angle_ended(data["attempt"], data["outcome"]))
    if event.kind == "attempt_ended" and data["attempt"] == run.attempt:
        return _with(track, run=replace(run, claim=data["outcome"], verdict=data.get("verdict", "")))
    if event.kind == "check_recorded" and data.get("run"):
        return _with(track, run=replace(run, checks={**run.checks, data["name"]: data["result"]}))
    return track
