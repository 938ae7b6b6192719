"""Which gate, option or track is meant by what was typed: exact names first, then unique short ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from orchestrator_tui.cli.faults import BadInput, nearest
from orchestrator_tui.core.model import Batch, Gate, Option, Risk, State, Track
from orchestrator_tui.core.normalise import pick
from orchestrator_tui.core.queries import needs_person, wants_confirmation

NAMED_REVISION = frozenset({Risk.PRODUCTION, Risk.DESTRUCTIVE, Risk.FAILURE})
"""Risks that are decided only by who names the revision that was read (DESIGN §4.2, Authority)."""

SHOWN = 5
"""How many names an error lists."""


def gate_name(gate: Gate) -> str:
    """A short name by which a gate can be typed: ``slug/stage``, or its id where it has no stage."""
    return gate.id if gate.question.stage is None else f"{gate.track}/{gate.question.stage}"


def answering(gate: Gate, choice: str) -> str:
    """The command that answers ``gate``, with ``choice`` in the place of the option and all that it needs beside it."""
    revision = f" --revision {gate.revision}" if gate.risk in NAMED_REVISION else ""
    confirm = f" --confirm {gate.track}" if wants_confirmation(gate) == "slug" else ""
    return f"orch-tui decide {gate_name(gate)} {choice}{revision}{confirm}"


def find_gate(gates: Iterable[Gate], wanted: str) -> Gate | None:
    """The one gate that ``wanted`` names: an id, ``slug``, ``slug/stage``, or one of these behind ``batch:``.

    Of several, the one that still needs a person is meant. None when no gate is.

    Raises:
        BadInput: several are meant; the text names them.
    """
    listed = list(gates)
    found = [gate for gate in listed if _is_named(gate, wanted)]
    batch, colon, rest = wanted.partition(":")
    if not found and colon:
        found = [gate for gate in listed if gate.batch.startswith(batch) and _is_named(gate, rest)]
    if len(found) > 1:
        found = [gate for gate in found if needs_person(gate)] or found
    if len(found) > 1:
        several = len({gate.batch for gate in found}) > 1
        names = sorted((f"{gate.batch}:" if several else "") + gate.id for gate in found)
        raise BadInput(f"several questions are meant by {wanted!r}: {', '.join(names[:SHOWN])}")
    return found[0] if found else None


def unknown_gate(wanted: str, gates: Iterable[Gate]) -> BadInput:
    """There is no such gate; the nearest name is told."""
    names = {name for gate in gates for name in (gate.id, gate.track, gate_name(gate))}
    return BadInput(f"there is no question {wanted!r}{nearest(wanted, names)}")


def find_options(gate: Gate, wanted: str) -> tuple[str, ...]:
    """The keys that ``wanted`` names: a key, a position from 1, a label, or its unique beginning.

    Where the gate takes several, they are parted by commas.

    Raises:
        BadInput: an option is not known, or not the only one of that name.
    """
    parts = wanted.split(",") if gate.question.multiple and pick(gate.question.options, wanted) is None else [wanted]
    return tuple(dict.fromkeys(_option(gate, part.strip()) for part in parts))


def find_track(state: State, wanted: str) -> tuple[Batch, Track]:
    """The track that ``wanted`` names: a slug, its unique beginning, or one of these behind ``batch:``.

    Raises:
        BadInput: none or several are meant.
    """
    batch_wanted, colon, slug = wanted.rpartition(":")
    batches = [one for one in state.batches.values() if not colon or one.id.startswith(batch_wanted)]
    exact = [(batch, batch.tracks[slug]) for batch in batches if slug in batch.tracks]
    every = [(batch, track) for batch in batches for track in batch.tracks.values()]
    found = exact or [(batch, track) for batch, track in every if slug and track.slug.startswith(slug)]
    if len(found) > 1:
        found = [(batch, track) for batch, track in found if batch.ended_at is None] or found
    if len(found) == 1:
        return found[0]
    if found:
        names = sorted(f"{batch.id}:{track.slug}" for batch, track in found)
        raise BadInput(f"several tracks are meant by {wanted!r}: {', '.join(names[:SHOWN])}")
    raise BadInput(f"there is no track {wanted!r}{nearest(slug, [track.slug for _, track in every])}")


def _is_named(gate: Gate, wanted: str) -> bool:
    return wanted in (gate.id, gate.track, f"{gate.track}/{gate.question.stage}")


def _option(gate: Gate, wanted: str) -> str:
    options: Sequence[Option] = gate.question.options
    known = pick(options, wanted)
    if known is not None:
        return known
    low = wanted.lower()
    begun = [one.key for one in options if low and (one.label.lower().startswith(low) or one.key.lower() == low)]
    if len(begun) == 1:
        return begun[0]
    keys = ", ".join(option.key for option in options) or "none; answer with --text"
    if begun:
        raise BadInput(f"several options begin with {wanted!r}: {', '.join(begun)}")
    known_words = [text for option in options for text in (option.key, option.label)]
    raise BadInput(f"there is no option {wanted!r}{nearest(wanted, known_words)} (options: {keys})")
