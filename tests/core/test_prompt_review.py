"""What a reviewer is told: diff and criteria; nothing that the author said, thought or was told (seed 000, §1)."""

from __future__ import annotations

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.prompt import dispatch_prompt
from tests.core.golden import assert_golden
from tests.core.run_builders import BUILD, REVIEW, RunLedger, running

DIFF = "diff --git a/src/api/limiter.py b/src/api/limiter.py\n+    if count > 100:\n+        return 429"


def talkative() -> RunLedger:
    """An author who says the word WHISPER wherever an author can say anything."""
    ledger = running()
    ledger.start("limiter")
    ledger.begin("limiter")
    ledger.must(
        Draft("note_added", {"track": "limiter", "text": "note WHISPER", "by": "agent:limiter"}),
        Draft("activity_seen", {"track": "limiter", "text": "activity WHISPER"}),
        Draft("track_reported", {"track": "limiter", "progress": "progress WHISPER", "fingerprint": "WHISPER"}),
        Draft("stage_changed", {"track": "limiter", "stage": BUILD, "status": "running", "detail": "detail WHISPER"}),
        Draft("message_sent", {"track": "limiter", "message": "m-1", "text": "message WHISPER", "by": "ann"}),
        Draft("track_changed", {"track": "limiter", "changes": {"problem": "problem WHISPER", "owner": "WHISPER"}}),
    )
    ledger.ask("limiter", question="question WHISPER", context="context WHISPER")
    ledger.answer(reason="reason WHISPER", text="text WHISPER")
    ledger.end("limiter", verdict="DONE", summary="summary WHISPER")
    ledger.check("limiter", "unit", "pass", "check WHISPER")
    ledger.judge("limiter", "rejected", "problem WHISPER")
    ledger.rescue("limiter", "outcome WHISPER")
    ledger.attempt("limiter", "revise", verdict="DONE", summary="again WHISPER")
    ledger.inspect("limiter", "src/api/limiter.py", "tests/api/test_limiter.py", added=40, removed=2)
    ledger.judge("limiter")
    ledger.enter("limiter", REVIEW, "why WHISPER")
    return ledger


def test_a_reviewer_is_told_diff_and_criteria() -> None:
    """[000-014] [000-015] [000-063] [000-064]"""
    ledger = talkative()
    ledger.find("limiter", "f-3", title="the header is missing", file="src/api/app.py", line=12)
    assert_golden("prompt-review.txt", dispatch_prompt(ledger.batch, ledger.track("limiter"), diff=DIFF))


def test_nothing_that_the_author_said_reaches_the_reviewer() -> None:
    """[000-012] [000-014] [000-016]"""
    ledger = talkative()
    told = dispatch_prompt(ledger.batch, ledger.track("limiter"), skill="skill WHISPER", diff=DIFF)
    assert "WHISPER" not in told
    assert "the 101st request within a minute gets 429" in told
    assert "unit: pytest tests/api -q" in told
    assert "if count > 100" in told


def test_a_second_round_gets_the_open_findings_by_id_and_no_settled_ones() -> None:
    ledger = talkative()
    ledger.find("limiter", "f-3", title="the header is missing")
    ledger.find("limiter", "f-4", title="the window is off")
    ledger.close("limiter", "f-4")
    told = dispatch_prompt(ledger.batch, ledger.track("limiter"), diff=DIFF)
    assert "f-3 [blocker] the header is missing" in told
    assert "f-4" not in told


def test_a_review_that_is_done_again_hears_why_its_own_try_did_not_count() -> None:
    ledger = talkative()
    ledger.attempt("limiter", "review", summary="looked fine")
    ledger.judge("limiter", "rejected", "it ended without a verdict: APPROVED or REQUIRES_REWORK, on a line of its own")
    told = dispatch_prompt(ledger.batch, ledger.track("limiter"), diff=DIFF)
    assert "it ended without a verdict" in told
    assert "WHISPER" not in told


def test_files_outside_of_the_scope_are_marked() -> None:
    ledger = talkative()
    ledger.inspect("limiter", "src/api/limiter.py", "src/billing/sum.py", outside=["src/billing/sum.py: is read-only"])
    told = dispatch_prompt(ledger.batch, ledger.track("limiter"), diff=DIFF)
    assert "- src/billing/sum.py  (outside of the scope)" in told
    assert "- src/api/limiter.py\n" in told
