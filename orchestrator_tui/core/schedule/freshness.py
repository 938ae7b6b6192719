"""Whether the base branch still is where the batch began, before a merge and before it is published (seed 004).

``pass``: it is. ``warn``: it has moved on in other files. ``block``: it changed the same files, or was rewritten.
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, GateState, Option, Track, TrackState
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.run import BaseSeen
from orchestrator_tui.core.schedule.effects import BRING_BASE, INTEGRATION, LOOK_AT_BASE, PUBLISH, begin, under_way
from orchestrator_tui.core.schedule.gates import ABANDON, ask, barring, chosen, gate_id, lines, listed
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import batch_workflow, plan_of, run_of, work_of
from orchestrator_tui.core.schedule.stages import moved
from orchestrator_tui.core.schedule.trees import works_in_place
from orchestrator_tui.core.scope import matches
from orchestrator_tui.core.text import plural

PASS, WARN, BLOCK = "pass", "warn", "block"
NEVER = "never"

BRING, GO_ON, LEAVE, MERGE = "bring", "go_on", "leave", "merge"

_LEVELS = (PASS, WARN, BLOCK)
_NAMED = 50


def since(batch: Batch) -> str:
    """The commit of the base branch that the integration branch holds."""
    return run_of(batch).based_on or plan_of(batch).base_sha


def looked(
    batch: Batch,
    sha: str,
    commits: int,
    rewritten: bool,
    changed: Sequence[str],
    track: str = BATCH_TRACK,
    asked: bool = True,
) -> list[Draft]:
    """What a look at the base branch found, where it is news, and the signal when it has moved on.

    Args:
        sha: where the base branch is now; "" when it is gone.
        commits: how many came since.
        rewritten: it no longer holds the commit that the batch began from.
        changed: files that differ from that commit.
        track: whose work was compared with it: the batch's is that of all tracks that are merged.
        asked: somebody waits for it; else it was looked at by the way, and only news are recorded.
    """
    base = plan_of(batch).base
    files = tuple(one for one in changed if _is_ours(batch, track, one))
    moved_on = f"{base} has moved on by {plural(commits, 'commit')}"
    if not sha:
        level, why = BLOCK, f"the branch {base} is gone"
    elif sha == since(batch):
        level, why = PASS, ""
    elif rewritten:
        level, why = BLOCK, f"{base} was rewritten: it no longer holds {since(batch)[:12]}"
    elif files:
        level, why = BLOCK, f"{moved_on}, which change the same files: {', '.join(files[:3])}"
    else:
        level, why = WARN, f"{moved_on}, in other files"
    of = f"{track} {_work_at(batch, track)[:12]}"
    before = run_of(batch).base
    if run_of(batch).published or (not asked and (under_way(batch, PUBLISH) or works_in_place(batch))):
        # It moves by our own hand, or by that of agents who work on it.
        return []
    if before is not None and (before.sha, before.level) == (sha, level) and (before.of == of or not asked):
        return []
    if level == PASS and (before is None or before.level == PASS) and (track != BATCH_TRACK or not asked):
        # Nothing has happened, and nobody waits to hear that.
        return []
    told = {"sha": sha, "level": level, "commits": commits, "files": list(files[:_NAMED]), "why": why, "of": of}
    drafts = [Draft("base_seen", {**told, "rewritten": rewritten or not sha})]
    name = f"base-drift-{sha[:12] or 'gone'}-{level}"
    if level != PASS and name not in batch.signals:
        signal = {"signal": name, "kind": "base_drift", "track": track, "text": why, "evidence": list(files[:20])}
        drafts.append(Draft("signal_raised", signal))
    return drafts


def is_known(batch: Batch, track: str) -> bool:
    """Whether the base was looked at for this work as it is now."""
    seen = run_of(batch).base
    return seen is not None and seen.of == f"{track} {_work_at(batch, track)[:12]}"


def keeps_from_merging(batch: Batch, track: Track, found: Sequence[Draft] = ()) -> bool:
    """Whether a track is not merged before a person has said how, by what was just ``found`` or recorded before."""
    told = next((one.payload for one in found if one.kind == "base_seen"), None)
    if told is not None:
        return _asks(batch_workflow(batch).freshness.merge, str(told["level"])) and not _is_allowed(
            batch, track.slug, str(told["sha"])
        )
    seen = run_of(batch).base
    if seen is None or not is_known(batch, track.slug):
        return False
    return _asks(batch_workflow(batch).freshness.merge, seen.level) and not _is_allowed(batch, track.slug, seen.sha)


def before_merge(batch: Batch, track: Track) -> list[Draft]:
    """What is due before a track can be merged that was kept from it: its question, or the base that is brought."""
    seen = run_of(batch).base
    assert seen is not None
    if chosen(batch, _gate(track.slug, seen.sha)) == BRING:
        return _bring(batch, seen.sha)
    bring = Option(BRING, f"first merge {plan_of(batch).base} into {plan_of(batch).integration}", "approve")
    asked = ask(
        batch,
        _gate(track.slug, seen.sha),
        "freshness",
        track.slug,
        f"{track.slug}: {seen.why}. Merge it all the same?",
        (
            *(() if seen.rewritten else (bring,)),
            Option(MERGE, "merge it as it is"),
            ABANDON,
        ),
        context=lines(listed(seen.files), f"Worktree: {track.worktree}"),
        recommend=None if seen.rewritten else BRING,
        confidence="medium",
        risk="failure",
        subject={"base": seen.sha, "head": work_of(track).head_sha},
    )
    # Nobody else waits for its answer: the line goes on.
    return [*moved(track, TrackState.APPROVED, seen.why), *asked]


def before_publish(batch: Batch, asks: bool) -> list[Draft] | None:
    """What is due before what is integrated can be offered to the base branch; None when nothing is.

    ``asks`` is False where nobody is asked, since publishing is an act of the person's own.
    """
    run = run_of(batch)
    if under_way(batch, LOOK_AT_BASE, BRING_BASE):
        return []
    seen = run.base
    if seen is None or not is_known(batch, BATCH_TRACK):
        return begin(batch, LOOK_AT_BASE, BATCH_TRACK, f"y-{run.begun}")
    answer = chosen(batch, _gate(BATCH_TRACK, seen.sha))
    if not asks or not _asks(batch_workflow(batch).freshness.publish, seen.level) or answer in (GO_ON, LEAVE):
        return None
    if answer == BRING:
        return _bring(batch, seen.sha)
    return _ask_before_publish(batch, seen)


def seen_base(batch: Batch) -> str:
    """The commit of the base branch that a person sees who is asked now: what an approval is bound to."""
    seen = run_of(batch).base
    return since(batch) if seen is None else seen.sha


def words(batch: Batch) -> str:
    """What a person is told of the base beside another question; "" while it is where it was."""
    seen = run_of(batch).base
    return "" if seen is None else seen.why


def leaves(batch: Batch) -> bool:
    """Whether a person has said that what is integrated stays where it is, since the base has moved on."""
    seen = run_of(batch).base
    return seen is not None and chosen(batch, _gate(BATCH_TRACK, seen.sha)) == LEAVE


def outdated(batch: Batch, name: str) -> list[Draft]:
    """Take down a question about what goes to the base branch when that has moved since it was asked."""
    gate, seen = batch.gates.get(name), run_of(batch).base
    if gate is None or gate.state is not GateState.OPEN or seen is None:
        return []
    subject = gate.question.subject or {}
    if gate.question.kind != "publish" or subject.get("base") == seen.sha:
        return []
    why = f"{plan_of(batch).base} has moved on since it was asked"
    return [Draft("gate_withdrawn", {"gate": gate.id, "revision": gate.revision, "why": why})]


def _ask_before_publish(batch: Batch, seen: BaseSeen) -> list[Draft]:
    plan = plan_of(batch)
    bring = Option(BRING, f"merge {plan.base} into {plan.integration} and run the last checks again", "approve")
    return ask(
        batch,
        _gate(BATCH_TRACK, seen.sha),
        "freshness",
        BATCH_TRACK,
        f"{seen.why}. How is it published?",
        (
            *(() if seen.rewritten else (bring,)),
            Option(GO_ON, "as it is: what was checked is not what will be there"),
            Option(LEAVE, f"leave it on {plan.integration}, I take it from there"),
        ),
        context=lines("Both have changed:" if seen.files else "", listed(seen.files)),
        recommend=None if seen.rewritten else BRING,
        confidence="medium",
        risk="failure" if seen.level == BLOCK else "check",
        subject={"base": seen.sha, "head": run_of(batch).integration_sha},
    )


def _bring(batch: Batch, sha: str) -> list[Draft]:
    run = run_of(batch)
    if under_way(batch, BRING_BASE, INTEGRATION) or barring(batch, batch.tracks[BATCH_TRACK]):
        # What is in its way is a person's.
        return []
    return begin(batch, BRING_BASE, BATCH_TRACK, f"x-{run.begun}", sha=sha, tip=run.integration_sha)


def _gate(track: str, sha: str) -> str:
    return gate_id("freshness", track, sha[:12] or "gone")


def _asks(rule: str, level: str) -> bool:
    return rule != NEVER and level != PASS and _LEVELS.index(level) >= _LEVELS.index(rule)


def _is_allowed(batch: Batch, track: str, sha: str) -> bool:
    return chosen(batch, _gate(track, sha)) == MERGE


def _work_at(batch: Batch, track: str) -> str:
    """The commit of the work that is compared with the base."""
    return run_of(batch).integration_sha if track == BATCH_TRACK else work_of(batch.tracks[track]).head_sha


def _is_ours(batch: Batch, track: str, file: str) -> bool:
    """Whether a file belongs to a track, or to any that is merged where the batch's work is meant."""
    if track != BATCH_TRACK:
        return _belongs(batch.tracks[track], file)
    return any(_belongs(one, file) for one in planned_tracks(batch) if work_of(one).merged_sha)


def _belongs(track: Track, file: str) -> bool:
    work = work_of(track)
    scope = work.planned.scope
    if work.inspection is not None and file in work.inspection.files:
        return True
    return any(matches(file, pattern) for pattern in (*scope.owned, *scope.allowed, *scope.append_only))
