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
PLAN = "plan"
REPORT = "report"
HELP = "help"
DIALOG = "dialog"
REPLAY = "replay"

SCOPES: dict[str, str] = {
    MAIN: "main screen",
    GATE: "one gate",
    TRACK: "one track",
    PLAN: "plan",
    REPORT: "report",
    REPLAY: "replay",
    DIALOG: "dialogs",
    HELP: "help",
}
"""Where an action works, and the words for it. The replay's keys go before those of the main screen."""

RUN = "Run"
"""The group of what is asked of a run: :mod:`orchestrator_tui.ui.screens.running` does it, on every screen."""

GROUPS = ("Decide", "Move", "Look", "Tell", RUN, "Replay", "Program")
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
_PAGES = _in(PLAN, REPORT)
_EVERYWHERE = _SCREENS | _PAGES
_DECIDING = _in(MAIN, GATE, PLAN)

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


def _decide(name: str, key: str, label: str, tooltip: str, *needs: str, scopes: frozenset[str] = _DECIDING) -> Action:
    return Action(name, (key,), label, tooltip, "Decide", scopes, needs=needs, dangerous=True)


def _page(name: str, key: str, label: str, tooltip: str, need: str) -> Action:
    return Action(name, (key,), label, tooltip, "Decide", _DECIDING, needs=("gate", need), hint="< >", palette=False)


_DECIDE = (
    *(_mark(number) for number in range(1, 10)),
    _page("options-previous", "less_than_sign", "fewer", "Show the nine options before", "options_before"),
    _page("options-next", "greater_than_sign", "more options", "Show the next nine options", "options_behind"),
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
    _decide("reject", "x", "reject", "Reject with a reason", *ANSWERING, "rejecting_option"),
    _decide(
        "edit-input",
        "e",
        "edit",
        "Change the command or address that is asked for, and allow it like that",
        *ANSWERING,
        "editable",
        scopes=_in(GATE),
    ),
    _decide(
        "undo",
        "u",
        "undo",
        "Take back the last answer while it has not left",
        "writable",
        "undoable",
        scopes=_SCREENS | _in(PLAN),
    ),
    _decide(
        "snooze",
        "z",
        "snooze",
        "Silence the warnings of this gate for a while",
        *("writable", "gate", "gate_open", "snoozable"),
    ),
    _decide(
        "dismiss-gate",
        "X",
        "dismiss",
        "Take the gate off the queue without an answer, with a reason",
        *("writable", "gate", "dismissable", "rested"),
    ),
)


def _move(name: str, keys: tuple[str, ...], label: str, tooltip: str, hint: str = "") -> Action:
    return Action(name, keys, label, tooltip, "Move", _EVERYWHERE, palette=False, hint=hint)


_MOVE = (
    _move("move-down", ("j", "down"), "down", "Select the next row", "j k"),
    _move("move-up", ("k", "up"), "up", "Select the row above", "j k"),
    _move("move-first", ("g", "home"), "first", "Select the first row", "g G"),
    _move("move-last", ("G", "end"), "last", "Select the last row", "g G"),
    _move("page-down", ("pagedown",), "page down", "Move one page down"),
    _move("page-up", ("pageup",), "page up", "Move one page up"),
    _move("next-panel", ("tab",), "panel", "Go to the next panel"),
    _move("previous-panel", ("shift+tab",), "panel", "Go to the panel before"),
    Action("next-waiting", ("w",), "next", "Go to the next gate that waits", "Move", _EVERYWHERE, needs=("waiting",)),
    Action("search", ("slash",), "search", "Find tracks and gates by a word", "Move", _in(MAIN)),
    Action("sort", ("s",), "sort", "Sort the tracks in another order", "Move", _in(MAIN)),
    Action("filter", ("f",), "filter", "Show only tracks of one standing", "Move", _in(MAIN)),
)

_LOOK = (
    Action("enlarge", ("e",), "enlarge", "Open the gate on the card", "Look", _in(MAIN), needs=("gate",)),
    Action("details", ("v",), "track", "Open the track of the card", "Look", _in(MAIN, GATE), needs=("track",)),
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
    Action("plan", ("P",), "plan", "Show the plan of the run", "Look", _SCREENS, needs=("run",)),
    Action("report", ("R",), "report", "Show the report of the run", "Look", _SCREENS | _in(PLAN), needs=("run",)),
    Action(
        "replay-past",
        ("H",),
        "replay",
        "Replay a batch that is over, where none is under way",
        "Look",
        _in(MAIN),
        needs=("past",),
    ),
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
    Action("snapshot", ("S",), "snapshot", "Save this screen as SVG and text", "Look", _EVERYWHERE),
    Action("help", ("question_mark", "f1"), "help", "Show all keys", "Look", _EVERYWHERE),
    Action(
        "palette", ("ctrl+p",), "palette", "Find an action, gate or track by name", "Look", _EVERYWHERE, palette=False
    ),
)


def _tell(name: str, key: str, label: str, tooltip: str, *needs: str) -> Action:
    return Action(name, (key,), label, tooltip, "Tell", _SCREENS, needs=("writable", *needs), dangerous=True)


_TELL = (
    _tell("message", "m", "message", "Send the track's agent a message", "track", "tellable"),
    _tell("nudge", "n", "nudge", "Ask the track's agent which stage it is on", "track", "nudgeable"),
    _tell("connect", "C", "connect", "Connect Claude Code, so that its agents ask and hear you here", "connectable"),
)


def _run(name: str, key: str, label: str, tooltip: str, *needs: str) -> Action:
    return Action(name, (key,), label, tooltip, RUN, _SCREENS, needs=("writable", "run", *needs), dangerous=True)


_RUN = (
    _run("pause", "p", "pause", "Begin nothing new for the track, or go on with it", "track", "pausable"),
    _run("retry", "r", "retry", "Try the track's stage again, with an instruction if you like", "track", "retriable"),
    _run("rescue", "F", "fresh agent", "Give the work of a stuck agent to a fresh one", "track", "rescuable"),
    _run(
        "skip", "O", "skip stage", "Ask to leave the track's stage out: its risk is shown first", "track", "skippable"
    ),
    _run("stop", "K", "stop", "Give the track up, with a reason; nothing is deleted", "track", "stoppable"),
    _run("pause-batch", "B", "pause all", "Begin nothing new in the whole batch, or go on with it", "batch_pausable"),
    _run("pause-now", "N", "pause now", "Pause the whole batch and stop its agents now", "batch_pausable_now"),
    _run("stop-batch", "E", "end batch", "Stop the whole batch, with a reason; nothing is deleted", "batch_stoppable"),
    _run("add", "A", "add tracks", "Add the tracks of a plan file to the run under way", "addable"),
    _run("publish", "M", "publish", "Ask to bring the merged work onto the base branch", "publishable"),
)


def _replay(name: str, key: str, label: str, tooltip: str, hint: str = "") -> Action:
    return Action(f"transport-{name}", (key,), label, tooltip, "Replay", _in(REPLAY), hint=hint)


_REPLAY = (
    _replay("play", "space", "play", "Play or pause"),
    _replay("back", "left", "10 s", "Go back 10 seconds", "← →"),
    _replay("forward", "right", "10 s", "Go on 10 seconds", "← →"),
    _replay("event-before", "comma", "event", "Go to the event before", ", ."),
    _replay("event-next", "full_stop", "event", "Go to the next event", ", ."),
    _replay("gate-before", "left_square_bracket", "gate", "Go to the gate before", "[ ]"),
    _replay("gate-next", "right_square_bracket", "gate", "Go to the next gate", "[ ]"),
    _replay("time", "t", "time", "Go to a time"),
    _replay("slower", "less_than_sign", "speed", "Play slower", "< >"),
    _replay("faster", "greater_than_sign", "speed", "Play faster", "< >"),
    _replay("snapshot", "s", "snapshot", "Save this screen as SVG and text"),
)

_PROGRAM = (
    Action("back", ("escape",), "back", "Go back without an answer", "Program", _EVERYWHERE, palette=False),
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
    Action(
        "quit", ("q", "ctrl+q", "ctrl+c"), "quit", "Leave; agents go on without this screen", "Program", _EVERYWHERE
    ),
)

ACTIONS: tuple[Action, ...] = (*_DECIDE, *_MOVE, *_LOOK, *_TELL, *_RUN, *_REPLAY, *_PROGRAM)
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
