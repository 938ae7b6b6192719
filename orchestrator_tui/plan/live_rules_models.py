"""The parts of a workflow file about agents at work and a base that moves, as people write them."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from orchestrator_tui.core.live_rules import PATTERNS
from orchestrator_tui.plan.fields import (
    NAMED_KEYS,
    Count,
    Large,
    Length,
    Lines,
    Names,
    Part,
    Patterns,
    Says,
    Switch,
    Text,
    choice,
    read_choice,
)

BREAKS = (*PATTERNS, "turn_limit")
"""What a breaker may notice."""


def _patterns(value: list[str]) -> list[str]:
    return [read_choice(PATTERNS, one) for one in value]


def _narrowed(value: dict[str, str]) -> dict[str, str]:
    for one in value:
        read_choice(BREAKS, one)
    return value


class BreakerFile(Part):
    """When an agent at work is stopped because it goes in circles, or on for too long."""

    turns: Annotated[dict[str, Large], Says("mapping: kind of track → turns")] = Field(
        {}, description="turns of one attempt by the kind of its track, `*` for every other kind"
    )
    repeats: Count = Field(0, description="repeats at which a pattern is noticed; 0 for never")
    edits: Count = Field(0, description="edits of one file by one attempt at which `spiral` is noticed; 0 for never")
    stops: Annotated[Names, AfterValidator(_patterns), Says("list of " + ", ".join(f"`{one}`" for one in PATTERNS))] = (
        Field(["pagination", "turn_repeat", "error_echo"], description="patterns that end the attempt; others are said")
    )
    spirals: Count = Field(2, description="the attempt of one stage that is stopped so at which a person is asked")
    errors: Annotated[dict[str, Lines], NAMED_KEYS, Says("mapping: class → list of words")] = Field(
        {}, description="classes of repeated errors: the first of which a word stands in the error; else `other`"
    )
    narrow: Annotated[dict[str, Text], AfterValidator(_narrowed), Says("mapping: pattern → text")] = Field(
        {}, description="what the next try is told, by pattern; `{file}` is filled in"
    )


class BetweenFile(Part):
    """What happens at the end of a wave, before the next one begins; nothing of it bars the next wave."""

    checks: Annotated[dict[str, Lines], Says("mapping: role → list of checks")] = Field(
        {}, description="names of the plan's checks that run after a wave by its roles; `*` for any other, and for all"
    )
    more: Count = Field(0, description="tracks that are added to the next wave at most, one a check that fails")
    fewer: Count = Field(0, description="agents that the next wave has less at most, after a quick and clean one")
    quick: Length = Field(0, description="within which every agent of a wave must be through for that; 0 for never")


class BaselineFile(Part):
    """When results of checks on the tree from which a session starts spare those between its waves."""

    keep: Length = Field(0, description="how long such results are kept; 0 for never")
    files: Count = Field(0, description="changed files from which on a check between waves runs again; 0 for always")
    dependencies: Patterns = Field([], description="files whose change makes what was kept worthless")


class GroundingFile(Part):
    """Which files an agent is shown before it starts, since edits of them went wrong before."""

    files: Count = Field(0, description="files of its own scope that an agent is shown at most; 0 for none")
    sessions: Count = Field(0, description="runs before this one whose trouble counts, too")
    classes: Names = Field([], description="classes of `breaker.errors` that count as trouble with a file")


class SurenessFile(Part):
    """How sure of 100 a reviewer must be of a finding; one that nobody says it of counts as it says."""

    least: Count = Field(0, description="below so much a finding is left out; it stays in the journal alone")
    enough: Count = Field(0, description="below so much a finding is a remark, `possible`, that bars nothing")


class IsolationFile(Part):
    """Where the agents of a wave work when neither plan nor session says it, and `worktree` is `track`."""

    few: Count = Field(0, description="so many share the integration worktree, one after the other")
    many: Count = Field(0, description="from so many on each has a worktree of its own; 0 for always")
    in_place: Names = Field([], description="types of sessions that share a tree between the two; all others do not")
    strict: Switch = Field(False, description="in a shared tree a guard that only warns refuses")


LEVELS = ("warn", "block", "never")


class FreshnessFile(Part):
    """From which level on a person is asked about a base branch that has moved on since the batch began.

    `warn` is in other files, `block` in the same files or rewritten, `never` leaves it at a signal.
    """

    merge: Annotated[str, choice(*LEVELS), Says(" · ".join(f"`{one}`" for one in LEVELS))] = Field(
        "block", description="asked before a track is merged into the integration branch"
    )
    publish: Annotated[str, choice(*LEVELS), Says(" · ".join(f"`{one}`" for one in LEVELS))] = Field(
        "warn", description="asked before the integration branch goes onto the base"
    )
