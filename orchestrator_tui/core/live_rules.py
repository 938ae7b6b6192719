"""Rules of a workflow about agents at work, reviewers, a base that moves, and what follows between waves (seed 004)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.records import LEFT_OUT, POSSIBLE

PAGINATION, TURN_REPEAT, ERROR_ECHO, SPIRAL = "pagination", "turn_repeat", "error_echo", "spiral"
PATTERNS = (PAGINATION, TURN_REPEAT, ERROR_ECHO, SPIRAL)
"""How an agent goes in circles: a file read on in pieces, the same call, the same error, the same file edited."""

MOST_SURE = 100
"""As sure as a reviewer can be."""

ANY_KIND = "*"
"""In the turns of a breaker: every kind of track that is not named."""


@frozen
class Breaker:
    """When an agent at work is stopped because it goes in circles, or on for too long (seed 004).

    ``turns`` are those of one attempt by the kind of its track, ``*`` for every other kind. A pattern is noticed at
    ``repeats``, editing one file at ``edits``; 0 for never. Those in ``stops`` end the attempt, the others are said.
    At the ``spirals``th of one stage that was stopped so a person is asked. ``errors`` gives a repeated error the first
    class of which a word stands in its text; ``narrow`` is what the next try is told, by pattern.
    """

    turns: Mapping[str, int] = field(default_factory=dict)
    repeats: int = 0
    edits: int = 0
    stops: tuple[str, ...] = (PAGINATION, TURN_REPEAT, ERROR_ECHO)
    spirals: int = 2
    errors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    narrow: Mapping[str, str] = field(default_factory=dict)


@frozen
class Sureness:
    """How sure of 100 a reviewer must be of a finding; 0 and 0: each counts as it says.

    Below ``least`` it is left out, below ``enough`` it is a remark. One that nobody says it of counts as it says.
    """

    least: int = 0
    enough: int = 0

    def standing(self, confidence: int | None) -> str:
        """What becomes of a finding: "" (it counts as it says), :data:`POSSIBLE` or :data:`LEFT_OUT`."""
        if confidence is None or confidence >= max(self.least, self.enough):
            return ""
        return LEFT_OUT if confidence < self.least else POSSIBLE


@frozen
class Isolation:
    """Where the agents of a wave work when nobody says it (seed 004); ``many`` 0: always as ``worktree`` says.

    Up to ``few`` share the integration worktree, one after the other; from ``many`` on each has a worktree. Between
    them that is so, too, but for the types of sessions in ``in_place``. ``strict``: in a shared tree a guard that only
    warns refuses.
    """

    few: int = 0
    many: int = 0
    in_place: tuple[str, ...] = ()
    strict: bool = False


@frozen
class Between:
    """What happens at the end of a wave, before the next one begins (seed 004); empty and 0 for nothing.

    ``checks`` are names of the plan's checks by the role that has worked, ``*`` for all, run on the integration branch;
    what fails bars nothing: up to ``more`` tracks are added to the next wave that mend it. When every agent was through
    within ``quick_ms`` and at its first try, the next wave has up to ``fewer`` agents less.
    """

    checks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    more: int = 0
    fewer: int = 0
    quick_ms: int = 0


@frozen
class BaselineRules:
    """When results of checks on the tree from which a session starts spare those between its waves (seed 004).

    They are kept for ``keep_ms`` and spare a check that passed there while fewer than ``files`` files have changed
    since; either 0 for never. A changed file under ``dependencies`` makes them worthless.
    """

    keep_ms: int = 0
    files: int = 0
    dependencies: tuple[str, ...] = ()


@frozen
class GroundingRules:
    """Which files an agent is shown before it starts, since edits of them went wrong before (seed 004).

    Up to ``files`` of its own scope, the latest trouble first; 0 for none. What counts are errors of these ``classes``
    of the breaker, in this batch and the ``sessions`` runs before it.
    """

    files: int = 0
    sessions: int = 0
    classes: tuple[str, ...] = ()


@frozen
class Freshness:
    """From which level on a person is asked about a base branch that has moved on since the batch began (seed 004).

    ``warn``: in other files; ``block``: in the same files, or it was rewritten; ``never``: it is only said. ``merge``
    is asked before a track is merged into the integration branch, ``publish`` before that goes onto the base.
    """

    merge: str = "block"
    publish: str = "warn"
