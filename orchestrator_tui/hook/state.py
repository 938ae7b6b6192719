"""What becomes of a session or sub-agent, told to whoever holds its batch, so that it looks at once."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.hook.visit import ROUTE, Visit
from orchestrator_tui.journal.mail import mail_file

REQUEST = "agent_event"
"""The request by which the batch's holder learns that an agent's state has changed."""

TOLD = "told"
"""Directory below our state: one empty file a session that was told why its hooks pass through."""

_LINE = 200
_PATH = 4096


def report(visit: Visit) -> None:
    """Wake the holder of the caller's batch, and tell it what has happened; nothing while nobody is there.

    Who runs agents follows their processes itself.
    """
    if visit.caller.run is not None or not visit.attended:
        return
    call = visit.call
    if not visit.has_batch:
        visit.journal.waiters.wake(visit.batch, None)
        return
    payload = {
        "event": visit.event,
        "session": visit.caller.session,
        "agent": visit.caller.agent,
        "parent": "",
        "agent_type": _line(call.get("agent_type")),
        "reason": _line(call.get("reason") or call.get("source")),
        "notification": _line(call.get("notification_type")),
        "transcript": _line(str(visit.caller.transcript or ""), _PATH),
    }
    visit.journal.insert_request(visit.batch, REQUEST, payload, visit.clock.now(), ROUTE)


def forget(visit: Visit) -> None:
    """Remove what is kept for the calls of a session that has ended; at its resumption the journal is looked at."""
    session = visit.caller.session
    for path in (mail_file(visit.home, session), told_file(visit.home, session)):
        if path is not None:
            with suppress(OSError):
                path.unlink(missing_ok=True)


def told_file(home: Path, session: str) -> Path | None:
    """What shows that a session was told why its hooks pass through; None for what can be no session's id."""
    path = mail_file(home, session)
    return None if path is None else home / TOLD / path.name


def _line(value: object, limit: int = _LINE) -> str:
    return sanitise_line(value, limit) if isinstance(value, str) else ""
