"""``orch-tui decide GATE OPTION``: answer a question, and bring the answer to its agent when nobody else does.

The answer is one compare-and-set on the gate, whoever holds the batch. Where a cockpit holds it, that delivers; where
nobody does, the answer is written into the task here and now (DESIGN §4.2, routes).
"""

from __future__ import annotations

import os
from argparse import ArgumentTypeError, Namespace
from typing import TYPE_CHECKING

from orchestrator_tui.cli.arguments import add_command, add_json, add_repository
from orchestrator_tui.cli.authority import Authority
from orchestrator_tui.cli.delivering import Deliverer
from orchestrator_tui.cli.faults import DONE, UNFINISHED, BadInput, Refusal
from orchestrator_tui.cli.journals import find_place, load_state, writing
from orchestrator_tui.cli.json_view import gate_view, print_json
from orchestrator_tui.cli.naming_gates import NAMED_REVISION, find_gate, find_options, gate_name, unknown_gate
from orchestrator_tui.cli.tables import local_zone, say, signs, tell
from orchestrator_tui.cli.world import surroundings
from orchestrator_tui.core.commands import Decide
from orchestrator_tui.core.decide import decided_draft
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.gate_refusals import takes_both, wants_text
from orchestrator_tui.core.gates import ALREADY
from orchestrator_tui.core.gates import refusal as gate_refusal
from orchestrator_tui.core.model import Gate, GateState, State
from orchestrator_tui.core.queries import wants_confirmation
from orchestrator_tui.core.refusal import refusal
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.journal.port import Refused
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.world import World
from orchestrator_tui.ui.present.delivery import life_lines

if TYPE_CHECKING:
    from orchestrator_tui.cli.arguments import Commands

ORIGIN = "cli"
LONGEST_WAIT_S = 86_400.0
ONE_ANSWER = "name one OPTION, or give an answer of your own with --text"


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    parser = add_command(commands, "decide")
    parser.add_argument("gate", metavar="GATE", help="its id, a track's slug, slug/stage, or one of these as batch:…")
    parser.add_argument(
        "option", nargs="?", metavar="OPTION", help="key, position or beginning of the label; several as a,b"
    )
    parser.add_argument(
        "--text",
        metavar="TEXT",
        help="an answer in your own words instead of an option; beside options where a question takes several; with "
        "`edit`, all of what is to be allowed instead",
    )
    parser.add_argument(
        "--reason", metavar="TEXT", default="", help="why; needed to reject, skip, or go against advice"
    )
    parser.add_argument("--revision", metavar="N", type=int, help="the revision that you read; needed for high risks")
    parser.add_argument("--confirm", metavar="SLUG", default="", help="the track's slug; needed for production")
    parser.add_argument(
        "--wait",
        metavar="SECONDS",
        type=_seconds,
        default=0.0,
        help="wait so long for the agent to take the answer (0)",
    )
    add_repository(parser)
    add_json(parser)


def run(arguments: Namespace) -> int:
    """Decide, deliver what is ours to deliver, and say how far the answer came."""
    if arguments.option is None and arguments.text is None:
        raise BadInput(ONE_ANSWER)
    place = find_place(arguments.repo)
    with writing(place) as journal:
        asked = _asked(journal, arguments)
        world = surroundings(place, (), "decide").world
        said = _decide(journal, world, asked, arguments)
        deliverer = Deliverer(journal, world, asked.gate.batch, asked.gate.id)
        gate = deliverer.follow(arguments.wait)
        _print(deliverer, gate, said, arguments.json)
    if gate.undelivered or (arguments.wait and gate.state is not GateState.ACKNOWLEDGED):
        return UNFINISHED
    return DONE


@frozen
class _Asked:
    """What is decided: the gate, in the state that its batch has."""

    state: State
    gate: Gate


def _asked(journal: SqliteJournal, arguments: Namespace) -> _Asked:
    living = journal.gates()
    found = find_gate(living, arguments.gate)
    state = load_state(journal, None if found is None else [found.batch])
    if found is None:
        every = [gate for batch in state.batches.values() for gate in batch.gates.values()]
        found = find_gate(every, arguments.gate)
        if found is None:
            raise unknown_gate(arguments.gate, living or every)
    batch = state.batches[found.batch]
    refused = Authority(os.environ).refusal(batch)
    if refused is not None:
        raise Refusal(refused)
    return _Asked(state, batch.gates[found.id])


def _decide(journal: SqliteJournal, world: World, asked: _Asked, arguments: Namespace) -> str:
    """Record the answer; what was done in one word.

    Raises:
        BadInput: there is no such option.
        Refusal: the answer may not be given, or came too late.
    """
    gate = asked.gate
    limits = asked.state.batches[gate.batch].limits
    now = world.clock.now()

    def answered(command: Decide) -> Draft:
        return decided_draft(gate, command, world.new_id("d"), world.actor.name, world.actor.details, limits)

    try:
        command = _command(gate, arguments)
    except BadInput:
        if arguments.text is not None:
            raise
        # The journal refuses it and keeps that it was tried (reliability A-3).
        journal.change_gate(gate.batch, answered(_as_typed(gate, arguments)), now, ORIGIN)
        raise
    if gate_refusal(gate, answered(command), now) is None:
        if gate.risk in NAMED_REVISION and arguments.revision is None:
            raise Refusal(f"a {gate.risk.name.lower()} question is decided by the revision you read: --revision N")
        refused = refusal(asked.state, command, now)
        if refused is not None:
            raise Refusal(_in_arguments(refused, gate))
    outcome = journal.change_gate(gate.batch, answered(command), now, ORIGIN)
    if not isinstance(outcome, Refused):
        return "decided"
    if outcome.why == ALREADY:
        return ALREADY
    raise Refusal(_in_arguments(outcome.why, gate))


def _as_typed(gate: Gate, arguments: Namespace) -> Decide:
    typed = sanitise_line(arguments.option or "", 200)
    return Decide(gate.batch, gate.id, gate.revision, gate.digest, options=(typed,), origin=ORIGIN)


def _command(gate: Gate, arguments: Namespace) -> Decide:
    confirm = arguments.confirm
    options = () if arguments.option is None else find_options(gate, arguments.option)
    if options and arguments.text is not None and not (takes_both(gate.question) or wants_text(gate.question, options)):
        raise BadInput(ONE_ANSWER)
    if wants_confirmation(gate) == "twice":
        # Typing the command is the second press of Enter.
        confirm = "twice"
    return Decide(
        batch=gate.batch,
        gate=gate.id,
        revision=gate.revision if arguments.revision is None else arguments.revision,
        digest=gate.digest,
        options=options,
        text=arguments.text or "",
        reason=arguments.reason,
        confirm=confirm,
        origin=ORIGIN,
    )


def _in_arguments(refused: str, gate: Gate) -> str:
    """A refusal in the words of the command line, where a key would mend it in the cockpit."""
    if refused.startswith("say why"):
        return f"{refused}: --reason TEXT"
    if " wants a text" in refused:
        return f"{refused}: --text TEXT"
    if refused.startswith("type "):
        return f"a {gate.risk.name.lower()} question wants its track confirmed: --confirm {gate.track}"
    return refused


def _print(deliverer: Deliverer, gate: Gate, said: str, as_json: bool) -> None:
    if as_json:
        print_json({"outcome": said, "gate": gate_view(gate, deliverer.batch, deliverer.now())})
        return
    tell(f"{said}: {gate_name(gate)}, revision {gate.revision}")
    for line in life_lines(gate, local_zone(), signs()):
        tell("  " + "".join(part.text for part in line))
    waits = deliverer.waits_for()
    if waits:
        say(waits)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST_WAIT_S:
        raise ArgumentTypeError(f"{text!r} is not a number of seconds from 0 to {LONGEST_WAIT_S:.0f}")
    return seconds
