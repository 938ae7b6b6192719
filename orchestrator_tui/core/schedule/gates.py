"""The engine's own gates: each a question with its options, opened under a name made from what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import TERMINAL_GATE_STATES, Batch, Gate, GateState, Option, Question, Track
from orchestrator_tui.core.observe_gates import gate_opened
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.rules import Rules
from orchestrator_tui.core.text import sanitise

SOURCE = "engine"
"""The source of a gate that a run itself asks; its route is of the same name."""

APPROVE = "approve"
ABANDON = Option("abandon", "give the track up; nothing is deleted", "cancel")

_CONTEXT = 12_000


def gate_id(kind: str, track: str, *parts: object) -> str:
    """The name of a gate of the engine, the same for everybody who asks for the same thing."""
    return "-".join([kind.replace("_", "-"), track, *(str(part) for part in parts)])


def ask(
    batch: Batch,
    name: str,
    kind: str,
    track: str,
    question: str,
    options: tuple[Option, ...],
    *,
    context: str = "",
    recommend: str | None = None,
    confidence: str = "",
    risk: str = "",
    environment: str = "",
    stage: int | None = None,
    subject: Any = None,
    free_text: bool = False,
) -> list[Draft]:
    """Open a gate unless it is asked already; what waits for a person about another subject is asked anew."""
    known = batch.gates.get(name)
    asked_already = known is not None and known.state not in TERMINAL_GATE_STATES
    if known is not None and asked_already and (known.state is not GateState.OPEN or known.question.subject == subject):
        return []
    asked = Question(
        kind=kind,
        question=question,
        context=sanitise(context, _CONTEXT),
        options=options,
        stage=stage,
        subject=subject,
        free_text=free_text,
        recommendation=recommend,
        confidence=confidence,
        declared_risk=risk,
        environment=environment,
    )
    revision = 1 if known is None else known.revision + 1
    workflow = batch.tracks[track].workflow if track in batch.tracks else ""
    ladders = {} if batch.run is None else {key: one.ladder for key, one in batch.run.workflows.items()}
    return [
        gate_opened(
            name,
            revision,
            track,
            asked,
            Rules(ladders),
            workflow="" if track == BATCH_TRACK else workflow,
            source=SOURCE,
            routes=(SOURCE,),
        )
    ]


def chosen(batch: Batch, name: str) -> str:
    """The option that was chosen at a gate and has been carried out; "" while it has not."""
    gate = batch.gates.get(name)
    if gate is None or gate.decision is None or gate.state not in (GateState.DELIVERED, GateState.ACKNOWLEDGED):
        return ""
    return gate.decision.options[0] if gate.decision.options else "text"


def open_gates(batch: Batch, track: Track) -> tuple[Gate, ...]:
    """The gates of a track that the engine asked and that are not over."""
    return tuple(
        gate
        for gate in batch.gates.values()
        if gate.track == track.slug and gate.source == SOURCE and gate.state not in TERMINAL_GATE_STATES
    )


def barring(batch: Batch, track: Track) -> tuple[Gate, ...]:
    """Every question of a track without an answer that arrived: it bars the track's next stage (DESIGN §1)."""
    return tuple(
        gate
        for gate in batch.gates.values()
        if gate.track == track.slug and gate.state in (GateState.OPEN, GateState.DECIDED)
    )


def lines(*texts: str) -> str:
    """Lines of a context; empty ones are left out."""
    return "\n".join(text for text in texts if text)


def listed(values: Mapping[str, str] | tuple[str, ...], most: int = 20) -> str:
    """A short list, one a line."""
    shown = [f"- {one}" for one in values][:most]
    left = len(values) - len(shown)
    return "\n".join([*shown, *([f"- and {left} more"] if left > 0 else [])])
