"""What is recorded of the work in a track: attempts, findings, checks (DESIGN §1)."""

from __future__ import annotations

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant


@frozen
class Attempt:
    """One agent process doing one stage once. ``process`` is (pid, start time, boot id) or None.

    Of an attempt of a run: ``number`` counts within its stage, ``session`` is the conversation that it is part of,
    ``outcome`` what it claims (``done``, ``failed``, ``lost``, ``stopped`` …), ``verdict`` the word that it ended with,
    ``stopping`` why it is being stopped, or "".
    """

    id: str
    stage: int | None
    purpose: str
    argv: tuple[str, ...]
    cwd: str
    started_at: Instant
    process: tuple[int, str, str] | None = None
    model: str = ""
    ended_at: Instant | None = None
    exit_code: int | None = None
    outcome: str = ""
    number: int = 0
    role: str = ""
    tier: str = ""
    session: str = ""
    verdict: str = ""
    summary: str = ""
    stopping: str = ""
    cost_usd: float = 0.0
    tokens: int = 0
    turns: int = 0


POSSIBLE, LEFT_OUT = "possible", "left_out"
"""What a finding is that its reviewer is not sure enough of; every other one counts as it says."""


@frozen
class Finding:
    """What a reviewer says; severity is ``blocker``, ``concern``, ``follow-up`` or ``nit``.

    ``state`` is ``open``, ``fixed``, ``accepted`` or ``deferred``; ``times`` how often it was raised (seed 000:
    raised again after a resend it is a person's); ``attempt`` is the one that was at work or had just ended then;
    ``about`` is the track that it was said of, where there is none of that name (seed 001: unassigned).
    """

    id: str
    severity: str
    title: str
    detail: str = ""
    file: str = ""
    line: int | None = None
    by: str = ""
    state: str = "open"
    times: int = 1
    attempt: str = ""
    about: str = ""


@frozen
class Check:
    """A deterministic command with its result: ``pass``, ``fail``, ``partial``, ``skip`` or ``not_run``.

    ``run`` names what it was run on (an attempt, a merge), "" where an agent told of it.
    """

    name: str
    result: str
    detail: str
    at: Instant
    command: str = ""
    sha: str = ""
    duration_ms: int = 0
    run: str = ""
