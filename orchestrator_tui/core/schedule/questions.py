"""Open questions of a document: what it leaves to a person is asked before anything goes on by it."""

from __future__ import annotations

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, GateState, Option, Track
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.schedule.forms import fields
from orchestrator_tui.core.schedule.gates import ask, chosen, gate_id
from orchestrator_tui.core.schedule.judging import ACCEPTED, form_path
from orchestrator_tui.core.schedule.rules import RESOLVING, stage_work, work_of

KIND = "missing_input"

_NOTHING = frozenset({"", "none", "n/a", "no", "nothing", "-", "–"})
"""How a line says that there is nothing to ask."""


def pending(batch: Batch, track: Track) -> list[Draft] | None:
    """The question of the document that the stage at hand has made, () while it waits; None where there is none."""
    run = work_of(track).run
    if run is None or run.stage == RESOLVING or run.judged != ACCEPTED:
        return None
    work = stage_work(batch, track, run.stage)
    text = work_of(track).texts.get(form_path(batch, track, work), "") if work.asks else ""
    asked = fields(text, tuple(work.form)).get(work.asks, "")
    name = gate_id(KIND, track.slug, run.stage, run.entry)
    if asked.strip().rstrip(".").lower() in _NOTHING or chosen(batch, name):
        return None
    return ask(
        batch,
        name,
        KIND,
        track.slug,
        f"{work.asks}: {asked}",
        (
            Option("go_on", "go on; what you write is told to everybody who works by it", "approve"),
            Option("stop", "stop the batch", "cancel"),
        ),
        confidence="low",
        risk="check",
        stage=run.stage,
        free_text=True,
    )


def answered(batch: Batch) -> tuple[tuple[str, str], ...]:
    """What was asked of a person before the tracks began, and what the person wrote."""
    return tuple(
        (gate.question.question, gate.decision.text or gate.decision.reason)
        for gate in batch.gates.values()
        if gate.track == BATCH_TRACK
        and gate.question.kind == KIND
        and gate.state in (GateState.DELIVERED, GateState.ACKNOWLEDGED)
        and gate.decision is not None
    )
