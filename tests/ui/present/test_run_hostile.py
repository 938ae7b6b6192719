"""Text from agents, plans and checks is never obeyed by a terminal, wherever a run shows it."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, State
from orchestrator_tui.core.queries import TrackKey
from orchestrator_tui.ui.present.card import present_card
from orchestrator_tui.ui.present.card_lines import card_lines
from orchestrator_tui.ui.present.cells import Line
from orchestrator_tui.ui.present.glyphs import UNICODE
from orchestrator_tui.ui.present.headline import headline_line, present_headline
from orchestrator_tui.ui.present.markdown import markdown_lines
from orchestrator_tui.ui.present.pieces import piece_lines
from orchestrator_tui.ui.present.plan import present_plan
from orchestrator_tui.ui.present.plan_lines import plan_lines
from orchestrator_tui.ui.present.stages import present_stages, stage_lines
from orchestrator_tui.ui.present.tool_input import input_pieces
from orchestrator_tui.ui.present.track import present_track, track_lines
from orchestrator_tui.ui.present.tracks import present_tracks, track_columns, track_line
from tests.hostile_text import ALL_PAYLOADS, forbidden
from tests.ui import run_states
from tests.ui.drawing import text_of
from tests.ui.states import NOW, ZONE

KEPT = {"slug", "batch", "id", "kind", "state", "phase", "track", "status", "digest", "source", "severity", "result"}
"""Fields that are ours, or that tell things apart: their values stay."""


def poisoned(value: Any, text: str) -> Any:
    """``value`` with ``text`` at the end of every text from outside."""
    if isinstance(value, str) and type(value) is str:
        return value + text
    if isinstance(value, Instant):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        named = {one.name for one in fields(value)} - KEPT
        return replace(value, **{name: poisoned(getattr(value, name), text) for name in named})
    if isinstance(value, tuple):
        return tuple(poisoned(one, text) for one in value)
    if isinstance(value, list):
        return [poisoned(one, text) for one in value]
    if isinstance(value, dict):
        return {key: one if key in KEPT else poisoned(one, text) for key, one in value.items()}
    return value


def hostile(state: State, text: str) -> Batch:
    batch = state.batches[run_states.BATCH]
    tracks = {slug: poisoned(track, text) for slug, track in batch.tracks.items()}
    gates = {name: poisoned(gate, text) for name, gate in batch.gates.items()}
    assert batch.run is not None
    run = poisoned(replace(batch.run, workflows={}), text)
    return replace(batch, title=batch.title + text, tracks=tracks, gates=gates, run=run, recent=())


def everything(batch: Batch, text: str) -> Iterator[Line]:
    state = State({batch.id: batch})
    plan = present_plan(batch)
    assert plan is not None
    yield from plan_lines(plan, 76, UNICODE)
    yield headline_line(present_headline(state, NOW, UNICODE), 200)
    tracks = present_tracks(state, NOW, UNICODE)
    columns = track_columns(tracks, 200)
    yield from (track_line(row, columns, 200) for row in tracks.rows.values())
    for slug in batch.tracks:
        key = TrackKey(batch.id, slug)
        yield from track_lines(present_track(state, key, NOW, UNICODE, ZONE), 76)
        yield from stage_lines(present_stages(state, key, NOW, UNICODE), 120)
    for name, gate in batch.gates.items():
        yield from card_lines(present_card(state, run_states.gate_key(name), NOW, UNICODE, ZONE), 80)
        yield from piece_lines(input_pieces(replace(gate, digest=text)), 80)
    yield from markdown_lines(f"# {text}\n- {text}\n| {text} |\n```\n{text}\n```\n{text}", 80, UNICODE)


@pytest.mark.parametrize("name", ["waiting_plan", "running", "ended"])
def test_nothing_a_terminal_could_obey_is_in_any_line(name: str) -> None:
    state: State = getattr(run_states, name)()
    for payload in (*ALL_PAYLOADS, "".join(ALL_PAYLOADS), "\n".join(ALL_PAYLOADS)):
        for line in everything(hostile(state, payload), payload):
            shown = text_of(line)
            assert forbidden(shown) == [], payload
            assert "\n" not in shown, payload
            assert "\t" not in shown, payload
