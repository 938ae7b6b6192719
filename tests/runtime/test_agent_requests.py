"""What hooks and MCP servers tell the holder of their agents: look now, a stage, a message that was read."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.agents import IDLE
from orchestrator_tui.core.commands import Tell
from orchestrator_tui.core.tracks_shown import own_track
from orchestrator_tui.runtime.requests import POSTPONED_MS
from orchestrator_tui.runtime.watched import watched_batch
from tests.core.builders import RULES, agent, asking, fact
from tests.runtime.stage import BATCH, LIST, Process, Stage, payloads

HOOK = {"agent": "", "parent": "", "agent_type": "", "reason": "", "notification": "", "transcript": ""}


def ready(stage: Stage) -> Process:
    stage.rules = RULES
    cockpit = stage.start()
    stage.write(fact("1", stage=2, stageStatus="in_progress", track="alpha"))
    stage.work(agent(), agent("s1", "a1234567890"))
    cockpit.step()
    return cockpit


def ask(stage: Stage, cockpit: Process, kind: str, /, **payload: Any) -> str:
    """Leave a request, let it be taken, and return what became of it."""
    cockpit.journal.insert_request(BATCH, kind, payload, stage.clock.now(), "mcp")
    cockpit.step(look=False)
    if cockpit.journal.requests(BATCH):
        stage.clock.advance(POSTPONED_MS)
        cockpit.step(look=False)
    assert cockpit.journal.requests(BATCH) == ()
    return str(list(payloads(stage.events(), "request_taken"))[-1]["outcome"])


def test_an_event_of_an_agent_makes_the_holder_look_at_once(stage: Stage) -> None:
    cockpit = ready(stage)
    stage.work(agent(status=IDLE))
    cockpit.step(look=False)
    main = own_track(cockpit.batch, "s1")
    assert main is not None
    assert main.agent is not None
    assert main.agent.status == "busy"
    assert ask(stage, cockpit, "agent_event", **{**HOOK, "event": "Stop", "session": "s1"}) == "looked"
    main = own_track(cockpit.batch, "s1")
    assert main is not None
    assert main.agent is not None
    assert main.agent.status == IDLE


def test_the_reason_that_a_session_gives_for_its_end_is_evidence_when_it_has_ended(stage: Stage) -> None:
    cockpit = ready(stage)
    ask(stage, cockpit, "agent_event", **{**HOOK, "event": "SessionEnd", "session": "s1", "reason": "logout"})
    main = own_track(cockpit.batch, "s1")
    assert main is not None
    assert main.ended_at is None
    stage.work(agent(finished=True))
    cockpit.step()
    main = own_track(cockpit.batch, "s1")
    assert main is not None
    assert main.agent is not None
    assert main.agent.evidence[-1] == "it said that it ends: logout"


@pytest.mark.parametrize("payload", [{}, {"event": 7}, {"event": "SessionEnd", "session": 7}, {"event": "SessionEnd"}])
def test_an_event_that_makes_no_sense_is_taken_all_the_same(stage: Stage, payload: dict[str, Any]) -> None:
    assert ask(stage, ready(stage), "agent_event", **payload) == "looked"


def test_a_batch_that_a_hook_has_opened_is_looked_at_and_held_at_once(stage: Stage) -> None:
    cockpit = stage.start()
    cockpit.step()
    opened = watched_batch(LIST, "/repository")
    cockpit.journal.open_batch(BATCH, opened, stage.clock.now(), "hook")
    event = {**HOOK, "event": "SessionStart", "session": "s1"}
    cockpit.journal.insert_request(BATCH, "agent_event", event, stage.clock.now(), "hook")
    stage.work(agent())
    cockpit.step(look=False)
    assert own_track(cockpit.batch, "s1") is not None
    cockpit.step(look=False)
    assert cockpit.journal.requests(BATCH) == ()


def test_a_reported_stage_moves_its_track_and_one_past_an_open_gate_is_refused(stage: Stage) -> None:
    cockpit = ready(stage)
    mcp = {"source": "agent:a1234567890", "asker": "s1/a1234567890"}
    assert ask(stage, cockpit, "report", stage=3, track="alpha", stage_name="Counsel", **mcp) == "done"
    assert cockpit.track("alpha").stage == 3
    stage.write(asking(track="alpha", stage=3))
    cockpit.step()
    refused = "refused: stage 4 waits for task-1-stage-3, which is open"
    assert ask(stage, cockpit, "report", stage=4, track="alpha", **mcp) == refused
    assert cockpit.track("alpha").stage == 3
    assert ask(stage, cockpit, "report", stage="four", **mcp).startswith("malformed report: stage is no number")
    assert cockpit.batch == stage.folded() == stage.replayed()


def test_an_agent_may_speak_of_its_track_by_the_name_it_had_before_it_was_seen(stage: Stage) -> None:
    cockpit = ready(stage)
    own = own_track(cockpit.batch, "s1/a1234567890")
    assert own is not None
    assert ask(stage, cockpit, "note", track="agent-34567890", text="found it") == "done"
    assert ask(stage, cockpit, "note", asker="s1/a1234567890", text="and fixed it") == "done"
    assert [note["track"] for note in payloads(stage.events(), "note_added")] == [own.slug, own.slug]
    assert ask(stage, cockpit, "note", track="nobody", text="?") == "unknown track nobody"


@pytest.mark.parametrize("route", ["hook", "mcp"])
def test_a_message_that_was_printed_has_been_read(stage: Stage, route: str) -> None:
    cockpit = ready(stage)
    cockpit.carry_out(Tell(BATCH, "alpha", "please hurry"))
    (message,) = cockpit.track("alpha").messages
    assert message.read_at is None
    assert ask(stage, cockpit, "message_read", track="alpha", message=message.id, route=route) == "done"
    assert cockpit.track("alpha").messages[0].read_at is not None


def test_a_message_is_read_by_no_other_route(stage: Stage) -> None:
    outcome = ask(stage, ready(stage), "message_read", track="alpha", message="m-1", route="tmux")
    assert outcome == "malformed message_read: route is none of hook, mcp"
