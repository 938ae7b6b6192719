"""A whole batch under random agents, people, readers and time: what must hold at every moment (T1).

Every play is made from its seed; a failing one names it, and ``play(SEED)`` plays it again.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from orchestrator_tui.core.commands import Nudge, Redeliver, Snooze, Undo
from orchestrator_tui.core.decide import STATUS_QUESTION, message_draft
from orchestrator_tui.core.delivery import Reach, route_to_take
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.evolve import fold
from orchestrator_tui.core.facts import LifeSign, ListSeen, TaskFact
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Gate, GateState, Risk
from orchestrator_tui.core.observe import observe, observe_ending
from orchestrator_tui.core.policy import policy
from orchestrator_tui.core.queries import gate_queue, wants_confirmation
from orchestrator_tui.core.rules import AnswerRule, Rules
from orchestrator_tui.core.silence import Sight
from tests.core.builders import BATCH, HOUR, LADDER, MINUTE, SECOND, Ledger, answer, fact, on_gate
from tests.core.history import violations

PLAYS, STEPS, CHUNKS = 240, 60, 8
ANY_CONFIDENCE = frozenset({"high", "medium", "low", ""})
# As wide as a rule can be written: what keeps it from dangerous gates must be the code.
WIDE = Rules({LADDER.workflow: LADDER}, (AnswerRule("wide", ANY_CONFIDENCE, Risk.PRODUCTION),))
TASKS = ("1", "2", "3")
SIGNS = (LifeSign("process", 0), LifeSign("transcript", 3 * MINUTE), LifeSign("commits", HOUR))


class Play:
    """One batch from its first task on."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.ledger = Ledger(rules=WIDE)
        self.facts: dict[str, TaskFact] = {}
        self.number = 0
        often = (self.agent, self.agent, self.time, self.time, self.person, self.readers, self.engine)
        self.acts = (*often, *often, self.elsewhere, self.gone, self.undo, self.snooze, self.nudge, self.reboot)

    def pick(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def gates(self, *states: GateState) -> list[Gate]:
        return [gate for gate in self.ledger.batch.gates.values() if gate.state in states]

    # --- who acts ------------------------------------------------------------------------------------------

    def agent(self) -> None:
        """One agent writes its task: some keys change, the others stay, as TaskUpdate merges them."""
        task = self.pick(*TASKS)
        before = self.facts.get(task)
        metadata = dict(before.metadata) if before is not None and before.metadata else {"workflow": LADDER.workflow}
        changes: dict[str, Any] = {
            "stage": self.random.randint(0, 9),
            "stageStatus": self.pick("in_progress", "completed", "gate_blocked", "odd"),
            "needsDecision": self.pick(True, True, False),
            "decisionContext": self.pick("Go on?", "Deploy to production?", "Which?"),
            "decisionOptions": self.pick(["yes", "no"], ["a: left", "b: right"], None),
            "recommendation": self.pick("yes", 1, None),
            "confidence": self.pick("high", "low", None),
            "risk": self.pick("low", "low", "check", "staging", "failure", "destructive", "production", None),
            "skippedStages": self.pick([], [3]),
            "decision": self.pick(None, None, {"gate": "g", "option": "yes"}),
        }
        for name in self.random.sample(sorted(changes), self.random.randint(1, 6)):
            metadata[name] = changes[name]
        status = self.pick("in_progress", "in_progress", "pending", "completed")
        problem = self.pick("", "", "", "", "", "empty")
        mtime = self.ledger.now.plus(self.pick(0, 0, -MINUTE, MINUTE))
        self.facts[task] = fact(task, mtime, status=status, metadata=metadata, problem=problem)
        self.look((self.facts[task],))

    def look(self, facts: tuple[TaskFact, ...] = (), vanished: tuple[str, ...] = ()) -> None:
        """Look twice: the second time there is nothing new."""
        for expected in (None, ()):
            drafts = observe(self.ledger.batch, ListSeen(facts, vanished), WIDE, self.ledger.now)
            assert expected is None or drafts == expected, f"observed again: {drafts}"
            self.ledger.must(*drafts)

    def gone(self) -> None:
        names = self.random.sample(TASKS, self.random.randint(1, 3))
        for name in names:
            self.facts.pop(name, None)
        self.look(vanished=tuple(f"task:{name}" for name in names))

    def time(self) -> None:
        self.ledger.tick(self.pick(500, SECOND, 7 * SECOND, MINUTE, 5 * MINUTE, 12 * MINUTE, 2 * HOUR))
        looked = [slug for slug in self.ledger.batch.tracks if self.random.random() < 0.8]
        sight = Sight(
            signs={slug: tuple(self.random.sample(SIGNS, self.random.randint(0, 3))) for slug in looked},
            ended=frozenset(slug for slug in looked if self.random.random() < 0.2),
            reach={gate_id: self.reach() for gate_id in self.ledger.batch.gates if self.random.random() < 0.8},
        )
        for expected in (None, ()):
            drafts = policy(self.ledger.batch, sight, WIDE, self.ledger.now)
            assert expected is None or drafts == expected, f"due again: {drafts}"
            self.ledger.must(*drafts)
        ending = observe_ending(self.ledger.batch)
        self.ledger.must(*ending)
        assert observe_ending(self.ledger.batch) == ()

    def reach(self) -> Reach:
        waiting = frozenset(route for route in ("hook", "shell") if self.random.random() < 0.5)
        return Reach(waiting, self.random.random() < 0.3)

    def reboot(self) -> None:
        now = self.ledger.now
        self.ledger.now = Instant(now.wall_ms + self.pick(-HOUR, MINUTE), 1_000, f"boot-{now.wall_ms}")

    def person(self) -> None:
        queue = gate_queue(self.ledger.state)
        if not queue:
            return
        gate = self.pick(*queue)
        self.number += 1
        keys = [option.key for option in gate.question.options]
        chosen = (self.pick(*keys),) if keys and self.random.random() < 0.8 else ()
        confirm = gate.track if wants_confirmation(gate) == "slug" else "twice"
        text = "" if chosen else "as I say"
        self.ledger.carry_out(answer(gate, *chosen, text=text, reason="r", confirm=confirm), f"d-{self.number}")
        if gate.undelivered:
            self.ledger.carry_out(Redeliver(BATCH, gate.id))

    def readers(self) -> None:
        """Agents' readers come and go: they claim, take, die, show that they took it."""
        for gate in self.gates(GateState.DECIDED, GateState.DELIVERED):
            if gate.decision is None or gate.source == "policy":
                continue
            key = {"gate": gate.id, "revision": gate.revision, "decision": gate.decision.id}
            route = self.pick("shell", "hook")
            for draft in (
                on_gate("gate_route_added", **{**key, "route": route}),
                on_gate("delivery_claimed", **{**key, "route": route}),
                on_gate("decision_delivered", **{**key, "route": route}),
                on_gate("decision_acknowledged", **{**key, "route": route}),
            ):
                if self.random.random() < 0.5:
                    self.ledger.record(draft)

    def engine(self) -> None:
        """What is ours to deliver."""
        for gate in self.gates(GateState.DECIDED):
            route = route_to_take(gate, self.reach(), self.ledger.batch.limits, self.ledger.now)
            if route is None or gate.decision is None:
                continue
            key: dict[str, Any] = {"gate": gate.id, "revision": gate.revision, "decision": gate.decision.id}
            key["route"] = route
            self.ledger.must(on_gate("delivery_claimed", **key), on_gate("decision_delivered", **key))
            if route == "engine":
                asked = Draft("agent_asked", {"track": gate.track, "message": f"m-{self.number}"})
                told = message_draft(gate.track, f"m-{self.number}", STATUS_QUESTION, "orch-tui", "status")
                self.ledger.must(asked, told, on_gate("decision_acknowledged", **key))

    def elsewhere(self) -> None:
        for gate in self.gates(GateState.OPEN, GateState.DECIDED)[:1]:
            kind = self.pick("gate_answered_elsewhere", "gate_cancelled", "gate_withdrawn")
            self.ledger.record(on_gate(kind, gate.id, gate.revision))

    def undo(self) -> None:
        for gate in self.gates(GateState.DECIDED):
            self.ledger.carry_out(Undo(BATCH, gate.id))

    def snooze(self) -> None:
        for gate in self.gates(GateState.OPEN)[:1]:
            self.ledger.carry_out(Snooze(BATCH, gate.id, self.random.randint(5, 60) * MINUTE))

    def nudge(self) -> None:
        for slug in list(self.ledger.batch.tracks)[:1]:
            self.number += 1
            self.ledger.carry_out(Nudge(BATCH, slug), f"m-{self.number}")


def play(seed: int) -> None:
    """Play one batch; whatever breaks names the seed."""
    one = Play(seed)
    try:
        for _ in range(STEPS):
            one.random.choice(one.acts)()
        assert violations(one.ledger.events) == []
        assert fold(one.ledger.events).batches[BATCH] == one.ledger.batch
    except Exception as error:
        raise AssertionError(f"play({seed}): {error!r}") from error


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_a_batch_keeps_its_promises_whatever_happens(chunk: int) -> None:
    """Observing and judging again gives nothing; no promise to a gate is ever broken; the fold is the state."""
    for seed in range(chunk, PLAYS, CHUNKS):
        play(seed)
