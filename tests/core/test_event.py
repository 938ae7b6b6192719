"""The table of event kinds: what a payload must hold, and that every kind is folded."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.event import GATE_KINDS, KINDS, Draft, Event, EventError, check_payload
from orchestrator_tui.core.evolve import evolve_batch, fold
from orchestrator_tui.core.kinds_run import RUN_KINDS, Spec
from orchestrator_tui.core.model import Batch
from tests.core.builders import BATCH, START, Ledger, on_gate, opened, track_added

# Values that mean something where a text or a number alone would not.
FITTING: dict[str, Any] = {
    "to": "running",
    "status": "running",
    "liveness": "gone",
    "risk": "low",
    "track": "alpha",
    "changes": {"branch": "b"},
    "stages": [[1, "One"]],
    "process": [7, "70", "boot-1"],
    "routes": ["shell"],
    "options": [{"key": "a", "label": "A"}],
    "plan": {
        "title": "t",
        "workflow": "w",
        "base": "main",
        "integration": "orch/b",
        "repository": "/r",
        "worktrees": "/w",
    },
    "planned": {"slug": "alpha", "title": "t", "kind": "bug", "workflow": "w"},
    "rules": {
        "ladder": {"workflow": "w", "title": "t", "kind": "bug", "stages": []},
        "works": [],
        "batch_ladder": {"workflow": "w", "title": "t", "kind": "batch", "stages": []},
    },
}
ORDINARY: dict[type, Any] = {str: "text", int: 5, float: 0.5, bool: True, list: [], dict: {}, type(None): None}
WRONG: dict[type, Any] = {str: 5, int: "5", float: "0.5", bool: 1, list: {}, dict: [], type(None): "text"}


def first_type(types: type | tuple[type, ...]) -> type:
    return types[0] if isinstance(types, tuple) else types


def payload_of(kind: str, spec: Spec) -> dict[str, Any]:
    """The least that a kind demands, with values that make sense."""
    payload = {name: FITTING.get(name, ORDINARY[first_type(types)]) for name, types in spec[0].items()}
    if kind == "stages_skipped":
        payload["stages"] = [1]
    if kind in GATE_KINDS and kind != "gate_opened":
        payload = {**payload, **on_gate(kind).payload}
    return payload


def prepared(kind: str) -> tuple[Batch | None, int]:
    """A batch in which an event of this kind may come, and its next seq."""
    ledger = Ledger()
    if kind == "batch_opened":
        return None, 1
    ledger.must(track_added())
    if kind != "gate_opened":
        ledger.must(opened())
    if kind in RUN_KINDS:
        ledger.must(Draft("plan_recorded", {"plan": FITTING["plan"]}))
        ledger.must(Draft("track_planned", {"track": "alpha", "planned": FITTING["planned"]}))
        ledger.must(Draft("stage_entered", {"track": "alpha", "stage": 1}))
    return ledger.batch, len(ledger.events) + 1


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_folded_from_its_least_payload(kind: str) -> None:
    payload = payload_of(kind, KINDS[kind])
    check_payload(kind, payload)
    batch, seq = prepared(kind)
    after = evolve_batch(batch, Event(BATCH, seq, START, kind, "host", 3, payload, "head"))
    assert (after.newer, after.seq, after.head, after.epoch) == ("", seq, "head", 3)
    assert after.recent[-1].kind == kind


def test_gate_kinds_are_kinds() -> None:
    assert set(KINDS) > GATE_KINDS


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, spec in KINDS.items() for name in spec[0]])
def test_a_missing_field_is_named(kind: str, name: str) -> None:
    payload = payload_of(kind, KINDS[kind])
    del payload[name]
    with pytest.raises(EventError, match=f"^{kind}: field '{name}' is missing$"):
        check_payload(kind, payload)


@pytest.mark.parametrize(
    ("kind", "name", "types"),
    [(kind, name, types) for kind, spec in KINDS.items() for part in spec for name, types in part.items()],
)
def test_a_field_of_the_wrong_type_is_named(kind: str, name: str, types: type | tuple[type, ...]) -> None:
    allowed = types if isinstance(types, tuple) else (types,)
    wrong = next((WRONG[one] for one in allowed if not isinstance(WRONG[one], allowed)), None)
    if wrong is None:
        assert set(allowed) == {str, int, float, bool, list, dict, type(None)}, (
            "only a field of any type has no wrong one"
        )
        return
    with pytest.raises(EventError, match=f"^{kind}: field '{name}' "):
        check_payload(kind, {**payload_of(kind, KINDS[kind]), name: wrong})


def test_true_is_no_number_and_an_unknown_field_is_kept() -> None:
    with pytest.raises(EventError, match="'revision' must not be a boolean"):
        check_payload("gate_cleared", {"gate": "g", "revision": True})
    check_payload("gate_cleared", {"gate": "g", "revision": 1, "colour": "of a newer version"})


def test_an_unknown_kind_is_named_as_newer() -> None:
    with pytest.raises(EventError, match="unknown event kind 'gate_sung': written by a newer version"):
        check_payload("gate_sung", {})


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("track_moved", {"track": "alpha", "to": "levitating"}),
        ("stage_changed", {"track": "alpha", "stage": 1, "status": "sung"}),
        ("agent_liveness", {"track": "alpha", "liveness": "maybe"}),
        ("attempt_started", {"track": "alpha", "attempt": "a", "purpose": "p", "process": [1]}),
        ("track_added", {"track": "beta", "title": "b", "kind": "k", "stages": [[1]]}),
        ("track_changed", {"track": "alpha", "changes": {"branch": 5}}),
        ("track_changed", {"track": "alpha", "changes": {"wave": "two"}}),
        ("track_changed", {"track": "alpha", "changes": {"depends_on": 5}}),
        ("track_changed", {"track": "alpha", "changes": {"stages": [5]}}),
        ("gate_opened", opened("h", risk="frightening").payload),
        ("gate_opened", opened("h", options=[{"label": "no key"}]).payload),
        ("gate_decided", {"gate": "g", "revision": 1}),
        ("track_reported", {}),
        ("signal_raised", {"signal": "s"}),
    ],
)
def test_a_payload_that_does_not_fit_is_one_error_that_names_the_event(kind: str, payload: dict[str, Any]) -> None:
    ledger = Ledger()
    ledger.must(track_added(), opened())
    with pytest.raises(EventError, match=rf"^{BATCH}/9: {kind} "):
        evolve_batch(ledger.batch, Event(BATCH, 9, START, kind, "host", 1, payload))


def test_options_may_hold_what_a_newer_version_adds() -> None:
    ledger = Ledger()
    ledger.must(opened(options=[{"key": "a", "label": "A", "colour": "green"}]))
    assert [(one.key, one.label, one.role) for one in ledger.gate("g").question.options] == [("a", "A", "")]


def test_a_batch_begins_with_its_opening_and_has_only_one() -> None:
    first = Event(BATCH, 1, START, "note_added", "host", 1, {"track": "alpha", "text": "t"})
    with pytest.raises(EventError, match="note_added before batch_opened"):
        fold([first])
    ledger = Ledger()
    again = Event(BATCH, 2, START, "batch_opened", "host", 1, ledger.events[0].payload)
    with pytest.raises(EventError, match=f"^{BATCH}/2: opened twice$"):
        fold([*ledger.events, again])


def test_an_event_of_an_unknown_track_is_an_error() -> None:
    with pytest.raises(EventError, match="track_moved names the unknown track 'beta'"):
        Ledger().record(Draft("track_moved", {"track": "beta", "to": "done"}))
