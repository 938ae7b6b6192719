"""A run's track in full, what its stage panel and its gates' cards say beside."""

from dataclasses import replace

import pytest

from orchestrator_tui.core.model import Gate, State
from orchestrator_tui.core.queries import TrackKey
from orchestrator_tui.ui.present.card import present_card
from orchestrator_tui.ui.present.evidence import evidence_rows
from orchestrator_tui.ui.present.glyphs import UNICODE
from orchestrator_tui.ui.present.pieces import piece_lines
from orchestrator_tui.ui.present.run_stages import run_notes
from orchestrator_tui.ui.present.run_subject import has_subject
from orchestrator_tui.ui.present.stages import present_stages, stage_lines
from orchestrator_tui.ui.present.telling import tell
from orchestrator_tui.ui.present.tool_input import has_input, input_pieces, input_title
from orchestrator_tui.ui.present.track import present_track, track_lines
from tests.ui import run_states
from tests.ui.drawing import drawn, expected, text_of
from tests.ui.states import NOW, ZONE

RUN = run_states.BATCH


def told(slug: str, width: int = 70) -> str:
    key = TrackKey(RUN, slug)
    return drawn(track_lines(present_track(run_states.running(), key, NOW, UNICODE, ZONE), width))


def gate(name: str) -> Gate:
    return run_states.running().batches[RUN].gates[name]


def test_a_track_that_failed_tells_every_try_breach_rescue_and_why_its_files_are_kept() -> None:
    picture = """
        | Now                                                                   |
        |  state     needs a person                                             |
        |  stage     2/5 Implement                                              |
        |  next      your answer: pdf-export failed 3 times at Implement. How   |
        |            shall it go on?                                            |
        |  sent back tests fail: fonts missing                                  |
        |                                                                       |
        | Tries                                                                 |
        |  ✓ Write the tests #1   4:00  $0.20  done                             |
        |      tester, opus-4-1, deep                                           |
        |  ✗ Implement #1        10:00  $0.90  failed, exit 1                   |
        |      implementer, sonnet-4-5, standard: fonts missing                 |
        |  ✗ Implement #2        10:00  $0.90  failed, exit 1                   |
        |      implementer, sonnet-4-5, standard: fonts missing                 |
        |  ✗ Implement #3        10:00  $0.90  failed, exit 1                   |
        |      implementer, opus-4-1, deep: fonts missing                       |
        |                                                                       |
        | Checks                                                                |
        |  tests ✗ fonts missing  0:41  make test                               |
        |                                                                       |
        | Scope                                                                 |
        |  owns      src/pdf/**                                                 |
        |  ✗ outside setup.cfg                                                  |
        |  changed   +210 −12 in 2 files                                        |
        |            src/pdf/out.py                                             |
        |                                                                       |
        | Rescues                                                               |
        |  · no progress in 3 looks (its tests were red for 20 min): a fresh    |
        |    agent, failed again                                                |
        |                                                                       |
        | Work                                                                  |
        |  title     pdf export                                                 |
        |  worktree  /shop-worktrees/checkout/pdf-export                        |
        |  kept      2 commits are merged nowhere                               |
        |  branch    orch/checkout-1a2b3c4d/pdf-export                          |
        |  commits   from 4f2c1aa9d0, at 77fe01ab                               |
        |  cost      $3.02                                                      |
    """
    assert told("pdf-export") == expected(picture)


def test_a_breach_is_red() -> None:
    view = present_track(run_states.running(), TrackKey(RUN, "pdf-export"), NOW, UNICODE, ZONE)
    tokens = {part.text: part.token for section in view.sections for line in section.lines for part in line}
    assert tokens["setup.cfg"] == "risk-failure"
    assert tokens["✗ outside "] == "risk-failure strong"


def test_findings_tell_how_often_they_were_said() -> None:
    page = " ".join(told("fix-auth-race").split())
    place = "(src/session/refresh.py:41)"
    assert f"blocker: the lock is a symptom, the cache is the cause {place}, said 2 times" in page


def test_merged_work_tells_its_checklist_and_what_became_of_its_worktree() -> None:
    page = told("fix-typo")
    for words in ("✓ PASS tests pass", "✓ merged of 11aa22bb33", "removed: it was clean and merged"):
        assert words in page
    assert "next" not in page


def test_the_stage_panel_tells_what_comes_the_try_and_the_waves() -> None:
    track = run_states.running().batches[RUN].tracks["cart-totals"]
    lines = [text_of(line) for line in run_notes(track, run_states.running().batches[RUN], NOW, UNICODE)]
    assert lines == [
        "next      its agent ends Implement, then checks run: tests, lint",
        "agent     try 2 of 3, implementer, opus-4-1  8:00",
        "sent back tests fail: 2 of 41; lint fails",
        "wave 1 ●●✓●⚠⚠   wave 2 ○○○",
    ]


def test_the_runs_own_row_says_what_it_stands_for() -> None:
    view = present_stages(run_states.ended(), TrackKey(RUN, "batch"), NOW, UNICODE)
    lines = drawn(stage_lines(view, 60))
    assert "This row stands for the whole run" in lines
    assert "checklist FAIL every track is merged" in lines
    assert "wave 1 ✓✓✓✓✓✗   wave 2 ✓✓–" in lines


# --- gates --------------------------------------------------------------------------------------------------


def evidence(name: str, state: State | None = None) -> list[tuple[str, str]]:
    batch = (state or run_states.running()).batches[RUN]
    asked = batch.gates[name]
    rows = evidence_rows(asked, batch.tracks[asked.track], batch, NOW, UNICODE)
    return [(label, text_of(line)) for label, line in rows]


def test_tries_that_are_spent_are_all_on_the_card() -> None:
    assert evidence("cap-pdf-export-2-1") == [
        ("Evidence", "tests ✗ fonts missing"),
        ("Tries", "#1 failed, 10:00, sonnet-4-5: fonts missing"),
        ("Tries", "#2 failed, 10:00, sonnet-4-5: fonts missing"),
        ("Tries", "#3 failed, 10:00, opus-4-1: fonts missing"),
        ("Outside", "changed outside of its scope: setup.cfg"),
    ]


def test_an_approval_shows_what_it_is_bound_to() -> None:
    assert ("Bound to", "commit 8f31c2e90b, onto main, which is at 4f2c1aa9d0") in evidence(
        "publish-batch-0-1", run_states.ended()
    )


def test_a_conflict_shows_both_sides_whole() -> None:
    asked = gate("conflict-pay-webhook-4-1")
    assert has_input(asked.question)
    assert input_title(asked.question) == "Both sides"
    picture = """
        |src/routes.py                                  |
        |   1 <<<<<<< orch/checkout                    |
        |   2 add("/pay", handlers.pay, limit=10)      |
        |   3 =======                                  |
        |   4 add("/pay", webhook.pay)                 |
        |   5 >>>>>>> pay-webhook                      |
        |                                              |
    """
    assert drawn(piece_lines(input_pieces(asked), 60)) == expected(picture)
    card = present_card(run_states.running(), run_states.gate_key(asked.id), NOW, UNICODE, ZONE)
    assert any("handlers.pay" in piece.text for piece in card.input)


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        (None, False),
        ({"head": "ab", "onto": "main"}, False),
        ({"head": "ab", "diff": {"added": 1, "removed": 2}}, False),
        ({"files": ["a.py"]}, True),
        ({"sides": {"a.py": "x"}}, True),
        ({"diff": "--- a\n+++ b\n"}, True),
        ({"sides": ["x"], "files": "a.py"}, False),
    ],
)
def test_only_what_can_be_read_counts_as_something_to_read(subject: object, shown: bool) -> None:
    question = replace(gate("conflict-pay-webhook-4-1").question, subject=subject)
    assert has_subject(question) is shown


def test_files_without_sides_and_a_diff_are_listed() -> None:
    subject = {"files": ["a.py", "b.py"], "diff": "--- a\n+++ b\n+new"}
    asked = gate("conflict-pay-webhook-4-1")
    asked = replace(asked, digest="other", question=replace(asked.question, subject=subject))
    told_of = [piece.text for piece in input_pieces(asked)]
    assert told_of == ["2 files", "a.py", "b.py", "", "--- a", "+++ b", "+new"]
    assert input_title(asked.question) == "What it is about"


# --- the timeline -------------------------------------------------------------------------------------------


def test_events_of_runs_name_their_stage() -> None:
    batch = run_states.running().batches[RUN]
    said = [tell(event, batch).text for event in batch.recent if event.payload.get("track") == "fix-auth-race"]
    assert "goes back to stage 2 Implement" in said
    assert "stage 3 Review wants rework" in said


@pytest.mark.parametrize(
    ("kind", "payload", "words"),
    [
        ("batch_moved", {"to": "awaiting_user"}, "all is done: what goes out is yours to say"),
        ("stage_entered", {"stage": 0}, "an agent is to resolve its conflict"),
        ("stage_granted", {"stage": 2, "tries": 0, "by": "ada"}, "stage 2 Implement is looked at again"),
        ("stage_granted", {"stage": 2, "tries": 1, "by": "ada"}, "1 more try for stage 2 Implement"),
        ("published", {"result": "merged into main"}, "publishing: merged into main"),
        ("checklist_recorded", {"items": [["tests", "FAIL", "run them"]]}, "1 item of its checklist: FAIL"),
    ],
)
def test_what_a_run_says_is_plain(kind: str, payload: dict[str, object], words: str) -> None:
    story = run_states.Story().begin()
    story.happen(kind, track="fix-typo", **payload)
    batch = run_states.running().batches[RUN]
    assert tell(story.events[-1], batch).text == words
