"""The batch summary and the track report: everything that a batch did, as data (seed 000, §3.4 and §3.9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from orchestrator_tui.core.gates import answer_text
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Batch, Gate, GateState, Track
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.queries import shown_tracks
from orchestrator_tui.core.report import measures
from orchestrator_tui.core.report.checklists import ENDING_GATES, PASS, batch_checklist
from orchestrator_tui.core.report.model import (
    BATCH,
    NOT_READY,
    READY,
    STOPPED,
    TRACK,
    WITH_FOLLOW_UPS,
    CheckTold,
    GateTold,
    ItemTold,
    Report,
    TrackTold,
)
from orchestrator_tui.core.report.outcome import ACTIVE, DONE, MERGED
from orchestrator_tui.core.report.scrub import Scrubber
from orchestrator_tui.core.report.tracks import items, track_told
from orchestrator_tui.core.text import plural
from orchestrator_tui.core.tracks_shown import is_run_itself

_ITSELF = "summary"
"""The item that asks for this very document."""

_OVER = frozenset({"awaiting_user", "completed"})
"""Phases in which nothing is left to do but by the person."""


def batch_summary(batch: Batch, now: Instant) -> Report:
    """Everything that is to be told of a batch, of a run or a watched one, at any moment of its life."""
    scrub = Scrubber(batch)
    tracks = _listed(batch)
    gates = sorted(batch.gates.values(), key=lambda one: (one.asked_at.wall_ms, one.id))
    told = tuple(track_told(batch, one, _of(gates, one), scrub, now) for one in tracks)
    counted = measures.measures(batch, _working(batch, tracks), gates, now)
    # Of a gate only its newest revision is known; the batch has counted the answers to all of them.
    counted = replace(counted, gates_by_rule=batch.decided_by_rule, gates_by_person=batch.decided_by_person)
    checklist = _own_checklist(batch, scrub)
    follow_ups = _follow_ups(batch, told, gates, scrub)
    verdict, why = _verdict(batch, told, checklist, follow_ups)
    report = Report(
        kind=BATCH,
        subject="",
        id=batch.id,
        title=scrub.line(batch.title),
        workflow=scrub.line(batch.workflow, 63),
        state=batch.state,
        verdict=verdict,
        why=why,
        now=now,
        started_at=batch.started_at,
        ended_at=batch.ended_at,
        took_ms=0 if batch.started_at is None else elapsed_ms(batch.started_at, batch.ended_at or now),
        measures=counted,
        tracks=told,
        checks=_checks(batch, scrub),
        checklist=checklist,
        gates=tuple(_gate(one, scrub, now) for one in gates),
        follow_ups=follow_ups,
        signals=tuple(scrub.line(one.text) for one in batch.signals.values()),
        merged=tuple(batch.merged),
        ended=batch.ended_at is not None or batch.state in _OVER,
    )
    return _with_run(batch, report, scrub)


def track_report(batch: Batch, track: Track, now: Instant) -> Report:
    """The report of one track: a batch's report with that track alone, its own gates, checks, measures and items."""
    scrub = Scrubber(batch)
    whole = batch_summary(batch, now)
    gates = _of(sorted(batch.gates.values(), key=lambda one: (one.asked_at.wall_ms, one.id)), track)
    told = track_told(batch, track, gates, scrub, now)
    return replace(
        whole,
        kind=TRACK,
        subject=track.slug,
        title=told.title,
        workflow=told.workflow,
        state=told.state,
        verdict="",
        why=told.why,
        started_at=track.added_at,
        ended_at=track.ended_at,
        took_ms=told.took_ms,
        measures=measures.measures(batch, (track,), gates, now),
        tracks=(told,),
        checks=told.checks,
        checklist=told.checklist,
        gates=tuple(_gate(one, scrub, now) for one in gates),
        follow_ups=_of_track(told),
        signals=tuple(scrub.line(one.text) for one in batch.signals.values() if one.track == track.slug),
        ended=track.ended_at is not None,
    )


def _listed(batch: Batch) -> tuple[Track, ...]:
    return tuple(one for one in shown_tracks(batch) if not is_run_itself(one))


def _working(batch: Batch, tracks: Sequence[Track]) -> tuple[Track, ...]:
    """The listed tracks, and the batch's own, whose scouts and planners cost something, too."""
    own = batch.tracks.get(BATCH_TRACK) if batch.run is not None else None
    return tuple(tracks) if own is None else (*tracks, own)


def _of(gates: Sequence[Gate], track: Track) -> tuple[Gate, ...]:
    return tuple(one for one in gates if one.track == track.slug)


def _with_run(batch: Batch, report: Report, scrub: Scrubber) -> Report:
    run = batch.run
    if run is None:
        return report
    return replace(
        report,
        base=scrub.line(run.plan.base, 200),
        base_sha=run.plan.base_sha,
        integration=scrub.line(run.plan.integration, 200),
        integration_sha=run.integration_sha,
        published=scrub.line(run.published, 200),
        models={role: scrub.line(model, 80) for role, model in sorted(run.models.items()) if model},
    )


def _own_checklist(batch: Batch, scrub: Scrubber) -> tuple[ItemTold, ...]:
    if batch.run is None:
        return ()
    checked = items(batch_checklist(batch), scrub)
    return tuple(ItemTold(_ITSELF, PASS, "is this document") if one.name == _ITSELF else one for one in checked)


def _checks(batch: Batch, scrub: Scrubber) -> tuple[CheckTold, ...]:
    own = batch.tracks.get(BATCH_TRACK) if batch.run is not None else None
    found = () if own is None else own.checks
    return tuple(CheckTold("", scrub.line(one.name, 120), one.result, scrub.line(one.detail)) for one in found)


def _gate(gate: Gate, scrub: Scrubber, now: Instant) -> GateTold:
    decision = gate.decision
    return GateTold(
        track=gate.track,
        id=gate.id,
        kind=gate.question.kind,
        risk=gate.risk.name.lower(),
        question=scrub.line(gate.question.question),
        state="undelivered" if gate.undelivered else gate.state.value,
        answer="" if decision is None else scrub.line(answer_text(decision.options, decision.text)),
        reason="" if decision is None else scrub.line(decision.reason),
        by="" if decision is None else scrub.line(decision.by, 80),
        rule=measures.decided_by_rule(gate),
        waited_ms=measures.gate_waited_ms(gate, now),
    )


# --- what is left ------------------------------------------------------------------------------------------


def _follow_ups(batch: Batch, tracks: Sequence[TrackTold], gates: Sequence[Gate], scrub: Scrubber) -> tuple[str, ...]:
    """What is left to do, in words: open questions, tracks that did not come through, findings, unwell deploys."""
    waiting = [one for one in gates if one.state is GateState.OPEN and one.question.kind not in ENDING_GATES]
    told = [f"{one.track} waits for an answer: {scrub.line(one.question.question, 200)}" for one in waiting]
    for track in tracks:
        if track.outcome not in (MERGED, DONE, ACTIVE):
            why = f" ({track.why})" if track.why else ""
            told.append(f"{track.slug} was not merged: {track.outcome.replace('_', ' ')}{why}")
        told += _of_track(track)
    return tuple(told)


def _of_track(track: TrackTold) -> tuple[str, ...]:
    findings = [
        f"{track.slug}: {one.severity} {one.id} is {one.state}, {one.title}" + (f" ({one.place})" if one.place else "")
        for one in track.findings
        if one.state in ("open", "deferred", "accepted")
    ]
    unwell = [
        f"{track.slug}: {environment} is {result}"
        for environment, result in track.deployed
        if result not in ("healthy", "nothing to do")
    ]
    return (*findings, *unwell)


def _verdict(
    batch: Batch, tracks: Sequence[TrackTold], checklist: Sequence[ItemTold], follow_ups: Sequence[str]
) -> tuple[str, str]:
    """The readiness of what the batch has made, and why (seed 000, final-gate-result)."""
    if batch.run is None:
        return "", ""
    if batch.state == STOPPED:
        return STOPPED, "the batch was stopped"
    if batch.state not in _OVER:
        going = [one.slug for one in tracks if one.outcome == ACTIVE]
        return NOT_READY, f"the batch is {batch.state.replace('_', ' ')}, {len(going)} of {len(tracks)} tracks go on"
    failed = [one for one in checklist if one.result != PASS]
    if failed:
        return NOT_READY, "; ".join(f"{one.name}: {one.detail}" for one in failed)
    if not any(one.outcome in (MERGED, DONE) for one in tracks):
        return NOT_READY, "nothing was merged"
    if follow_ups:
        return WITH_FOLLOW_UPS, f"{len(follow_ups)} left to do"
    return READY, f"{plural(len(tracks), 'track')} came through, and every item of the checklist passes"
