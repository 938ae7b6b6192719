"""The one registry of what keys do (DESIGN §5): it feeds bindings, footer, help, palette, `orch-tui keys` and the docs.

An action is data. What it needs before it may run is named in ``needs`` and judged by
:mod:`orchestrator_tui.ui.available`; what it does is the ``do_…`` method of the screens of its scopes.
Standard library only, so that the command line can list the keys without loading a screen.
"""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator_tui.core.frozen import frozen

MAIN = "main"
GATE = "gate"
TRACK = "track"
HELP = "help"
DIALOG = "dialog"
REPLAY = "replay"

SCOPES: dict[str, str] = {
    MAIN: "main screen",
    GATE: "one gate",
    TRACK: "one track",
    REPLAY: "replay",
    DIALOG: "dialogs",
    HELP: "help",
}
"""Where an action works, and the words for it. The replay's keys go before those of the main screen."""

GROUPS = ("Decide", "Move", "Look", "Tell", "Replay", "Program")
"""The groups in the order in which help lists them."""


@frozen
class Action:
    """One thing that a key can do.

    Attributes:
        id: stable name by which people remap it.
        keys: the default keys, in the names of the terminal toolkit (``question_mark``, ``ctrl+p``).
        label: one or two words for the footer.
        tooltip: one sentence for help and palette.
        group: one of :data:`GROUPS`.
        scopes: the screens where the key works, of :data:`SCOPES`.
        needs: conditions of :data:`orchestrator_tui.ui.available.CONDITIONS`, judged in this order.
        dangerous: it changes something outside the screen; none of these runs in a replay.
        hint: the word under which several keys share one entry in footer and help, e.g. ``1-9``.
        palette: whether the command palette offers it.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    tooltip: str
    group: str
    scopes: frozenset[str]
    needs: tuple[str, ...] = ()
    dangerous: bool = False
    hint: str = ""
    palette: bool = True

    @property
    def method(self) -> str:
        """The name of the screen's method without its ``do_``: ``next_waiting``."""
        return self.id.replace("-", "_")


def _in(*scopes: str) -> frozenset[str]:
    return frozenset(scopes)


_SCREENS = _in(MAIN, GATE, TRACK)
_DECIDING = _in(MAIN, GATE)

ANSWERING = ("writable", "gate", "gate_open", "rested")
"""What every key that answers needs."""


def _mark(number: int) -> Action:
    return Action(
        f"mark-{number}",
        (str(number),),
        "choose",
        f"Mark option {number} of the gate on the card",
        "Decide",
        _DECIDING,
        needs=(*ANSWERING, f"option_{number}"),
        hint="1-9",
        palette=False,
    )


_DECIDE = (
    *(_mark(number) for number in range(1, 10)),
    Action(
        "options-previous",
        ("less_than_sign",),
        "fewer",
        "Show the nine options before",
        "Decide",
        _DECIDING,
        needs=("gate", "options_before"),
        hint="< >",
        palette=False,
    ),
    Action(
        "options-next",
        ("greater_than_sign",),
        "more options",
        "Show the next nine options",
        "Decide",
        _DECIDING,
        needs=("gate", "options_behind"),
        hint="< >",
        palette=False,
    ),
    Action(
        "submit",
        ("enter",),
        "submit",
        "Submit the marked option; with none marked, open what is selected; send an answer that is stuck again",
        "Decide",
        _DECIDING,
        palette=False,
    ),
    Action(
        "approve",
        ("a",),
        "approve",
        "Mark the option that approves",
        "Decide",
        _DECIDING,
        needs=(*ANSWERING, "approving_option"),
    ),
    Action(
        "reject",
        ("x",),
        "reject",
        "Reject with a reason",
        "Decide",
        _DECIDING,
        needs=(*ANSWERING, "rejecting_option"),
        dangerous=True,
    ),
    Action(
        "edit-input",
        ("e",),
        "edit",
        "Change the command or address that is asked for, and allow it like that",
        "Decide",
        _in(GATE),
        needs=(*ANSWERING, "editable"),
        dangerous=True,
    ),
    Action(
        "undo",
        ("u",),
        "undo",
        "Take back the last answer while it has not left",
        "Decide",
        _SCREENS,
        needs=("writable", "undoable"),
        dangerous=True,
    ),
    Action(
        "snooze",
        ("z",),
        "snooze",
        "Silence the warnings of this gate for a while",
        "Decide",
        _DECIDING,
        needs=("writable", "gate", "gate_open", "snoozable"),
        dangerous=True,
    ),
    Action(
        "dismiss-gate",
        ("X",),
        "dismiss",
        "Take the gate off the queue without an answer, with a reason",
        "Decide",
        _DECIDING,
        needs=("writable", "gate", "dismissable", "rested"),
        dangerous=True,
    ),
)

_MOVE = (
    Action("move-down", ("j", "down"), "down", "Select the next row", "Move", _SCREENS, palette=False, hint="j k"),
    Action("move-up", ("k", "up"), "up", "Select the row above", "Move", _SCREENS, palette=False, hint="j k"),
    Action("move-first", ("g", "home"), "first", "Select the first row", "Move", _SCREENS, palette=False, hint="g G"),
    Action("move-last", ("G", "end"), "last", "Select the last row", "Move", _SCREENS, palette=False, hint="g G"),
    Action("page-down", ("pagedown",), "page down", "Move one page down", "Move", _SCREENS, palette=False),
    Action("page-up", ("pageup",), "page up", "Move one page up", "Move", _SCREENS, palette=False),
    Action("next-panel", ("tab",), "panel", "Go to the next panel", "Move", _SCREENS, palette=False),
    Action("previous-panel", ("shift+tab",), "panel", "Go to the panel before", "Move", _SCREENS, palette=False),
    Action(
        "next-waiting",
        ("w",),
        "next",
        "Go to the next gate that waits",
        "Move",
        _SCREENS,
        needs=("waiting",),
    ),
    Action("search", ("slash",), "search", "Find tracks and gates by a word", "Move", _in(MAIN)),
    Action("sort", ("s",), "sort", "Sort the tracks in another order", "Move", _in(MAIN)),
    Action("filter", ("f",), "filter", "Show only tracks of one standing", "Move", _in(MAIN)),
)

_LOOK = (
    Action("enlarge", ("e",), "enlarge", "Open the gate on the card", "Look", _in(MAIN), needs=("gate",)),
    Action("details", ("v",), "track", "Open the track of the card", "Look", _DECIDING, needs=("track",)),
    Action(
        "diff",
        ("d",),
        "diff",
        "Show what the call on the card would do, whole; else, and on the second press, the track's changes",
        "Look",
        _SCREENS,
        needs=("diff",),
    ),
    Action("output", ("o",), "output", "Show what the agent printed", "Look", _SCREENS, needs=("track", "output")),
    Action(
        "jump",
        ("J",),
        "terminal",
        "Go to the terminal in which the track's agent sits (tmux)",
        "Look",
        _SCREENS,
        needs=("track", "pane"),
    ),
    Action(
        "jump-here",
        ("enter",),
        "terminal",
        "Go to the agent's terminal",
        "Look",
        _in(TRACK),
        ("track", "pane"),
        palette=False,
    ),
    Action("copy", ("y",), "copy", "Copy the gate or track to the clipboard", "Look", _SCREENS, needs=("something",)),
    Action("snapshot", ("S",), "snapshot", "Save this screen as SVG and text", "Look", _SCREENS),
    Action("help", ("question_mark", "f1"), "help", "Show all keys", "Look", _SCREENS),
    Action("palette", ("ctrl+p",), "palette", "Find an action, gate or track by name", "Look", _SCREENS, palette=False),
)

_TELL = (
    Action(
        "message",
        ("m",),
        "message",
        "Send the track's agent a message",
        "Tell",
        _SCREENS,
        needs=("writable", "track", "tellable"),
        dangerous=True,
    ),
    Action(
        "nudge",
        ("n",),
        "nudge",
        "Ask the track's agent which stage it is on",
        "Tell",
        _SCREENS,
        needs=("writable", "track", "nudgeable"),
        dangerous=True,
    ),
    Action(
        "connect",
        ("C",),
        "connect",
        "Connect Claude Code, so that its agents ask and hear you here",
        "Tell",
        _SCREENS,
        needs=("writable", "connectable"),
        dangerous=True,
    ),
)

_REPLAY = (
    Action("transport-play", ("space",), "play", "Play or pause", "Replay", _in(REPLAY)),
    Action("transport-back", ("left",), "10 s", "Go back 10 seconds", "Replay", _in(REPLAY), hint="← →"),
    Action("transport-forward", ("right",), "10 s", "Go on 10 seconds", "Replay", _in(REPLAY), hint="← →"),
    Action("transport-event-before", ("comma",), "event", "Go to the event before", "Replay", _in(REPLAY), hint=", ."),
    Action("transport-event-next", ("full_stop",), "event", "Go to the next event", "Replay", _in(REPLAY), hint=", ."),
    Action(
        "transport-gate-before",
        ("left_square_bracket",),
        "gate",
        "Go to the gate before",
        "Replay",
        _in(REPLAY),
        hint="[ ]",
    ),
    Action(
        "transport-gate-next",
        ("right_square_bracket",),
        "gate",
        "Go to the next gate",
        "Replay",
        _in(REPLAY),
        hint="[ ]",
    ),
    Action("transport-time", ("t",), "time", "Go to a time", "Replay", _in(REPLAY)),
    Action("transport-slower", ("less_than_sign",), "speed", "Play slower", "Replay", _in(REPLAY), hint="< >"),
    Action("transport-faster", ("greater_than_sign",), "speed", "Play faster", "Replay", _in(REPLAY), hint="< >"),
    Action("transport-snapshot", ("s",), "snapshot", "Save this screen as SVG and text", "Replay", _in(REPLAY)),
)

_PROGRAM = (
    Action("back", ("escape",), "back", "Go back without an answer", "Program", _SCREENS, palette=False),
    Action("close", ("escape", "q", "question_mark"), "close", "Close the help", "Program", _in(HELP), palette=False),
    Action("help-down", ("j", "down"), "down", "Scroll down", "Move", _in(HELP), palette=False),
    Action("help-up", ("k", "up"), "up", "Scroll up", "Move", _in(HELP), palette=False),
    Action(
        "help-page-down", ("pagedown", "space"), "page down", "Scroll a page down", "Move", _in(HELP), palette=False
    ),
    Action("help-page-up", ("pageup",), "page up", "Scroll a page up", "Move", _in(HELP), palette=False),
    Action("dismiss", ("escape",), "back", "Leave the dialog; nothing happens", "Program", _in(DIALOG), palette=False),
    Action("accept", ("enter",), "accept", "Accept what the dialog asks", "Program", _in(DIALOG), palette=False),
    Action(
        "accept-text",
        ("ctrl+s",),
        "accept",
        "Accept a text of several lines, in which Enter begins the next one",
        "Program",
        _in(DIALOG),
        palette=False,
    ),
    Action("quit", ("q", "ctrl+q", "ctrl+c"), "quit", "Leave; agents go on without this screen", "Program", _SCREENS),
)

ACTIONS: tuple[Action, ...] = (*_DECIDE, *_MOVE, *_LOOK, *_TELL, *_REPLAY, *_PROGRAM)
"""Every action, in the order in which help lists them."""

BY_ID: dict[str, Action] = {action.id: action for action in ACTIONS}
"""The actions by id."""

_NAMES = {
    "enter": "Enter",
    "escape": "Esc",
    "tab": "Tab",
    "shift+tab": "Shift+Tab",
    "space": "Space",
    "home": "Home",
    "end": "End",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "question_mark": "?",
    "slash": "/",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "comma": ",",
    "full_stop": ".",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
}
_ASCII_NAMES = {"↑": "Up", "↓": "Down", "←": "Left", "→": "Right"}


def in_scope(scope: str) -> tuple[Action, ...]:
    """The actions of one scope, in the registry's order."""
    return tuple(action for action in ACTIONS if scope in action.scopes)


def key_name(key: str, *, ascii_only: bool = False) -> str:
    """A key as a person reads it: ``Ctrl+P`` for ``ctrl+p``, ``/`` for ``slash``."""
    name = _NAMES.get(key)
    if name is None:
        *modifiers, last = key.split("+")
        last = _NAMES.get(last, last.upper() if modifiers or len(last) > 1 else last)
        name = "+".join([*(modifier.capitalize() for modifier in modifiers), last])
    return _ASCII_NAMES.get(name, name) if ascii_only else name


def keys_text(keys: Iterable[str], *, ascii_only: bool = False) -> str:
    """Several keys of one action as a person reads them: ``j ↓``."""
    return " ".join(key_name(key, ascii_only=ascii_only) for key in keys)
