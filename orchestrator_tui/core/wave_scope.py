"""``wave-scope.json``: what the agents of a wave may change and run, by exactly the rules of seed 004.

A pattern that ends with ``/`` holds everything below it; ``**/`` is any number of directories, any other ``**``
anything, ``*`` anything inside of one name; everything else is itself. Letters count as written, and a pattern fits a
whole path from the top. A command is blocked where the blocked text stands between shell boundaries.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from functools import lru_cache
from typing import Any

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.session import ENFORCEMENTS, STRICT

FALLBACK = (
    "rm -rf",
    "git push --force",
    "git push -f",
    "git reset --hard",
    "DROP TABLE",
    "drop table",
    "git checkout -- .",
)
"""What is blocked where a scope file blocks nothing (seed 004)."""

DENIED, BLOCKED = "scope-denied", "command-blocked"
"""How a refusal begins: the classes of errors by which it is known again when an agent runs into it repeatedly."""

PATHS, COMMANDS = "path-guard", "command-guard"

_EVERYTHING = ("*", "**/*", "**")
_TOKEN = re.compile(r"\*\*/|\*\*|\*|[^*]+")
_EDGE = r"[\s;|&(){}`'\"]"


@frozen
class WaveScope:
    """One scope file as it counts; ``gates`` are the guards that it switches off or on, all others are on."""

    wave: int = 0
    role: str = ""
    enforcement: str = STRICT
    allowed: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    gates: Mapping[str, bool] = field(default_factory=dict)

    def watches(self, guard: str) -> bool:
        """Whether a guard is on; one that is not named is."""
        return self.gates.get(guard, True)


def faults(data: Any) -> tuple[str, ...]:
    """Everything that keeps data from being a scope file, one line each; () when it is one."""
    if not isinstance(data, dict):
        return ("must be an object",)
    found = []
    wave = data.get("wave")
    if not isinstance(wave, int) or isinstance(wave, bool) or wave < 1:
        found.append("wave: must be a whole number from 1")
    role = data.get("role")
    if not isinstance(role, str) or not role.strip():
        found.append("role: is empty")
    if data.get("enforcement") not in ENFORCEMENTS:
        found.append(f"enforcement: is none of {', '.join(ENFORCEMENTS)}")
    found += _list_faults(data, "allowedPaths", paths=True)
    found += _list_faults(data, "blockedCommands", paths=False)
    gates = data.get("gates", {})
    if not isinstance(gates, dict):
        found.append("gates: must be an object")
    else:
        found += [f"gates.{name}: must be true or false" for name, on in gates.items() if not isinstance(on, bool)]
    return tuple(found)


def warnings(data: Mapping[str, Any]) -> tuple[str, ...]:
    """What is allowed and hardly meant, one line each."""
    wide = [one for one in data.get("allowedPaths", ()) if one in _EVERYTHING]
    return tuple(f"allowedPaths: {one} allows every file" for one in wide)


def read_scope(text: str) -> WaveScope:
    """A scope file; one that cannot be used counts as strict with nothing allowed, and without a word on it strict."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return WaveScope()
    if isinstance(data, dict) and "enforcement" not in data:
        # Upstream's documents said warn, its code strict; what was forgotten must not open anything.
        data = {**data, "enforcement": STRICT}
    if faults(data):
        return WaveScope()
    return WaveScope(
        data["wave"],
        data["role"],
        data["enforcement"],
        tuple(data["allowedPaths"]),
        tuple(data["blockedCommands"]),
        dict(data.get("gates", {})),
    )


def is_allowed(path: str, allowed: Iterable[str]) -> bool:
    """Whether a path from the top of the repository, with ``/`` between its parts, is in the scope."""
    return any(_pattern(one).fullmatch(path) is not None for one in allowed)


def blocked_by(command: str, blocked: Sequence[str]) -> str:
    """The blocked text that stands in a command, or ""; an empty list blocks what is always dangerous."""
    return next((one for one in blocked or FALLBACK if _command(one).search(command) is not None), "")


def refusal_of_path(scope: WaveScope, path: str | None) -> str:
    """Why a file may not be changed, in one line; "" when it may. ``path`` is None for one outside of the repository.

    The path is one that was followed through all links.
    """
    if not scope.watches(PATHS):
        return ""
    if path is None:
        return f"{DENIED}: the file lies outside of the repository"
    if is_allowed(path, scope.allowed):
        return ""
    named = ", ".join(scope.allowed[:12]) or "nothing, this wave is read-only"
    return f"{DENIED}: {path} is outside of the scope of wave {scope.wave} ({scope.role}); it may change: {named}"


def refusal_of_command(scope: WaveScope, command: str) -> str:
    """Why a command may not be run, in one line; "" when it may."""
    found = blocked_by(command, scope.blocked) if scope.watches(COMMANDS) else ""
    return f"{BLOCKED}: {found!r} is blocked in wave {scope.wave} ({scope.role})" if found else ""


def _list_faults(data: Mapping[str, Any], key: str, *, paths: bool) -> list[str]:
    value = data.get(key)
    if not isinstance(value, list):
        return [f"{key}: is missing or no array"]
    found = []
    for place, one in enumerate(value):
        if not isinstance(one, str) or not one:
            found.append(f"{key}[{place}]: must be a text that is not empty")
        elif paths and one.startswith("/"):
            found.append(f"{key}[{place}]: {one} is an absolute path")
        elif paths and "../" in one:
            found.append(f"{key}[{place}]: {one} leaves the repository")
    return found


@lru_cache(maxsize=1024)
def _pattern(pattern: str) -> re.Pattern[str]:
    if pattern.endswith("/"):
        return re.compile(re.escape(pattern) + ".+", re.DOTALL)
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}
    return re.compile("".join(meaning.get(one) or re.escape(one) for one in _TOKEN.findall(pattern)), re.DOTALL)


@lru_cache(maxsize=1024)
def _command(blocked: str) -> re.Pattern[str]:
    return re.compile(f"(?:^|(?<={_EDGE})){re.escape(blocked)}(?=$|{_EDGE})")
