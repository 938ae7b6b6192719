"""Values that are changed many times before anybody looks at them: tracks and gates while events are folded.

Copying a track for every one of a million events costs five times what the events themselves cost. An *open* value
belongs to one fold alone and is changed in place; everybody else gets the closed, frozen value.
"""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter
from typing import Any, TypeVar

from orchestrator_tui.core.frozen import field_names
from orchestrator_tui.core.model import Gate, Track

Value = TypeVar("Value", Track, Gate)


class OpenTrack(Track):
    """A track that one fold changes in place."""

    __slots__ = ()


class OpenGate(Gate):
    """A gate that one fold changes in place."""

    __slots__ = ()


_track_fields = attrgetter(*field_names(Track))
_gate_fields = attrgetter(*field_names(Gate))
_set = object.__setattr__
_OPEN: frozenset[type] = frozenset({OpenTrack, OpenGate})


def changed(value: Value, **changes: Any) -> Value:
    """``value`` with ``changes``: itself when it is open, else a copy."""
    if type(value) in _OPEN:
        for name, content in changes.items():
            _set(value, name, content)
        return value
    return replace(value, **changes)


def open_track(track: Track) -> OpenTrack:
    """A copy of ``track`` that can be changed in place."""
    return OpenTrack(*_track_fields(track))


def open_gate(gate: Gate) -> OpenGate:
    """A copy of ``gate`` that can be changed in place."""
    return OpenGate(*_gate_fields(gate))


def closed_track(track: Track) -> Track:
    """``track`` as a value that nobody changes any more."""
    return Track(*_track_fields(track)) if type(track) is OpenTrack else track


def closed_gate(gate: Gate) -> Gate:
    """``gate`` as a value that nobody changes any more."""
    return Gate(*_gate_fields(gate)) if type(gate) is OpenGate else gate
