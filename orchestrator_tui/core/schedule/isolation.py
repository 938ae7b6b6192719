"""Where the agents of a wave work: few of them one after the other in one tree, many each in a worktree (seed 004).

Decided when the wave begins, and recorded: a track that joins later changes nothing for those at work.
"""

from __future__ import annotations

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.live_rules import Isolation
from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import batch_workflow, plan_of, run_of
from orchestrator_tui.core.schedule.trees import INTEGRATED, OWN
from orchestrator_tui.core.text import plural
from orchestrator_tui.core.wave_roles import session_type

_NO_RISK = "none"


def due(batch: Batch, wave: int) -> list[Draft]:
    """Say where the agents of a wave work before the first of them begins, where the workflow leaves that to a rule."""
    rules, run = batch_workflow(batch), run_of(batch)
    by_rule = plan_of(batch).session.isolation in ("", "auto") and rules.worktree == OWN
    if not rules.isolation.many or not by_rule or wave in run.isolation:
        return []
    tracks = {one.slug for one in planned_tracks(batch) if one.wave == wave}
    risky = any(
        pair.get("a") in tracks and pair.get("b") in tracks and pair.get("consequence") != _NO_RISK
        for pair in run.checked.get("matrix", ())
    )
    kind = session_type(plan_of(batch), rules.sessions)
    trees, why = resolved(len(tracks), kind, risky, rules.isolation)
    return [Draft("isolation_set", {"wave": wave, "trees": trees, "agents": len(tracks), "why": why})]


def resolved(agents: int, kind: str, risky: bool, rules: Isolation) -> tuple[str, str]:
    """Where so many agents of a session of this type work, and why.

    Args:
        risky: two of them share files, so that each needs a tree of its own however few they are.
    """
    several = plural(agents, "agent")
    if risky:
        return OWN, f"{several} that share files"
    if agents <= rules.few:
        return INTEGRATED, f"{several}, at most {rules.few}"
    if agents >= rules.many:
        return OWN, f"{several}, at least {rules.many}"
    if kind in rules.in_place:
        return INTEGRATED, f"{several} of a session of type {kind}"
    return OWN, several
