"""Who calls orch-agent: its track, task and repository, from the environment; an agent speaks for itself only."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from orchestrator_tui.agent.stop import BAD_USAGE, REFUSED, Stop, quoted
from orchestrator_tui.core.metadata import MAX_STAGES, slugify


class Identity(NamedTuple):
    """One caller.

    Attributes:
        track: its slug.
        directory: the real path of its task list.
        task: the name of its task file in there, or "" when it is found by the track.
        start: a path inside its repository.
        environ: the environment, for where the journal is.
    """

    track: str
    directory: str
    task: str
    start: Path
    environ: Mapping[str, str]

    @property
    def origin(self) -> str:
        """What its events say of where they come from."""
        return f"agent:{self.track}"

    @property
    def stage(self) -> int | None:
        """The stage that it was started for, where it is an agent of a run; None beside the ladder."""
        said = self.environ.get("ORCH_STAGE", "")
        return int(said) if said.isascii() and said.isdigit() and 0 < int(said) <= MAX_STAGES else None


def identify(environ: Mapping[str, str], said: str | None) -> Identity:
    """The caller, by its environment; ``said`` is what ``--track`` names.

    Raises:
        Stop: a variable is missing or makes no sense, or ``said`` names somebody else.
    """
    track = _needed(environ, "ORCH_TRACK", "your track's slug")
    if slugify(track) != track:
        wanted = slugify(track)
        like = f", like {wanted}" if wanted else ""
        raise Stop(BAD_USAGE, f"ORCH_TRACK {quoted(track, 200)} is not a slug of a-z, 0-9 and -, at most 63{like}")
    if said is not None and said != track:
        raise Stop(REFUSED, f"you are track {track} and cannot speak for {quoted(said, 200)}")
    directory, task = _place(environ)
    start = environ.get("ORCH_REPOSITORY", "").strip() or "."
    if not os.path.isdir(start):
        raise Stop(BAD_USAGE, f"ORCH_REPOSITORY {quoted(start, 200)} is not a directory")
    return Identity(track, os.path.realpath(directory), task, Path(start), environ)


def _place(environ: Mapping[str, str]) -> tuple[str, str]:
    task = environ.get("ORCH_TASK", "").strip()
    if not task:
        return _needed(environ, "ORCH_TASKS", "the directory of your task list (or ORCH_TASK: your task file)"), ""
    directory, name = os.path.split(os.path.abspath(task))
    if not name.endswith(".json") or name == ".json":
        raise Stop(BAD_USAGE, f"ORCH_TASK {quoted(task, 200)} does not name a task file, <id>.json")
    if not os.path.isdir(directory):
        raise Stop(BAD_USAGE, f"ORCH_TASK {quoted(task, 200)}: there is no task list at {quoted(directory, 200)}")
    return directory, name


def _needed(environ: Mapping[str, str], name: str, what: str) -> str:
    value = environ.get(name, "").strip()
    if value:
        return value
    raise Stop(BAD_USAGE, f"{name} is not set: {what}; whoever started you sets it, by hand: export {name}=…")
