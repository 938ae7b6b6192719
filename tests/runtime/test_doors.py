"""Asking, waiting, claiming and handing over, without a lease."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.codec import to_data
from orchestrator_tui.core.delivery import READER_ENDED
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.model import GateState, Risk
from orchestrator_tui.core.rules import Ladder, StageRule
from orchestrator_tui.core.workflow import StageWork, Workflow
from orchestrator_tui.runtime.doors import ASKED_AGAIN, Over, Pending
from orchestrator_tui.runtime.watched import watched_batch
from tests.core.builders import LADDER, RULES
from tests.runtime.door_scene import BATCH, GATE, QUESTION, Scene, nothing, taken

CHANGED = replace(QUESTION, question="Which cache, then?")


@pytest.fixture
def scene() -> Scene:
    return Scene()


# --- asking ------------------------------------------------------------------------------------------------------


def test_asking_opens_a_gate_with_its_routes(scene: Scene) -> None:
    gate = scene.ask(asked_wall_ms=scene.clock.now().wall_ms - 60_000)
    assert (gate.id, gate.revision, gate.track, gate.source) == (GATE, 1, "alpha", "task:1")
    assert gate.routes == ("shell", "task_file")
    assert gate.opened_at.wall_ms - gate.asked_at.wall_ms == 60_000
    assert scene.kinds() == ["gate_opened"]


def test_a_question_is_judged_in_the_ladder_of_its_track(scene: Scene) -> None:
    """Agents of a run are not asked for their workflow: the batch knows it."""
    lease = scene.direct.take_lease(BATCH, "host", scene.clock.now())
    assert not isinstance(lease, str)
    added = {"track": "alpha", "title": "Alpha", "kind": "feature", "workflow": LADDER.workflow}
    scene.direct.append(lease, [Draft("track_added", added)], scene.clock.now(), "host")
    sure = replace(QUESTION, declared_risk="low")
    gate = scene.door().ask(GATE, sure, RULES, track="alpha", source="task:1")
    assert gate.risk is Risk.LOW
    other = scene.door().ask("task-2-stage-3", sure, RULES, track="beta", source="task:2")
    assert other.risk is Risk.UNKNOWN


def test_in_a_run_a_question_is_judged_in_the_ladder_that_the_run_was_started_with(scene: Scene) -> None:
    """A ladder of one's own is known to no program that ships, and one that goes by a shipped name goes before it."""
    lease = scene.direct.take_lease(BATCH, "host", scene.clock.now())
    assert not isinstance(lease, str)
    stages = (
        StageRule(1, "Look", risk=Risk.LOW),
        StageRule(2, "Look away"),
        StageRule(3, "Ship", risk=Risk.PRODUCTION),
    )
    for name in ("own", LADDER.workflow):
        rules = to_data(Workflow(Ladder(name, "Mine", "feature", stages), (StageWork(),) * 3, Ladder("", "", "", ())))
        recorded = Draft("workflow_recorded", {"workflow": name, "rules": rules})
        added = Draft("track_added", {"track": f"in-{name}", "title": "A", "kind": "feature", "workflow": name})
        scene.direct.append(lease, [recorded, added], scene.clock.now(), "host")
        gate = scene.door().ask(f"{name}-3", QUESTION, RULES, track=f"in-{name}", source="task:1")
        assert gate.risk is Risk.PRODUCTION
        sure = replace(QUESTION, declared_risk="low", stage=1)
        assert scene.door().ask(f"{name}-1", sure, RULES, track=f"in-{name}", source="task:1").risk is Risk.LOW


def test_asking_the_same_again_is_the_same_gate(scene: Scene) -> None:
    first = scene.ask()
    assert scene.ask(question=replace(QUESTION, context="more to know")) == first
    assert scene.kinds() == ["gate_opened"]


def test_a_gate_that_the_watcher_opened_first_learns_the_route(scene: Scene) -> None:
    scene.ask(scene.door(route="task_file"), routes=("task_file",))
    assert scene.now_gate().routes == ("task_file",)
    assert scene.ask().routes == ("task_file", "shell") == scene.now_gate().routes
    assert scene.kinds() == ["gate_opened", "gate_route_added"]


def test_a_gate_knows_who_asked_it_by_whatever_process_that_came_first(scene: Scene) -> None:
    assert scene.ask(asker="s-1/a-1").asker == "s-1/a-1"
    assert scene.ask(asker="s-1/a-1").asker == scene.ask().asker == "s-1/a-1"
    assert scene.kinds() == ["gate_opened"]


def test_who_asks_by_a_known_route_is_told_and_the_last_one_gets_the_answer(scene: Scene) -> None:
    """A task goes on in a sub-agent that was started anew: the one before does not wait any more."""
    scene.ask(scene.door(route="task_file"), routes=("task_file", "shell"))
    for asker in ("s-1/a-1", "s-2"):
        gate = scene.ask(asker=asker)
        assert (gate.asker, gate.routes) == (asker, ("task_file", "shell"))
    scene.decide()
    assert scene.door().join(scene.now_gate(), "s-3").asker == "s-3"
    assert scene.door().join(scene.now_gate()).asker == "s-3"
    assert scene.kinds() == ["gate_opened", *["gate_route_added"] * 2, "gate_decided", "gate_route_added"]
    scene.change("gate_cancelled", why="not needed")
    assert scene.door().join(scene.now_gate(), "s-4").asker == "s-3"


def test_who_loses_the_race_for_opening_finds_the_gate_of_the_winner(scene: Scene) -> None:
    winner = scene.door("2:2", "task_file")

    def wins() -> None:
        scene.journal.before_change.clear()
        scene.ask(winner, routes=("task_file",))

    scene.journal.before_change.append(wins)
    assert scene.ask().revision == 1
    assert scene.kinds() == ["gate_opened", "gate_route_added"]


def test_a_changed_question_is_a_new_revision_and_ends_the_older_wait(scene: Scene) -> None:
    gate = scene.ask()
    newer = scene.ask(question=CHANGED)
    assert (newer.revision, newer.question.question) == (2, CHANGED.question)
    found = scene.door().take(GATE, gate.revision)
    assert isinstance(found, Over)
    assert "superseded" in found.why
    assert found.gate.revision == 2


def test_an_answer_that_was_not_taken_down_is_found_again(scene: Scene) -> None:
    gate = scene.ask()
    scene.decide()
    scene.door().hand_over(taken(scene.door().take(GATE, 1)).gate, nothing, lambda: "read", evidence="printed")
    again = scene.ask()
    assert (again.revision, again.state) == (gate.revision, GateState.ACKNOWLEDGED)
    assert taken(scene.door().take(GATE, 1)).again


@pytest.mark.parametrize("how", ["cleared", "anew"])
def test_an_answer_of_an_earlier_asking_is_none_for_a_new_one(scene: Scene, how: str) -> None:
    scene.ask()
    scene.decide()
    gate = taken(scene.door().take(GATE, 1)).gate
    scene.door().hand_over(gate, nothing, lambda: "read", evidence="printed")
    if how == "cleared":
        scene.door().clear(gate)
    again = scene.ask(anew=how == "anew")
    assert (again.revision, again.state) == (2, GateState.OPEN)


def test_asking_anew_what_was_delivered_and_taken_down_is_an_acknowledgement(scene: Scene) -> None:
    scene.ask()
    scene.decide()
    scene.deliver_elsewhere()
    again = scene.ask(anew=True)
    assert (again.revision, again.state) == (2, GateState.OPEN)
    assert scene.kinds()[-2:] == ["decision_acknowledged", "gate_opened"]


def test_an_answer_that_was_faster_than_its_asker_belongs_to_this_asking(scene: Scene) -> None:
    """The watcher sees the written question, and a rule answers it, before the asker comes to the journal."""
    written = scene.clock.now().wall_ms - 50
    scene.ask(scene.door(route="task_file"), routes=("task_file",), asked_wall_ms=written)
    scene.decide()
    scene.deliver_elsewhere()
    asked = scene.ask(anew=True, asked_wall_ms=written)
    assert (asked.revision, asked.state) == (1, GateState.DELIVERED)


def test_the_batch_of_a_list_can_be_opened_by_anybody() -> None:
    draft = watched_batch("/x/tasks/My list", "/repo", Limits(undo_ms=1))
    assert draft.payload["title"] == "My list"
    assert draft.payload["limits"]["undo_ms"] == 1
    assert (draft.payload["kind"], draft.payload["source"]) == ("watch", "/x/tasks/My list")


# --- waiting -----------------------------------------------------------------------------------------------------


def test_without_waiting_it_looks_once_and_registers_nothing(scene: Scene) -> None:
    scene.ask()
    scene.log.clear()
    assert isinstance(scene.door().take(GATE, 1), Pending)
    assert scene.log == ["looks"]


def test_who_waits_is_registered_before_the_first_look(scene: Scene) -> None:
    scene.ask()
    scene.log.clear()
    scene.script.append(nothing)
    found = scene.door().take(GATE, 1, wait_s=60)
    assert isinstance(found, Pending)
    assert scene.log == [
        f"waiter {BATCH} {GATE} shell",
        "registered",
        "looks",
        "waits 60",
        "looks",
        "waits 60",
        "looks",
        "gone",
    ]


def test_a_decision_ends_the_wait_and_is_claimed(scene: Scene) -> None:
    scene.ask()

    def decides() -> None:
        scene.decide()

    scene.script += [nothing, decides]
    found = taken(scene.door("7:7").take(GATE, 1, wait_s=60))
    assert (found.again, found.gate.claim) == (False, "7:7")
    assert scene.kinds() == ["gate_opened", "gate_decided", "delivery_claimed"]


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("gate_withdrawn", {"why": "asked no more"}),
        ("gate_cancelled", {"why": "batch stopped"}),
        ("gate_expired", {"why": "too late"}),
        ("gate_answered_elsewhere", {"why": "in the terminal"}),
    ],
)
@pytest.mark.parametrize("decided", [False, True])
def test_an_end_ends_the_wait(scene: Scene, kind: str, payload: dict[str, str], decided: bool) -> None:
    scene.ask()
    if decided:
        scene.decide()
    assert not scene.change(kind, **payload)
    found = scene.door().take(GATE, 1, wait_s=60)
    assert isinstance(found, Over)
    assert payload["why"] in found.why


def test_the_undo_window_is_waited_out(scene: Scene) -> None:
    scene.ask()
    scene.decide("reject", undo_ms=5_000)
    assert isinstance(scene.door().take(GATE, 1), Pending)
    assert isinstance(scene.door().take(GATE, 1, wait_s=3), Pending)
    assert scene.kinds() == ["gate_opened", "gate_decided"]
    start = scene.clock.now()
    taken(scene.door().take(GATE, 1, wait_s=60))
    assert scene.clock.now().boot_ms - start.boot_ms == 2_000


def test_what_is_taken_back_in_time_was_never_handed_over(scene: Scene) -> None:
    scene.ask()
    scene.decide("reject", undo_ms=5_000)

    def second_thoughts() -> None:
        scene.clock.advance(4_999)
        assert not scene.change("decision_undone", decision="d-1", by="ann")
        scene.decide("ttl", identifier="d-2")

    scene.script.append(second_thoughts)
    gate = taken(scene.door().take(GATE, 1, wait_s=60)).gate
    assert gate.decision is not None
    assert gate.decision.options == ("ttl",)


def test_a_wait_ends_when_nobody_is_there_for_the_answer(scene: Scene) -> None:
    scene.ask()
    looks = iter((False, False, True))
    found = scene.door().take(GATE, 1, 60, lambda: next(looks))
    assert isinstance(found, Pending)
    assert scene.log.count("waits 2") == 2


def test_no_time_that_passes_approves(scene: Scene) -> None:
    scene.ask()
    assert isinstance(scene.door().take(GATE, 1, wait_s=86_400), Pending)
    assert scene.kinds() == ["gate_opened"]


# --- claims of others --------------------------------------------------------------------------------------------


def test_a_living_claimant_is_waited_for(scene: Scene) -> None:
    scene.ask()
    scene.decide()
    taken(scene.door("1:1").take(GATE, 1))
    assert isinstance(scene.door("2:2").take(GATE, 1), Pending)
    assert scene.kinds().count("delivery_claimed") == 1


def test_a_dead_claimant_has_failed_and_the_same_decision_is_claimed_again(scene: Scene) -> None:
    scene.ask()
    scene.decide()
    first = taken(scene.door("1:1").take(GATE, 1)).gate
    scene.dead.add("1:1")
    second = taken(scene.door("2:2").take(GATE, 1)).gate
    assert first.decision is not None
    assert second.decision == first.decision
    assert [step.step for step in second.steps] == ["claimed", "failed", "claimed"]
    assert second.steps[1].evidence == READER_ENDED


def test_no_claimant_outlives_its_boot(scene: Scene) -> None:
    scene.ask()
    scene.decide()
    taken(scene.door("1:1").take(GATE, 1))
    scene.clock.reboot("boot-2", 60_000)
    assert taken(scene.door("1:1").take(GATE, 1)).gate.claim == "1:1"
    assert scene.kinds()[-2:] == ["delivery_failed", "delivery_claimed"]


def test_an_answer_in_the_task_file_is_brought_by_the_shell_when_asked_for(scene: Scene) -> None:
    scene.ask()
    scene.decide()
    scene.deliver_elsewhere()
    gate = taken(scene.door().take(GATE, 1)).gate
    assert [(step.step, step.route) for step in gate.steps] == [
        ("claimed", "task_file"),
        ("delivered", "task_file"),
        ("failed", "task_file"),
        ("claimed", "shell"),
    ]


def test_another_reader_of_the_same_route_gets_time_for_its_receipt(scene: Scene) -> None:
    scene.ask()
    scene.decide()
    scene.deliver_elsewhere("1:1", "shell")
    assert isinstance(scene.door("2:2").take(GATE, 1, wait_s=2), Pending)
    taken(scene.door("2:2").take(GATE, 1, wait_s=2))
    assert scene.now_gate().steps[-2].evidence == ASKED_AGAIN
