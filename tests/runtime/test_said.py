"""An engine hears of updates that no look at the task files shows: by requests of hooks, and by transcripts."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.facts import StageSaid
from orchestrator_tui.core.stage_said import STAGE_SAID, payload
from orchestrator_tui.runtime.requests import POSTPONED_MS
from tests.core.builders import RULES, agent, fact
from tests.runtime.stage import BATCH, LIST, SECOND, Process, Stage, payloads

SUBJECT = "[WF-1] login (ladder-of-eight) — Stage 0/8"


@pytest.fixture
def cockpit(stage: Stage) -> Process:
    """A cockpit beside an agent whose task is in its first stage."""
    stage.rules = RULES
    stage.work(agent())
    process = stage.start()
    writes(stage, 1)
    process.step()
    return process


def writes(stage: Stage, number: int, status: str = "in_progress") -> StageSaid:
    """The agent updates its task, a moment later; what the update said."""
    stage.clock.advance(50)
    stage.write(fact("1", subject=SUBJECT, stage=number, stageStatus=status))
    return StageSaid("task:1", number, status, wall_ms=stage.clock.now().wall_ms)


def hooked(stage: Stage, cockpit: Process, number: int, status: str = "in_progress") -> None:
    """The same, and its hook leaves word."""
    said = writes(stage, number, status)
    stage.clock.advance(10)
    cockpit.journal.insert_request(BATCH, STAGE_SAID, payload(said), stage.clock.now(), "hook")


def told(stage: Stage, number: int, status: str = "in_progress") -> None:
    """The same, and it stands in a transcript."""
    said = writes(stage, number, status)
    stage.clock.advance(10)
    stage.sessions.say(LIST, said)


def strip(process: Process) -> str:
    return "".join(one.status.value[0] for one in process.track("login").stages)


@pytest.mark.parametrize("way", ["hook", "transcript"])
def test_two_updates_between_two_looks_are_two(stage: Stage, cockpit: Process, way: str) -> None:
    for number, status in ((1, "completed"), (2, "in_progress"), (2, "completed"), (3, "in_progress")):
        if way == "hook":
            hooked(stage, cockpit, number, status)
        else:
            told(stage, number, status)
    cockpit.step()
    assert strip(cockpit) == "ddrppppp"
    assert not cockpit.batch.signals
    assert cockpit.journal.requests(BATCH) == ()
    assert cockpit.batch == stage.folded() == stage.replayed()


def test_both_ways_tell_the_same_once(stage: Stage, cockpit: Process) -> None:
    for number in (2, 3):
        hooked(stage, cockpit, number)
        stage.sessions.say(LIST, StageSaid("task:1", number, "in_progress", wall_ms=stage.clock.now().wall_ms + 5))
    cockpit.step()
    moves = [(one["stage"], one["status"]) for one in payloads(stage.events(), "stage_changed")]
    assert moves == [(1, "running"), (1, "done"), (2, "running"), (2, "done"), (3, "running")]
    stage.clock.advance(SECOND)
    writes(stage, 3, "completed")
    cockpit.step()
    assert strip(cockpit) == "dddppppp"


def test_a_jump_is_signalled_whatever_is_heard(stage: Stage, cockpit: Process) -> None:
    hooked(stage, cockpit, 2)
    hooked(stage, cockpit, 5)
    cockpit.step()
    assert [one.text for one in cockpit.batch.signals.values()] == [
        "login did not run stage 3, 4: it went from stage 2 to 5"
    ]


def test_what_is_said_while_nobody_watches_is_known_to_who_comes_next(stage: Stage, cockpit: Process) -> None:
    """The cockpit is killed; the agent goes on through three stages; another cockpit opens."""
    cockpit.die()
    nobody = stage.start("nobody")
    for number in (2, 3, 4):
        hooked(stage, nobody, number)
    nobody.die()
    later = stage.start()
    later.step()
    assert strip(later) == "dddrpppp"
    assert not later.batch.signals
    assert later.journal.requests(BATCH) == ()


def test_an_update_that_no_look_has_shown_yet_waits_for_it(stage: Stage, cockpit: Process) -> None:
    """A file that is older than what was heard must not take the track back."""
    hooked(stage, cockpit, 2)
    cockpit.step(look=False)
    assert strip(cockpit) == "rppppppp"
    assert len(cockpit.journal.requests(BATCH)) == 1
    cockpit.step()
    assert strip(cockpit) == "drpppppp"
    assert cockpit.journal.requests(BATCH) == ()


def test_an_update_that_is_never_seen_in_a_file_is_taken_in_the_end(stage: Stage, cockpit: Process) -> None:
    said = StageSaid("task:1", 2, "in_progress", wall_ms=stage.clock.now().wall_ms + 10)
    cockpit.journal.insert_request(BATCH, STAGE_SAID, payload(said), stage.clock.now(), "hook")
    cockpit.step()
    assert len(cockpit.journal.requests(BATCH)) == 1
    stage.clock.advance(POSTPONED_MS)
    cockpit.step()
    assert cockpit.journal.requests(BATCH) == ()
    assert strip(cockpit) == "drpppppp"


def test_a_transcript_that_is_read_too_late_sets_the_jump_right(stage: Stage, cockpit: Process) -> None:
    said = writes(stage, 2)
    writes(stage, 3)
    cockpit.step()
    assert len(cockpit.batch.signals) == 1
    stage.sessions.say(LIST, said)
    cockpit.step()
    assert strip(cockpit) == "ddrppppp"
    assert not cockpit.batch.signals


def test_a_later_update_in_a_transcript_waits_for_its_file(stage: Stage, cockpit: Process) -> None:
    """The transcript is read after the files: it may be ahead of them."""
    told(stage, 2)
    stage.sessions.say(LIST, StageSaid("task:1", 3, "in_progress", wall_ms=stage.clock.now().wall_ms + 50))
    cockpit.step()
    assert strip(cockpit) == "drpppppp"
    writes(stage, 3)
    cockpit.step()
    assert strip(cockpit) == "ddrppppp"


def test_what_is_only_progress_is_still_held_back(stage: Stage, cockpit: Process) -> None:
    hooked(stage, cockpit, 2)
    cockpit.step()
    before = len(stage.events())
    stage.clock.advance(SECOND)
    stage.write(fact("1", subject=SUBJECT, stage=2, stageStatus="in_progress", progress="at it"))
    cockpit.step()
    assert len(stage.events()) == before
    hooked(stage, cockpit, 3)
    cockpit.step()
    assert strip(cockpit) == "ddrppppp"


@pytest.mark.parametrize("changes", [{"stage": "x"}, {"wall_ms": None}, {"source": 1}])
def test_a_request_that_makes_no_sense_is_taken_with_the_reason(
    stage: Stage, cockpit: Process, changes: dict[str, Any]
) -> None:
    given = {**payload(StageSaid("task:1", 2, "in_progress", wall_ms=1)), **changes}
    cockpit.journal.insert_request(BATCH, STAGE_SAID, given, stage.clock.now(), "hook")
    cockpit.step()
    assert str(list(payloads(stage.events(), "request_taken"))[-1]["outcome"]).startswith("malformed stage_said: ")
    assert strip(cockpit) == "rppppppp"
