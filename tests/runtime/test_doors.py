"""Asking, waiting, claiming and handing over, without a lease."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator_tui.core.model import GateState, Limits
from orchestrator_tui.journal.port import JournalUnwritable
from orchestrator_tui.runtime.doors import ASKED_AGAIN, READER_ENDED, HandedOver, Over, Pending, Taken
from orchestrator_tui.runtime.watched import watched_batch
from tests.runtime.door_scene import BATCH, GATE, QUESTION, Scene

CHANGED = replace(QUESTION, question="Which cache, then?")


@pytest.fixture
def scene() -> Scene:
    return Scene()


def taken(found: Taken | Pending | Over) -> Taken:
    assert isinstance(found, Taken), found
    return found


def nothing() -> None:
    """Hands over to nobody in particular."""


# --- asking ------------------------------------------------------------------------------------------------------


def test_asking_opens_a_gate_with_its_routes(scene: Scene) -> None:
    gate = scene.ask(asked_wall_ms=scene.clock.now().wall_ms - 60_000)
    assert (gate.id, gate.revision, gate.track, gate.source) == (GATE, 1, "alpha", "task:1")
    assert gate.routes == ("shell", "task_file")
    assert gate.opened_at.wall_ms - gate.asked_at.wall_ms == 60_000
    assert scene.kinds() == ["gate_opened"]


def test_asking_the_same_again_is_the_same_gate(scene: Scene) -> None:
    first = scene.ask()
    assert scene.ask(question=replace(QUESTION, context="more to know")) == first
    assert scene.kinds() == ["gate_opened"]


def test_a_gate_that_the_watcher_opened_first_learns_the_route(scene: Scene) -> None:
    scene.ask(scene.door(route="task_file"), routes=("task_file",))
    assert scene.now_gate().routes == ("task_file",)
    assert scene.ask().routes == ("task_file",)
    assert scene.now_gate().routes == ("task_file", "shell")
    assert scene.kinds() == ["gate_opened", "gate_route_added"]


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


# --- handing over ------------------------------------------------------------------------------------------------


def claimed(scene: Scene) -> Taken:
    scene.ask()
    scene.decide()
    return taken(scene.door().take(GATE, 1))


def test_handing_over_is_written_then_delivered_then_acknowledged(scene: Scene) -> None:
    found = claimed(scene)
    seen: list[list[str]] = []

    def receipt() -> str:
        seen.append(scene.kinds())
        return "read"

    handed = scene.door().hand_over(found.gate, lambda: seen.append(scene.kinds()), receipt, evidence="printed")
    assert handed == HandedOver(acknowledged=True)
    assert [kinds[-1] for kinds in seen] == ["delivery_claimed", "decision_delivered"]
    assert [(step.step, step.evidence) for step in scene.now_gate().steps[1:]] == [
        ("delivered", "printed"),
        ("acknowledged", "read"),
    ]


def test_without_a_sign_it_is_delivered_and_no_more(scene: Scene) -> None:
    assert scene.door().hand_over(claimed(scene).gate, nothing, lambda: "", evidence="printed") == HandedOver()
    assert scene.now_gate().state is GateState.DELIVERED


def test_a_reader_that_left_without_it_is_a_failure(scene: Scene) -> None:
    handed = scene.door().hand_over(claimed(scene).gate, nothing, lambda: None, evidence="printed")
    assert "went away" in handed.failed
    assert scene.now_gate().state is GateState.DECIDED
    taken(scene.door().take(GATE, 1))


def test_what_cannot_be_written_is_a_failure_with_its_reason(scene: Scene) -> None:
    def write() -> None:
        raise OSError(28, "No space left on device")

    handed = scene.door().hand_over(claimed(scene).gate, write, lambda: "read", evidence="printed")
    assert "no space left on device" in handed.failed
    assert scene.kinds()[-1] == "delivery_failed"


@pytest.mark.parametrize("when", ["before the claim", "before writing", "while writing", "after delivery"])
def test_a_cancel_beats_an_answer_that_was_not_delivered(scene: Scene, when: str) -> None:
    scene.ask()
    scene.decide()

    def cancel() -> None:
        scene.change("gate_cancelled", why="batch stopped")

    if when == "before the claim":
        cancel()
    found = scene.door().take(GATE, 1)
    if isinstance(found, Over):
        assert when == "before the claim"
        return
    if when == "before writing":
        cancel()
    write = cancel if when == "while writing" else nothing

    def receipt() -> str:
        if when == "after delivery":
            cancel()
        return "read"

    handed = scene.door().hand_over(taken(found).gate, write, receipt, evidence="printed")
    if when == "after delivery":
        assert (handed, scene.now_gate().state) == (HandedOver(acknowledged=True), GateState.ACKNOWLEDGED)
    else:
        assert "cancelled" in handed.void
        assert scene.now_gate().state is GateState.CANCELLED


@pytest.mark.parametrize("fails_at", ["delivered", "acknowledged"])
def test_a_journal_that_cannot_record_is_told_and_the_claim_stands(scene: Scene, fails_at: str) -> None:
    found = claimed(scene)

    def full() -> None:
        scene.store.failure = JournalUnwritable("the disk is full")

    def receipt() -> str:
        full()
        return "read"

    handed = scene.door().hand_over(
        found.gate, full if fails_at == "delivered" else nothing, receipt, evidence="printed"
    )
    assert handed.unrecorded == "the disk is full"
    scene.store.failure = None
    scene.dead.add("1:1")
    scene.clock.advance(10_000)
    assert taken(scene.door("2:2").take(GATE, 1)).gate.decision == found.gate.decision


# --- what an earlier process handed over ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "alive", "expected"),
    [
        (("claimed", "delivered"), False, True),
        (("claimed", "delivered"), True, False),
        (("claimed",), False, False),
        (("claimed", "delivered", "deadline"), False, True),
        (("claimed", "delivered", "asked again"), False, False),
        (("claimed", "delivered", "asked again", "claimed"), False, False),
        (("claimed", "delivered", "asked again", "claimed", "delivered"), False, True),
    ],
)
def test_what_was_handed_over_is_told_from_what_was_not(
    scene: Scene, steps: tuple[str, ...], alive: bool, expected: bool
) -> None:
    scene.ask()
    scene.decide()
    for step in steps:
        if step == "claimed":
            why = scene.change("delivery_claimed", decision="d-1", route="shell", claimant="1:1")
        elif step == "delivered":
            why = scene.change("decision_delivered", decision="d-1", route="shell")
        else:
            reason = ASKED_AGAIN if step == "asked again" else "no sign within 10 s"
            why = scene.change("delivery_failed", decision="d-1", route="shell", why=reason)
        assert not why
    if not alive:
        scene.dead.add("1:1")
    assert scene.door("2:2").handed_over(scene.now_gate()) is expected


def test_what_another_route_brought_was_not_handed_over_here(scene: Scene) -> None:
    scene.ask()
    scene.decide()
    scene.deliver_elsewhere()
    scene.dead.add("9:9")
    assert not scene.door().handed_over(scene.now_gate())


def test_an_acknowledgement_names_the_route_that_brought_it(scene: Scene) -> None:
    scene.ask()
    scene.decide()
    scene.deliver_elsewhere()
    assert scene.door().acknowledge(scene.now_gate(), "its agent went on")
    assert scene.now_gate().steps[-1].route == "task_file"
    assert not scene.door().acknowledge(scene.now_gate(), "again")
