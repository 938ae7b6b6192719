"""Scopes: which paths a track may touch, by patterns as in ``.gitignore``, and where two scopes meet.

``*`` and ``?`` stay within one directory, ``**`` spans any number of them, ``[...]`` is one character of a set, ``\\``
takes the next character as it is. What stands in brackets is taken as written, too: files may be called so, and a plan
names ``app/[slug]/page.tsx`` as it is. A pattern that matches a directory holds all that lies below it. A pattern with
a wildcard and without a slash matches at any depth (``*.md``); a plain name is a path from the top: who owns
``README.md`` does not own every file of that name. Letters count as written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from orchestrator_tui.core.frozen import frozen

_WILDCARD = re.compile(r"[*?\[]")
_SIGNS = re.compile(r"[*?\[\\]")
_DEEP = "**"
_BELOW = "(?:/.*)?"


@frozen
class Touched:
    """One path that a track has changed."""

    path: str
    appended_only: bool = False
    """The old content is the beginning of the new one, or there was none."""


@frozen
class Breach:
    """A path that a track should not have changed, or not so, and why."""

    path: str
    why: str


def matches(path: str, pattern: str) -> bool:
    """Whether a path from the top of the repository, with ``/`` between its parts, falls under the pattern."""
    return _compiled(pattern).fullmatch(path.strip("/")) is not None


def literal(path: str) -> str:
    """The pattern under which this path alone falls, and what lies below it, whatever signs its name holds."""
    return _SIGNS.sub(r"\\\g<0>", path)


def expand(patterns: Iterable[str], files: Iterable[str]) -> tuple[str, ...]:
    """Those of the files that fall under any of the patterns, in their order."""
    compiled = [_compiled(pattern) for pattern in patterns]
    return tuple(file for file in files if any(one.fullmatch(file.strip("/")) for one in compiled))


def breaches(
    touched: Iterable[Touched],
    owned: Iterable[str],
    allowed: Iterable[str],
    read_only: Iterable[str],
    append_only: Iterable[str],
) -> tuple[Breach, ...]:
    """What of the changes is outside of a scope, in the order of the changes.

    Read-only wins over everything. A file under an append-only pattern may be touched by appending alone, even one
    that is owned. Where neither owned nor allowed paths are declared, everything else may be touched: such a track
    runs alone.
    """
    own, fixed, growing = (*owned, *allowed), tuple(read_only), tuple(append_only)
    found = []
    for change in touched:
        if _any(change.path, fixed):
            found.append(Breach(change.path, "is read-only for this track"))
        elif _any(change.path, growing):
            if not change.appended_only:
                found.append(Breach(change.path, "may only be appended to, and was changed otherwise"))
        elif own and not _any(change.path, own):
            found.append(Breach(change.path, "is outside of this track's scope"))
    return tuple(found)


def overlap(
    patterns_a: Iterable[str], patterns_b: Iterable[str], files: Iterable[str], plain: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """Where two scopes meet: first the files of the tree that fall under both, then what could.

    A file that does not exist yet can fall under two patterns as well. So each pair of patterns with a path in common
    is named, ``a ∩ b``, unless a file of the tree shows that pair already. In doubt they meet: a set of characters
    counts as any character. Those of the patterns that are ``plain`` name one file each, with nothing below.
    """
    pairs = [(a, b) for a in dict.fromkeys(patterns_a) for b in dict.fromkeys(patterns_b)]
    found: dict[str, None] = {}
    open_pairs = dict.fromkeys((a, b) for a, b in pairs if _meet(a, b, a in plain, b in plain))
    for file in files:
        for pair in pairs:
            if matches(file, pair[0]) and matches(file, pair[1]):
                found[file] = None
                open_pairs.pop(pair, None)
    return (*found, *(a if a == b else f"{a} ∩ {b}" for a, b in open_pairs))


def _any(path: str, patterns: tuple[str, ...]) -> bool:
    return any(matches(path, pattern) for pattern in patterns)


def _segments(pattern: str) -> tuple[str, ...]:
    """The parts of a pattern, from the top, with ``**`` in front where it matches at any depth."""
    parts = tuple(part for part in pattern.strip().split("/") if part not in ("", "."))
    anywhere = len(parts) == 1 and not pattern.strip().startswith("/") and _WILDCARD.search(parts[0]) is not None
    return (_DEEP, *parts) if anywhere and parts != (_DEEP,) else parts


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression that never goes back further than to the last wildcard.

    What stands between two wildcards may be taken where it first fits: that leaves the most for the rest.
    """
    parts = _segments(pattern)
    if not parts:
        # An empty pattern, or "/" alone: nothing, and not everything.
        return re.compile(r"(?!)")
    groups: list[list[str]] = [[]]
    for part in parts:
        if part == _DEEP:
            groups.append([])
        else:
            groups[-1].append(_part(part))
    first, *middle = ["/".join(group) for group in groups]
    if not middle:
        return re.compile(first + _BELOW, re.DOTALL)
    last = middle.pop()
    expression = first + "/" if first else ""
    expression += "".join(f"(?>(?:[^/]+/)*?{group}/)" for group in middle if group)
    return re.compile(expression + (f"(?:[^/]+/)*{last}{_BELOW}" if last else ".+"), re.DOTALL)


def _part(part: str) -> str:
    """One part of a pattern as a regular expression."""
    runs = [""]
    for token in _tokens(part):
        if token.startswith("*"):
            runs.append("")
        else:
            runs[-1] += "[^/]" if token == "?" else _set(token)
    first, *middle = runs
    if not middle:
        return first
    last = middle.pop()
    return first + "".join(f"(?>[^/]*?{run})" for run in middle) + "[^/]*" + last


def _tokens(part: str) -> list[str]:
    """A part as ``*``, ``?``, sets ``[...]``, and other characters, escaped ones with their backslash."""
    return re.findall(r"\\.|\*+|\?|\[!?\]?[^\]]*\]|.", part, re.DOTALL)


def _set(token: str) -> str:
    if len(token) < 3 or not token.startswith("["):
        return re.escape(token[1:] if len(token) == 2 and token[0] == "\\" else token)
    inner = token[1:-1]
    negated = inner[0] in "!^"
    body = re.sub(r"([\\\[\]&~|^])", r"\\\1", inner[1:] if negated else inner)
    try:
        re.compile(f"[{body}]")
    except re.error:
        # A range that runs backwards holds nothing, as in git.
        return re.escape(token)
    return f"(?:(?!/)[{'^' if negated else ''}{body}]|{re.escape(token)})"


@lru_cache(maxsize=4096)
def _meet(a: str, b: str, plain_a: bool, plain_b: bool) -> bool:
    """Whether some path falls under both patterns."""
    one, other = _segments(a), _segments(b)
    # A pattern that matches a directory holds what is below it, so either may end early.
    below_a, below_b = (() if plain else (_DEEP,) for plain in (plain_a, plain_b))
    return bool(one and other) and _parts_meet((*one, *below_a), (*other, *below_b))


def _parts_meet(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two sequences of parts, in which ``**`` stands for any number of parts, have a path in common."""
    reached = {(0, 0)}
    waiting = [(0, 0)]
    while waiting:
        i, j = waiting.pop()
        if i == len(one) and j == len(other):
            return True
        following = []
        left, right = one[i] if i < len(one) else None, other[j] if j < len(other) else None
        if left == _DEEP:
            following += [(i + 1, j)] if right is None else [(i + 1, j), (i, j + 1)]
        if right == _DEEP:
            following += [(i, j + 1)] if left is None else [(i, j + 1), (i + 1, j)]
        if left is not None and right is not None and _DEEP not in (left, right) and _names_meet(left, right):
            following.append((i + 1, j + 1))
        for state in following:
            if state not in reached:
                reached.add(state)
                waiting.append(state)
    return False


def _names_meet(one: str, other: str) -> bool:
    """Whether one name falls under both parts; a set counts as any character, or is taken as written."""
    return any(_tokens_meet(a, b) for a in _readings(one) for b in _readings(other))


def _readings(part: str) -> tuple[list[str], ...]:
    """A part as tokens, and where it has sets, with all of them as they are written."""
    tokens = _tokens(part)
    if not any(map(_is_set, tokens)):
        return (tokens,)
    written = [[f"\\{character}" for character in one] if _is_set(one) else [one] for one in tokens]
    return tokens, [one for several in written for one in several]


def _is_set(token: str) -> bool:
    return len(token) > 2 and token[0] == "["


def _tokens_meet(a: list[str], b: list[str]) -> bool:
    reached = {(0, 0)}
    waiting = [(0, 0)]
    while waiting:
        i, j = waiting.pop()
        if i == len(a) and j == len(b):
            return True
        left, right = a[i] if i < len(a) else "", b[j] if j < len(b) else ""
        following = []
        if left.startswith("*"):
            following += [(i + 1, j)] + ([(i, j + 1)] if right else [])
        if right.startswith("*"):
            following += [(i, j + 1)] + ([(i + 1, j)] if left else [])
        if left and right and "*" not in (left[0], right[0]) and _characters_meet(left, right):
            following.append((i + 1, j + 1))
        for state in following:
            if state not in reached:
                reached.add(state)
                waiting.append(state)
    return False


def _characters_meet(left: str, right: str) -> bool:
    def free(token: str) -> bool:
        return token == "?" or _is_set(token)

    return free(left) or free(right) or left[-1] == right[-1]
