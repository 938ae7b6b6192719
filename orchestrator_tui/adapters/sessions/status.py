"""What an agent does now and what says so: pure judgements over registry, transcript and meta file (DESIGN §2.1).

Every status comes with its evidence in words that a person can check. What nothing tells is "unknown".
"""

from __future__ import annotations

import re
from collections.abc import Callable

from orchestrator_tui.adapters.claude_home import RegisteredSession
from orchestrator_tui.adapters.sessions.subagents import Meta
from orchestrator_tui.adapters.sessions.teams import Member, Team
from orchestrator_tui.adapters.sessions.transcript import Transcript
from orchestrator_tui.core.agents import BUSY, GONE, IDLE, INPUT, PERMISSION, UNKNOWN
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.text import plural

FIRST_WITH_REGISTRY = (2, 1, 150)
"""The oldest version that is known to keep a registry; in 2.1.100 and before it there is none."""

ASK_TOOL = "AskUserQuestion"
INTERACTIVE_ENTRY = "cli"

_NUMBER = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})")
Moment = Callable[[int], str]
"""A wall time in milliseconds as a person reads it: ``14:02``."""


@frozen
class Standing:
    """What an agent does, what says so, and whether it came to its end: returned, or killed."""

    status: str
    evidence: tuple[str, ...]
    finished: bool = False
    killed: bool = False


def of_session(
    entry: RegisteredSession | None, lives: bool, transcript: Transcript, moment: Moment, *, went_on: str = ""
) -> Standing:
    """A session's own agent.

    Args:
        entry: its entry in the registry; None when there is none.
        lives: the process of that entry runs.
        transcript: what its transcript says.
        moment: how times are written.
        went_on: the session that its process works on now instead, or "".
    """
    if entry is not None and lives:
        return _running(entry, transcript, moment)
    if entry is not None:
        left = f"pid {entry.process.pid} has ended; its entry in the registry was left behind"
        return Standing(GONE, (left,), finished=True, killed=True)
    if went_on:
        return Standing(GONE, (f"its process went on with session {went_on[:8]}",), finished=True)
    if _keeps_no_registry(transcript.version):
        return Standing(UNKNOWN, (f"Claude Code {transcript.version} keeps no registry of what runs",))
    return Standing(GONE, ("the registry has no process of it",), finished=True)


def of_mate_in_pane(team: Team, member: Member | None, lead_lives: bool | None) -> Standing:
    """A member of a team that is a process of its own in tmux: its team's file is the only place that tells of it."""
    if member is None:
        return Standing(GONE, (f"it is no member of team {team.name} any more",), finished=True)
    if lead_lives is False:
        return Standing(UNKNOWN, (f"the lead of team {team.name} has ended and left the team's file behind",))
    if member.active is None:
        return Standing(UNKNOWN, (f"team {team.name} does not say what {member.name} does",))
    return Standing(BUSY if member.active else IDLE, (f"team {team.name}: {'active' if member.active else 'idle'}",))


def of_subagent(meta: Meta, transcript: Transcript, session: Standing, *, told_end: str) -> Standing:
    """A sub-agent; ``told_end`` is how it ended by what its parent was told, where that is told at all."""
    if meta.finished or (meta.finished is None and told_end and transcript.turn_over):
        return Standing(GONE, (f"it has returned{f': {told_end}' if told_end else ''}",), finished=True)
    return _beyond_its_session(session) or Standing(BUSY, ("its session runs, and it has not returned",))


def of_mate(
    member: Member | None, team: Team | None, transcript: Transcript, session: Standing, moment: Moment
) -> Standing:
    """A member of a team that lives in its lead's process."""
    beyond = _beyond_its_session(session)
    if beyond is not None:
        return beyond
    if team is not None and member is None:
        return Standing(GONE, (f"it is no member of team {team.name} any more",), finished=True)
    if transcript.turn_over:
        return Standing(IDLE, (f"its transcript: its turn ended{_at(transcript.turn_over_ms, moment)}",))
    return Standing(BUSY, ("its transcript: its turn goes on",))


def _running(entry: RegisteredSession, transcript: Transcript, moment: Moment) -> Standing:
    since = f" since {moment(entry.status_ms)}" if entry.status_ms else ""
    if entry.status == "idle":
        return Standing(IDLE, (f"registry: idle{since}",))
    if entry.status == "waiting":
        return _waiting(entry, transcript, since)
    if entry.status == "busy":
        said = f"registry: busy{since}"
        waits = transcript.waits_for if transcript.turn_over and entry.entrypoint == INTERACTIVE_ENTRY else 0
        if not waits or transcript.turn_over_ms < entry.status_ms:
            return Standing(BUSY, (said,))
        # Claude Code is busy by its own word while sub-agents run, but its prompt is free.
        running = plural(waits, "background agent")
        ended = f"its turn ended{_at(transcript.turn_over_ms, moment)}, {running} at work"
        return Standing(IDLE, (f"its transcript: {ended}", said))
    return _by_transcript(entry, transcript, moment)


def _waiting(entry: RegisteredSession, transcript: Transcript, since: str) -> Standing:
    said = f"registry: waiting, {entry.waiting_for}{since}" if entry.waiting_for else f"registry: waiting{since}"
    call = transcript.in_flight
    # Older versions call every dialog a permission prompt.
    asks = call is not None and call.tool == ASK_TOOL
    return Standing(PERMISSION if "permission" in entry.waiting_for and not asks else INPUT, (said,))


def _by_transcript(entry: RegisteredSession, transcript: Transcript, moment: Moment) -> Standing:
    """A process whose version tells no status, as ``-p`` of 2.1.197."""
    runs = f"pid {entry.process.pid} runs; its registry entry tells no status"
    call = transcript.in_flight
    if call is not None:
        return Standing(BUSY, (f"its transcript: a {call.tool} call is in flight", runs))
    if transcript.turn_over:
        return Standing(IDLE, (f"its transcript: its turn ended{_at(transcript.turn_over_ms, moment)}", runs))
    if transcript.version:
        return Standing(BUSY, ("its transcript: its turn goes on", runs))
    return Standing(UNKNOWN, (runs,))


def _beyond_its_session(session: Standing) -> Standing | None:
    if session.status == GONE:
        return Standing(GONE, ("its session has ended",))
    if session.status == UNKNOWN:
        return Standing(UNKNOWN, tuple(f"its session: {one}" for one in session.evidence))
    return None


def _at(wall_ms: int, moment: Moment) -> str:
    return f" at {moment(wall_ms)}" if wall_ms else ""


def _keeps_no_registry(version: str) -> bool:
    found = _NUMBER.match(version)
    return found is not None and tuple(int(one) for one in found.groups()) < FIRST_WITH_REGISTRY
