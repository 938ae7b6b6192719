"""Where a run and its tracks are, in words."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from orchestrator_tui.core.model import Batch, State, Track, TrackState
from orchestrator_tui.core.queries import counts
from orchestrator_tui.core.run import Work
from orchestrator_tui.ui.present.glyphs import UNICODE
from orchestrator_tui.ui.present.headline import headline_line, present_headline
from orchestrator_tui.ui.present.run_words import next_words, round_words, state_words, unstarted_words
from orchestrator_tui.ui.present.tracks import present_tracks
from tests.core.exports.wave_story import Story
from tests.ui import run_states
from tests.ui.drawing import text_of
from tests.ui.states import NOW


def batch() -> Batch:
    return run_states.running().batches[run_states.BATCH]


def work(track: Track) -> Work:
    assert track.work is not None
    return track.work


def rows() -> dict[str, str]:
    view = present_tracks(run_states.running(), NOW, UNICODE)
    return {key.track: row.now for key, row in view.rows.items()}


def test_each_row_says_where_its_track_is() -> None:
    assert rows() == {
        "pdf-export": "asks: tries spent",
        "pay-webhook": "asks: conflict",
        "cart-totals": "#2 Edit cart/sum.py",
        "fix-auth-race": "revising 2/2, #3 Bash make test",
        "rate-limit": "in review, Read limits/bucket.py",
        "audit-log": "paused: by you",
        "pdf-mail": "waits: pdf-export",
        "search-index": "waits: cart-totals",
        "fix-typo": "merged 8f31c2e",
    }


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (TrackState.PREPARING, "its worktree is made"),
        (TrackState.VERIFYING, "checking: tests failed"),
        (TrackState.STALLED, "stuck: no sign for 3 min"),
        (TrackState.RESCUING, "a fresh agent takes over: no sign for 3 min"),
        (TrackState.APPROVED, "approved, after pay-webhook"),
        (TrackState.FAILED, "failed: no sign for 3 min"),
        (TrackState.SKIPPED, "left out: no sign for 3 min"),
        (TrackState.ABANDONED, "given up: no sign for 3 min"),
        (TrackState.MERGING, "merging"),
    ],
)
def test_every_state_has_its_words(state: TrackState, words: str) -> None:
    track = batch().tracks["pdf-export"]
    moved = replace(track, state=state, work=replace(work(track), why="no sign for 3 min"))
    assert state_words(moved, batch()) == words


@pytest.mark.parametrize("state", list(TrackState))
def test_no_state_is_without_words(state: TrackState) -> None:
    track = replace(batch().tracks["cart-totals"], state=state)
    assert state_words(track, batch()) or state is TrackState.RUNNING
    assert "_" not in state_words(track, batch()) + next_words(track, batch())


def test_what_the_engine_waits_for() -> None:
    told = {slug: next_words(track, batch()) for slug, track in batch().tracks.items()}
    assert told["cart-totals"] == "its agent ends Implement, then checks run: tests, lint"
    assert told["pdf-mail"] == "starts when pdf-export is merged"
    assert told["rate-limit"] == "the reviewer's verdict"
    assert told["audit-log"] == "it is paused (by you)"
    assert told["pay-webhook"].startswith("your answer: pay-webhook and fix-typo change the same line")
    assert told["fix-typo"] == ""


def test_a_queued_track_says_why() -> None:
    free = replace(batch().tracks["search-index"], depends_on=())
    assert state_words(free, batch()) == "queued: 3 of 3 agents are at work"
    assert next_words(free, batch()) == "starts when its turn comes: 3 of 3 agents at work"


def test_a_track_of_the_next_session_does_not_say_what_it_waited_for_in_this_one() -> None:
    whole = batch()
    assert whole.run is not None
    track = replace(whole.tracks["search-index"], depends_on=())
    track = replace(track, work=replace(work(track), why="waits for wave 1"))
    over = replace(whole, run=replace(whole.run, phase="handed_over"))
    assert state_words(track, over) == "queued: the next session"
    assert next_words(track, over) == "starts when its turn comes: the next session"


def test_what_is_never_committed_is_never_said_to_merge() -> None:
    whole = batch()
    assert whole.run is not None
    track = replace(whole.tracks["cart-totals"], state=TrackState.APPROVED)
    rules = {
        name: replace(one, works=tuple(replace(work, commits=False) for work in one.works))
        for name, one in whole.run.workflows.items()
    }
    nothing = replace(whole, run=replace(whole.run, workflows=rules))
    assert state_words(track, nothing) == "built, waits for the others"
    assert next_words(track, nothing) == "the other tracks: then all that was built is yours to look at"
    assert next_words(track, whole).startswith(f"it is merged into {whole.run.plan.integration} when its turn comes")


def test_a_conflict_that_is_resolved_is_no_stage() -> None:
    track = batch().tracks["cart-totals"]
    run = work(track).run
    assert run is not None
    resolving = replace(track, work=replace(work(track), run=replace(run, stage=0)))
    assert next_words(resolving, batch()) == "its agent resolves the conflict, then the checks run again"
    assert state_words(resolving, batch()) == "resolving its conflict"


def test_rounds_are_counted_against_what_is_allowed() -> None:
    assert round_words(batch().tracks["fix-auth-race"], batch()) == "round 2/2"
    assert round_words(batch().tracks["cart-totals"], batch()) == ""


@pytest.mark.parametrize(
    ("width", "told"),
    [
        (80, "Checkout hardening   running, 1/9 merged"),
        (120, "Checkout hardening   running, 1/9 merged, 3 of 3 agents, $14.68 of $60"),
        (200, "running, 1/9 merged, 3 of 3 agents, $14.68 of $60"),
    ],
)
def test_the_headline_tells_of_the_run_as_far_as_there_is_room(width: int, told: str) -> None:
    line = text_of(headline_line(present_headline(run_states.running(), NOW, UNICODE), width))
    assert told in line
    assert len(line) == width


def told_of_agents(changed: Batch) -> str:
    view = present_headline(replace(run_states.running(), batches={changed.id: changed}), NOW, UNICODE)
    (told,) = [part.text for fact in view.facts for part in fact if "agent" in part.text]
    return told


@pytest.mark.parametrize(
    ("most", "told"), [(1, "3 agents, at most 1 from now"), (2, "3 agents, at most 2 from now"), (3, "3 of 3 agents")]
)
def test_agents_are_counted_in_words_that_fit(most: int, told: str) -> None:
    """A bound that was lowered stops nobody."""
    running = batch()
    assert running.run is not None
    assert told_of_agents(replace(running, run=replace(running.run, agents=most))) == told


def test_agents_beside_each_other_on_one_track_are_not_counted_against_a_bound_of_tracks() -> None:
    running = batch()
    busy = next(one for one in running.tracks.values() if one.attempts and one.attempts[-1].ended_at is None)
    more = replace(busy, attempts=(*busy.attempts, replace(busy.attempts[-1], id="a-2")))
    tracks = {**running.tracks, busy.slug: more}
    assert told_of_agents(replace(running, tracks=tracks)) == "4 agents on 3 of 3 tracks at once"
    own = {slug: replace(one, attempts=()) for slug, one in running.tracks.items()}
    own["batch"] = replace(own["batch"], attempts=more.attempts[-2:])
    assert told_of_agents(replace(running, tracks=own)) == "2 agents"


@pytest.mark.parametrize("mode", ["live", "replay"])
@pytest.mark.parametrize(
    ("made", "width", "told"),
    [
        (run_states.running, 50, "running"),
        (run_states.running, 80, "running"),
        (run_states.waiting_plan, 60, "not started"),
        (run_states.waiting_plan, 80, "not started"),
        (run_states.ended, 80, "ready, waits for you"),
    ],
)
def test_the_state_of_a_run_is_the_last_to_go(made: Callable[[], State], width: int, told: str, mode: str) -> None:
    for title in ("Checkout hardening", "A title that is much longer than any narrow screen has cells for", "Short"):
        view = replace(present_headline(made(), NOW, UNICODE, mode=mode), title=title)
        line = text_of(headline_line(view, width))
        assert len(line) == width
        assert told in line
        assert "⚠" in line
        assert ("replay" in line) is (mode == "replay")


def test_what_was_given_up_or_left_out_is_not_counted_as_done() -> None:
    ended = run_states.ended()
    numbers = counts(ended)
    dropped = [one for one in ended.batches[run_states.BATCH].tracks.values() if one.state in ("skipped", "abandoned")]
    assert (numbers.done, numbers.dropped) == (7, len(dropped))
    assert "✓ 7  ✗ 1  – 1 " in text_of(headline_line(present_headline(ended, NOW, UNICODE), 120))
    running = text_of(headline_line(present_headline(run_states.running(), NOW, UNICODE), 120))
    assert "–" not in running


def test_the_headline_says_first_that_the_run_is_paused() -> None:
    running = batch()
    assert running.run is not None
    paused = replace(running, run=replace(running.run, pausing="drain"))
    view = present_headline(replace(run_states.running(), batches={paused.id: paused}), NOW, UNICODE)
    assert [(part.text, part.token) for part in view.facts[0]] == [("paused", "gate strong")]


def test_the_runs_own_track_is_listed_only_while_it_asks() -> None:
    assert "batch" not in rows()
    waiting = present_tracks(run_states.waiting_plan(), NOW, UNICODE)
    assert next(iter(waiting.rows)).track == "batch"


def test_a_queued_track_waits_for_the_wave_that_is_at_work_now() -> None:
    """What it was queued for may be over: the wave before that one has ended."""
    story = Story()
    story.third_wave_begins()
    story.move("close", "queued", "waits for wave 1")
    assert state_words(story.batch.tracks["close"], story.batch) == "queued: waits for wave 3"


def test_a_track_without_an_agent_says_what_comes_before_one_starts() -> None:
    shown = batch()
    told = {slug: unstarted_words(track, shown) for slug, track in shown.tracks.items()}
    assert told["pdf-mail"] == "its agent has not started yet. Next: starts when pdf-export is merged"
    assert told["audit-log"].startswith("its agent has not started yet. Next: it is paused (by you)")
    assert told["pdf-export"] == ""
    left_out = replace(shown.tracks["pdf-mail"], state=TrackState.SKIPPED, problem="nobody needs it")
    assert unstarted_words(left_out, shown) == "no agent was started for it: left out: nobody needs it"
    assert unstarted_words(shown.tracks["pdf-mail"], replace(shown, run=None)) == ""
