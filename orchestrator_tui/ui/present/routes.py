"""The ways of an answer in words: by which route it goes, which is next, and why one is not open (DESIGN §4.2)."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator_tui.core.delivery import MAIL, PULL, WAITS, reach_in, way
from orchestrator_tui.core.model import Batch, Gate, GateState
from orchestrator_tui.core.routes_shown import (
    CHOSEN,
    FALLBACK,
    TRIED,
    UNAVAILABLE,
    RouteShown,
    cannot_hear,
    routes_shown,
)
from orchestrator_tui.ui.present.cells import Line, Part, clean
from orchestrator_tui.ui.present.glyphs import Glyphs

UNHEARD = "Its agent cannot hear us: C connects its Claude Code."
NO_ROUTE = "Its agent cannot hear us now; the answer is kept until it can."
CAVEAT = "The answer is written to its task file; its agent may not look."

WORDS = {
    "hook": "hook",
    "mcp": "MCP",
    "shell": "shell",
    "stdin": "stdin",
    "engine": "orch-tui",
    "tmux": "tmux",
    "inbox": "inbox",
    "mail": "its next tool call",
    "task_file": "task file",
    "none": "no way",
}
"""The word for each route of answers, messages and nudges."""

_HELD: Mapping[tuple[str, str], str] = {
    ("hook", WAITS): "held by hook",
    ("hook", MAIL): "hears with its next tool call",
    ("mcp", WAITS): "held by MCP",
    ("mcp", PULL): "asks for it over MCP",
    ("shell", WAITS): "waits in its shell",
}
_OPEN = {"stdin": "listens on stdin", "engine": "orch-tui asks", "task_file": "asked in its task file"}
_SIGNS = {CHOSEN: "running", FALLBACK: "bullet", TRIED: "failed", UNAVAILABLE: "skipped"}


def route_word(route: str) -> str:
    """The word for a route."""
    return WORDS.get(route) or clean(route, 40).replace("_", " ")


def chosen_route(gate: Gate, batch: Batch) -> RouteShown | None:
    """The route that an answer takes, or would take now; None when none is open."""
    return next((one for one in routes_shown(gate, reach_in(batch, gate)) if one.state == CHOSEN), None)


def held_words(gate: Gate, batch: Batch) -> str:
    """How the asker of a gate waits: ``held by hook``; "" when it cannot be reached."""
    chosen = chosen_route(gate, batch)
    if chosen is None:
        return ""
    taken = way(gate, chosen.route, reach_in(batch, gate))
    return _HELD.get((chosen.route, taken)) or _OPEN.get(chosen.route) or route_word(chosen.route)


def route_note(gate: Gate, batch: Batch) -> str:
    """What the person must know of the way of an answer that is not given yet, or ""."""
    if cannot_hear(gate, reach_in(batch, gate)):
        return UNHEARD
    chosen = chosen_route(gate, batch)
    if chosen is None:
        return NO_ROUTE
    return CAVEAT if chosen.route == "task_file" else ""


def route_rows(gate: Gate, batch: Batch, glyphs: Glyphs) -> tuple[tuple[str, Line], ...]:
    """Every way of a gate's answer, strongest first, where there is more than one to tell of."""
    shown = routes_shown(gate, reach_in(batch, gate))
    if len(shown) < 2 and not any(one.state == TRIED for one in shown):
        return ()
    if gate.state is GateState.ACKNOWLEDGED:
        return ()
    return tuple(("route", (_part(one, glyphs),)) for one in shown)


def _part(shown: RouteShown, glyphs: Glyphs) -> Part:
    sign: str = getattr(glyphs, _SIGNS[shown.state])
    return Part(f"{sign} {route_word(shown.route)}: {clean(shown.why, 200)}", _token(shown))


def _token(shown: RouteShown) -> str:
    return {CHOSEN: "", TRIED: "track-failed"}.get(shown.state, "quiet")
