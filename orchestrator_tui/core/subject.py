"""Subjects of the form ``[WF-N] slug (pipeline) — Stage n/8: name`` (seed 002; they fill in what metadata lacks)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SUBJECT = re.compile(
    r"""
    \[WF-(?P<number>\d{1,6})\]\s+
    (?P<slug>[^\s()]+)
    (?:\s+\((?P<pipeline>[^()]{1,64})\))?
    (?:\s*[\u2014\u2013-]\s*Stage\s+(?P<stage>\d{1,3})\s*/\s*(?P<stages>\d{1,3})(?:\s*:\s*(?P<name>.+?))?)?
    \s*
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class SubjectFacts:
    """What a subject says; ``stage``, ``stages`` and ``stage_name`` are absent where it does not say them."""

    number: int
    slug: str
    pipeline: str
    stage: int | None
    stages: int | None
    stage_name: str


def parse_subject(subject: str) -> SubjectFacts | None:
    """The facts in a workflow task's subject, or None when it is not of that form."""
    match = _SUBJECT.fullmatch(subject[:500])
    if match is None:
        return None
    stage, stages = match["stage"], match["stages"]
    return SubjectFacts(
        number=int(match["number"]),
        slug=match["slug"],
        pipeline=match["pipeline"] or "",
        stage=int(stage) if stage else None,
        stages=int(stages) if stages else None,
        stage_name=match["name"] or "",
    )
