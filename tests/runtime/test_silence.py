"""Ten minutes without a word, a question, two minutes, and what its signs of life say (DESIGN §2.3)."""

from __future__ import annotations

import pytest

from orchestrator_tui.core.model import GateState, Liveness, TrackState
from tests.core.builders import fact, sign
from tests.runtime.stage import BATCH, MINUTE, SECOND, Process, Stage

ARGV = ["claude", "-p", "go on"]
OFFER = "silent-alpha"


def at_work(stage: Stage, *, known: bool = True) -> Process:
    """A cockpit and an agent at work in stage 2, started by a command that is known or not."""
    cockpit = stage.start()
    stage.write(fact("1", stage=2, stageStatus="in_progress", track="alpha"))
    cockpit.step()
    if known:
        payload = {"track": "alpha", "argv": ARGV, "cwd": "/worktrees/alpha", "process": [7, "1", "boot-1"]}
        cockpit.journal.insert_request(BATCH, "attempt", payload, stage.clock.now(), "agent:alpha")
        cockpit.step()
    return cockpit


def passes(stage: Stage, cockpit: Process, milliseconds: int) -> None:
    stage.clock.advance(milliseconds)
    cockpit.step()


def fallen_silent(stage: Stage, *, known: bool = True) -> Process:
    cockpit = at_work(stage, known=known)
    passes(stage, cockpit, 10 * MINUTE)
    passes(stage, cockpit, 2 * MINUTE)
    return cockpit


def test_at_ten_minutes_it_is_asked_which_stage_it_is_on(stage: Stage) -> None:
    cockpit = at_work(stage)
    passes(stage, cockpit, 10 * MINUTE - 1)
    assert cockpit.track("alpha").liveness is Liveness.REPORTING
    passes(stage, cockpit, 1)
    assert cockpit.track("alpha").liveness is Liveness.ASKED
    (message,) = stage.task().metadata["messages"]
    assert message["text"].startswith("Status check: what stage are you on?")
    assert cockpit.track("alpha").messages[0].written_at == stage.clock.now()


def test_a_reply_ends_it(stage: Stage) -> None:
    cockpit = at_work(stage)
    passes(stage, cockpit, 10 * MINUTE)
    stage.write(fact("1", stage=3, stageStatus="in_progress", track="alpha"))
    passes(stage, cockpit, 2 * MINUTE)
    assert cockpit.track("alpha").liveness is Liveness.REPORTING
    assert OFFER not in cockpit.batch.gates


def test_signs_of_life_without_a_word_are_said_to_be_that(stage: Stage) -> None:
    cockpit = at_work(stage)
    stage.machine.signs["alpha"] = (sign("process", 0), sign("transcript", 30 * SECOND))
    passes(stage, cockpit, 10 * MINUTE)
    passes(stage, cockpit, 2 * MINUTE)
    assert cockpit.track("alpha").liveness is Liveness.WORKING_NOT_REPORTING
    assert cockpit.track("alpha").signs == ("process 0 s ago", "transcript 30 s ago")
    assert OFFER not in cockpit.batch.gates


@pytest.mark.parametrize(("ended", "liveness"), [(True, Liveness.GONE), (False, Liveness.UNKNOWN)])
def test_no_sign_of_life_offers_to_start_it_again(stage: Stage, ended: bool, liveness: Liveness) -> None:
    cockpit = at_work(stage)
    if ended:
        stage.machine.gone.add("alpha")
    passes(stage, cockpit, 10 * MINUTE)
    passes(stage, cockpit, 2 * MINUTE - 1)
    assert OFFER not in cockpit.batch.gates
    passes(stage, cockpit, 1)
    assert cockpit.track("alpha").liveness is liveness
    offer = cockpit.batch.gates[OFFER]
    assert offer.state is GateState.OPEN
    assert [option.key for option in offer.question.options] == ["redispatch", "wait", "abandon"]


def test_starting_it_again_starts_its_own_command_in_its_own_place(stage: Stage) -> None:
    cockpit = fallen_silent(stage)
    cockpit.decide(cockpit.batch.gates[OFFER], "redispatch")
    passes(stage, cockpit, stage.limits.undo_ms)
    assert stage.machine.launched == [(tuple(ARGV), "/worktrees/alpha")]
    first, second = cockpit.track("alpha").attempts
    assert (first.outcome, second.purpose, second.stage) == ("gone", "rescue", 2)
    assert cockpit.track("alpha").liveness is Liveness.REPORTING
    assert cockpit.batch.gates[OFFER].state is GateState.ACKNOWLEDGED


def test_what_cannot_be_started_is_said_and_comes_back(stage: Stage) -> None:
    cockpit = fallen_silent(stage)
    stage.machine.cannot_start = "No such file or directory"
    cockpit.decide(cockpit.batch.gates[OFFER], "redispatch")
    passes(stage, cockpit, stage.limits.undo_ms)
    offer = cockpit.batch.gates[OFFER]
    assert offer.undelivered
    assert offer.steps[-1].evidence == "cannot start claude: No such file or directory"
    assert len(cockpit.track("alpha").attempts) == 1


def test_an_agent_whose_command_is_unknown_is_started_by_its_person(stage: Stage) -> None:
    cockpit = fallen_silent(stage, known=False)
    assert cockpit.batch.gates[OFFER].question.options[0].key == "restarted"
    cockpit.decide(cockpit.batch.gates[OFFER], "restarted")
    passes(stage, cockpit, stage.limits.undo_ms)
    assert stage.machine.launched == []


def test_waiting_asks_once_more_and_giving_up_ends_the_track(stage: Stage) -> None:
    cockpit = fallen_silent(stage)
    cockpit.decide(cockpit.batch.gates[OFFER], "wait")
    passes(stage, cockpit, stage.limits.undo_ms)
    assert len(stage.task().metadata["messages"]) == 2
    passes(stage, cockpit, 2 * MINUTE)
    assert cockpit.batch.gates[OFFER].revision == 2
    cockpit.decide(cockpit.batch.gates[OFFER], "abandon")
    passes(stage, cockpit, stage.limits.undo_ms)
    assert cockpit.track("alpha").state is TrackState.ABANDONED


def test_one_silent_agent_keeps_nobody_else_waiting(stage: Stage) -> None:
    cockpit = at_work(stage)
    for minute in range(13):
        stage.write(fact("2", stage=1, stageStatus="in_progress", track="beta", progress=f"minute {minute}"))
        passes(stage, cockpit, MINUTE)
    assert cockpit.track("beta").liveness is Liveness.REPORTING
    assert cockpit.track("beta").progress == "minute 12"
    assert cockpit.batch.gates[OFFER].state is GateState.OPEN
