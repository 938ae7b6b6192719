"""What speaks for and against an answer to a gate of the engine: tries, findings, breaches, what it is bound to."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator_tui.core.instant import elapsed_ms
from orchestrator_tui.core.model import Gate, Track
from orchestrator_tui.core.records import Attempt, Finding
from orchestrator_tui.core.schedule.rules import RESOLVING
from orchestrator_tui.ui.present.ages import duration
from orchestrator_tui.ui.present.cells import Line, Part, clean
from orchestrator_tui.ui.present.glyphs import Glyphs
from orchestrator_tui.ui.present.run_subject import subject_facts
from orchestrator_tui.ui.present.words import model_name

Row = tuple[str, Line]

MOST_ROWS = 6
"""Tries and findings that a card names; the track's own screen has all."""

_TRIES = frozenset({"cap", "review", "disagreement", "scope", "escalation", "checks", "conflict", "mismatch"})
_CONFLICT = "conflict"
_WEIGHT = {"blocker": 0, "concern": 1, "follow-up": 2}


def run_rows(gate: Gate, track: Track | None, glyphs: Glyphs) -> tuple[Row, ...]:
    """Labelled facts about a gate that the engine asked."""
    bound = ", ".join(f"{name} {value}" for name, value in subject_facts(gate.question))
    rows: list[Row] = [("Bound to", (Part(bound),))] if bound else []
    if track is None:
        return tuple(rows)
    if gate.question.kind in _TRIES:
        # A conflict is resolved between the stages.
        stage = gate.question.stage if gate.question.kind != _CONFLICT else RESOLVING
        rows += [("Tries", line) for line in _tries(track, stage, glyphs)]
    rows += [("Findings", line) for line in _findings(track)]
    rows += [("Outside", line) for line in _outside(track, gate.question.kind == _CONFLICT)]
    return tuple(rows)


def _tries(track: Track, stage: int | None, glyphs: Glyphs) -> Iterator[Line]:
    tried = [one for one in track.attempts if one.stage == stage and one.ended_at is not None]
    for attempt in tried[-MOST_ROWS:]:
        yield (Part(f"#{attempt.number} {_outcome(attempt, glyphs)}"),)


def _outcome(attempt: Attempt, glyphs: Glyphs) -> str:
    told = clean(attempt.verdict or attempt.outcome, 60).replace("_", " ")
    spent = duration(elapsed_ms(attempt.started_at, attempt.ended_at)) if attempt.ended_at is not None else ""
    words = ", ".join(word for word in (told, spent, model_name(attempt.model)) if word)
    summary = clean(attempt.summary, 200)
    return f"{words}: {summary}" if summary else words


def _findings(track: Track) -> Iterator[Line]:
    waiting = sorted(
        (one for one in track.findings if one.state == "open"),
        key=lambda one: (_WEIGHT.get(one.severity, 3), -one.times),
    )
    seen: set[tuple[str, str]] = set()
    for finding in waiting:
        if (finding.title, finding.file) in seen or len(seen) >= MOST_ROWS:
            continue
        seen.add((finding.title, finding.file))
        yield (Part(finding_words(finding), "risk-failure" if finding.severity == "blocker" else ""),)


def finding_words(finding: Finding) -> str:
    """``blocker: the lock is a symptom (src/session/refresh.py:41), said 2 times``."""
    place = clean(finding.file, 200) + (f":{finding.line}" if finding.file and finding.line else "")
    where = f" ({place})" if place else ""
    again = f", said {finding.times} times" if finding.times > 1 else ""
    return f"{clean(finding.severity, 12)}: {clean(finding.title, 300)}{where}{again}"


def _outside(track: Track, conflict: bool) -> Iterator[Line]:
    """What was changed beyond the scope; the files of a conflict that is asked about cannot but be changed."""
    work = track.work
    asked = tuple(f"{file} " for file in work.conflicts) if work is not None and conflict else ()
    seen = () if work is None or work.inspection is None else work.inspection.outside
    outside = [one for one in seen if not one.startswith(asked)]
    if outside:
        named = ", ".join(clean(path, 120) for path in outside[:8])
        more = f" and {len(outside) - 8} more" if len(outside) > 8 else ""
        yield (Part(f"changed outside of its scope: {named}{more}", "risk-failure"),)
