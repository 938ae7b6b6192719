"""What a person can ask for. The screens emit these; ``refusal`` judges them; the runtime carries them out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator_tui.core.frozen import frozen


@frozen
class Actor:
    """Who acts (reliability A-14). ``name`` is what is shown; ``details`` hold uid, login, terminal, host, process."""

    name: str
    details: Mapping[str, Any]


@frozen
class Decide:
    """Answer one revision of one gate.

    ``options`` are option keys; ``text`` is an answer of one's own, used when no key is given. ``confirm`` is what
    the person typed where the gate wants its track's slug typed (production), or ``"twice"`` where Enter had to be
    pressed twice; ``shown_wall_ms`` is when the card with this revision came on screen. ``origin`` is ``key``,
    ``cli`` or ``answers``.
    """

    batch: str
    gate: str
    revision: int
    digest: str
    options: tuple[str, ...] = ()
    text: str = ""
    reason: str = ""
    confirm: str = ""
    shown_wall_ms: int | None = None
    origin: str = "key"


@frozen
class Undo:
    """Take back the decision of a gate while it has not left yet (reliability A-11)."""

    batch: str
    gate: str


@frozen
class Snooze:
    """Silence a gate's stale warnings for 5 to 60 minutes (reliability A-7)."""

    batch: str
    gate: str
    snooze_ms: int


@frozen
class Tell:
    """Send a message to the agent of a track."""

    batch: str
    track: str
    text: str


@frozen
class Nudge:
    """Ask the agent of a track which stage it is on (seed 002, status check)."""

    batch: str
    track: str


@frozen
class Redeliver:
    """Try again, by every route, to bring an undelivered decision to its agent (same decision id)."""

    batch: str
    gate: str


@frozen
class Cancel:
    """Take a gate off the queue without an answer: nobody will go on by one (reliability A-5)."""

    batch: str
    gate: str
    reason: str


@frozen
class Pause:
    """Begin nothing new for a track, or for the whole batch where ``track`` is ""; ``now`` stops its agents, too."""

    batch: str
    track: str = ""
    now: bool = False


@frozen
class Resume:
    """Go on with what was paused: a track, or the whole batch."""

    batch: str
    track: str = ""


@frozen
class Stop:
    """Give a track up, or stop the whole batch where ``track`` is "": agents are ended, nothing is deleted."""

    batch: str
    track: str = ""
    reason: str = ""


@frozen
class Retry:
    """Try the stage at hand again, or a track that failed; ``instruction`` is what its agent is told beside."""

    batch: str
    track: str
    instruction: str = ""


@frozen
class Rescue:
    """End the agent of a track that is stuck, and give the rest of its work to a fresh one (never two at once)."""

    batch: str
    track: str
    reason: str = ""


@frozen
class Skip:
    """Ask for a stage to be skipped: a gate shows what it catches and what skipping it risks (seed 002)."""

    batch: str
    track: str
    stage: int


@frozen
class Publish:
    """Ask for the integrated work to go onto the base branch: opens the gate that is bound to what would go there."""

    batch: str


RunCommand = Pause | Resume | Stop | Retry | Rescue | Skip | Publish
"""What can be asked of a run, and of nothing that is only watched."""

Command = Decide | Undo | Snooze | Tell | Nudge | Redeliver | Cancel | RunCommand
"""Everything that a key, the command line or a script can ask of the runtime."""
