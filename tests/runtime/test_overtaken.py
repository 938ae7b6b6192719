"""The engine's own offers about a silent agent: answers that the agent itself overtakes come to nothing (A-5)."""

from __future__ import annotations

import pytest

from orchestrator_tui.core.facts import TaskFact
from orchestrator_tui.core.model import GateState, TrackState
from tests.core.builders import fact
from tests.runtime.stage import BATCH, MINUTE, Process, Stage

AT_WORK = fact("1", stage=2, stageStatus="in_progress", track="alpha")
REPORTS = fact("1", stage=3, stageStatus="in_progress", track="alpha")
COMPLETES = fact("1", stage=2, stageStatus="completed", track="alpha", status="completed")


def silent(stage: Stage) -> Process:
    """A cockpit before which an agent, whose command is known, has fallen silent."""
    cockpit = stage.start()
    stage.write(AT_WORK)
    cockpit.step()
    started = {"track": "alpha", "argv": ["agent"], "cwd": "/worktrees/alpha", "process": [7, "1", "boot-1"]}
    cockpit.journal.insert_request(BATCH, "attempt", started, stage.clock.now(), "agent:alpha")
    for pause in (10 * MINUTE, 2 * MINUTE):
        stage.clock.advance(pause)
        cockpit.step()
    return cockpit


@pytest.mark.parametrize("news", [REPORTS, COMPLETES])
@pytest.mark.parametrize("option", ["redispatch", "abandon"])
def test_news_that_come_with_the_answer_overtake_it(stage: Stage, option: str, news: TaskFact) -> None:
    cockpit = silent(stage)
    assert cockpit.decide(cockpit.batch.gates["silent-alpha"], option).text == "decided"
    stage.clock.advance(stage.limits.undo_ms)
    stage.write(news)
    cockpit.step()
    assert cockpit.batch.gates["silent-alpha"].state is GateState.WITHDRAWN
    assert stage.machine.launched == []
    assert cockpit.track("alpha").state in (TrackState.RUNNING, TrackState.DONE)


def test_an_answer_that_nothing_overtakes_is_carried_out(stage: Stage) -> None:
    cockpit = silent(stage)
    cockpit.decide(cockpit.batch.gates["silent-alpha"], "redispatch")
    cockpit.step()
    assert cockpit.batch.gates["silent-alpha"].state is GateState.ACKNOWLEDGED
    assert stage.machine.launched == [(("agent",), "/worktrees/alpha")]
