"""What the files of sessions tell of waves and their agents: status, files and summary, as seed 004 words them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.live_rules import ERROR_ECHO, PAGINATION, SPIRAL, TURN_REPEAT
from orchestrator_tui.core.model import Batch, Track, TrackState
from orchestrator_tui.core.moves import TERMINAL_TRACK_STATES
from orchestrator_tui.core.report.outcome import DONE, LOST, MERGED, outcome
from orchestrator_tui.core.report.scrub import Scrubber
from orchestrator_tui.core.run import Trip
from orchestrator_tui.core.schedule.breaker import STOPPED, TURN_LIMIT
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import batch_workflow, plan_of, run_of, stage_work, work_of
from orchestrator_tui.core.schedule.unsaid import meaning_of
from orchestrator_tui.core.session import Session
from orchestrator_tui.core.text import plural, sanitise_line
from orchestrator_tui.core.wave_roles import roles_in, session_type, wave_count, waves_by_role

COMPLETE, PARTIAL, FAILED, SPIRALLED, STAGNANT = "done", "partial", "failed", "SPIRAL", "STAGNANT"
RUNNING, PENDING = "running", "not started"

PATTERNS = {PAGINATION: "pagination-spiral", TURN_REPEAT: "turn-key-repetition", ERROR_ECHO: "error-echo"}
"""The seed's names of the patterns by which an agent stagnates."""

_OVER = TERMINAL_TRACK_STATES | {TrackState.FAILED}
_ENDED = ("completed", "stopped", "failed")


def session(batch: Batch) -> Session:
    """What was said of the batch's session."""
    return plan_of(batch).session


def kind_of(batch: Batch) -> str:
    """The type of the session."""
    return session_type(plan_of(batch), batch_workflow(batch).sessions)


def platform(batch: Batch) -> str:
    """Whose state directory counts: as the plan says, else by the program of its agents, else the first known."""
    known = batch_workflow(batch).sessions.state
    plan = plan_of(batch)
    program = plan.agent.command[0].rpartition("/")[2].lower() if plan.agent.command else plan.agent.runner
    guessed = next((name for name in known if name in program), next(iter(known), ""))
    return plan.session.platform if plan.session.platform in known else guessed


def state_directory(batch: Batch) -> str:
    """The directory of the state files, below the repository."""
    return batch_workflow(batch).sessions.state.get(platform(batch), "")


def waves(batch: Batch) -> list[tuple[int, Sequence[Track]]]:
    """The waves that have tracks, with their tracks, in order."""
    tracks = planned_tracks(batch)
    return [(number, [one for one in tracks if one.wave == number]) for number in sorted({one.wave for one in tracks})]


def total_waves(batch: Batch) -> int:
    """How many waves there are, those without a track counted in."""
    planned = wave_count(plan_of(batch), batch_workflow(batch).sessions)
    return max([planned, *(number for number, _ in waves(batch))], default=0)


def is_over(tracks: Sequence[Track]) -> bool:
    """Whether no track of a wave is under way any more."""
    return all(one.state in _OVER for one in tracks)


def current_wave(batch: Batch) -> int:
    """The number of the last wave that is over, with all before it; 0 before the first is."""
    last = 0
    for number, tracks in waves(batch):
        if not is_over(tracks):
            break
        last = number
    return total_waves(batch) if is_closed(batch) else last


def role_of(batch: Batch, tracks: Sequence[Track]) -> str:
    """The roles of these tracks as people write them."""
    return roles_in([work_of(one).planned for one in tracks], batch_workflow(batch).sessions) or kind_of(batch)


def planned_role(batch: Batch, number: int) -> str:
    """The roles that a wave is for, whether it has tracks or not."""
    roles = waves_by_role(total_waves(batch), batch_workflow(batch).sessions)
    return "+".join(roles[number - 1]) if number <= len(roles) else ""


def is_closed(batch: Batch) -> bool:
    """Whether the session has come to its end."""
    return batch.ended_at is not None or run_of(batch).phase in _ENDED


def last_trip(track: Track) -> Trip | None:
    """The pattern for which the last attempt of a track was stopped; None when it was not."""
    if not track.attempts:
        return None
    found = [one for one in work_of(track).trips if one.attempt == track.attempts[-1].id and one.action == STOPPED]
    return next((one for one in reversed(found) if one.pattern != TURN_LIMIT), None)


def status_of(batch: Batch, track: Track) -> str:
    """How an agent stands, in the seed's words: what stopped it goes before what it says of itself."""
    become = outcome(batch, track)
    if work_of(track).carried:
        return PARTIAL if become == MERGED or _said(batch, track) == PARTIAL else FAILED
    if become in (MERGED, DONE):
        return COMPLETE
    trip = last_trip(track)
    if trip is not None:
        return SPIRALLED if trip.pattern == SPIRAL else STAGNANT
    if _said(batch, track) == PARTIAL:
        return PARTIAL
    if track.state in LOST:
        return FAILED if track.attempts else PENDING
    if track.state in (TrackState.PENDING, TrackState.QUEUED):
        return PENDING
    return PARTIAL if is_closed(batch) else RUNNING


def _said(batch: Batch, track: Track) -> str:
    """What the last verdict of a track means, or an end without one; "" where it says nothing."""
    last = track.attempts[-1] if track.attempts else None
    if last is not None and last.stage and last.outcome and not last.verdict:
        meaning = meaning_of(track, stage_work(batch, track, last.stage), "", last.outcome)
        if meaning:
            return meaning
    words = [one for one in track.attempts if one.verdict]
    if not words:
        return ""
    workflow = batch_workflow(batch)
    return next((work.verdicts[words[-1].verdict] for work in workflow.works if words[-1].verdict in work.verdicts), "")


def files_of(track: Track) -> tuple[str, ...]:
    """The files that a track has changed, as git says."""
    seen = work_of(track).inspection
    return () if seen is None else seen.files


def summary_of(batch: Batch, track: Track) -> str:
    """What an agent says it did, or why it ended, in one line without places of this machine."""
    said = [one.summary for one in track.attempts if one.summary and one.summary != one.verdict]
    text = said[-1] if said else work_of(track).why
    return one_line(batch, text)


def one_line(batch: Batch, text: str) -> str:
    """What an agent said as one line of a state file, as long as the session's rules have it."""
    most = batch_workflow(batch).sessions.line
    return Scrubber(batch).line(sanitise_line(text, most), most)


def moment(at: Instant | None, *, zulu: bool = False) -> str:
    """A moment as ISO 8601 with its zone: ``+00:00``, or ``Z``."""
    if at is None:
        return ""
    text = datetime.fromtimestamp(at.wall_ms // 1000, UTC).isoformat()
    return text.replace("+00:00", "Z") if zulu else text


def session_id(batch: Batch) -> str:
    """``<branch>-<YYYY-MM-DD>-<HHmm>``, by when it began."""
    began = batch.started_at
    day = "" if began is None else datetime.fromtimestamp(began.wall_ms // 1000, UTC).strftime("%Y-%m-%d-%H%M")
    return f"{plan_of(batch).base.replace('/', '-')}-{day}"


def is_emergent(batch: Batch, track: Track) -> bool:
    """Whether a track joined after the plan was checked."""
    known = {slug for one in run_of(batch).checked.get("waves", ()) for slug in one.get("tracks", ())}
    return bool(known) and track.slug not in known


def guard_words(batch: Batch) -> str:
    """How the session was guarded, and how many breaches of scope the diffs have shown."""
    guard = batch_workflow(batch).guard
    seen = [work_of(one).inspection for one in planned_tracks(batch)]
    count = sum(len(one.outside) for one in seen if one is not None)
    return f"{guard.enforcement or 'off'}, {plural(count, 'scope violation')} in the diffs"
