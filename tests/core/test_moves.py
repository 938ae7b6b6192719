"""The track's state machine: every pair of states, allowed or refused by name (vocabulary D2, DESIGN §1)."""

from __future__ import annotations

import pytest

from orchestrator_tui.core.model import TrackState
from orchestrator_tui.core.moves import (
    ENDED_TRACK_STATES,
    MOVES,
    TERMINAL_TRACK_STATES,
    IllegalMove,
    check_move,
)

# The rows of the reference, word by word; "waiting" is where its waiting_gate stood, which is no state here.
REFERENCE = {
    "pending": "queued preparing skipped blocked",
    "queued": "preparing skipped abandoned",
    "preparing": "running blocked",
    "running": "verifying waiting stalled failed blocked escalated",
    "verifying": "in_review revising approved failed",
    "in_review": "approved revising escalated waiting",
    "revising": "verifying escalated abandoned",
    "stalled": "running rescuing",
    "rescuing": "running escalated failed",
    "escalated": "running revising queued skipped abandoned",
    "blocked": "running revising queued skipped abandoned",
    "approved": "merging done",
    "merging": "merged waiting revising",
    "merged": "rolled_back",
    "done": "rolled_back",
    "failed": "queued abandoned rolled_back",
    "skipped": "",
    "abandoned": "",
    "rolled_back": "",
}
# A ladder has more than the reference's one round of work: a track goes from stage to stage through proof, review and
# rework in any order; it can be given up, escalated or blocked wherever it works; and it comes back to work from there.
AT_WORK = "running verifying in_review revising"
FROM_WORK = "stalled escalated blocked failed abandoned approved done merged merging"
BEYOND = {
    "pending": "abandoned running",
    "queued": "blocked",
    "preparing": "abandoned",
    **dict.fromkeys(AT_WORK.split(), f"{AT_WORK} {FROM_WORK}"),
    "stalled": f"{AT_WORK} escalated abandoned",
    "rescuing": f"{AT_WORK} abandoned",
    "escalated": "verifying approved failed merging",
    "blocked": "verifying approved preparing merging",
    "approved": "revising abandoned",
    "merging": f"{AT_WORK} approved escalated abandoned blocked",
    "failed": AT_WORK,
}
BEHIND_WAITING = "running blocked abandoned escalated"
"""Where an answered gate could lead, beside back to the state before it."""

PAIRS = [(before, after) for before in TrackState for after in TrackState]


def allowed(before: TrackState) -> set[str]:
    """The reference's moves; those through *waiting*, which is derived from open gates, are made directly."""
    moves = set(REFERENCE[before].split()) | set(BEYOND.get(before, "").split())
    if "waiting" in moves:
        moves |= set(BEHIND_WAITING.split())
    return moves - {"waiting", before.value}


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_every_pair_of_states(before: TrackState, after: TrackState) -> None:
    if after.value in allowed(before):
        check_move("login", before, after)
        return
    with pytest.raises(IllegalMove) as refused:
        check_move("login", before, after)
    known = ", ".join(sorted(allowed(before))) or "nothing: it is terminal"
    assert str(refused.value) == f"track 'login' cannot go from {before} to {after}; from {before} it can go to {known}"


def test_every_state_has_its_row() -> None:
    assert set(MOVES) == set(TrackState)


def test_terminal_states_lead_nowhere_but_back() -> None:
    assert {state for state in TrackState if MOVES[state] <= {TrackState.ROLLED_BACK}} == TERMINAL_TRACK_STATES
    assert {TrackState.FAILED} == ENDED_TRACK_STATES - TERMINAL_TRACK_STATES


def test_every_state_can_be_reached() -> None:
    reached = {TrackState.PENDING}
    while True:
        further = reached.union(*(MOVES[state] for state in reached))
        if further == reached:
            break
        reached = further
    assert reached == set(TrackState)
