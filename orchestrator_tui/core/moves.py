"""The track's state machine: moves that we make are checked, an illegal one is an error (DESIGN §1, vocabulary D2)."""

from __future__ import annotations

from orchestrator_tui.core.model import TrackState

_S = TrackState
# Within a ladder a track goes from work to proof to review and back, one stage after the other.
_AT_WORK = frozenset({_S.RUNNING, _S.VERIFYING, _S.IN_REVIEW, _S.REVISING})
# Where every track at work may end up; waiting is derived from open gates and no state of its own.
_OUT_OF_WORK = frozenset({_S.STALLED, _S.ESCALATED, _S.BLOCKED, _S.FAILED, _S.ABANDONED})
_GO_ON = frozenset(
    {_S.RUNNING, _S.REVISING, _S.QUEUED, _S.SKIPPED, _S.ABANDONED, _S.VERIFYING, _S.APPROVED, _S.MERGING}
)

MOVES: dict[TrackState, frozenset[TrackState]] = {
    _S.PENDING: frozenset({_S.QUEUED, _S.PREPARING, _S.SKIPPED, _S.BLOCKED, _S.ABANDONED, _S.RUNNING}),
    _S.QUEUED: frozenset({_S.PREPARING, _S.SKIPPED, _S.BLOCKED, _S.ABANDONED}),
    _S.PREPARING: frozenset({_S.RUNNING, _S.BLOCKED, _S.ABANDONED}),
    **{
        state: (_AT_WORK | _OUT_OF_WORK | {_S.APPROVED, _S.DONE, _S.MERGED, _S.MERGING}) - {state} for state in _AT_WORK
    },
    _S.STALLED: frozenset({_S.RESCUING, _S.ESCALATED, _S.ABANDONED}) | _AT_WORK,
    _S.RESCUING: frozenset({_S.ESCALATED, _S.FAILED, _S.ABANDONED}) | _AT_WORK,
    _S.ESCALATED: _GO_ON | {_S.FAILED},
    _S.BLOCKED: _GO_ON | {_S.PREPARING},
    _S.APPROVED: frozenset({_S.MERGING, _S.DONE, _S.REVISING, _S.ABANDONED}),
    _S.MERGING: frozenset({_S.MERGED, _S.APPROVED, _S.BLOCKED}) | _AT_WORK | {_S.ESCALATED, _S.ABANDONED},
    _S.MERGED: frozenset({_S.ROLLED_BACK}),
    _S.DONE: frozenset({_S.ROLLED_BACK}),
    _S.FAILED: frozenset({_S.QUEUED, _S.ABANDONED, _S.ROLLED_BACK}) | _AT_WORK,
    _S.SKIPPED: frozenset(),
    _S.ABANDONED: frozenset(),
    _S.ROLLED_BACK: frozenset(),
}
"""From each state, the states that a track may be moved to by us; what is only observed is recorded as it is."""

TERMINAL_TRACK_STATES = frozenset({_S.MERGED, _S.DONE, _S.SKIPPED, _S.ABANDONED, _S.ROLLED_BACK})
"""States that end a track for good."""

ENDED_TRACK_STATES = TERMINAL_TRACK_STATES | {_S.FAILED}
"""Terminal states, and *failed*, which is terminal until a person acts."""


class IllegalMove(ValueError):
    """A move of ours that the state machine does not know."""


def check_move(track: str, before: TrackState, after: TrackState) -> None:
    """Raise :class:`IllegalMove`, naming the track and both states, unless the move is one of :data:`MOVES`."""
    if after not in MOVES[before]:
        allowed = ", ".join(sorted(MOVES[before])) or "nothing: it is terminal"
        raise IllegalMove(f"track {track!r} cannot go from {before} to {after}; from {before} it can go to {allowed}")
