"""The box in which seed 003 says how tasks are executed: in groups with progress, or one by one and why."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from orchestrator_tui.core.exports.auto_session import groups
from orchestrator_tui.core.exports.document import TEXT, Document
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, Track, TrackState
from orchestrator_tui.core.schedule.readiness import cap, is_through, planned_tracks
from orchestrator_tui.core.schedule.rules import batch_workflow, plan_of, run_of, work_of
from orchestrator_tui.core.schedule.sequential import independent

WIDTH, BAR = 61, 16
_GIVEN_UP = frozenset({TrackState.FAILED, TrackState.ABANDONED, TrackState.SKIPPED})
_WAITING = frozenset({TrackState.PENDING, TrackState.QUEUED})


def execution_mode_files(batch: Batch, now: Instant) -> Sequence[Document]:
    """``.claude/execution-mode.txt``; no file while there are no tasks."""
    tracks = planned_tracks(batch)
    if not tracks:
        return ()
    lines = _sequential(batch) if cap(batch) == 1 or len(tracks) == 1 else _parallel(batch)
    return (Document(".claude/execution-mode.txt", TEXT, box(lines)),)


def box(lines: Sequence[str]) -> str:
    """Lines in a box of the source's width; what does not fit is cut."""
    rule = "─" * WIDTH
    body = [f"│{_fit(f' {line}')}│" for line in lines]
    return "\n".join((f"┌{rule}┐", *body, f"└{rule}┘")) + "\n"


def _parallel(batch: Batch) -> list[str]:
    tracks = planned_tracks(batch)
    free = independent([work_of(one).planned for one in tracks])
    most = cap(batch)
    agents = f"{most} (limited by max_agents config)" if most and most < len(tracks) else str(len(tracks))
    lines = [
        "⚡ Execution Mode: PARALLEL",
        f"   Tasks: {free} independent files detected",
        f"   Agents: {agents}",
        "",
    ]
    number = 0
    for group, found in groups(batch).items():
        lines.append(f"   Parallel Group {group}{f' (after Group {group - 1})' if group > 1 else ''}:")
        for place, track in enumerate(found, 1):
            number += 1
            branch = "└──" if place == len(found) else "├──"
            lines.append(f"     {branch} Agent {number}: [{_slot(batch, track, number)}] {_files(track)}")
        lines.append("")
    done = sum(is_through(one) for one in tracks)
    filled = BAR * done // len(tracks)
    bar = "█" * filled + "░" * (BAR - filled)
    lines.append(f"   Progress: [{bar}] {done}/{len(tracks)} agents complete")
    begun = [(place, one) for place, one in enumerate(_numbered(batch), 1) if one.state not in _WAITING]
    if begun:
        lines += ["", *(f"   {_sign(one)} Agent {place}: {_files(one)} ({_word(one)})" for place, one in begun)]
    return lines


def _sequential(batch: Batch) -> list[str]:
    why = str(run_of(batch).checked.get("verdict", {}).get("why", "")) or "one task at a time"
    order = " → ".join(one.slug for one in _numbered(batch))
    return [
        "⏸️ Execution Mode: SEQUENTIAL",
        f"   Reason: {why.removeprefix('Sequential: ').rstrip('.')}",
        f"   Order: {order}",
        "",
        "   Skipping parallel orchestration (threshold not met)",
    ]


def _numbered(batch: Batch) -> list[Track]:
    """The tracks in the order in which the box counts their agents."""
    return [track for found in groups(batch).values() for track in found]


def _slot(batch: Batch, track: Track, number: int) -> str:
    """The worktree of a task: its slot where it has had one, else the one it would get."""
    pool = f"{plan_of(batch).worktrees}/pool/wt-"
    if track.worktree.startswith(pool):
        return f"worktree-{track.worktree.removeprefix(pool)}"
    return f"worktree-{(number - 1) % batch_workflow(batch).pool_size + 1}"


def _files(track: Track) -> str:
    owned = work_of(track).planned.scope.owned
    return ", ".join(one.rpartition("/")[2] or one for one in owned) if owned else track.slug


def _sign(track: Track) -> str:
    return "✅" if is_through(track) else "❌" if track.state in _GIVEN_UP else "⏳"


def _word(track: Track) -> str:
    return "done" if is_through(track) else "failed" if track.state in _GIVEN_UP else "in progress"


def _fit(text: str) -> str:
    """A text in exactly the cells of the box; a sign is two cells wide, by itself or with its selector."""
    shown, used = "", 0
    for letter in text:
        wide = 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if used + wide > WIDTH:
            break
        shown, used = shown + letter, used + wide
    return shown + " " * (WIDTH - used)
