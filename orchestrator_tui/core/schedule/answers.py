"""What the answer to a gate of the engine leads to: one entry a kind and option."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from orchestrator_tui.core.codec import to_data
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Gate, Track, TrackState
from orchestrator_tui.core.plan import BATCH_TRACK, Provision
from orchestrator_tui.core.schedule import (
    concerns,
    converging,
    deploying,
    dispatching,
    drifting,
    resuming,
    rolling_back,
    watching,
)
from orchestrator_tui.core.schedule.acting import (
    at_work_again,
    give_up,
    grant,
    look_at_tip,
    one_more,
    resolve,
    revise,
    withdrawn,
)
from orchestrator_tui.core.schedule.asked import is_asked_still
from orchestrator_tui.core.schedule.effects import BRING, BRING_BASE, MERGE, SETUP, begin
from orchestrator_tui.core.schedule.gates import SOURCE
from orchestrator_tui.core.schedule.judging import ACCEPTED, open_blockers
from orchestrator_tui.core.schedule.merging import look_again
from orchestrator_tui.core.schedule.rules import RESOLVING, run_of, stage_run, stage_work, work_of
from orchestrator_tui.core.schedule.stages import enter, moved
from orchestrator_tui.core.schedule.watching import running_attempt

S = TrackState
Made = tuple[list[Draft], str]
"""What is recorded, and in words what was done."""


def answers_here(gate: Gate) -> bool:
    """Whether the answer to this gate is carried out by the run that asked it."""
    return gate.source == SOURCE


def carry_out(batch: Batch, gate: Gate) -> Made:
    """What the decision of a gate leads to: nothing where what it was about is over or was carried out already.

    Raises:
        LookupError: nothing is known that this option of this kind of gate could lead to.
    """
    assert gate.decision is not None
    if gate.question.kind == resuming.RESUME:
        return resuming.resumed(batch, gate)
    kind, track = gate.question.kind, batch.tracks[gate.track]
    option = gate.decision.options[0] if gate.decision.options else _BY_TEXT.get(kind, "retry")
    answer = _ANSWERS.get((kind, option)) or _ANSWERS[("", option)]
    if not is_asked_still(batch, track, gate, option):
        return [], f"nothing: {track.slug} has moved on since it was asked"
    drafts, words = answer(batch, track, gate)
    return [*converging.settled(track, gate, option, words), *drafts], words


def _told(gate: Gate) -> str:
    """What the person wrote beside the option: the instruction for the next try."""
    assert gate.decision is not None
    return gate.decision.text or gate.decision.reason


def _by(gate: Gate) -> str:
    assert gate.decision is not None
    return gate.decision.by


def _subject(gate: Gate) -> Mapping[str, Any]:
    found: Mapping[str, Any] = gate.question.subject or {}
    return found


def _nothing(words: str) -> Callable[[Batch, Track, Gate], Made]:
    return lambda batch, track, gate: ([], words)


def _stop_batch(batch: Batch, track: Track, gate: Gate) -> Made:
    if run_of(batch).phase == "stopped":
        return [], "it is stopped"
    return [
        Draft("batch_moved", {"to": "stopped", "why": _told(gate) or "stopped by answer", "by": _by(gate)})
    ], "stopped"


def _abandon(batch: Batch, track: Track, gate: Gate) -> Made:
    if track.slug == BATCH_TRACK:
        return _stop_batch(batch, track, gate)
    effect = str(_subject(gate).get("effect", ""))
    return [*_counted_over(batch, effect, "unknown"), *give_up(batch, track, _told(gate) or "given up")], "given up"


def _retry(batch: Batch, track: Track, gate: Gate) -> Made:
    return one_more(batch, track, _by(gate), _told(gate)), "one more try"


def _fixed(batch: Batch, track: Track, gate: Gate) -> Made:
    return [*look_again(track, stage_run(track).stage, _by(gate)), *at_work_again(track)], "it is looked at again"


def _skip(batch: Batch, track: Track, gate: Gate) -> Made:
    stage = gate.question.stage or track.stage
    skipped = {"track": track.slug, "stages": [stage], "by": _by(gate), "reason": _told(gate)}
    drafts = [Draft("stages_skipped", skipped)]
    run = work_of(track).run
    if run is not None and run.stage == stage:
        drafts += [
            Draft("stage_changed", {"track": track.slug, "stage": stage, "status": "skipped"}),
            *withdrawn(
                batch,
                track,
                f"stage {stage} is skipped",
                lambda one: one.source == SOURCE and one.question.stage == stage,
            ),
            *at_work_again(track),
        ]
    return drafts, f"stage {stage} is skipped"


def _again(batch: Batch, track: Track, gate: Gate) -> Made:
    return one_more(batch, track, _by(gate), _told(gate)), "one more round"


_NARROWER = "Only what is listed, with the smallest change that settles it; nothing else, no new files."


def _rescope(batch: Batch, track: Track, gate: Gate) -> Made:
    return one_more(batch, track, _by(gate), _told(gate) or _NARROWER), "re-scoped: one more round, narrower"


def _widen(batch: Batch, track: Track, gate: Gate) -> Made:
    again = [*look_again(track, stage_run(track).stage, _by(gate)), *at_work_again(track)]
    return [*converging.widened(batch, track), *again], "its scope is wider from now on"


def _mended(batch: Batch, track: Track, gate: Gate) -> Made:
    """A person has put right what the review wants: nobody looks at it again, and the findings are fixed."""
    drafts, _ = _accept(batch, track, gate, "fixed")
    return drafts, "put right by hand"


def _accept(batch: Batch, track: Track, gate: Gate, state: str = "accepted") -> Made:
    run = stage_run(track)
    closed = [
        Draft("finding_closed", {"track": track.slug, "finding": one.id, "state": state, "why": f"by {_by(gate)}"})
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


def _as_it_is(batch: Batch, track: Track, gate: Gate, state: str = "accepted") -> Made:
    """The plan holds all the same: what was found is accepted, and nobody mends it."""
    accepted, _ = _accept(batch, track, gate, state)
    closed = drifting.deferred(batch, track, state) or []
    known = {one.payload["finding"] for one in closed}
    return [*closed, *(one for one in accepted if one.payload.get("finding") not in known)], "continued as it is"


def _plan_revised(batch: Batch, track: Track, gate: Gate) -> Made:
    accepted, _ = _as_it_is(batch, track, gate, "deferred")
    return [*accepted, *drifting.revised(batch, track, gate, _by(gate), _told(gate))], "the batch rests for its plan"


def _revise(batch: Batch, track: Track, gate: Gate) -> Made:
    problems = tuple(line for line in gate.question.context.splitlines() if line.startswith("- "))
    return revise(batch, track, _by(gate), _told(gate), gate.question.question, problems), "back to its agent"


def _back(batch: Batch, track: Track, gate: Gate) -> Made:
    """Not yet: back to the stage that can refine it, with what the person wrote (seed 001, Refine)."""
    run = stage_run(track)
    stage = stage_work(batch, track, run.stage).back_to
    entered = enter(track, stage, _told(gate) or "refined", run.stage)
    return [*entered, *(grant(track, stage, _by(gate), _told(gate)) if _told(gate) else ())], "back to be refined"


def _tiers(batch: Batch, track: Track, gate: Gate) -> Made:
    return dispatching.retiered(batch, _told(gate))


def _adjust(batch: Batch, track: Track, gate: Gate) -> Made:
    return dispatching.divided_anew(batch, _by(gate), _told(gate)), "divided anew"


def _addressed(batch: Batch, track: Track, gate: Gate) -> Made:
    return concerns.addressed(batch, _by(gate), _told(gate)), "back to the tracks that they are about"


def _concerns_closed(state: str, words: str) -> Callable[[Batch, Track, Gate], Made]:
    return lambda batch, track, gate: (concerns.closed(batch, gate, state), words)


# --- conflicts ------------------------------------------------------------------------------------------------


def _resolved(batch: Batch, track: Track, gate: Gate) -> Made:
    entered, files = enter(track, RESOLVING, f"resolved by {_by(gate)}"), work_of(track).conflicts
    return [*moved(track, S.RUNNING), *entered, *look_again(track, RESOLVING, _by(gate), files)], "looked at again"


def _resolve(batch: Batch, track: Track, gate: Gate) -> Made:
    return resolve(track, _by(gate), _told(gate)), "an agent tries again"


def _take(side: str) -> Callable[[Batch, Track, Gate], Made]:
    def taken(batch: Batch, track: Track, gate: Gate) -> Made:
        run = run_of(batch)
        arguments = {"tip": run.integration_sha, "take": side, "by": _by(gate)}
        effect = begin(batch, BRING, track.slug, f"b-{track.slug}-{run.begun}", **arguments)
        return [*effect, *moved(track, S.MERGING)], f"{side} is taken"

    return taken


def _merge_again(batch: Batch, track: Track, gate: Gate) -> Made:
    return moved(track, S.APPROVED), "it is merged again when it is its turn"


# --- the batch ------------------------------------------------------------------------------------------------


def _recheck(batch: Batch, track: Track, gate: Gate) -> Made:
    """Checks count anew: what they said so far is of another look, and the branch may have been put right."""
    forgotten = [
        Draft("check_recorded", {"track": track.slug, "name": one.name, "result": "not_run", "detail": "checked again"})
        for one in track.checks
        if one.result != "pass"
    ]
    return [*forgotten, *look_at_tip(batch)], "checked again"


def _take_back(batch: Batch, track: Track, gate: Gate) -> Made:
    taken = rolling_back.take_back(batch, _by(gate), _told(gate))
    return taken, "the last merge is taken back" if taken else "nothing: another commit is the last one by now"


def _go_on(batch: Batch, track: Track, gate: Gate) -> Made:
    return [Draft("batch_resumed", {"by": _by(gate)})], "goes on"


def _rescue(batch: Batch, track: Track, gate: Gate) -> Made:
    attempt = running_attempt(track)
    return watching.rescue(track, attempt, "a person asked for it", _by(gate)), "a fresh agent takes over"


def _deployed(result: str, words: str) -> Callable[[Batch, Track, Gate], Made]:
    def recorded(batch: Batch, track: Track, gate: Gate) -> Made:
        environment = str(_subject(gate).get("environment", ""))
        told = {"track": track.slug, "environment": environment, "result": result, "detail": f"by {_by(gate)}"}
        return [Draft("deploy_recorded", told)], words

    return recorded


def _provision(take: bool) -> Callable[[Batch, Track, Gate], Made]:
    def provisioned(batch: Batch, track: Track, gate: Gate) -> Made:
        plan = run_of(batch).plan
        given = replace(plan.provision, copy=plan.offered.copy, link=plan.offered.link) if take else plan.provision
        told = Draft("plan_recorded", {"plan": to_data(replace(plan, provision=given, offered=Provision()))})
        return [told], "worktrees get it" if take else "worktrees stay as git makes them"

    return provisioned


def _effect_done(batch: Batch, track: Track, gate: Gate) -> Made:
    subject = _subject(gate)
    environment, effect = str(subject.get("environment", "")), str(subject.get("effect", ""))
    if environment:
        told = {"track": track.slug, "environment": environment, "result": deploying.DEPLOYED}
        done = Draft("deploy_recorded", told)
    else:
        done = Draft("check_recorded", {"track": track.slug, "name": "setup", "result": "pass"})
    return [done, *_counted_over(batch, effect, "done")], "counted as done"


def _effect_again(batch: Batch, track: Track, gate: Gate) -> Made:
    return _counted_over(batch, str(_subject(gate).get("effect", "")), "unknown"), "done again"


def _counted_over(batch: Batch, effect: str, outcome: str) -> list[Draft]:
    """The end of an effect of which only a person can tell."""
    over = Draft("effect_ended", {"effect": effect, "outcome": outcome, "detail": "a person says so"})
    return [over] if effect in run_of(batch).effects else []


def _failed_again(batch: Batch, track: Track, gate: Gate) -> Made:
    """What could not be done is done again by itself; a merge meets the tip as it is by now."""
    effect = _subject(gate).get("effect")
    if effect == SETUP:
        told = {"track": track.slug, "name": "setup", "result": "not_run", "detail": "tried again"}
        return [Draft("check_recorded", told)], "set up again"
    return look_at_tip(batch) if effect in (MERGE, BRING_BASE) else [], "tried again"


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
    ("", "back"): _back,
    ("spend", "reject"): _stop_batch,
    ("spend", "tiers"): _tiers,
    ("spend", "adjust"): _adjust,
    ("concerns", concerns.FIX): _addressed,
    ("concerns", concerns.DEFER): _concerns_closed("deferred", "left for later"),
    ("concerns", concerns.ACCEPT): _concerns_closed("accepted", "accepted as they are"),
    ("provision", "take"): _provision(True),
    ("provision", "none"): _provision(False),
    ("review", "again"): _again,
    ("review", "accept"): _accept,
    ("review", "mended"): _mended,
    ("review", "rescope"): _rescope,
    ("disagreement", "again"): _again,
    ("disagreement", "accept"): _accept,
    ("scope", "rescope"): _rescope,
    ("scope", "widen"): _widen,
    (drifting.KIND, drifting.GO_ON): _as_it_is,
    (drifting.KIND, drifting.REVISE): _plan_revised,
    ("track", "revise"): _revise,
    ("checks", "again"): _merge_again,
    ("checks", "revise"): _revise,
    ("conflict", "resolved"): _resolved,
    ("conflict", "resolve"): _resolve,
    ("conflict", "ours"): _take("ours"),
    ("conflict", "theirs"): _take("theirs"),
    ("integration", "recheck"): _recheck,
    ("integration", rolling_back.TAKE_BACK): _take_back,
    ("integration", "accept"): _nothing("accepted as it is"),
    ("escalation", "go_on"): _go_on,
    ("escalation", "rescue"): _rescue,
    ("deploy_failure", "again"): _deployed(deploying.AGAIN, "deployed again"),
    ("deploy_failure", "leave"): _deployed(deploying.LEFT, "left as it is"),
    ("missing_input", "go_on"): _nothing("told to all tracks"),
    ("fleet", "stay"): _nothing("as many at once as before"),
    ("fleet", "widen"): _nothing("more at once from now on"),
    ("worktree", "adopt"): _nothing("what is there is taken over"),
    ("worktree", "again"): _failed_again,
    ("worktree", "leave"): _nothing("goes on without it"),
    ("pre_flight", "again"): _nothing("looked at again"),
    ("pre_flight", "go_on"): _nothing("the wave begins"),
    ("freshness", "bring"): _nothing("the base is brought first"),
    ("freshness", "go_on"): _nothing("published as it is"),
    ("freshness", "merge"): _nothing("merged as it is"),
    ("tampered", "go_on"): _nothing("goes on"),
    ("unknown_effect", "done"): _effect_done,
    ("unknown_effect", "again"): _effect_again,
}
"""By kind of gate and option; an option without a kind means the same wherever it is offered."""

_BY_TEXT = {
    "missing_input": "go_on",
    "spend": "tiers",
    "refine": "back",
    "review": "again",
    "disagreement": "again",
    "scope": "rescope",
    drifting.KIND: drifting.REVISE,
    "track": "revise",
    "checks": "revise",
    "conflict": "resolve",
}
"""Which option a text of one's own stands for, where it is not one more try."""
