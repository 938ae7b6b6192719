"""The groups of a workflow's rules about time, budgets, merging and earlier work, as people write them."""

from __future__ import annotations

from pydantic import Field

from orchestrator_tui.plan.fields import Count, Dollars, Large, Length, Lines, Name, Names, Part, Share, Switch


class ConvergenceFile(Part):
    """When a revision stops before its rounds are used up; 0 for never."""

    exchanges: Count = Field(
        0, description="times in a row that its agent may disagree with a review before a person decides"
    )
    growth: Count = Field(
        0, description="files newly touched at which a revision stops and a person is asked; one out of scope is enough"
    )


class ClocksFile(Part):
    """How long a question may wait for its answer; 0 for what the person's settings say."""

    stale: Length = Field(0, description="a question that has waited so long is brought up whatever the person is at")
    repeat: Length = Field(0, description="and is brought up again after so long")


class StallFile(Part):
    """When an agent at work counts as stuck."""

    checks: Count = Field(3, description="looks in a row without any sign of progress")
    interval: Length = Field(60_000, description="from one look to the next")
    reply: Length = Field(120_000, description="how long a nudged agent has to reply before it is rescued")
    rescues: Count = Field(1, description="rescues before the track is a person's; never beside a live original")
    lower_concurrency: Switch = Field(True, description="after a stall fewer tracks run at once")


class BudgetFile(Part):
    """Budgets of one track; 0 for none."""

    turns: Large = Field(0, description="turns of its agents")
    tokens: Large = Field(0, description="tokens of its agents")
    cost_usd: Dollars = Field(0.0, description="what it may cost")
    wall: Length = Field(0, description="how long it may take")
    attempts: Count = Field(0, description="attempts of all stages together: the hard budget of delegation rounds")
    soft: Share = Field(0.8, description="the share of a budget at which it is said; at the whole it acts")


class EarlierFile(Part):
    """What counts as earlier work, for the gate `resume`."""

    prefixes: Lines = Field([], description="how the names of branches begin on which such work is done")
    commits: Count = Field(2, description="from how many commits since the default branch on they are a sign; 0 never")
    words: Lines = Field([], description="words in the subjects of these commits that are a sign")


class MergingFile(Part):
    """How tracks come together."""

    into: Name = Field("integration", description="the branch they are merged into first")
    first: Names = Field(["bug"], description="kinds that are merged before all others")
    checks: Lines = Field(["*"], description="names of the plan's checks that run after each merge; `*` for all")
    resolve: Count = Field(1, description="attempts of an agent at a conflict before a person is asked")


class ContextFile(Part):
    """How full the conversation of one agent may be before a checkpoint is forced."""

    tokens: Large = Field(0, description="tokens that one conversation may take; 0 for no checkpoint by it")
    checkpoint: Share = Field(0.8, description="the share of them at which a checkpoint is forced")
