"""What was found beside the plan while tracks work: files that two of them change, settings that somebody changed."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator_tui.core.canonical import sha256_hex
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, GateState, Option, Track
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.schedule.gates import ask, chosen, gate_id, listed
from orchestrator_tui.core.schedule.merging import merge_order
from orchestrator_tui.core.schedule.readiness import AT_WORK, LOST, is_through, planned_tracks
from orchestrator_tui.core.schedule.rules import work_of
from orchestrator_tui.core.schedule.trees import shared_tree
from orchestrator_tui.core.scope import matches

UNTIL_MERGED = "merged:"
"""How the end of a pause begins that lasts until another track is merged, or will never be."""

TAMPERED = "tampered"


def to_compare(batch: Batch) -> dict[str, tuple[str, str]]:
    """The worktrees whose live changes are compared: slug → path and base."""
    working = [one for one in planned_tracks(batch) if one.state in AT_WORK and work_of(one).ready]
    # Whose tree is another's, too, shows the other's changes as its own.
    apart = [one for one in working if not work_of(one).merged_sha and not shared_tree(batch, one)]
    found = {one.slug: (one.worktree, work_of(one).base_sha) for one in apart}
    return found if len(found) > 1 else {}


def overlaps(batch: Batch, shared: Iterable[tuple[str, str, str]]) -> list[Draft]:
    """The pauses that follow from files which two tracks have both changed: who is merged later waits for the other.

    What both may only append to is no clash: git merges it, or the conflict is resolved at the merge.
    """
    order = {track.slug: place for place, track in enumerate(merge_order(batch))}
    drafts: list[Draft] = []
    paused: set[str] = set()
    for one, other, file in shared:
        first, later = sorted((batch.tracks[one], batch.tracks[other]), key=lambda track: order[track.slug])
        if later.slug in paused or work_of(later).paused or _appends(first, file) or _appends(later, file):
            continue
        signalled = f"overlap-{first.slug}-{later.slug}" in batch.signals
        if signalled or work_of(first).paused_until == f"{UNTIL_MERGED}{later.slug}":
            # A person who has it go on all the same has seen why it waited.
            continue
        paused.add(later.slug)
        why = f"{file} is changed by {first.slug}, too: waits until that is merged"
        signal = {"signal": f"overlap-{first.slug}-{later.slug}", "kind": "overlap", "track": later.slug, "text": why}
        pause = {"track": later.slug, "why": why, "by": "orch-tui", "until": f"{UNTIL_MERGED}{first.slug}"}
        drafts += [Draft("signal_raised", signal), Draft("track_paused", pause)]
    return drafts


def _appends(track: Track, file: str) -> bool:
    return any(matches(file, pattern) for pattern in work_of(track).planned.scope.append_only)


def waited_enough(batch: Batch, track: Track) -> bool:
    """Whether the track that a pause waits for has been merged, or never will be."""
    until = work_of(track).paused_until
    if not until.startswith(UNTIL_MERGED):
        return False
    other = batch.tracks.get(until.removeprefix(UNTIL_MERGED))
    return other is None or is_through(other) or other.state in LOST


def tampered(batch: Batch, words: tuple[str, ...]) -> list[Draft]:
    """The gate that opens when the repository's configuration or hooks have changed since the batch began (G-5)."""
    if not words:
        return []
    name = gate_id(TAMPERED, BATCH_TRACK, sha256_hex("\n".join(words))[:8])
    known = batch.gates.get(name)
    if known is not None and known.state not in (GateState.CANCELLED, GateState.WITHDRAWN):
        return []
    # What is asked now names all of it: one question instead of two.
    before = [
        Draft("gate_withdrawn", {"gate": one.id, "revision": one.revision, "why": "more has changed since"})
        for one in batch.gates.values()
        if one.question.kind == TAMPERED and one.state.value == "open"
    ]
    signal = {"signal": name, "kind": TAMPERED, "track": BATCH_TRACK, "text": "; ".join(words)[:500]}
    return [
        *before,
        Draft("signal_raised", signal),
        *ask(
            batch,
            name,
            TAMPERED,
            BATCH_TRACK,
            "The repository's git configuration or hooks have changed since the batch began. Go on?",
            (Option("go_on", "I know this change: go on"), Option("stop", "stop the batch", "cancel")),
            context=listed(words) + "\nOur own git runs none of it. Nothing is merged until you have decided.",
            confidence="low",
            risk="destructive",
            subject={"changes": list(words)},
        ),
    ]


def merging_is_held(batch: Batch) -> bool:
    """Whether nothing is merged because it is not known who changed the repository's settings."""
    return any(
        gate.question.kind == TAMPERED and gate.state is not GateState.WITHDRAWN and not chosen(batch, gate.id)
        for gate in batch.gates.values()
    )


def tampered_again(batch: Batch) -> list[Draft]:
    """Ask again what was taken off the queue without an answer: nobody goes on by that."""
    for gate in batch.gates.values():
        if gate.question.kind == TAMPERED and gate.state is GateState.CANCELLED:
            return tampered(batch, tuple((gate.question.subject or {}).get("changes", ())))
    return []
