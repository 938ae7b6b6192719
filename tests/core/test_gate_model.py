"""The gate's life against a model of it: two deciders, two readers, an agent, a clock and crashes (T2).

Every history is made from its seed; a failing one names it, and ``history(SEED)`` plays it again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.evolve import fold
from orchestrator_tui.core.model import GateState
from tests.core.builders import BATCH, Ledger, on_gate, opened
from tests.core.history import violations

HISTORIES, STEPS = 2_000, 60
CHUNKS = 8
OPTIONS = ("ship", "fix", "no")
ROUTES = ("shell", "hook", "task_file")
UNDO_MS = 5_000
LIVING = ("open", "decided", "delivered")


@dataclass
class Model:
    """What a person would expect of one gate, kept as simply as it can be said."""

    revision: int = 0
    digest: str = ""
    state: str = "none"
    answer: tuple[str, str] = ("", "")
    decision: str = ""
    undo_ms: int = 0
    decided_at: int = 0
    route: str = ""
    left: bool = False
    undelivered: bool = False
    cleared: bool = False
    decisions: list[str] = field(default_factory=list)

    def may_open(self, revision: int, digest: str) -> bool:
        return revision == self.revision + 1 and (self.state not in LIVING or digest != self.digest)

    def decide(self, revision: int, digest: str, option: str, by: str, identifier: str, undo_ms: int, now: int) -> bool:
        if (revision, digest, self.state) != (self.revision, self.digest, "open"):
            return False
        self.state, self.answer, self.decision = "decided", (option, by), identifier
        self.undo_ms, self.decided_at, self.left, self.route = undo_ms, now, False, ""
        return True

    def undo(self, identifier: str, now: int) -> bool:
        if self.state != "decided" or self.route or identifier != self.decision:
            return False
        if now - self.decided_at >= self.undo_ms:
            return False
        self.state, self.decision, self.left, self.undelivered = "open", "", False, False
        return True

    def claim(self, identifier: str, route: str, now: int) -> bool:
        if self.state != "decided" or self.route or identifier != self.decision:
            return False
        if now - self.decided_at < self.undo_ms:
            return False
        self.route, self.left, self.undelivered = route, True, False
        return True

    def deliver(self, identifier: str, route: str) -> bool:
        if self.state != "decided" or not self.route or (identifier, route) != (self.decision, self.route):
            return False
        self.state, self.route, self.undelivered = "delivered", "", False
        return True

    def fail(self, identifier: str, route: str, undelivered: bool) -> bool:
        if self.state not in ("decided", "delivered") or identifier != self.decision or self.route not in ("", route):
            return False
        self.state, self.route, self.undelivered = "decided", "", undelivered
        return True

    def acknowledge(self, identifier: str) -> bool:
        if self.state not in ("decided", "delivered") or identifier != self.decision or not self.left:
            return False
        self.state, self.route, self.undelivered = "acknowledged", "", False
        return True

    def end(self, state: str) -> bool:
        ends = ("open", "decided", "delivered") if state == "answered_elsewhere" else ("open", "decided")
        if self.state not in ends:
            return False
        self.state, self.route, self.undelivered, self.cleared = state, "", False, state == "withdrawn"
        return True

    def clear(self) -> bool:
        if self.state in (*LIVING, "none") or self.cleared:
            return False
        self.cleared = True
        return True

    def redeliver(self, identifier: str) -> bool:
        if not self.undelivered or identifier != self.decision:
            return False
        self.undelivered = False
        return True


class Play:
    """One history: random steps, each judged by the model and by the code."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.ledger, self.model = Ledger(), Model()
        self.elapsed, self.number = 0, 0
        self.known: list[tuple[int, str]] = [(1, "q0")]
        often = (self.decide, self.claim, self.deliver, self.tick)
        seldom = (self.ask, self.undo, self.fail, self.acknowledge, self.end, self.clear, self.redeliver, self.crash)
        self.acts = (*often, *often, *seldom)

    def step(self) -> None:
        self.random.choice(self.acts)()

    def both(self, expected: bool, draft: Draft) -> None:
        refused = self.ledger.record(draft)
        assert bool(refused) != expected, f"{draft.kind}: the model says {expected}, the code says {refused or 'yes'}"

    def on(self, kind: str, **fields: Any) -> Draft:
        revision = self.model.revision if self.random.random() < 0.9 else self.model.revision - 1
        return on_gate(kind, revision=revision, **fields)

    def fits(self, draft: Draft) -> bool:
        return self.model.state != "none" and draft.payload["revision"] == self.model.revision

    def identifier(self) -> str:
        if self.random.random() < 0.9 or not self.model.decisions:
            return self.model.decision or "d-none"
        return self.random.choice(self.model.decisions)

    def ask(self) -> None:
        same = self.model.digest and self.random.random() < 0.4
        digest = self.model.digest if same else f"q{self.random.randrange(4)}"
        revision = self.model.revision + self.random.choice((1, 1, 1, 0, 2))
        done = self.model.may_open(revision, digest)
        self.both(done, opened(revision=revision, digest=digest))
        if done:
            self.model = Model(revision, digest, "open", decisions=self.model.decisions)
            self.known.append((revision, digest))

    def decide(self) -> None:
        shown = (
            (self.model.revision, self.model.digest) if self.random.random() < 0.8 else self.random.choice(self.known)
        )
        option, by = self.random.choice(OPTIONS), self.random.choice(("ann", "bob"))
        undo_ms = UNDO_MS if option == "no" else 0
        self.number += 1
        name = f"d-{self.number}"
        draft = on_gate(
            "gate_decided",
            revision=shown[0],
            digest=shown[1],
            options=[option],
            label=option,
            by=by,
            decision=name,
            undo_ms=undo_ms,
        )
        repeated = self.model.answer == (option, by) and self.model.decision
        done = self.model.decide(*shown, option, by, name, undo_ms, self.elapsed)
        if done:
            self.model.decisions.append(name)
        refused = self.ledger.record(draft)
        assert bool(refused) != done, f"the model says {done}, the code says {refused or 'yes'}"
        answered = self.model.state in ("decided", "delivered", "acknowledged") and shown == self.known[-1]
        assert (refused == ["already decided"]) == bool(not done and answered and repeated)

    def undo(self) -> None:
        draft = self.on("decision_undone", decision=self.identifier())
        self.both(self.fits(draft) and self.model.undo(draft.payload["decision"], self.elapsed), draft)

    def claim(self) -> None:
        route = self.random.choice(ROUTES)
        draft = self.on("delivery_claimed", decision=self.identifier(), route=route, claimant=f"{route}:1")
        self.both(self.fits(draft) and self.model.claim(draft.payload["decision"], route, self.elapsed), draft)

    def deliver(self) -> None:
        route = self.model.route if self.random.random() < 0.7 and self.model.route else self.random.choice(ROUTES)
        draft = self.on("decision_delivered", decision=self.identifier(), route=route)
        self.both(self.fits(draft) and self.model.deliver(draft.payload["decision"], route), draft)

    def fail(self) -> None:
        route, undelivered = self.random.choice(ROUTES), self.random.random() < 0.5
        draft = self.on("delivery_failed", decision=self.identifier(), route=route, undelivered=undelivered)
        self.both(self.fits(draft) and self.model.fail(draft.payload["decision"], route, undelivered), draft)

    def acknowledge(self) -> None:
        draft = self.on("decision_acknowledged", decision=self.identifier())
        self.both(self.fits(draft) and self.model.acknowledge(draft.payload["decision"]), draft)

    def end(self) -> None:
        state = self.random.choice(("withdrawn", "cancelled", "expired", "answered_elsewhere"))
        draft = self.on(f"gate_{state}")
        self.both(self.fits(draft) and self.model.end(state), draft)

    def clear(self) -> None:
        draft = self.on("gate_cleared")
        self.both(self.fits(draft) and self.model.clear(), draft)

    def redeliver(self) -> None:
        draft = self.on("redelivery_asked", decision=self.identifier())
        self.both(self.fits(draft) and self.model.redeliver(draft.payload["decision"]), draft)

    def tick(self) -> None:
        milliseconds = self.random.choice((1, 999, 4_000, 5_000, 60_000))
        self.elapsed += milliseconds
        self.ledger.tick(milliseconds)

    def crash(self) -> None:
        """Whoever starts again knows what the journal holds, and nothing else."""
        folded = fold(self.ledger.events).batches[BATCH]
        assert folded == self.ledger.batch
        self.ledger.batch = folded

    def agrees(self) -> None:
        gate = self.ledger.batch.gates.get("g")
        model = self.model
        if gate is None:
            assert model.state == "none"
            return
        assert (gate.revision, gate.digest, gate.state.value) == (model.revision, model.digest, model.state)
        assert (gate.claim is not None, gate.undelivered, gate.cleared) == (
            bool(model.route),
            model.undelivered,
            model.cleared,
        )
        if gate.state in (GateState.DECIDED, GateState.DELIVERED, GateState.ACKNOWLEDGED):
            assert gate.decision is not None
            assert (gate.decision.id, gate.decision.options[0], gate.decision.by) == (model.decision, *model.answer)
        assert [one[1] for one in gate.answers] == model.decisions


def history(seed: int) -> None:
    """Play one history; any disagreement is an error that names the seed."""
    play = Play(seed)
    try:
        for _ in range(STEPS):
            play.step()
            play.agrees()
        assert violations(play.ledger.events) == []
    except AssertionError as error:
        raise AssertionError(f"history({seed}): {error}") from error


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_code_does_what_the_model_says(chunk: int) -> None:
    """A-1…A-6 over 2,000 random histories of 60 steps."""
    for seed in range(chunk, HISTORIES, CHUNKS):
        history(seed)
