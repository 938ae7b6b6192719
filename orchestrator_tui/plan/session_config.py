"""``## Session Config``: the settings of sessions where people keep them, in CLAUDE.md or AGENTS.md (seed 004).

One setting a line, ``key: value``, with or without a list mark and bold letters; a mapping on lines that are indented
below its key, or between braces. What cannot be used is told in one line each and counts as not said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import Any

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.session import ENFORCEMENTS, GUARDS, ISOLATIONS
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.plan.fields import read_choice, read_switch, read_whole
from orchestrator_tui.plan.problems import WARNING, Problem, Unreadable, Wrong, nearest_of, shown
from orchestrator_tui.plan.text import read_text

HEADING = "Session Config"
_AGENTS = "agents-per-wave"
NOTHING = ("", "null", "none", "~")

MAX_VALUE = 400
"""Characters of one setting."""

_SECTION = re.compile(r"(#{1,6})\s+(.*?)\s*#*")
_SETTING = re.compile(r"(\s*)(?:[-*+]\s+)?(?:\*\*|`)?([A-Za-z][\w.-]{0,63})(?:\*\*|`)?\s*:(?:\*\*)?\s*(.*?)\s*")
_COUNT = re.compile(r"(\d+)(?:\s*\((.*)\))?")
_OTHERS = """
baseline-ref cli-tools cross-repos dependencies discovery-confidence-threshold discovery-exclude-paths
discovery-on-close discovery-parallelism discovery-probes discovery-severity-threshold ecosystem-health gitlab-host
grounding-check health-endpoints issue-limit learning-expiry-days
learnings-surface-top-n lint-command memory-cleanup-threshold mirror plan-baseline-path plan-default-visibility
plan-prd-location plan-retro-location plugin-freshness-days project-name reasoning-output recent-commits special
ssot-files ssot-freshness-days stale-branch-days stale-issue-days test-command typecheck-command vault-integration vcs
worktree-exclude agent-mapping allow-destructive-ops resource-awareness session-types
""".split()
"""Settings that the seed's users have, too, and that mean nothing to a run."""

_Reader = tuple[str, Callable[[str], Any]]
"""A field of :class:`SessionConfig`, and how its value is read."""


@frozen
class SessionConfig:
    """What a file says; None and {} where it does not say it. ``agents`` holds the number of all types under ""."""

    file: str = ""
    persistence: bool | None = None
    enforcement: str = ""
    isolation: str = ""
    agents: Mapping[str, int] = field(default_factory=dict)
    waves: int = 0
    turns: int = 0
    pencil: str = ""
    docs: bool | None = None
    grounding: int | None = None
    guards: Mapping[str, bool] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def read_session_config(repository: Path, files: Sequence[str], agents_least: int = 0) -> SessionConfig:
    """The section in the first of the files that has it; nothing where none has.

    ``agents_least`` is the fewest agents that the rules of sessions let anybody hold a wave to.
    """
    for name in files:
        try:
            text = read_text(repository / name, follow=False)
        except Unreadable:
            # Most projects have one of the files; a broken one has no section that could be read.
            continue
        found = _section(text)
        if found is not None:
            return parse_config(found, name, agents_least)
    return SessionConfig()


def parse_config(lines: Sequence[tuple[int, str]], file: str, agents_least: int = 0) -> SessionConfig:
    """The settings in numbered lines of a section; see :func:`read_session_config`."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    keys: dict[str, _Reader] = {**_KEYS, _AGENTS: ("agents", partial(_agents, max(1, agents_least)))}
    for number, key, value in _settings(lines):
        read = keys.get(key)
        if read is None:
            problem = _unknown(file, number, key)
            problems += [problem] if problem is not None else []
            continue
        target, convert = read
        try:
            made = convert(value)
        except Wrong as error:
            problems.append(Problem(file, number, key, f"{error}; it is ignored", error.nearest, level=WARNING))
            continue
        values[target] = {**values.get(target, {}), **made} if isinstance(made, dict) else made
    return SessionConfig(file, **values, problems=tuple(problems))


def _section(text: str) -> list[tuple[int, str]] | None:
    """The numbered lines below the heading, up to the next heading of its rank; None where there is none."""
    found: list[tuple[int, str]] | None = None
    rank = 0
    for number, line in enumerate(text.splitlines(), start=1):
        heading = _SECTION.fullmatch(line)
        if heading is not None and found is not None and len(heading[1]) <= rank:
            break
        if heading is not None and found is None and heading[2].casefold() == HEADING.casefold():
            found, rank = [], len(heading[1])
        elif found is not None:
            found.append((number, line))
    return found


def _settings(lines: Sequence[tuple[int, str]]) -> list[tuple[int, str, str]]:
    """Line, key and value of each setting; keys of a mapping are joined by a dot."""
    made: list[tuple[int, str, str]] = []
    above = ""
    depth = 0
    for number, line in lines:
        setting = _SETTING.fullmatch(line.split(" #", 1)[0] if not line.lstrip().startswith("#") else "")
        if setting is None:
            continue
        indent, key, value = len(setting[1]), setting[2].lower(), _plain(setting[3])
        if above and indent > depth:
            made.append((number, f"{above}.{key}", value))
            continue
        above, depth = ("", 0) if value else (key, indent)
        if value.startswith("{") and value.endswith("}"):
            for part in value[1:-1].split(","):
                inner, _, said = part.partition(":")
                made.append((number, f"{key}.{_plain(inner).lower()}", _plain(said)))
        elif value:
            made.append((number, key, value))
    return made


def _plain(value: str) -> str:
    return sanitise_line(value.strip().strip("`\"'*").strip(), MAX_VALUE)


def _unknown(file: str, number: int, key: str) -> Problem | None:
    first = key.partition(".")[0]
    if first in _OTHERS:
        return None
    meant = nearest_of(key, [*_KEYS, *_OTHERS])
    return Problem(file, number, key, "is no setting of a session; it is ignored", meant, level=WARNING)


# --- values ---------------------------------------------------------------------------------------------------


def _none(value: str) -> str:
    return "" if value.lower() in NOTHING else value


def _agents(least: int, value: str) -> dict[str, int]:
    """``6``, or ``6 (deep: 18)`` with other numbers for some types of sessions."""
    found = _COUNT.fullmatch(value)
    if found is None:
        raise Wrong(f"{shown(value)} is no number of agents; write 6 or 6 (deep: 18)")
    made = {"": read_whole(least, 64, found[1])}
    for part in (found[2] or "").split(","):
        name, colon, number = part.partition(":")
        if colon:
            made[name.strip()] = read_whole(least, 64, number)
    return made


def _turns(value: str) -> int:
    return 0 if value == "auto" else read_whole(1, 1_000, value)


def _guard(name: str) -> Callable[[str], dict[str, bool]]:
    return lambda value: {name: read_switch(value)}


_KEYS: Mapping[str, _Reader] = {
    "persistence": ("persistence", read_switch),
    "enforcement": ("enforcement", lambda value: read_choice(ENFORCEMENTS, value)),
    "isolation": ("isolation", lambda value: read_choice(ISOLATIONS, value)),
    _AGENTS: ("agents", partial(_agents, 1)),
    "waves": ("waves", lambda value: read_whole(1, 64, value)),
    "max-turns": ("turns", _turns),
    "pencil": ("pencil", _none),
    "grounding-injection-max-files": ("grounding", lambda value: read_whole(0, 20, value)),
    "docs-orchestrator.enabled": ("docs", read_switch),
    **{f"enforcement-gates.{name}": ("guards", _guard(name)) for name in GUARDS},
}
"""Setting → field of :class:`SessionConfig`, and how its value is read."""
