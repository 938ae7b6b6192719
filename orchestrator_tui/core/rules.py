"""Rules as data: ladders of stages with their risks, and what may be answered without a person (DESIGN §2.4).

They are read from YAML by ``plan`` and handed to the pure functions; the core knows no workflow by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.model import Risk

NEVER_BY_RULE = frozenset({Risk.PRODUCTION, Risk.DESTRUCTIVE, Risk.FAILURE, Risk.STAGING})
"""Risks of gates that no rule ever answers (reliability A-8, DESIGN §2.4)."""

ACTIONS = ("answer", "recommend", "person")
"""What a row of the confidence table does: a rule answers, a person is advised, or a person decides alone."""


@frozen
class StageRule:
    """One stage of a workflow: its exact name, what it catches, and how risky its gates are.

    ``words`` maps words of a question or of its options to the risk that they mean *in this stage*.
    """

    index: int
    name: str
    artefact: str = ""
    catches: str = ""
    skip_risk: str = ""
    risk: Risk = Risk.LOW
    words: Mapping[str, Risk] = field(default_factory=dict)


@frozen
class Ladder:
    """The stages of a workflow, in order, and what its tracks are called (``feature``, ``bug``)."""

    workflow: str
    title: str
    kind: str
    stages: tuple[StageRule, ...]

    def stage(self, index: int | None) -> StageRule | None:
        """The rule of a stage by its number, or None."""
        return next((one for one in self.stages if one.index == index), None)


@frozen
class AnswerRule:
    """One row of the confidence table (seed 002); the first that applies decides (reliability A-8).

    Attributes:
        id: its name; every answer that it gives names it.
        confidence: how sure the asker must be; "" among them stands for an asker who does not say.
        max_risk: it applies up to this risk; beyond *check* nothing is ever answered by a rule.
        kinds, workflows, stages: where it applies; of the last two, everywhere when they are empty.
        action: ``answer`` with what the asker recommends, ``recommend`` to the person, or ``person``.
        title: the situation in words.
        words: one of them must stand in the question, its context or its options; any text when empty.
        instruction: what the agent is told beside the answer, or instead of one where nothing is recommended.
        uses: how often it answers in one stage of one track; 0 for no bound.
    """

    id: str
    confidence: frozenset[str]
    max_risk: Risk = Risk.LOW
    kinds: frozenset[str] = frozenset({"task"})
    workflows: frozenset[str] = frozenset()
    stages: frozenset[int] = frozenset()
    action: str = "answer"
    title: str = ""
    words: tuple[str, ...] = ()
    instruction: str = ""
    uses: int = 0


@frozen
class Rules:
    """Everything that data says about how gates are judged and answered."""

    ladders: Mapping[str, Ladder] = field(default_factory=dict)
    answers: tuple[AnswerRule, ...] = ()
