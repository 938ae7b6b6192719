"""The dashboard of seed 002 as text: one block a track with its strip of stages, while a batch runs and at its end."""

from __future__ import annotations

import unicodedata

from orchestrator_tui.core.report.model import Report, StageTold, TrackTold
from orchestrator_tui.core.report.outcome import ACTIVE, DONE, MERGED
from orchestrator_tui.core.report.words import count, duration, short

WIDTH = 78
LEGEND = "✓ complete · → in progress · ⚠ gate blocked · ○ pending · – skipped · ✗ failed"

_SIGNS = {"pending": "○", "running": "→", "gate": "⚠", "done": "✓", "skipped": "–", "failed": "✗"}
_INNER = WIDTH - 4


def dashboard(report: Report) -> str:
    """The whole dashboard; of a batch that has ended the final one, with what was shipped and what needs attention."""
    active = sum(one.outcome == ACTIVE for one in report.tracks)
    title = f"{report.title} — COMPLETE" if report.ended else f"{report.title} — {count(active, 'active track')}"
    lines = [_rule("╔", "╗"), _row(title), _rule("╠", "╣"), _row("")]
    for number, track in enumerate(report.tracks, start=1):
        lines += [_row(one) for one in _block(report, number, track)]
        lines.append(_row(""))
    lines += [_rule("╠", "╣"), *(_row(one) for one in _footer(report)), _rule("╚", "╝")]
    return "\n".join([*lines, f"  {LEGEND}"])


def strip(track: TrackTold, waits: bool) -> str:
    """``✓1 ✓2 ⚠3 ○4``: a sign and a number a stage; the stage at hand is blocked where the track waits, or failed."""
    lost = track.outcome not in (MERGED, DONE, ACTIVE)

    def sign(stage: StageTold) -> str:
        if stage.index == track.stage and waits:
            return "⚠"
        return "✗" if lost and stage.status == "running" else _SIGNS[stage.status]

    return " ".join(f"{sign(one)}{one.index}" for one in track.stages)


def _block(report: Report, number: int, track: TrackTold) -> list[str]:
    question = next((one for one in report.gates if one.track == track.slug and one.state == "open"), None)
    head = f"[{number}] {track.slug} ({track.workflow or track.kind})"
    badge = _badge(track, waits=question is not None)
    stage = next((one for one in track.stages if one.index == track.stage), None)
    told = [_spread(head, badge)]
    if track.outcome in (MERGED, DONE):
        told.append(f"    {_shipped(report, track)}")
    elif stage is not None:
        detail = "NEEDS DECISION" if question is not None else track.why or track.state.replace("_", " ")
        name = f": {stage.name}" if stage.name else ""
        told.append(f"    Stage {stage.index}/{len(track.stages)}{name} — {detail}")
    else:
        told.append(f"    {track.why or track.state.replace('_', ' ')}")
    if track.stages:
        told.append(f"    {strip(track, question is not None)}")
    if question is not None:
        told.append(f"    Decision: {question.question}")
    if track.outcome not in (MERGED, DONE, ACTIVE) and track.worktree:
        told.append(f"    Worktree: {track.worktree} (preserved for inspection)")
    return told


def _badge(track: TrackTold, *, waits: bool) -> str:
    if waits:
        return "⚠ GATE"
    if track.outcome in (MERGED, DONE):
        return "✓ Shipped" if track.outcome == MERGED else "✓ DONE"
    return "" if track.outcome == ACTIVE else "⚠ Needs Attention"


def _shipped(report: Report, track: TrackTold) -> str:
    way = [f"PR {track.pr}"] if track.pr else []
    way += [f"merged {short(track.merged_sha)}".rstrip()] if track.outcome == MERGED else ["done"]
    way += [f"{environment}: {result}" for environment, result in track.deployed]
    return " → ".join(way)


def _footer(report: Report) -> list[str]:
    counted = report.measures
    if not report.ended:
        pending = sum(one.state == "open" for one in report.gates)
        resolved = counted.gates_by_rule + counted.gates_by_person
        return [f"Elapsed: {duration(report.took_ms)} │ Gates resolved: {resolved} │ Pending decisions: {pending}"]
    shipped = sum(one.outcome in (MERGED, DONE) for one in report.tracks)
    return [
        f"Total: {shipped} shipped, {len(report.tracks) - shipped} need attention",
        f"Gates resolved autonomously: {counted.gates_by_rule}",
        f"Gates escalated to user: {counted.gates_by_person}",
        f"Elapsed: {duration(report.took_ms)}",
        *([f"Readiness: {report.verdict}"] if report.verdict else []),
    ]


# --- the box -----------------------------------------------------------------------------------------------


def _rule(left: str, right: str) -> str:
    return left + "═" * (WIDTH - 2) + right


def _row(text: str) -> str:
    text = _cut(text, _INNER)
    return f"║ {text}{' ' * (_INNER - _cells(text))} ║"


def _spread(left: str, right: str) -> str:
    left = _cut(left, _INNER - _cells(right) - 1)
    return left + " " * (_INNER - _cells(left) - _cells(right)) + right


def _cells(text: str) -> int:
    """How many cells of a terminal a text takes, as far as Unicode tells."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text
    )


def _cut(text: str, most: int) -> str:
    if _cells(text) <= most:
        return text
    while text and _cells(text) > most - 1:
        text = text[:-1]
    return f"{text}…"
