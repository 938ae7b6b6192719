"""The end of a run: final checks, checklist, worktrees, report, and the base branch, which is a person's."""

from __future__ import annotations

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Option, Track, TrackState
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.report.checklists import batch_checklist
from orchestrator_tui.core.schedule import baseline, freshness, rolling_back
from orchestrator_tui.core.schedule.copies import clear_copies
from orchestrator_tui.core.schedule.effects import (
    CHECK,
    DROP,
    INTEGRATION,
    PUBLISH,
    REMOVE,
    REPORT,
    begin,
    failed_gate,
    under_way,
)
from orchestrator_tui.core.schedule.gates import APPROVE, ask, barring, chosen, gate_id, lines, listed
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import batch_workflow, plan_of, run_of, work_of, workflow_of
from orchestrator_tui.core.schedule.trees import leaves_uncommitted, shared_tree

S = TrackState

PUBLISH_GATE = gate_id("publish", BATCH_TRACK)

HARD_STOP = "hard_stop"
"""The ending of a workflow after which nobody is asked: publishing is an act of the person's own."""

INTEGRATING, VERIFYING, AWAITING, COMPLETED, STOPPED = (
    "integrating",
    "verifying",
    "awaiting_user",
    "completed",
    "stopped",
)


def verify(batch: Batch) -> list[Draft]:
    """Final checks on the integrated tree, the batch's checklist, worktrees, report; then what the workflow ends in."""
    run, own = run_of(batch), batch.tracks[BATCH_TRACK]
    if under_way(batch, CHECK, REMOVE, REPORT, INTEGRATION) or barring(batch, own):
        return []
    undoing = rolling_back.due(batch)
    if undoing is not None:
        return undoing
    done = {one.name: one for one in own.checks if one.run == run.integration_sha}
    for check in plan_of(batch).checks:
        if check.name not in done:
            effect = f"c-{BATCH_TRACK}-{run.begun}-{check.name}"
            told = {"name": check.name, "command": check.command, "run": run.integration_sha}
            return begin(batch, CHECK, BATCH_TRACK, effect, **told, wall_ms=check.wall_ms, at=run.integration_path)
    kept = baseline.keep(batch, run.integration_sha)
    if kept is not None:
        return kept
    failed = [f"{one.name}: {one.detail}" for one in done.values() if one.result != "pass"]
    if failed and chosen(batch, integration_gate(batch)) != "accept":
        return _ask_integration(batch, "The integrated tree fails its final checks. What now?", failed)
    return _settle(batch, own)


def integration_gate(batch: Batch) -> str:
    """The name of the gate about the integrated tree as it is now: what was accepted of another tip is asked again."""
    return gate_id("integration", BATCH_TRACK, run_of(batch).integration_sha[:10])


def _ask_integration(batch: Batch, question: str, failed: list[str]) -> list[Draft]:
    return ask(
        batch,
        integration_gate(batch),
        "integration",
        BATCH_TRACK,
        question,
        (
            Option("recheck", "I have put it right on the integration branch: check again", "approve"),
            *rolling_back.options(batch),
            Option("accept", "end as it is; the report says that it is not ready"),
            Option("stop", "stop the batch", "cancel"),
        ),
        context=lines(listed(tuple(failed)), f"Integration worktree: {run_of(batch).integration_path}"),
        recommend="recheck",
        confidence="low",
        risk="failure",
    )


def _settle(batch: Batch, own: Track) -> list[Draft]:
    """Worktrees go where nothing would be lost, the checklist is recorded, the report is written."""
    run = run_of(batch)
    for track in planned_tracks(batch):
        work = work_of(track)
        if work.copies:
            return [] if under_way(batch, DROP) else clear_copies(batch, track)
        if work.ready and not work.kept and not work.removed and not shared_tree(batch, track):
            return clear(batch, track)
    items = batch_checklist(batch)
    if work_of(own).checklist != tuple(items):
        return [Draft("checklist_recorded", {"track": BATCH_TRACK, "items": [list(one) for one in items]})]
    if run.reported != _reported(batch):
        return begin(batch, REPORT, BATCH_TRACK, f"p-{run.begun}", of=_reported(batch))
    failed = [f"{name}: {detail}" for name, result, detail in items if result != "PASS"]
    if failed and "integration" in batch_workflow(batch).gates and chosen(batch, integration_gate(batch)) != "accept":
        return _ask_integration(batch, "The batch does not pass its integration gate. What now?", failed)
    return [Draft("batch_moved", {"to": AWAITING})]


KEEPS = "its workflow keeps worktrees"
"""Why a worktree is kept from which nothing would be lost."""


def clear(batch: Batch, track: Track) -> list[Draft]:
    """Take away the worktree of a track, or give its slot back; where the workflow keeps them, that is the reason."""
    if not workflow_of(batch, track).cleanup:
        return [Draft("worktree_kept", {"track": track.slug, "why": KEEPS})]
    return begin(batch, REMOVE, track.slug, f"r-{track.slug}-{run_of(batch).begun}")


def _reported(batch: Batch) -> str:
    """What a report that is written now would be about."""
    states = ",".join(f"{one.slug}:{one.state}" for one in planned_tracks(batch))
    return f"{run_of(batch).integration_sha}|{states}|{run_of(batch).published}"


def await_user(batch: Batch) -> list[Draft]:
    """The work is integrated; only a person lets it onto the base branch, by a gate or by an act of their own."""
    run, own = run_of(batch), batch.tracks[BATCH_TRACK]
    if under_way(batch, PUBLISH, REPORT):
        return []
    if barring(batch, own):
        return freshness.outdated(batch, PUBLISH_GATE)
    if run.published:
        if run.reported != _reported(batch):
            return begin(batch, REPORT, BATCH_TRACK, f"p-{run.begun}", of=_reported(batch))
        return end(batch, COMPLETED)
    if not batch.merged and is_left_to_person(batch):
        return []
    if not batch.merged:
        return end(batch, COMPLETED if _all_ended_well(batch) else "failed")
    rules = batch_workflow(batch)
    asks = "publish" in rules.gates and rules.ending != HARD_STOP
    first = freshness.before_publish(batch, asks)
    if first is not None:
        return first
    answer = chosen(batch, PUBLISH_GATE) if _is_of_this_tip(batch) else ""
    if answer == APPROVE:
        told = {"sha": run.integration_sha, "base": freshness.seen_base(batch)}
        return begin(batch, PUBLISH, BATCH_TRACK, f"o-{run.begun}", **told)
    if answer == "leave" or freshness.leaves(batch):
        return end(batch, COMPLETED)
    return ask_publish(batch) if asks else []


def is_left_to_person(batch: Batch) -> bool:
    """Whether work lies uncommitted where it was done, and its workflow ends without a question (seed 001)."""
    if batch_workflow(batch).ending != HARD_STOP:
        return False
    return any(one.state is S.DONE and leaves_uncommitted(batch, one) for one in planned_tracks(batch))


def _is_of_this_tip(batch: Batch) -> bool:
    """Whether the publish gate was answered about what would be published now, onto the base as it is now."""
    gate = batch.gates.get(PUBLISH_GATE)
    subject = None if gate is None else gate.question.subject
    bound = (run_of(batch).integration_sha, freshness.seen_base(batch))
    return isinstance(subject, dict) and (subject.get("head"), subject.get("base")) == bound


def ask_publish(batch: Batch) -> list[Draft]:
    """The gate in front of the base branch, bound to what would go there."""
    plan, run = plan_of(batch), run_of(batch)
    items = [
        f"{name}: {result} {detail}".rstrip() for name, result, detail in work_of(batch.tracks[BATCH_TRACK]).checklist
    ]
    return ask(
        batch,
        PUBLISH_GATE,
        "publish",
        BATCH_TRACK,
        f"Bring {len(batch.merged)} merged tracks from {plan.integration} onto {plan.base}?",
        (
            Option(APPROVE, f"merge into {plan.base}", "publish"),
            Option("leave", f"leave them on {plan.integration}, I take it from there"),
        ),
        context=lines(f"Merged, in order: {', '.join(batch.merged)}", freshness.words(batch), *items),
        recommend=None,
        confidence="low",
        subject={"head": run.integration_sha, "base": freshness.seen_base(batch), "onto": plan.base},
    )


def _all_ended_well(batch: Batch) -> bool:
    return all(one.state in (S.DONE, S.MERGED, S.SKIPPED) for one in planned_tracks(batch))


def stop(batch: Batch) -> list[Draft]:
    """A stopped batch ends when its agents have ended; its report says what was done until then."""
    run = run_of(batch)
    drafts: list[Draft] = []
    for track in batch.tracks.values():
        for one in track.attempts:
            if one.ended_at is None and not one.stopping:
                told = {"track": track.slug, "attempt": one.id, "why": "batch stopped"}
                drafts.append(Draft("attempt_stopping", told))
    for gate in batch.gates.values():
        if gate.state.value == "open":
            drafts.append(
                Draft(
                    "gate_cancelled",
                    {"gate": gate.id, "revision": gate.revision, "why": "batch stopped", "by": "orch-tui"},
                )
            )
    for effect in run.effects.values():
        if gate_id("unknown_effect", effect.track, effect.id) in batch.gates:
            told = {"effect": effect.id, "outcome": "unknown", "detail": "batch stopped"}
            drafts.append(Draft("effect_ended", told))
    if drafts or run.effects:
        return drafts
    if run.reported != _reported(batch) and failed_gate(BATCH_TRACK, REPORT) not in batch.gates:
        return begin(batch, REPORT, BATCH_TRACK, f"p-{run.begun}", of=_reported(batch))
    return end(batch, STOPPED)


def end(batch: Batch, outcome: str) -> list[Draft]:
    """The last event of a run."""
    return [] if batch.ended_at is not None else [Draft("batch_ended", {"outcome": outcome})]
