"""Batches whose list nobody finds any more, or was never there: what is shown is kept, and comes to its end."""

from __future__ import annotations

from orchestrator_tui.adapters.memory import MemoryDisk
from orchestrator_tui.core.model import GateState, TrackState
from orchestrator_tui.core.naming import list_batch_id
from orchestrator_tui.core.normalise_calls import permission_question
from orchestrator_tui.core.observe_gates import gate_opened
from orchestrator_tui.runtime.watched import watched_batch
from tests.core.builders import answer, asking
from tests.runtime.stage import BATCH, LIST, MINUTE, Stage

OPTIONS = ("ship: send it", "reject: not yet")
SESSION = "/claude/tasks/session-1"


def shown_again(stage: Stage) -> None:
    """A first cockpit sees a question and is left; whoever comes next shows its gate at once."""
    first = stage.start()
    stage.write(asking("Ship it?", *OPTIONS))
    first.step()
    first.leave()


def test_a_list_that_went_away_while_nobody_watched_takes_its_questions_with_it(stage: Stage) -> None:
    shown_again(stage)
    del stage.disk.lists[LIST]
    later = stage.start()
    later.engine.show_waiting()
    assert later.gate().state is GateState.OPEN
    later.step()
    assert later.gate().state is GateState.WITHDRAWN
    assert {track.state for track in later.batch.tracks.values()} <= {TrackState.DONE, TrackState.ABANDONED}
    assert later.batch.ended_at is not None
    assert later.batch == stage.folded()


def test_a_question_that_is_shown_is_delivered_whoever_had_found_its_list(stage: Stage) -> None:
    shown_again(stage)
    disk, stage.disk = stage.disk, MemoryDisk()
    later = stage.start()
    later.engine.show_waiting()
    stage.disk.lists.update(disk.lists)
    later.step()
    later.decide(later.gate(), "ship")
    later.step(look=False)
    assert later.gate().state is GateState.DELIVERED
    assert stage.task().metadata["decision"]["option"] == "ship"


def test_a_question_of_another_repository_is_left_alone(stage: Stage) -> None:
    cockpit = stage.start()
    cockpit.journal.open_batch(BATCH, watched_batch(LIST, "/elsewhere"), stage.clock.now(), "import")
    cockpit.step()
    assert stage.kinds() == ["batch_opened"]


def test_a_permission_prompt_of_a_session_without_a_list_turns_stale_and_is_never_lost(stage: Stage) -> None:
    cockpit = stage.start()
    batch = list_batch_id(SESSION)
    now = stage.clock.now()
    cockpit.journal.open_batch(batch, watched_batch(SESSION, "/repository"), now, "hook")
    question = permission_question("Bash", {"command": "ls"})
    opened = gate_opened("call-1", 1, "session-1", question, stage.rules, source="session:1", routes=("hook",))
    cockpit.journal.change_gate(batch, opened, now, "hook")
    cockpit.step()
    stage.clock.advance(6 * MINUTE)
    cockpit.step()
    gate = cockpit.state.batches[batch].gates["call-1"]
    assert gate.stale_count == 1
    cockpit.carry_out(answer(gate, "allow"))
    stage.clock.advance(MINUTE)
    cockpit.step()
    assert cockpit.state.batches[batch].gates["call-1"].undelivered, "its hook is gone: that is said"
