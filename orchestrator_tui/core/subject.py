"""Subjects of the form ``[WF-N] slug (pipeline) — Stage n/8: name`` (seed 002; they fill in what metadata lacks)."""

from __future__ import annotations

import re

from orchestrator_tui.core.frozen import frozen

# Any dash will do, and any blanks; the slug holds only what can be drawn as it is.
_SUBJECT = re.compile(
    r"""\s*\[WF-(?P<number>\d{1,6})\]\s+
    (?P<slug>\w[\w./-]{0,127}?)
    (?:\s*\((?P<pipeline>\w[\w./\x20-]{0,63})\))?
    (?:(?:\s*[\u2014\u2013\u2015]\s*|\s+--?\s*)
       Stage\s+(?P<stage>\d{1,3})(?:\s*/\s*(?P<stages>\d{1,3}))?
       (?:\s*[:\u2014\u2013\u2015-]\s*(?P<name>\S.*?)?)?
    )?\s*""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


@frozen
class SubjectFacts:
    """What a subject says; ``pipeline``, ``stage``, ``stages`` and ``stage_name`` are "" or None where it does not."""

    number: int
    slug: str
    pipeline: str
    stage: int | None
    stages: int | None
    stage_name: str


def parse_subject(subject: str) -> SubjectFacts | None:
    """The facts in a workflow task's subject, or None when it is not of that form. ``stage_name`` is raw."""
    match = _SUBJECT.fullmatch(subject[:500])
    if match is None:
        return None
    stage, stages = match["stage"], match["stages"]
    return SubjectFacts(
        number=int(match["number"]),
        slug=match["slug"],
        pipeline=(match["pipeline"] or "").strip(),
        stage=int(stage) if stage else None,
        stages=int(stages) if stages else None,
        stage_name=match["name"] or "",
    )
