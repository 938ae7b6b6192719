"""What the events about agents at work and a moving base make of their batch and its tracks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from orchestrator_tui.core.changing import changed
from orchestrator_tui.core.event import Event
from orchestrator_tui.core.frozen import replace
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Track
from orchestrator_tui.core.run import (
    Baseline,
    BaseSeen,
    Deviation,
    DiffCounted,
    Friction,
    Grounding,
    KeptCheck,
    Run,
    Trip,
    UntrackedSeen,
    WaveEnd,
    Work,
)

if TYPE_CHECKING:
    from orchestrator_tui.core.evolve import BatchFold, Changes


def _work(track: Track) -> Work:
    if track.work is None:
        raise ValueError(f"{track.slug} was not planned")
    return track.work


def _waits(track: Track, event: Event) -> Track:
    return changed(track, work=replace(_work(track), waits_at=event.payload["gate"]))


def _tripped(track: Track, event: Event) -> Track:
    data, work = event.payload, _work(track)
    trip = Trip(
        attempt=data["attempt"],
        pattern=data["pattern"],
        times=data["times"],
        action=data["action"],
        at=event.at,
        stage=data.get("stage", 0),
        file=data.get("file", ""),
        what=data.get("what", ""),
        error=data.get("error", ""),
        error_class=data.get("error_class", ""),
    )
    return changed(track, work=replace(work, trips=(*work.trips, trip)))


def _run(batch: BatchFold) -> Run:
    if batch.run is None:
        raise ValueError("the batch has no plan")
    return batch.run


def _base_seen(batch: BatchFold, event: Event) -> Changes:
    data = event.payload
    seen = BaseSeen(
        sha=data["sha"],
        level=data["level"],
        commits=data["commits"],
        of=data["of"],
        at=event.at,
        files=tuple(data.get("files", ())),
        why=data.get("why", ""),
        rewritten=data.get("rewritten", False),
    )
    return {"run": replace(_run(batch), base=seen)}


def _base_brought(batch: BatchFold, event: Event) -> Changes:
    data = event.payload
    # Whatever was seen of the base before was about another tree.
    return {"run": replace(_run(batch), integration_sha=data["to_sha"], based_on=data["sha"], base=None)}


def _wave_ended(batch: BatchFold, event: Event) -> Changes:
    run, data = _run(batch), event.payload
    lists = {name: tuple(data.get(name, ())) for name in ("tracks", "roles", "outside", "missing", "adaptations")}
    end = WaveEnd(
        wave=data["wave"],
        at=event.at,
        checks=dict(data.get("checks", {})),
        duration_ms=data.get("duration_ms", 0),
        scaling=data.get("scaling", ""),
        **lists,
    )
    return {"run": replace(run, waves=(*run.waves, end))}


def _isolation_set(batch: BatchFold, event: Event) -> Changes:
    run, data = _run(batch), event.payload
    return {"run": replace(run, isolation={**run.isolation, data["wave"]: data["trees"]})}


def _untracked_seen(batch: BatchFold, event: Event) -> Changes:
    run, data = _run(batch), event.payload
    seen = UntrackedSeen(data["wave"], data["decision"], tuple(data.get("files", ())))
    return {"run": replace(run, untracked=(*run.untracked, seen))}


def _baseline_seen(batch: BatchFold, event: Event) -> Changes:
    run, data = _run(batch), event.payload
    kept = tuple(KeptCheck(one["name"], one["result"], Instant(*one["at"]), one["batch"]) for one in data["kept"])
    return {"run": replace(run, baseline=Baseline(data["sha"], data["tree"], data["dependencies"], kept))}


def _friction_seen(batch: BatchFold, event: Event) -> Changes:
    data = event.payload
    rows = zip(data["files"], data["moments"], data["batches"], strict=True)
    found = tuple(Friction(file, at, name) for file, at, name in rows)
    return {"run": replace(_run(batch), friction=found)}


def _grounded(track: Track, event: Event) -> Track:
    data, work = event.payload, _work(track)
    shown = Grounding(tuple(zip(data["files"], data["lines"], strict=True)), data.get("capped", False), event.at)
    return changed(track, work=replace(work, grounded={**work.grounded, data["attempt"]: shown}))


def _carried(track: Track, event: Event) -> Track:
    data = event.payload
    return changed(track, work=replace(_work(track), carried=data["to"], left=data.get("left", "")))


def _changes_counted(batch: BatchFold, event: Event) -> Changes:
    run, data = _run(batch), event.payload
    counted = DiffCounted(data["files"], tuple(data.get("dependencies", ())), event.at)
    return {"run": replace(run, changes={**run.changes, data["wave"]: counted})}


def _results_kept(batch: BatchFold, event: Event) -> Changes:
    run = _run(batch)
    return {"run": replace(run, kept_of=(*run.kept_of, event.payload["sha"]))}


def _deviation_recorded(batch: BatchFold, event: Event) -> Changes:
    run, data = _run(batch), event.payload
    made = Deviation(data["wave"], data["what"], data["why"], event.at)
    return {"run": replace(run, deviations=(*run.deviations, made))}


def _conflicts_found(batch: BatchFold, event: Event) -> Changes:
    run = _run(batch)
    matrix = [*run.checked.get("matrix", ()), *event.payload["pairs"]]
    return {"run": replace(run, checked={**run.checked, "matrix": matrix})}


LIVE_HANDLERS: dict[str, Callable[[BatchFold, Event], Changes]] = {
    "base_seen": _base_seen,
    "base_brought": _base_brought,
    "wave_ended": _wave_ended,
    "untracked_seen": _untracked_seen,
    "baseline_seen": _baseline_seen,
    "changes_counted": _changes_counted,
    "friction_seen": _friction_seen,
    "results_kept": _results_kept,
    "isolation_set": _isolation_set,
    "deviation_recorded": _deviation_recorded,
    "conflicts_found": _conflicts_found,
}
"""What each kind changes of its batch."""

LIVE_TRACK_HANDLERS: dict[str, Callable[[Track, Event], Track]] = {
    "agent_waits": _waits,
    "breaker_tripped": _tripped,
    "track_carried": _carried,
    "grounding_injected": _grounded,
}
"""What each kind makes of the track that it names."""
