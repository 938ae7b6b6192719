"""Random lives of one gate between two readers, a person and crashes (reliability T2, quick form)."""

from __future__ import annotations

import contextlib
import itertools

from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.core.model import TERMINAL_GATE_STATES, GateState
from orchestrator_tui.runtime.doors import Taken
from tests.runtime.door_scene import GATE, Scene


class Killed(BaseException):
    """The process is gone, in the middle of what it did."""


ACTIONS = st.one_of(
    st.tuples(
        st.just("take"), st.sampled_from(("1:1", "2:2")), st.sampled_from(("finish", "die", "die writing", "mute"))
    ),
    st.tuples(st.just("decide"), st.sampled_from(("lru", "ttl", "reject")), st.sampled_from((0, 5_000))),
    st.tuples(st.sampled_from(("undo", "cancel", "withdraw", "reboot", "elsewhere", "ask"))),
    st.tuples(st.just("time"), st.sampled_from((1, 1_000, 5_000, 20_000))),
)


class Life:
    """The gate with what its readers really got."""

    def __init__(self) -> None:
        self.scene = Scene()
        self.scene.ask()
        self.made = 0
        self.got: list[tuple[str, str]] = []

    def do(self, action: tuple[object, ...]) -> None:
        match action:
            case ("take", str(claimant), str(fate)):
                self._take(claimant, fate)
            case ("decide", str(option), int(undo_ms)):
                self.made += 1
                self.scene.decide(option, undo_ms, f"d-{self.made}")
            case ("undo",):
                decision = self.scene.now_gate().decision
                self.scene.change("decision_undone", decision=decision.id if decision else "none", by="ann")
            case ("cancel",):
                self.scene.change("gate_cancelled", why="stopped")
            case ("withdraw",):
                self.scene.change("gate_withdrawn", why="asked no more")
            case ("reboot",):
                self.scene.clock.reboot(f"boot-{self.scene.clock.now().wall_ms}", 1)
            case ("elsewhere",):
                decision = self.scene.now_gate().decision
                key = {"decision": decision.id if decision else "none", "route": "task_file"}
                if not self.scene.change("delivery_claimed", **key, claimant="9:9"):
                    self.scene.change("decision_delivered", **key)
            case ("ask",):
                self.scene.ask()
            case ("time", int(milliseconds)):
                self.scene.clock.advance(milliseconds)

    def _take(self, claimant: str, fate: str) -> None:
        # Every process has an identity of its own: those before it are dead.
        own = f"{claimant}:{len(self.scene.kinds())}"
        door = self.scene.door(own)
        found = door.take(GATE, self.scene.now_gate().revision)
        if not isinstance(found, Taken) or found.again:
            return
        gate = found.gate

        def write() -> None:
            if fate == "die":
                raise Killed
            assert gate.decision is not None
            self.got.append((f"{gate.revision}", gate.decision.id))
            if fate == "die writing":
                raise Killed

        with contextlib.suppress(Killed):
            door.hand_over(gate, write, lambda: "" if fate == "mute" else "read", evidence="printed")
        self.scene.dead.add(own)


@given(st.lists(ACTIONS, max_size=40))
def test_an_answer_arrives_whole_or_is_known_not_to_have(actions: list[tuple[object, ...]]) -> None:
    life = Life()
    ended: dict[int, GateState] = {}
    for action in actions:
        life.do(action)
        gate = life.scene.now_gate()
        assert ended.get(gate.revision, gate.state) is gate.state, "an end is an end"
        if gate.state in TERMINAL_GATE_STATES:
            ended[gate.revision] = gate.state
        steps = [step.step for step in gate.steps]
        deliveries = [place for place, step in enumerate(steps) if step == "delivered"]
        for earlier, later in itertools.pairwise(deliveries):
            assert "failed" in steps[earlier:later], "two deliveries without a failure between"
        claims = [place for place, step in enumerate(steps) if step == "claimed"]
        for earlier, later in itertools.pairwise(claims):
            assert "failed" in steps[earlier:later], "two claims without a failure between"
        if gate.state is GateState.ACKNOWLEDGED:
            assert gate.decision is not None
            assert (str(gate.revision), gate.decision.id) in life.got, "acknowledged, though nobody got it"
    # One revision's answer never changes once a reader has it.
    assert len({revision for revision, _ in life.got}) == len(set(life.got))
