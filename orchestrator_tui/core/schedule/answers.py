"""What the answer to a gate of the engine leads to: one entry a kind and option."""

from __future__ import annotations

from collections.abc import Callable

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Gate, Track, TrackState
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.schedule import deploying, merging, watching
from orchestrator_tui.core.schedule.effects import BRING, begin
from orchestrator_tui.core.schedule.gates import SOURCE
from orchestrator_tui.core.schedule.judging import ACCEPTED, open_blockers
from orchestrator_tui.core.schedule.rules import RESOLVING, run_of, stage_work, work_of
from orchestrator_tui.core.schedule.stages import enter, moved

S = TrackState
Made = tuple[list[Draft], str]
"""What is recorded, and in words what was done."""


def answers_here(gate: Gate) -> bool:
    """Whether the answer to this gate is carried out by the run that asked it."""
    return gate.source == SOURCE


def carry_out(batch: Batch, gate: Gate) -> Made:
    """What the decision of a gate leads to.

    Raises:
        LookupError: nothing is known that this option of this kind of gate could lead to.
    """
    assert gate.decision is not None
    option = gate.decision.options[0] if gate.decision.options else "retry"
    answer = _ANSWERS.get((gate.question.kind, option)) or _ANSWERS[("", option)]
    return answer(batch, batch.tracks[gate.track], gate)


def _told(gate: Gate) -> str:
    """What the person wrote beside the option: the instruction for the next try."""
    assert gate.decision is not None
    return gate.decision.text or gate.decision.reason


def _by(gate: Gate) -> str:
    assert gate.decision is not None
    return gate.decision.by


def _nothing(words: str) -> Callable[[Batch, Track, Gate], Made]:
    return lambda batch, track, gate: ([], words)


def _stop_batch(batch: Batch, track: Track, gate: Gate) -> Made:
    return [
        Draft("batch_moved", {"to": "stopped", "why": _told(gate) or "stopped by answer", "by": _by(gate)})
    ], "stopped"


def _abandon(batch: Batch, track: Track, gate: Gate) -> Made:
    if track.slug == BATCH_TRACK:
        return _stop_batch(batch, track, gate)
    return [*give_up(track, _told(gate) or "given up")], "given up"


def give_up(track: Track, why: str) -> list[Draft]:
    """Abandon a track: its agent is ended, its worktree kept."""
    drafts = moved(track, S.ABANDONED, why)
    attempt = watching.running_attempt(track)
    if attempt is not None:
        drafts.append(Draft("attempt_stopping", {"track": track.slug, "attempt": attempt.id, "why": why}))
    return drafts


def at_work_again(track: Track) -> list[Draft]:
    """Back among the tracks at work, from wherever it waited."""
    return moved(track, S.REVISING) if track.state is not S.REVISING else []


def _retry(batch: Batch, track: Track, gate: Gate) -> Made:
    return [*grant(track, 1, _by(gate), _told(gate)), *at_work_again(track)], "one more try"


def grant(track: Track, tries: int, by: str, instruction: str) -> list[Draft]:
    """Allow more tries of the stage at hand; none means: look again at what a person has put right."""
    run = work_of(track).run
    stage = track.stage if run is None else run.stage
    payload = {"track": track.slug, "stage": stage, "tries": tries, "by": by, "instruction": instruction}
    return [Draft("stage_granted", payload)]


def _fixed(batch: Batch, track: Track, gate: Gate) -> Made:
    return [*grant(track, 0, _by(gate), ""), *at_work_again(track)], "its worktree is looked at again"


def _skip(batch: Batch, track: Track, gate: Gate) -> Made:
    stage = gate.question.stage or track.stage
    skipped = {"track": track.slug, "stages": [stage], "by": _by(gate), "reason": _told(gate)}
    return [Draft("stages_skipped", skipped), *at_work_again(track)], f"stage {stage} is skipped"


def _again(batch: Batch, track: Track, gate: Gate) -> Made:
    """One more round of rework than the workflow allows."""
    run = work_of(track).run
    assert run is not None
    back = stage_work(batch, track, run.stage).back_to
    if not back:
        return _retry(batch, track, gate)
    entered = enter(track, back, _told(gate) or "; ".join(run.problems), run.stage, run.problems)
    return [*entered, *grant_at(track, back, _by(gate), _told(gate)), *at_work_again(track)], "one more round"


def grant_at(track: Track, stage: int, by: str, instruction: str) -> list[Draft]:
    """An instruction for the stage that was just entered."""
    if not instruction:
        return []
    payload = {"track": track.slug, "stage": stage, "tries": 1, "by": by, "instruction": instruction}
    return [Draft("stage_granted", payload)]


def _accept(batch: Batch, track: Track, gate: Gate) -> Made:
    run = work_of(track).run
    assert run is not None
    closed = [
        Draft("finding_closed", {"track": track.slug, "finding": one.id, "state": "accepted", "why": f"by {_by(gate)}"})
        for one in open_blockers(track)
    ]
    done = {"track": track.slug, "stage": run.stage}
    judged = Draft("stage_judged", {**done, "verdict": ACCEPTED, "attempt": run.attempt})
    return [
        *closed,
        judged,
        Draft("stage_changed", {**done, "status": "done"}),
        *at_work_again(track),
    ], "accepted as it is"


def _revise(batch: Batch, track: Track, gate: Gate) -> Made:
    """Back to the last agent that wrote, from where the ladder is at its end or the merge was undone."""
    stage = merging.last_writing(batch, track)
    if not stage:
        return _fixed(batch, track, gate)
    problems = tuple(line for line in gate.question.context.splitlines() if line.startswith("- "))
    entered = enter(track, stage, _told(gate) or gate.question.question, problems=problems)
    return [*moved(track, S.REVISING), *entered, *grant_at(track, stage, _by(gate), _told(gate))], "back to its agent"


# --- conflicts ------------------------------------------------------------------------------------------------


def _resolved(batch: Batch, track: Track, gate: Gate) -> Made:
    entered = enter(track, RESOLVING, f"resolved by {_by(gate)}")
    return [*moved(track, S.RUNNING), *entered, *merging.look_again(track, RESOLVING, _by(gate))], "looked at again"


def _resolve(batch: Batch, track: Track, gate: Gate) -> Made:
    entered = enter(track, RESOLVING, f"conflict in {', '.join(work_of(track).conflicts)}")
    told = grant_at(track, RESOLVING, _by(gate), _told(gate))
    return [*moved(track, S.RUNNING), *entered, *told], "an agent tries again"


def _take(side: str) -> Callable[[Batch, Track, Gate], Made]:
    def taken(batch: Batch, track: Track, gate: Gate) -> Made:
        run = run_of(batch)
        arguments = {"tip": run.integration_sha, "take": side}
        effect = begin(batch, BRING, track.slug, f"b-{track.slug}-{run.begun}", **arguments)
        return [*effect, *moved(track, S.MERGING)], f"{side} is taken"

    return taken


def _merge_again(batch: Batch, track: Track, gate: Gate) -> Made:
    return moved(track, S.APPROVED), "it is merged again when it is its turn"


# --- the batch ------------------------------------------------------------------------------------------------


def _recheck(batch: Batch, track: Track, gate: Gate) -> Made:
    """Checks of a tip that a person has changed count anew: their results so far are of another look."""
    forgotten = [
        Draft("check_recorded", {"track": track.slug, "name": one.name, "result": "not_run", "detail": "checked again"})
        for one in track.checks
        if one.result != "pass"
    ]
    return forgotten, "checked again"


def _go_on(batch: Batch, track: Track, gate: Gate) -> Made:
    return [Draft("batch_resumed", {"by": _by(gate)})], "goes on"


def _rescue(batch: Batch, track: Track, gate: Gate) -> Made:
    attempt = watching.running_attempt(track)
    return watching.rescue(track, attempt, "a person asked for it", _by(gate)), "a fresh agent takes over"


def _deployed(result: str, words: str) -> Callable[[Batch, Track, Gate], Made]:
    def recorded(batch: Batch, track: Track, gate: Gate) -> Made:
        environment = str((gate.question.subject or {}).get("environment", ""))
        told = {"track": track.slug, "environment": environment, "result": result, "detail": f"by {_by(gate)}"}
        return [Draft("deploy_recorded", told)], words

    return recorded


def _effect_done(batch: Batch, track: Track, gate: Gate) -> Made:
    effect = str((gate.question.subject or {}).get("effect", ""))
    environment = str((gate.question.subject or {}).get("environment", ""))
    drafts = [Draft("effect_ended", {"effect": effect, "outcome": "done", "detail": f"{_by(gate)} says so"})]
    if environment:
        told = {"track": track.slug, "environment": environment, "result": deploying.DEPLOYED}
        drafts.append(Draft("deploy_recorded", told))
    else:
        drafts.append(Draft("check_recorded", {"track": track.slug, "name": "setup", "result": "pass"}))
    return drafts, "counted as done"


def _effect_again(batch: Batch, track: Track, gate: Gate) -> Made:
    effect = str((gate.question.subject or {}).get("effect", ""))
    return [Draft("effect_ended", {"effect": effect, "outcome": "unknown", "detail": "done again"})], "done again"


_ANSWERS: dict[tuple[str, str], Callable[[Batch, Track, Gate], Made]] = {
    ("", "approve"): _nothing("approved"),
    ("", "abandon"): _abandon,
    ("", "skip"): _skip,
    ("", "retry"): _retry,
    ("", "fixed"): _fixed,
    ("", "stop"): _stop_batch,
    ("", "keep"): _nothing("the stage is kept"),
    ("", "wait"): _nothing("left alone"),
    ("", "leave"): _nothing("left as it is"),
    ("", "decline"): _deployed(deploying.DECLINED, "declined"),
    ("spend", "reject"): _stop_batch,
    ("review", "again"): _again,
    ("review", "accept"): _accept,
    ("track", "revise"): _revise,
    ("checks", "again"): _merge_again,
    ("checks", "revise"): _revise,
    ("conflict", "resolved"): _resolved,
    ("conflict", "resolve"): _resolve,
    ("conflict", "ours"): _take("ours"),
    ("conflict", "theirs"): _take("theirs"),
    ("integration", "recheck"): _recheck,
    ("integration", "accept"): _nothing("accepted as it is"),
    ("escalation", "go_on"): _go_on,
    ("escalation", "rescue"): _rescue,
    ("deploy_failure", "again"): _deployed(deploying.AGAIN, "deployed again"),
    ("deploy_failure", "leave"): _deployed(deploying.LEFT, "left as it is"),
    ("worktree", "adopt"): _nothing("what is there is taken over"),
    ("", "again"): _nothing("tried again"),
    ("tampered", "go_on"): _nothing("goes on"),
    ("unknown_effect", "done"): _effect_done,
    ("unknown_effect", "again"): _effect_again,
}
"""By kind of gate and option; an option without a kind means the same wherever it is offered."""
