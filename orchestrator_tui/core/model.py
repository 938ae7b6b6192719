"""The state: what is known of every batch, as frozen data (DESIGN §1 words, §3 "state is fold(evolve, journal)").

Mappings are plain dictionaries that nobody changes after they were handed out. All durations are milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any

from orchestrator_tui.core.agents import Agent
from orchestrator_tui.core.event import Event
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.records import Attempt, Check, Finding

if TYPE_CHECKING:
    # What is only watched needs none of it, and a hook loads this module at every call.
    from orchestrator_tui.core.run import Run, Work


class Risk(IntEnum):
    """How dangerous a wrong answer is; the queue shows the highest first (reliability A-15)."""

    LOW = 0
    UNKNOWN = 1
    CHECK = 2
    STAGING = 3
    FAILURE = 4
    DESTRUCTIVE = 5
    PRODUCTION = 6


class GateState(StrEnum):
    """The life of one revision of a gate (DESIGN §4.3)."""

    OPEN = "open"
    DECIDED = "decided"
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    ANSWERED_ELSEWHERE = "answered_elsewhere"


TERMINAL_GATE_STATES = frozenset(
    {
        GateState.ACKNOWLEDGED,
        GateState.WITHDRAWN,
        GateState.SUPERSEDED,
        GateState.CANCELLED,
        GateState.EXPIRED,
        GateState.ANSWERED_ELSEWHERE,
    }
)


class TrackState(StrEnum):
    """Where a track is (reference vocabulary D2; *waiting* is derived from open gates, DESIGN §1)."""

    PENDING = "pending"
    QUEUED = "queued"
    PREPARING = "preparing"
    RUNNING = "running"
    VERIFYING = "verifying"
    IN_REVIEW = "in_review"
    REVISING = "revising"
    STALLED = "stalled"
    RESCUING = "rescuing"
    ESCALATED = "escalated"
    BLOCKED = "blocked"
    APPROVED = "approved"
    MERGING = "merging"
    MERGED = "merged"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    ABANDONED = "abandoned"
    ROLLED_BACK = "rolled_back"


class StageStatus(StrEnum):
    """Where one stage of a track is."""

    PENDING = "pending"
    RUNNING = "running"
    GATE = "gate"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"


class Liveness(StrEnum):
    """What is known of the agent behind a track; "unknown" is said when unknown (DESIGN §2.3)."""

    REPORTING = "reporting"
    ASKED = "asked"
    WORKING_NOT_REPORTING = "working_not_reporting"
    UNKNOWN = "unknown"
    GONE = "gone"


@frozen
class Option:
    """One choice of a gate. ``label`` is the agent's own text, raw; ``key`` is what it gets back.

    ``role`` says what choosing it means to us: ``approve``, ``reject``, ``skip``, ``cancel``, ``publish``,
    ``deploy``, ``text`` (asks for an answer of one's own), ``edit`` (asks for a tool's input anew) or nothing.
    """

    key: str
    label: str
    role: str = ""

    @property
    def words(self) -> str:
        """The label as a person reads it: without its own key in front, where it was written as ``key: words``."""
        head, separator, rest = self.label.partition(":")
        return rest.strip() if separator and head.strip() == self.key and rest.strip() else self.label


@frozen
class Question:
    """What a gate asks, normalised; the same question seen by two sources is equal (DESIGN §4.3).

    Attributes:
        kind: ``task``, ``ask``, ``permission``, ``question``, ``plan``, ``redispatch`` … (data, not behaviour).
        question: the question itself, raw.
        context: what the person should know beside it, raw; not part of the digest.
        options: the agent's own options, in its order; empty when only a text can answer.
        stage: number of the stage it was asked in, or None.
        subject: head and diff for merge, publish and deploy; the tool input for permissions; else None.
        free_text, multiple: an answer of one's own is accepted too; several options may be chosen at once.
        recommendation: key of the option that the asker recommends, or None.
        confidence: ``high``, ``medium``, ``low`` or "" when nothing was said.
        declared_risk: what the agent says; it only raises (DESIGN §2.4).
        environment: ``dev``, ``staging``, ``production`` or "" when none is named.
    """

    kind: str
    question: str
    context: str = ""
    options: tuple[Option, ...] = ()
    stage: int | None = None
    subject: Any = None
    free_text: bool = False
    multiple: bool = False
    recommendation: str | None = None
    confidence: str = ""
    declared_risk: str = ""
    environment: str = ""


@frozen
class Decision:
    """The recorded answer to one revision of one gate.

    ``options`` holds the chosen keys (one, or several where the gate allows it); ``text`` an answer of one's own.
    ``origin`` is ``key``, ``cli``, ``answers``, ``policy:<rule>``; ``by`` names the person or rule.
    ``undo_ms`` is how long after ``at`` delivery waits, so that it can be taken back (reliability A-11).
    """

    id: str
    options: tuple[str, ...]
    label: str
    reason: str
    text: str
    by: str
    origin: str
    at: Instant
    shown_at_ms: int | None = None
    undo_ms: int = 0


@frozen
class DeliveryStep:
    """One thing that happened on a decision's way: ``claimed``, ``delivered``, ``acknowledged``, ``failed``."""

    step: str
    route: str
    at: Instant
    evidence: str


@frozen
class Gate:
    """A question that waits for a decision; always its newest revision.

    ``cleared`` tells that the asker has taken its question down; ``answers`` remembers every decision ever made on
    this gate as (revision, decision id, answer), so that a forged one is told from ours (reliability D-2). ``asker``
    is the address of the agent that asked (``core.agents.address``), "" when it is not known.
    """

    batch: str
    id: str
    revision: int
    digest: str
    track: str
    question: Question
    risk: Risk
    risk_why: str
    state: GateState
    asked_at: Instant
    opened_at: Instant
    source: str
    routes: tuple[str, ...] = ()
    recommendation: str | None = None
    recommendation_why: str = ""
    decision: Decision | None = None
    steps: tuple[DeliveryStep, ...] = ()
    claim: str | None = None
    undelivered: bool = False
    closed_at: Instant | None = None
    closed_why: str = ""
    stale_count: int = 0
    stale_level: int = 0
    stale_at: Instant | None = None
    snoozed_at: Instant | None = None
    snooze_ms: int = 0
    refusals: int = 0
    cleared: bool = False
    answers: tuple[tuple[int, str, str], ...] = ()
    asker: str = ""


@frozen
class Stage:
    """One named step of a track."""

    index: int
    name: str
    status: StageStatus = StageStatus.PENDING
    started_at: Instant | None = None
    ended_at: Instant | None = None
    detail: str = ""


@frozen
class Signal:
    """Something noticed, not said (DESIGN §1). Open until cleared."""

    id: str
    kind: str
    track: str
    gate: str
    text: str
    evidence: tuple[str, ...]
    at: Instant


@frozen
class Activity:
    """The last thing seen of a track, in words, and when."""

    text: str
    at: Instant


@frozen
class Message:
    """Something said to an agent: sent, then written where it looks, then read by it.

    ``routes`` are those by which it was written or read so far; ``problem`` is why the last try was in vain, or "".
    """

    id: str
    text: str
    by: str
    purpose: str
    at: Instant
    written_at: Instant | None = None
    read_at: Instant | None = None
    routes: tuple[str, ...] = ()
    problem: str = ""


@frozen
class Track:
    """One unit of work with scope, branch, worktree and stages.

    ``agent`` is the Claude Code agent that works on it, where one is known; ``part_of`` names the track whose work
    this one does (a sub-agent that reports on a task), which is then the one that is listed. ``written_ms`` is the
    newest time at which its task was written, of what was observed of it, in milliseconds of wall time; 0 if unknown.
    """

    batch: str
    slug: str
    title: str
    kind: str
    state: TrackState = TrackState.PENDING
    workflow: str = ""
    wave: int = 1
    source: str = ""
    stages: tuple[Stage, ...] = ()
    stage: int = 0
    branch: str = ""
    worktree: str = ""
    pr: str = ""
    owner: str = ""
    depends_on: tuple[str, ...] = ()
    skipped_stages: tuple[int, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    findings: tuple[Finding, ...] = ()
    checks: tuple[Check, ...] = ()
    messages: tuple[Message, ...] = ()
    activity: Activity | None = None
    added_at: Instant | None = None
    reported_at: Instant | None = None
    asked_at: Instant | None = None
    liveness: Liveness = Liveness.REPORTING
    signs: tuple[str, ...] = ()
    ended_at: Instant | None = None
    blocked: bool = False
    problem: str = ""
    progress: str = ""
    fingerprint: str = ""
    written_ms: int = 0
    model: str = ""
    cost_usd: float | None = None
    tokens: int | None = None
    agent: Agent | None = None
    part_of: str = ""
    work: Work | None = None


RUN = "run"
"""The kind of a batch that follows a plan: only its host may hold it."""

NOBODY = "nobody"
"""Who holds a run whose host has ended."""


@frozen
class Batch:
    """One supervised run of a plan, or one watched task list; the unit of journal, replay and report.

    ``run`` is what is known of a run beside its tracks, None for what is only watched.
    """

    id: str
    title: str
    kind: str
    state: str
    workflow: str = ""
    repository: str = ""
    source: str = ""
    started_at: Instant | None = None
    ended_at: Instant | None = None
    limits: Limits = field(default_factory=Limits)
    limits_set: bool = False
    tracks: Mapping[str, Track] = field(default_factory=dict)
    gates: Mapping[str, Gate] = field(default_factory=dict)
    signals: Mapping[str, Signal] = field(default_factory=dict)
    recent: tuple[Event, ...] = ()
    merged: tuple[str, ...] = ()
    decided_by_person: int = 0
    decided_by_rule: int = 0
    epoch: int = 0
    holder: str = ""
    seq: int = 0
    head: str = ""
    newer: str = ""
    run: Run | None = None


@frozen
class State:
    """Every batch that one screen shows, by batch id."""

    batches: Mapping[str, Batch] = field(default_factory=dict)
