"""``orch-tui gates [--all]``: the questions that wait, in the order of the queue, and the answers on their way."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.cli import json_view
from orchestrator_tui.cli.arguments import add_command, add_json, add_repository
from orchestrator_tui.cli.faults import DONE
from orchestrator_tui.cli.journals import find_place, load_state, reading
from orchestrator_tui.cli.naming_gates import answering, gate_name
from orchestrator_tui.cli.tables import print_table, say, signs
from orchestrator_tui.core.delivery import WAITED_FOR
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import TERMINAL_GATE_STATES, Gate, State
from orchestrator_tui.core.queries import all_gates, gate_age_ms, gate_queue, is_stale, needs_person, under_way
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.ui.present.ages import duration

if TYPE_CHECKING:
    from orchestrator_tui.cli.arguments import Commands


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    parser = add_command(commands, "gates")
    parser.add_argument("--all", action="store_true", help="those that came to their end, too")
    add_repository(parser)
    add_json(parser)


def run(arguments: Namespace) -> int:
    """Print the gates; a repository without a journal has none."""
    place = find_place(arguments.repo)
    with reading(place) as journal:
        if journal is None:
            state = State()
        elif arguments.all:
            state = load_state(journal)
        else:
            state = load_state(journal, {gate.batch for gate in journal.gates()}, str(place.repository))
        waiting = {} if journal is None or not arguments.json else _waiting(journal, state)
    now = SystemClock().now()
    gates = _ordered(state, arguments.all)
    if arguments.json:
        views = [json_view.gate_view(gate, state.batches[gate.batch], now, waiting.get(_key(gate))) for gate in gates]
        json_view.print_json({"gates": views})
    elif gates:
        _print(gates, state, now)
    else:
        say("No question waits.")
    return DONE


def _key(gate: Gate) -> tuple[str, str]:
    return gate.batch, gate.id


def _waiting(journal: SqliteJournal, state: State) -> dict[tuple[str, str], frozenset[str]]:
    """The routes by which the readers of each unfinished gate wait now."""
    return {
        _key(gate): frozenset(one.what for one in journal.waiters.live(*_key(gate))) & WAITED_FOR
        for gate in all_gates(state)
        if gate.state not in TERMINAL_GATE_STATES
    }


def _ordered(state: State, ended_too: bool) -> tuple[Gate, ...]:
    """Those that need a person in queue order, then answers on their way, then the ended ones, newest first."""
    travelling = tuple(gate for gate in under_way(state) if not needs_person(gate))
    ended = [gate for gate in all_gates(state) if ended_too and gate.state in TERMINAL_GATE_STATES]
    ended.sort(key=lambda gate: -(gate.closed_at.wall_ms if gate.closed_at else 0))
    return (*gate_queue(state), *travelling, *ended)


def _print(gates: tuple[Gate, ...], state: State, now: Instant) -> None:
    rows: list[Sequence[str]] = []
    for gate in gates:
        stale = signs().gate if is_stale(gate, now, state.batches[gate.batch]) else ""
        waited = duration(gate_age_ms(gate, now)) + stale
        row = (gate.risk.name.lower(), gate_name(gate), json_view.gate_state(gate), waited, f"r{gate.revision}")
        rows.append((*row, gate.question.question))
        if needs_person(gate) and gate.question.options:
            rows.append(("", "", "", "", "", _options(gate)))
    print_table(("RISK", "GATE", "STATE", "WAITED", "REV", "QUESTION"), rows, right=(3,))
    if needs_person(gates[0]):
        choice = "OPTION" if gates[0].question.options else "--text TEXT"
        say(f"answer the first: {answering(gates[0], choice)}")


def _options(gate: Gate) -> str:
    shown = []
    for place, option in enumerate(gate.question.options, start=1):
        label = option.words if option.words == option.key else f"{option.key}: {option.words}"
        shown.append(f"{place} {label}" + (" (recommended)" if option.key == gate.recommendation else ""))
    return "   ".join(shown)
