"""A report as data: everything that is told of a batch or of one track, already without local paths and made safe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant

BATCH, TRACK = "batch", "track"
"""What a report is about."""

READY, WITH_FOLLOW_UPS, NOT_READY, STOPPED = "ready", "ready-with-follow-ups", "not-ready", "stopped"
"""Verdicts of readiness (seed 000, final-gate-result)."""


@frozen
class StageTold:
    """One stage of a track; ``took_ms`` is None for one that has not ended."""

    index: int
    name: str
    status: str
    took_ms: int | None = None


@frozen
class AttemptTold:
    """One agent process; ``outcome`` is "" while it runs."""

    id: str
    stage: int | None
    purpose: str
    model: str
    outcome: str
    verdict: str
    took_ms: int
    cost_usd: float
    tokens: int
    turns: int


@frozen
class CheckTold:
    """The last result of a check; ``track`` is "" for one of the batch's own."""

    track: str
    name: str
    result: str
    detail: str


@frozen
class FindingTold:
    """What a review found, with where it stands now."""

    track: str
    id: str
    severity: str
    state: str
    times: int
    title: str
    place: str


@frozen
class GateTold:
    """A question and what became of it; ``by`` is who decided, ``rule`` whether a rule did, "" while nobody has."""

    track: str
    id: str
    kind: str
    risk: str
    question: str
    state: str
    answer: str
    reason: str
    by: str
    rule: bool
    waited_ms: int


@frozen
class ItemTold:
    """One item of a checklist: PASS or FAIL, and the fact or what to do."""

    name: str
    result: str
    detail: str


@frozen
class TrackTold:
    """One track: what it was to do, what became of it, and what that took.

    ``outcome`` is a word of :func:`~orchestrator_tui.core.report.outcome.outcome`; ``loops`` are the rounds of review
    beyond the first, ``rescues`` (trigger, action, rationale, outcome, number) as they were recorded; ``place`` is
    where its worktree lies as seen from the repository, "" once it was removed.
    """

    slug: str
    title: str
    kind: str
    workflow: str
    state: str
    outcome: str
    why: str
    next_action: str
    wave: int
    stage: int
    stages: tuple[StageTold, ...]
    branch: str
    worktree: str
    pr: str
    depends_on: tuple[str, ...] = ()
    owned: tuple[str, ...] = ()
    head_sha: str = ""
    merged_sha: str = ""
    files: tuple[str, ...] = ()
    added: int = 0
    removed: int = 0
    commits: int = 0
    uncommitted: int = 0
    deployed: tuple[tuple[str, str], ...] = ()
    attempts: tuple[AttemptTold, ...] = ()
    checks: tuple[CheckTold, ...] = ()
    findings: tuple[FindingTold, ...] = ()
    checklist: tuple[ItemTold, ...] = ()
    rescues: tuple[tuple[str, ...], ...] = ()
    rounds: int = 0
    loops: int = 0
    gates_by_rule: int = 0
    gates_by_person: int = 0
    waited_ms: int = 0
    took_ms: int = 0
    cost_usd: float | None = None
    tokens: int | None = None
    place: str = ""


@frozen
class Measures:
    """How the batch went (seed 000, §3.8).

    ``discovery_reuse`` is ``yes``, ``no`` or ``skipped``; ``waited_ms`` how long at least one question waited for the
    person; ``cost_usd`` and ``tokens`` are None where nothing is known of them.
    """

    discovery_reuse: str
    rescue_attempts: int
    abandonments: int
    loops: Mapping[str, int]
    gates_by_rule: int
    gates_by_person: int
    waited_ms: int
    attempts: int
    checks_run: int
    cost_usd: float | None
    tokens: int | None


@frozen
class Report:
    """A batch, or one of its tracks, as it is now; ``subject`` is the slug where it is about a track, else "".

    ``verdict`` is "" for a batch that is only watched: nobody there says what ready means. ``follow_ups`` are what is
    left to do, in words. Of a report about a track, ``tracks`` holds that one and measures are its own.
    """

    kind: str
    subject: str
    id: str
    title: str
    workflow: str
    state: str
    verdict: str
    why: str
    now: Instant
    started_at: Instant | None
    ended_at: Instant | None
    took_ms: int
    measures: Measures
    tracks: tuple[TrackTold, ...]
    checks: tuple[CheckTold, ...] = ()
    checklist: tuple[ItemTold, ...] = ()
    gates: tuple[GateTold, ...] = ()
    follow_ups: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    base: str = ""
    base_sha: str = ""
    integration: str = ""
    integration_sha: str = ""
    published: str = ""
    models: Mapping[str, str] = field(default_factory=dict)
    merged: tuple[str, ...] = ()
    ended: bool = False
