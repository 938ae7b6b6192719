"""Effects as events: begun under a name that tells what for, so that nothing is begun twice (DESIGN §3)."""

from __future__ import annotations

from typing import Any

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, GateState
from orchestrator_tui.core.schedule.gates import gate_id

INTEGRATION, WORKTREE, SETUP = "integration", "worktree", "setup"
ATTEMPT, INSPECT, CHECK, DIVIDE = "attempt", "inspect", "check", "divide"
MERGE, UNDO, BRING, SIDES = "merge", "undo", "bring", "sides"
COPY, DROP = "copy", "drop"
LOOK_AT_BASE, BRING_BASE = "look_at_base", "bring_base"
LOOK_AT_TREE = "look_at_tree"
LOOK_AT_BASELINE, COUNT_CHANGES, KEEP_RESULTS = "look_at_baseline", "count_changes", "keep_results"
LOOK_BACK, GROUND = "look_back", "ground"
DEPLOY, HEALTH = "deploy", "health"
REMOVE, REPORT, PUBLISH = "remove", "report", "publish"
CHECKPOINT = "checkpoint"

JOBS = frozenset({ATTEMPT, CHECK, SETUP, DEPLOY, HEALTH})
"""Effects that are processes under a shim of their own."""

ON_STAGE = (ATTEMPT, INSPECT, CHECK, DIVIDE, DEPLOY, HEALTH, COPY, DROP, GROUND)
"""Effects of which the stage at hand waits for the end."""

UNPROBEABLE = frozenset({DEPLOY, SETUP})
"""Effects of which nobody can tell afterwards whether they happened, when their process was lost."""


def failed_gate(track: str, kind: str) -> str:
    """The name of the gate that asks what now, when an effect of this kind could not be done for a track."""
    return gate_id("worktree", track, kind)


def begin(batch: Batch, kind: str, track: str, effect: str, **arguments: Any) -> list[Draft]:
    """Begin an effect unless one of its name is under way, or a person is asked about one of its kind that failed."""
    assert batch.run is not None
    asked = batch.gates.get(failed_gate(track, kind))
    if effect in batch.run.effects or (asked is not None and asked.state in (GateState.OPEN, GateState.DECIDED)):
        return []
    return [Draft("effect_begun", {"effect": effect, "kind": kind, "track": track, "arguments": arguments})]


def under_way(batch: Batch, *kinds: str, track: str = "") -> bool:
    """Whether an effect of one of these kinds is under way, of this track where one is named."""
    assert batch.run is not None
    return any(one.kind in kinds and (not track or one.track == track) for one in batch.run.effects.values())
