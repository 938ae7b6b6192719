"""Stage strips: ``✓✓→○○○○○`` in a row of the tracks, ``✓1 ✓2 ⚠3 ○4`` where there is room (seed 002, dashboard)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from orchestrator_tui.core.gate_refusals import HELD_KINDS
from orchestrator_tui.core.model import Gate, StageStatus, Track
from orchestrator_tui.core.queries import has_stopped, is_left
from orchestrator_tui.ui.present.cells import Line, Part, line_width
from orchestrator_tui.ui.present.glyphs import STAGE_TOKENS, Glyphs, stage_glyph

STRIP_LIMIT = 12
"""Stages beyond which a row of the tracks shows only their number."""

_LEFT = dict.fromkeys((StageStatus.RUNNING, StageStatus.GATE), StageStatus.FAILED)


def stage_states(track: Track, gates: Iterable[Gate]) -> tuple[tuple[int, StageStatus], ...]:
    """Number and shown status of each stage: one with an open gate of its own waits, whatever it says.

    Of a track that was left when its run ended, was given up or has failed, no stage is under way any more.
    """
    gates = tuple(gates)
    if is_left(track) or (has_stopped(track) and not gates):
        return tuple((stage.index, _LEFT.get(stage.status, stage.status)) for stage in track.stages)
    asked = {gate.question.stage for gate in gates if gate.question.kind not in HELD_KINDS}
    return tuple((stage.index, StageStatus.GATE if stage.index in asked else stage.status) for stage in track.stages)


def short_strip(track: Track, gates: Iterable[Gate], glyphs: Glyphs) -> Line:
    """One sign a stage; nothing when there are too many to show."""
    if not 0 < len(track.stages) <= STRIP_LIMIT:
        return ()
    parts: list[Part] = []
    for _, status in stage_states(track, gates):
        glyph, token = stage_glyph(status, glyphs), STAGE_TOKENS[status]
        if parts and parts[-1].token == token:
            parts[-1] = Part(parts[-1].text + glyph, token)
        else:
            parts.append(Part(glyph, token))
    return tuple(parts)


def long_strip(track: Track, gates: Iterable[Gate], glyphs: Glyphs, width: int) -> Line:
    """A sign and a number a stage; stages far from the current one are left out when ``width`` is short."""
    states = stage_states(track, gates)
    pieces = [Part(f"{stage_glyph(status, glyphs)}{index}", STAGE_TOKENS[status]) for index, status in states]
    here = next((place for place, (index, _) in enumerate(states) if index == track.stage), 0)
    first, last = 0, len(pieces)
    while last - first > 1 and _strip_width(pieces[first:last]) > width:
        if here - first > last - 1 - here:
            first += 1
        else:
            last -= 1
    parts: list[Part] = []
    for place, piece in enumerate(pieces[first:last]):
        parts += [Part(" "), piece] if place else [piece]
    return tuple(parts)


def _strip_width(pieces: Sequence[Part]) -> int:
    return line_width(pieces) + len(pieces) - 1
