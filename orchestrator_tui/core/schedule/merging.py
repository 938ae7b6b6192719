"""Merging: which approved track is next, and what follows from a merge (vocabulary F, merge policy)."""

from __future__ import annotations

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Option, Track, TrackState
from orchestrator_tui.core.plan import CheckCommand
from orchestrator_tui.core.schedule.deploying import about_to_deploy
from orchestrator_tui.core.schedule.effects import (
    BRING,
    BRING_BASE,
    CHECK,
    DEPLOY,
    HEALTH,
    INTEGRATION,
    MERGE,
    SIDES,
    UNDO,
    begin,
    under_way,
)
from orchestrator_tui.core.schedule.freshness import before_merge, keeps_from_merging
from orchestrator_tui.core.schedule.gates import ABANDON, ask, barring, gate_id, lines, listed
from orchestrator_tui.core.schedule.judging import ACCEPTED
from orchestrator_tui.core.schedule.readiness import AT_WORK, planned_tracks
from orchestrator_tui.core.schedule.rules import (
    RESOLVING,
    batch_workflow,
    next_stage,
    plan_of,
    run_of,
    stages_of,
    work_of,
)
from orchestrator_tui.core.schedule.stages import enter, moved
from orchestrator_tui.core.schedule.trees import is_integrated, leaves_uncommitted, works_in

S = TrackState

MERGED, CONFLICT, CHECKS_FAILED, UNDONE = "merged", "conflict", "checks_failed", "undone"
TAKEN, CLEAN = "taken", "clean"
"""How the tip was brought into a track's worktree: by taking one side of what conflicts, or without a conflict."""


def merge_order(batch: Batch) -> tuple[Track, ...]:
    """All tracks in the order of merging: first kinds, then what others depend on, priority, slug (seed 002)."""
    tracks = planned_tracks(batch)
    first = batch_workflow(batch).merging.first
    needed = {slug for track in tracks for slug in track.depends_on}

    def rank(track: Track) -> tuple[int, int, int, str]:
        kind = first.index(track.kind) if track.kind in first else len(first)
        return kind, 0 if track.slug in needed else 1, -work_of(track).planned.priority, track.slug

    ordered: list[Track] = []
    left = sorted(tracks, key=rank)
    while left:
        placed = {one.slug for one in ordered}
        free = (one for one in left if all(slug in placed or slug not in batch.tracks for slug in one.depends_on))
        following = next(free, left[0])
        ordered.append(following)
        left.remove(following)
    return tuple(ordered)


def next_to_merge(batch: Batch) -> Track | None:
    """The approved track whose turn it is, or None: one at a time, and none before another that is on its way to its
    own merge and goes before it."""
    if any(one.state is S.MERGING for one in planned_tracks(batch)) or under_way(batch, MERGE, UNDO):
        return None
    if under_way(batch, DEPLOY, HEALTH, INTEGRATION, BRING_BASE) or about_to_deploy(batch):
        # The tree that is being deployed stays as it was approved.
        return None
    first = batch_workflow(batch).merging.first
    for track in merge_order(batch):
        if work_of(track).merged_sha or leaves_uncommitted(batch, track):
            continue
        if works_in(batch, run_of(batch).integration_path, track) is not None:
            # Somebody works in the very tree that it would be merged in.
            continue
        if track.state is S.APPROVED and not work_of(track).paused and not barring(batch, track):
            return track
        if track.kind in first and track.state in AT_WORK and not barring(batch, track) and not work_of(track).paused:
            # What goes first is waited for as long as it works; a question of it holds up nobody else.
            return None
    return None


def why_not_merged(batch: Batch, track: Track) -> str:
    """Why an approved track is not being merged right now, in words; "" when it is next."""
    other = next((one for one in planned_tracks(batch) if one.state is S.MERGING), None)
    if other is not None:
        return f"waits for {other.slug}, which is being merged"
    following = next_to_merge(batch)
    if following is not None:
        return "" if following.slug == track.slug else f"waits for {following.slug}, which is merged first"
    return "waits for what is merged before it"


def begin_merge(batch: Batch, track: Track) -> list[Draft]:
    """Start to merge an approved track: the merge is bound to its head and to the tip that it meets."""
    run, work = run_of(batch), work_of(track)
    if is_integrated(batch, track):
        told = {"head": work.head_sha, "from_sha": run.integration_sha, "to_sha": work.head_sha}
        return [*moved(track, S.MERGING), Draft("merge_recorded", {"track": track.slug, "result": MERGED, **told})]
    name = f"g-{track.slug}-{run.begun}"
    arguments = {"head": work.head_sha, "tip": run.integration_sha, "message": f"Merge {track.slug}: {track.title}"}
    return [*moved(track, S.MERGING), *begin(batch, MERGE, track.slug, name, **arguments)]


def advance(batch: Batch, track: Track) -> list[Draft]:
    """The next step of a track that is being merged."""
    busy = under_way(batch, MERGE, UNDO, BRING, CHECK, SIDES, track=track.slug) or under_way(batch, BRING_BASE)
    if busy or barring(batch, track):
        return []
    work = work_of(track)
    last = work.merges[-1][0] if work.merges else ""
    if last == CHECKS_FAILED:
        run = run_of(batch)
        if is_integrated(batch, track):
            # Its work is where it is to be put right; nothing else stands on it yet.
            told = {"result": UNDONE, "from_sha": run.integration_sha, "to_sha": run.integration_sha}
            return [Draft("merge_recorded", {"track": track.slug, **told})]
        arguments = {"to": _before(batch, track), "tip": run.integration_sha}
        return begin(batch, UNDO, track.slug, f"u-{track.slug}-{run.begun}", **arguments)
    if work.merged_sha:
        return _after_merge(batch, track)
    if last == CONFLICT:
        return _conflict(batch, track)
    if last == UNDONE:
        return _revise(batch, track)
    if keeps_from_merging(batch, track):
        return before_merge(batch, track)
    return begin_merge(batch, track)


# --- after a merge ------------------------------------------------------------------------------------------


def merge_checks(batch: Batch) -> tuple[CheckCommand, ...]:
    """The plan's checks that run on the integration branch after every merge."""
    names = batch_workflow(batch).merging.checks
    return tuple(one for one in plan_of(batch).checks if "*" in names or one.name in names)


def _after_merge(batch: Batch, track: Track) -> list[Draft]:
    work, stages = work_of(track), stages_of(batch, track)
    # The same merge made twice in one second is the same commit: only its count tells the two apart.
    this = f"{work.merged_sha[:12]}-{len(work.merges)}"
    done = {one.name: one for one in track.checks if one.run == this}
    for check in merge_checks(batch):
        name = f"merged: {check.name}"
        if name not in done:
            effect = f"c-{track.slug}-merge-{run_of(batch).begun}-{check.name}"
            told = {"name": name, "command": check.command, "run": this}
            where = run_of(batch).integration_path
            return begin(batch, CHECK, track.slug, effect, **told, wall_ms=check.wall_ms, at=where)
        if done[name].result != "pass":
            failed = {"track": track.slug, "result": CHECKS_FAILED, "head": work.head_sha, "detail": done[name].detail}
            return [Draft("merge_recorded", failed)]
    following = next_stage(batch, track, max((rule.index for rule, done in stages if not done.after_merge), default=0))
    if following is None:
        return moved(track, S.MERGED)
    return [*moved(track, S.RUNNING), *enter(track, following, "merged")]


def _before(batch: Batch, track: Track) -> str:
    """The tip of the integration branch before this track was merged."""
    return next(
        (sha for slug, sha in reversed(run_of(batch).tips) if slug == track.slug), run_of(batch).integration_sha
    )


def _revise(batch: Batch, track: Track) -> list[Draft]:
    """Checks failed after the merge, which is undone: its agent gets it once, then a person."""
    problems = [f"{one.name} fails: {one.detail}" for one in track.checks if one.result != "pass" and one.run]
    sent = sum(result == UNDONE for result, _ in work_of(track).merges)
    stage = last_writing(batch, track)
    if sent <= 1 and stage:
        told = tuple(f"after its merge {one}" for one in problems)
        return [*moved(track, S.REVISING), *enter(track, stage, "its checks fail after its merge", problems=told)]
    return [
        *moved(track, S.ESCALATED, "checks fail after its merge"),
        *ask(
            batch,
            gate_id("checks", track.slug, len(work_of(track).merges)),
            "checks",
            track.slug,
            f"{track.slug}: checks fail on the integration branch after its merge, which is undone. What now?",
            (
                Option("again", "merge it again and run the checks again", "approve"),
                Option("revise", "back to its agent, with what you write as instruction"),
                ABANDON,
            ),
            context=lines(listed(tuple(problems)), f"Worktree: {track.worktree}"),
            recommend="revise",
            confidence="low",
            risk="failure",
            stage=track.stage or None,
            free_text=True,
        ),
    ]


def last_writing(batch: Batch, track: Track) -> int:
    """The last stage before the merge whose agent writes code and that was reached, or 0."""
    stages = stages_of(batch, track)
    rungs = [rule.index for rule, work in stages if work.writes and not work.reviews and not work.after_merge]
    reached = [index for index in rungs if index <= track.stage and index not in track.skipped_stages]
    return reached[-1] if reached else 0


# --- conflicts ---------------------------------------------------------------------------------------------


def _conflict(batch: Batch, track: Track) -> list[Draft]:
    """A conflict: an agent tries to resolve it in the later track's worktree, then a person is asked (G-2)."""
    work, run = work_of(track), run_of(batch)
    tries = batch_workflow(batch).merging.resolve
    conflicts = sum(result == CONFLICT for result, _ in work.merges)
    current = work.run if work.run is not None and work.run.stage == RESOLVING else None
    given_up = current is not None and current.judged not in ("", ACCEPTED)
    if work.brought_how in (TAKEN, CLEAN) and not given_up:
        return [*moved(track, S.RUNNING), *enter(track, RESOLVING, work.brought_how), *look_again(track, RESOLVING)]
    if conflicts <= tries and not given_up:
        if not work.brought:
            arguments = {"tip": run.integration_sha, "take": ""}
            return begin(batch, BRING, track.slug, f"b-{track.slug}-{run.begun}", **arguments)
        return [*moved(track, S.RUNNING), *enter(track, RESOLVING, f"conflict in {', '.join(work.conflicts)}")]
    if not work.sides:
        effect, files = f"v-{track.slug}-{run.begun}", list(work.conflicts)
        return begin(batch, SIDES, track.slug, effect, head=work.head_sha, tip=run.integration_sha, files=files)
    asked = ask(
        batch,
        gate_id("conflict", track.slug, conflicts),
        "conflict",
        track.slug,
        f"{track.slug} conflicts with what is merged already, in {', '.join(work.conflicts)}. What now?",
        (
            Option("resolved", "I have resolved and committed it in its worktree: go on", "approve"),
            Option("resolve", "an agent tries again, with what you write as instruction"),
            Option("theirs", "keep what is merged already in these files", "reject"),
            Option("ours", "take what this track says in these files"),
            ABANDON,
        ),
        context=lines(listed(work.conflicts), f"Worktree: {track.worktree}"),
        recommend=None,
        confidence="low",
        risk="failure",
        stage=track.stage or None,
        subject={
            "head": work.head_sha,
            "tip": run.integration_sha,
            "files": list(work.conflicts),
            "sides": dict(work.sides),
        },
        free_text=True,
    )
    # Nobody else waits for its answer: the line goes on.
    return [*moved(track, S.ESCALATED, "it conflicts with what is merged already"), *asked]


def look_again(track: Track, stage: int, by: str = "orch-tui", taken: tuple[str, ...] = ()) -> list[Draft]:
    """Look at a stage's work once more without another try; ``taken`` are files that are as this person wants them."""
    granted = {"track": track.slug, "stage": stage, "tries": 0, "by": by}
    return [Draft("stage_granted", {**granted, "taken": list(taken)} if taken else granted)]
