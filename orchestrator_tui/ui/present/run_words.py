"""The words of a run: its phases, where its tracks are, and what each of them waits for, in a few cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from orchestrator_tui.core.model import Batch, Track, TrackState
from orchestrator_tui.core.moves import ENDED_TRACK_STATES
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.queries import is_between_agents, is_over, standing, waiting_gates
from orchestrator_tui.core.records import Attempt
from orchestrator_tui.core.run import HANDED_OVER
from orchestrator_tui.core.text import plural
from orchestrator_tui.core.workflow import StageWork, Workflow
from orchestrator_tui.ui.present.cells import clean
from orchestrator_tui.ui.present.words import stage_name

PHASES: Mapping[str, str] = {
    "planned": "not started",
    "approved": "starting",
    "running": "running",
    "handed_over": "handed over",
    "integrating": "merging",
    "verifying": "last checks",
    "awaiting_user": "ready, waits for you",
    "completed": "completed",
    "stopped": "stopped",
    "failed": "failed",
}
"""The phases of a run in words."""

ENDED = frozenset({"completed", "stopped", "failed"})
"""The phases in which nothing of a run goes on."""

_S = TrackState


def phase_of(batch: Batch) -> str:
    """The phase of a run: of one that has ended, how."""
    if batch.ended_at is not None:
        return batch.state
    return "" if batch.run is None else batch.run.phase


def phase_words(batch: Batch) -> str:
    """The phase of a run in words."""
    phase = phase_of(batch)
    return PHASES.get(phase) or clean(phase, 40).replace("_", " ")


def pause_words(batch: Batch) -> str:
    """How a run is paused, or ""."""
    if batch.run is None or phase_of(batch) in ENDED:
        return ""
    return {"drain": "paused", "now": "paused, agents stopped"}.get(batch.run.pausing, "")


def track_count(batch: Batch) -> int:
    """How many tracks a run has, its own beside."""
    return sum(slug != BATCH_TRACK for slug in batch.tracks)


def at_work(batch: Batch) -> int:
    """How many agents of a run are at work; who only waits for an answer is not."""
    # Loaded here: a cockpit without a run shows its first frame without it.
    from orchestrator_tui.core.schedule.waiting import is_waiting

    working = (track for track in batch.tracks.values() if not is_waiting(batch, track))
    return sum(one.ended_at is None for track in working for one in track.attempts)


def tracks_at_work(batch: Batch) -> int:
    """On how many tracks of a run agents are at work, its own beside; who only waits for an answer is not."""
    # Loaded here: a cockpit without a run shows its first frame without it.
    from orchestrator_tui.core.schedule.waiting import is_waiting

    tracks = (one for slug, one in batch.tracks.items() if slug != BATCH_TRACK)
    return sum(running_attempt(one) is not None and not is_waiting(batch, one) for one in tracks)


def most_agents(batch: Batch) -> int:
    """How many agents may be at work at once, as the engine has it; 0 for no bound."""
    if batch.run is None or batch.run.plan.workflow not in batch.run.workflows:
        return 0
    # Loaded here: a cockpit without a run shows its first frame without it.
    from orchestrator_tui.core.schedule.readiness import cap

    return cap(batch)


def spent_usd(batch: Batch) -> float:
    """What a run has cost so far, in US dollars."""
    return sum(track.cost_usd or 0.0 for track in batch.tracks.values())


def dollars(amount: float) -> str:
    """``$4.10``, ``$1,200``."""
    return f"${amount:,.2f}" if amount < 1000 else f"${amount:,.0f}"


def workflow_of(track: Track, batch: Batch) -> Workflow | None:
    """The rules that a track follows."""
    return None if batch.run is None else batch.run.workflows.get(track.workflow or batch.run.plan.workflow)


def stage_work(track: Track, batch: Batch, index: int) -> StageWork | None:
    """How a stage of a track is done."""
    workflow = workflow_of(track, batch)
    if workflow is None:
        return None
    return workflow.batch_work(index) if track.slug == BATCH_TRACK else workflow.work(index)


def running_attempt(track: Track) -> Attempt | None:
    """The attempt that is under way, or None."""
    return next((one for one in reversed(track.attempts) if one.ended_at is None), None)


def attempt_words(track: Track) -> str:
    """``#2`` from the second try of a stage on, else ""."""
    attempt = running_attempt(track)
    if attempt is not None:
        return f"#{attempt.number}" if attempt.number > 1 else ""
    run = None if track.work is None else track.work.run
    return f"#{run.tries}" if run is not None and run.tries > 1 else ""


def round_words(track: Track, batch: Batch) -> str:
    """``round 2/2``: how often a review has led back, of how often it may; "" where none has."""
    work = track.work
    if work is None or not work.returns:
        return ""
    stage = max(work.returns)
    rules = stage_work(track, batch, stage)
    most = f"/{rules.rounds}" if rules is not None and rules.rounds else ""
    return f"round {work.returns[stage]}{most}"


# --- where a track is --------------------------------------------------------------------------------------


def state_words(track: Track, batch: Batch) -> str:
    """Where a track of a run is, and why, in a few cells; "" where what its agent does says it all."""
    work = track.work
    if work is not None and work.paused and standing(track) in ("working", "pending"):
        return f"paused: {clean(work.paused, 100)}"
    words = _STATES.get(track.state)
    return words(track, batch) if words is not None else track.state.replace("_", " ")


def _why(track: Track) -> str:
    return "" if track.work is None else clean(track.work.why, 120)


def _with_why(words: str) -> Callable[[Track, Batch], str]:
    def tell(track: Track, batch: Batch) -> str:
        why = _why(track) or clean(track.problem, 120)
        return f"{words}: {why}" if why else words

    return tell


def _pending(track: Track, batch: Batch) -> str:
    if batch.run is not None and batch.run.phase == "planned" and not track.depends_on:
        return "waits: the plan"
    return _queued(track, batch) if track.slug != BATCH_TRACK else ""


def _queued(track: Track, batch: Batch) -> str:
    waits = unmerged(track, batch)
    if waits:
        return f"waits: {', '.join(waits)}"
    told = "" if batch.run is not None and batch.run.phase == HANDED_OVER else _wave_words(track, batch) or _why(track)
    why = told or _slot_words(batch)
    return f"queued: {why}" if why else "queued"


def _wave_words(track: Track, batch: Batch) -> str:
    """The wave at work that a track waits for, where waves wait for each other: it changes after it was queued."""
    run = batch.run
    workflow = run.workflows.get(run.plan.workflow) if run is not None else None
    if workflow is None or workflow.waves != "barrier":
        return ""
    earlier = (one for one in batch.tracks.values() if one.slug != BATCH_TRACK and one.wave < track.wave)
    waits = min((one.wave for one in earlier if one.state not in ENDED_TRACK_STATES), default=0)
    return f"waits for wave {waits}" if waits else ""


def _slot_words(batch: Batch) -> str:
    run = batch.run
    if run is None:
        return ""
    if run.phase == HANDED_OVER:
        return "the next session"
    if run.pausing:
        return "the batch is paused"
    most = most_agents(batch)
    return f"{agents_words(batch)} at work" if most and tracks_at_work(batch) >= most else ""


def agents_words(batch: Batch) -> str:
    """How many agents work, and where that many tracks may, of how many places.

    The bound is one of tracks: several agents may work on one of them, those of the batch's own stages on none; and
    where it was lowered, who had begun goes on.
    """
    working, tracks, most = at_work(batch), tracks_at_work(batch), most_agents(batch)
    if not most or tracks != working:
        places = f" on {tracks} of {plural(most, 'track')} at once" if most and tracks else ""
        return plural(working, "agent") + places
    if working > most:
        return f"{plural(working, 'agent')}, at most {most} from now"
    return f"{working} of {plural(most, 'agent')}"


def unmerged(track: Track, batch: Batch) -> tuple[str, ...]:
    """What a track depends on and that is not merged yet."""
    known = batch.tracks
    return tuple(clean(one, 60) for one in track.depends_on if one not in known or not is_over(known[one]))


def _resolves(track: Track) -> bool:
    """Whether its conflict is resolved, beside its ladder."""
    return track.work is not None and track.work.run is not None and track.work.run.stage == 0


def _reviewing(track: Track, batch: Batch) -> str:
    word = round_words(track, batch)
    return f"in review, {word}" if word else "in review"


def _revising(track: Track, batch: Batch) -> str:
    return f"revising {round_words(track, batch).removeprefix('round ')}".rstrip()


def _verifying(track: Track, batch: Batch) -> str:
    run = None if track.work is None else track.work.run
    failed = [name for name, result in run.checks.items() if result == "fail"] if run is not None else []
    return f"checking: {clean(', '.join(failed), 60)} failed" if failed else "checking"


def _commits_nothing(track: Track, batch: Batch) -> bool:
    rules = workflow_of(track, batch)
    return rules is not None and rules.commits_nothing


def _approved(track: Track, batch: Batch) -> str:
    if _commits_nothing(track, batch):
        return "built, waits for the others"
    before = next((one.slug for one in batch.tracks.values() if one.state is _S.MERGING), "")
    return f"approved, after {clean(before, 40)}" if before else "approved, waits to merge"


def _merging(track: Track, batch: Batch) -> str:
    work = track.work
    if work is not None and work.merges and work.merges[-1][0] == "conflict":
        return "merge conflict"
    return "merging"


def _merged(track: Track, batch: Batch) -> str:
    work = track.work
    sha = "" if work is None else clean(work.merged_sha, 40)[:7]
    deployed = [] if work is None else [f"{clean(name, 20)} {clean(result, 20)}" for name, result in work.deployed]
    return " ".join(word for word in ("merged", sha, ", ".join(deployed)) if word)


_STATES: Mapping[TrackState, Callable[[Track, Batch], str]] = {
    _S.PENDING: _pending,
    _S.QUEUED: _queued,
    _S.PREPARING: lambda track, batch: "its worktree is made",
    _S.RUNNING: lambda track, batch: "resolving its conflict" if _resolves(track) else "",
    _S.VERIFYING: _verifying,
    _S.IN_REVIEW: _reviewing,
    _S.REVISING: _revising,
    _S.STALLED: _with_why("stuck"),
    _S.RESCUING: _with_why("a fresh agent takes over"),
    _S.ESCALATED: _with_why("needs a person"),
    _S.BLOCKED: _with_why("blocked"),
    _S.APPROVED: _approved,
    _S.MERGING: _merging,
    _S.MERGED: _merged,
    _S.DONE: lambda track, batch: "done",
    _S.FAILED: _with_why("failed"),
    _S.SKIPPED: _with_why("left out"),
    _S.ABANDONED: _with_why("given up"),
    _S.ROLLED_BACK: _with_why("taken back"),
}
"""What each state says, in the words of the row."""


# --- what comes next ---------------------------------------------------------------------------------------


def next_words(track: Track, batch: Batch) -> str:
    """What the engine waits for before the track goes on; "" where nothing comes any more."""
    gates = waiting_gates(batch, track.slug)
    if gates:
        return f"your answer: {clean(gates[0].question.question, 300)}"
    work, run = track.work, batch.run
    if phase_of(batch) in ENDED:
        return ""
    if work is not None and work.paused and standing(track) in ("working", "pending"):
        until = f", until {clean(work.paused_until, 100)}" if work.paused_until else ""
        return f"it is paused ({clean(work.paused, 100)}){until}"
    if run is not None and run.pausing and standing(track) in ("working", "pending"):
        return "the batch is paused: nothing new begins until it goes on"
    tell = _NEXT.get(track.state)
    return tell(track, batch) if tell is not None else ""


def _next_pending(track: Track, batch: Batch) -> str:
    waits = unmerged(track, batch)
    if waits:
        return f"starts when {' and '.join(waits)} {'is' if len(waits) == 1 else 'are'} merged"
    if batch.run is not None and batch.run.phase == "planned":
        return "starts when the plan is approved"
    return f"starts when its turn comes{': ' + _slot_words(batch) if _slot_words(batch) else ''}"


def _next_running(track: Track, batch: Batch) -> str:
    if _resolves(track):
        return "its agent resolves the conflict, then the checks run again"
    stage = stage_name(track, track.stage) or "its stage"
    attempt = running_attempt(track)
    rules = stage_work(track, batch, track.stage)
    checks = () if rules is None else _checks(track, rules)
    after = f", then checks run: {', '.join(checks)}" if checks else ""
    if attempt is None:
        return f"{stage} begins{after}"
    if attempt.stopping:
        return f"its agent is being stopped: {clean(attempt.stopping, 120)}"
    return f"its agent ends {stage}{after}"


def _checks(track: Track, rules: StageWork) -> tuple[str, ...]:
    own = [] if track.work is None else [one.name for one in track.work.planned.checks]
    named = own if "*" in rules.checks else list(rules.checks)
    return tuple(clean(name, 40) for name in named[:6])


def _next_approved(track: Track, batch: Batch) -> str:
    if _commits_nothing(track, batch):
        return "the other tracks: then all that was built is yours to look at"
    before = next((one.slug for one in batch.tracks.values() if one.state is _S.MERGING), "")
    into = "" if batch.run is None else clean(batch.run.plan.integration, 80)
    turn = f"it is merged into {into} when its turn comes"
    return f"{turn}: {clean(before, 60)} merges first" if before else turn


_NEXT: Mapping[TrackState, Callable[[Track, Batch], str]] = {
    _S.PENDING: _next_pending,
    _S.QUEUED: _next_pending,
    _S.PREPARING: lambda track, batch: "its worktree is made and looked at, then its agent starts",
    _S.RUNNING: _next_running,
    _S.REVISING: _next_running,
    _S.VERIFYING: lambda track, batch: "its checks end",
    _S.IN_REVIEW: lambda track, batch: "the reviewer's verdict",
    _S.STALLED: lambda track, batch: "a sign of its agent; without one, a fresh agent takes over",
    _S.RESCUING: lambda track, batch: "the old agent has ended for sure, then a fresh one starts",
    _S.ESCALATED: lambda track, batch: "what you want to happen: r tries again, K gives it up",
    _S.BLOCKED: lambda track, batch: "what it lacks: r tries again, K gives it up",
    _S.APPROVED: _next_approved,
    _S.MERGING: lambda track, batch: "its merge and the checks after it",
    _S.FAILED: lambda track, batch: "nothing, unless you try it again (r)",
}
"""What each state waits for; states that end a track wait for nothing."""


def between_words(track: Track, batch: Batch) -> str:
    """What goes on at a track while none of its agents is at work, or what its next one waits for."""
    from orchestrator_tui.core.schedule.effects import ATTEMPT
    from orchestrator_tui.core.schedule.readiness import no_place

    run = batch.run
    if run is None or not is_between_agents(track):
        return ""
    kinds = {one.kind for one in run.effects.values() if one.track == track.slug}
    if kinds:
        return "its agent starts" if kinds == {ATTEMPT} else "what it did is looked at"
    if run.pausing:
        return "the batch is paused"
    why = no_place(batch, track) if run.plan.workflow in run.workflows else ""
    return f"its next agent waits: {clean(why, 120)}" if why else "its next agent starts"


def unstarted_words(track: Track, batch: Batch) -> str:
    """That no agent of a track of a run has started, and what comes before one does; "" where one has started."""
    if batch.run is None or track.attempts:
        return ""
    if track.state in ENDED_TRACK_STATES:
        return f"no agent was started for it: {state_words(track, batch)}"
    following = next_words(track, batch)
    return f"its agent has not started yet. Next: {following}" if following else "its agent has not started yet"
