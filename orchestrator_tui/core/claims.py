"""In a run an agent's word on its track is a claim: its questions and its life count, the run moves the rest."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator_tui.core.event import GATE_KINDS, Draft
from orchestrator_tui.core.model import Batch

_HEARD = GATE_KINDS | {"track_reported", "activity_seen", "message_delivered", "message_failed", "agent_seen"}
"""What is taken as it is told: questions of agents, and that they were heard of."""


def heard(batch: Batch, drafts: Iterable[Draft]) -> tuple[Draft, ...]:
    """What of the drafts that an agent's reports amount to is recorded: all of it where it is only watched."""
    if batch.run is None:
        return tuple(drafts)
    return tuple(draft for draft in drafts if draft.kind in _HEARD)
