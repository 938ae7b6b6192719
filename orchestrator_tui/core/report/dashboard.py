"""The dashboard of seed 002 as text: one block a track with its strip of stages, while a batch runs and at its end.

Its box, columns, badges and legend are those of the source, character by character, so that its users know it again.
"""

from __future__ import annotations

import unicodedata

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.queries import stage_place
from orchestrator_tui.core.report.model import Report, StageTold, TrackTold
from orchestrator_tui.core.report.outcome import ACTIVE, DONE, MERGED
from orchestrator_tui.core.report.words import duration

WIDTH = 68
"""Cells of a line: the source's box."""

LEGEND = "Legend: ✓ = complete, → = in progress, ⚠ = gate blocked, ○ = pending, ✗ = failed"
LEGEND_SKIPPED = ", – = skipped"
"""What the source's legend lacks; said where it is used."""

_SIGNS = {"pending": "○", "running": "→", "gate": "⚠", "done": "✓", "skipped": "–", "failed": "✗"}
_INNER = WIDTH - 2
_ITEM, _DETAIL = "  ", "      "
_BADGE_AT = 51
"""The column, within the box, in which the badges of the running dashboard begin."""

_DEPLOYED_WELL = ("healthy", "nothing to do")


@frozen
class Heading:
    """What stands in the title: the name in front, "" for the batch's own, and what tracks are called."""

    title: str = ""
    one: str = "Active Track"
    many: str = "Active Tracks"


def dashboard(report: Report, heading: Heading | None = None) -> str:
    """The whole dashboard; of a batch that has ended the final one, with what was shipped and what needs attention."""
    named = heading or Heading()
    title = named.title or report.title
    active = sum(_is_active(one) for one in report.tracks)
    ending = report.state.upper() if report.state in ("stopped", "failed") else "COMPLETE"
    says = ending if report.ended else f"{active} {named.one if active == 1 else named.many}"
    lines = [_rule("╔", "╗"), _row(_with(f"{_ITEM}{title}", f" — {says}")), _rule("╠", "╣"), _row("")]
    block = _ended if report.ended else _going
    for number, track in enumerate(report.tracks, start=1):
        lines += [_row(one) for one in block(report, number, track)]
        lines.append(_row(""))
    lines += [_rule("╠", "╣"), *(_row(f"{_ITEM}{one}") for one in _footer(report)), _rule("╚", "╝")]
    return "\n".join([*lines, legend(report)])


def legend(report: Report) -> str:
    """What the signs mean; that of skipped stages only where one was skipped."""
    skipped = any(stage.status == "skipped" for track in report.tracks for stage in track.stages)
    return LEGEND + (LEGEND_SKIPPED if skipped else "")


def strip(track: TrackTold, waits: bool) -> str:
    """``✓1 ✓2 ⚠3 ○4``: a sign and a number a stage; the stage at hand is blocked where the track waits, or failed."""
    lost = track.outcome not in (MERGED, DONE, ACTIVE)

    def sign(stage: StageTold) -> str:
        if stage.index == track.stage and waits:
            return "⚠"
        return "✗" if lost and stage.status == "running" else _SIGNS[stage.status]

    return " ".join(f"{sign(one)}{one.index}" for one in track.stages)


def _is_active(track: TrackTold) -> bool:
    """Whether it goes on: what was merged may still have to be deployed."""
    return track.outcome == ACTIVE or (track.outcome == MERGED and track.state != MERGED)


# --- while it runs ---------------------------------------------------------------------------------------------


def _going(report: Report, number: int, track: TrackTold) -> list[str]:
    question = next((one for one in report.gates if one.track == track.slug and one.state == "open"), None)
    through = track.outcome in (MERGED, DONE) and not _is_active(track)
    badge = "⚠ GATE" if question else "✅ DONE" if through else "" if _is_active(track) else "✗ FAILED"
    told = [_badged(f"{_ITEM}[{number}] {track.slug} ({track.workflow or track.kind})", badge)]
    if through and question is None:
        told.append(f"{_DETAIL}Stage {len(track.stages)}/{len(track.stages)}: Complete — {_shipped(track, ', ')}")
    else:
        told.append(f"{_DETAIL}{_stage(track, 'NEEDS DECISION' if question else '')}")
    if track.stages:
        told.append(f"{_DETAIL}{strip(track, question is not None)}")
    if question is not None:
        told.append(f"{_DETAIL}Decision: {question.question}")
    return told


def _stage(track: TrackTold, detail: str) -> str:
    name = next((one.name for one in track.stages if one.index == track.stage), "")
    says = detail or track.why or track.state.replace("_", " ")
    number = stage_place((one.index for one in track.stages), track.stage)
    return f"Stage {number}/{len(track.stages)}{f': {name}' if name else ''} — {says}"


# --- at its end ------------------------------------------------------------------------------------------------


def _ended(report: Report, number: int, track: TrackTold) -> list[str]:
    through = track.outcome in (MERGED, DONE)
    told = [f"{_ITEM}[{number}] {track.slug}    {'✅ Shipped' if through else '⚠ Needs Attention'}"]
    if through:
        told.append(f"{_DETAIL}{_shipped(track, ' → ')}")
    else:
        how = "Stalled" if track.outcome in ("retained", "failed") else track.outcome.replace("_", " ").capitalize()
        told.append(f"{_DETAIL}{how} at Stage {track.stage} — {track.why or track.state.replace('_', ' ')}")
        told += _preserved(track)
    if track.stages:
        told.append(f"{_DETAIL}Stages: {strip(track, False)}")
    return told


def _preserved(track: TrackTold) -> list[str]:
    """Where its work is; what does not fit goes onto a line of its own, since half a path is none."""
    if not track.place:
        return []
    where, kept = f"{_DETAIL}Worktree: {track.place}", "(preserved for inspection)"
    return [f"{where} {kept}"] if _cells(f"{where} {kept}") < _INNER else [where, f"{_DETAIL}{kept}"]


def _shipped(track: TrackTold, between: str) -> str:
    """``PR #12 → merged → deployed to dev``, or ``PR #12 merged, deployed to dev``."""
    well = [environment for environment, result in track.deployed if result in _DEPLOYED_WELL]
    otherwise = [f"{environment}: {result}" for environment, result in track.deployed if result not in _DEPLOYED_WELL]
    way = "merged" if track.outcome == MERGED else "done"
    arrows = between.strip() == "→"
    pr = f"PR {'#' if track.pr.isdigit() else ''}{track.pr}" if track.pr else ""
    head = [pr, way] if pr and arrows else [f"{pr} {way}".strip()]
    return between.join([*head, *([f"deployed to {', '.join(well)}"] if well else []), *otherwise])


def _footer(report: Report) -> list[str]:
    counted, elapsed = report.measures, f"Elapsed: {duration(report.took_ms)}"
    if not report.ended:
        pending = sum(one.state == "open" for one in report.gates)
        resolved = counted.gates_by_rule + counted.gates_by_person
        return [f"{elapsed} │ Gates resolved: {resolved} │ Pending decisions: {pending}"]
    shipped = sum(one.outcome in (MERGED, DONE) for one in report.tracks)
    return [
        f"Total: {shipped} shipped, {len(report.tracks) - shipped} need attention",
        f"Gates resolved autonomously: {counted.gates_by_rule}",
        f"Gates escalated to user: {counted.gates_by_person}",
        elapsed,
    ]


# --- the box -----------------------------------------------------------------------------------------------


def _rule(left: str, right: str) -> str:
    return left + "═" * _INNER + right


def _row(text: str) -> str:
    text = _cut(text, _INNER - 1)
    return f"║{text}{' ' * (_INNER - _cells(text))}║"


def _badged(left: str, badge: str) -> str:
    """The badge in its column; a long name is cut in front of it."""
    if not badge:
        return left
    left = _cut(left, _BADGE_AT - 1)
    return left + " " * (_BADGE_AT - _cells(left)) + badge


def _with(text: str, tail: str) -> str:
    """A text whose end is never cut away."""
    return _cut(text, _INNER - 1 - _cells(tail)) + tail


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
