"""What a session leaves over: unfinished work by a hash of its task, so that the same is never carried over twice."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.report.outcome import DONE, MERGED, outcome
from orchestrator_tui.core.schedule.readiness import planned_tracks
from orchestrator_tui.core.schedule.rules import plan_of, run_of, work_of
from orchestrator_tui.core.text import sanitise_line

_HASH = re.compile(r"<!-- task-hash: ([0-9a-f]{8}) -->")
_MARK = "[Carryover] "
_ENDED = ("awaiting_user", "completed", "stopped", "failed")


@frozen
class Carried:
    """One piece of work that is left over: the hash of its task, its track, and why it is not finished."""

    hash: str
    track: str
    title: str
    begun: bool
    why: str = ""


def task_hash(track: Track) -> str:
    """Eight hex digits of a task; one that was carried over before keeps those it had."""
    planned = work_of(track).planned
    had = _HASH.search(planned.brief)
    if had is not None:
        return had[1]
    words = " ".join(planned.title.removeprefix(_MARK).casefold().split())
    said = "\n".join((words, *sorted((*planned.scope.owned, *planned.scope.allowed))))
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:8]


def carry_over(batch: Batch) -> tuple[Carried, ...]:
    """What is left over when a batch has come to its end, each task once; () before that."""
    if batch.run is None or (batch.ended_at is None and run_of(batch).phase not in _ENDED):
        return ()
    found: dict[str, Carried] = {}
    for track in planned_tracks(batch):
        # What the next wave has taken over is that track's.
        if outcome(batch, track) not in (MERGED, DONE) and work_of(track).carried not in batch.tracks:
            made = Carried(task_hash(track), track.slug, track.title, bool(track.attempts), _why(track))
            found.setdefault(made.hash, made)
    return tuple(found.values())


def carried_as(batch: Batch, track: Track) -> str:
    """The hash under which a track is carried over, or ""."""
    return next((one.hash for one in carry_over(batch) if one.track == track.slug), "")


def next_plan(batch: Batch) -> Mapping[str, Any] | None:
    """A plan of what is left over, as data of a plan file; None where nothing is."""
    left = carry_over(batch)
    if not left:
        return None
    plan = plan_of(batch)
    slugs = {one.track for one in left}
    made: dict[str, Any] = {"title": f"Carried over from {sanitise_line(plan.title, 150)}", "workflow": plan.workflow}
    made |= {"base": plan.base} if plan.base else {}
    if plan.session.type:
        made["session"] = {"type": plan.session.type}
    if plan.checks:
        made["checks"] = {one.name: one.command for one in plan.checks}
    made["tracks"] = [_track(batch.tracks[one.track], one, slugs) for one in left]
    return made


def _track(track: Track, left: Carried, slugs: set[str]) -> dict[str, Any]:
    planned = work_of(track).planned
    brief = _HASH.sub("", planned.brief).strip()
    reason = f"\n\nLeft over from {track.batch}: {left.why}" if left.why else ""
    made: dict[str, Any] = {
        "slug": track.slug,
        "title": planned.title if planned.title.startswith(_MARK) else f"{_MARK}{planned.title}"[:200],
        "brief": f"{brief}{reason}\n\n<!-- task-hash: {left.hash} -->".lstrip(),
    }
    scope = planned.scope
    rows = {
        "role": planned.role,
        "files": list(scope.owned),
        "allowed": list(scope.allowed),
        "read_only": list(scope.read_only),
        "append_only": list(scope.append_only),
        "depends_on": [one for one in track.depends_on if one in slugs],
        "acceptance": list(planned.acceptance),
    }
    return made | {key: value for key, value in rows.items() if value}


def _why(track: Track) -> str:
    """What its agent said last that it leaves, before what a person or the engine says of its end."""
    last = track.attempts[-1] if track.attempts else None
    told = last.summary if last is not None and last.summary != last.verdict else ""
    said = (told, work_of(track).why, "" if last is not None else "not started")
    return next((sanitise_line(one, 300) for one in said if one.strip()), "")
