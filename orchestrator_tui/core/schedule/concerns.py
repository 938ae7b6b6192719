"""Concerns of reviewers when everything is built: a person has them fixed, deferred or accepted (seed 001).

Blockers are fixed without a person, nits are only listed; a concern is neither.
"""

from __future__ import annotations

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Gate, Option, Track, TrackState
from orchestrator_tui.core.moves import TERMINAL_TRACK_STATES
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.records import Finding
from orchestrator_tui.core.schedule.acting import revise
from orchestrator_tui.core.schedule.gates import ask, chosen, gate_id, lines, listed
from orchestrator_tui.core.schedule.judging import finding_line
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import batch_workflow

S = TrackState

CONCERNS = "concerns"
FIX, DEFER, ACCEPT = "fix", "defer", "accept"

_WAITS_FOR_NOBODY = TERMINAL_TRACK_STATES | {S.FAILED, S.APPROVED, S.ESCALATED, S.BLOCKED, S.PENDING, S.QUEUED}


def open_concerns(batch: Batch) -> list[tuple[Track, Finding]]:
    """The concerns that nobody has settled, of tracks that are otherwise through."""
    through = (one for one in planned_tracks(batch) if one.state in (S.APPROVED, S.DONE))
    return [
        (one, finding)
        for one in through
        for finding in one.findings
        if finding.severity == "concern" and finding.state == "open"
    ]


def due(batch: Batch, track: Track) -> list[Draft] | None:
    """What an approved track does about concerns: () while it waits for others or a person, None when it goes on."""
    if CONCERNS not in batch_workflow(batch).gates:
        return None
    if any(one.state not in _WAITS_FOR_NOBODY for one in planned_tracks(batch)):
        return []
    found = open_concerns(batch)
    name = gate_id(CONCERNS, BATCH_TRACK, sum(len(one.findings) for one in batch.tracks.values()))
    if not found or chosen(batch, name):
        return None
    own = batch.tracks[BATCH_TRACK].findings
    unassigned = tuple(f"{one.about}: {finding_line(one)}" for one in own if one.about and one.state == "open")
    return ask(
        batch,
        name,
        CONCERNS,
        BATCH_TRACK,
        f"Reviewers have {len(found)} {'concern' if len(found) == 1 else 'concerns'}, and no blocker. What about them?",
        (
            Option(FIX, "address now: back to the tracks that they are about, then reviewed again", "approve"),
            Option(DEFER, "defer them: the report lists them as left for later"),
            Option(ACCEPT, "accept them as they stand"),
        ),
        context=lines(
            listed(tuple(f"{one.slug}: {finding_line(finding)}" for one, finding in found)),
            f"Of no track that there is:\n{listed(unassigned)}" if unassigned else "",
        ),
        recommend=DEFER,
        confidence="medium",
        risk="check",
        free_text=False,
    )


def addressed(batch: Batch, by: str, told: str) -> list[Draft]:
    """The tracks that concerns are about go back to their agents with them, and with nothing else."""
    drafts: list[Draft] = []
    found = open_concerns(batch)
    for slug in dict.fromkeys(track.slug for track, _ in found):
        track = batch.tracks[slug]
        if track.state is S.APPROVED:
            problems = tuple(finding_line(finding) for one, finding in found if one.slug == slug)
            drafts += revise(batch, track, by, told, "concerns are addressed", problems)
    return drafts


def closed(batch: Batch, gate: Gate, state: str) -> list[Draft]:
    """All open concerns as a person has left them."""
    by = gate.decision.by if gate.decision is not None else ""
    return [
        Draft("finding_closed", {"track": track.slug, "finding": one.id, "state": state, "why": f"by {by}"})
        for track, one in open_concerns(batch)
    ]
