"""What follows when an effect cannot be done, or nobody knows whether it was: it is never repeated blindly."""

from __future__ import annotations

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, GateState, Option, TrackState
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.run import Effect
from orchestrator_tui.core.schedule import checkpoints
from orchestrator_tui.core.schedule.acting import is_being_merged
from orchestrator_tui.core.schedule.effects import (
    CHECK,
    CHECKPOINT,
    DEPLOY,
    MERGE,
    PUBLISH,
    REMOVE,
    SETUP,
    UNDO,
    WORKTREE,
    begin,
    failed_gate,
)
from orchestrator_tui.core.schedule.ending import PUBLISH_GATE
from orchestrator_tui.core.schedule.gates import ABANDON, ask, gate_id, lines
from orchestrator_tui.core.schedule.rules import plan_of, run_of, workflow_of
from orchestrator_tui.core.schedule.stages import moved

_WORDS = {
    "integration": "make the integration worktree",
    "worktree": "make its worktree",
    "inspect": "look at its work",
    "merge": "merge it",
    "undo": "undo its merge",
    "bring": "bring what is merged into its worktree",
    "copy": "make a fresh copy of it",
    "drop": "take its fresh copy away",
    "sides": "read both sides of its conflict",
    "look_at_tree": "look at the repository's own tree",
    "look_at_baseline": "look at the tree from which its waves start",
    "count_changes": "count the files that its waves have changed",
    "look_back": "look at what earlier runs had trouble with",
    "ground": "read the files that its agent is shown",
    "look_at_base": "look at the base branch",
    "bring_base": "bring the base branch into the integration branch",
    "remove": "remove its worktree",
    "report": "write the report",
    "publish": "publish",
    "attempt": "start its agent",
    "check": "run its check",
    "divide": "read the list of tracks",
    "setup": "set its worktree up",
    "deploy": "deploy it",
    "health": "check its health",
}


def failed(batch: Batch, effect: Effect, why: str) -> tuple[Draft, ...]:
    """An effect that cannot be done: it has ended, and a person is asked what now."""
    ended = Draft("effect_ended", {"effect": effect.id, "outcome": "failed", "detail": why})
    if effect.kind == REMOVE:
        return (ended, Draft("worktree_kept", {"track": effect.track, "why": why}))
    if effect.kind == CHECKPOINT:
        return (ended, *checkpoints.failed(effect, why))
    again = _tried_again(batch, effect)
    if again:
        return (ended, *again)
    doing = _WORDS.get(effect.kind, effect.kind)
    own = effect.track == BATCH_TRACK
    options = [Option("again", "try again", "approve")]
    if effect.kind == WORKTREE:
        options.append(Option("adopt", "take over the branch or worktree that is there"))
    halfway = effect.kind == UNDO or (effect.kind == CHECK and is_being_merged(batch, batch.tracks[effect.track]))
    options.append(Option("stop", "stop the batch", "cancel") if own or halfway else ABANDON)
    # Nobody else waits for it: another track may be merged first.
    moves = moved(batch.tracks[effect.track], TrackState.APPROVED, why) if effect.kind == MERGE else []
    name = PUBLISH_GATE if effect.kind == PUBLISH else failed_gate(effect.track, effect.kind)
    subject = "The batch" if own else effect.track
    asked = ask(
        batch,
        name,
        "worktree",
        effect.track,
        f"{subject}: cannot {doing}. What now?",
        tuple(options),
        context=lines(why),
        recommend="again",
        confidence="low",
        risk="failure",
        subject={"effect": effect.kind},
    )
    return (ended, *moves, *asked)


def _tried_again(batch: Batch, effect: Effect) -> list[Draft]:
    """Make a worktree once more without a person, as often as the workflow says: git's own locks are soon gone.

    What a worktree is made of is looked for first (DESIGN §3, probeable), so that nothing is made twice.
    """
    tried, track = int(effect.arguments.get("tried") or 1), batch.tracks[effect.track]
    if effect.kind != WORKTREE or track.state is not TrackState.PREPARING or run_of(batch).phase == "stopped":
        return []
    if tried >= workflow_of(batch, track).worktree_tries:
        return []
    name = f"w-{track.slug}-{run_of(batch).begun}"
    return begin(batch, WORKTREE, track.slug, name, **{**effect.arguments, "tried": tried + 1})


def unknown(batch: Batch, effect: Effect, why: str) -> tuple[Draft, ...]:
    """An effect of which nobody can tell whether it happened: it stays open until a person has looked."""
    assert effect.kind in (DEPLOY, SETUP)
    place = str(effect.arguments.get("environment", ""))
    known = plan_of(batch).environment(place)
    production = known is not None and known.risk == "production"
    return tuple(
        ask(
            batch,
            _unknown_gate(effect),
            "unknown_effect",
            effect.track,
            f"{effect.track}: it is not known whether this was done: {effect.kind} {place}".rstrip()
            + ". Look, then say.",
            (
                Option("done", "it was done"),
                Option("again", "it was not done: do it"),
                ABANDON,
            ),
            context=lines(f"Command: {effect.arguments.get('command', '')}", why),
            confidence="low",
            risk="production" if production else "failure",
            environment="" if known is None else known.risk,
            subject={"effect": effect.id, "environment": place},
        )
    )


def is_unknown(batch: Batch, effect: Effect) -> bool:
    """Whether an effect that has not ended waits for a person's word on what became of it, and for nothing else."""
    gate = batch.gates.get(_unknown_gate(effect))
    return gate is not None and gate.state is GateState.OPEN


def _unknown_gate(effect: Effect) -> str:
    return gate_id("unknown_effect", effect.track, effect.id)
