"""Short histories in which every kind of event occurs, in orders that no sane program would write."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from orchestrator_tui.core.event import KINDS, Event
from orchestrator_tui.core.model import Liveness, StageStatus, TrackState
from tests.replay.batches import BATCH, START

_TRACKS = ("alpha", "beta")
_GATES = ("first", "second")
_ABOUT_A_GATE_THAT_IS_THERE = ("gate", "revision")


def odd_events(chance: random.Random, count: int = 120) -> list[Event]:
    """``count`` events that can follow each other, though hardly ever would."""
    kinds = sorted(set(KINDS) - {"batch_opened", "track_added"})
    found: list[tuple[str, Mapping[str, Any]]] = [("batch_opened", {"title": "Odd", "kind": "watch"})]
    found += [("track_added", _track(slug)) for slug in _TRACKS]
    found += [("plan_recorded", {"plan": _PLAN}), *(("track_planned", _planned(slug)) for slug in _TRACKS)]
    found += [("stage_entered", {"track": slug, "stage": 1}) for slug in _TRACKS]
    revisions: dict[str, int] = {}
    while len(found) < count:
        kind = chance.choice([*kinds, "gate_opened", "gate_decided", "something_newer"])
        payload = _payload(kind, chance, revisions)
        if payload is not None:
            found.append((kind, payload))
    return [
        Event(BATCH, seq, START.plus(seq * 100), kind, "cockpit", 1, payload, f"{seq:064x}")
        for seq, (kind, payload) in enumerate(found, 1)
    ]


def _track(slug: str) -> dict[str, Any]:
    return {"track": slug, "title": slug, "kind": "bug", "stages": [[1, "Look"], [2, "Mend"]], "state": "running"}


def _planned(slug: str) -> dict[str, Any]:
    return {"track": slug, "planned": {"slug": slug, "title": slug, "kind": "bug", "workflow": "w"}}


def _payload(kind: str, chance: random.Random, revisions: dict[str, int]) -> Mapping[str, Any] | None:
    """What ``kind`` demands, filled by chance; None when there is no gate yet that it could be about."""
    required = KINDS.get(kind, ({}, {}))[0]
    payload = {name: _value(kind, name, types, chance) for name, types in required.items()}
    if kind == "gate_opened":
        revisions[payload["gate"]] = payload["revision"] = revisions.get(payload["gate"], 0) + 1
    elif set(_ABOUT_A_GATE_THAT_IS_THERE) <= set(required):
        if not revisions:
            return None
        payload["gate"] = chance.choice(sorted(revisions))
        payload["revision"] = revisions[payload["gate"]]
    return payload


def _value(kind: str, name: str, types: Any, chance: random.Random) -> Any:
    if name in _WHOLE:
        return _WHOLE[name]
    if name in _WORDS:
        return chance.choice(_WORDS[name])
    if name == "to":
        return chance.choice(list(TrackState)).value
    if name == "status":
        return chance.choice(list(StageStatus)).value
    if name == "liveness":
        return chance.choice(list(Liveness)).value
    if name == "stages":
        return chance.sample([1, 2, 3], 2)
    if types is list:
        return [chance.choice(["1", "2"])]
    if types is dict:
        return {"progress": "x", "branch": chance.choice(["b1", "b2"]), "depends_on": ["beta"]}
    return chance.randrange(1, 4) if types in (int, (int, float)) else f"{kind} {name} {chance.randrange(3)}"


_PLAN = dict.fromkeys(("title", "workflow", "base", "integration", "repository", "worktrees"), "w")
_LADDER = {"workflow": "w", "title": "w", "kind": "bug", "stages": []}
_WHOLE: Mapping[str, Any] = {
    "plan": _PLAN,
    "planned": _planned("alpha")["planned"],
    "rules": {"ladder": _LADDER, "works": [], "batch_ladder": _LADDER},
    "kept": [{"name": "unit", "result": "pass", "at": [1, 1, "boot-1"], "batch": ""}],
    "items": [["checks", "PASS", ""], ["scope", "FAIL", "look"]],
}
_WORDS = {
    "track": _TRACKS,
    "gate": _GATES,
    "risk": ("low", "production"),
    "signal": ("s1", "s2"),
    "message": ("m1", "m2"),
    "attempt": ("a1", "a2"),
    "origin": ("key", "policy:low"),
    "route": ("task_file", "shell"),
}
