"""Agents that are there before any holder: the batch that one opened, and what it said before its track was known."""

from __future__ import annotations

from dataclasses import replace

from orchestrator_tui.runtime.requests import POSTPONED_MS
from orchestrator_tui.runtime.watched import watched_batch
from tests.core.builders import fact
from tests.runtime.stage import BATCH, LIST, Stage


def test_the_first_holder_sets_the_clocks_of_a_batch_that_an_agent_opened(stage: Stage) -> None:
    stage.limits = replace(stage.limits, gate_stale_ms=60_000)
    first = stage.start("first")
    first.journal.open_batch(BATCH, watched_batch(LIST, "/repository"), stage.clock.now(), "agent:alpha")
    stage.write(fact())
    first.engine.step(look=True)
    assert first.batch.limits.gate_stale_ms == 60_000
    first.engine.close()
    stage.limits = replace(stage.limits, gate_stale_ms=120_000)
    later = stage.start("later")
    later.engine.step(look=True)
    assert later.batch.limits.gate_stale_ms == 60_000, "clocks are frozen once a holder has set them"


def test_what_an_agent_says_before_its_track_is_known_waits_for_it_and_not_for_ever(stage: Stage) -> None:
    process = stage.start("first")
    stage.write(fact())
    process.engine.step(look=True)
    slug = next(iter(process.batch.tracks))
    said = {"track": "beta", "text": "I am here"}
    process.journal.insert_request(BATCH, "note", {**said, "track": slug}, stage.clock.now(), "agent")
    process.journal.insert_request(BATCH, "note", said, stage.clock.now(), "agent:beta")
    process.engine.step(look=False)
    assert [request.payload["track"] for request in process.journal.requests(BATCH)] == ["beta"]
    stage.clock.advance(POSTPONED_MS)
    process.engine.step(look=False)
    assert process.journal.requests(BATCH) == ()


def test_an_attempt_whose_process_has_gone_has_ended(stage: Stage) -> None:
    process = stage.start("first")
    stage.write(fact())
    process.step()
    slug = next(iter(process.batch.tracks))
    started = {"track": slug, "argv": ["agent"], "cwd": "/", "process": [4711, "1", "boot"]}
    process.journal.insert_request(BATCH, "attempt", started, stage.clock.now(), "demo")
    process.step()
    assert process.track(slug).attempts[-1].ended_at is None
    stage.machine.gone.add(slug)
    process.step()
    attempt = process.track(slug).attempts[-1]
    assert (attempt.outcome, attempt.ended_at) == ("ended", stage.clock.now())
