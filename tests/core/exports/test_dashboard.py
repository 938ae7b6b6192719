"""The dashboards of seed 002, running and final, character by character as its users know them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator_tui.core.exports.dashboard import HEADING, dashboard_files
from orchestrator_tui.core.report.dashboard import WIDTH, _cells, dashboard
from orchestrator_tui.core.report.summary import batch_summary
from tests.core.builders import MINUTE
from tests.core.pipelines import Pipelines, at_work, over

GOLDEN = Path(__file__).with_name("golden")


def shown(ledger: Pipelines) -> str:
    (document,) = dashboard_files(ledger.batch, ledger.now)
    assert document.path == "dashboard.txt"
    return str(document.content)


def test_the_running_dashboard_is_the_sources_own() -> None:
    """[002-09] [002-10] [002-11] [002-76] [002-77] [002-78]"""
    assert shown(at_work()) == (GOLDEN / "dashboard-running.txt").read_text("utf-8")


def test_the_final_dashboard_is_the_sources_own() -> None:
    """[002-103] [002-104] [002-105] [002-32]"""
    assert shown(over()) == (GOLDEN / "dashboard-final.txt").read_text("utf-8")


@pytest.mark.parametrize("state", ["stopped", "failed"])
def test_a_batch_that_was_not_completed_does_not_say_so(state: str) -> None:
    ledger = over()
    told = dashboard(replace(batch_summary(ledger.batch, ledger.now), state=state), HEADING)
    assert f" — {state.upper()} " in told.splitlines()[1]
    assert "COMPLETE" not in told


def test_a_pipeline_that_has_not_started_is_at_stage_0() -> None:
    assert "║      Stage 0/8 — pending" in shown(Pipelines())


def test_a_skipped_stage_has_a_sign_of_its_own_that_the_legend_explains() -> None:
    ledger = at_work()
    assert "skipped" not in shown(ledger)
    report = batch_summary(ledger.batch, ledger.now)
    track = report.tracks[0]
    stages = (*track.stages[:2], replace(track.stages[2], status="skipped"), *track.stages[3:])
    text = dashboard(replace(report, tracks=(replace(track, stages=stages),)), HEADING)
    assert "✓1 ✓2 –3 →4 ○5" in text
    assert text.endswith("✗ = failed, – = skipped")


@pytest.mark.parametrize("word", ["a" * 200, "界" * 100, "é" * 90])
def test_whatever_is_told_the_box_stays_a_box(word: str) -> None:
    ledger = at_work()
    ledger.ask("profile-sharing", "long", question=word)
    ledger.tick(MINUTE)
    report = batch_summary(ledger.batch, ledger.now)
    tracks = tuple(replace(one, slug=word, why=word, place=f"../{word}") for one in report.tracks)
    for ended in (False, True):
        text = dashboard(replace(report, title=word, tracks=tracks, ended=ended))
        assert {_cells(line) for line in text.splitlines()[:-1]} == {WIDTH}


def test_a_worktree_whose_path_is_long_is_named_whole_as_far_as_it_fits() -> None:
    """[002-103]"""
    ledger = over()
    report = batch_summary(ledger.batch, ledger.now)
    track = replace(report.tracks[0], place="../the-worktrees-of-the-shop/profile-sharing")
    text = dashboard(replace(report, tracks=(track,)))
    assert "║      Worktree: ../the-worktrees-of-the-shop/profile-sharing" in text
    assert "║      (preserved for inspection)" in text
