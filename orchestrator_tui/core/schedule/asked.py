"""Whether what a gate of the engine asks is still a question: an answer to what is over leads nowhere."""

from __future__ import annotations

from collections.abc import Callable

from orchestrator_tui.core.model import Batch, Gate, StageStatus, Track, TrackState
from orchestrator_tui.core.moves import TERMINAL_TRACK_STATES
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.schedule import deploying, merging
from orchestrator_tui.core.schedule.acting import is_being_merged
from orchestrator_tui.core.schedule.judging import ASKED, GROWN, MISMATCH, REJECTED, REWORK
from orchestrator_tui.core.schedule.rules import run_of, work_of
from orchestrator_tui.core.schedule.watching import running_attempt, stall_gate

S = TrackState

Still = Callable[[Batch, Track, Gate, str], bool]


def is_asked_still(batch: Batch, track: Track, gate: Gate, option: str) -> bool:
    """Whether this option of a gate still answers something."""
    if batch.ended_at is not None:
        return False
    if gate.question.kind == "unknown_effect":
        return str((gate.question.subject or {}).get("effect", "")) in run_of(batch).effects
    if track.slug != BATCH_TRACK and track.state in TERMINAL_TRACK_STATES:
        return False
    if option == "abandon":
        return track.slug == BATCH_TRACK or not is_being_merged(batch, track)
    if option == "skip":
        return _skippable(track, gate)
    still = _STILL.get(gate.question.kind)
    return still is None or still(batch, track, gate, option)


def _skippable(track: Track, gate: Gate) -> bool:
    stage = gate.question.stage or track.stage
    status = next((one.status for one in track.stages if one.index == stage), StageStatus.DONE)
    return status not in (StageStatus.DONE, StageStatus.SKIPPED) and stage not in track.skipped_stages


def _judged(verdict: str) -> Still:
    def still(batch: Batch, track: Track, gate: Gate, option: str) -> bool:
        run = work_of(track).run
        at_hand = run is not None and (run.stage, run.judged) == (gate.question.stage, verdict)
        return at_hand and track.state is S.ESCALATED

    return still


def _escalation(batch: Batch, track: Track, gate: Gate, option: str) -> bool:
    attempt = running_attempt(track)
    if option in ("rescue", "wait"):
        return attempt is not None and gate.id == stall_gate(track, attempt) and not attempt.stopping
    return option != "retry" or _judged(ASKED)(batch, track, gate, option)


def _after_merging(result: str) -> Still:
    def still(batch: Batch, track: Track, gate: Gate, option: str) -> bool:
        merges = work_of(track).merges
        return track.state is S.ESCALATED and bool(merges) and merges[-1][0] == result

    return still


def _track_gate(batch: Batch, track: Track, gate: Gate, option: str) -> bool:
    return track.state is S.APPROVED


def _deploy_failure(batch: Batch, track: Track, gate: Gate, option: str) -> bool:
    environment = str((gate.question.subject or {}).get("environment", ""))
    return option == "stop" or dict(work_of(track).deployed).get(environment) == deploying.FAILED


_STILL: dict[str, Still] = {
    "cap": _judged(REJECTED),
    "review": lambda batch, track, gate, option: any(
        _judged(one)(batch, track, gate, option) for one in (REWORK, REJECTED)
    ),
    "disagreement": _judged(REWORK),
    "scope": _judged(GROWN),
    "mismatch": lambda batch, track, gate, option: option == "stop" or _judged(MISMATCH)(batch, track, gate, option),
    "escalation": _escalation,
    "conflict": _after_merging(merging.CONFLICT),
    "checks": _after_merging(merging.UNDONE),
    "track": _track_gate,
    "deploy_failure": _deploy_failure,
}
"""By kind of gate; a kind that is not here asks about nothing that goes away by itself."""
