"""Gates as task files show them: what opens, changes, withdraws and acknowledges one (DESIGN §4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestrator_tui.core.bounds import bounded
from orchestrator_tui.core.canonical import json_text, sha256_hex
from orchestrator_tui.core.delivery import WAITED_FOR
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.facts import TaskFact
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.metadata import TaskMetadata
from orchestrator_tui.core.model import TERMINAL_GATE_STATES, Batch, Gate, GateState, Question, Risk, Track
from orchestrator_tui.core.normalise import digest, is_gate_of_task, task_gate_id, task_question
from orchestrator_tui.core.observe_askers import acknowledged, has_no_asker, route_taken
from orchestrator_tui.core.risk import ITS_AGENT, assess, recommend
from orchestrator_tui.core.rules import Rules

TASK_FILE = "task_file"
"""The weakest route: the answer is written where the agent may look."""


_ASKERS = {"engine": "orch-tui", "policy": "orch-tui"}
"""Who asks, by the source of a question; every other one is an agent's."""


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
    asker: str = "",
) -> Draft:
    """The event that opens a revision of a gate; every source of questions makes it here."""
    question = bounded(question)
    risk, risk_why = _assessed(question, workflow, rules, source)
    recommendation, recommendation_why = recommend(question, risk, _asked_by(source))
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
    if asker:
        payload["asker"] = asker
    return Draft("gate_opened", payload)


def _assessed(question: Question, workflow: str, rules: Rules, source: str) -> tuple[Risk, str]:
    ladder = rules.ladders.get(workflow)
    return assess(question, ladder.stage(question.stage) if ladder else None, _asked_by(source))


def _asked_by(source: str) -> str:
    return _ASKERS.get(source, ITS_AGENT)


def _ladder_of(batch: Batch, slug: str, meta: TaskMetadata) -> str:
    """The workflow that a task names; else its track's, which an agent of a run is not asked for."""
    track = batch.tracks.get(slug)
    return meta.workflow or ("" if track is None else track.workflow)


def task_gate(batch: Batch, slug: str, fact: TaskFact, meta: TaskMetadata, rules: Rules, now: Instant) -> list[Draft]:
    """What one look at a task means for its gates."""
    drafts = _spoofs(batch, slug, fact, meta)
    question = task_question(fact.metadata, meta.stage)
    mine = [gate for gate in batch.gates.values() if _is_of(gate, fact)]
    standing = None if question is None else _standing(mine, question, meta)
    forged = _is_forged(batch, fact, meta)
    for gate in mine:
        if gate is not standing and (question is None or gate.id != task_gate_id(fact.task_id, meta.stage)):
            taken_down = _taken_down(gate, _evidence(gate, meta))
            # Who answers itself and goes on has not taken its question back: a person still answers it (D-2).
            drafts += [draft for draft in taken_down if not (forged and draft.kind == "gate_withdrawn")]
    if question is not None:
        if standing is not None:
            drafts += _carried(standing, question, fact, meta, rules, _ladder_of(batch, slug, meta))
        else:
            drafts += _asked(batch, slug, question, fact, meta, rules)
    return drafts


def end_all(batch: Batch, track: Track, why: str) -> list[Draft]:
    """What becomes of a track's gates when its task is gone: nobody asks any more."""
    drafts: list[Draft] = []
    for gate in batch.gates.values():
        if gate.track == track.slug and (gate.source == track.source or gate.state not in TERMINAL_GATE_STATES):
            drafts += _taken_down(gate, why, why)
    return drafts


def _is_of(gate: Gate, fact: TaskFact) -> bool:
    return gate.source == fact.source or is_gate_of_task(gate.id, fact.task_id)


def _standing(mine: list[Gate], question: Question, meta: TaskMetadata) -> Gate | None:
    """The gate that asks this already, or None when it is asked anew.

    TaskUpdate merges: an agent that moves on without taking its flag down carries the question into later stages.
    The same words there are the same asking, unless they were answered and the agent says that it is blocked again.
    """
    for gate in mine:
        same = gate.digest == digest(replace(question, stage=gate.question.stage)) and not gate.cleared
        here = gate.question.stage == question.stage
        if same and (here or gate.state is GateState.OPEN or meta.stage_status != "gate_blocked"):
            return gate
    return None


def _carried(
    gate: Gate, question: Question, fact: TaskFact, meta: TaskMetadata, rules: Rules, workflow: str
) -> list[Draft]:
    """What an unchanged question still tells: a further route, a higher risk, or that its agent went on."""
    drafts: list[Draft] = []
    key = {"gate": gate.id, "revision": gate.revision}
    if TASK_FILE not in gate.routes and gate.state not in TERMINAL_GATE_STATES:
        drafts.append(Draft("gate_route_added", {**key, "route": TASK_FILE}))
    if gate.state is GateState.OPEN:
        drafts += _raised(gate, replace(question, stage=gate.question.stage), workflow, rules)
    went_on = meta.stage != gate.question.stage or fact.status == "completed"
    if went_on and gate.state not in TERMINAL_GATE_STATES and _was_delivered(gate):
        where = f"on to stage {meta.stage}" if meta.stage != gate.question.stage else "on and completed its task"
        drafts.append(acknowledged(gate, f"its agent went {where}"))
    return drafts


def _raised(gate: Gate, question: Question, workflow: str, rules: Rules) -> list[Draft]:
    """What an agent declares later about the same question counts, too, but only upwards (DESIGN §2.4)."""
    risk, why = _assessed(question, workflow, rules, gate.source)
    if risk <= gate.risk:
        return []
    recommendation, recommendation_why = recommend(question, risk, _asked_by(gate.source))
    return [
        Draft(
            "gate_risk_raised",
            {
                "gate": gate.id,
                "revision": gate.revision,
                "risk": risk.name.lower(),
                "risk_why": why,
                "recommendation": recommendation,
                "recommendation_why": recommendation_why,
            },
        )
    ]


def _asked(
    batch: Batch, slug: str, question: Question, fact: TaskFact, meta: TaskMetadata, rules: Rules
) -> list[Draft]:
    gate_id = task_gate_id(fact.task_id, meta.stage)
    gate = batch.gates.get(gate_id)
    drafts: list[Draft] = []
    if has_no_asker(batch, gate):
        return drafts
    if gate is not None and gate.state is GateState.DELIVERED and route_taken(gate) in WAITED_FOR:
        drafts.append(acknowledged(gate, "its agent asks something else now"))
    drafts.append(
        gate_opened(
            gate_id,
            1 if gate is None else gate.revision + 1,
            slug,
            question,
            rules,
            workflow=_ladder_of(batch, slug, meta),
            source=fact.source,
            routes=(TASK_FILE,),
            asked_wall_ms=fact.mtime_ms if fact.mtime_ms > 0 else None,
        )
    )
    return drafts


def _evidence(gate: Gate, meta: TaskMetadata) -> str:
    if meta.stage != gate.question.stage and meta.stage is not None:
        return f"its agent went on to stage {meta.stage}"
    return "its agent took the question down after our answer"


def _taken_down(gate: Gate, evidence: str, why: str = "its agent took the question down") -> list[Draft]:
    """Cleared after our answer is an acknowledgement, cleared without one is a withdrawal."""
    key = {"gate": gate.id, "revision": gate.revision}
    if gate.state in TERMINAL_GATE_STATES:
        return [] if gate.cleared else [Draft("gate_cleared", key)]
    if gate.claim is not None or _was_delivered(gate):
        return [acknowledged(gate, evidence), Draft("gate_cleared", key)]
    return [Draft("gate_withdrawn", {**key, "why": why})]


def _was_delivered(gate: Gate) -> bool:
    """Whether the answer was handed over, be it that nobody showed in time that it was taken."""
    return any(step.step == "delivered" for step in gate.steps)


def _is_forged(batch: Batch, fact: TaskFact, meta: TaskMetadata) -> bool:
    """Whether the file holds a decision that the journal does not know: a forgery until shown otherwise (D-2)."""
    return meta.decision is not None and not _ours(batch, fact, meta.decision)


def _spoofs(batch: Batch, slug: str, fact: TaskFact, meta: TaskMetadata) -> list[Draft]:
    """The signal of a forged decision, once, and its end."""
    claimed = meta.decision
    if claimed is None or _ours(batch, fact, claimed):
        return [
            Draft("signal_cleared", {"signal": signal.id, "why": "the forged decision is gone from its task"})
            for signal in batch.signals.values()
            if signal.kind == "spoof_suspected" and signal.track == slug
        ]
    text = json_text(dict(claimed))
    signal = f"spoof-{slug}-{sha256_hex(text)[:12]}"
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
                "evidence": [text[:500]],
            },
        )
    ]


def _ours(batch: Batch, fact: TaskFact, claimed: Mapping[str, Any]) -> bool:
    gate = batch.gates.get(str(claimed.get("gate")))
    if gate is None or not _is_of(gate, fact):
        return False
    answer = (claimed.get("revision"), claimed.get("id"), claimed.get("option"))
    return any(answer == known for known in gate.answers)
