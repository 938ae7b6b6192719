"""The task files of a run as the users of seed 002 know them: one a pipeline, the coordinator's own, the conflicts.

They are Claude Code's task files, word by word those that its agents write, so that whoever reads such a list, this
program included, finds every pipeline, stage and question again from them alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orchestrator_tui.core.exports.conflict_matrix import conflict_matrix_task
from orchestrator_tui.core.exports.document import JSON, Document
from orchestrator_tui.core.gates import answer_text
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, Gate, GateState, Option, StageStatus, Track
from orchestrator_tui.core.queries import shown_tracks
from orchestrator_tui.core.report.measures import decided_by_rule
from orchestrator_tui.core.report.outcome import ACTIVE, DONE, MERGED, outcome, why_it_ended
from orchestrator_tui.core.report.words import moment
from orchestrator_tui.core.text import sanitise, sanitise_line
from orchestrator_tui.core.tracks_shown import is_run_itself

FOLDER = "tasks"
_QUESTION = 2_000
_THROUGH = frozenset({MERGED, DONE})


def task_files(batch: Batch, now: Instant) -> Sequence[Document]:
    """``tasks/1.json`` the coordinator's, ``tasks/2.json`` the conflict matrix, then one a pipeline, in its order."""
    listed = [one for one in shown_tracks(batch) if not is_run_itself(one)]
    numbers = {one.slug: str(place) for place, one in enumerate(listed, start=3)}
    tasks = [_own(batch), conflict_matrix_task(batch, "2")]
    tasks += [_task(batch, one, number, numbers) for number, one in enumerate(listed, start=1)]
    return tuple(Document(f"{FOLDER}/{one['id']}.json", JSON, one) for one in tasks)


def _own(batch: Batch) -> dict[str, Any]:
    """The coordinator's task: every decision is logged in it, whoever took it."""
    gates = sorted(batch.gates.values(), key=lambda one: (one.asked_at.wall_ms, one.id))
    return {
        "id": "1",
        "subject": "Orchestrator: Monitor all pipelines",
        "description": sanitise_line(batch.title, 200),
        "status": "in_progress" if batch.ended_at is None else "completed",
        "blocks": [],
        "blockedBy": [],
        "metadata": {"decisions": [_decision(one) for one in gates if one.decision is not None]},
    }


def _task(batch: Batch, track: Track, number: int, numbers: dict[str, str]) -> dict[str, Any]:
    become = outcome(batch, track)
    name = next((one.name for one in track.stages if one.index == track.stage), "")
    kind = f" ({track.workflow})" if not track.stage and track.workflow else ""
    stage = f"Stage {track.stage}/{len(track.stages)}{f': {name}' if name else ''}"
    waits = [numbers[slug] for slug in track.depends_on if slug in numbers]
    holds = [numbers[one.slug] for one in batch.tracks.values() if track.slug in one.depends_on and one.slug in numbers]
    return {
        "id": numbers[track.slug],
        "subject": sanitise_line(f"[WF-{number}] {track.slug}{kind} — {stage}", 300),
        "description": sanitise(track.work.planned.brief if track.work is not None else track.title, _QUESTION),
        "status": "completed"
        if become in _THROUGH
        else "in_progress"
        if become == ACTIVE and track.stage
        else "pending",
        "blocks": holds,
        "blockedBy": waits,
        "metadata": _metadata(batch, track, become, name),
    }


def _metadata(batch: Batch, track: Track, become: str, name: str) -> dict[str, Any]:
    """The source's own keys first, then what a coordinator needs to go on from the files alone."""
    gates = sorted(
        (one for one in batch.gates.values() if one.track == track.slug), key=lambda one: one.asked_at.wall_ms
    )
    asked = next((one for one in gates if one.state is GateState.OPEN), None)
    told: dict[str, Any] = {
        "stage": track.stage,
        "stageName": sanitise_line(name, 120),
        "stageStatus": "gate_blocked" if asked is not None else _status(track, become),
        "needsDecision": asked is not None,
        "decisionContext": None if asked is None else sanitise(asked.question.question, _QUESTION),
    }
    if asked is not None:
        told["decisionOptions"] = [_option(one) for one in asked.question.options]
    told["skippedStages"] = list(track.skipped_stages)
    if asked is not None:
        told["blockedSince"] = moment(asked.asked_at)
    told |= {
        "updatedAt": moment(_updated(track)),
        "track": track.slug,
        "workflow": track.workflow,
        "kind": track.kind,
        "stages": len(track.stages),
        "scope": list(track.work.planned.areas) if track.work is not None else [],
        "branch": track.branch,
        "worktree": track.worktree,
        "pr": track.pr,
        "dependsOn": list(track.depends_on),
    }
    if track.work is not None and track.work.deployed:
        told["deployed"] = dict(track.work.deployed)
    if become not in (*_THROUGH, ACTIVE):
        told["problem"] = sanitise_line(why_it_ended(batch, track) or become, 400)
    return {**told, "decisions": [_decision(one) for one in gates if one.decision is not None]}


def _status(track: Track, become: str) -> str:
    if become in _THROUGH:
        return "completed"
    done = (StageStatus.DONE, StageStatus.SKIPPED)
    return (
        "completed" if any(one.index == track.stage and one.status in done for one in track.stages) else "in_progress"
    )


def _option(option: Option) -> str:
    """One choice as agents write it: its key in front, where that is more than its words."""
    return sanitise_line(option.words if option.words == option.key else f"{option.key}: {option.words}", 300)


def _updated(track: Track) -> Instant | None:
    times = [track.added_at, track.reported_at, track.ended_at]
    times += [at for one in track.stages for at in (one.started_at, one.ended_at)]
    return max((one for one in times if one is not None), key=lambda one: one.wall_ms, default=None)


def _decision(gate: Gate) -> dict[str, Any]:
    """Who decided what, how sure its asker was, why, and when."""
    decision = gate.decision
    assert decision is not None
    return {
        "by": "auto" if decided_by_rule(gate) else "user",
        "track": gate.track,
        "question": sanitise_line(gate.question.question, 400),
        "decision": sanitise_line(answer_text(decision.options, decision.text), 400),
        "confidence": gate.question.confidence,
        "rationale": sanitise_line(decision.reason or decision.by, 400),
        "when": moment(decision.at),
    }
