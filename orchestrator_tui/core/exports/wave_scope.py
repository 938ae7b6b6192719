"""``wave-scope.json``: what the agents of the wave at hand may change and run; gone after the last one (seed 004)."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_tui.core.exports import wave_facts as facts
from orchestrator_tui.core.exports.document import GONE, JSON, Document
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.schedule.guarding import wave_scope
from orchestrator_tui.core.schedule.rules import batch_workflow, plan_of
from orchestrator_tui.core.wave_roles import is_single

NAME = "wave-scope.json"


def wave_scope_files(batch: Batch, now: Instant) -> Sequence[Document]:
    """``<state-dir>/wave-scope.json`` while a wave is at work; none for a session that is a single wave."""
    directory = "" if batch.run is None else facts.state_directory(batch)
    if not directory or is_single(plan_of(batch), batch_workflow(batch).sessions):
        return ()
    at_hand = next((tracks for _, tracks in facts.waves(batch) if not facts.is_over(tracks)), None)
    if at_hand is None or facts.is_closed(batch):
        return (Document(f"{directory}/{NAME}", GONE, ""),)
    return (Document(f"{directory}/{NAME}", JSON, dict(wave_scope(batch, at_hand))),)
