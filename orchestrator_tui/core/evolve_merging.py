"""What the events about merges and their conflicts make of the track that they name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator_tui.core.changing import changed
from orchestrator_tui.core.event import Event
from orchestrator_tui.core.frozen import replace
from orchestrator_tui.core.model import Track
from orchestrator_tui.core.run import Work

_OURS = "ours"


def _with(track: Track, **changes: Any) -> Track:
    return changed(track, work=replace(_work(track), **changes))


def _work(track: Track) -> Work:
    if track.work is None:
        raise ValueError(f"{track.slug} is no track of a plan")
    return track.work


def _merged(track: Track, event: Event) -> Track:
    data, work = event.payload, _work(track)
    result = data["result"]
    sha = data.get("to_sha", "") if result == "merged" else "" if result == "undone" else work.merged_sha
    files = tuple(data.get("files", ())) if result == "conflict" else ()
    merges = (*work.merges, (result, data.get("head", "")))
    return _with(
        track, merged_sha=sha, merges=merges, conflicts=files, sides={}, brought="", brought_how="", checkpoint=""
    )


def _brought(track: Track, event: Event) -> Track:
    data = event.payload
    work = _work(track)
    # Whatever was tried at the conflict before is over.
    run = None if work.run is not None and work.run.stage == 0 else work.run
    # What others have merged is no work of this track: from here on it is compared with what it was brought.
    return _with(
        track,
        brought=data["tip"],
        brought_how=data["result"],
        base_sha=data["tip"],
        run=run,
        taken=_taken(work.taken, data),
    )


def _taken(before: Mapping[str, tuple[str, str]], data: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """The files of which a person took this track's side, after one side was taken of those that are told now."""
    files = data.get("files", ()) if data.get("head") else ()
    kept = {file: by for file, by in before.items() if file not in files}
    taken = (data["head"], data.get("by", "")) if files else ("", "")
    return {**kept, **(dict.fromkeys(files, taken) if data.get("take") == _OURS else {})}


def _sides(track: Track, event: Event) -> Track:
    return _with(track, sides=dict(event.payload["sides"]))


MERGE_TRACK_HANDLERS: dict[str, Callable[[Track, Event], Track]] = {
    "merge_recorded": _merged,
    "tip_brought": _brought,
    "sides_seen": _sides,
}
"""What each kind makes of the track that it names."""
