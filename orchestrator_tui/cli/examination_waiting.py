"""What ``orch-tui doctor`` looks at of what is under way: messages not read, answers that did not arrive."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from orchestrator_tui.adapters.process import alive
from orchestrator_tui.adapters.sessions.registry import Registry
from orchestrator_tui.cli.faults import BadInput
from orchestrator_tui.cli.finding import OK, PROBLEM, REMARK, Finding
from orchestrator_tui.cli.journals import Place, load_state, reading
from orchestrator_tui.core.agents import GONE
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.model import Batch, Liveness, State, Track
from orchestrator_tui.core.queries import agent_behind, gate_queue
from orchestrator_tui.core.text import plural, sanitise_line
from orchestrator_tui.journal.mail import DIRECTORY as MAIL
from orchestrator_tui.journal.port import JournalError


def examine_waiting(place: Place, config: Path) -> Iterator[Callable[[], Finding]]:
    """The looks at what is under way, in their order; nothing is sent or fetched by looking."""

    @cache
    def state() -> State | None:
        return _state(place)

    yield lambda: messages(place, config, state())
    yield lambda: answers(state())


def messages(place: Place, config: Path, state: State | None) -> Finding:
    """What was said to agents that live and is not read, and the mail that their sessions have not fetched."""
    living = {one.id for one in Registry(config).read() if alive(one.process)}
    mail = [{"session": name, "age_s": age_s} for name, age_s in _mail(place.home)]
    held: list[dict[str, Any]] = [one for one in mail if one["session"] in living]
    overdue = [one for one in held if one["age_s"] * 1000 > Limits().mail_ms]
    unread = _unread(state)
    left = len(mail) - len(held)
    data = {
        "waiting": held,
        "left_behind": left,
        "unread": [{"batch": track.batch, "track": track.slug, "messages": count} for track, count in unread],
    }
    behind = f"{plural(left, 'mail file')} of sessions that do not run" if left else ""
    if not held and not unread:
        text = "nothing waits to be fetched by a running session" + (f"; {behind}" if behind else "")
        return Finding("messages", OK, text, "", data)
    said = []
    if unread:
        more = f" and {plural(len(unread) - 1, 'more track')}" if len(unread) > 1 else ""
        track = sanitise_line(unread[0][0].slug, 60)
        said.append(f"{plural(sum(count for _, count in unread), 'message')} not read yet: for {track}{more}")
    fix = "it comes with the agent's next tool call; where none comes, look at its terminal"
    if overdue:
        oldest = max(overdue, key=lambda one: one["age_s"])
        said.append(
            f"mail for session {str(oldest['session'])[:8]} has waited {oldest['age_s'] // 60} min: it makes no tool"
            " calls, or runs without our hooks"
        )
        fix = f"look at its terminal; or start it anew: claude --resume {oldest['session']}"
    elif held:
        said.append(f"{plural(len(held), 'running session')} to fetch mail with the next tool call")
    return Finding("messages", REMARK, "; ".join((*said, behind) if behind else said), fix, data)


def answers(state: State | None) -> Finding:
    """Decisions whose answer reached its agent by no route (reliability A-6)."""
    gates = [gate for gate in gate_queue(state) if gate.undelivered] if state is not None else []
    data = {"undelivered": [{"batch": one.batch, "gate": one.id, "track": one.track} for one in gates]}
    if not gates:
        return Finding("answers", OK, "none that did not arrive", "", data)
    more = f", and {len(gates) - 1} more" if len(gates) > 1 else ""
    text = f"the answer to {sanitise_line(gates[0].track, 60)} did not reach its agent{more}"
    return Finding("answers", PROBLEM, text, "open the cockpit (orch-tui): w goes there, Enter sends it again", data)


def _state(place: Place) -> State | None:
    """What the journal tells; None where there is none, or none that can be read, which is a matter of its own."""
    try:
        with reading(place) as journal:
            return None if journal is None or journal.problem else load_state(journal)
    except (BadInput, JournalError, OSError):
        return None


def _unread(state: State | None) -> list[tuple[Track, int]]:
    found = []
    for batch in state.batches.values() if state is not None else ():
        for track in batch.tracks.values():
            count = sum(message.read_at is None for message in track.messages)
            if count and _lives(batch, track):
                found.append((track, count))
    return found


def _lives(batch: Batch, track: Track) -> bool:
    """Whether somebody may still read what is said to a track, as far as is known."""
    agent = agent_behind(batch, track)
    ended = batch.ended_at is not None or track.ended_at is not None
    return not ended and track.liveness is not Liveness.GONE and (agent is None or agent.status != GONE)


def _mail(home: Path) -> Iterator[tuple[str, int]]:
    try:
        entries = list(os.scandir(home / MAIL))
    except OSError:
        return
    now = time.time()
    for entry in entries:
        try:
            yield entry.name, max(0, int(now - entry.stat(follow_symlinks=False).st_mtime))
        except OSError:
            continue
