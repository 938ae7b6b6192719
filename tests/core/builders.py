"""A small ledger that records as the journal does, and short ways to the facts and gates that tests speak of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from orchestrator_tui.core import gates
from orchestrator_tui.core.agents import BACKGROUND, BUSY, GONE, INTERACTIVE, Agent
from orchestrator_tui.core.canonical import canonical_json
from orchestrator_tui.core.commands import Actor, Command, Decide
from orchestrator_tui.core.decide import decide
from orchestrator_tui.core.event import GATE_KINDS, Draft, Event, check_payload
from orchestrator_tui.core.evolve import evolve_batch
from orchestrator_tui.core.facts import AgentFact, AgentsSeen, LifeSign, ListSeen, TaskFact
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, Gate, State, Track
from orchestrator_tui.core.observe import observe
from orchestrator_tui.core.observe_agents import observe_agents
from orchestrator_tui.core.policy import policy
from orchestrator_tui.core.refusal import refusal
from orchestrator_tui.core.rules import AnswerRule, Ladder, Rules, StageRule
from orchestrator_tui.core.silence import Sight

BATCH = "list-1"
START = Instant(wall_ms=1_790_000_000_000, boot_ms=50_000_000, boot_id="boot-1")
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
ANN = Actor("ann", {"uid": 1000, "host": "desk"})

NAMES = ("Scope", "Plan", "Counsel", "Build", "Simplify", "Review", "Feedback", "Deploy")
LADDER = Ladder(
    "ladder-of-eight",
    "Eight stages",
    "feature",
    tuple(StageRule(index, name) for index, name in enumerate(NAMES, start=1)),
)
RULES = Rules(
    ladders={LADDER.workflow: LADDER},
    answers=(AnswerRule("low-and-sure", frozenset({"high", "medium"})),),
)
NO_RULES = Rules()


@dataclass
class Ledger:
    """One batch as a holder would keep it: drafts are judged, recorded and folded, and time moves by hand."""

    now: Instant = START
    rules: Rules = NO_RULES
    batch: Batch = field(init=False)
    events: list[Event] = field(default_factory=list)
    limits: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        opened = Draft("batch_opened", {"title": "a list", "kind": "watch", "limits": dict(self.limits)})
        self.batch = self._fold(None, opened)

    @property
    def state(self) -> State:
        return State({self.batch.id: self.batch})

    def tick(self, milliseconds: int) -> None:
        """Let time pass on both clocks."""
        self.now = self.now.plus(milliseconds)

    def record(self, *drafts: Draft) -> list[str]:
        """Record what may be recorded; returns why gate drafts were refused, and records that for decisions."""
        refused = []
        for draft in drafts:
            check_payload(draft.kind, draft.payload)
            if draft.kind in GATE_KINDS:
                why = gates.refusal(self.batch.gates.get(draft.payload["gate"]), draft, self.now)
                if why is not None:
                    refused.append(why)
                    continue
            self.batch = self._fold(self.batch, draft)
        return refused

    def must(self, *drafts: Draft) -> None:
        """Record, all of it."""
        assert self.record(*drafts) == []

    def see(self, *facts: TaskFact, vanished: Sequence[str] = ()) -> tuple[Draft, ...]:
        """Observe and record; returns the drafts."""
        drafts = observe(self.batch, ListSeen(facts, tuple(vanished)), self.rules, self.now)
        self.must(*drafts)
        return drafts

    def meet(self, *facts: AgentFact, whole: bool = False, **how: Any) -> tuple[Draft, ...]:
        """Observe agents and record; returns the drafts."""
        drafts = observe_agents(self.batch, AgentsSeen(facts, whole=whole), self.now, **how)
        self.must(*drafts)
        return drafts

    def due(self, sight: Sight | None = None) -> tuple[Draft, ...]:
        """Ask what is due and record it; returns the drafts."""
        drafts = policy(self.batch, sight or Sight(), self.rules, self.now)
        self.must(*drafts)
        return drafts

    def carry_out(self, command: Command, identifier: str = "d-1", actor: Actor = ANN) -> str | None:
        """A person's command, judged as the engine judges it; why it was refused, or None."""
        refused = refusal(self.state, command, self.now)
        if refused is not None:
            return refused
        said = self.record(*decide(self.state, command, actor, identifier, self.now))
        return said[0] if said else None

    def gate(self, gate_id: str) -> Gate:
        return self.batch.gates[gate_id]

    def track(self, slug: str) -> Track:
        return self.batch.tracks[slug]

    def only_gate(self) -> Gate:
        (gate,) = self.batch.gates.values()
        return gate

    def _fold(self, batch: Batch | None, draft: Draft) -> Batch:
        payload = json.loads(canonical_json(dict(draft.payload)))
        event = Event(BATCH, len(self.events) + 1, self.now, draft.kind, "host", 1, payload)
        self.events.append(event)
        return evolve_batch(batch, event)


def fact(task_id: str = "1", mtime: Instant = START, **fields: Any) -> TaskFact:
    """A task file; fields that a task does not have itself are its metadata."""
    own = {name: fields.pop(name) for name in tuple(fields) if name in TaskFact.__dataclass_fields__}
    metadata = {**own.pop("metadata", {}), **fields}
    own.setdefault("subject", f"Task {task_id}")
    own.setdefault("description", "")
    own.setdefault("status", "in_progress")
    own.setdefault("source", f"task:{task_id}")
    return TaskFact(task_id=task_id, metadata=metadata, mtime_ms=mtime.wall_ms, **own)


def agent(session: str = "s1", agent_id: str = "", status: str = "", **fields: Any) -> AgentFact:
    """An agent at work: a session's own, or with an id a background sub-agent of it.

    Fields that a fact does not have itself are its agent's.
    """
    own = {name: fields.pop(name) for name in tuple(fields) if name in AgentFact.__dataclass_fields__}
    ended = own.get("finished", False)
    status = status or (GONE if ended else BUSY)
    evidence = ("its transcript ends",) if ended else (f"it is {status}",)
    defaults = {"mode": BACKGROUND if agent_id else INTERACTIVE, "evidence": evidence}
    return AgentFact(Agent(session, agent_id, status=status, **{**defaults, **fields}), **own)


def asking(question: str = "Ship it or fix it?", *labels: str, task_id: str = "1", **fields: Any) -> TaskFact:
    """A task whose agent asks, blocked in stage 3 unless said otherwise."""
    metadata = {
        "stage": 3,
        "stageStatus": "gate_blocked",
        "needsDecision": True,
        "decisionContext": question,
        "decisionOptions": list(labels or ("ship", "fix")),
    }
    return fact(task_id, **{**metadata, **fields})


def opened(gate: str = "g", revision: int = 1, digest: str = "digest-1", **more: Any) -> Draft:
    """A gate with the options ``ship`` and ``fix``; more than one may be chosen only when said so."""
    payload: dict[str, Any] = {
        "gate": gate,
        "revision": revision,
        "digest": digest,
        "track": "alpha",
        "kind": "task",
        "question": "Ship it or fix it?",
        "source": "task:1",
        "risk": "low",
        "options": [
            {"key": "ship", "label": "ship", "role": ""},
            {"key": "fix", "label": "fix", "role": ""},
            {"key": "no", "label": "no", "role": "reject"},
        ],
        "routes": ["shell", "task_file"],
    }
    return Draft("gate_opened", {**payload, **more})


def on_gate(kind: str, gate: str = "g", revision: int = 1, **fields: Any) -> Draft:
    """Any other gate event, with the fields that its kind demands filled in."""
    demanded: dict[str, dict[str, Any]] = {
        "gate_route_added": {"route": "hook"},
        "gate_decided": {
            "digest": "digest-1",
            "decision": "d-1",
            "options": ["ship"],
            "label": "ship",
            "by": "ann",
            "origin": "key",
        },
        "decision_undone": {"decision": "d-1", "by": "ann"},
        "delivery_claimed": {"decision": "d-1", "route": "shell", "claimant": "7:70"},
        "delivery_failed": {"decision": "d-1", "route": "shell", "why": "nobody took it"},
        "decision_delivered": {"decision": "d-1", "route": "shell"},
        "decision_acknowledged": {"decision": "d-1", "route": "shell", "evidence": "its receipt"},
        "gate_withdrawn": {"why": "asked no more"},
        "gate_cancelled": {"why": "the batch was stopped"},
        "gate_expired": {"why": "too late"},
        "gate_answered_elsewhere": {"why": "answered in its terminal"},
        "gate_cleared": {},
        "gate_nudged": {"decision": "d-1", "route": "tmux"},
        "redelivery_asked": {"decision": "d-1", "by": "ann"},
        "gate_stale": {"count": 1, "level": 1, "age_ms": 300_000},
        "gate_snoozed": {"snooze_ms": 600_000, "by": "ann"},
        "gate_risk_raised": {
            "risk": "production",
            "risk_why": "its agent says so now",
            "recommendation": None,
            "recommendation_why": "production is yours",
        },
    }
    return Draft(kind, {"gate": gate, "revision": revision, **demanded[kind], **fields})


def answer(gate: Gate, *options: str, **fields: Any) -> Decide:
    """The command that answers a gate as it is shown now."""
    return Decide(gate.batch, gate.id, gate.revision, gate.digest, options, **fields)


def track_added(slug: str = "alpha", **fields: Any) -> Draft:
    """A track in the middle of its work."""
    payload = {"track": slug, "title": slug, "kind": "feature", "state": "running", "source": "task:1"}
    return Draft("track_added", {**payload, **fields})


def sign(kind: str = "process", age_ms: int = 0) -> LifeSign:
    return LifeSign(kind, age_ms)


def kinds(drafts: Iterable[Draft]) -> list[str]:
    return [draft.kind for draft in drafts]


def with_payload(draft: Draft, **fields: Any) -> Draft:
    return replace(draft, payload={**draft.payload, **fields})
