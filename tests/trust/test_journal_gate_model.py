"""Gates in both stores against a small model of their life: two deciders, an agent, routes, a clock, crashes (T2)."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from orchestrator_tui.core.event import Draft, Event
from orchestrator_tui.core.model import Gate
from orchestrator_tui.journal.memory import MemoryJournal, MemoryStore
from orchestrator_tui.journal.port import Journal
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.journal.verify import verify_batch
from tests.journal.drafts import (
    BATCH,
    acknowledged,
    asked,
    at,
    cancelled,
    claimed,
    decided,
    delivered,
    failed,
    note,
    opened,
    undone,
    withdrawn,
)
from tests.journal.promises import taken

UNDO_MS = 5_000
GATES = ("a", "a", "a", "b")
ENDED = {"acknowledged", "withdrawn", "cancelled"}


@dataclass
class ModelGate:
    """What the rules of a gate's life say of its newest revision; written from the requirements, not from the code."""

    revision: int
    digest: str
    state: str = "open"
    decision: str = ""
    option: str = ""
    by: str = ""
    decided_ms: int = 0
    claim: str = ""
    left: bool = False

    @property
    def waits_for_delivery(self) -> bool:
        return self.state in ("decided", "delivered")


@dataclass
class Model:
    gates: dict[str, ModelGate] = field(default_factory=dict)
    now: int = 0
    decisions: int = 0
    refusals: int = 0


class GateLife(RuleBasedStateMachine):
    """Every step is done in both stores; the model says beforehand whether it may happen."""

    base: Path

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(dir=self.base))
        self.store = MemoryStore()
        self.model = Model()
        self.deciders = [self.open_sqlite(), self.open_sqlite()]
        self.memory = MemoryJournal(self.store)

    def open_sqlite(self) -> SqliteJournal:
        return SqliteJournal(self.directory, wake=lambda batch, gate: None)

    def teardown(self) -> None:
        try:
            verdict = verify_batch(self.deciders[0], BATCH)
            assert verdict.intact, verdict
            kinds = [event.kind for event in self.deciders[1].events(BATCH)]
            assert kinds.count("gate_decided") == self.model.decisions
            assert kinds.count("decision_refused") == self.model.refusals
        finally:
            for journal in self.deciders:
                journal.close()
            shutil.rmtree(self.directory)

    def handles(self) -> tuple[Journal, ...]:
        return (*self.deciders, self.memory)

    def change(self, draft: Draft, expected: bool, decider: int = 0) -> None:
        for journal in (self.deciders[decider], self.memory):
            outcome = journal.change_gate(BATCH, draft, at(self.model.now), "test")
            assert isinstance(outcome, Event) == expected, outcome

    @initialize()
    def begin(self) -> None:
        for journal in (self.deciders[0], self.memory):
            journal.open_batch(BATCH, opened(), at(0), "test")

    @rule(gate=st.sampled_from(GATES), digest=st.sampled_from(["d1", "d2", "d3"]))
    def ask(self, gate: str, digest: str) -> None:
        known = self.model.gates.get(gate)
        revision = 1 if known is None else known.revision + 1
        expected = known is None or known.state in ENDED or known.digest != digest
        self.change(asked(gate, revision, digest), expected)
        if expected:
            self.model.gates[gate] = ModelGate(revision, digest)

    @rule(
        gate=st.sampled_from(GATES),
        back=st.sampled_from([0, 0, 0, 1]),
        digest=st.sampled_from(["", "", "", "d2"]),
        option=st.sampled_from(["1", "1", "2", "9"]),
        decider=st.integers(0, 1),
    )
    def decide(self, gate: str, back: int, digest: str, option: str, decider: int) -> None:
        known = self.model.gates.get(gate)
        by, decision = ("ann", "bob")[decider], f"decision-{self.model.decisions}-{self.model.refusals}"
        revision = max(1, known.revision - back) if known else 1
        digest = digest or (known.digest if known else "d1")
        draft = decided(gate, revision, digest, option, by, decision, undo_ms=UNDO_MS if option == "2" else 0)
        fits = known is not None and (revision, digest) == (known.revision, known.digest)
        if known is not None and fits and known.state == "open" and option != "9":
            self.change(draft, True, decider)
            known.state, known.decision, known.option, known.by = "decided", decision, option, by
            known.decided_ms, known.claim, known.left = self.model.now, "", False
            self.model.decisions += 1
            return
        ended = known is not None and known.state in ("withdrawn", "cancelled")
        answered = known is not None and fits and known.decision != "" and not ended
        repeats = known is not None and answered and (known.option, known.by) == (option, by)
        self.change(draft, False, decider)
        self.model.refusals += 0 if repeats else 1

    @rule(
        gate=st.sampled_from(GATES),
        other=st.sampled_from([False, False, True]),
        claimant=st.sampled_from(["hook", "shell"]),
    )
    def claim(self, gate: str, other: bool, claimant: str) -> None:
        known = self.model.gates.get(gate)
        if known is None:
            return
        settled = known.option != "2" or self.model.now - known.decided_ms >= UNDO_MS
        expected = known.state == "decided" and not known.claim and settled and not other
        decision = "another" if other else known.decision
        self.change(claimed(gate, known.revision, decision, claimant), expected, int(other))
        if expected:
            known.claim, known.left = claimant, True

    @rule(gate=st.sampled_from(GATES))
    def deliver(self, gate: str) -> None:
        known = self.model.gates.get(gate)
        if known is None:
            return
        expected = known.waits_for_delivery and known.claim != ""
        self.change(delivered(gate, known.revision, known.decision), expected)
        if expected:
            known.state, known.claim = "delivered", ""

    @rule(gate=st.sampled_from(GATES))
    def fail(self, gate: str) -> None:
        known = self.model.gates.get(gate)
        if known is None:
            return
        expected = known.waits_for_delivery
        self.change(failed(gate, known.revision, known.decision), expected)
        if expected:
            known.state, known.claim = "decided", ""

    @rule(gate=st.sampled_from(GATES))
    def acknowledge(self, gate: str) -> None:
        known = self.model.gates.get(gate)
        if known is None:
            return
        expected = known.waits_for_delivery and known.left
        self.change(acknowledged(gate, known.revision, known.decision), expected)
        if expected:
            known.state, known.claim = "acknowledged", ""

    @rule(gate=st.sampled_from(GATES), steps=st.integers(1, 5))
    def go_on(self, gate: str, steps: int) -> None:
        """What happens to a gate when nothing goes wrong, so that long lives come about."""
        for _ in range(steps):
            known = self.model.gates.get(gate)
            if known is None or known.state in ENDED:
                self.ask(gate, "d1")
            elif known.state == "open":
                self.decide(gate, 0, known.digest, "1", 0)
            elif known.state == "delivered":
                self.acknowledge(gate)
            elif known.claim:
                self.deliver(gate)
            else:
                self.claim(gate, False, "hook")

    @rule(gate=st.sampled_from(GATES), step=st.sampled_from(["claim", "deliver", "fail", "acknowledge", "undo"]))
    def say_it_twice(self, gate: str, step: str) -> None:
        arguments: tuple[Any, ...] = {"claim": (gate, False, "shell"), "undo": (gate, 1)}.get(step, (gate,))
        for _ in range(2):
            getattr(self, step)(*arguments)

    @rule(gate=st.sampled_from(GATES), withdraw=st.booleans())
    def end(self, gate: str, withdraw: bool) -> None:
        known = self.model.gates.get(gate)
        if known is None:
            return
        expected = known.state in ("open", "decided")
        self.change((withdrawn if withdraw else cancelled)(gate, known.revision), expected)
        if expected:
            known.state, known.claim = "withdrawn" if withdraw else "cancelled", ""

    @rule(gate=st.sampled_from(GATES), decider=st.integers(0, 1))
    def undo(self, gate: str, decider: int) -> None:
        known = self.model.gates.get(gate)
        if known is None:
            return
        window = UNDO_MS if known.option == "2" else 0
        fresh = self.model.now - known.decided_ms < window
        expected = known.state == "decided" and not known.claim and fresh
        self.change(undone(gate, known.revision, known.decision), expected, decider)
        if expected:
            known.state, known.decision, known.option, known.by = "open", "", "", ""

    @rule(milliseconds=st.sampled_from([1, 4_999, 5_000, 86_400_000]))
    def wait(self, milliseconds: int) -> None:
        # Time alone decides nothing: the invariants below must hold as before.
        self.model.now += milliseconds

    @rule(decider=st.integers(0, 1))
    def crash(self, decider: int) -> None:
        self.deciders[decider].close()
        self.deciders[decider] = self.open_sqlite()

    @precondition(lambda self: self.model.gates)
    @rule(decider=st.integers(0, 1))
    def hold_the_lease_for_a_moment(self, decider: int) -> None:
        for journal in (self.deciders[decider], self.memory):
            lease = taken(journal)
            journal.append(lease, [note()], at(self.model.now), "host")
            lease.release(at(self.model.now))

    @invariant()
    def the_stores_and_the_model_agree(self) -> None:
        for name, known in self.model.gates.items():
            gates = [journal.gate(BATCH, name) for journal in self.handles()]
            assert gates[0] == gates[1] == gates[2]
            assert gates[0] is not None
            assert _facts(gates[0]) == (known.revision, known.digest, known.state, known.decision, known.claim)
        heads = [journal.batches() for journal in self.handles()]
        assert heads[0] == heads[1] == heads[2], "the chains differ"
        living = {name for name, known in self.model.gates.items() if known.state not in ENDED}
        assert {gate.id for gate in self.deciders[1].gates()} == living


def _facts(gate: Gate) -> tuple[int, str, str, str, str]:
    decision = gate.decision.id if gate.decision else ""
    return gate.revision, gate.digest, str(gate.state), decision, gate.claim or ""


@pytest.mark.parametrize(
    ("examples", "steps"), [(80, 40), pytest.param(2_000, 60, marks=pytest.mark.nightly, id="regime")]
)
def test_gates_live_as_the_requirements_say(tmp_path: Path, examples: int, steps: int) -> None:
    class Here(GateLife):
        base = tmp_path

    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    run_state_machine_as_test(Here, settings=chosen)
