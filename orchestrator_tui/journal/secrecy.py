"""No secret reaches the journal: what agents and tools told is recorded without them (reliability S-7).

Only kinds that carry words from outside are looked through. What identifies a question is computed before, so that a
question with a secret in it is the same for everybody who sees it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator_tui.core.event import Draft

TOLD = frozenset(
    {
        "activity_seen",
        "attempt_ended",
        "attempt_started",
        "breaker_tripped",
        "check_recorded",
        "checkpoint_written",
        "deploy_recorded",
        "effect_ended",
        "artefact_read",
        "finding_added",
        "gate_decided",
        "gate_opened",
        "merge_recorded",
        "message_sent",
        "note_added",
        "request_made",
        "sides_seen",
        "signal_raised",
        "stage_judged",
        "track_added",
        "track_changed",
        "track_reported",
    }
)
"""Kinds that carry words of agents, tools or persons."""


_NAMES = frozenset(
    "gate digest decision track source asker finding effect attempt kind risk routes message session run signal "
    "fingerprint process branch worktree head from_sha to_sha stage revision origin".split()
)
"""Fields that name or point at something: a name that is changed no longer names it."""


def without_secrets(draft: Draft, values: tuple[str, ...]) -> Draft:
    """The draft as it may be recorded; ``values`` are secret whatever they look like."""
    if draft.kind not in TOLD:
        return draft
    return Draft(draft.kind, _clean(draft.payload, values))


def _clean(value: Any, values: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        # Loaded here, since whoever only reads needs none of it.
        from orchestrator_tui.core.redaction import redact

        return redact(value, values)
    if isinstance(value, Mapping):
        return {name: one if name in _NAMES else _clean(one, values) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(one, values) for one in value]
    return value
