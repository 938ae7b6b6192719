"""Random lives of one answer by mail: a person, an agent, hooks and holders that die anywhere (A-1…A-7, T2)."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.core.agents import BUSY, GONE, IDLE
from orchestrator_tui.core.model import TERMINAL_GATE_STATES, Gate, GateState
from orchestrator_tui.core.queries import needs_person
from tests.runtime.mail_scene import GATE, Holder, Scene

SECOND, MINUTE = 1_000, 60_000

ACTIONS = st.one_of(
    st.tuples(st.just("call"), st.sampled_from(("", "", "", "before looking", "before printing", "after printing"))),
    st.tuples(st.just("decide"), st.sampled_from(("lru", "ttl", "reject")), st.sampled_from((0, 5_000))),
    st.tuples(st.just("seen"), st.sampled_from((BUSY, BUSY, IDLE, GONE))),
    st.tuples(st.just("holder"), st.sampled_from((0, 1)), st.sampled_from(("step", "step", "step", "die"))),
    st.tuples(st.just("nudges"), st.sampled_from(("", "it shows a dialog"))),
    st.tuples(st.sampled_from(("undo", "cancel", "again", "arrives", "takes down", "reboot"))),
    st.tuples(st.just("time"), st.sampled_from((1, 500, 2_000, 5_000, 30_000, 60_000, 300_000, 660_000))),
)


class Life:
    """The gate, its agent, and two processes that compete for keeping the batch."""

    def __init__(self, directory: Path) -> None:
        self.scene = Scene(directory / "state")
        self.holders = [self.scene.start(), self.scene.start()]
        self.undone: set[str] = set()
        self.status = BUSY
        self.keeper().sees(BUSY, mode="teammate")
        self.scene.ask()

    def keeper(self) -> Holder:
        """Who keeps the batch now."""
        return next((one for one in self.holders if one.holds), self.holders[0])

    def do(self, action: tuple[object, ...]) -> None:
        gate = self.scene.gate()
        match action:
            case ("call", str(fate)) if self.status is BUSY:
                self.scene.tool_call(fate=fate)
            case ("decide", str(option), int(undo_ms)):
                self.scene.decide(option, undo_ms)
            case ("seen", str(status)) if self.status is not GONE:
                self.status = status
                self.keeper().sees(status, mode="teammate")
            case ("holder", int(which), "step"):
                self.holders[which].step()
            case ("holder", int(which), "die"):
                self.holders[which].die()
                self.holders[which] = self.scene.start()
            case ("nudges", str(refused)):
                self.scene.nudges.refused = refused
            case ("reboot",):
                self.scene.clock.reboot(f"boot-{self.scene.clock.now().wall_ms}", 1)
            case ("time", int(milliseconds)):
                self.scene.clock.advance(milliseconds)
            case (str(other),):
                self._happens(other, gate)

    def _happens(self, what: str, gate: Gate) -> None:
        decision = gate.decision
        match what:
            case "undo" if decision is not None and not self.scene.change("decision_undone", by="ann"):
                self.undone.add(decision.id)
            case "cancel":
                self.scene.change("gate_cancelled", why="stopped")
            case "again" if decision is not None:
                self.scene.change("redelivery_asked", by="ann")
            case "arrives" if decision is not None and decision.id in self.scene.told.printed:
                self.scene.change("decision_acknowledged", route="hook", evidence="its transcript")
            case "takes down" if decision is not None and (GATE, decision.id) in self.scene.disk.written:
                self.scene.change("decision_acknowledged", route="task_file", evidence="it took its question down")

    def given(self) -> set[str]:
        """The decisions that ever reached a place where the agent could read them."""
        return {*self.scene.told.printed, *(decision for _, decision in self.scene.disk.written)}

    def check(self) -> None:
        """What holds at every moment."""
        gate = self.scene.gate()
        steps = [step.step for step in gate.steps if step.step != "nudged"]
        for between in ("claimed", "delivered"):
            places = [place for place, step in enumerate(steps) if step == between]
            for earlier, later in itertools.pairwise(places):
                assert "failed" in steps[earlier:later], f"{between} twice without a failure between"
        assert steps.count("acknowledged") <= 1
        assert len(self.given()) <= 1, "one revision, one answer"
        assert not self.given() & self.undone, "what was taken back has reached its agent"
        if gate.state is GateState.ACKNOWLEDGED:
            assert gate.decision is not None
            assert gate.decision.id in self.given(), "acknowledged, though it was never there to be read"
        nudges = [event.at for event in self.scene.events("gate_nudged") if event.payload["route"] != "none"]
        for first, second in itertools.pairwise(nudges):
            assert first.boot_id != second.boot_id or second.boot_ms - first.boot_ms >= MINUTE

    def settle(self) -> None:
        """A holder stays, and the agent, if it lives, works on for half an hour."""
        if self.status is not GONE:
            self.do(("seen", BUSY))
        for _ in range(120):
            self.scene.clock.advance(15 * SECOND)
            self.keeper().step()
            if self.status is BUSY:
                self.scene.tool_call()
        self.check()

    def close(self) -> None:
        for holder in self.holders:
            holder.die()
        self.scene.journal.close()


@given(st.lists(ACTIONS, max_size=25))
def test_an_answer_is_never_lost_never_doubled_and_never_said_to_have_arrived_when_it_has_not(
    actions: list[tuple[object, ...]],
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        life = Life(Path(directory))
        ended: GateState | None = None
        for action in actions:
            life.do(action)
            life.check()
            state = life.scene.gate().state
            assert ended in (None, state), "an end is an end"
            ended = state if state in TERMINAL_GATE_STATES else None
        decided = life.scene.gate().state in (GateState.DECIDED, GateState.DELIVERED)
        life.settle()
        gate = life.scene.gate()
        if decided and life.status is BUSY:
            assert gate.state is GateState.ACKNOWLEDGED, "an agent that works on has got its answer"
        elif decided:
            assert needs_person(gate), "what nobody took comes back on top"
        life.close()
