"""Gates as task files show them: what opens, changes, withdraws and acknowledges one (DESIGN §4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator_tui.core.canonical import canonical_json, sha256_hex
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.facts import TaskFact
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.metadata import TaskMetadata
from orchestrator_tui.core.model import TERMINAL_GATE_STATES, Batch, Gate, GateState, Question, Track
from orchestrator_tui.core.normalise import digest, task_gate_id, task_question
from orchestrator_tui.core.risk import assess, recommend
from orchestrator_tui.core.rules import Rules

TASK_FILE = "task_file"
"""The weakest route: the answer is written where the agent may look."""


def gate_opened(
    gate_id: str,
    revision: int,
    track: str,
    question: Question,
    rules: Rules,
    *,
    workflow: str = "",
    source: str,
    routes: tuple[str, ...],
    asked_wall_ms: int | None = None,
) -> Draft:
    """The event that opens a revision of a gate; every source of questions makes it here."""
    ladder = rules.ladders.get(workflow)
    risk, risk_why = assess(question, ladder.stage(question.stage) if ladder else None)
    recommendation, recommendation_why = recommend(question, risk)
    payload: dict[str, Any] = {
        "gate": gate_id,
        "revision": revision,
        "digest": digest(question),
        "track": track,
        "kind": question.kind,
        "question": question.question,
        "context": question.context,
        "options": [{"key": one.key, "label": one.label, "role": one.role} for one in question.options],
        "stage": question.stage,
        "subject": question.subject,
        "free_text": question.free_text,
        "multiple": question.multiple,
        "asker_recommendation": question.recommendation,
        "confidence": question.confidence,
        "declared_risk": question.declared_risk,
        "environment": question.environment,
        "source": source,
        "risk": risk.name.lower(),
        "risk_why": risk_why,
        "recommendation": recommendation,
        "recommendation_why": recommendation_why,
        "routes": list(routes),
    }
    if asked_wall_ms is not None:
        payload["asked_wall_ms"] = asked_wall_ms
    return Draft("gate_opened", payload)


def task_gate(batch: Batch, slug: str, fact: TaskFact, meta: TaskMetadata, rules: Rules, now: Instant) -> list[Draft]:
    """What one look at a task means for its gates."""
    drafts = _spoofs(batch, slug, fact, meta)
    question = task_question(fact.metadata, meta.stage)
    current = task_gate_id(fact.task_id, meta.stage)
    for gate in batch.gates.values():
        if gate.source == fact.source and (question is None or gate.id != current):
            drafts += _taken_down(gate, meta)
    if question is not None:
        drafts += _asked(batch.gates.get(current), current, slug, question, fact, meta, rules)
    return drafts


def withdraw_all(batch: Batch, track: Track, why: str) -> list[Draft]:
    """The withdrawals of a track's gates that nobody can answer any more."""
    return [
        Draft("gate_withdrawn", {"gate": gate.id, "revision": gate.revision, "why": why})
        for gate in batch.gates.values()
        if gate.track == track.slug and gate.state in (GateState.OPEN, GateState.DECIDED)
    ]


def _asked(
    gate: Gate | None,
    gate_id: str,
    slug: str,
    question: Question,
    fact: TaskFact,
    meta: TaskMetadata,
    rules: Rules,
) -> list[Draft]:
    revision = 1
    if gate is not None:
        # An unchanged question never reopens; one that was taken down and is asked again is a new asking.
        if gate.digest == digest(question) and not gate.cleared:
            return []
        revision = gate.revision + 1
    return [
        gate_opened(
            gate_id,
            revision,
            slug,
            question,
            rules,
            workflow=meta.workflow,
            source=fact.source,
            routes=(TASK_FILE,),
            asked_wall_ms=fact.mtime_ms,
        )
    ]


def _taken_down(gate: Gate, meta: TaskMetadata) -> list[Draft]:
    """Cleared after our answer is an acknowledgement, cleared without one is a withdrawal."""
    key = {"gate": gate.id, "revision": gate.revision}
    if gate.state is GateState.OPEN or (gate.state is GateState.DECIDED and gate.claim is None):
        return [Draft("gate_withdrawn", {**key, "why": "its agent took the question down"})]
    if gate.state in TERMINAL_GATE_STATES:
        return [] if gate.cleared else [Draft("gate_cleared", key)]
    assert gate.decision is not None
    where = f"its agent went on to stage {meta.stage}" if meta.stage != gate.question.stage else ""
    acknowledged = {
        **key,
        "decision": gate.decision.id,
        "route": gate.steps[-1].route if gate.steps else TASK_FILE,
        "evidence": where or "its agent took the question down after our answer",
    }
    return [Draft("decision_acknowledged", acknowledged), Draft("gate_cleared", key)]


def _spoofs(batch: Batch, slug: str, fact: TaskFact, meta: TaskMetadata) -> list[Draft]:
    """A decision in the file that the journal does not know is a forgery until shown otherwise (D-2)."""
    claimed = meta.decision
    if claimed is None or _ours(batch, fact, claimed):
        return []
    signal = f"spoof-{slug}-{sha256_hex(canonical_json(dict(claimed)))[:12]}"
    if signal in batch.signals:
        return []
    return [
        Draft(
            "signal_raised",
            {
                "signal": signal,
                "kind": "spoof_suspected",
                "track": slug,
                "gate": task_gate_id(fact.task_id, meta.stage),
                "text": f"{slug}: its task file holds a decision that nobody made here; its gate stays as it is",
                "evidence": [canonical_json(dict(claimed))[:500]],
            },
        )
    ]


def _ours(batch: Batch, fact: TaskFact, claimed: Mapping[str, Any]) -> bool:
    gate = batch.gates.get(str(claimed.get("gate")))
    if gate is None or gate.source != fact.source:
        return False
    answer = (claimed.get("revision"), claimed.get("id"), claimed.get("option"))
    return any(answer == known for known in gate.answers)
