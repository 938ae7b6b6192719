"""What is seen of agents ends their questions: taken, answered elsewhere, asked no more; and shows what they read."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.facts import MOST_SAID, AgentsSeen, CallEnded, ListSeen
from orchestrator_tui.core.model import Gate, GateState
from orchestrator_tui.core.observe import observe
from orchestrator_tui.core.observe_askers import awaited, observe_answers
from orchestrator_tui.core.text import sanitise_line
from tests.core.builders import MINUTE, NO_RULES, SECOND, Ledger, agent, asking, on_gate, opened, track_added

ASKER = "s1/a1"


def asked(state: str = "open", **fields: Any) -> Ledger:
    """A permission that sub-agent a1 of session s1 waits for, brought as far as ``state``."""
    ledger = Ledger()
    ledger.meet(agent(), agent("s1", "a1"))
    ledger.must(opened(kind="permission", source="call", routes=["hook"], asker=ASKER, **fields))
    steps = {
        "open": (),
        "decided": ("gate_decided",),
        "claimed": ("gate_decided", "delivery_claimed"),
        "delivered": ("gate_decided", "delivery_claimed", "decision_delivered"),
    }
    for kind in steps[state]:
        route: dict[str, Any] = {} if kind == "gate_decided" else {"route": "hook"}
        ledger.must(on_gate(kind, **route))
    ledger.tick(SECOND)
    return ledger


def ends(ledger: Ledger, answered_by: str, **fields: Any) -> Gate:
    """The call of gate ``g`` ends."""
    call = {"asker": ASKER, "gate": "g", "tool": "Bash", "failed": False, "wall_ms": ledger.now.wall_ms, **fields}
    ledger.must(*observe_answers(ledger.batch, AgentsSeen(calls=(CallEnded(answered_by=answered_by, **call),))))
    return ledger.gate("g")


def arrives(ledger: Ledger, where: str, identifier: str = "d-1") -> Gate:
    seen = AgentsSeen(arrived=((identifier, where, "went on with Edit cart.py"),))
    ledger.must(*observe_answers(ledger.batch, seen))
    return ledger.gate("g")


# --- calls -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "answered_by", "becomes"),
    [
        ("open", "person", GateState.ANSWERED_ELSEWHERE),
        ("decided", "person", GateState.ANSWERED_ELSEWHERE),
        ("claimed", "person", GateState.ANSWERED_ELSEWHERE),
        ("delivered", "person", GateState.ANSWERED_ELSEWHERE),
        ("claimed", "hook", GateState.ACKNOWLEDGED),
        ("delivered", "hook", GateState.ACKNOWLEDGED),
        ("claimed", "", GateState.DECIDED),
        ("delivered", "", GateState.DELIVERED),
        ("open", "hook", GateState.ANSWERED_ELSEWHERE),
        ("decided", "hook", GateState.ANSWERED_ELSEWHERE),
        ("open", "", GateState.ANSWERED_ELSEWHERE),
        ("decided", "", GateState.ANSWERED_ELSEWHERE),
    ],
)
def test_the_end_of_a_call_tells_whose_answer_it_took(state: str, answered_by: str, becomes: GateState) -> None:
    assert ends(asked(state), answered_by).state is becomes


@pytest.mark.parametrize(("asker", "answered_by"), [("s1", ""), ("s1", "rules"), (ASKER, "rules")])
def test_an_answer_of_ours_is_not_claimed_without_evidence(asker: str, answered_by: str) -> None:
    """A session's own transcript names the hook that answered; that of a sub-agent does not in every version."""
    gate = ends(asked("delivered"), answered_by, asker=asker)
    assert (gate.state, gate.decision is not None) == (GateState.ANSWERED_ELSEWHERE, True)


WORDS = "later: " + "first the tests\n" * 40
"""Why a call was denied, longer than what is kept of what its agent was told."""


@pytest.mark.parametrize(
    ("failed", "said", "becomes"),
    [
        (True, WORDS, "acknowledged"),
        (True, "Exit code 3", "answered_elsewhere"),
        (True, "", "answered_elsewhere"),
        (False, "", "answered_elsewhere"),
    ],
)
def test_our_denial_is_known_by_its_words(failed: bool, said: str, becomes: str) -> None:
    """A call that ended in another way, though we had denied it, was answered at the terminal."""
    ledger = asked()
    ledger.must(on_gate("gate_decided", options=["no"], label="no", reason=WORDS))
    ledger.must(on_gate("delivery_claimed", route="hook"), on_gate("decision_delivered", route="hook"))
    assert ends(ledger, "", failed=failed, said=sanitise_line(said, MOST_SAID)).state == becomes


def test_the_evidence_names_the_call() -> None:
    step = ends(asked("delivered"), "hook").steps[-1]
    assert (step.route, step.evidence) == ("hook", "its transcript: the Bash call went on by it")


def test_an_earlier_call_of_the_same_words_says_nothing_of_this_one() -> None:
    ledger = asked()
    assert ends(ledger, "person", wall_ms=ledger.now.wall_ms - MINUTE).state is GateState.OPEN


def handed(ledger: Ledger, gate: str, revision: int = 1, tool: str = "Bash", answer: str = "ship") -> None:
    """A permission for a call, asked and answered; the answer is with its agent."""
    known: dict[str, Any] = {"gate": gate, "revision": revision, "decision": f"d-{gate}-{revision}"}
    fields: dict[str, Any] = {"kind": "permission", "source": "call", "routes": ["hook"], "asker": ASKER}
    ledger.must(opened(gate, revision, subject={"tool": tool, "input": {}}, **fields))
    ledger.must(on_gate("gate_decided", options=[answer], label=answer, **known))
    ledger.must(
        on_gate("delivery_claimed", route="hook", **known), on_gate("decision_delivered", route="hook", **known)
    )
    ledger.tick(SECOND)


@pytest.mark.parametrize("answer", ["ship", "no"])
@pytest.mark.parametrize("told", ["call-1", "call-other"])
def test_every_revision_is_acknowledged_by_its_own_end(answer: str, told: str) -> None:
    """Also where the transcript holds another input than the hook was told, so that it tells another id."""
    ledger = Ledger()
    ledger.meet(agent(), agent("s1", "a1"))
    for revision in (1, 2):
        handed(ledger, "call-1", revision, answer=answer)
        now = CallEnded(ASKER, told, "Bash", "hook", answer == "no", ledger.now.wall_ms)
        before = CallEnded(ASKER, told, "Bash", "hook", answer == "no", ledger.now.wall_ms - MINUTE)
        ledger.must(*observe_answers(ledger.batch, AgentsSeen(calls=(before, now))))
        assert ledger.gate("call-1").state is GateState.ACKNOWLEDGED
        ledger.tick(SECOND)


@pytest.mark.parametrize(
    "fields",
    [{"tool": "Write"}, {"asker": "s1"}, {"answered_by": ""}, {"answered_by": "person"}, {"wall_ms": 1}],
)
def test_the_end_of_an_unknown_call_says_nothing_of_one_that_it_cannot_be(fields: dict[str, Any]) -> None:
    ledger = Ledger()
    handed(ledger, "call-1")
    call: dict[str, Any] = {"asker": ASKER, "tool": "Bash", "answered_by": "hook", "wall_ms": ledger.now.wall_ms}
    assert (
        observe_answers(ledger.batch, AgentsSeen(calls=(CallEnded(gate="call-2", failed=False, **call | fields),)))
        == ()
    )


def test_of_two_calls_of_a_tool_nobody_knows_which_one_ended() -> None:
    ledger = Ledger()
    handed(ledger, "call-1")
    handed(ledger, "call-2")
    call = CallEnded(ASKER, "call-3", "Bash", "hook", False, ledger.now.wall_ms)
    assert observe_answers(ledger.batch, AgentsSeen(calls=(call,))) == ()


def test_a_call_that_nobody_asked_about_changes_nothing() -> None:
    ledger = asked()
    assert ends(ledger, "person", gate="call-other").state is GateState.OPEN
    assert observe_answers(ledger.batch, AgentsSeen()) == ()


def test_two_ends_of_one_call_end_it_once() -> None:
    ledger = asked()
    call = CallEnded(ASKER, "g", "Bash", "person", False, ledger.now.wall_ms)
    assert len(observe_answers(ledger.batch, AgentsSeen(calls=(call, call)))) == 1


# --- arrivals ----------------------------------------------------------------------------------------------


def test_a_decision_in_its_askers_transcript_is_acknowledged_by_the_route_that_it_took() -> None:
    ledger = asked("delivered")
    ledger.must(on_gate("gate_nudged", route="tmux"))
    step = arrives(ledger, ASKER).steps[-1]
    assert (step.step, step.route, step.evidence) == ("acknowledged", "hook", "went on with Edit cart.py")


@pytest.mark.parametrize(
    ("state", "where", "identifier"),
    [("delivered", "s1", "d-1"), ("delivered", ASKER, "d-2"), ("decided", ASKER, "d-1"), ("open", ASKER, "d-1")],
)
def test_anything_else_is_no_acknowledgement(state: str, where: str, identifier: str) -> None:
    ledger = asked(state)
    before = ledger.gate("g")
    assert arrives(ledger, where, identifier) == before


def test_where_nobody_knows_who_asked_any_agent_that_read_it_will_do() -> None:
    ledger = Ledger()
    ledger.see(asking())
    gate = ledger.only_gate()
    key: dict[str, Any] = {"gate": gate.id, "decision": "d-1", "route": "task_file"}
    ledger.must(on_gate("gate_decided", gate.id, digest=gate.digest))
    ledger.must(on_gate("delivery_claimed", **key), on_gate("decision_delivered", **key))
    ledger.must(*observe_answers(ledger.batch, AgentsSeen(arrived=(("d-1", "s1/a9", "went on"),))))
    assert ledger.gate(gate.id).state is GateState.ACKNOWLEDGED


def test_a_message_in_a_transcript_has_been_read() -> None:
    ledger = Ledger()
    ledger.must(track_added(), Draft("message_sent", {"track": "alpha", "message": "m-1", "text": "look"}))
    assert awaited(ledger.batch) == {"m-1"}
    seen = AgentsSeen(arrived=(("m-1", "s1", "went on"),))
    ledger.must(*observe_answers(ledger.batch, seen))
    assert ledger.track("alpha").messages[0].read_at == ledger.now
    assert observe_answers(ledger.batch, seen) == ()
    assert awaited(ledger.batch) == frozenset()


@pytest.mark.parametrize(
    ("state", "waits"), [("open", False), ("decided", True), ("claimed", True), ("delivered", True)]
)
def test_decisions_on_their_way_are_looked_for(state: str, waits: bool) -> None:
    assert awaited(asked(state).batch) == ({"d-1"} if waits else frozenset())


def test_nobody_is_waited_for_on_a_track_that_has_ended() -> None:
    ledger = Ledger()
    ledger.must(track_added(), Draft("message_sent", {"track": "alpha", "message": "m-1", "text": "look"}))
    ledger.must(Draft("track_moved", {"track": "alpha", "to": "done"}))
    assert awaited(ledger.batch) == frozenset()


# --- who has gone ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["open", "decided", "claimed", "delivered"])
def test_what_a_gone_agent_asked_is_withdrawn_unless_it_was_decided(state: str) -> None:
    ledger = asked(state)
    before = ledger.gate("g")
    ledger.meet(agent("s1", "a1", finished=True))
    gate = ledger.gate("g")
    if state == "open":
        assert (gate.state, gate.closed_why) == (GateState.WITHDRAWN, "its agent has ended: its transcript ends")
    else:
        assert gate == before


def test_what_a_sub_agent_of_a_gone_session_asked_is_withdrawn() -> None:
    ledger = asked()
    ledger.meet(agent(finished=True))
    assert ledger.gate("g").state is GateState.WITHDRAWN


def test_one_that_asks_after_it_was_seen_to_end_lives() -> None:
    ledger = Ledger()
    ledger.meet(agent(), agent("s1", "a1", finished=True))
    ledger.tick(SECOND)
    ledger.must(opened(kind="permission", source="call", routes=["hook"], asker=ASKER))
    ledger.meet(agent(), agent("s1", "a1", finished=True))
    assert ledger.gate("g").state is GateState.OPEN


def test_an_agent_of_which_nothing_is_known_is_not_gone() -> None:
    ledger = Ledger()
    ledger.must(opened(kind="permission", source="call", routes=["hook"], asker="s9/a9"))
    ledger.meet(agent(finished=True))
    assert ledger.gate("g").state is GateState.OPEN


def test_a_question_in_a_task_file_is_asked_while_a_session_of_its_list_lives() -> None:
    ledger = Ledger()
    ledger.meet(agent(), agent("s1", "a1", tasks=("1",)), agent("s2"))
    ledger.see(asking())
    ledger.tick(SECOND)
    gate = ledger.only_gate().id
    ledger.meet(agent("s1", "a1", tasks=("1",), finished=True))
    ledger.meet(agent(finished=True))
    assert ledger.gate(gate).state is GateState.OPEN
    ledger.meet(agent("s2", finished=True))
    assert (ledger.gate(gate).state, ledger.gate(gate).closed_why) == (GateState.WITHDRAWN, "its session has ended")


def test_it_is_asked_anew_when_a_session_is_resumed_and_not_before() -> None:
    ledger = Ledger()
    ledger.meet(agent())
    ledger.see(asking())
    ledger.tick(SECOND)
    ledger.meet(agent(finished=True))
    assert ledger.see(asking()) == ()
    ledger.meet(agent())
    ledger.see(asking())
    assert (ledger.only_gate().state, ledger.only_gate().revision) == (GateState.OPEN, 2)


def test_the_list_of_a_session_that_was_gone_before_anybody_looked_asks_nothing() -> None:
    ledger = Ledger()
    ledger.meet(agent(finished=True))
    drafts = observe(ledger.batch, ListSeen((asking(),), whole=True), NO_RULES, ledger.now)
    assert "gate_opened" not in {draft.kind for draft in drafts}


def test_what_was_asked_from_a_shell_or_by_us_is_not_withdrawn_with_a_session() -> None:
    ledger = Ledger()
    ledger.meet(agent())
    ledger.must(track_added(), opened("from-shell"), opened("of-ours", source="policy", routes=["engine"]))
    ledger.tick(SECOND)
    ledger.meet(agent(finished=True))
    assert {gate.state for gate in ledger.batch.gates.values()} == {GateState.OPEN}
