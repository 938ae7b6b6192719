"""The files of seed 000 against files written by hand: cards, reports, brief, summary, checkpoint of a session."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import yaml

from orchestrator_tui.cli.exporting import as_text
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.exports.registry import EXPORTS
from orchestrator_tui.core.exports.track_report import STATES
from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.schedule.paths import spec_folder
from tests.core.builders import START
from tests.core.run_builders import REVIEW, WORKFLOW, RunLedger, running
from tests.runtime.run.test_discovery import FORM

GOLDEN = Path(__file__).parent / "golden" / "tracks"


def written(ledger: RunLedger, name: str, path: str = "") -> str:
    """The one file of an export, or the one of this path."""
    found = {one.path: as_text(one) for one in EXPORTS[name](ledger.batch, START)}
    return found[path] if path else next(iter(found.values()))


def golden(name: str) -> str:
    return (GOLDEN / name).read_text("utf-8")


def scouted(text: str = "") -> RunLedger:
    """A run whose scout has a form to fill, and has written this."""
    form = dict(FORM)
    ledger = running(batch_works=(replace(WORKFLOW.batch_works[0], form=form), WORKFLOW.batch_works[1]))
    if text:
        ledger.must(Draft("stage_entered", {"track": BATCH_TRACK, "stage": 1}))
        path = f"{spec_folder(ledger.batch, ledger.track(BATCH_TRACK))}/discovery.md"
        ledger.must(Draft("artefact_read", {"track": BATCH_TRACK, "path": path, "text": text}))
        ledger.judge(BATCH_TRACK)
    return ledger


# --- the checkpoint ------------------------------------------------------------------------------------------


def checkpointed() -> RunLedger:
    """Two tracks merged, one blocked with a question open."""
    ledger = running()
    ledger.ship("fix-clock", "src/session/clock.py", "tests/session/test_clock.py")
    ledger.find("limiter", "f-2", "follow-up", "name the window in the log")
    ledger.ship("limiter", "src/api/limiter.py", "tests/api/test_limiter.py")
    ledger.start("docs")
    ledger.ask("docs", question="Which of the two header names?", stage=1)
    ledger.move("docs", "blocked", "the header names are not decided")
    return ledger


def test_the_checkpoint_of_a_session_tells_where_the_batch_is() -> None:
    """[000-091] [000-092] [000-093] [000-094] [000-095] [000-096] [000-097] [000-098] [000-099] [000-100]"""
    assert written(checkpointed(), "session") == golden("SESSION.md")


def test_its_twin_for_programs_tells_the_same() -> None:
    """[000-111]"""
    assert written(checkpointed(), "handoff") == golden("HANDOFF.json")


def test_when_all_are_merged_the_integration_gate_is_next() -> None:
    """[000-093] [000-099]"""
    ledger = running()
    for slug in ("fix-clock", "limiter", "docs"):
        ledger.ship(slug)
    text = written(ledger, "session")
    assert 'current-phase: "track-docs-merged"\nnext-action: "run integration gate"\n' in text
    assert "## Open Questions\n## Blockers\n## Failed Hypotheses\n" in text


def test_before_the_first_merge_there_is_no_checkpoint() -> None:
    assert EXPORTS["session"](running().batch, START) == ()
    assert EXPORTS["handoff"](running().batch, START) == ()


def test_whatever_a_batch_is_called_its_frontmatter_is_yaml() -> None:
    ledger = running()
    ledger.ship("limiter")
    ledger.batch = replace(ledger.batch, title='a "quoted": title --- # \\ ü')
    _, head, _ = written(ledger, "session").split("---\n", 2)
    assert yaml.safe_load(head)["current-task"] == 'a "quoted": title --- # \\ ü'


# --- tracks ----------------------------------------------------------------------------------------------------


def revising() -> RunLedger:
    """One track merged, one in its first revision, one not begun."""
    ledger = running()
    ledger.ship("fix-clock", "src/session/clock.py", "tests/session/test_clock.py")
    ledger.build("limiter")
    ledger.inspect("limiter", "src/api/limiter.py", "tests/api/test_limiter.py", added=60, removed=4)
    ledger.find("limiter", "R2", title="burst window off by one when clock skews", file="src/api/limiter.py", line=42)
    ledger.find("limiter", "R3", "follow-up", "load test under 200 rps")
    told = {"track": "limiter", "trigger": "no progress in 3 checks", "action": "continuation nudge", "number": 1}
    ledger.must(Draft("rescue_recorded", {**told, "rationale": "cheaper than rescue", "outcome": "resumed"}))
    ledger.review("limiter", "REQUIRES_REWORK")
    ledger.check("limiter", "unit", "fail")
    ledger.move("limiter", "revising")
    return ledger


def test_a_track_report_has_the_fields_and_the_order_of_the_template() -> None:
    """[000-052] [000-065] [000-075] [000-089]"""
    assert written(revising(), "track-reports", "track-report-limiter.md") == golden("track-report-limiter.md")


def test_every_track_has_a_card_before_it_begins() -> None:
    """[000-038] [000-040] [000-041]"""
    assert written(revising(), "track-cards") == golden("tracks.md")


def test_a_report_exists_from_the_first_moment_on_and_ends_with_its_final_state() -> None:
    """[000-052] [000-061] [000-080] [000-109]"""
    begun = written(running(), "track-reports", "track-report-limiter.md")
    assert "State: pending\nValidation outcome: not-run\nCommit status: not yet committed\n" in begun
    ledger = revising()
    assert "State: merged\n" in written(ledger, "track-reports", "track-report-fix-clock.md")
    ledger.move("limiter", "abandoned", "rescue failed")
    ended = written(ledger, "track-reports", "track-report-limiter.md")
    assert "State: abandoned\n" in ended
    assert "2 files changed, +60 -4" in ended
    assert "- R2 burst window off by one" in ended
    assert "rescue failed" in ended


def test_every_state_of_ours_has_one_of_the_source() -> None:
    """[000-038]"""
    known = "pending active review revision merged rescue serialized escalated blocked abandoned".split()
    assert set(STATES) == set(TrackState)
    assert set(STATES.values()) == set(known)


# --- the batch -------------------------------------------------------------------------------------------------


def test_the_batch_summary_has_its_five_parts_and_the_measures() -> None:
    """[000-083] [000-084] [000-085] [000-086] [000-087] [000-109]"""
    ledger = scouted("Task summary: all")
    ledger.ship("fix-clock", "src/session/clock.py", "tests/session/test_clock.py")
    ledger.build("limiter")
    ledger.find("limiter", "R3", "follow-up", "load test under 200 rps")
    ledger.review("limiter", "REQUIRES_REWORK")
    ledger.attempt("limiter")
    ledger.judge("limiter")
    ledger.review("limiter")
    ledger.merge("limiter")
    ledger.check(BATCH_TRACK, "suite")
    ledger.start("docs")
    told = {"track": "docs", "trigger": "no progress", "action": "fresh agent", "outcome": "stuck again"}
    ledger.must(Draft("rescue_recorded", {**told, "rationale": "the rest is small"}))
    ledger.move("docs", "abandoned", "rescue failed")
    ledger.phase("stopped")
    work = ledger.track("limiter").work
    assert work is not None
    assert work.entries[REVIEW] == 2
    assert written(ledger, "batch-summary") == golden("batch-summary.md")


def test_the_brief_is_what_the_scout_wrote_field_by_field() -> None:
    """[000-046]"""
    assert written(scouted(golden("discovery-brief.md")), "discovery-brief") == golden("discovery-brief.md")


def test_a_discovery_that_was_skipped_has_a_brief_with_its_reason() -> None:
    """[000-049]"""
    ledger = scouted()
    assert EXPORTS["discovery-brief"](ledger.batch, START) == ()
    skipped = {"track": BATCH_TRACK, "stages": [1], "by": "ann", "reason": "one already triaged review comment"}
    ledger.must(Draft("stages_skipped", skipped))
    assert written(ledger, "discovery-brief") == golden("discovery-brief-skipped.md")
