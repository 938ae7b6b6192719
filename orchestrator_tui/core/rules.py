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
    """Answers low-risk gates at opening with what their asker recommends; each use names ``id`` (reliability A-8)."""

    id: str
    confidence: frozenset[str]
    max_risk: Risk = Risk.LOW
    kinds: frozenset[str] = frozenset({"task"})
    workflows: frozenset[str] = frozenset()
    stages: frozenset[int] = frozenset()


@frozen
class Rules:
    """Everything that data says about how gates are judged and answered."""

    ladders: Mapping[str, Ladder] = field(default_factory=dict)
    answers: tuple[AnswerRule, ...] = ()
