"""An agent is held at the end of its turn while it owes a gate, by somebody who could answer it (DESIGN §4.2)."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.core.model import GateState
from orchestrator_tui.hook import holding
from orchestrator_tui.journal.port import JournalBusy
from orchestrator_tui.journal.sqlite import SqliteJournal
from tests.hook.scene import CHILD, GATE, SESSION, Scene
from tests.journal.processes import until

SECOND = "task-2-stage-3"


class Waits:
    """Each wait of a held hook lets its time pass, or carries out what is scripted next and wakes."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.script: list[Callable[[], object]] = []
        self.times: list[float] = []

    def __call__(self, waiters: object, milliseconds: float) -> None:
        self.times.append(milliseconds)
        assert len(self.times) < 5_000, "it is held for ever"
        if self.script:
            self.script.pop(0)()
            return
        self._scene.pass_time(round(milliseconds))


@pytest.fixture
def waits(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Waits:
    waits = Waits(scene)
    monkeypatch.setattr(holding, "wait_for_any", waits)
    scene.attend()
    return waits


@pytest.fixture(params=["", CHILD], ids=["main", "sub-agent"])
def agent(request: pytest.FixtureRequest) -> str:
    asker: str = request.param
    return asker


def stops(scene: Scene, agent: str = "", **changes: Any) -> dict[str, Any]:
    return scene.call("SubagentStop.subagent" if agent else "Stop", agent, **changes)


def test_it_is_held_until_the_decision_and_goes_on_with_it(scene: Scene, waits: Waits, agent: str) -> None:
    scene.asks(agent=agent)
    decisions: list[str] = []
    waits.script = [lambda: None, lambda: decisions.append(scene.decide())]
    output = scene.answer(stops(scene, agent))
    assert output is not None
    assert output["decision"] == "block"
    assert decisions[0] in output["reason"]
    assert len(waits.times) == 2
    assert scene.gate().state is GateState.DELIVERED
    assert scene.answer(stops(scene, agent, stop_hook_active=True)) is None
    assert scene.gate().state is GateState.ACKNOWLEDGED


def test_what_is_decided_already_is_handed_over_though_nobody_is_there(scene: Scene, agent: str) -> None:
    scene.asks(agent=agent)
    decision = scene.decide()
    assert decision in scene.told(stops(scene, agent))


def test_with_nobody_there_nobody_is_held(scene: Scene, agent: str) -> None:
    scene.asks(agent=agent)
    assert scene.answer(stops(scene, agent)) is None
    assert scene.gate().state is GateState.OPEN


def test_an_agent_that_owes_nothing_is_not_held(scene: Scene, waits: Waits, agent: str) -> None:
    scene.asks(agent="" if agent else CHILD)
    assert scene.answer(stops(scene, agent)) is None
    assert waits.times == []


def test_answered_gates_come_at_once_and_the_others_are_waited_for_again(scene: Scene, waits: Waits) -> None:
    for task in ("1", "2", "3"):
        scene.asks(task)
    waits.script = [lambda: scene.decide("ship"), lambda: scene.decide("fix", SECOND)]
    first = scene.told(stops(scene))
    assert "d-0001" in first
    assert first.index("d-0001") < first.index("Still undecided")
    assert f"gate {SECOND} r1" in first
    second = scene.told(stops(scene, stop_hook_active=True))
    assert "d-0002" in second
    assert "d-0001" not in second


def test_two_that_are_answered_meanwhile_come_in_one_text(scene: Scene, waits: Waits) -> None:
    scene.asks()
    scene.asks("2")
    waits.script = [lambda: (scene.decide("ship"), scene.decide("fix", SECOND))]
    text = scene.told(stops(scene))
    assert "The answers to 2 of your questions" in text
    assert "Still undecided" not in text


def test_it_waits_out_the_time_in_which_an_answer_can_be_taken_back(scene: Scene, waits: Waits) -> None:
    scene.asks()
    waits.script = [lambda: scene.decide(undo_ms=700)]
    assert "d-0001" in scene.told(stops(scene))
    assert waits.times[-1] == 700


def test_an_answer_that_was_taken_back_is_waited_for_anew(scene: Scene, waits: Waits) -> None:
    scene.asks()
    waits.script = [
        lambda: scene.decide("ship", undo_ms=5_000),
        lambda: scene.change("decision_undone", decision="d-0001", by="ann"),
        lambda: scene.decide("fix"),
    ]
    assert "Decided: fix" in scene.told(stops(scene))


def test_a_question_that_its_agent_took_down_lets_it_go(scene: Scene, waits: Waits) -> None:
    scene.asks()
    waits.script = [lambda: scene.change("gate_withdrawn", why="its agent took it down")]
    assert scene.answer(stops(scene)) is None


@pytest.mark.parametrize("held", [False, True], ids=["at its end", "at its call"])
def test_a_question_that_is_dismissed_is_told_so_once(scene: Scene, waits: Waits, held: bool) -> None:
    waits.script = [lambda: scene.change("gate_cancelled", why="not needed", by="ann")]
    if held:
        scene.write("1")
        text = scene.told(scene.updates(**HELD))
    else:
        scene.asks()
        text = scene.told(stops(scene))
    assert "none is an approval" in text
    assert f"gate {GATE} r1: Which cache? (cancelled: not needed)" in text
    assert scene.answer(stops(scene, stop_hook_active=True)) is None


def test_what_was_dismissed_is_told_beside_what_was_answered(scene: Scene, waits: Waits) -> None:
    scene.asks()
    scene.asks("2")
    waits.script = [
        lambda: scene.change("gate_cancelled", why="not needed", by="ann"),
        lambda: scene.decide("fix", SECOND),
    ]
    text = scene.told(stops(scene))
    assert text.index("d-0001") < text.index("No answer will come")


def queued(operation: str) -> dict[str, str]:
    return {"type": "queue-operation", "operation": operation, "content": "<task-notification>"}


def test_a_gate_never_keeps_a_session_from_what_else_waits_for_it(scene: Scene, waits: Waits, agent: str) -> None:
    """The end of a background agent, or a new message, is taken only when the turn has ended."""
    scene.asks(agent=agent)
    scene.says(queued("enqueue"), queued("dequeue"), agent=agent)
    waits.script = [lambda: None, lambda: scene.says(queued("enqueue"), agent=agent)]
    assert scene.answer(stops(scene, agent)) is None
    assert len(waits.times) == 2
    assert scene.gate().state is GateState.OPEN
    scene.says(queued("dequeue"), agent=agent)
    waits.script = [scene.decide]
    assert "d-0001" in scene.told(stops(scene, agent, stop_hook_active=True)), "it is held again at its next end"


def test_a_changed_question_is_waited_for_as_it_is_now(scene: Scene, waits: Waits) -> None:
    scene.asks()
    waits.script = [lambda: scene.asks(decisionContext="Which cache, then?"), lambda: scene.decide("fix")]
    assert f"gate {GATE} r2" in scene.told(stops(scene))


def test_it_outlives_the_last_who_could_answer_by_ten_minutes(scene: Scene, waits: Waits, agent: str) -> None:
    scene.asks(agent=agent)
    waits.script = [scene.leave]
    began = scene.clock.now()
    output = scene.answer(stops(scene, agent))
    assert output is not None
    assert output["reason"].startswith("Undecided, stop here")
    assert scene.clock.now().wall_ms - began.wall_ms == holding.GRACE_MS
    assert scene.gate().state is GateState.OPEN, "no time that passes decides anything"
    assert scene.answer(stops(scene, agent, stop_hook_active=True)) is None, "then it stops"


def test_who_comes_back_in_time_can_answer(scene: Scene, waits: Waits) -> None:
    scene.asks()

    def later() -> None:
        scene.pass_time(holding.GRACE_MS - 1)

    waits.script = [scene.leave, later, scene.attend, later, scene.decide]
    assert "d-0001" in scene.told(stops(scene))


def test_a_session_with_its_person_before_it_is_never_held(scene: Scene, waits: Waits) -> None:
    scene.asks()
    process = scene.process(stops(scene), CLAUDE_CODE_ENTRYPOINT="cli")
    assert process.communicate(timeout=30) == (b"", b"")
    assert waits.times == []


def test_a_job_in_the_background_has_nobody_before_it(scene: Scene, waits: Waits) -> None:
    """It says of itself that it runs at a terminal; nobody there can be nudged, so that it would wait for ever."""
    scene.asks()
    scene.decide()
    process = scene.process(stops(scene), CLAUDE_CODE_ENTRYPOINT="cli", CLAUDE_JOB_DIR="/home/p/.claude/jobs/1")
    assert b"d-0001" in process.communicate(timeout=30)[0]


def test_a_sub_agent_of_such_a_session_is(scene: Scene, waits: Waits) -> None:
    scene.asks(agent=CHILD)
    waits.script = [scene.decide]
    assert "d-0001" in scene.told(stops(scene, CHILD), CLAUDE_CODE_ENTRYPOINT="cli")


def test_a_lock_that_is_taken_for_a_moment_lets_nobody_go(
    scene: Scene, waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.asks()
    change, busy = SqliteJournal.change_gate, [True, True]

    def sometimes(journal: SqliteJournal, *arguments: Any) -> Any:
        if arguments[1].kind == "delivery_claimed" and busy and busy.pop():
            raise JournalBusy("the journal is busy")
        return change(journal, *arguments)

    waits.script = [scene.decide]
    monkeypatch.setattr(SqliteJournal, "change_gate", sometimes)
    assert "d-0001" in scene.told(stops(scene))


# --- asked to be held ----------------------------------------------------------------------------------------


def test_an_agent_that_asks_to_be_held_is_held_at_its_own_call(scene: Scene, waits: Waits, agent: str) -> None:
    waits.script = [scene.decide]
    scene.write("1")
    text = scene.told(scene.updates(agent=agent, **HELD))
    assert "d-0001" in text
    assert scene.gate().state is GateState.DELIVERED


def test_nobody_there_holds_not_even_who_asks_for_it(scene: Scene) -> None:
    scene.write("1")
    assert scene.answer(scene.updates(**HELD)) is None


def test_a_held_call_ends_undecided_when_nobody_is_left(scene: Scene, waits: Waits) -> None:
    waits.script = [scene.leave]
    scene.write("1")
    assert scene.told(scene.updates(**HELD)).startswith("Undecided, stop here")


def test_a_person_at_the_session_is_not_kept_from_talking_by_hold(scene: Scene, waits: Waits) -> None:
    scene.write("1")
    assert scene.answer(scene.updates(**HELD), CLAUDE_CODE_ENTRYPOINT="cli") is None
    assert waits.times == []


HELD: dict[str, Any] = {
    "stage": 3,
    "stageStatus": "gate_blocked",
    "needsDecision": True,
    "decisionContext": "Which cache?",
    "decisionOptions": ["ship", "fix"],
    "hold": True,
}


# --- real processes ------------------------------------------------------------------------------------------


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path, SystemClock())
    scene.attend()
    yield scene
    scene.close()


def is_held(scene: Scene) -> bool:
    return any(one.what == "hook" for one in scene.journal.waiters.live(scene.batch, GATE))


def test_a_held_process_is_woken_by_the_decision(real: Scene) -> None:
    real.asks()
    process = real.process(stops(real))
    until(lambda: is_held(real))
    decided = time.monotonic()
    decision = real.decide()
    assert process.stdout is not None
    printed = process.stdout.read()
    print(f"decided → printed by the held hook: {1000 * (time.monotonic() - decided):.1f} ms")
    assert decision.encode() in printed
    assert process.wait(30) == 0
    assert not is_held(real)
    process.communicate()


def test_it_ends_with_its_claude_code(real: Scene) -> None:
    """Whoever reads its output is gone: the gate stays, and nobody claims its answer."""
    real.asks()
    process = real.process(stops(real))
    until(lambda: is_held(real))
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(30) == 0
    assert real.gate().state is GateState.OPEN
    process.stdout = None
    process.communicate()


def test_esc_at_the_terminal_ends_it(real: Scene) -> None:
    real.asks()
    process = real.process(stops(real))
    until(lambda: is_held(real))
    os.kill(process.pid, signal.SIGTERM)
    out, errors = process.communicate(timeout=30)
    assert (out, errors) == (b"", b"")
    assert not is_held(real)
    assert real.decide()
    assert "d-0001" in real.told(stops(real)), "the answer is not lost by it"
    assert SESSION in real.gate().asker
