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
    claims = (draft if draft.kind in _HEARD or _is_warning(batch, draft) else _pull_request(draft) for draft in drafts)
    return tuple(one for one in claims if one is not None)


def _is_warning(batch: Batch, draft: Draft) -> bool:
    """Whether it is about a forged decision: no claim of the agent, but what was seen of it (reliability D-2)."""
    if draft.kind == "signal_raised":
        return bool(draft.payload["kind"] == "spoof_suspected")
    known = batch.signals.get(str(draft.payload.get("signal"))) if draft.kind == "signal_cleared" else None
    return known is not None and known.kind == "spoof_suspected"


def _pull_request(draft: Draft) -> Draft | None:
    """What only the agent knows of its track: the pull request that it has made."""
    pr = draft.payload["changes"].get("pr") if draft.kind == "track_changed" else None
    return Draft("track_changed", {"track": draft.payload["track"], "changes": {"pr": pr}}) if pr else None
