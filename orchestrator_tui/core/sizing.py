"""How big work is, how many agents it is given, and when a track is too wide or two are one (seed 004)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field

from orchestrator_tui.core.frozen import frozen


@frozen
class Sizing:
    """The rules by which work is sized; empty and 0 where nothing is said of it.

    Attributes:
        files, directories, issues: numbers from which on each of them gives one point more.
        depth: how many parts of a path tell directories apart when they are counted.
        aside: patterns of files whose directories are not counted.
        levels: level → the points from which on work is of it.
        agents: ``TYPE LEVEL`` → for each role of waves, in their order, how many agents: ``2``, or ``2-3``.
        split_files, split_directories: a track of so many files in so many directories is too wide for one agent.
        merge_over: two tracks that share more of their files than so many of 100 are work of one agent.
    """

    files: tuple[int, ...] = ()
    directories: tuple[int, ...] = ()
    issues: tuple[int, ...] = ()
    depth: int = 0
    aside: tuple[str, ...] = ()
    levels: Mapping[str, int] = field(default_factory=dict)
    agents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    split_files: int = 0
    split_directories: int = 0
    merge_over: int = 0


def points(count: int, bounds: Sequence[int]) -> int:
    """The points for so many: one a bound that is reached."""
    return sum(1 for one in bounds if count >= one)


def total(rules: Sizing, files: int, directories: int, issues: int) -> int:
    """All points of work that touches so much."""
    return points(files, rules.files) + points(directories, rules.directories) + points(issues, rules.issues)


def level_of(rules: Sizing, score: int) -> str:
    """The level of work of so many points; "" below all of them."""
    reached = [(least, name) for name, least in rules.levels.items() if score >= least]
    return max(reached, default=(0, ""))[1]


def agents_of(
    rules: Sizing, kind: str, level: str, roles: Sequence[str], role: str, cap: int
) -> tuple[int, int] | None:
    """How many agents a wave of a role is given, from and to; None where nobody says it.

    Args:
        kind: the type of the session.
        roles: the roles of waves, in the order of the table.
        cap: the most that a wave may have, whatever the table says; 0 for no such bound.
    """
    row = rules.agents.get(f"{kind} {level}", ())
    if role not in roles or roles.index(role) >= len(row):
        return None
    least, _, most = row[roles.index(role)].partition("-")
    low, high = int(least), int(most or least)
    return (min(low, cap), min(high, cap)) if cap else (low, high)


def parents(files: Collection[str]) -> tuple[str, ...]:
    """The directories in which files lie directly, sorted; the top one is ``.``."""
    return tuple(sorted({one.rpartition("/")[0] or "." for one in files}))


def modules(files: Collection[str], depth: int) -> tuple[str, ...]:
    """The directories that are told apart by their first ``depth`` parts, sorted; the top one is ``.``."""
    return tuple(sorted({"/".join(one.split("/")[:-1][:depth]) or "." for one in files}))


def too_wide(rules: Sizing, files: Collection[str]) -> bool:
    """Whether files are too many, in too many directories, for one agent."""
    bounded = rules.split_files > 0 and rules.split_directories > 0
    return bounded and len(files) >= rules.split_files and len(parents(files)) >= rules.split_directories


def shared_percent(a: Collection[str], b: Collection[str]) -> int:
    """How much of the larger of two sets of files is in both, of 100, rounded down; 0 where one is empty."""
    most = max(len(a), len(b))
    return 100 * len(set(a) & set(b)) // most if most else 0


def are_one(rules: Sizing, a: Collection[str], b: Collection[str]) -> bool:
    """Whether two tracks share so much that they are work of one agent."""
    both = len(set(a) & set(b))
    return rules.merge_over > 0 and 100 * both > rules.merge_over * max(len(a), len(b))
