"""What a person may ask for, and what it amounts to: ``refusal`` and ``decide`` together (reliability A-9…A-12)."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.commands import Cancel, Command, Decide, Nudge, Redeliver, Snooze, Tell, Undo
from orchestrator_tui.core.decide import decide
from orchestrator_tui.core.event import check_payload
from orchestrator_tui.core.model import GateState, Risk, TrackState
from orchestrator_tui.core.refusal import MAX_REASON_BYTES, MAX_TEXT_BYTES, reason_needed, refusal
from tests.core.builders import ANN, BATCH, MINUTE, SECOND, Ledger, answer, asking, kinds, on_gate, opened, track_added


def waiting(**fields: Any) -> Ledger:
    ledger = Ledger()
    ledger.must(track_added(), opened(**fields))
    return ledger


def refused(ledger: Ledger, *options: str, **fields: Any) -> str | None:
    return ledger.carry_out(answer(ledger.gate("g"), *options, **fields))


# --- answering ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (Decide("nowhere", "g", 1, "digest-1", ("ship",)), "there is no batch 'nowhere'"),
        (Decide(BATCH, "h", 1, "digest-1", ("ship",)), "there is no gate 'h'"),
        (Decide(BATCH, "g", 2, "digest-1", ("ship",)), "there is no revision 2: the newest is revision 1"),
        (Decide(BATCH, "g", 1, "digest-0", ("ship",)), "the question changed since it was shown"),
        (Decide(BATCH, "g", 1, "digest-1", ("sail",)), "there is no option 'sail'"),
        (Decide(BATCH, "g", 1, "digest-1"), "no option was chosen"),
        (Decide(BATCH, "g", 1, "digest-1", text="so"), "this gate takes one of its options, not a text"),
        (Undo(BATCH, "h"), "there is no gate 'h'"),
        (Undo(BATCH, "g"), "nothing was decided"),
        (Snooze(BATCH, "h", 600_000), "there is no gate 'h'"),
        (Redeliver(BATCH, "h"), "there is no gate 'h'"),
        (Tell(BATCH, "beta", "hello"), "there is no track 'beta'"),
        (Tell(BATCH, "alpha", " \n"), "there is nothing to say"),
        (Tell(BATCH, "alpha", "x" * (MAX_TEXT_BYTES + 1)), "the message is longer than 16 KiB"),
        (Nudge(BATCH, "beta"), "there is no track 'beta'"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(command: Command, why: str) -> None:
    ledger = waiting()
    assert refusal(ledger.state, command, ledger.now) == why


@pytest.mark.parametrize(
    ("risk", "question", "confirm", "why"),
    [
        ("low", "Go on?", "", None),
        ("unknown", "Go on?", "", None),
        ("check", "Go on?", "", "press Enter twice: for a reason"),
        ("check", "Go on?", "alpha", "press Enter twice: for a reason"),
        ("check", "Go on?", "twice", None),
        ("staging", "Go on?", "", None),
        ("failure", "Go on?", "", None),
        ("staging", "Drop the users table?", "", "press Enter twice: for a reason"),
        ("failure", "Drop the users table?", "twice", None),
        ("destructive", "Go on?", "", "type alpha to confirm"),
        ("destructive", "Go on?", "twice", "type alpha to confirm"),
        ("destructive", "Go on?", "Alpha", "type alpha to confirm"),
        ("destructive", "Go on?", "alpha", None),
        ("production", "Go on?", "", "type alpha to confirm"),
        ("production", "Go on?", "alpha", None),
    ],
)
def test_the_riskier_the_more_has_to_be_typed(risk: str, question: str, confirm: str, why: str | None) -> None:
    """DESIGN §2.4: production needs the slug typed, dangerous words need Enter twice, whatever else raised the risk."""
    ledger = waiting(risk=risk, question=question, risk_why="for a reason")
    assert refused(ledger, "ship", confirm=confirm, reason="r") == why


@pytest.mark.parametrize(
    ("fields", "options", "why"),
    [
        ({}, ("ship",), None),
        ({}, ("no",), "say why: this answer means reject"),
        ({"recommendation": "fix"}, ("fix",), None),
        ({"recommendation": "fix"}, ("ship",), "say why: it goes against the recommendation"),
        ({"recommendation": "fix", "multiple": True}, ("ship", "fix"), None),
        ({"risk": "production"}, ("ship",), "say why: it is a production decision"),
        ({"options": [{"key": "s", "label": "S", "role": "skip"}]}, ("s",), "say why: this answer means skip"),
        ({"options": [{"key": "c", "label": "C", "role": "cancel"}]}, ("c",), "say why: this answer means cancel"),
        ({"options": [{"key": "p", "label": "P", "role": "publish"}]}, ("p",), None),
    ],
)
@pytest.mark.parametrize("text", ["", "by the way"])
def test_when_an_answer_needs_a_reason(
    fields: dict[str, Any], options: tuple[str, ...], why: str | None, text: str
) -> None:
    """A-9: for reject, skip-stage, production, and against the recommendation; a text beside an option is none."""
    ledger = waiting(**fields)
    assert reason_needed(ledger.gate("g"), options) == why
    assert refused(ledger, *options, text=text, reason=" \n", confirm="alpha") == why
    assert refused(waiting(**fields), *options, text=text, reason="because", confirm="alpha") is None


EDITED = {
    "kind": "permission",
    "options": [{"key": "allow", "label": "allow", "role": "approve"}, {"key": "edit", "label": "e", "role": "edit"}],
}
SEVERAL = {"kind": "question", "free_text": True, "multiple": True}


@pytest.mark.parametrize(
    ("fields", "options", "text", "why"),
    [
        (EDITED, ("edit",), "npm test", None),
        (EDITED, ("edit",), " \n", "option 'edit' wants a text: all of what is to be allowed instead"),
        (EDITED, ("allow",), "npm test", "choose an option or write an answer of your own, not both"),
        (EDITED, (), "npm test", "this gate takes one of its options, not a text"),
        (SEVERAL, ("ship", "fix"), "and sleep", None),
        (SEVERAL, (), "sleep", None),
        (
            {**SEVERAL, "multiple": False},
            ("ship",),
            "and sleep",
            "choose an option or write an answer of your own, not both",
        ),
    ],
)
def test_what_goes_to_a_tool_is_said_once_and_whole(
    fields: dict[str, Any], options: tuple[str, ...], text: str, why: str | None
) -> None:
    ledger = waiting(**fields)
    assert refused(ledger, *options, text=text) == why
    if why is None:
        decision = ledger.gate("g").decision
        assert decision is not None
        assert (decision.options, decision.text) == (options, text)
        assert decision.label.endswith(text), "who reads the record reads what was allowed"


def test_an_answer_in_own_words_says_itself_why() -> None:
    ledger = waiting(free_text=True, recommendation="fix", risk="production")
    assert refused(ledger, text="neither, ask Bob", confirm="alpha") is None
    assert ledger.gate("g").answers == ((1, "d-1", "neither, ask Bob"),)


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("x" * MAX_REASON_BYTES, None),
        ("x" * (MAX_REASON_BYTES + 1), "the reason is longer than 4 KiB"),
        ("é" * (MAX_REASON_BYTES // 2), None),
        ("é" * (MAX_REASON_BYTES // 2 + 1), "the reason is longer than 4 KiB"),
        ("\x1b" * (MAX_REASON_BYTES // 4 + 1), "the reason is longer than 4 KiB"),
        ("\ud800", None),
    ],
)
def test_a_reason_has_four_kibibytes_as_it_is_recorded(reason: str, why: str | None) -> None:
    assert refused(waiting(), "no", reason=reason) == why


def test_an_answer_in_own_words_has_sixteen() -> None:
    assert refused(waiting(free_text=True), text="x" * MAX_TEXT_BYTES) is None
    assert refused(waiting(free_text=True), text="x" * (MAX_TEXT_BYTES + 1)) == "the answer is longer than 16 KiB"


def test_reason_and_text_are_recorded_safe_to_show_and_labels_raw() -> None:
    label = "ship \x1b[31mit"
    ledger = waiting(options=[{"key": "ship", "label": label}], free_text=True)
    gate = ledger.gate("g")
    (draft,) = decide(ledger.state, answer(gate, "ship", reason="a\x1bb", shown_wall_ms=5), ANN, "d-7", ledger.now)
    check_payload(draft.kind, draft.payload)
    assert draft.payload["label"] == label
    assert draft.payload["reason"] == "a\\x1bb"
    assert draft.payload["actor"] == {"uid": 1000, "host": "desk"}
    assert (draft.payload["by"], draft.payload["origin"], draft.payload["shown_wall_ms"]) == ("ann", "key", 5)
    (draft,) = decide(ledger.state, answer(gate, text="c\x1bd" + "e" * 500), ANN, "d-8", ledger.now)
    assert draft.payload["text"].startswith("c\\x1bd")
    assert len(draft.payload["label"]) == 200


def test_the_revision_and_digest_that_were_shown_are_the_ones_decided() -> None:
    """A-10: never the newest in their place."""
    ledger = waiting()
    shown = answer(ledger.gate("g"), "ship")
    ledger.must(opened(revision=2, digest="digest-2"))
    (draft,) = decide(ledger.state, shown, ANN, "d-1", ledger.now)
    assert (draft.payload["revision"], draft.payload["digest"]) == (1, "digest-1")
    assert ledger.carry_out(shown) == "revision 1 was replaced by revision 2"


def test_a_production_gate_is_never_answered_from_a_file() -> None:
    """[002-16]"""
    ledger = waiting(risk="production")
    why = refused(ledger, "ship", origin="answers", confirm="alpha", reason="r")
    assert why == "a production gate is never answered from a file"


# --- taking back -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["key", "cli", "answers"])
@pytest.mark.parametrize(
    ("fields", "option", "hard"),
    [
        ({}, "ship", False),
        ({}, "no", True),
        *[
            ({"options": [{"key": "o", "label": "O", "role": role}]}, "o", True)
            for role in ("skip", "cancel", "deploy", "publish")
        ],
        ({"options": [{"key": "o", "label": "O", "role": "approve"}]}, "o", False),
        ({"risk": "production"}, "ship", True),
        ({"risk": "staging", "kind": "deploy_staging"}, "ship", True),
        ({"risk": "staging"}, "ship", False),
    ],
)
def test_only_what_is_hard_to_take_back_waits_five_seconds(
    fields: dict[str, Any], option: str, hard: bool, origin: str
) -> None:
    """A-11: reject, skip, cancel, publish, deploy; all others leave at once. Who has no ``u`` key does not wait."""
    ledger = waiting(**fields)
    given = answer(ledger.gate("g"), option, reason="r", confirm="alpha", origin=origin)
    (draft,) = decide(ledger.state, given, ANN, "d-1", ledger.now)
    assert draft.payload["undo_ms"] == (5 * SECOND if hard and origin == "key" else 0)


def test_an_answer_can_be_taken_back_for_five_seconds() -> None:
    """A-11: taking back is recorded; after delivery there is no silent undo."""
    ledger = waiting()
    assert refused(ledger, "no", reason="r") is None
    ledger.tick(5 * SECOND - 1)
    assert ledger.carry_out(Undo(BATCH, "g")) is None
    assert ledger.events[-1].kind == "decision_undone"
    assert refused(ledger, "no", reason="r") is None
    ledger.tick(5 * SECOND)
    assert ledger.carry_out(Undo(BATCH, "g")) == "the time to take it back is over"
    ledger.must(on_gate("delivery_claimed"), on_gate("decision_delivered"))
    assert ledger.carry_out(Undo(BATCH, "g")) == "the answer has already reached its agent"


def test_an_answer_can_be_given_again_after_it_was_taken_back() -> None:
    ledger = waiting()
    assert ledger.carry_out(answer(ledger.gate("g"), "no", reason="r"), "d-1") is None
    assert ledger.carry_out(Undo(BATCH, "g")) is None
    assert ledger.carry_out(answer(ledger.gate("g"), "ship"), "d-2") is None
    assert ledger.gate("g").answers == ((1, "d-1", "no"), (1, "d-2", "ship"))


# --- everything else ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", TrackState)
def test_who_can_be_spoken_to(state: TrackState) -> None:
    ledger = waiting()
    ledger.must(track_added("beta", state=state.value))
    over = state.value in ("merged", "done", "skipped", "abandoned", "rolled_back")
    why = f"beta is {state}: nobody is there to read it" if over else None
    assert refusal(ledger.state, Tell(BATCH, "beta", "hello"), ledger.now) == why
    assert refusal(ledger.state, Nudge(BATCH, "beta"), ledger.now) == why


def test_who_has_no_task_file_cannot_be_written_to() -> None:
    ledger = waiting()
    ledger.must(track_added("beta", source=""))
    assert ledger.carry_out(Tell(BATCH, "beta", "hello")) == "beta has no task file to write into"


def test_a_message_and_a_nudge() -> None:
    ledger = waiting()
    assert ledger.carry_out(Tell(BATCH, "alpha", "hello \x1b"), "m-1") is None
    ledger.tick(MINUTE)
    assert ledger.carry_out(Nudge(BATCH, "alpha"), "m-2") is None
    assert [(one.id, one.text[:8], one.by, one.purpose) for one in ledger.track("alpha").messages] == [
        ("m-1", "hello \\x", "ann", "message"),
        ("m-2", "Status c", "ann", "status"),
    ]
    assert kinds(decide(ledger.state, Nudge(BATCH, "alpha"), ANN, "m-3", ledger.now)) == ["agent_asked", "message_sent"]
    assert ledger.events[-2].payload["silent_ms"] == MINUTE


def test_every_risk_has_its_confirmation() -> None:
    found = {risk: refused(waiting(risk=risk.name.lower()), "ship", reason="r") for risk in Risk}
    assert {risk for risk, why in found.items() if why is None} == {Risk.LOW, Risk.UNKNOWN, Risk.STAGING, Risk.FAILURE}


def test_a_gate_can_be_taken_off_the_queue_with_a_reason_and_never_counts_as_answered() -> None:
    ledger = Ledger()
    ledger.see(asking("Ship it?", "ship", "fix"))
    gate = next(iter(ledger.batch.gates.values()))
    assert ledger.carry_out(Cancel(BATCH, gate.id, "  ")) == "say why nobody will answer it"
    assert ledger.carry_out(Cancel(BATCH, gate.id, "its agent is gone")) is None
    ended = ledger.batch.gates[gate.id]
    assert (ended.state, ended.decision, ended.closed_why) == (GateState.CANCELLED, None, "its agent is gone")
    assert ledger.carry_out(Cancel(BATCH, gate.id, "again")) == "the gate is cancelled"
