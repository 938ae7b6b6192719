"""The keys of the status line: the few that matter now, from the registry, greyed when they would be refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from orchestrator_tui.core.queries import needs_person
from orchestrator_tui.ui.actions import BY_ID, key_name
from orchestrator_tui.ui.available import Situation, undoable, why_not
from orchestrator_tui.ui.deciding import is_blank, rests
from orchestrator_tui.ui.keymap import Keymap
from orchestrator_tui.ui.present.card import option_at
from orchestrator_tui.ui.present.status import Hint

FOOTERS: Mapping[str, tuple[str, ...]] = {
    "main": ("mark-1", "diff", "output", "reject", "next-waiting", "search", "help"),
    "main-narrow": ("submit", "next-waiting", "search", "next-panel", "help", "quit"),
    "gate": ("mark-1", "submit", "next-waiting", "reject", "diff", "output", "snooze", "back", "help"),
    "track": ("diff", "output", "message", "nudge", "jump-here", "back", "next-waiting", "help"),
    "track-run": ("diff", "output", "message", "pause", "retry", "stop", "back", "next-waiting", "help"),
    "plan": ("mark-1", "submit", "approve", "reject", "report", "next-panel", "back", "help"),
    "plan-read": ("next-waiting", "report", "next-panel", "back", "help"),
    "report": ("next-waiting", "snapshot", "back", "help", "quit"),
    "evidence": ("diff", "output", "back", "next-waiting", "help"),
    "replay": ("next-waiting", "search", "filter", "details", "help", "quit"),
}
"""The actions that each footer names, the most useful first."""


def hints(footer: str, situation: Situation, keymap: Keymap, *, ascii_only: bool = False) -> tuple[Hint, ...]:
    """The keys of one footer; what the card is in the middle of goes before them."""
    card = situation.card
    if card.typing is not None:
        return (
            _named("submit", "submit", keymap, ascii_only),
            _named("back", "back without an answer", keymap, ascii_only),
        )
    listed = [*_under_way(situation, keymap, ascii_only)]
    known = {hint.action for hint in listed}
    listed += [hint for hint in _listed(FOOTERS[footer], situation, keymap, ascii_only) if hint.action not in known]
    return tuple(listed)


def _under_way(situation: Situation, keymap: Keymap, ascii_only: bool) -> Iterator[Hint]:
    if not situation.read_only and rests(situation.card, situation.now):
        yield Hint("keys", "rest 0.5 s")
    if not is_blank(situation.card):
        yield _named("submit", "submit", keymap, ascii_only)
        yield _named("back", "unmark", keymap, ascii_only)
    if not situation.read_only and undoable(situation) is not None:
        yield _named("undo", "undo", keymap, ascii_only)


def _listed(ids: Iterable[str], situation: Situation, keymap: Keymap, ascii_only: bool) -> Iterator[Hint]:
    for name in ids:
        action = BY_ID[name]
        enabled = why_not(action, situation) is None
        if name == "mark-1":
            if enabled:
                yield Hint(_digits(situation, keymap), action.label, "mark-1")
            continue
        words = _WORDS[name](situation) if name in _WORDS else action.label
        yield Hint(keymap.first(name, ascii_only=ascii_only), words, name, enabled)


def _submit_words(situation: Situation) -> str:
    """What Enter does where nothing is marked yet."""
    gate = situation.gate
    return "decide" if gate is not None and needs_person(gate) and not situation.read_only else "open"


def _pause_words(situation: Situation) -> str:
    work = None if situation.track is None else situation.track.work
    return "go on" if work is not None and work.paused else "pause"


_WORDS: Mapping[str, Callable[[Situation], str]] = {"submit": _submit_words, "pause": _pause_words}
"""Keys that do one thing or the other, with what they do now."""


def _digits(situation: Situation, keymap: Keymap) -> str:
    gate = situation.gate
    count = 1
    while gate is not None and count < 9 and option_at(gate, situation.card.page, count + 1) is not None:
        count += 1
    first, last = key_name(keymap.keys["mark-1"][0]), key_name(keymap.keys[f"mark-{count}"][0])
    return first if count == 1 else f"{first}-{last}"


def _named(name: str, words: str, keymap: Keymap, ascii_only: bool) -> Hint:
    return Hint(keymap.first(name, ascii_only=ascii_only), words, name)
