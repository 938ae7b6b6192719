"""One turn of a run: everything that is due now, as events, from its phase and the states of its tracks."""

from __future__ import annotations

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, Option, Track, TrackState
from orchestrator_tui.core.moves import ENDED_TRACK_STATES
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.report.checklists import track_checklist
from orchestrator_tui.core.run import HANDED_OVER
from orchestrator_tui.core.schedule import (
    baseline,
    between,
    checkpoints,
    concerns,
    dispatching,
    ending,
    fleet,
    grounding,
    isolation,
    merging,
    questions,
    resuming,
    senior,
    sessions,
    stages,
    untracked,
    watching,
)
from orchestrator_tui.core.schedule.effects import (
    INTEGRATION,
    ON_STAGE,
    REMOVE,
    SETUP,
    WORKTREE,
    begin,
    failed_gate,
    under_way,
)
from orchestrator_tui.core.schedule.gates import ABANDON, APPROVE, ask, barring, chosen, gate_id, lines, listed
from orchestrator_tui.core.schedule.overlap import merging_is_held, tampered_again
from orchestrator_tui.core.schedule.readiness import follows_merged, lost_dependency, planned_tracks, waits_for
from orchestrator_tui.core.schedule.rules import batch_workflow, next_stage, plan_of, run_of, work_of, workflow_of
from orchestrator_tui.core.schedule.stages import moved
from orchestrator_tui.core.schedule.trees import NOWHERE, is_to_be_released, leaves_uncommitted, shared_tree
from orchestrator_tui.core.text import plural
from orchestrator_tui.core.wave_roles import changes_files

S = TrackState

NOT_RUN = "not_run"
"""The result of a check that is to be run again."""


def due(batch: Batch, now: Instant) -> tuple[Draft, ...]:
    """What a run does now; calling it again after recording that gives what follows, and () when it has to wait.

    It returns after the first track or matter that has something to do, since every later one may depend on it.
    """
    run = run_of(batch)
    if batch.ended_at is not None:
        return ()
    if run.phase == "stopped":
        return tuple(ending.stop(batch))
    watched = watching.due(batch, now)
    if watched:
        return tuple(watched)
    return tuple(_PHASES[run.phase](batch))


def _planned(batch: Batch) -> list[Draft]:
    """Nothing starts before the plan and what it may cost are approved."""
    gates = batch_workflow(batch).gates
    name = spend_gate(batch)
    if not {"plan", "spend"} & set(gates) or chosen(batch, name) == APPROVE:
        return [Draft("batch_moved", {"to": "approved"})]
    return ask_spend(batch)


def spend_gate(batch: Batch) -> str:
    """The name of the gate that approves the tracks as they are planned now."""
    return gate_id("spend", BATCH_TRACK, len(planned_tracks(batch)))


def ask_spend(batch: Batch) -> list[Draft]:
    """The plan and spend gate, with agents, models, estimated and maximum cost."""
    run, tracks = run_of(batch), planned_tracks(batch)
    told = run.checked.get("estimate", {})
    named = sorted((role, one.get("model", "")) for role, one in told.get("models", {}).items())
    models = ", ".join(f"{role}: {model}" for role, model in named if model)
    most = told.get("usd_max")
    bound = "with no bound" if most is None else f"at most ${most:.2f}"
    cost = f"Estimated ${told.get('usd', 0):.2f}, {bound}." if told else ""
    what = plural(len(tracks), "track") if tracks else "the stages that find the tracks"
    return ask(
        batch,
        spend_gate(batch),
        "spend",
        BATCH_TRACK,
        f"Start {what} of {run.plan.title!r}?",
        (
            Option(APPROVE, "start", "approve"),
            *dispatching.options(batch),
            Option("reject", "do not start; nothing was made", "reject"),
        ),
        context=lines(
            cost,
            f"Models: {models}" if models else "",
            str(run.checked.get("verdict", {}).get("why", "")),
            listed(tuple(dispatching.line(batch, one) for one in tracks)),
        ),
        recommend=APPROVE,
        confidence="medium",
        risk="check",
        free_text=bool(dispatching.options(batch)),
    )


def _approved(batch: Batch) -> list[Draft]:
    """The integration worktree comes first; then the batch's own stages; then the tracks."""
    own = batch.tracks[BATCH_TRACK]
    offered = plan_of(batch).offered
    if offered.copy or offered.link:
        return [] if barring(batch, own) else ask_provision(batch)
    if not work_of(own).ready:
        if under_way(batch, INTEGRATION) or barring(batch, own):
            return []
        return begin(batch, INTEGRATION, BATCH_TRACK, f"n-{run_of(batch).begun}")
    asked = resuming.due(batch, own)
    if asked is not None:
        return asked
    if work_of(own).run is None:
        first = next_stage(batch, own, 0)
        if first is not None:
            return [*moved(own, S.RUNNING), *stages.enter(own, first)]
    elif _has_stages_left(batch, own):
        return stages.advance(batch, own)
    own_run = work_of(own).run
    told = stages.passed(batch, own, 0 if own_run is None else own_run.stage)
    if told:
        return told
    if not planned_tracks(batch):
        return [Draft("batch_moved", {"to": "stopped", "why": "there are no tracks"})]
    if chosen(batch, spend_gate(batch)) != APPROVE and {"plan", "spend", "dispatch"} & set(batch_workflow(batch).gates):
        return ask_spend(batch)
    return [Draft("batch_moved", {"to": "running"})]


def ask_provision(batch: Batch) -> list[Draft]:
    """What git ignores and a fresh worktree lacks is asked about once for a repository."""
    offered = plan_of(batch).offered
    return ask(
        batch,
        gate_id("provision", BATCH_TRACK),
        "provision",
        BATCH_TRACK,
        "Worktrees lack what git ignores. Give them this?",
        (
            Option("take", "copy these files and link these folders"),
            Option("none", "leave worktrees as git makes them"),
        ),
        context=lines(
            f"Copied: {', '.join(offered.copy)}" if offered.copy else "",
            f"Linked: {', '.join(offered.link)}" if offered.link else "",
            "The answer holds for this repository from now on; a plan says it by `provision:`.",
        ),
        recommend="take",
        confidence="medium",
        risk="check",
    )


def _has_stages_left(batch: Batch, own: Track) -> bool:
    run = work_of(own).run
    if run is None:
        return False
    if questions.pending(batch, own) is not None:
        return True
    over = run.judged == "accepted" or run.stage in own.skipped_stages
    return not over or next_stage(batch, own, run.stage) is not None or under_way(batch, *ON_STAGE, track=own.slug)


def _running(batch: Batch) -> list[Draft]:
    written = checkpoints.due(batch)
    if written:
        return written
    closing = sessions.due(batch)
    if closing is not None:
        return closing
    over = between.due(batch)
    if over is not None:
        return over
    for before in (grounding.look_back, baseline.due):
        first = before(batch)
        if first is not None:
            return first
    # Whatever starts together is known before the first of it begins: all worktrees stand before any agent works.
    drafts = _admit(batch)
    if drafts:
        return drafts
    for track in planned_tracks(batch):
        drafts = _track(batch, track)
        if drafts:
            return drafts
    drafts = senior.due(batch) or fleet.due(batch) or tampered_again(batch)
    if drafts:
        return drafts
    following = merging.next_to_merge(batch)
    if following is not None and not run_of(batch).pausing and not merging_is_held(batch):
        return merging.begin_merge(batch, following)
    if all(one.state in ENDED_TRACK_STATES for one in planned_tracks(batch)) and not run_of(batch).effects:
        if any(barring(batch, one) for one in planned_tracks(batch)):
            return []
        return [Draft("batch_moved", {"to": ending.VERIFYING})]
    return []


def _track(batch: Batch, track: Track) -> list[Draft]:
    """The next step of a track that has started, or that is over and has a slot to give back."""
    if is_to_be_released(batch, track):
        return [] if under_way(batch, REMOVE, track=track.slug) else ending.clear(batch, track)
    if track.state in (S.PENDING, S.QUEUED):
        lost = lost_dependency(batch, track)
        return moved(track, S.SKIPPED, f"{lost} has not come to its end") if lost else []
    if track.state is S.PREPARING:
        return _prepare(batch, track)
    if track.state in stages.ON_LADDER:
        drafts = stages.advance(batch, track)
        return drafts
    if track.state is S.APPROVED:
        return _gate(batch, track)
    if track.state is S.MERGING:
        return merging.advance(batch, track)
    if track.state in (S.ESCALATED, S.BLOCKED) and not barring(batch, track) and work_of(track).run is not None:
        if work_of(track).merges and work_of(track).merges[-1][0] in (merging.CONFLICT, merging.UNDONE):
            return moved(track, S.MERGING)
        # Its question was taken down without an answer that leads anywhere: it is asked again.
        return stages.advance(batch, track)
    return []


def _prepare(batch: Batch, track: Track) -> list[Draft]:
    """No agent starts before every worktree of the tracks that start with it stands (seed 000, pre-flight gate)."""
    work = work_of(track)
    if under_way(batch, WORKTREE, SETUP) or barring(batch, track):
        return []
    if not work.ready:
        adopt = chosen(batch, failed_gate(track.slug, WORKTREE)) == "adopt"
        effect = f"w-{track.slug}-{run_of(batch).begun}"
        tree = shared_tree(batch, track)
        if tree:
            tip = run_of(batch).integration_sha
            return begin(batch, WORKTREE, track.slug, effect, base=tip, shared=tree, adopt=adopt)
        return begin(batch, WORKTREE, track.slug, effect, base=_base(batch, track), adopt=adopt)
    setup = "" if workflow_of(batch, track).worktree == NOWHERE else plan_of(batch).provision.setup
    result = next((one.result for one in track.checks if one.name == "setup"), NOT_RUN)
    if setup and result == NOT_RUN:
        arguments = {"name": "setup", "command": setup, "run": "setup"}
        return begin(batch, SETUP, track.slug, f"s-{track.slug}-{run_of(batch).begun}", **arguments)
    if setup and result != "pass" and chosen(batch, failed_gate(track.slug, SETUP)) != "leave":
        return _ask_setup(batch, track)
    others = (one for one in planned_tracks(batch) if one.state is S.PREPARING and not work_of(one).ready)
    if any(not barring(batch, one) for one in others):
        return []
    return [*moved(track, S.RUNNING), *stages.advance(batch, track)]


def _ask_setup(batch: Batch, track: Track) -> list[Draft]:
    why = next((one.detail for one in track.checks if one.name == "setup"), "")
    return ask(
        batch,
        failed_gate(track.slug, SETUP),
        "worktree",
        track.slug,
        f"{track.slug}: the command that sets its worktree up fails. What now?",
        (Option("again", "try again", "approve"), Option("leave", "go on without it"), ABANDON),
        context=lines(why, f"Worktree: {track.worktree}"),
        recommend="again",
        confidence="low",
        risk="failure",
        subject={"effect": SETUP},
    )


def _base(batch: Batch, track: Track) -> str:
    """What a track's branch starts from: what it depends on or was kept apart from, and every earlier wave, is on the
    integration branch.

    Any other starts from where that branch was before the first merge, with what stages of the batch have committed.
    """
    run = run_of(batch)
    built_on = track.depends_on or batch_workflow(batch).waves == "barrier" or follows_merged(batch, track)
    return run.integration_sha if built_on or not run.tips else run.tips[0][1]


def _admit(batch: Batch) -> list[Draft]:
    """Start what can start now; the others are told why they wait."""
    if run_of(batch).pausing:
        return []
    drafts: list[Draft] = []
    for track in planned_tracks(batch):
        if track.state not in (S.PENDING, S.QUEUED) or work_of(track).paused:
            continue
        why = waits_for(batch, track)
        if not why:
            # One at a time: whether the next one fits depends on this one.
            held = untracked.due(batch, track.wave)
            return isolation.due(batch, track.wave) or moved(track, S.PREPARING) if held is None else held
        if track.state is S.PENDING:
            drafts += moved(track, S.QUEUED, why)
    return drafts


def _gate(batch: Batch, track: Track) -> list[Draft]:
    """The track gate: every item of its checklist passes, or a person says so (seed 000)."""
    workflow = workflow_of(batch, track)
    if not changes_files(work_of(track).planned, workflow):
        # Every stage of its way only reads, and was judged by that: there is nothing to check, commit or merge.
        return moved(track, S.DONE)
    items = tuple(track_checklist(batch, track, workflow))
    if work_of(track).checklist != items:
        return [Draft("checklist_recorded", {"track": track.slug, "items": [list(one) for one in items]})]
    failed = tuple(f"{name}: {detail}" for name, result, detail in items if result != "PASS")
    name = gate_id("track", track.slug, work_of(track).head_sha[:10])
    if failed and chosen(batch, name) != APPROVE:
        return [] if barring(batch, track) else _ask_track(batch, track, name, failed)
    held = concerns.due(batch, track)
    if held is not None:
        return held
    if workflow.worktree == NOWHERE or leaves_uncommitted(batch, track):
        return moved(track, S.DONE)
    return []


def _ask_track(batch: Batch, track: Track, name: str, failed: tuple[str, ...]) -> list[Draft]:
    begun = work_of(track).run is not None
    back = (Option("revise", "back to its agent, with what you write as instruction"),) if begun else ()
    return ask(
        batch,
        name,
        "track",
        track.slug,
        f"{track.slug} does not pass its track gate. Merge it all the same?",
        (Option(APPROVE, "merge it as it is", "approve"), *back, ABANDON),
        context=lines(listed(failed), f"Worktree: {track.worktree}"),
        recommend="revise" if back else None,
        confidence="low",
        risk="failure",
        stage=track.stage or None,
        free_text=begun,
    )


_PHASES = {
    "planned": _planned,
    "approved": _approved,
    "running": _running,
    ending.INTEGRATING: _running,
    HANDED_OVER: lambda batch: [],
    ending.VERIFYING: ending.verify,
    ending.AWAITING: ending.await_user,
}
