"""``STATE.md``: where a session is, in the state directory of its platform (seed 004).

One writer, ours; it is written anew at every change, and read back as a plan (``plan.imports.state_md``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from orchestrator_tui.core.exports import wave_facts as facts
from orchestrator_tui.core.exports.document import TEXT, Document
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.report.carry_over import carried_as
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import batch_workflow, plan_of, run_of, stage_work, work_of
from orchestrator_tui.core.scope import matches
from orchestrator_tui.core.session import COVERED, GAP, PARTLY, PLANNED, DocsTask
from orchestrator_tui.core.text import plural
from orchestrator_tui.core.wave_roles import waves_of_role

NAME = "STATE.md"
_NONE = "(none yet)"
_PLAIN = re.compile(r"[A-Za-z0-9_./][\w ./()*+-]*")
_AMBIGUOUS = re.compile(r"(?i:true|false|null|yes|no|on|off|~)|[\d.+-][\d_.+:eExX-]*")


def state_md_files(batch: Batch, now: Instant) -> Sequence[Document]:
    """``<state-dir>/STATE.md``; nothing for a batch that is no session."""
    directory = "" if batch.run is None else facts.state_directory(batch)
    if not directory:
        return ()
    return (Document(f"{directory}/{NAME}", TEXT, f"---\n{_head(batch)}---\n{_body(batch)}"),)


def _head(batch: Batch) -> str:
    plan, session = plan_of(batch), facts.session(batch)
    rows = [
        ("schema-version", "1"),
        ("session-type", facts.kind_of(batch)),
        ("branch", _scalar(plan.base)),
        ("issues", f"[{', '.join(str(one) for one in session.issues)}]"),
        ("started_at", facts.moment(batch.started_at)),
        ("status", _status(batch)),
        ("current-wave", str(facts.current_wave(batch))),
        ("total-waves", str(facts.total_waves(batch))),
    ]
    if plan.base_sha:
        rows.append(("session-start-ref", _scalar(plan.base_sha[:7])))
    head = "".join(f"{key}: {value}\n" for key, value in rows)
    # Without planned documents the key is left out: an empty list would say something else to older readers.
    return head + (f"docs-tasks:\n{''.join(_docs(batch, one) for one in session.docs)}" if session.docs else "")


def _status(batch: Batch) -> str:
    run = run_of(batch)
    if facts.is_closed(batch):
        return "completed"
    return "paused" if run.pausing or run.phase == "awaiting_user" else "active"


def _docs(batch: Batch, task: DocsTask) -> str:
    rows = (
        ("id", _scalar(task.id)),
        ("audience", task.audience),
        ("target-pattern", _scalar(task.pattern)),
        ("rationale", _scalar(task.rationale)),
        ("wave", str(task.wave or docs_wave(batch))),
        ("status", docs_status(batch, task)),
    )
    lines = [f"    {key}: {value}\n" for key, value in rows]
    return f"  - {lines[0].strip()}\n{''.join(lines[1:])}"


def docs_wave(batch: Batch) -> int:
    """The wave of documents that name none: by how many there are; they never have one of their own (seed 004)."""
    rules, count = batch_workflow(batch).sessions, facts.total_waves(batch)
    if not rules.roles:
        return 1
    role = rules.docs_role if len(facts.session(batch).docs) <= rules.docs_few else rules.docs_many
    return (waves_of_role(role, count, rules) or (count,))[-1]


def docs_status(batch: Batch, task: DocsTask) -> str:
    """How a document came out: planned until the session is closed, then by what was merged and what was not."""
    if not facts.is_closed(batch):
        return PLANNED
    touching = [
        one for one in planned_tracks(batch) if any(matches(file, task.pattern) for file in facts.files_of(one))
    ]
    if any(facts.status_of(batch, one) == facts.COMPLETE for one in touching):
        return COVERED
    return PARTLY if touching else GAP


def _body(batch: Batch) -> str:
    over = [(number, tracks) for number, tracks in facts.waves(batch) if _begun(tracks) and facts.is_over(tracks)]
    history = "".join(_wave(batch, number, tracks) for number, tracks in over) or f"{_NONE}\n"
    noted = "".join(f"- {one}\n" for one in deviations(batch)) or f"{_NONE}\n"
    return f"## Current Wave\n{_now(batch)}\n## Wave History\n{history}## Deviations\n{noted}"


def _begun(tracks: Sequence[Track]) -> bool:
    return any(one.attempts for one in tracks)


def _now(batch: Batch) -> str:
    if facts.is_closed(batch):
        return f"Wave {facts.total_waves(batch)} — Complete"
    running = next(((number, tracks) for number, tracks in facts.waves(batch) if not facts.is_over(tracks)), None)
    if running is None:
        return f"Wave {facts.total_waves(batch)} — Closing"
    number, tracks = running
    if not any(one.worktree or one.attempts for one in planned_tracks(batch)):
        return "Wave 0 — Initializing"
    agents = plural(len(tracks), "agent")
    return f"Wave {number} — {facts.role_of(batch, tracks)} ({agents})"


def _wave(batch: Batch, number: int, tracks: Sequence[Track]) -> str:
    rows = "".join(f"- {agent_line(batch, one)}\n" for one in tracks)
    return f"### Wave {number} — {facts.role_of(batch, tracks)}\n{rows}"


def agent_line(batch: Batch, track: Track) -> str:
    """One agent of a wave: its task, how it ended, what it changed, what it says, and where the rest is."""
    files = facts.files_of(track)
    shown = ", ".join(files[:4]) + (f" and {len(files) - 4} more" if len(files) > 4 else "") or "0 files"
    told = facts.summary_of(batch, track)
    rest, work = carried_as(batch, track), work_of(track)
    later = f" → wave {track.wave + 1}" if work.carried else f" → carried over as {rest}" if rest else ""
    line = f"Agent {json.dumps(track.title, ensure_ascii=False)}: {facts.status_of(batch, track)} — {shown}"
    return line + (f" — {told}" if told else "") + later


def deviations(batch: Batch) -> list[str]:
    """What went otherwise than planned, oldest first: time, wave, what and why (seed 004, every one is logged)."""
    found: list[tuple[int, str]] = []
    for track in planned_tracks(batch):
        for trip in track.work.trips if track.work is not None else ():
            pattern = facts.PATTERNS.get(trip.pattern, trip.pattern)
            text = f"{track.slug} {trip.action} — {pattern}, {trip.times} times"
            found.append((trip.at.wall_ms, _deviation(trip.at, track, text)))
        for one in track.attempts:
            if one.purpose in ("revise", "rework") and not stage_work(batch, track, one.stage or 0).reviews:
                text = f"{track.slug} sent again — its last attempt was not accepted"
                found.append((one.started_at.wall_ms, _deviation(one.started_at, track, text)))
        if track.added_at is not None and facts.is_emergent(batch, track):
            text = f"+1 agent, {track.slug} — added while the session ran"
            found.append((track.added_at.wall_ms, _deviation(track.added_at, track, text)))
    for made in () if batch.run is None else batch.run.deviations:
        if made.what.endswith(" is added"):
            # Its track is listed with those that joined.
            continue
        found.append((made.at.wall_ms, f"[{facts.moment(made.at)}] Wave {made.wave}: {made.what} — {made.why}"))
    return [text for _, text in sorted(found)]


def _deviation(at: Instant, track: Track, text: str) -> str:
    return f"[{facts.moment(at)}] Wave {track.wave}: {text}"


def _scalar(text: str) -> str:
    """A text as YAML: as it is where that cannot be taken for anything else, else in quotes."""
    plain = _PLAIN.fullmatch(text) is not None and _AMBIGUOUS.fullmatch(text) is None and text == text.strip()
    return text if plain else json.dumps(text, ensure_ascii=False)
