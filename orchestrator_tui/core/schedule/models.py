"""Which model does an attempt: by role and tier, one tier higher where the stage says so (seeds 000 and 001)."""

from __future__ import annotations

from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.schedule.rules import plan_of, run_of, stage_work, work_of, workflow_of


def tier_of(batch: Batch, track: Track, stage: int, number: int, part: str = "") -> str:
    """The tier of the try of this number at a stage or one of its angles; "" where its workflow knows no tiers."""
    workflow, work = workflow_of(batch, track), stage_work(batch, track, stage)
    # A mapping has no order any more when it comes out of the journal.
    tiers = workflow.tiers or tuple(workflow.models)
    angle = next((one.tier for one in work.angles if part and one.key == part), "")
    tier = (
        angle
        or work.tier
        or (work_of(track).planned.tier if not work.reviews else "")
        or workflow.roles.get(work.role, "")
    )
    if tier not in tiers or not work.bump_at or number < work.bump_at:
        return tier
    return tiers[min(tiers.index(tier) + 1, len(tiers) - 1)]


def model_of(batch: Batch, track: Track, stage: int, number: int, part: str = "") -> str:
    """The model of a try; "" leaves it to the agent's program.

    What was chosen for the role when the batch began goes first; a try on a higher tier takes that tier's model.
    """
    workflow, work = workflow_of(batch, track), stage_work(batch, track, stage)
    tier = tier_of(batch, track, stage, number, part)
    usual = tier_of(batch, track, stage, 1)
    chosen = run_of(batch).models.get(work.role) or plan_of(batch).agent.models.get(work.role, "")
    own = bool(work.tier or (work_of(track).planned.tier and not work.reviews))
    if chosen and tier == usual and not own:
        return chosen
    return plan_of(batch).agent.models.get(tier) or workflow.models.get(tier, "") or chosen
