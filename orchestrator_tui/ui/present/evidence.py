"""What speaks for and against an answer: checks, the change itself, the risk and why, signals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator_tui.core.delivery import ENGINE
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, Gate, Track
from orchestrator_tui.ui.present.ages import age
from orchestrator_tui.ui.present.cells import Line, Part, clean
from orchestrator_tui.ui.present.glyphs import Glyphs
from orchestrator_tui.ui.present.stages import check_parts
from orchestrator_tui.ui.present.words import RISK_NAMES

Row = tuple[str, Line]


def evidence_rows(gate: Gate, track: Track | None, batch: Batch, now: Instant, glyphs: Glyphs) -> tuple[Row, ...]:
    """Labelled facts about a gate, the ones that belong together under one label."""
    return (
        *_facts(gate, track, glyphs),
        *_of_run(gate, track, glyphs),
        *_risk(gate),
        *_signals(gate, batch, now, glyphs),
    )


def _of_run(gate: Gate, track: Track | None, glyphs: Glyphs) -> tuple[Row, ...]:
    if gate.source != ENGINE:
        return ()
    from orchestrator_tui.ui.present.run_evidence import run_rows

    return run_rows(gate, track, glyphs)


def diff_size(subject: Any, glyphs: Glyphs) -> Line:
    """``diff +312 −40`` of a subject that holds a diff, as text or as counts; nothing otherwise."""
    diff = subject.get("diff") if isinstance(subject, Mapping) else None
    if isinstance(diff, Mapping):
        added, removed = diff.get("added"), diff.get("removed")
    elif isinstance(diff, str) and "\n" in diff:
        lines = diff.splitlines()
        added = sum(line.startswith("+") and not line.startswith("+++") for line in lines)
        removed = sum(line.startswith("-") and not line.startswith("---") for line in lines)
    else:
        return ()
    if not isinstance(added, int) or not isinstance(removed, int):
        return ()
    return (Part("diff ", "quiet"), Part(f"+{added:,} {glyphs.minus}{removed:,}"))


def _facts(gate: Gate, track: Track | None, glyphs: Glyphs) -> list[Row]:
    """The checks, and the size of the change after the first of them."""
    facts = [check_parts(check, glyphs) for check in (track.checks if track is not None else ())]
    size = diff_size(gate.question.subject, glyphs)
    if size:
        facts.insert(1, size)
    return [("Evidence", fact) for fact in facts]


def _risk(gate: Gate) -> list[Row]:
    rows: list[Row] = []
    if gate.risk_why:
        rows.append(("Risk", (Part(f"{RISK_NAMES[gate.risk]}: {clean(gate.risk_why, 300)}"),)))
    declared = clean(gate.question.declared_risk, 40)
    if declared and gate.source != ENGINE and declared not in gate.risk_why:
        rows.append(("Agent says", (Part(declared),)))
    return rows


def _signals(gate: Gate, batch: Batch, now: Instant, glyphs: Glyphs) -> list[Row]:
    found = [signal for signal in batch.signals.values() if gate.id == signal.gate or signal.track == gate.track]
    return [
        (
            "Noticed",
            (
                Part(f"{glyphs.gate} ", "gate"),
                Part(clean(signal.text, 300) or clean(signal.kind, 60).replace("_", " ")),
                Part(f"  {age(signal.at, now)} ago", "quiet"),
            ),
        )
        for signal in found
        if signal.kind != "spoof_suspected"
    ]
