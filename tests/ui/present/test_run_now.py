"""NOW of a track of a run: what the agent at hand does, never the last words of the one before it."""

from __future__ import annotations

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Activity, State
from orchestrator_tui.core.queries import TrackKey, is_between_agents
from orchestrator_tui.ui.present.glyphs import UNICODE
from orchestrator_tui.ui.present.stages import present_stages
from orchestrator_tui.ui.present.track_row import TrackScene, lasting_row, track_row
from tests.core.builders import MINUTE
from tests.core.run_builders import RunLedger


@pytest.fixture
def run() -> RunLedger:
    """A track whose first agent has said something and ended."""
    made = RunLedger()
    made.phase("running")
    made.start("limiter")
    made.begin("limiter")
    said(made, "Bash make test")
    made.must(Draft("track_reported", {"track": "limiter", "progress": "all is written"}))
    made.end("limiter", "failed")
    return made


def said(run: RunLedger, text: str) -> None:
    run.tick(1_000)
    run.must(Draft("activity_seen", {"track": "limiter", "text": text}))


def now(run: RunLedger, **live: Activity) -> tuple[str, str]:
    """What the row says, and since when."""
    state = State({run.batch.id: run.batch})
    scene = TrackScene(state, UNICODE, {(run.batch.id, slug): one for slug, one in live.items()}, {})
    row = track_row(lasting_row(run.track("limiter"), scene), state, run.now)
    return row.now, row.age


def test_who_has_begun_is_not_told_with_the_words_of_the_one_before(run: RunLedger) -> None:
    before = Activity("Bash make test", run.now)
    run.tick(MINUTE)
    run.begin("limiter")
    assert now(run) == ("#2 started", "0:00")
    assert now(run, limiter=before) == ("#2 started", "0:00")
    view = present_stages(State({run.batch.id: run.batch}), TrackKey(run.batch.id, "limiter"), run.now, UNICODE)
    assert "all is written" not in [row.detail for row in view.rows]
    said(run, "Read api/limiter.py")
    assert now(run)[0] == "#2 Read api/limiter.py"
    said_live = Activity("Edit api/limiter.py", run.now)
    run.tick(1_000)
    assert now(run, limiter=said_live)[0] == "#2 Edit api/limiter.py"


def test_between_two_agents_the_last_words_of_the_first_are_over(run: RunLedger) -> None:
    assert is_between_agents(run.track("limiter"))
    assert now(run) == ("its next agent starts", "")
    told = {"effect": "e-1", "kind": "inspect", "track": "limiter", "arguments": {}}
    run.must(Draft("effect_begun", told))
    assert now(run)[0] == "what it did is looked at"
    run.must(Draft("effect_ended", {"effect": "e-1", "outcome": "done"}))
    run.must(Draft("effect_begun", {**told, "effect": "e-2", "kind": "attempt"}))
    assert now(run)[0] == "its agent starts"


def test_who_waits_for_its_next_agent_is_told_with_the_reason(run: RunLedger) -> None:
    for slug in ("docs", "fix-clock"):
        run.start(slug)
        run.begin(slug)
    assert now(run)[0] == "its next agent waits: over the cap of 2 at once"
    run.must(Draft("batch_paused", {"how": "drain", "by": "ann"}))
    assert now(run)[0] == "the batch is paused"


@pytest.mark.parametrize("end", ["abandoned", "failed"])
def test_of_a_track_that_is_given_up_no_stage_is_under_way(run: RunLedger, end: str) -> None:
    run.move("limiter", "escalated")
    run.move("limiter", end, "enough")
    state, key = State({run.batch.id: run.batch}), TrackKey(run.batch.id, "limiter")
    before = present_stages(state, key, run.now, UNICODE)
    scene = TrackScene(state, UNICODE, {}, {})
    assert "".join(part.text for part in lasting_row(run.track("limiter"), scene).row.strip) == "✗○○○"
    run.tick(MINUTE)
    after = present_stages(state, key, run.now, UNICODE)
    assert after.elapsed == before.elapsed
    assert after.rows[0].duration == before.rows[0].duration
