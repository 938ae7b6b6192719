"""What a person's word makes of a track, whether it came as an answer or as a command."""

from __future__ import annotations

from collections.abc import Callable

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Gate, GateState, Track, TrackState
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.schedule import merging
from orchestrator_tui.core.schedule.effects import INTEGRATION, MERGE, UNDO, begin, under_way
from orchestrator_tui.core.schedule.judging import ACCEPTED, ASKED, REWORK
from orchestrator_tui.core.schedule.rules import RESOLVING, run_of, stage_run, stage_work, work_of
from orchestrator_tui.core.schedule.stages import enter, moved
from orchestrator_tui.core.schedule.watching import running_attempt
from orchestrator_tui.core.workflow import AGENT

S = TrackState

_WAITS = frozenset({S.ESCALATED, S.BLOCKED, S.FAILED, S.STALLED})


def give_up(batch: Batch, track: Track, why: str) -> list[Draft]:
    """Abandon a track: its agent is ended, its questions are taken down, its worktree is kept."""
    drafts = moved(track, S.ABANDONED, why)
    if not drafts:
        return []
    attempt = running_attempt(track)
    if attempt is not None:
        drafts.append(Draft("attempt_stopping", {"track": track.slug, "attempt": attempt.id, "why": why}))
    return [*drafts, *withdrawn(batch, track, f"{track.slug} is given up")]


def is_being_merged(batch: Batch, track: Track) -> bool:
    """Whether a merge of this track is under way or not judged yet: it can be given up before or after, not now."""
    if track.state is not S.MERGING:
        return False
    return bool(work_of(track).merged_sha) or under_way(batch, MERGE, UNDO, track=track.slug)


def withdrawn(batch: Batch, track: Track, why: str, of: Callable[[Gate], bool] = lambda gate: True) -> list[Draft]:
    """Take down what the track's open questions ask, those of which ``of`` holds."""
    return [
        Draft("gate_withdrawn", {"gate": gate.id, "revision": gate.revision, "why": why})
        for gate in batch.gates.values()
        if gate.track == track.slug and gate.state is GateState.OPEN and of(gate)
    ]


def at_work_again(track: Track) -> list[Draft]:
    """Back among the tracks at work, from where it waited for a person."""
    return moved(track, S.REVISING) if track.state in _WAITS else []


def grant(track: Track, stage: int, by: str, instruction: str) -> list[Draft]:
    """One more try of a stage than its workflow allows, with an instruction for its agent."""
    payload = {"track": track.slug, "stage": stage, "tries": 1, "by": by, "instruction": instruction}
    return [Draft("stage_granted", payload)]


def one_more(batch: Batch, track: Track, by: str, told: str) -> list[Draft]:
    """One more try of what a track could not do, whatever that was: its conflict, its merge, its stage."""
    run, merges = work_of(track).run, work_of(track).merges
    last = merges[-1][0] if merges else ""
    if run is None:
        return resolve(track, by, told) if last == merging.CONFLICT else []
    if run.judged != ASKED and last == merging.CONFLICT and (run.stage == RESOLVING or run.judged == ACCEPTED):
        return resolve(track, by, told)
    if run.judged == ACCEPTED:
        return revise(batch, track, by, told, told or "tried again")
    rules = stage_work(batch, track, run.stage)
    if rules.back_to and (run.judged == REWORK or rules.runs != AGENT):
        entered = enter(track, rules.back_to, told or "; ".join(run.problems), run.stage, run.problems)
        return [*at_work_again(track), *entered, *_told_to(track, rules.back_to, by, told)]
    if rules.runs != AGENT:
        return [*at_work_again(track), *merging.look_again(track, run.stage, by)]
    return [*at_work_again(track), *grant(track, run.stage, by, told)]


def resolve(track: Track, by: str, told: str) -> list[Draft]:
    """An agent tries once more to resolve a conflict."""
    entered = enter(track, RESOLVING, f"conflict in {', '.join(work_of(track).conflicts)}")
    return [*moved(track, S.RUNNING), *entered, *_told_to(track, RESOLVING, by, told)]


def revise(batch: Batch, track: Track, by: str, told: str, why: str, problems: tuple[str, ...] = ()) -> list[Draft]:
    """Back to the last agent that wrote, from where the ladder is at its end or the merge was undone."""
    stage = merging.last_writing(batch, track)
    if not stage and work_of(track).run is None:
        # Every stage was skipped before it began: there is nobody to go back to.
        return []
    if not stage:
        return [*moved(track, S.REVISING), *merging.look_again(track, stage_run(track).stage, by)]
    entered = enter(track, stage, told or why, problems=problems)
    return [*moved(track, S.REVISING), *entered, *_told_to(track, stage, by, told)]


def _told_to(track: Track, stage: int, by: str, told: str) -> list[Draft]:
    """An instruction for the stage that was just entered."""
    return grant(track, stage, by, told) if told else []


def look_at_tip(batch: Batch) -> list[Draft]:
    """Look where the integration branch is: a person has put something right there, or somebody moved it."""
    return begin(batch, INTEGRATION, BATCH_TRACK, f"n-{run_of(batch).begun}")
