"""``orch-tui nudge TRACK``: ask the agent of a track which stage it is on (seed 002, status check)."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from orchestrator_tui.cli.arguments import add_command, add_repository
from orchestrator_tui.cli.asking_hosts import check_authority
from orchestrator_tui.cli.faults import Refusal
from orchestrator_tui.cli.journals import find_place, load_state, writing
from orchestrator_tui.cli.naming_gates import find_track
from orchestrator_tui.cli.tell import bring
from orchestrator_tui.cli.world import surroundings
from orchestrator_tui.core.commands import Nudge
from orchestrator_tui.core.refusal import refusal

if TYPE_CHECKING:
    from orchestrator_tui.cli.arguments import Commands


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    parser = add_command(commands, "nudge")
    parser.add_argument("track", metavar="TRACK", help="its slug, the beginning of it, or batch:slug")
    add_repository(parser)


def run(arguments: Namespace) -> int:
    """Bring the question by every way that its agent has, or leave it to whoever holds the batch."""
    place = find_place(arguments.repo)
    with writing(place) as journal:
        state = load_state(journal)
        batch, track = find_track(state, arguments.track)
        check_authority(batch)
        world = surroundings(place, (), "nudge").world
        command = Nudge(batch.id, track.slug)
        refused = refusal(state, command, world.clock.now())
        if refused is not None:
            raise Refusal(refused)
        return bring(journal, world, state, command)
