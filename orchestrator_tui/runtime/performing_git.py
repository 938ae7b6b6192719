"""Effects that are done with git, each by its kind: what is recorded when it is done (DESIGN §3, effects)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Track, TrackState
from orchestrator_tui.core.plan import BATCH_TRACK, PlannedTrack
from orchestrator_tui.core.run import Effect, Inspection
from orchestrator_tui.core.schedule import appending, committing, effects, ending, merging, untracked
from orchestrator_tui.core.schedule.freshness import keeps_from_merging, looked, since
from orchestrator_tui.core.schedule.judging import form_path
from orchestrator_tui.core.schedule.overlap import tampered
from orchestrator_tui.core.schedule.paths import artefact_path
from orchestrator_tui.core.schedule.rules import RESOLVING, plan_of, run_of, stage_work, stages_of, work_of, workflow_of
from orchestrator_tui.core.schedule.trees import INTEGRATED, is_pooled, shared_tree, shares_at_once, works_in_place
from orchestrator_tui.core.scope import expand
from orchestrator_tui.core.text import sanitise
from orchestrator_tui.runtime import baseline, grounding
from orchestrator_tui.runtime.run_world import BaseDrift, RunWorld, TreeMade

_LISTED = 300
"""Most files of an inspection that are recorded by name; a report counts them all."""

_NAMED = 5
_FORM_BYTES = 16_000
_SIDES_BYTES = 24_000


def perform(world: RunWorld, batch: Batch, effect: Effect) -> tuple[Draft, ...]:
    """Do an effect with git, or find that it was done; the events of its outcome.

    Raises:
        OSError: it cannot be done, in one line for a person.
    """
    return _KINDS[effect.kind](world, batch, batch.tracks[effect.track], effect)


def _integration(world: RunWorld, batch: Batch, track: Track, effect: Effect) -> tuple[Draft, ...]:
    plan = plan_of(batch)
    if works_in_place(batch):
        own = PlannedTrack(BATCH_TRACK, plan.title, BATCH_TRACK, plan.workflow)
        standing = world.git.inspect(effect.id, own, plan.repository, plan.base_sha, (), (), plan.base)
        return (_ready(BATCH_TRACK, TreeMade(plan.repository, plan.base, standing.head)),)
    made = world.git.integration(plan)
    if any(one.worktree == INTEGRATED for one in run_of(batch).workflows.values()):
        # Tracks work there: it gets what a worktree of theirs would get.
        world.git.provision(plan, made.path, plan.provision)
    # A person may have put something right there: what comes now begins from where the branch is.
    return (_ready(BATCH_TRACK, replace(made, base_sha=world.git.tip(plan))),)


def _worktree(world: RunWorld, batch: Batch, track: Track, effect: Effect) -> tuple[Draft, ...]:
    plan, planned = plan_of(batch), work_of(track).planned
    base, adopt = str(effect.arguments["base"]), bool(effect.arguments.get("adopt"))
    shared = str(effect.arguments.get("shared", ""))
    if shared:
        branch = plan.integration if shared == run_of(batch).integration_path else plan.base
        if works_in_place(batch):
            branch = plan.base
        standing = world.git.inspect(effect.id, planned, shared, base, (), (), branch)
        left = [one for one in standing.uncommitted if one not in _of_the_batch(batch)]
        if left and not adopt and not shares_at_once(batch, track):
            raise OSError(f"{shared} holds changes that nobody has committed: {', '.join(left[:_NAMED])}")
        return (_ready(track.slug, TreeMade(shared, branch, standing.head)),)
    if is_pooled(batch, track):
        made = world.git.acquire(plan, batch.id, planned, base, adopt, workflow_of(batch, track).pool_size)
    else:
        made = world.git.worktree(plan, batch.id, planned, base, adopt)
    provisioned = world.git.provision(plan, made.path, plan.provision)
    return (_ready(track.slug, made, provisioned, adopt),)


def _of_the_batch(batch: Batch) -> frozenset[str]:
    """What stages of the batch have left uncommitted in the integration worktree: it is no work of any track."""
    own = batch.tracks.get(BATCH_TRACK)
    seen = None if own is None or own.work is None else own.work.inspection
    return frozenset() if seen is None else frozenset(seen.uncommitted)


def _ready(slug: str, made: TreeMade, provisioned: tuple[str, ...] = (), adopted: bool = False) -> Draft:
    payload = {"track": slug, "path": made.path, "branch": made.branch, "base_sha": made.base_sha}
    return Draft("worktree_ready", {**payload, "provisioned": list(provisioned), "adopted": adopted})


def _inspect(world: RunWorld, batch: Batch, track: Track, effect: Effect) -> tuple[Draft, ...]:
    work = work_of(track)
    artefacts = tuple(artefact_path(batch, track, str(one)) for one in effect.arguments.get("artefacts", ()))
    rungs = stages_of(batch, track)
    own = tuple(
        artefact_path(batch, track, one) for rule, done in rungs for one in (rule.artefact, *done.artefacts) if one
    )
    branch = track.branch if shared_tree(batch, track) else ""
    taken = {file: commit or "HEAD" for file, (commit, _) in work.taken.items()}
    seen = world.git.inspect(effect.id, work.planned, track.worktree, work.base_sha, artefacts, own, branch, taken)
    if shared_tree(batch, track):
        others = _of_the_batch(batch)
        seen = replace(
            seen,
            files=tuple(one for one in seen.files if one not in others),
            outside=tuple(one for one in seen.outside if not one.startswith(tuple(f"{other} " for other in others))),
            uncommitted=tuple(one for one in seen.uncommitted if one not in others),
        )
    if shares_at_once(batch, track):
        seen = _own_part(seen)
    if work.run is not None and work.run.covers and work.inspection is not None:
        # What lies there by now is the work of the tracks that are judged, and none of the batch's own.
        seen = replace(seen, files=work.inspection.files, uncommitted=work.inspection.uncommitted)
    elif work.run is not None and work.run.covers:
        seen = replace(seen, files=(), uncommitted=())
    seen = replace(seen, outside=(*seen.outside, *_beyond_artefacts(world, batch, track, effect, artefacts)))
    plan = plan_of(batch)
    # Before anything of it is merged: what an agent has changed of the shared settings was there before it ended.
    words = world.git.tampered(plan, plan.fingerprint) if plan.fingerprint else ()
    remarks = _committed(world, batch, track, effect, seen.head)
    return (inspected(track.slug, seen), *_formed(world, batch, track, effect), *remarks, *tampered(batch, words))


def _committed(world: RunWorld, batch: Batch, track: Track, effect: Effect, head: str) -> list[Draft]:
    """What is remarked of an agent that has committed against its rule."""
    work = work_of(track)
    if work.run is None or not committing.is_in_question(batch, track, head):
        return []
    since = world.git.inspect(effect.id, work.planned, track.worktree, work.run.head, (), ())
    return committing.remarked(batch, track, since)


def _formed(world: RunWorld, batch: Batch, track: Track, effect: Effect) -> tuple[Draft, ...]:
    """The text of an artefact that has a form: it is judged, kept and exported from the journal alone."""
    stage = int(effect.arguments.get("stage") or 0)
    path = form_path(batch, track, stage_work(batch, track, stage)) if stage else ""
    text = world.git.text(track.worktree, path, _FORM_BYTES) if path else None
    if text is None:
        return ()
    return (Draft("artefact_read", {"track": track.slug, "path": path, "text": sanitise(text, _FORM_BYTES)}),)


def _own_part(seen: Inspection) -> Inspection:
    """What of the changes in a tree is the work of this track: others work there at the same time, in their files.

    Lines are not counted, since nobody has told them apart.
    """
    names = tuple(dict.fromkeys((*seen.files, *seen.uncommitted)))
    own = tuple(one for one in names if not any(line.startswith(f"{one} ") for line in seen.outside))
    uncommitted, tests = (tuple(one for one in group if one in own) for group in (seen.uncommitted, seen.tests))
    return replace(seen, files=own, outside=(), uncommitted=uncommitted, tests=tests, added=0, removed=0)


def _beyond_artefacts(
    world: RunWorld, batch: Batch, track: Track, effect: Effect, artefacts: tuple[str, ...]
) -> tuple[str, ...]:
    """What a stage that only adds its artefacts has changed beside them since it was entered."""
    run, stage = work_of(track).run, int(effect.arguments.get("stage", RESOLVING))
    if run is None or not run.head or stage == RESOLVING or not stage_work(batch, track, stage).adds_only:
        return ()
    since = world.git.inspect(effect.id, work_of(track).planned, track.worktree, run.head, (), ())
    changed = dict.fromkeys((*since.files, *since.uncommitted))
    return tuple(f"{path} is no artefact of its stage" for path in changed if not expand(artefacts, (path,)))


def inspected(slug: str, seen: Inspection) -> Draft:
    """What was seen of a worktree, as its event."""
    payload: dict[str, Any] = {
        "track": slug,
        "inspection": seen.id,
        "head": seen.head,
        "files": list(seen.files[:_LISTED]),
        "outside": list(seen.outside[:_LISTED]),
        "missing": list(seen.missing),
        "uncommitted": list(seen.uncommitted[:_LISTED]),
        "tests": list(seen.tests[:_LISTED]),
        "marked": list(seen.marked[:_LISTED]),
        "added": seen.added,
        "removed": seen.removed,
        "commits": seen.commits,
    }
    return Draft("work_inspected", payload)


# --- merging -------------------------------------------------------------------------------------------------


def _merge(world: RunWorld, batch: Batch, track: Track, effect: Effect) -> tuple[Draft, ...]:
    head, tip = str(effect.arguments["head"]), str(effect.arguments["tip"])
    tree = run_of(batch).integration_path
    seen = _looked(world, batch, track.slug)
    if keeps_from_merging(batch, track, seen) and world.git.tip(plan_of(batch)) == tip:
        # A merge that was made before a crash is found, not asked about.
        return seen
    message = str(effect.arguments["message"])
    made = world.git.merge(plan_of(batch), tree, head, tip, message, partial(appending.joins, batch, track))
    told: dict[str, Any] = {"track": track.slug, "head": head, "from_sha": tip}
    aside = _put_aside(track, effect, made.aside)
    if made.result == merging.MERGED:
        told |= {"joined": list(made.files)} if made.files else {}
        return (*seen, *aside, Draft("merge_recorded", {**told, "result": merging.MERGED, "to_sha": made.sha}))
    return (*seen, *aside, Draft("merge_recorded", {**told, "result": merging.CONFLICT, "files": list(made.files)}))


def _undo(world: RunWorld, batch: Batch, track: Track, effect: Effect) -> tuple[Draft, ...]:
    to, tip = str(effect.arguments["to"]), str(effect.arguments["tip"])
    work = work_of(track)
    if track.state is TrackState.ROLLED_BACK and work.removed:
        # Its branch went with its worktree when it was merged: without one its commits would be lost with the merge.
        world.git.keep_branch(plan_of(batch), track.branch, work.merges[-1][1])
    aside = world.git.undo(run_of(batch).integration_path, to, tip)
    told = {"track": track.slug, "result": merging.UNDONE, "from_sha": tip, "to_sha": to}
    return (*_put_aside(track, effect, aside), Draft("merge_recorded", told))


def _put_aside(track: Track, effect: Effect, reference: str) -> tuple[Draft, ...]:
    """What is told of changes that somebody, most likely a check, has made in the integration worktree."""
    if not reference:
        return ()
    text = f"changed files of the integration worktree were put aside: git stash apply {reference}"
    told = {"signal": f"aside-{effect.id}", "kind": "aside", "track": track.slug, "text": text}
    return (Draft("signal_raised", told),)


def _bring(world: RunWorld, batch: Batch, track: Track, effect: Effect) -> tuple[Draft, ...]:
    tip, take = str(effect.arguments["tip"]), str(effect.arguments.get("take", ""))
    merges = work_of(track).merges
    made = world.git.bring(
        track.worktree, tip, take, partial(appending.joins, batch, track), merges[-1][1] if merges else ""
    )
    told = {"track": track.slug, "tip": made.sha, "result": made.result, "files": list(made.files)}
    if made.result == merging.TAKEN:
        told |= {"take": take, "head": made.head, "by": str(effect.arguments.get("by", ""))}
    return (Draft("tip_brought", told),)


def _sides(world: RunWorld, batch: Batch, track: Track, effect: Effect) -> tuple[Draft, ...]:
    head, tip = str(effect.arguments["head"]), str(effect.arguments["tip"])
    tree, left, sides = run_of(batch).integration_path, _SIDES_BYTES, {}
    for file in effect.arguments["files"]:
        text = world.git.sides(tree, tip, head, str(file))[: max(left, 0)]
        sides[str(file)] = text or "left out: there is too much to show"
        left -= len(text)
    return (Draft("sides_seen", {"track": track.slug, "sides": sides}),)


# --- fresh copies ----------------------------------------------------------------------------------------------


def _copy(world: RunWorld, batch: Batch, track: Track, effect: Effect) -> tuple[Draft, ...]:
    plan, name, head = plan_of(batch), str(effect.arguments["name"]), str(effect.arguments["head"])
    path = world.git.copy(plan, name, head)
    world.git.provision(plan, path, plan.provision)
    return (Draft("copy_ready", {"track": track.slug, "name": name, "path": path, "head": head}),)


def _drop(world: RunWorld, batch: Batch, track: Track, effect: Effect) -> tuple[Draft, ...]:
    path = str(effect.arguments["path"])
    kept = world.git.drop(plan_of(batch), path)
    told = Draft("copy_dropped", {"track": track.slug, "path": path, "why": kept.why})
    if kept.removed:
        return (told,)
    text = f"a fresh copy is kept at {path}: {kept.why}"
    kept_signal = {"signal": f"kept-{effect.id}", "kind": "copy_kept", "track": track.slug, "text": text}
    return told, Draft("signal_raised", kept_signal)


# --- the end ---------------------------------------------------------------------------------------------------


def _remove(world: RunWorld, batch: Batch, track: Track, effect: Effect) -> tuple[Draft, ...]:
    plan = plan_of(batch)
    planned = work_of(track).planned
    if is_pooled(batch, track):
        kept = world.git.release(plan, planned, plan.integration)
    else:
        kept = world.git.remove(plan, planned, track.worktree, track.branch, plan.integration)
    if kept.removed:
        return (Draft("worktree_removed", {"track": track.slug, "branch_removed": True}),)
    return (Draft("worktree_kept", {"track": track.slug, "why": kept.why, "disk_bytes": kept.disk_bytes}),)


def _publish(world: RunWorld, batch: Batch, track: Track, effect: Effect) -> tuple[Draft, ...]:
    plan, sha = plan_of(batch), str(effect.arguments["sha"])
    expected = str(effect.arguments.get("base") or plan.base_sha)
    try:
        made = world.git.publish(plan, sha, expected, f"Merge {plan.integration}: {plan.title}")
    except OSError:
        drift = world.git.base(plan, since(batch))
        if drift.sha == expected:
            raise
        # It was approved for another base: that is asked about first.
        return _told(batch, drift, BATCH_TRACK)
    return (Draft("published", {"result": f"merged into {plan.base}", "sha": made}),)


# --- the base branch -------------------------------------------------------------------------------------------


def _look_at_base(world: RunWorld, batch: Batch, track: Track, effect: Effect) -> tuple[Draft, ...]:
    return _looked(world, batch, BATCH_TRACK)


def _look_at_tree(world: RunWorld, batch: Batch, track: Track, effect: Effect) -> tuple[Draft, ...]:
    wave = int(effect.arguments["wave"])
    return tuple(untracked.seen(batch, wave, world.git.untracked(plan_of(batch))))


def _bring_base(world: RunWorld, batch: Batch, track: Track, effect: Effect) -> tuple[Draft, ...]:
    run, plan = run_of(batch), plan_of(batch)
    sha, tip = str(effect.arguments["sha"]), str(effect.arguments["tip"])
    message = f"Merge {plan.base} into {plan.integration}"
    # What a person has appended to the base was declared by no plan: they see it as a conflict.
    made = world.git.merge(plan, run.integration_path, sha, tip, message, lambda file: False)
    if made.result != merging.MERGED:
        files = ", ".join(made.files[:_NAMED])
        raise OSError(
            f"it conflicts in {files}: merge {plan.base} in {run.integration_path} and commit, then try again"
        )
    brought = Draft("base_brought", {"sha": sha, "from_sha": tip, "to_sha": made.sha})
    # What was checked was another tree.
    again = (Draft("batch_moved", {"to": ending.VERIFYING}),) if run.phase == ending.AWAITING else ()
    return (*_put_aside(track, effect, made.aside), brought, *again)


def _looked(world: RunWorld, batch: Batch, track: str) -> tuple[Draft, ...]:
    return _told(batch, world.git.base(plan_of(batch), since(batch)), track)


def _told(batch: Batch, drift: BaseDrift, track: str) -> tuple[Draft, ...]:
    return tuple(looked(batch, drift.sha, drift.commits, drift.rewritten, drift.files, track))


_KINDS: dict[str, Callable[[RunWorld, Batch, Track, Effect], tuple[Draft, ...]]] = {
    effects.INTEGRATION: _integration,
    effects.WORKTREE: _worktree,
    effects.INSPECT: _inspect,
    effects.MERGE: _merge,
    effects.UNDO: _undo,
    effects.BRING: _bring,
    effects.SIDES: _sides,
    effects.COPY: _copy,
    effects.DROP: _drop,
    effects.REMOVE: _remove,
    effects.PUBLISH: _publish,
    effects.LOOK_AT_BASE: _look_at_base,
    effects.LOOK_AT_TREE: _look_at_tree,
    effects.BRING_BASE: _bring_base,
    effects.LOOK_AT_BASELINE: lambda world, batch, track, effect: baseline.look_at_baseline(world, batch, effect),
    effects.LOOK_BACK: lambda world, batch, track, effect: grounding.look_back(world, batch),
    effects.GROUND: lambda world, batch, track, effect: grounding.ground(world, track, effect),
    effects.COUNT_CHANGES: lambda world, batch, track, effect: baseline.count_changes(world, batch, effect),
    effects.KEEP_RESULTS: lambda world, batch, track, effect: baseline.keep_results(world, batch, effect),
}

KINDS = frozenset(_KINDS)
"""The kinds of effects that are done here."""
