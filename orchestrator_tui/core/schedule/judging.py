"""What is made of a try at a stage: "done" is a claim; artefact, diff, checks and reviewer decide (seed 002)."""

from __future__ import annotations

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import elapsed_ms
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.plan import CheckCommand
from orchestrator_tui.core.records import Finding
from orchestrator_tui.core.schedule.breaker import TURN_LIMIT, is_a_persons, last_trip, trip_words
from orchestrator_tui.core.schedule.forms import faults
from orchestrator_tui.core.schedule.paths import artefact_path
from orchestrator_tui.core.schedule.rules import RESOLVING, plan_of, stage_run, stage_work, work_of, workflow_of
from orchestrator_tui.core.schedule.trees import leaves_uncommitted
from orchestrator_tui.core.schedule.unsaid import meaning_of
from orchestrator_tui.core.workflow import AGENT, StageWork

ACCEPTED, REJECTED, REWORK, ASKED, GROWN = "accepted", "rejected", "rework", "asked", "grown"

MISMATCH, FOLLOW_UP = "mismatch", "follow_up"
"""What verdicts mean that are about the plan: a person says whether it still holds; it has more to do in its next wave.
The first is a judgement, too."""

DISPUTED = "disputed"
"""What a verdict means by which an agent ends that disagrees with what it was sent back for."""

BLOCKER = "blocker"

TRACK_LIST_CHECK = "track list"
"""The name of the check that a list of tracks passes when tracks can be made of it."""

BUDGET = "budget"
"""How the reason begins for which a budget ends an attempt."""

GROWTH = "scope growth"
"""How the reason begins for which a revision is stopped that outgrows what it was sent back for."""

_NAMED = 8


@frozen
class Judgement:
    """What is made of a try: one of the six verdicts, and why, line by line."""

    verdict: str
    problems: tuple[str, ...] = ()


def checks_of(batch: Batch, track: Track, work: StageWork) -> tuple[CheckCommand, ...]:
    """The checks that must pass in this stage, by name; ``*`` means all of the track's and of the plan's."""
    own, shared = work_of(track).planned.checks, plan_of(batch).checks
    known = {one.name: one for one in (*shared, *own)}
    if "*" in work.checks:
        return tuple(known.values())
    return tuple(known[name] for name in work.checks if name in known)


def open_blockers(track: Track) -> tuple[Finding, ...]:
    """Findings that must be fixed before the track goes on."""
    return tuple(one for one in track.findings if one.severity == BLOCKER and one.state == "open")


def since_writing(track: Track, stage: int) -> frozenset[str]:
    """The attempts of a track since its agent of this stage wrote last, that one included: what was said since."""
    places = [place for place, one in enumerate(track.attempts) if one.stage == stage]
    return frozenset(one.id for one in track.attempts[places[-1] if places else 0 :])


def judge(batch: Batch, track: Track) -> Judgement:
    """Judge the last try of the stage at hand; everything that is needed for it has been looked at."""
    run = stage_run(track)
    work = stage_work(batch, track, run.stage)
    failed = _claim(work, run.claim, track)
    trip = last_trip(track) if failed else None
    if trip is not None:
        asked = is_a_persons(batch, track, run.stage) and trip.pattern != TURN_LIMIT
        return Judgement(ASKED if asked else REJECTED, (f"its agent {trip_words(trip)}",))
    if failed and track.attempts[-1].stopping.startswith(BUDGET):
        # What a budget has ended would be ended again: a person says what it may cost.
        return Judgement(ASKED, (track.attempts[-1].stopping,))
    if failed:
        return Judgement(REJECTED, failed)
    grown = _grown(batch, track)
    if grown:
        return Judgement(GROWN, grown)
    problems = (
        *_inspected(batch, track, work),
        *_formed(batch, track, work),
        *_checked(batch, track, work),
        *_divided(track),
    )
    if problems:
        return Judgement(REJECTED, problems)
    meaning = meaning_of(track, work, run.verdict, run.claim)
    # Where no word means done, the words are for what is not: who ends without one claims to be done.
    if work.runs == AGENT and "done" in work.verdicts.values() and not meaning:
        words = " or ".join(work.verdicts)
        return Judgement(REJECTED, (f"it ended without a verdict: {words}, on a line of its own",))
    if meaning in ("failed", "partial"):
        return Judgement(REJECTED, (f"its agent says {run.verdict or 'no word'}: {_summary(track)}".rstrip(": "),))
    if meaning == "blocked":
        return Judgement(ASKED, (f"its agent is blocked: {_summary(track)}",))
    if meaning == MISMATCH:
        return Judgement(MISMATCH, (f"{run.verdict}: {_summary(track)}".rstrip(": "),))
    if meaning == FOLLOW_UP:
        return Judgement(ACCEPTED)
    # What an earlier round has found and this one does not raise again is fixed.
    heard = since_writing(track, work.back_to) if work_of(track).planned.deep_review else frozenset({run.attempt})
    blockers = tuple(one for one in open_blockers(track) if one.attempt in heard) if work.reviews else ()
    if meaning == "rework" or blockers:
        told = [finding_line(one) for one in blockers] or [f"{run.verdict}: {_summary(track)}"]
        return Judgement(REWORK, tuple(told))
    return Judgement(ACCEPTED)


def finding_line(finding: Finding) -> str:
    """A finding in one line, with its id and place."""
    place = f" ({finding.file}{f':{finding.line}' if finding.line else ''})" if finding.file else ""
    return f"{finding.id} {finding.title}{place}"


def _summary(track: Track) -> str:
    return track.attempts[-1].summary if track.attempts else ""


def _claim(work: StageWork, claim: str, track: Track) -> tuple[str, ...]:
    if work.runs != AGENT or claim == "done":
        return ()
    last = track.attempts[-1]
    code = "" if last.exit_code is None else f" with exit code {last.exit_code}"
    words = {
        "lost": "its agent is gone and left no result",
        "stopped": f"its agent was stopped: {last.stopping}",
    }
    return (words.get(claim, f"its agent ended{code}: {last.summary}".rstrip(": ")),)


def grown_files(batch: Batch, track: Track) -> tuple[str, ...]:
    """What a revision has changed that nobody sent it back for: files that the track had not touched before.

    Tests and files that a finding names are no growth; a file outside of the scope is, whatever it is.
    """
    run = stage_run(track)
    if run.entry == 1 or run.looks or run.inspection is None or run.stage == RESOLVING:
        return ()
    seen, named = run.inspection, {one.file for one in track.findings}
    outside = [path for path in seen.files if any(one.startswith(f"{path} ") for one in seen.outside)]
    fresh = [one for one in seen.files if one not in run.before and one not in seen.tests and one not in named]
    return tuple(dict.fromkeys((*(one for one in outside if one not in run.before), *fresh)))


def _grown(batch: Batch, track: Track) -> tuple[str, ...]:
    """Why a revision has outgrown what it was sent back for (seed 000: new files, features or contracts)."""
    bound, seen = workflow_of(batch, track).convergence.growth, stage_run(track).inspection
    files = grown_files(batch, track) if bound else ()
    if not files or seen is None:
        return ()
    outside = [one for one in seen.outside if one.startswith(tuple(f"{path} " for path in files))]
    if outside:
        return (f"{GROWTH}: {'; '.join(outside[:_NAMED])}",)
    return (f"{GROWTH}: {len(files)} files that it had not touched before",) if len(files) >= bound else ()


def _inspected(batch: Batch, track: Track, work: StageWork) -> tuple[str, ...]:
    run = stage_run(track)
    seen = run.inspection
    if seen is None:
        return ()
    problems = [f"artefact not found at {path}: run this stage again" for path in seen.missing]
    outside = [one for one in seen.outside if not _in_conflict(track, one)]
    problems += [f"outside its scope: {one}" for one in outside[:_NAMED]]
    if len(outside) > _NAMED:
        problems.append(f"outside its scope: {len(outside) - _NAMED} more files")
    if run.stage == RESOLVING and seen.marked:
        problems.append(f"conflict markers are left in {', '.join(seen.marked[:_NAMED])}")
    if work.commits and seen.uncommitted:
        named = ", ".join(seen.uncommitted[:_NAMED])
        problems.append(f"not committed: {named}")
    moved = seen.head != run.head and not _others_committed_there(batch, track, seen.head)
    if not work.writes and (moved or (seen.uncommitted and not _others_work_there(batch, track))):
        problems.append("it has changed files although its stage only reads")
    return tuple(problems)


def _formed(batch: Batch, track: Track, work: StageWork) -> tuple[str, ...]:
    """What the artefact of a stage lacks of its form; one that is not there is told as missing."""
    path = form_path(batch, track, work)
    text = work_of(track).texts.get(path) if path else None
    return () if text is None else tuple(f"{path}: {fault}" for fault in faults(text, work.form))


def form_path(batch: Batch, track: Track, work: StageWork) -> str:
    """The artefact of a stage that has a form, below the worktree; "" for none."""
    return artefact_path(batch, track, work.artefacts[0]) if work.form and work.artefacts else ""


def _others_work_there(batch: Batch, track: Track) -> bool:
    """Whether what lies uncommitted in the tree of a stage that only reads is the work of others."""
    return leaves_uncommitted(batch, track) or bool(stage_run(track).covers)


def _others_committed_there(batch: Batch, track: Track, head: str) -> bool:
    """Whether the commit that the tree of a stage that only reads is at may be another agent's.

    It is when another track was seen at it, and nobody can tell when another agent worked there at the same time.
    """
    if not _others_work_there(batch, track):
        return False
    own = next((one for one in track.attempts if one.id == stage_run(track).attempt), None)
    others = [one for one in batch.tracks.values() if one.slug != track.slug and one.work is not None]
    if own is None or any(work_of(one).head_sha == head for one in others):
        return True
    beside = (one.ended_at for other in others for one in other.attempts)
    return any(ended is None or not elapsed_ms(ended, own.started_at) for ended in beside)


def _in_conflict(track: Track, breach: str) -> bool:
    """Whether a breach is about a file whose conflict is being resolved: that cannot be done without changing it."""
    conflicts = work_of(track).conflicts if stage_run(track).stage == RESOLVING else ()
    return any(breach.startswith(f"{file} ") for file in conflicts)


def _divided(track: Track) -> tuple[str, ...]:
    if stage_run(track).checks.get(TRACK_LIST_CHECK, "pass") == "pass":
        return ()
    return tuple(line for one in track.checks if one.name == TRACK_LIST_CHECK for line in one.detail.splitlines())


def _checked(batch: Batch, track: Track, work: StageWork) -> tuple[str, ...]:
    run = stage_run(track)
    details = {one.name: one.detail for one in track.checks}
    failed = [one for one in checks_of(batch, track, work) if run.checks.get(one.name) != "pass"]
    return tuple(f"check {one.name} fails: {details.get(one.name, '')}".rstrip(": ") for one in failed)
