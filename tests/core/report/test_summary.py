"""Reports: the whole of each form as it was looked at, the verdicts, and nothing of this machine in any of them."""

from __future__ import annotations

import json
import re

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.report.formats import FORMATS
from orchestrator_tui.core.report.model import Report
from orchestrator_tui.core.report.summary import batch_summary, track_report
from orchestrator_tui.core.text import is_clean
from tests.core.builders import HOUR, MINUTE, Ledger, asking, fact
from tests.core.golden import assert_golden
from tests.core.run_builders import REPOSITORY, WORKTREES, RunLedger, completed, running


def mixed() -> RunLedger:
    """One track merged after a second round of review, one waits at a gate, one could not be saved."""
    ledger = running()
    ledger.must(Draft("models_chosen", {"models": {"implementer": "opus", "reviewer": "sonnet"}}))
    ledger.ship("fix-clock", "src/session/clock.py", "tests/session/test_clock.py")
    ledger.check(BATCH_TRACK, "suite", detail="412 passed")
    ledger.build("limiter")
    ledger.find("limiter", "f-1", title="the window is off by one", file=f"{WORKTREES}/limiter/src/api/limiter.py")
    ledger.review("limiter", "REQUIRES_REWORK")
    ledger.ask("limiter", waits_ms=7 * MINUTE, question="Which clock: wall or monotonic?", stage=1)
    ledger.start("docs")
    ledger.attempt("docs", outcome="lost")
    told = {"track": "docs", "trigger": "no progress", "action": "fresh agent", "outcome": "stuck again"}
    ledger.must(Draft("rescue_recorded", {**told, "rationale": "the rest is small"}))
    ledger.move("docs", "abandoned", f"given up: see {REPOSITORY}/docs/limits.md and /home/ann/.ssh/id")
    ledger.must(Draft("worktree_kept", {"track": "docs", "why": "2 files are not committed"}))
    return ledger


def over(*slugs: str) -> RunLedger:
    ledger = completed(slugs or ("fix-clock", "limiter", "docs"))
    ledger.phase("awaiting_user")
    return ledger


def report(ledger: Ledger) -> Report:
    return batch_summary(ledger.batch, ledger.now)


@pytest.mark.parametrize("form", FORMATS)
def test_a_batch_that_goes_on_is_told_in_every_form(form: str) -> None:
    assert_golden(f"report-running.{form}", FORMATS[form](report(mixed())))


@pytest.mark.parametrize("form", ["text", "md"])
def test_a_batch_that_has_ended_is_told_with_its_final_dashboard(form: str) -> None:
    """[002-32] [000-088]"""
    ledger = over()
    ledger.must(Draft("published", {"result": "merged into main", "by": "ann"}))
    ledger.must(Draft("batch_ended", {"outcome": "completed"}))
    assert_golden(f"report-completed.{form}", FORMATS[form](report(ledger)))


def test_a_track_report_has_the_fields_of_a_track_report() -> None:
    ledger = mixed()
    told = FORMATS["md"](track_report(ledger.batch, ledger.track("limiter"), ledger.now))
    assert_golden("report-track.md", told)
    for field in ("Track", "Files", "State", "Validation outcome", "Commit status", "Next action", "Revision rounds"):
        assert f"\n- {field}: " in told, field
    for title in ("Unresolved issues", "Rescue history", "Follow-ups"):
        assert f"\n## {title}\n" in told, title


def watched() -> Ledger:
    ledger = Ledger()
    ledger.see(fact("1", track="cart", stage=2, workflow="ladder-of-eight"), asking(task_id="2", track="login"))
    ledger.tick(6 * MINUTE)
    return ledger


def test_a_watched_batch_has_a_report_too() -> None:
    told = report(watched())
    assert (told.verdict, told.checklist, told.integration) == ("", (), "")
    assert_golden("report-watched.text", FORMATS["text"](told))
    for form in FORMATS.values():
        assert "login" in form(told)


# --- verdicts ----------------------------------------------------------------------------------------------


def verdict(ledger: RunLedger) -> tuple[str, str]:
    told = report(ledger)
    return told.verdict, told.why


def test_everything_merged_and_every_item_passed_is_ready() -> None:
    """[000-082]"""
    assert verdict(over()) == ("ready", "3 tracks came through, and every item of the checklist passes")


def test_something_left_to_do_is_ready_with_follow_ups() -> None:
    ledger = over()
    ledger.find("limiter", "f-2", "follow-up", "load test")
    assert verdict(ledger) == ("ready-with-follow-ups", "1 left to do")
    other = completed(("fix-clock",))
    other.move("limiter", "abandoned", "too large")
    other.move("docs", "skipped", "limiter was given up")
    other.phase("awaiting_user")
    assert report(other).verdict == "ready-with-follow-ups"
    assert report(other).follow_ups == (
        "limiter was not merged: abandoned (too large)",
        "docs was not merged: skipped (limiter was given up)",
    )


def test_a_failing_item_is_not_ready_and_is_named() -> None:
    """[000-082] [000-103] [000-106]"""
    ledger = over()
    ledger.check(BATCH_TRACK, "suite", "fail")
    assert verdict(ledger) == (
        "not-ready",
        "checks: suite (fail): put it right on the integration branch and check again",
    )


def test_a_batch_at_work_is_not_ready() -> None:
    assert verdict(mixed()) == ("not-ready", "the batch is running, 1 of 3 tracks go on")


def test_a_batch_of_which_nothing_came_through_is_not_ready() -> None:
    ledger = completed(())
    for slug in ("limiter", "docs", "fix-clock"):
        ledger.move(slug, "abandoned", "no time")
    ledger.check(BATCH_TRACK, "suite")
    ledger.phase("awaiting_user")
    assert verdict(ledger) == ("not-ready", "nothing was merged")


def test_a_stopped_batch_is_stopped() -> None:
    ledger = mixed()
    ledger.must(Draft("batch_ended", {"outcome": "stopped"}))
    assert verdict(ledger) == ("stopped", "the batch was stopped")
    (limiter, _, _) = report(ledger).tracks
    assert limiter.outcome == "retained", "its work is kept for later"


def test_the_question_whether_to_publish_is_no_follow_up() -> None:
    ledger = over()
    ledger.ask(BATCH_TRACK, kind="publish", question="Bring 3 tracks onto main?")
    assert verdict(ledger)[0] == "ready"


# --- what must not stand in it -----------------------------------------------------------------------------

HOSTILE = (
    "<script>alert(1)</script> [x](javascript:alert(1)) | `rm -rf` **b** # h\n- @ann https://evil.example/ \x1b[2J"
    f"\u202e {REPOSITORY}/src/a.py {WORKTREES}/limiter C:\\Users\\ann\\key /tmp/secret/x /home/ann"
)


def hostile() -> RunLedger:
    ledger = mixed()
    ledger.find("limiter", "f-9", title=HOSTILE, file=HOSTILE)
    ledger.check("limiter", "unit", "fail", HOSTILE)
    ledger.ask("docs", "g-2", question=HOSTILE)
    ledger.must(
        Draft("track_changed", {"track": "limiter", "changes": {"pr": HOSTILE, "title": HOSTILE}}),
        Draft("signal_raised", {"signal": "s", "kind": "tampered", "text": HOSTILE, "track": "limiter"}),
    )
    return ledger


@pytest.mark.parametrize("form", FORMATS)
def test_no_form_names_a_place_of_this_machine_or_holds_what_a_terminal_obeys(form: str) -> None:
    ledger = hostile()
    for told in (report(ledger), track_report(ledger.batch, ledger.track("limiter"), ledger.now)):
        text = FORMATS[form](told)
        shown = json.dumps(json.loads(text), ensure_ascii=False) if form == "json" else text
        for local in (REPOSITORY, "/home/", "/tmp/", "C:\\", "\\Users", "-worktrees/list-1"):
            assert local not in shown, local
        assert is_clean(shown.replace("\u2060", ""))
        assert "src/a.py" in shown, "what is inside of the repository is told as a path of it"


def test_no_foreign_word_is_markup_in_a_page() -> None:
    page = FORMATS["html"](report(hostile()))
    assert "<script" not in page
    assert "<a " not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "default-src &#x27;none" in page or "default-src 'none'" in page


def test_no_foreign_word_is_markup_in_markdown() -> None:
    text = FORMATS["md"](report(hostile()))
    assert "\\<script\\>" in text
    assert re.findall(r"(?<!\\)[<\[*`]", text) == []
    assert "https://evil" not in text
    assert "@ann" not in text
    for line in text.splitlines():
        if line.startswith("|"):
            cells = line.replace("\\|", "").count("|")
            assert cells in (4, 5, 8, 9), line


def test_json_keeps_its_fields() -> None:
    told = json.loads(FORMATS["json"](report(mixed())))
    assert list(told) == [
        "kind", "batch", "track", "title", "workflow", "state", "verdict", "why", "started_at", "ended_at",
        "elapsed_seconds", "base", "base_sha", "integration", "integration_sha", "published", "models", "merged",
        "measures", "checklist", "checks", "follow_ups", "signals", "gates", "tracks",
    ]  # fmt: skip
    assert told["measures"]["re_review_loops"] == {"limiter": 0, "docs": 0, "fix-clock": 0}
    assert told["tracks"][1]["rescues"][0]["action"] == "fresh agent"


def test_clocks_and_sizes_that_are_odd_break_nothing() -> None:
    ledger = mixed()
    late = Instant(wall_ms=10**18, boot_ms=0, boot_id="another")
    for form in FORMATS.values():
        assert form(batch_summary(ledger.batch, late))
        assert form(batch_summary(Batch("b", "", "watch", "running"), ledger.now.plus(100 * HOUR)))


def test_the_same_batch_always_makes_the_same_report() -> None:
    first, second = mixed(), mixed()
    for form in FORMATS.values():
        assert form(report(first)) == form(report(second))
