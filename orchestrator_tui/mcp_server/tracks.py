"""Whose track a call speaks of: the one it names, else the one its agent works for, else the agent's own."""

from __future__ import annotations

from orchestrator_tui.core.metadata import slugify
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.naming import agent_slug
from orchestrator_tui.core.tracks_shown import own_track, part
from orchestrator_tui.mcp_server.arguments import Mistake, quoted
from orchestrator_tui.mcp_server.caller import Caller


def named_slug(tool: str, named: str, caller: Caller) -> str:
    """The slug that a ``track`` argument means, "" for none; an agent of a run means its own without naming it.

    Raises:
        Mistake: it cannot be one, or an agent of a run names another's.
    """
    slug = slugify(named)
    if named and not slug:
        raise Mistake(f"{tool}: track {quoted(named)} is no slug of a-z, 0-9 and -")
    if caller.run is None:
        return slug
    if slug and slug != caller.run.track:
        raise Mistake(f"{tool}: you are track {caller.run.track} and cannot speak for {quoted(slug)}")
    return caller.run.track


def track_of_call(batch: Batch | None, caller: Caller, slug: str) -> Track | None:
    """The track that is meant, where it is known already.

    Who names a track which is not there speaks of a new one.
    """
    if batch is None:
        return None
    if slug in batch.tracks:
        return batch.tracks[slug]
    own = own_track(batch, caller.address)
    if own is None or slug:
        return None
    return batch.tracks[part(batch, own) or own.slug]


def slug_of_call(batch: Batch | None, caller: Caller, slug: str) -> str:
    """The slug of that track; before anybody has named it, the one that everybody arrives at alone."""
    track = track_of_call(batch, caller, slug)
    return track.slug if track is not None else slug or agent_slug(caller.session, caller.agent)
