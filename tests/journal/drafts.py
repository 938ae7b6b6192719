"""Drafts and instants that the journal's tests write."""

from __future__ import annotations

from typing import Any

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import Instant

BATCH = "batch-1"
GATE = "task:7:2"
START = Instant(wall_ms=1_700_000_000_000, boot_ms=5_000, boot_id="boot-a")


def at(milliseconds: int) -> Instant:
    return START.plus(milliseconds)


def opened(title: str = "A batch", **more: Any) -> Draft:
    return Draft("batch_opened", {"title": title, "kind": "watch", **more})


def note(text: str = "said") -> Draft:
    return Draft("note_added", {"track": "alpha", "text": text})


def asked(gate: str = GATE, revision: int = 1, digest: str = "d1", **more: Any) -> Draft:
    payload = {
        "gate": gate,
        "revision": revision,
        "digest": digest,
        "track": "alpha",
        "kind": "task",
        "question": "Which way?",
        "source": "tasks",
        "risk": "check",
        "options": [{"key": "1", "label": "left"}, {"key": "2", "label": "right"}],
    }
    return Draft("gate_opened", {**payload, **more})


def decided(
    gate: str = GATE,
    revision: int = 1,
    digest: str = "d1",
    option: str = "1",
    by: str = "ann",
    decision: str = "dec-1",
    **more: Any,
) -> Draft:
    payload = {
        "gate": gate,
        "revision": revision,
        "digest": digest,
        "decision": decision,
        "options": [option],
        "label": "left" if option == "1" else "right",
        "by": by,
        "origin": "key",
    }
    return Draft("gate_decided", {**payload, **more})


def undone(gate: str = GATE, revision: int = 1, decision: str = "dec-1") -> Draft:
    return Draft("decision_undone", {"gate": gate, "revision": revision, "decision": decision, "by": "ann"})


def claimed(gate: str = GATE, revision: int = 1, decision: str = "dec-1", claimant: str = "hook-1") -> Draft:
    payload = {"gate": gate, "revision": revision, "decision": decision, "route": "hook", "claimant": claimant}
    return Draft("delivery_claimed", payload)


def failed(gate: str = GATE, revision: int = 1, decision: str = "dec-1", **more: Any) -> Draft:
    payload = {"gate": gate, "revision": revision, "decision": decision, "route": "hook", "why": "no reader"}
    return Draft("delivery_failed", {**payload, **more})


def delivered(gate: str = GATE, revision: int = 1, decision: str = "dec-1") -> Draft:
    return Draft("decision_delivered", {"gate": gate, "revision": revision, "decision": decision, "route": "hook"})


def acknowledged(gate: str = GATE, revision: int = 1, decision: str = "dec-1") -> Draft:
    payload = {"gate": gate, "revision": revision, "decision": decision, "route": "hook", "evidence": "transcript"}
    return Draft("decision_acknowledged", payload)


def withdrawn(gate: str = GATE, revision: int = 1) -> Draft:
    return Draft("gate_withdrawn", {"gate": gate, "revision": revision, "why": "asked no more"})


def cancelled(gate: str = GATE, revision: int = 1) -> Draft:
    return Draft("gate_cancelled", {"gate": gate, "revision": revision, "why": "batch stopped"})
