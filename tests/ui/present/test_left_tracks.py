"""Tracks that were under way when their run was stopped: nobody works on them, and no row says that somebody does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import State
from orchestrator_tui.core.queries import TrackKey, counts, standing
from orchestrator_tui.ui.present.glyphs import UNICODE
from orchestrator_tui.ui.present.stages import present_stages
from orchestrator_tui.ui.present.track_row import TrackScene, lasting_row
from tests.core.run_builders import RunLedger


@pytest.fixture
def run() -> RunLedger:
    """One track at work, one that a person was asked about, one that never began."""
    run = RunLedger()
    for slug in ("limiter", "fix-clock"):
        run.start(slug)
        run.begin(slug)
    run.move("fix-clock", "escalated")
    return run


def test_of_a_run_that_was_stopped_no_track_is_at_work(run: RunLedger) -> None:
    before = counts(State({run.batch.id: run.batch}))
    assert (before.working, before.failed) == (2, 0)
    run.must(Draft("batch_ended", {"outcome": "stopped"}))
    after = counts(State({run.batch.id: run.batch}))
    assert (after.working, after.failed, after.pending) == (0, 2, 1)
    assert run.track("limiter").state == "running", "what became of it is left as it was"


def test_its_rows_say_what_was_left_and_their_clocks_stand(run: RunLedger) -> None:
    run.must(Draft("batch_ended", {"outcome": "stopped"}))
    state = State({run.batch.id: run.batch})
    scene = TrackScene(state, UNICODE, {}, {})
    told = {}
    for slug in ("limiter", "fix-clock", "docs"):
        lasting = lasting_row(run.track(slug), scene)
        assert lasting.since is None
        told[slug] = (lasting.row.glyph, "".join(part.text for part in lasting.row.strip), lasting.row.now)
    assert told == {
        "limiter": ("✗", "✗○○○", "left unfinished"),
        "fix-clock": ("✗", "✗○○○", "left unfinished"),
        "docs": ("○", "○○○○", "never begun"),
    }
    ended = run.track("limiter").ended_at
    assert ended is not None
    later = replace(ended, wall_ms=ended.wall_ms + 60_000, boot_ms=ended.boot_ms + 60_000)
    key = TrackKey(run.batch.id, "limiter")
    assert present_stages(state, key, later, UNICODE).rows == present_stages(state, key, ended, UNICODE).rows


def test_a_run_that_is_complete_keeps_what_its_tracks_were(run: RunLedger) -> None:
    """Where a workflow ends with work that its person finishes, nothing of that was left."""
    run.move("fix-clock", "approved")
    run.must(Draft("batch_ended", {"outcome": "completed"}))
    assert run.track("fix-clock").ended_at is None
    run.move("fix-clock", "done")
    assert standing(run.track("fix-clock")) == "done"
