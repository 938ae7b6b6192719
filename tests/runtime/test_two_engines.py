"""Two engines on one journal: one holds a batch, the other follows it, and takes over when nobody holds it."""

from __future__ import annotations

import itertools

from orchestrator_tui.core.commands import Nudge, Tell
from orchestrator_tui.core.delivery import SETTLE_MS
from orchestrator_tui.core.model import GateState
from orchestrator_tui.runtime.watched import watched_batch
from tests.core.builders import asking, fact, opened
from tests.runtime.stage import BATCH, MINUTE, SECOND, Process, Stage, payloads


def both(stage: Stage) -> tuple[Process, Process]:
    """A holder and a follower of one batch with a question in it."""
    stage.write(asking("Ship it?", "ship", "fix"))
    holder, follower = stage.start(), stage.start()
    holder.step()
    follower.step()
    stage.clock.advance(SETTLE_MS)
    return holder, follower


def test_the_second_sees_everything_and_says_who_holds_it(stage: Stage) -> None:
    holder, follower = both(stage)
    assert follower.state == holder.state
    assert follower.engine.held_by == {BATCH: "cockpit p1"}
    assert holder.engine.held_by == {}
    stage.write(asking("Ship it now?", "ship", "fix"))
    follower.step()
    assert follower.gate().revision == 1, "only the holder observes"
    holder.step()
    follower.step()
    assert follower.gate().revision == 2
    assert stage.kinds().count("lease_taken") == 1


def test_the_second_decides_and_the_holder_delivers(stage: Stage) -> None:
    holder, follower = both(stage)
    assert follower.decide(follower.gate(), "ship").text == "decided"
    follower.step()
    assert "decision" not in stage.task().metadata
    holder.step()
    assert stage.task().metadata["decision"]["by"] == "ann at p2"
    assert holder.gate().state is GateState.DELIVERED


def test_of_two_answers_to_one_gate_one_is_taken_and_one_refused(stage: Stage) -> None:
    holder, follower = both(stage)
    shown = follower.gate()
    assert holder.decide(holder.gate(), "ship").text == "decided"
    outcome = follower.decide(shown, "fix")
    assert outcome.refused == "ann at p1 already decided 'ship'"
    again = holder.decide(holder.gate(), "ship")
    assert (again.refused, again.text) == ("", "already decided")
    assert [refused["by"] for refused in payloads(stage.events(), "decision_refused")] == ["ann at p2"]


def test_the_second_takes_over_when_the_first_leaves(stage: Stage) -> None:
    holder, follower = both(stage)
    stage.write(asking("Ship it now?", "ship", "fix"))
    follower.step()
    holder.leave()
    follower.step()
    assert follower.engine.held_by == {}
    assert follower.gate().revision == 2, "what was seen while the other held it is not lost"
    assert follower.batch.epoch == 2
    assert follower.batch.holder == "cockpit p2"


def test_the_second_takes_over_when_the_first_dies(stage: Stage) -> None:
    holder, follower = both(stage)
    holder.die()
    stage.clock.advance(5 * MINUTE)
    follower.step()
    assert follower.gate().stale_count == 1
    assert stage.kinds()[-3:] == ["gate_opened", "lease_taken", "gate_stale"]


def test_a_holder_that_stands_still_is_not_robbed(stage: Stage) -> None:
    holder, follower = both(stage)
    for _ in range(100):
        stage.clock.advance(MINUTE)
        follower.step()
    assert follower.batch.epoch == 1
    assert stage.kinds().count("lease_taken") == 1
    holder.step()
    assert holder.gate().stale_count == 1


def test_they_take_turns_for_ever_without_losing_or_doubling_anything(stage: Stage) -> None:
    stage.write(asking("Ship it?", "ship", "fix"))
    for turn, options in zip(range(1, 7), itertools.cycle(["ship", "fix"])):
        cockpit = stage.start()
        cockpit.step()
        assert cockpit.gate().revision == turn
        stage.clock.advance(SETTLE_MS)
        cockpit.decide(cockpit.gate(), options)
        cockpit.step()
        (cockpit.die if turn % 2 else cockpit.leave)()
        stage.write(asking(f"Ship it, time {turn}?", "ship", "fix"))
    assert len(stage.disk.written) == len(set(stage.disk.written)) == 6
    assert stage.folded().epoch == 6


def test_what_the_second_says_to_an_agent_goes_through_the_holder(stage: Stage) -> None:
    holder, follower = both(stage)
    slug = next(iter(follower.batch.tracks))
    assert follower.carry_out(Tell(BATCH, slug, "please hurry")).text == "said"
    assert follower.carry_out(Nudge(BATCH, slug)).text == "asked"
    holder.step()
    (first, second) = stage.task().metadata["messages"]
    assert (first["text"], first["by"]) == ("please hurry", "ann at p2")
    assert second["text"].startswith("Status check")
    assert [taken["outcome"] for taken in payloads(stage.events(), "request_taken")] == ["done", "done"]


def test_a_request_that_nobody_held_is_taken_by_the_next_holder(stage: Stage) -> None:
    holder, follower = both(stage)
    slug = next(iter(follower.batch.tracks))
    follower.carry_out(Tell(BATCH, slug, "please hurry"))
    holder.die()
    follower.step()
    assert len(stage.task().metadata["messages"]) == 1


def test_gates_of_before_are_shown_before_any_look(stage: Stage) -> None:
    holder, _ = both(stage)
    holder.decide(holder.gate(), "ship")
    late = stage.start()
    late.engine.show_waiting()
    assert late.batch == holder.batch
    late.step(look=False)
    assert late.batch == holder.batch, "a shown batch is followed"


def test_a_new_batch_of_another_process_appears(stage: Stage) -> None:
    first, second = stage.start(), stage.start()
    second.step()
    stage.write(fact("1", stage=1, stageStatus="in_progress"))
    first.step()
    stage.clock.advance(SECOND)
    second.step(look=False)
    assert second.state == first.state


def test_the_gates_of_an_imported_batch_are_nobodys_here(stage: Stage) -> None:
    """A batch of another repository can be replayed; its questions are not among those that wait here."""
    process = stage.start("first")
    elsewhere = watched_batch("/lists/elsewhere", "/another/repository")
    process.journal.open_batch("elsewhere", elsewhere, stage.clock.now(), "import")
    process.journal.change_gate("elsewhere", opened(), stage.clock.now(), "import")
    process.engine.show_waiting()
    process.step()
    assert "elsewhere" not in process.state.batches
    stage.write(asking())
    process.step()
    assert set(process.state.batches) == {BATCH}
