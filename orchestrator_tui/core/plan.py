"""A plan as the engine follows it: tracks, their scopes, agents, checks, environments and limits (DESIGN §1).

Recorded with its batch; the file may change or go. Durations are milliseconds, costs US dollars.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.naming import BATCH_TRACK as BATCH_TRACK
from orchestrator_tui.core.session import Session

SERIALISE = "serialise"
"""What follows for two tracks that share more than can be kept apart: they work one after the other."""


@frozen
class Scope:
    """The paths of a track, as patterns below the repository.

    It may change what it owns and what is allowed; what is append-only it may only add to, at the end; what is
    read-only it must leave alone. A track that declares none of them runs alone ("if in doubt, serialize", seed 000).
    """

    owned: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()
    append_only: tuple[str, ...] = ()

    @property
    def declared(self) -> bool:
        """Whether anything is known of what the track will change."""
        return bool(self.owned or self.allowed or self.append_only)


@frozen
class CheckCommand:
    """A deterministic command; it passes by its exit code 0."""

    name: str
    command: str
    wall_ms: int = 900_000


@frozen
class Environment:
    """A place that tracks are deployed to, one at a time; ``risk`` is ``dev``, ``staging`` or ``production``."""

    name: str
    deploy: str = ""
    health: str = ""
    risk: str = "dev"
    wall_ms: int = 1_800_000


@frozen
class AgentChoice:
    """Which agents do the work.

    ``runner`` is ``claude``, ``command`` (``command`` is a template: ``{prompt_file}``, ``{worktree}``, ``{model}``,
    ``{track}``, ``{stage}`` …) or ``scripted`` (``scripts`` is the folder of one YAML file a track). ``environment``
    names the variables that agents get beside the allow-list.
    """

    runner: str = "claude"
    command: tuple[str, ...] = ()
    scripts: str = ""
    permission_mode: str = ""
    environment: tuple[str, ...] = ()
    max_turns: int = 0
    models: Mapping[str, str] = field(default_factory=dict)


@frozen
class PlanLimits:
    """Bounds of the whole batch; 0 for none."""

    agents: int = 0
    cost_usd: float = 0.0
    track_cost_usd: float = 0.0
    turns: int = 0
    tokens: int = 0
    wall_ms: int = 0


@frozen
class Provision:
    """What a fresh worktree gets: files that are copied, heavy folders that are linked, a command that sets it up."""

    copy: tuple[str, ...] = ()
    link: tuple[str, ...] = ()
    setup: str = ""


@frozen
class PlannedTrack:
    """One track of a plan. ``wave`` is 0 where the plan leaves it to the dependencies.

    ``tests`` tells that tests are part of it, ``test_scope`` what they cover; ``deep_review`` that the senior reviewer
    of its workflow looks at it, too (seed 001). ``role`` is its role of waves, or "" (seed 004).
    """

    slug: str
    title: str
    kind: str
    workflow: str
    brief: str = ""
    scope: Scope = field(default_factory=Scope)
    depends_on: tuple[str, ...] = ()
    priority: int = 0
    wave: int = 0
    checks: tuple[CheckCommand, ...] = ()
    acceptance: tuple[str, ...] = ()
    tier: str = ""
    deploy: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    tests: bool = False
    test_scope: str = ""
    deep_review: bool = False
    role: str = ""
    tasks: tuple[str, ...] = ()


@frozen
class Plan:
    """What a person wants done. Absolute paths; ``base_sha`` is what the branch pointed at when the batch began.

    ``worktrees`` is the folder of the worktrees; ``describe`` the sentence that a batch without tracks starts from;
    ``fingerprint`` what the repository's configuration and hooks were like when it began (reliability G-5); ``offered``
    what worktrees could be given of what git ignores, where nobody has said yet whether they are to get it;
    ``outline`` is the agreed plan in Markdown, ``tests_required`` whether the repository has tests that new work must
    join, None where nobody has looked (seed 001).
    """

    title: str
    workflow: str
    base: str
    integration: str
    repository: str
    worktrees: str
    tracks: tuple[PlannedTrack, ...] = ()
    base_sha: str = ""
    agent: AgentChoice = field(default_factory=AgentChoice)
    limits: PlanLimits = field(default_factory=PlanLimits)
    checks: tuple[CheckCommand, ...] = ()
    environments: tuple[Environment, ...] = ()
    provision: Provision = field(default_factory=Provision)
    describe: str = ""
    file: str = ""
    fingerprint: str = ""
    offered: Provision = field(default_factory=Provision)
    outline: str = ""
    tests_required: bool | None = None
    session: Session = field(default_factory=Session)

    def environment(self, name: str) -> Environment | None:
        """The environment of this name, or None."""
        return next((one for one in self.environments if one.name == name), None)
