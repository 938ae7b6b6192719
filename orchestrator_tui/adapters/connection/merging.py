"""Our entries put into a text of settings, and taken out of it (pure): everything else stays as it is written.

What somebody has set otherwise stays so and is said; nothing is changed that is not ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from orchestrator_tui.adapters.connection import scan
from orchestrator_tui.adapters.connection.draft import Draft, Splice
from orchestrator_tui.adapters.connection.scan import Item, Span
from orchestrator_tui.adapters.connection.wanted import (
    RULES,
    SERVER,
    VALUES,
    HookEntry,
    Wanted,
    has_our_hook,
    is_our_group,
    is_our_hook,
    is_our_server,
)
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.text import plural

Path = tuple[str, ...]

HOOKS, VARIABLES, PERMISSIONS = ("hooks",), ("env",), ("permissions",)
EVENTS_NAMED = 3
"""Up to so many events are named in words."""
ALLOW, DENY = ("permissions", "allow"), ("permissions", "deny")


@frozen
class Merged:
    """A changed text.

    Attributes:
        text: the text as it is now.
        splices: how it came from what was given.
        words: what was changed, a line each; none when nothing was.
        left: what stays otherwise than we need it, and what that means, a line each.
        added: paths of members, list entries and containers that were not there before.
        gone: nothing of the text is left: its file goes.
    """

    text: str
    splices: tuple[Splice, ...] = ()
    words: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    added: tuple[Path, ...] = ()
    gone: bool = False


class _Merge:
    """A draft with the account of what is done to it."""

    def __init__(self, text: str) -> None:
        self.draft = Draft(text)
        self.words: list[str] = []
        self.left: list[str] = []
        self.added: list[Path] = []

    def done(self) -> Merged:
        draft = self.draft
        return Merged(draft.text, draft.splices, tuple(self.words), tuple(self.left), tuple(self.added))

    def make(self, path: Path, empty: Any) -> None:
        """Make the containers on the way to ``path``, ``empty`` being the last of them."""
        for end in range(1, len(path) + 1):
            last = end == len(path)
            there = self.draft.list(path) if last and isinstance(empty, list) else self.draft.object(path[:end])
            if there is None:
                self.add(path[: end - 1], path[end - 1], empty if last else {})

    def add(self, path: Path, key: str, value: Any) -> None:
        self.draft.add_member(path, key, value)
        self.added.append((*path, key))

    def prune(self, paths: Iterable[Path]) -> None:
        """Take away these containers, the deepest first, where nothing is in them any more."""
        for path in sorted(paths, key=len, reverse=True):
            item = self.draft.find(path)
            if item is not None and item.value in ({}, []):
                self.take(path)

    def take(self, path: Path) -> None:
        """Take a member away."""
        span = self.draft.object(path[:-1])
        if span is not None:
            self.draft.remove(span, lambda item: item.key == path[-1])


# --- putting in ------------------------------------------------------------------------------------------------


def with_settings(text: str, wanted: Wanted) -> Merged:
    """Hooks, variables and rules of ours put into ``settings.json``.

    Raises:
        Malformed: the text is no JSON object, or what we would change in it has another shape.
    """
    merge = _Merge(text)
    _put_hooks(merge, wanted.hooks)
    _put_variables(merge)
    _put_rules(merge)
    return merge.done()


def with_server(text: str, wanted: Wanted, path: Path) -> Merged:
    """Our MCP server put among the servers at ``path``.

    Raises:
        Malformed: as :func:`with_settings`.
    """
    merge = _Merge(text)
    merge.make(path, {})
    place = (*path, SERVER)
    item = merge.draft.find(place)
    if item is None:
        merge.add(path, SERVER, dict(wanted.server))
        merge.words.append(f"MCP server {SERVER} ({' '.join([wanted.server['command'], *wanted.server['args']])})")
    elif not is_our_server(item.value):
        merge.left.append(f'another server is called "{SERVER}" and stays: its tools are not ours')
    else:
        changed = [key for key, value in wanted.server.items() if item.value.get(key) != value]
        for key in changed:
            there = merge.draft.find((*place, key))
            if there is None:
                merge.draft.add_member(place, key, wanted.server[key])
            else:
                merge.draft.replace(there, wanted.server[key])
        if changed:
            merge.words.append(f"MCP server {SERVER}: {', '.join(changed)} brought up to date")
    return merge.done()


def with_server_of(text: str, other: str, path: Path) -> Merged:
    """The server that is ours at ``path`` of another text put in, as it stands there.

    Raises:
        Malformed: as :func:`with_settings`.
    """
    item = Draft(other).find((*path, SERVER))
    if item is None or not is_our_server(item.value):
        return Merged(text)
    return with_server(text, Wanted((), item.value, ""), path)


def _put_hooks(merge: _Merge, entries: Sequence[HookEntry]) -> None:
    merge.make(HOOKS, {})
    span = merge.draft.object(HOOKS)
    assert span is not None
    events = dict.fromkeys(entry.event for entry in entries)
    foreign = [item.key for item in span.items if item.key not in events and isinstance(item.value, list)]
    heard: list[str] = []
    added, renewed = 0, 0
    for event in (*events, *(key for key in foreign if _any_ours(merge.draft.find((*HOOKS, key))))):
        new, old = _put_event(merge, (*HOOKS, event), [entry for entry in entries if entry.event == event])
        added, renewed = added + new, renewed + old
        heard += [event] if new else []
    if added:
        named = ", ".join(heard) if len(heard) <= EVENTS_NAMED else f"{len(heard)} events"
        merge.words.append(f"{plural(added, 'hook')} for {named}")
    if renewed:
        merge.words.append(f"{plural(renewed, 'hook')} of ours brought up to date")


def _put_event(merge: _Merge, path: Path, entries: Sequence[HookEntry]) -> tuple[int, int]:
    """Our groups of one event as they should be; how many were added, and how many others changed."""
    wanted = [entry.group() for entry in entries]
    if merge.draft.list(path) is None:
        merge.add(path[:-1], path[-1], wanted)
        return len(wanted), 0
    groups = _groups(merge, path)
    ours = [item.value for item in groups.items if is_our_group(item.value)]
    mixed = any(has_our_hook(item.value) and not is_our_group(item.value) for item in groups.items)
    if ours == wanted and not mixed:
        return 0, 0
    renewed = _take_from_mixed(merge, path) if mixed else 0
    for place in range(min(len(ours), len(wanted))):
        mine = [item for item in _groups(merge, path).items if is_our_group(item.value)]
        if mine[place].value != wanted[place]:
            merge.draft.replace(mine[place], wanted[place])
            renewed += 1
    surplus = [item for item in _groups(merge, path).items if is_our_group(item.value)][len(wanted) :]
    if surplus:
        starts = {item.start for item in surplus}
        renewed += merge.draft.remove(_groups(merge, path), lambda item: item.start in starts)
    for group in wanted[len(ours) :]:
        merge.draft.add_element(path, group)
    return max(0, len(wanted) - len(ours)), renewed


def _put_variables(merge: _Merge) -> None:
    merge.make(VARIABLES, {})
    for name, value in VALUES.items():
        item = merge.draft.find((*VARIABLES, name))
        if item is None:
            merge.add(VARIABLES, name, value)
            merge.words.append(f"variable {name}={value}")
        elif str(item.value) != value:
            merge.left.append(f"{name} is {item.value!r} there and stays so; agents would need {value!r}")


def _put_rules(merge: _Merge) -> None:
    merge.make(ALLOW, [])
    span = merge.draft.list(ALLOW)
    there = [] if span is None else [item.value for item in span.items]
    for rule in RULES:
        if rule not in there:
            merge.draft.add_element(ALLOW, rule)
            merge.added.append((*ALLOW, rule))
            merge.words.append(f"permission {rule}")
    denied = merge.draft.find(DENY)
    if denied is not None and isinstance(denied.value, list):
        names = [one for one in denied.value if isinstance(one, str)]
        hindering = [one for one in names if one in RULES or one.startswith(f"mcp__{SERVER}")]
        merge.left += [f"permissions.deny holds {one!r} and goes before our rule" for one in hindering]


# --- taking out ------------------------------------------------------------------------------------------------


def without_settings(text: str, added: Iterable[Path] | None) -> Merged:
    """Our hooks, variables and rules taken out of ``settings.json``.

    Args:
        text: the settings.
        added: what we are known to have added; None when nothing is known. Then variables stay, since anybody may
            have set them, and everything does where no hook of ours shows a connection.

    Raises:
        Malformed: as :func:`with_settings`.
    """
    merge = _Merge(text)
    known = None if added is None else set(added)
    hooks = merge.draft.object(HOOKS)
    if known is None and not any(_any_ours(item) for item in (hooks.items if hooks else ())):
        return merge.done()
    _take_hooks(merge, known)
    _take_rules(merge, known)
    _take_variables(merge, known)
    if known is not None:
        merge.prune(path for path in known if path in (VARIABLES, PERMISSIONS, ALLOW))
    return merge.done()


def without_server(text: str, path: Path, added: Iterable[Path] | None) -> Merged:
    """Our MCP server taken out of the servers at ``path``.

    Raises:
        Malformed: as :func:`with_settings`.
    """
    merge = _Merge(text)
    item = merge.draft.find((*path, SERVER))
    if item is not None and is_our_server(item.value):
        merge.take((*path, SERVER))
        merge.words.append(f"MCP server {SERVER}")
        ways = [path[:end] for end in range(1, len(path) + 1)]
        merge.prune(way for way in ways if added is not None and way in set(added))
    return merge.done()


def _take_hooks(merge: _Merge, known: set[Path] | None) -> None:
    span = merge.draft.object(HOOKS)
    if span is None:
        return
    taken = 0
    for event in [item.key for item in span.items if _any_ours(item)]:
        path = (*HOOKS, event)
        taken += _take_from_mixed(merge, path)
        taken += merge.draft.remove(_groups(merge, path), lambda item: is_our_group(item.value))
        if known is None or path in known:
            merge.prune([path])
    if taken:
        merge.words.append(plural(taken, "hook"))
        if known is None or HOOKS in known:
            merge.prune([HOOKS])


def _take_from_mixed(merge: _Merge, path: Path) -> int:
    """Take our hooks out of the groups that hold others, too."""
    taken = 0
    for place in range(len(_groups(merge, path).items)):
        item = _groups(merge, path).items[place]
        if has_our_hook(item.value) and not is_our_group(item.value):
            hooks = scan.members(merge.draft.text, item.at).named("hooks")
            assert hooks is not None
            inner = scan.elements(merge.draft.text, hooks.at)
            taken += merge.draft.remove(inner, lambda one: is_our_hook(one.value))
    return taken


def _take_rules(merge: _Merge, known: set[Path] | None) -> None:
    item = merge.draft.find(ALLOW)
    if item is None or not isinstance(item.value, list):
        return
    # Nobody but us has a use for these rules, so that they go even where nothing is known.
    gone = [rule for rule in RULES if known is None or (*ALLOW, rule) in known]
    if merge.draft.remove(scan.elements(merge.draft.text, item.at), lambda one: one.value in gone):
        merge.words.append("permissions")


def _take_variables(merge: _Merge, known: set[Path] | None) -> None:
    for name, value in VALUES.items():
        item = merge.draft.find((*VARIABLES, name))
        if item is None or str(item.value) != value:
            continue
        if known is None:
            merge.left.append(f"variable {name} stays: nothing tells who set it")
        elif (*VARIABLES, name) in known:
            merge.take((*VARIABLES, name))
            merge.words.append(f"variable {name}")


def _groups(merge: _Merge, path: Path) -> Span:
    span = merge.draft.list(path)
    return Span(0, 0, ()) if span is None else span


def _any_ours(item: Item | None) -> bool:
    return item is not None and isinstance(item.value, list) and any(has_our_hook(group) for group in item.value)
