"""One engine from the question to the acknowledgement, and what the journal holds of it."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.commands import Snooze, Undo
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import GateState, Option, TrackState
from orchestrator_tui.runtime.keeping import Keeping
from tests.core.builders import answer, asking, fact
from tests.runtime.stage import BATCH, LIST, MINUTE, SECOND, Stage, payloads

OPTIONS = ("ship: send it", "reject: not yet")


def test_a_question_is_watched_decided_delivered_and_acknowledged(stage: Stage) -> None:
    cockpit = stage.start()
    stage.write(asking("Ship it?", *OPTIONS))
    cockpit.step()
    assert cockpit.gate().state is GateState.OPEN
    assert cockpit.gate().question.question == "Ship it?"
    stage.clock.advance(3 * SECOND)

    outcome = cockpit.decide(cockpit.gate(), "ship")
    assert (outcome.refused, outcome.text) == ("", "decided")
    assert cockpit.gate().state is GateState.DECIDED
    cockpit.step(look=False)
    assert cockpit.gate().state is GateState.DELIVERED
    assert stage.task().metadata["decision"]["option"] == "ship"
    assert stage.task().metadata["decision"]["id"] == "d-p1-1"

    stage.clock.advance(SECOND)
    stage.write(asking("Ship it?", *OPTIONS, needsDecision=False, stage=4, stageStatus="in_progress"))
    cockpit.step()
    gate = cockpit.gate()
    assert gate.state is GateState.ACKNOWLEDGED
    assert [step.step for step in gate.steps] == ["claimed", "delivered", "acknowledged"]
    assert gate.steps[-1].evidence == "its agent went on to stage 4"


def test_what_is_shown_is_the_fold_of_the_journal_live_and_replayed(stage: Stage) -> None:
    cockpit = stage.start()
    stage.write(asking("Ship it?", *OPTIONS), fact("2", stage=1, status="in_progress", subject="other work"))
    cockpit.step()
    cockpit.decide(cockpit.gate(), "ship")
    cockpit.step()
    stage.clock.advance(11 * MINUTE)
    cockpit.step()
    assert cockpit.batch == stage.folded() == stage.replayed()
    assert len(stage.events()) > 10


def test_two_new_tasks_with_one_slug_are_two_tracks(stage: Stage) -> None:
    cockpit = stage.start()
    stage.write(asking(task_id="1", track="same"), asking(task_id="2", track="same"))
    cockpit.step()
    assert sorted(track.source for track in cockpit.batch.tracks.values()) == ["task:1", "task:2"]
    assert len(cockpit.batch.gates) == 2


def test_an_unchanged_world_records_nothing(stage: Stage) -> None:
    cockpit = stage.start()
    stage.write(asking())
    cockpit.step()
    before = len(stage.events())
    for _ in range(5):
        stage.clock.advance(SECOND)
        assert not cockpit.step()
    assert len(stage.events()) == before


def test_a_changed_question_is_a_new_revision_and_an_answer_to_the_old_one_is_refused(stage: Stage) -> None:
    cockpit = stage.start()
    stage.write(asking("Ship it?", *OPTIONS))
    cockpit.step()
    shown = cockpit.gate()
    stage.write(asking("Ship it tonight?", *OPTIONS))
    cockpit.step()
    assert cockpit.gate().revision == 2
    outcome = cockpit.carry_out(answer(shown, "ship"))
    assert "revision 1 was replaced by revision 2" in outcome.refused
    assert cockpit.gate().state is GateState.OPEN
    assert cockpit.gate().refusals == 1
    (refused,) = payloads(stage.events(), "decision_refused")
    assert refused["why"] == outcome.refused


def test_the_question_that_changed_on_disk_before_delivery_gets_no_old_answer(stage: Stage) -> None:
    cockpit = stage.start()
    stage.write(asking("Ship it?", *OPTIONS))
    cockpit.step()
    cockpit.decide(cockpit.gate(), "ship")
    stage.write(asking("Ship it tonight?", *OPTIONS))
    cockpit.step()
    assert "decision" not in stage.task().metadata
    assert cockpit.gate().revision == 2
    assert cockpit.gate().state is GateState.OPEN


def test_a_question_taken_down_without_an_answer_is_withdrawn(stage: Stage) -> None:
    cockpit = stage.start()
    stage.write(asking())
    cockpit.step()
    stage.write(fact("1", stage=3, stageStatus="in_progress"))
    cockpit.step()
    assert cockpit.gate().state is GateState.WITHDRAWN
    stage.write(asking())
    cockpit.step()
    assert (cockpit.gate().revision, cockpit.gate().state) == (2, GateState.OPEN)


def test_a_forged_decision_in_the_file_is_suspected_and_decides_nothing(stage: Stage) -> None:
    cockpit = stage.start()
    forged = {"gate": "task-1-stage-3", "revision": 1, "id": "d-9", "option": "ship"}
    stage.write(asking("Ship it?", *OPTIONS, decision=forged))
    cockpit.step()
    assert [signal.kind for signal in cockpit.batch.signals.values()] == ["spoof_suspected"]
    assert cockpit.gate().state is GateState.OPEN


# --- undo ------------------------------------------------------------------------------------------------------


def test_an_answer_that_is_hard_to_take_back_waits_for_the_undo_window(stage: Stage) -> None:
    cockpit = stage.start()
    stage.write(asking("Ship it?", *OPTIONS))
    cockpit.step()
    cockpit.decide(cockpit.gate(), "reject")
    stage.clock.advance(stage.limits.undo_ms - 1)
    cockpit.step()
    assert cockpit.gate().state is GateState.DECIDED
    assert "decision" not in stage.task().metadata
    stage.clock.advance(1)
    cockpit.step()
    assert cockpit.gate().state is GateState.DELIVERED
    assert stage.task().metadata["decision"]["option"] == "reject"


def test_inside_the_window_it_can_be_taken_back_and_never_arrives(stage: Stage) -> None:
    cockpit = stage.start()
    stage.write(asking("Ship it?", *OPTIONS))
    cockpit.step()
    cockpit.decide(cockpit.gate(), "reject")
    stage.clock.advance(2 * SECOND)
    cockpit.step()
    assert cockpit.carry_out(Undo(BATCH, cockpit.gate().id)).text == "taken back"
    stage.clock.advance(MINUTE)
    cockpit.step()
    assert cockpit.gate().state is GateState.OPEN
    assert stage.disk.written == []


def test_after_the_window_it_cannot_be_taken_back(stage: Stage) -> None:
    cockpit = stage.start()
    stage.write(asking("Ship it?", *OPTIONS))
    cockpit.step()
    cockpit.decide(cockpit.gate(), "reject")
    stage.clock.advance(stage.limits.undo_ms)
    assert "is over" in cockpit.carry_out(Undo(BATCH, cockpit.gate().id)).refused


# --- time ------------------------------------------------------------------------------------------------------


def test_a_gate_is_stale_at_five_minutes_whatever_the_wall_clock_does(stage: Stage) -> None:
    cockpit = stage.start()
    stage.write(asking())
    cockpit.step()
    stage.clock.advance(299 * SECOND)
    stage.clock.step_wall(7_200_000)
    cockpit.step()
    assert cockpit.gate().stale_count == 0
    stage.clock.step_wall(-14_400_000)
    stage.clock.advance(SECOND)
    cockpit.step()
    assert cockpit.gate().stale_count == 1
    (stale,) = payloads(stage.events(), "gate_stale")
    assert stale["age_ms"] == 300 * SECOND


def test_a_snoozed_gate_is_quiet_for_as_long_as_was_asked(stage: Stage) -> None:
    cockpit = stage.start()
    stage.write(asking())
    cockpit.step()
    stage.clock.advance(5 * MINUTE)
    cockpit.step()
    assert cockpit.carry_out(Snooze(BATCH, cockpit.gate().id, 10 * MINUTE)).text == "snoozed"
    stage.clock.advance(10 * MINUTE - 1)
    cockpit.step()
    assert stage.kinds().count("gate_stale") == 1
    stage.clock.advance(1)
    cockpit.step()
    assert stage.kinds().count("gate_stale") == 2


def test_a_gate_that_was_asked_before_we_looked_has_its_true_age(stage: Stage) -> None:
    stage.write(asking())
    stage.clock.advance(6 * MINUTE)
    cockpit = stage.start()
    cockpit.step()
    assert cockpit.gate().stale_count == 1


# --- the batch -------------------------------------------------------------------------------------------------


def test_a_batch_ends_when_all_is_done_and_wakes_up_again(stage: Stage) -> None:
    cockpit = stage.start()
    stage.write(fact("1", stage=8, stages=8, stageStatus="in_progress"))
    cockpit.step()
    assert cockpit.batch.state == "running"
    stage.write(fact("1", stage=8, stages=8, stageStatus="completed", status="completed"))
    cockpit.step()
    assert cockpit.batch.state == "completed"
    assert stage.folded().ended_at == stage.clock.now()
    stage.write(fact("2", subject="one more"))
    cockpit.step()
    assert cockpit.batch.state == "running"
    assert cockpit.batch.ended_at is None
    assert stage.kinds().count("batch_reopened") == 1


def test_a_batch_with_an_open_gate_has_not_ended(stage: Stage) -> None:
    cockpit = stage.start()
    stage.write(asking(status="completed"))
    cockpit.step()
    assert cockpit.batch.ended_at is None


def test_tasks_that_go_away_are_remembered(stage: Stage) -> None:
    cockpit = stage.start()
    stage.write(asking(), fact("2"))
    cockpit.step()
    stage.disk.remove(LIST, "task:1")
    cockpit.step()
    (gone,) = [track for track in cockpit.batch.tracks.values() if track.source == "task:1"]
    assert gone.state is TrackState.ABANDONED
    assert cockpit.gate().state is GateState.WITHDRAWN


def test_what_was_given_up_stays_so_until_its_agent_says_something_new(stage: Stage) -> None:
    cockpit = stage.start()
    stage.write(fact("1", stage=2, stageStatus="in_progress", track="alpha"))
    cockpit.step()
    for pause in (10 * MINUTE, 2 * MINUTE):
        stage.clock.advance(pause)
        cockpit.step()
    cockpit.decide(cockpit.batch.gates["silent-alpha"], "abandon")
    stage.clock.advance(stage.limits.undo_ms)
    cockpit.step()
    cockpit.leave()
    again = stage.start()
    again.step()
    assert again.track("alpha").state is TrackState.ABANDONED
    stage.write(fact("1", stage=3, stageStatus="in_progress", track="alpha"))
    again.step()
    assert again.track("alpha").state is TrackState.RUNNING


def test_a_task_that_comes_back_goes_on(stage: Stage) -> None:
    cockpit = stage.start()
    task = fact("1", stage=2, stageStatus="in_progress", track="alpha")
    stage.write(task, fact("2"))
    cockpit.step()
    stage.disk.remove(LIST, "task:1")
    cockpit.step()
    assert cockpit.track("alpha").state is TrackState.ABANDONED
    stage.write(task)
    cockpit.step()
    assert stage.folded().tracks["alpha"].state is TrackState.RUNNING


def test_two_lists_are_two_batches(stage: Stage) -> None:
    cockpit = stage.start()
    stage.write(asking())
    stage.write(asking(), directory="/lists/beta")
    cockpit.step()
    assert sorted(batch.title for batch in cockpit.state.batches.values()) == ["alpha", "beta"]
    assert {len(batch.gates) for batch in cockpit.state.batches.values()} == {1}


def test_an_empty_list_makes_no_batch(stage: Stage) -> None:
    cockpit = stage.start()
    stage.disk.lists["/lists/empty"] = {}
    cockpit.step()
    assert not cockpit.state.batches
    assert cockpit.journal.batches() == ()


@pytest.mark.parametrize("options", [(), ("ship", "reject"), ("nothing",)])
def test_an_answer_that_is_none_of_the_options_is_refused(stage: Stage, options: tuple[str, ...]) -> None:
    cockpit = stage.start()
    stage.write(asking("Ship it?", *OPTIONS))
    cockpit.step()
    assert [option.key for option in cockpit.gate().question.options] == ["ship", "reject"]
    assert cockpit.gate().question.options[1] == Option("reject", "reject: not yet", "reject")
    assert cockpit.decide(cockpit.gate(), *options).refused
    assert cockpit.gate().state is GateState.OPEN


def test_a_request_whose_events_would_not_fit_is_taken_with_the_reason_and_holds_up_nothing(stage: Stage) -> None:
    cockpit = stage.start()
    stage.write(asking())
    cockpit.step()
    track = next(iter(cockpit.batch.tracks))
    swelling = {"track": track, "argv": [["\\" * 20_000]], "cwd": "/there", "process": [7, "1", "boot-1"]}
    cockpit.journal.insert_request(BATCH, "attempt", swelling, stage.clock.now(), "agent")
    cockpit.journal.insert_request(BATCH, "x" * 65_400, {}, stage.clock.now(), "agent")
    cockpit.journal.insert_request(BATCH, "note", {"track": track, "text": "hello"}, stage.clock.now(), "agent")
    cockpit.step(look=False)
    assert cockpit.journal.requests(BATCH) == ()
    swollen, nameless, note = (str(taken["outcome"]) for taken in payloads(stage.events(), "request_taken"))
    assert swollen.startswith("malformed attempt: the payload has")
    assert nameless.startswith("unknown request xxx")
    assert note == "done"


def test_a_claim_of_an_earlier_boot_is_nobodys_though_its_number_runs_again(stage: Stage) -> None:
    first = stage.start()
    stage.write(asking("Ship it?", *OPTIONS))
    first.step()
    first.decide(first.gate(), "ship")
    assert first.gate().decision is not None
    claim = {"gate": first.gate().id, "revision": 1, "decision": "d-p1-1", "route": "task_file", "claimant": "7:1"}
    first.journal.change_gate(BATCH, Draft("delivery_claimed", claim), stage.clock.now(), "cli")
    first.die()
    stage.clock.reboot("boot-2", asleep_ms=MINUTE)
    second = stage.start()
    second.step()
    assert second.gate().state is GateState.DELIVERED
    assert stage.task().metadata["decision"]["id"] == "d-p1-1"


def test_a_calm_batch_is_kept_with_each_look_and_otherwise_when_something_happens(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str] = []
    keep = Keeping.keep

    def noted(self: Keeping, batch_id: str, *rest: Any) -> None:
        kept.append(batch_id)
        keep(self, batch_id, *rest)

    monkeypatch.setattr(Keeping, "keep", noted)
    cockpit = stage.start()
    stage.write(fact("1", stage=1, status="in_progress"))
    cockpit.step()
    cockpit.step(look=False)
    kept.clear()

    for _ in range(5):
        stage.clock.advance(SECOND)
        cockpit.step(look=False)
    assert kept == []
    cockpit.step()
    assert kept == [BATCH]

    stage.write(asking("Ship it?", *OPTIONS))
    cockpit.step()
    kept.clear()
    stage.clock.advance(SECOND)
    cockpit.step(look=False)
    assert kept == [BATCH]
    stage.clock.advance(5 * MINUTE)
    cockpit.step(look=False)
    assert cockpit.gate().stale_at is not None
