"""``orch-tui pause | resume | cancel | retry | rescue | skip | publish``: what the keys do to a run, for scripts.

Each is a request to the process that runs the batch; that judges it, as it judges the keys, and this says what came
of it.
"""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING

from orchestrator_tui.adapters.clock import SystemClock
from orchestrator_tui.cli.arguments import add_command, add_repository
from orchestrator_tui.cli.asking_hosts import PATIENCE_S, ask_host, check_authority, run_batch
from orchestrator_tui.cli.faults import BadInput, Refusal
from orchestrator_tui.cli.journals import find_place, load_state, writing
from orchestrator_tui.cli.naming_gates import find_track
from orchestrator_tui.core.commands import Pause, Publish, Rescue, Resume, Retry, RunCommand, Skip, Stop
from orchestrator_tui.core.model import Batch, State, Track
from orchestrator_tui.core.refusal import refusal

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from orchestrator_tui.cli.arguments import Commands

LONGEST_WAIT_S = 86_400.0

_Asked = tuple[RunCommand, str]
"""A command, and what is said when it was carried out."""


def register(commands: Commands) -> None:
    """Declare the commands and their arguments."""
    pause = _command(commands, "pause", _pause, whole=True)
    pause.add_argument("--now", action="store_true", help="stop its agents too, instead of letting them finish")
    _command(commands, "resume", _resume, whole=True)
    cancel = _command(commands, "cancel", _cancel, whole=True)
    cancel.add_argument("--reason", metavar="TEXT", default="", help="why: needed, it stands in the report")
    retry = _command(commands, "retry", _retry)
    retry.add_argument("--instruction", metavar="TEXT", default="", help="what its agent is told beside")
    rescue = _command(commands, "rescue", _rescue)
    rescue.add_argument("--reason", metavar="TEXT", default="", help="why it counts as stuck")
    skip = _command(commands, "skip", _skip)
    skip.add_argument("stage", metavar="STAGE", help="number or name of the stage; a question shows the risk first")
    publish = add_command(commands, "publish")
    publish.add_argument("batch", nargs="?", metavar="BATCH", help="id, beginning of an id, or title (the only one)")
    publish.set_defaults(track=None, make=_publish)
    for parser in commands.choices.values():
        parser.add_argument(
            "--wait",
            metavar="SECONDS",
            type=_seconds,
            default=PATIENCE_S,
            help=f"how long the host has to take it up ({PATIENCE_S:g})",
        )
        add_repository(parser)


def _command(
    commands: Commands, name: str, make: Callable[[Batch, Track | None, Namespace], _Asked], *, whole: bool = False
) -> ArgumentParser:
    parser = add_command(commands, name)
    meaning = "its slug, the beginning of it, or batch:slug" + ("; the whole batch without it" if whole else "")
    parser.add_argument("track", nargs="?" if whole else None, metavar="TRACK", help=meaning)
    if whole:
        parser.add_argument(
            "--batch", metavar="BATCH", help="id, beginning of an id, or title (the only one that runs)"
        )
    else:
        parser.set_defaults(batch=None)
    parser.set_defaults(make=make)
    return parser


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST_WAIT_S:
        raise ArgumentTypeError(f"{text!r} is no number of seconds from 0 to {LONGEST_WAIT_S:g}")
    return seconds


def run(arguments: Namespace) -> int:
    """Ask the host of the batch, and say what became of it."""
    place = find_place(arguments.repo)
    with writing(place) as journal:
        state = load_state(journal)
        track: Track | None = None
        if arguments.track is not None and arguments.batch is None:
            batch, track = find_track(state, arguments.track)
        else:
            batch = run_batch(state, arguments.batch, journal.batches())
            track = None if arguments.track is None else find_track(_only(batch), arguments.track)[1]
        check_authority(batch)
        command, said = arguments.make(batch, track, arguments)
        refused = refusal(State({batch.id: batch}), command, SystemClock().now())
        if refused is not None:
            raise Refusal(refused)
        # Late, since it is the runtime's and the refusals above need none of it.
        from orchestrator_tui.runtime.requests_run import request_of

        kind, payload = request_of(command)
        return ask_host(journal, batch, kind, dict(payload), said, arguments.wait)


def _only(batch: Batch) -> State:
    return State({batch.id: batch})


def _name(track: Track | None, batch: Batch) -> str:
    return batch.title if track is None else track.slug


def _slug(track: Track | None) -> str:
    return "" if track is None else track.slug


def _pause(batch: Batch, track: Track | None, arguments: Namespace) -> _Asked:
    how = "its agents are being stopped" if arguments.now else "what is at work finishes, nothing new begins"
    return Pause(batch.id, _slug(track), arguments.now), f"paused {_name(track, batch)}: {how}"


def _resume(batch: Batch, track: Track | None, arguments: Namespace) -> _Asked:
    return Resume(batch.id, _slug(track)), f"{_name(track, batch)} goes on"


def _cancel(batch: Batch, track: Track | None, arguments: Namespace) -> _Asked:
    if not arguments.reason.strip():
        raise BadInput("say why with --reason TEXT: it stands in the report")
    what = "the batch is being stopped" if track is None else f"{track.slug} is given up"
    return Stop(batch.id, _slug(track), arguments.reason), f"{what}; nothing is deleted"


def _retry(batch: Batch, track: Track | None, arguments: Namespace) -> _Asked:
    assert track is not None
    return Retry(batch.id, track.slug, arguments.instruction), f"{track.slug} is tried again"


def _rescue(batch: Batch, track: Track | None, arguments: Namespace) -> _Asked:
    assert track is not None
    said = f"the agent of {track.slug} is being stopped; a fresh one gets the rest of its work"
    return Rescue(batch.id, track.slug, arguments.reason), said


def _skip(batch: Batch, track: Track | None, arguments: Namespace) -> _Asked:
    assert track is not None
    wanted = arguments.stage.strip()
    named = [one for one in track.stages if wanted in (str(one.index), one.name)]
    if not named:
        stages = ", ".join(f"{one.index} {one.name}" for one in track.stages) or "none"
        raise BadInput(f"{track.slug} has no stage {wanted!r} (stages: {stages})")
    said = f"a question asks whether stage {named[0].index} of {track.slug} may be skipped; `orch-tui gates` shows it"
    return Skip(batch.id, track.slug, named[0].index), said


def _publish(batch: Batch, track: Track | None, arguments: Namespace) -> _Asked:
    return Publish(batch.id), "a question asks whether the integrated work may go out; `orch-tui gates` shows it"
