"""The real files of a repository: what falls under a pattern, and what one that matches nothing may have meant."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable

from orchestrator_tui.core.scope import expand
from orchestrator_tui.plan.problems import nearest_of

_AFTER_SLASH = chr(ord("/") + 1)

_FILE_NAME = re.compile(r"[^/.][^/]*\.[A-Za-z][A-Za-z0-9]{0,7}$")
"""How the name of a file ends: a directory is seldom called so, and ``v1.2`` or ``.github`` are not."""


class Tree:
    """Tracked files, sorted once, so that a pattern looks only below the directories that it names."""

    def __init__(self, files: Iterable[str]) -> None:
        self.files = tuple(sorted(set(files)))
        self._matched: dict[str, tuple[str, ...]] = {}
        self._children: dict[str, set[str]] = {}

    def under(self, pattern: str) -> tuple[str, ...]:
        """The files under one pattern, sorted."""
        if pattern not in self._matched:
            self._matched[pattern] = expand((pattern,), self._candidates(pattern))
        return self._matched[pattern]

    def under_any(self, patterns: Iterable[str]) -> frozenset[str]:
        """The files under any of some patterns."""
        return frozenset(file for pattern in patterns for file in self.under(pattern))

    def names_one_file(self, pattern: str) -> bool:
        """Whether a pattern is one file and no directory: it is there, or is to be made and ends like a file."""
        if has_wildcard(pattern) or pattern.endswith("/"):
            return False
        there = self.under(pattern)
        return there == (pattern,) if there else _FILE_NAME.search(pattern) is not None

    def meant(self, pattern: str) -> str:
        """The pattern with its first wrong part put right, where that matches something; else ""."""
        parts = pattern.split("/")
        for depth, part in enumerate(parts):
            if has_wildcard(part):
                return ""
            known = self._known("/".join(parts[:depth]))
            if part not in known:
                near = nearest_of(part, known)
                fixed = "/".join([*parts[:depth], near, *parts[depth + 1 :]])
                return fixed if near and self.under(fixed) else ""
        return ""

    def _candidates(self, pattern: str) -> tuple[str, ...]:
        """A superset of the files under a pattern: those at and below its leading parts without a wildcard."""
        fixed: list[str] = []
        for part in pattern.strip("/").split("/"):
            if has_wildcard(part):
                break
            fixed.append(part)
        if not fixed or not all(fixed) or "." in fixed:
            return self.files
        prefix = "/".join(fixed)
        first = bisect_left(self.files, prefix + "/")
        last = bisect_left(self.files, prefix + _AFTER_SLASH)
        own = bisect_left(self.files, prefix)
        itself = (prefix,) if own < len(self.files) and self.files[own] == prefix else ()
        return itself + self.files[first:last]

    def _known(self, directory: str) -> set[str]:
        """What lies directly in a directory."""
        if not self._children:
            for file in self.files:
                parts = file.split("/")
                for depth, part in enumerate(parts):
                    self._children.setdefault("/".join(parts[:depth]), set()).add(part)
        return self._children.get(directory, set())


def has_wildcard(pattern: str) -> bool:
    """Whether a pattern, or a part of one, can match more than one name."""
    return any(character in pattern for character in "*?[\\")
