"""What a run knows beside what every batch knows: its plan, its open effects, and how far each track's work is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from orchestrator_tui.core.frozen import frozen, replace
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.plan import Plan, PlannedTrack
from orchestrator_tui.core.workflow import Workflow


@frozen
class Effect:
    """Something that is being done outside, recorded before it was begun; gone from the state when it has ended.

    ``id`` is made from what it is for, so that the same effect is never begun twice.
    """

    id: str
    kind: str
    track: str
    arguments: Mapping[str, Any]
    at: Instant


@frozen
class Inspection:
    """What git says of a track's work against its base, after an attempt or on its own.

    ``outside`` are breaches of its scope, ``missing`` artefacts that are not there, ``uncommitted`` files that no
    commit holds, ``tests`` files among the changed ones that look like tests, ``marked``
    those that hold the markers of an unresolved conflict.
    """

    id: str
    head: str
    at: Instant
    files: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    uncommitted: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()
    added: int = 0
    removed: int = 0
    commits: int = 0


@frozen
class BaseSeen:
    """The base branch as it was seen last: ``level`` is ``pass``, ``warn`` or ``block``, ``sha`` "" when it is gone.

    ``commits`` came since the batch began from it, ``files`` are those of them that are the work's, too; ``of`` says
    whose work it was compared with, and at which commit.
    """

    sha: str
    level: str
    commits: int
    of: str
    at: Instant
    files: tuple[str, ...] = ()
    why: str = ""
    rewritten: bool = False


@frozen
class WaveEnd:
    """A wave that is over: its tracks and roles, the checks after it, and what the next wave has otherwise.

    ``outside`` are files that were changed and belong to no scope of the wave, ``missing`` patterns that tracks own and
    under which nothing was changed; ``scaling`` says why the next wave has more or fewer agents, "" as planned.
    """

    wave: int
    tracks: tuple[str, ...]
    at: Instant
    roles: tuple[str, ...] = ()
    checks: Mapping[str, str] = field(default_factory=dict)
    outside: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    duration_ms: int = 0
    scaling: str = ""
    adaptations: tuple[str, ...] = ()


@frozen
class KeptCheck:
    """The result of a check on one tree: when it ran by the journal, in which batch, "" for the one at hand.

    ``command`` is told where it is to be kept or looked for, and is recorded nowhere.
    """

    name: str
    result: str
    at: Instant
    batch: str = ""
    command: str = ""


@frozen
class Baseline:
    """The integration branch before the first wave: its commit and tree, a digest of the files that dependencies stand
    in, and the results of checks on that tree that were kept."""

    sha: str
    tree: str
    dependencies: str = ""
    kept: tuple[KeptCheck, ...] = ()


@frozen
class DiffCounted:
    """How far the integration branch was from its baseline when a wave ended: files, those of dependencies by name."""

    files: int
    dependencies: tuple[str, ...]
    at: Instant


@frozen
class Friction:
    """A file whose edits went wrong: in which batch, and when that was noticed last."""

    file: str
    wall_ms: int
    batch: str = ""


@frozen
class Grounding:
    """What an attempt was shown before it started: files with their lines, and whether there were more than it may."""

    files: tuple[tuple[str, int], ...]
    capped: bool
    at: Instant


@frozen
class UntrackedSeen:
    """A look at the person's own tree before a wave: ``decision`` is ``ok``, ``warn`` or ``block``."""

    wave: int
    decision: str
    files: tuple[str, ...] = ()


@frozen
class Deviation:
    """What was done otherwise than planned, from which wave on, and why."""

    wave: int
    what: str
    why: str
    at: Instant


@frozen
class Trip:
    """A pattern that the breaker has noticed of an attempt.

    ``action`` is ``stopped`` or ``noticed``; ``what`` is the call in words, ``error_class`` what the workflow calls an
    error that came back again and again; ``turn_limit`` is the pattern of one that used up its turns.
    """

    attempt: str
    pattern: str
    times: int
    action: str
    at: Instant
    stage: int = 0
    file: str = ""
    what: str = ""
    error: str = ""
    error_class: str = ""


@frozen
class StageRun:
    """How far the stage at hand is, since it was entered last.

    Attributes:
        stage: its number.
        entry: how often the track has entered this stage by now.
        tries: attempts that were begun since; ``granted`` are tries beyond the workflow's.
        attempt: the last of them, or "".
        claim, verdict: what that attempt ended with, "" while it runs.
        inspection: what git said after it, or None.
        checks: results by name since then.
        judged: what was made of it: "", ``accepted``, ``rejected``, ``rework``, ``asked``, ``grown``.
        problems: why the last try was not accepted, line by line: what the next one is told.
        instruction: what a person or rule wants done differently.
        why: why the stage was entered, where it was not the next one.
        head: what the track's branch pointed at when the stage was entered.
        before: the files that the track had changed when the stage was entered.
        copy, copy_name: the fresh copy that its tries work in, and which try it was made for; "" without one.
        covers: of a stage that judges several tracks, the reviews of tracks that it is about.
        parts: of a stage that several agents do at once, how each of its angles stands: "" while it is done.
        looks: how often it was asked to look again at what a person has put right.
    """

    stage: int
    entry: int = 1
    tries: int = 0
    granted: int = 0
    attempt: str = ""
    claim: str = ""
    verdict: str = ""
    inspection: Inspection | None = None
    checks: Mapping[str, str] = field(default_factory=dict)
    judged: str = ""
    problems: tuple[str, ...] = ()
    instruction: str = ""
    why: str = ""
    head: str = ""
    before: tuple[str, ...] = ()
    looks: int = 0
    copy: str = ""
    copy_name: str = ""
    covers: tuple[str, ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict)

    def angle(self, attempt: str) -> str:
        """The angle that an attempt of this stage was about, or ""."""
        return next((part for part in self.parts if attempt.endswith(f"-{part}")), "")

    def angle_ended(self, attempt: str, outcome: str) -> StageRun:
        """The stage after the agent of one angle has ended: it is done when all are."""
        parts = {**self.parts, self.angle(attempt): outcome}
        worst = next((one for one in parts.values() if one not in ("", "done")), "done")
        return replace(self, parts=parts, claim=worst, verdict="")


@frozen
class Work:
    """A track's work: what was planned, where it is done, and how far it is.

    ``entries`` counts how often each stage was entered, ``returns`` how often each led back; ``why`` says why it was
    moved to the state that it is in, ``paused`` why nothing new is begun for it, ``paused_until`` what ends that;
    ``texts`` are artefacts with a form as they were read last, by path;
    ``checkpoint`` what became of the one after its merge;
    ``taken`` are the files of conflicts that are as a person wants them, this track's side or resolved by hand, each
    with the commit, "" until it is looked at, and the person;
    ``covered`` are, of the batch's own track, all reviews that were judged over several tracks;
    ``grounded`` is what its attempts were shown;
    ``kept`` why its worktree is still there at the end; ``ready_at`` when it was made;
    ``carried`` is the track of the next wave that goes on with what it has left, ``left`` what that is;
    ``copies`` are the fresh copies of it that still stand; ``waits_at`` is the gate that its agent was last seen to
    wait at.
    """

    planned: PlannedTrack
    base_sha: str = ""
    head_sha: str = ""
    merged_sha: str = ""
    ready: bool = False
    run: StageRun | None = None
    inspection: Inspection | None = None
    entries: Mapping[int, int] = field(default_factory=dict)
    returns: Mapping[int, int] = field(default_factory=dict)
    deployed: tuple[tuple[str, str], ...] = ()
    rescues: tuple[tuple[str, ...], ...] = ()
    checklist: tuple[tuple[str, str, str], ...] = ()
    merges: tuple[tuple[str, str], ...] = ()
    conflicts: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    sides: Mapping[str, str] = field(default_factory=dict)
    brought: str = ""
    brought_how: str = ""
    taken: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    why: str = ""
    paused: str = ""
    paused_until: str = ""
    resumes_wall_ms: int | None = None
    checkpoint: str = ""
    kept: str = ""
    removed: bool = False
    covered: tuple[str, ...] = ()
    trips: tuple[Trip, ...] = ()
    grounded: Mapping[str, Grounding] = field(default_factory=dict)
    ready_at: Instant | None = None
    copies: tuple[str, ...] = ()
    waits_at: str = ""
    carried: str = ""
    left: str = ""


PRE, POST, FAILED, CONTEXT = "pre", "post", "failed", "context"
"""Why a checkpoint was made: a wave begins, has ended well, has lost a track; a try failed or a conversation fills."""


HANDED_OVER = "handed_over"
"""The phase in which a run waits for its next session."""


@frozen
class Checkpoint:
    """How far a wave was at one moment (seed 003).

    ``tracks`` are those of the wave, ``completed`` those of the whole batch that were through by then; ``about`` is the
    attempt that it was made for, "" where it was made for the wave itself; ``session`` counts from 1.
    """

    wave: int
    type: str
    at: Instant
    session: int
    tracks: tuple[str, ...] = ()
    completed: tuple[str, ...] = ()
    about: str = ""


@frozen
class Run:
    """A run: plan, rules, and what is under way.

    ``earlier`` are the signs of earlier work that was there when it began.
    ``phase`` is ``planned``, ``approved``, ``running``, ``handed_over`` (to the next of its sessions, which count from
    1), ``integrating``, ``verifying``, ``awaiting_user`` or an end
    (``completed``, ``stopped``, ``failed``); ``pausing`` is "", ``drain`` or ``now``. ``integration_path`` and
    ``integration_sha`` are the dedicated worktree and the tip of the integration branch as we left it; ``tips`` what it
    was before each merge (slug, commit). ``checked`` is
    what the check of the plan found: findings, conflict matrix, waves, verdict and estimate, as its JSON. ``base`` is
    how the base branch was seen last, ``based_on`` its commit that was brought into the integration branch, or "".
    ``friction`` are files of earlier batches whose edits went wrong, None before anybody has looked.
    ``changes`` are by wave; ``kept_of`` are the commits of which results of checks were kept for later batches.
    """

    plan: Plan
    workflows: Mapping[str, Workflow] = field(default_factory=dict)
    phase: str = "planned"
    phase_at: Instant | None = None
    pausing: str = ""
    agents: int = 0
    effects: Mapping[str, Effect] = field(default_factory=dict)
    begun: int = 0
    integration_path: str = ""
    integration_sha: str = ""
    tips: tuple[tuple[str, str], ...] = ()
    models: Mapping[str, str] = field(default_factory=dict)
    model_sources: Mapping[str, str] = field(default_factory=dict)
    published: str = ""
    report: str = ""
    reported: str = ""
    checked: Mapping[str, Any] = field(default_factory=dict)
    earlier: tuple[str, ...] = ()
    session: int = 1
    checkpoints: tuple[Checkpoint, ...] = ()
    base: BaseSeen | None = None
    based_on: str = ""
    waves: tuple[WaveEnd, ...] = ()
    untracked: tuple[UntrackedSeen, ...] = ()
    baseline: Baseline | None = None
    changes: Mapping[int, DiffCounted] = field(default_factory=dict)
    kept_of: tuple[str, ...] = ()
    friction: tuple[Friction, ...] | None = None
    isolation: Mapping[int, str] = field(default_factory=dict)
    deviations: tuple[Deviation, ...] = ()
