"""What a person can ask for. The screens emit these; ``refusal`` judges them; the runtime carries them out."""

from __future__ import annotations

from orchestrator_tui.core.frozen import frozen


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


Command = Decide | Undo | Snooze | Tell | Nudge | Redeliver | Cancel
"""Everything that a key, the command line or a script can ask of the runtime."""
