"""Checks on the tree from which the waves start: kept for some days, they spare checks between waves (seed 004).

Only what runs between waves is ever spared, and of that no full gate (``*``): a track's own checks, those after a merge
and the last ones of the batch always run. A spared check is recorded with its reason, like one that ran.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.live_rules import BaselineRules
from orchestrator_tui.core.model import Batch, TrackState
from orchestrator_tui.core.plan import BATCH_TRACK, CheckCommand
from orchestrator_tui.core.run import KeptCheck
from orchestrator_tui.core.schedule.effects import (
    CHECK,
    COUNT_CHANGES,
    KEEP_RESULTS,
    LOOK_AT_BASELINE,
    begin,
    under_way,
)
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import batch_workflow, plan_of, run_of, work_of
from orchestrator_tui.core.scope import expand
from orchestrator_tui.core.text import plural

BASELINE = "baseline"
"""The run of a check on the tree from which the waves start."""

SKIPPED = "skip"
"""The result of a check that was spared."""

ALL = "*"
_AFTER_MERGE = "merged: "
_DAY_MS, _HOUR_MS, _MINUTE_MS = 86_400_000, 3_600_000, 60_000
_NAMED = 20


# --- before the first wave ---------------------------------------------------------------------------------------


def due(batch: Batch) -> list[Draft] | None:
    """What is due before the first wave; [] while it is under way, None when the wave can begin. It bars nothing."""
    run, rules = run_of(batch), batch_workflow(batch).baseline
    if not _is_on(rules) or run.pausing:
        return None
    if under_way(batch, LOOK_AT_BASELINE, KEEP_RESULTS):
        return []
    checks = wanted(batch)
    if run.baseline is None:
        if not checks or batch.merged or any(_has_begun(one.state) for one in planned_tracks(batch)):
            return None
        return begin(batch, LOOK_AT_BASELINE, BATCH_TRACK, f"e-{run.begun}")
    if any(_has_begun(one.state) for one in planned_tracks(batch)):
        return None
    if under_way(batch, CHECK, track=BATCH_TRACK):
        return []
    known = results_at_start(batch)
    for check in checks:
        if check.name not in known:
            told = {"name": _named(check.name), "command": check.command, "run": BASELINE, "wall_ms": check.wall_ms}
            name = f"c-{BATCH_TRACK}-{BASELINE}-{run.begun}"
            return begin(batch, CHECK, BATCH_TRACK, name, **told, at=run.integration_path)
    failing = sorted(name for name, one in known.items() if one.result != "pass")
    signal = f"{BASELINE}-fails"
    if failing and signal not in batch.signals:
        text = f"fails before anything was changed: {', '.join(failing[:_NAMED])}"
        return [Draft("signal_raised", {"signal": signal, "kind": BASELINE, "track": BATCH_TRACK, "text": text})]
    return keep(batch, run.baseline.sha)


def seen(
    batch: Batch, sha: str, tree: str, dependencies: str, kept: Sequence[KeptCheck], now: Instant
) -> tuple[Draft, ...]:
    """What a look at the tree amounts to: of the results that were kept those that are young enough still."""
    keep_ms = batch_workflow(batch).baseline.keep_ms
    young = [one for one in kept if elapsed_ms(one.at, now) < keep_ms and not _is_to_come(one.at, now)]
    rows = [{"name": one.name, "result": one.result, "at": _moment(one.at), "batch": one.batch} for one in young]
    return (Draft("baseline_seen", {"sha": sha, "tree": tree, "dependencies": dependencies, "kept": rows}),)


def _is_on(rules: BaselineRules) -> bool:
    return bool(rules.keep_ms and rules.files)


def _has_begun(state: TrackState) -> bool:
    return state not in (TrackState.PENDING, TrackState.QUEUED)


def wanted(batch: Batch) -> tuple[CheckCommand, ...]:
    """The plan's checks that may be spared after some wave: those that its roles name, in the plan's order."""
    by_role = batch_workflow(batch).between.checks
    roles = {work_of(one).planned.role for one in planned_tracks(batch)}
    lists = [by_role.get(role, by_role.get(ALL, ())) for role in roles]
    names = {name for one in lists if ALL not in one for name in one}
    return tuple(one for one in plan_of(batch).checks if one.name in names)


def _named(check: str) -> str:
    return f"{BASELINE}: {check}"


def _is_to_come(at: Instant, now: Instant) -> bool:
    """Whether a moment of another boot lies ahead: a clock was set back, and nobody knows how old that is."""
    return at.boot_id != now.boot_id and at.wall_ms > now.wall_ms


def _moment(at: Instant) -> list[Any]:
    return [at.wall_ms, at.boot_ms, at.boot_id]


def results_at_start(batch: Batch) -> Mapping[str, KeptCheck]:
    """The results on the tree from which the waves start, by check: kept ones, and those that ran before them."""
    baseline = run_of(batch).baseline
    kept = {} if baseline is None else {one.name: one for one in baseline.kept}
    ran = [one for one in batch.tracks[BATCH_TRACK].checks if one.run == BASELINE]
    fresh = [KeptCheck(one.name.removeprefix(_named("")), one.result, one.at) for one in ran]
    return {**kept, **{one.name: one for one in fresh}}


# --- between waves -------------------------------------------------------------------------------------------------


def spared(batch: Batch, wave: int, name: str, check: CheckCommand, full: bool) -> list[Draft] | None:
    """What is due instead of a check after a wave: first the count of files, then why it is spared; None: it runs."""
    run, rules = run_of(batch), batch_workflow(batch).baseline
    if full or not _is_on(rules) or run.baseline is None:
        return None
    results = results_at_start(batch)
    names = {one.name for one in wanted(batch)}
    stands = names <= results.keys() and all(results[one].result == "pass" for one in names)
    if not stands or check.name not in names or _failed_since(batch, check.name):
        return None
    if under_way(batch, COUNT_CHANGES):
        return []
    counted = run.changes.get(wave)
    if counted is None:
        return begin(batch, COUNT_CHANGES, BATCH_TRACK, f"f-{run.begun}", wave=wave)
    oldest = max(elapsed_ms(results[one].at, counted.at) for one in names)
    if oldest >= rules.keep_ms or counted.files >= rules.files or counted.dependencies:
        return None
    many = plural(counted.files, "file has", "files have")
    why = f"passed on {run.baseline.sha[:8]}; {many} changed since, fewer than {rules.files}"
    why += f", and what is kept is {_age(oldest)} old"
    told = {"track": BATCH_TRACK, "name": name, "result": SKIPPED, "detail": why, "command": check.command}
    return [Draft("check_recorded", {**told, "run": f"wave-{wave}", "sha": run.integration_sha})]


def counted(batch: Batch, wave: int, files: Sequence[str]) -> tuple[Draft, ...]:
    """What a look at the changed files amounts to."""
    hits = expand(batch_workflow(batch).baseline.dependencies, files)
    return (Draft("changes_counted", {"wave": wave, "files": len(files), "dependencies": list(hits[:_NAMED])}),)


def _failed_since(batch: Batch, name: str) -> bool:
    """Whether the check fails after a merge or an earlier wave: it is not known to pass, whatever the start says."""
    merged = (one for track in planned_tracks(batch) for one in track.checks if one.name == f"{_AFTER_MERGE}{name}")
    waves = (one for one in batch.tracks[BATCH_TRACK].checks if one.run.startswith("wave-"))
    later = (one for one in waves if one.name.partition(": ")[2] == name)
    return any(one.result == "fail" for one in (*merged, *later))


def _age(milliseconds: int) -> str:
    for unit, name in ((_DAY_MS, "day"), (_HOUR_MS, "hour"), (_MINUTE_MS, "minute")):
        count = milliseconds // unit
        if count:
            return plural(count, name)
    return "less than a minute"


# --- for later batches ---------------------------------------------------------------------------------------------


def keep(batch: Batch, sha: str) -> list[Draft] | None:
    """Keep what ran on this commit for later batches, once; None when there is nothing more to keep."""
    run = run_of(batch)
    if sha in run.kept_of or not _is_on(batch_workflow(batch).baseline) or not to_keep(batch, sha):
        return None
    if under_way(batch, KEEP_RESULTS):
        return []
    return begin(batch, KEEP_RESULTS, BATCH_TRACK, f"k-{run.begun}", sha=sha)


def to_keep(batch: Batch, sha: str) -> tuple[KeptCheck, ...]:
    """The plan's checks that pass on this commit, in the integration worktree; what fails is always looked at again."""
    baseline = run_of(batch).baseline
    first = BASELINE if baseline is not None and baseline.sha == sha else sha
    ran = {
        one.name.removeprefix(_named("")): one
        for one in batch.tracks[BATCH_TRACK].checks
        if one.run in (first, sha) and one.result == "pass"
    }
    return tuple(
        KeptCheck(one.name, "pass", ran[one.name].at, batch.id, one.command)
        for one in plan_of(batch).checks
        if one.name in ran
    )


def kept(sha: str, results: Sequence[KeptCheck], problem: str = "") -> tuple[Draft, ...]:
    """That results are kept, or why they cannot be: nothing waits for it."""
    told = {"sha": sha, "names": [one.name for one in results]}
    return (Draft("results_kept", {**told, "problem": problem} if problem else told),)
