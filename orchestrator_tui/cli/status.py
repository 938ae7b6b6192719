"""``orch-tui status [BATCH]``: where every track of one batch stands."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.cli import json_view
from orchestrator_tui.cli.arguments import add_command, add_json, add_repository
from orchestrator_tui.cli.faults import DONE, BadInput
from orchestrator_tui.cli.journals import current_batch, find_batch, find_place, load_state, reading
from orchestrator_tui.cli.tables import print_table, say, tell
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, GateState, Liveness, State, Track, TrackState
from orchestrator_tui.core.queries import (
    agent_behind,
    is_between_agents,
    is_stale,
    shown_tracks,
    stage_place,
    standing,
    waiting_gates,
)
from orchestrator_tui.core.tracks_shown import is_run_itself
from orchestrator_tui.ui.present.ages import age

if TYPE_CHECKING:
    from orchestrator_tui.cli.arguments import Commands
    from orchestrator_tui.core.run import Run


def register(commands: Commands) -> None:
    """Declare the command and its arguments."""
    parser = add_command(commands, "status")
    parser.add_argument("batch", nargs="?", metavar="BATCH", help="id, beginning of an id, or title (the newest)")
    add_repository(parser)
    add_json(parser)


def run(arguments: Namespace) -> int:
    """Print one batch: the named one, else the newest that goes on."""
    batch = _batch(arguments)
    now = SystemClock().now()
    if arguments.json:
        json_view.print_json(json_view.status(batch, now))
    elif batch is None:
        say("No batch yet: run `orch-tui` here, or `orch-tui demo`.")
    else:
        _print(batch, now)
    return DONE


def _batch(arguments: Namespace) -> Batch | None:
    with reading(find_place(arguments.repo)) as journal:
        if journal is None:
            if arguments.batch is not None:
                raise BadInput(f"there is no batch {arguments.batch!r}: this repository has no journal yet")
            return None
        if arguments.batch is not None:
            wanted = find_batch(journal.batches(), arguments.batch)
            return load_state(journal, [wanted]).batches[wanted]
        state = load_state(journal)
    batch = current_batch(state)
    _name_others(state, batch)
    return batch


def _name_others(state: State, chosen: Batch | None) -> None:
    others = [batch.id for batch in state.batches.values() if batch.ended_at is None and batch is not chosen]
    if others:
        say(f"also at work: {', '.join(others[:5])}{' …' if len(others) > 5 else ''}; name one to see it")


def _print(batch: Batch, now: Instant) -> None:
    gates = batch.gates.values()
    stale = sum(is_stale(gate, now, batch) for gate in gates)
    waiting = sum(gate.state is GateState.OPEN for gate in gates)
    ended = batch.ended_at or now
    since = "" if batch.started_at is None else f", for {age(batch.started_at, ended)}"
    tell(f"{batch.title}  ({batch.id})  {batch.state}{since}")
    tell(
        f"{waiting} waiting, {stale} stale; {batch.decided_by_person} decided by a person, "
        f"{batch.decided_by_rule} by a rule"
    )
    if batch.run is not None:
        _print_run(batch, batch.run)
    rows = [_row(batch, track, now) for track in shown_tracks(batch)]
    print_table(("TRACK", "STATE", "STAGE", "", "SEEN", "NOW"), rows, right=(4,))


def _print_run(batch: Batch, run: Run) -> None:
    """What only a run has: how many waves, what is merged where, what it has cost, whether it is paused."""
    waves = len({track.wave for track in shown_tracks(batch) if not is_run_itself(track)})
    spent = json_view.cost(batch)
    told = [f"{waves} waves" if waves != 1 else "one wave"]
    told.append(f"merged into {run.plan.integration}: {', '.join(batch.merged) or 'nothing yet'}")
    told += [f"${spent:,.2f}"] if spent is not None else []
    told += [{"drain": "paused: begins nothing new", "now": "paused: its agents are stopped"}.get(run.pausing, "")]
    told += [f"published: {run.published}"] if run.published else []
    tell("; ".join(one for one in told if one))


def _row(batch: Batch, track: Track, now: Instant) -> list[str]:
    stage = next((one for one in track.stages if one.index == track.stage), None)
    waiting = waiting_gates(batch, track.slug)
    seen, reported = track.activity, track.reported_at
    told, at = track.progress, reported
    if is_between_agents(track):
        # What its last agent said is over, and its next one has said nothing yet.
        seen, told = None, ""
    if seen is not None and (reported is None or seen.at.wall_ms > reported.wall_ms):
        told, at = seen.text, seen.at
    if waiting:
        told = f"asks: {waiting[0].question.question}"
    state = _state(batch, track, bool(waiting))
    number = stage_place((one.index for one in track.stages), track.stage)
    place = f"{number}/{len(track.stages)}" if track.stages else ""
    return [track.slug, state, place, stage.name if stage else "", age(at, now), track.problem or told or track.title]


def _state(batch: Batch, track: Track, waiting: bool) -> str:
    """How a track stands, in one word; of one that goes on, what its agent does where that is more than to work."""
    if waiting:
        return "waiting"
    if standing(track) == "unknown":
        return "gone" if track.liveness is Liveness.GONE else "unknown"
    agent = agent_behind(batch, track)
    return agent.status if track.state is TrackState.RUNNING and agent is not None else track.state.value
