"""Deploys: after the merge, one environment after the other, strictly one track at a time, each asked for first."""

from __future__ import annotations

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, GateState, Option, Track, TrackState
from orchestrator_tui.core.moves import TERMINAL_TRACK_STATES
from orchestrator_tui.core.plan import Environment
from orchestrator_tui.core.schedule.effects import DEPLOY, HEALTH, begin
from orchestrator_tui.core.schedule.gates import APPROVE, ask, barring, chosen, gate_id, lines
from orchestrator_tui.core.schedule.rules import plan_of, run_of, stage_run, work_of

HEALTHY, FAILED, DECLINED, NOTHING, DEPLOYED = "healthy", "failed", "declined", "nothing to do", "deployed"
LEFT, AGAIN = "left as it is", "again"

_SETTLED = frozenset({HEALTHY, DECLINED, NOTHING, LEFT})
_SAID = frozenset({GateState.DECIDED, GateState.DELIVERED, GateState.ACKNOWLEDGED})
_HALF_DONE = frozenset({DEPLOYED, FAILED, AGAIN})
"""What keeps an environment for one track until it is healthy there, or a person has decided."""


def advance(batch: Batch, track: Track) -> list[Draft]:
    """The next step of a deploy stage: the first environment that is not settled decides."""
    done = dict(work_of(track).deployed)
    for name in work_of(track).planned.deploy:
        if done.get(name) not in _SETTLED:
            return _environment(batch, track, name, done.get(name, ""))
    run = stage_run(track)
    payload = {"track": track.slug, "stage": run.stage}
    return [
        Draft("stage_judged", {**payload, "verdict": "accepted"}),
        Draft("stage_changed", {**payload, "status": "done", "detail": _detail(track)}),
    ]


def deploy_gate(track: Track, environment: str) -> str:
    """The name of the gate that is asked before a deploy."""
    run = stage_run(track)
    return gate_id("deploy", track.slug, environment, run.stage, run.entry)


def failure_gate(track: Track, environment: str) -> str:
    """The name of the gate that a failed deploy asks."""
    run = stage_run(track)
    return gate_id("deploy_failure", track.slug, environment, run.stage, run.entry)


def _detail(track: Track) -> str:
    done = work_of(track).deployed
    return ", ".join(f"{name}: {result}" for name, result in done) or "deploys nowhere"


def renewed(batch: Batch, track: Track) -> list[Draft]:
    """Ask anew what waits for a person when it is about another tip by now: an approval is of one tip alone."""
    for name in work_of(track).planned.deploy:
        gate, place = batch.gates.get(deploy_gate(track, name)), plan_of(batch).environment(name)
        waits = gate is not None and gate.state is GateState.OPEN
        if gate is not None and place is not None and waits and gate.question.subject != _subject(batch, track, place):
            return _ask(batch, track, place)
    return []


def _environment(batch: Batch, track: Track, name: str, result: str) -> list[Draft]:
    place = plan_of(batch).environment(name)
    if place is None or not place.deploy:
        told = {"track": track.slug, "environment": name, "result": NOTHING, "detail": "the plan names no command"}
        return [Draft("deploy_recorded", told)]
    if result == FAILED:
        return _ask_after_failure(batch, track, place)
    if result == DEPLOYED:
        return _health(batch, track, place)
    if not is_approved(batch, track, place):
        return _ask(batch, track, place)
    if _is_held(batch, track) or _goes_first(batch, track, place) is not None:
        return []
    arguments = {"environment": name, "command": place.deploy, "wall_ms": place.wall_ms}
    return begin(batch, DEPLOY, track.slug, f"d-{track.slug}-{name}-{run_of(batch).begun}", **arguments)


def is_approved(batch: Batch, track: Track, place: Environment) -> bool:
    """Whether a person, or a rule where it may, has let this track onto this place as the tip is now."""
    name = deploy_gate(track, place.name)
    return chosen(batch, name) == APPROVE and batch.gates[name].question.subject == _subject(batch, track, place)


def about_to_deploy(batch: Batch) -> bool:
    """Whether a deploy follows from an answer that is given, though it may still be taken back: until then the
    integrated tree stays as it was approved, or the same question would be asked again.

    A deploy that another one keeps waiting is none of these, nor one that another question bars: its answer would
    hold up every merge.
    """
    for track in batch.tracks.values():
        if not _is_deploying(batch, track) or work_of(track).paused or run_of(batch).pausing:
            continue
        done = dict(work_of(track).deployed)
        name = next((one for one in work_of(track).planned.deploy if done.get(one) not in _SETTLED), "")
        place, gate = plan_of(batch).environment(name), batch.gates.get(deploy_gate(track, name))
        if place is None or gate is None or gate.question.subject != _subject(batch, track, place):
            continue
        if any(one.id != gate.id for one in barring(batch, track)):
            continue
        said = gate.state in _SAID and gate.decision is not None and gate.decision.options == (APPROVE,)
        if said and name not in done and _goes_first(batch, track, place) is None:
            return True
    return False


def _is_held(batch: Batch, track: Track) -> bool:
    """Whether nothing is deployed now: the track or batch is paused, or the integrated tree is being changed."""
    merging = any(one.state is TrackState.MERGING for one in batch.tracks.values())
    return bool(run_of(batch).pausing or work_of(track).paused or merging)


def _goes_first(batch: Batch, track: Track, place: Environment) -> Track | None:
    """The track that has this place to itself now, or is to have it before this one: in the order of merging."""
    for effect in run_of(batch).effects.values():
        if effect.kind in (DEPLOY, HEALTH) and effect.arguments.get("environment") == place.name:
            return batch.tracks[effect.track]
    others = [one for one in batch.tracks.values() if one.slug != track.slug and _is_deploying(batch, one)]
    for other in others:
        if dict(work_of(other).deployed).get(place.name) in _HALF_DONE:
            return other
    before = batch.merged[: batch.merged.index(track.slug)] if track.slug in batch.merged else ()
    waiting = (one for one in others if one.slug in before and not work_of(one).paused)
    return next((one for one in waiting if _is_next(batch, one, place)), None)


def _is_deploying(batch: Batch, track: Track) -> bool:
    run = None if track.work is None else track.work.run
    return run is not None and bool(track.work and track.work.merged_sha) and track.state not in TERMINAL_TRACK_STATES


def _is_next(batch: Batch, track: Track, place: Environment) -> bool:
    """Whether this is the place that a track is deployed to next, as it was approved."""
    done = dict(work_of(track).deployed)
    name = next((one for one in work_of(track).planned.deploy if done.get(one) not in _SETTLED), "")
    return name == place.name and is_approved(batch, track, place)


def _health(batch: Batch, track: Track, place: Environment) -> list[Draft]:
    if not place.health:
        told = {"track": track.slug, "environment": place.name, "result": HEALTHY, "detail": "no health check named"}
        return [Draft("deploy_recorded", told)]
    arguments = {"environment": place.name, "command": place.health, "wall_ms": place.wall_ms}
    return begin(batch, HEALTH, track.slug, f"h-{track.slug}-{place.name}-{run_of(batch).begun}", **arguments)


def _ask(batch: Batch, track: Track, place: Environment) -> list[Draft]:
    work = work_of(track)
    low = place.risk == "dev"
    return ask(
        batch,
        deploy_gate(track, place.name),
        f"deploy_{place.risk}",
        track.slug,
        f"Deploy {track.slug} to {place.name}?",
        (Option(APPROVE, f"deploy to {place.name}", "deploy"), Option("decline", f"leave {place.name} as it is")),
        context=lines(f"Merged as {work.merged_sha[:10]}", f"Command: {place.deploy}", _health_words(place)),
        recommend=None if place.risk == "production" else APPROVE,
        confidence="high" if low else "medium",
        risk="low" if low else place.risk,
        environment=place.risk,
        stage=stage_run(track).stage,
        subject=_subject(batch, track, place),
    )


def _subject(batch: Batch, track: Track, place: Environment) -> dict[str, str]:
    """What an approval is bound to: what is deployed is the integrated tree at this tip, with all that it holds."""
    work = work_of(track)
    tip = run_of(batch).integration_sha
    return {"head": work.head_sha, "merged": work.merged_sha, "tip": tip, "environment": place.name}


def _health_words(place: Environment) -> str:
    return f"Health: {place.health}" if place.health else ""


def _ask_after_failure(batch: Batch, track: Track, place: Environment) -> list[Draft]:
    production = place.risk == "production"
    last = next((one.detail for one in track.checks if one.name == f"deploy {place.name}"), "")
    return ask(
        batch,
        failure_gate(track, place.name),
        "deploy_failure",
        track.slug,
        f"{place.name} is not healthy after {track.slug}. What now?",
        (
            Option("again", "deploy again"),
            Option("leave", "leave it as it is, I look into it"),
            Option("stop", "stop the batch; nothing else is deployed", "cancel"),
        ),
        context=lines(last, f"Command: {place.deploy}"),
        recommend=None if production else "leave",
        confidence="low",
        risk="production" if production else "failure",
        environment=place.risk,
        stage=stage_run(track).stage,
        subject={"merged": work_of(track).merged_sha, "environment": place.name},
    )
