"""From a draft to the exact bytes that are stored and chained (reliability J-2); the same for every store."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from orchestrator_tui.core import gates
from orchestrator_tui.core.canonical import canonical_json
from orchestrator_tui.core.event import GATE_KINDS, Draft, Event, EventError, check_payload
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Gate

PAYLOAD_LIMIT = 64 * 1024
"""Largest payload in bytes of UTF-8; more belongs into a blob (J-2)."""

GENESIS = "0" * 64
"""The previous hash of a batch's first event."""

ABOUT_A_GATE = GATE_KINDS | {"decision_refused"}
"""Kinds whose event row names its gate; only :data:`GATE_KINDS` change it."""

OWN_CALL = GATE_KINDS | {"batch_opened", "lease_taken", "lease_released", "request_made"}
"""Kinds that a journal writes by a call of their own, never by ``append``."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_INTEGER_LIMIT = 2**63


def canonical_text(value: Mapping[str, Any]) -> str:
    """``value`` as canonical JSON that UTF-8 can hold.

    Lone surrogates, which UTF-8 cannot hold, stand as JSON escapes, so that hostile text is kept as it was.

    Raises:
        EventError: the value is not JSON.
    """
    try:
        text = canonical_json(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise EventError(f"the payload is not JSON: {error}") from error
    # `isascii` is known without looking; only text beyond it can hold a surrogate.
    return text if text.isascii() else _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def payload_text(payload: Mapping[str, Any]) -> str:
    """``payload`` as the exact text that is stored, hashed and exported.

    Raises:
        EventError: the payload is not JSON, or larger than :data:`PAYLOAD_LIMIT`.
    """
    text = canonical_text(payload)
    size = len(text.encode())
    if size > PAYLOAD_LIMIT:
        raise EventError(f"the payload has {size} bytes, more than {PAYLOAD_LIMIT}: store a blob")
    return text


def chained_hash(
    previous: str, batch: str, seq: int, at: Instant, kind: str, origin: str, epoch: int, payload: str
) -> str:
    """SHA-256 over the previous hash and every column, one a line, the payload's exact text last."""
    text = f"{previous}\n{batch}\n{seq}\n{at.wall_ms}\n{at.boot_ms}\n{at.boot_id}\n{kind}\n{origin}\n{epoch}\n{payload}"
    return hashlib.sha256(text.encode()).hexdigest()


def seal(
    previous: str, batch: str, seq: int, draft: Draft, at: Instant, origin: str, epoch: int
) -> tuple[Event, str, str | None]:
    """The event that ``draft`` becomes at its place, its payload's stored text, and the gate it is about.

    Raises:
        EventError: the payload does not fit its kind, or a column holds what cannot be stored.
    """
    check_payload(draft.kind, draft.payload)
    check_columns(batch, at, draft.kind, origin)
    text = payload_text(draft.payload)
    digest = chained_hash(previous, batch, seq, at, draft.kind, origin, epoch, text)
    payload: dict[str, Any] = json.loads(text)
    return Event(batch, seq, at, draft.kind, origin, epoch, payload, digest), text, gate_column(draft.kind, payload)


def gate_column(kind: str, payload: Mapping[str, Any]) -> str | None:
    """What the event row's ``gate`` column holds: the gate that the event is about, or None."""
    if kind not in ABOUT_A_GATE:
        return None
    gate = payload.get("gate")
    return gate if isinstance(gate, str) else None


def check_columns(batch: str, at: Instant, kind: str, origin: str) -> None:
    """Raise :class:`EventError` unless the columns are plain printable text and 64-bit integers.

    The chain hashes one column a line: a line break inside one would let two events have the same hash.
    """
    _check_texts(batch, kind, origin, at.boot_id)
    for name, number in (("wall_ms", at.wall_ms), ("boot_ms", at.boot_ms)):
        if not -_INTEGER_LIMIT <= number < _INTEGER_LIMIT:
            raise EventError(f"{name} {number} is out of range")


@lru_cache(maxsize=1024)
def _check_texts(batch: str, kind: str, origin: str, boot_id: str) -> None:
    for name, value in (("batch", batch), ("kind", kind), ("origin", origin)):
        if not value or not value.isprintable():
            raise EventError(f"{name} {value!r} is not printable text")
    if not boot_id.isprintable():
        raise EventError(f"boot id {boot_id!r} is not printable text")


def refused_decision(draft: Draft, why: str) -> Draft:
    """The ``decision_refused`` that records why a ``gate_decided`` did not hold (reliability A-3)."""
    payload = draft.payload
    return Draft(
        "decision_refused",
        {
            "gate": payload["gate"],
            "why": why,
            "by": payload["by"],
            "origin": payload["origin"],
            "revision": payload["revision"],
            "options": list(payload["options"]),
        },
    )


def folded(gate: Gate | None, event: Event) -> Gate | None:
    """The gate after an event about it; refused decisions are counted, as ``evolve`` counts them.

    Raises:
        EventError: the payload does not make a gate.
    """
    if event.kind in GATE_KINDS:
        try:
            return gates.change(gate, event)
        except (KeyError, TypeError, AttributeError) as error:
            raise EventError(f"{event.kind} at {event.batch}/{event.seq} has an unfit payload: {error!r}") from error
    return None if gate is None else replace(gate, refusals=gate.refusals + 1)


def refusal(gate: Gate | None, draft: Draft, now: Instant) -> str | None:
    """Why ``draft`` may not happen to ``gate``, as ``core.gates`` judges it.

    Raises:
        EventError: the payload is of the right types outside, of others inside.
    """
    try:
        return gates.refusal(gate, draft, now)
    except (KeyError, TypeError, AttributeError) as error:
        raise EventError(f"{draft.kind} has an unfit payload: {error!r}") from error
