"""Handing a claimed decision over: what is recorded when, and what a later process makes of it."""

from __future__ import annotations

import pytest

from orchestrator_tui.core.model import GateState
from orchestrator_tui.journal.port import JournalUnwritable
from orchestrator_tui.runtime.doors import ASKED_AGAIN, HandedOver, Over, Taken
from tests.runtime.door_scene import GATE, Scene, nothing, taken


@pytest.fixture
def scene() -> Scene:
    return Scene()


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
