"""``orch-tui tell TRACK TEXT``: say something to the agent of a track."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import TYPE_CHECKING

from orchestrator_tui.cli.arguments import add_command, add_repository
from orchestrator_tui.cli.authority import Authority
from orchestrator_tui.cli.faults import DONE, UNFINISHED, Refusal
from orchestrator_tui.cli.journals import find_place, load_state, writing
from orchestrator_tui.cli.naming_gates import find_track
from orchestrator_tui.cli.tables import tell
from orchestrator_tui.cli.world import surroundings
from orchestrator_tui.core.commands import Nudge, Tell
from orchestrator_tui.core.decide import decide
from orchestrator_tui.core.model import Batch, State
from orchestrator_tui.core.refusal import refusal
from orchestrator_tui.journal.sqlite import SqliteJournal
from orchestrator_tui.runtime.messages import Messages
from orchestrator_tui.runtime.recorder import Recorder
from orchestrator_tui.runtime.requests_run import request_of
from orchestrator_tui.runtime.world import World

if TYPE_CHECKING:
    from orchestrator_tui.cli.arguments import Commands

ORIGIN = "cli"


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    parser = add_command(commands, "tell")
    parser.add_argument("track", metavar="TRACK", help="its slug, the beginning of it, or batch:slug")
    parser.add_argument("text", metavar="TEXT", help="what to say")
    add_repository(parser)


def run(arguments: Namespace) -> int:
    """Bring the message by every way that its agent has, or leave it to the cockpit that holds the batch."""
    place = find_place(arguments.repo)
    with writing(place) as journal:
        state = load_state(journal)
        batch, track = find_track(state, arguments.track)
        refused = Authority(os.environ).refusal(batch)
        world = surroundings(place, (), "tell").world
        command = Tell(batch.id, track.slug, arguments.text)
        refused = refused or refusal(state, command, world.clock.now())
        if refused is not None:
            raise Refusal(refused)
        return bring(journal, world, state, command)


def bring(journal: SqliteJournal, world: World, state: State, command: Tell | Nudge) -> int:
    """Bring a message or a nudge to its agent, or leave it to whoever holds the batch."""
    now = world.clock.now()
    lease = journal.take_lease(command.batch, world.holder, now)
    if isinstance(lease, str):
        kind, payload = request_of(command)
        journal.insert_request(command.batch, kind, dict(payload), now, world.actor.name)
        tell(f"said to {command.track}; the {lease} brings it")
        return DONE
    try:
        recorder = Recorder(journal, ORIGIN)
        recorder.record(lease, decide(state, command, world.actor, world.new_id("m"), now), now)
        batch = load_state(journal, [command.batch]).batches[command.batch]
        Messages(world, recorder).send(lease, batch, batch.tracks[command.track], kept=False)
        brought = _brought(journal, batch)
    finally:
        lease.release(world.clock.now())
    newest = load_state(journal, [command.batch]).batches[command.batch].tracks[command.track].messages[-1]
    tell(f"said to {command.track}: {newest.problem or '; '.join(brought)}")
    return UNFINISHED if newest.problem else DONE


def _brought(journal: SqliteJournal, before: Batch) -> list[str]:
    """What was done to bring messages since ``before``, in words."""
    events = journal.events(before.id, before.seq)
    told = [str(event.payload.get("evidence", "")) for event in events if event.kind == "message_delivered"]
    return list(dict.fromkeys(told))
