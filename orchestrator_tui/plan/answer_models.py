"""Answer rules as people write them: the confidence table as data (seed 002, DESIGN §2.4)."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from orchestrator_tui.core.rules import ACTIONS
from orchestrator_tui.plan.fields import (
    Count,
    Line,
    Lines,
    Names,
    Part,
    Says,
    Slug,
    Slugs,
    Text,
    choice,
    listed,
    read_choice,
    read_whole,
)

RISKS = ("low", "unknown", "check", "staging", "failure", "destructive", "production")
"""The risks in the words of files, lowest first."""

CONFIDENCES = ("high", "medium", "low", "none")
ANSWERABLE = ("low", "unknown", "check")


def _confidences(value: list[str]) -> list[str]:
    return [read_choice(CONFIDENCES, one) for one in value]


class AnswerFile(Part):
    """One row of the confidence table: a situation, and who answers it."""

    id: Slug = Field(description="its name: every answer of it says so")
    situation: Line = Field("", description="what it is about, in words")
    action: Annotated[str, choice(*ACTIONS), Says(" · ".join(f"`{one}`" for one in ACTIONS))] = Field(
        "answer",
        description="`answer` with what the asker recommends; `recommend` it to the person; `person` decides",
    )
    confidence: Annotated[Names, AfterValidator(_confidences), Says("list of `high`, `medium`, `low`, `none`")] = Field(
        [], description="how sure its asker must be; any without it"
    )
    max_risk: Annotated[str, choice(*RISKS), Says("risk")] = Field(
        "low", description="it applies up to this risk; above *check* nothing is ever answered by a rule"
    )
    kinds: Names = Field(["task"], description="kinds of gates")
    workflows: Slugs = Field([], description="workflows; any without it")
    stages: Annotated[
        list[Annotated[int, BeforeValidator(partial(read_whole, 0, 64))]],
        BeforeValidator(listed),
        Says("list of stage numbers"),
    ] = Field([], description="stages it is asked in; any without it")
    words: Lines = Field([], description="one of these must stand in the question, its context or its options")
    instruction: Text = Field("", description="what the agent is told beside the answer")
    uses: Count = Field(0, description="how often it answers in one stage of one track; 0 for no bound")


class AnswersFile(Part):
    """The answer rules of one folder; the first that applies decides."""

    answers: list[AnswerFile] = Field(description="the rules")
