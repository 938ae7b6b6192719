"""Sessions as data: their types, the roles of their waves, what guards their agents, and what a plan says of its own.

A workflow without roles of waves has none of this: its waves are those that dependencies and the plan make (seed 004).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from orchestrator_tui.core.frozen import frozen

STRICT, WARN, OFF = "strict", "warn", "off"
ENFORCEMENTS = (STRICT, WARN, OFF)
"""What a guard does with a breach: refuses it, lets it pass with a word, or does not look."""

ISOLATIONS = ("auto", "worktree", "none")
"""Where the agents of a wave work: by rule, each in a worktree, or all in one tree."""

GUARDS = ("path-guard", "command-guard", "post-edit-validate")
"""The switches of a scope file, each on unless it is said to be off (seed 004)."""

AUDIENCES = ("user", "dev", "vault")
PLANNED, COVERED, PARTLY, GAP = "planned", "ok", "partial", "gap"
"""How a docs task stands: until the end it is planned; then its diff says (seed 004)."""


@frozen
class SessionRules:
    """The rules of sessions that a workflow has.

    Attributes:
        types: the types of sessions; ``type`` is the one of a plan that names none.
        roles: the roles of waves, in the order in which they work.
        maps: number of waves → what each wave holds, roles joined by ``+``; the largest stands for more, too.
        waves: how many waves there are where nobody says it; ``least`` is the fewest that anybody may say.
        role: the role of a track that names none.
        single: types of one wave, whose tracks work one after the other and unguarded.
        settings: files of the repository in which people keep the settings of their sessions, first found counts.
        bootstrap: files that must be there before anything starts.
        state: platform → the directory of its state files, the first for any other platform.
        agents_least: the fewest agents that anybody may hold a wave to.
        line: characters of one line in a state file, about.
        docs_few: so many documents go with the tracks of ``docs_role``, more with those of ``docs_many``.
    """

    types: tuple[str, ...] = ()
    type: str = ""
    roles: tuple[str, ...] = ()
    maps: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    waves: int = 0
    least: int = 0
    role: str = ""
    single: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    bootstrap: tuple[str, ...] = ()
    state: Mapping[str, str] = field(default_factory=dict)
    agents_least: int = 0
    line: int = 160
    docs_few: int = 0
    docs_role: str = ""
    docs_many: str = ""


@frozen
class GuardRules:
    """What watches the paths and commands of agents: ``enforcement`` is "" for nothing, else one of three words.

    ``blocked`` are commands that no agent may run; ``gates`` switches guards off that are on otherwise.
    """

    enforcement: str = ""
    blocked: tuple[str, ...] = ()
    gates: Mapping[str, bool] = field(default_factory=dict)


@frozen
class DocsTask:
    """A document that a session is to write or to change: whom it is for, which files, why, and in which wave."""

    id: str
    audience: str = "dev"
    pattern: str = ""
    rationale: str = ""
    wave: int = 0


@frozen
class Session:
    """What is said of the session that a plan is for; "" and 0 where nobody says it.

    Attributes:
        type: one of the workflow's types.
        waves: how many waves.
        agents: how many tracks one wave may have.
        turns: turns of one attempt; 0 for what its type says.
        enforcement, isolation: see :data:`ENFORCEMENTS` and :data:`ISOLATIONS`.
        focus: what the person wants first, in every prompt.
        platform: whose state directory is used; the agents' without it.
        issues: numbers of the issues that it is for.
        docs: documents that are planned; () too where nobody has switched them on.
        persistence: whether state files are written.
        pencil: the design file that reviews look at.
        guards: switches of guards that the person set.
        sources: setting → where it was said.
    """

    type: str = ""
    waves: int = 0
    agents: int = 0
    turns: int = 0
    enforcement: str = ""
    isolation: str = ""
    focus: str = ""
    platform: str = ""
    issues: tuple[int, ...] = ()
    docs: tuple[DocsTask, ...] = ()
    persistence: bool = True
    pencil: str = ""
    guards: Mapping[str, bool] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
