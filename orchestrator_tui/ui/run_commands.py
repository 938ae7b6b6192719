"""Which command each key of a run stands for, as things are: one that is paused goes on, anything else is paused."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from orchestrator_tui.core.commands import Pause, Publish, Rescue, Resume, Retry, RunCommand, Skip, Stop
from orchestrator_tui.core.model import Batch, Track

ASKED = "?"
"""Stands for a reason that the person has not been asked for yet."""


def run_command(action: str, batch: Batch, track: Track | None, words: str = ASKED) -> RunCommand | None:
    """The command of an action about a run, with the person's ``words``; None where it needs a track and has none."""
    whole = _WHOLE.get(action)
    if whole is not None:
        return whole(batch, words)
    return None if track is None or track.batch != batch.id else _TRACK[action](track, words)


def _pause(track: Track, words: str) -> RunCommand:
    paused = track.work is not None and track.work.paused
    return Resume(track.batch, track.slug) if paused else Pause(track.batch, track.slug)


def _pause_whole(batch: Batch, words: str) -> RunCommand:
    paused = batch.run is not None and batch.run.pausing
    return Resume(batch.id) if paused else Pause(batch.id)


_TRACK: Mapping[str, Callable[[Track, str], RunCommand]] = {
    "pause": _pause,
    "retry": lambda track, words: Retry(track.batch, track.slug, "" if words == ASKED else words),
    "rescue": lambda track, words: Rescue(track.batch, track.slug, words),
    "skip": lambda track, words: Skip(track.batch, track.slug, track.stage),
    "stop": lambda track, words: Stop(track.batch, track.slug, words),
}
_WHOLE: Mapping[str, Callable[[Batch, str], RunCommand]] = {
    "pause-batch": _pause_whole,
    "pause-now": lambda batch, words: Pause(batch.id, now=True),
    "stop-batch": lambda batch, words: Stop(batch.id, reason=words),
    "publish": lambda batch, words: Publish(batch.id),
}
