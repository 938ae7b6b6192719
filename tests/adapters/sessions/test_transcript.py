"""What a transcript tells: calls, answers, texts that arrived, tasks; by real files and by hostile lines."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.adapters.sessions import entries
from orchestrator_tui.adapters.sessions.arrivals import MOST_IDENTIFIERS, Arrivals
from orchestrator_tui.adapters.sessions.totals import Totals, join
from orchestrator_tui.adapters.sessions.transcript import MOST_CALLS, Transcript, feed_past
from orchestrator_tui.core.facts import CallEnded
from orchestrator_tui.core.naming import call_gate_id
from tests.adapters.sessions.homes import FIXTURES, answer, line, prompt, result, stamp

DECISION, MESSAGE = "d-0123456789ab", "m-d-0123456789ab-1"


def fed(*said: dict[str, Any] | bytes, agent: str = "") -> Transcript:
    transcript = Transcript("s1", agent)
    for one in said:
        transcript.feed(one if isinstance(one, bytes) else line(one).rstrip(b"\n"))
    return transcript


def captured(path: str) -> list[bytes]:
    return (FIXTURES / path).read_bytes().splitlines()


# --- real files --------------------------------------------------------------------------------------------


def test_a_headless_session() -> None:
    transcript = fed(*captured("transcripts/main-headless.jsonl"))
    assert (transcript.activity, transcript.in_flight, transcript.turn_over) == ("Bash sleep 4", None, True)
    assert (transcript.version, transcript.branch, transcript.entrypoint) == ("2.1.328", "main", "sdk-cli")
    totals = transcript.totals
    assert (totals.model, totals.tokens) == ("claude-opus-5-5", 57_719)
    assert totals.stated == pytest.approx(0.0457196)
    assert totals.settled
    assert sorted(transcript.ended_agents.values()) == ["completed", "completed"]
    calls = {call.tool: call for call in transcript.take_ended()}
    assert calls["Bash"].answered_by == "rules"
    assert transcript.take_ended() == ()


def test_an_interactive_session_is_about_what_its_person_asked_first() -> None:
    transcript = fed(*captured("transcripts/main-interactive.jsonl"))
    assert transcript.totals.prompt == "[[script:busy]] go"
    assert transcript.turn_over
    assert transcript.entrypoint == "cli"


def test_the_cost_from_usage_is_what_claude_code_says_itself() -> None:
    totals = fed(*captured("transcripts/main-interactive.jsonl")).totals
    assert totals.paid == pytest.approx(totals.stated)


def test_a_session_of_an_older_version_with_its_sub_agents() -> None:
    home = next((FIXTURES / "homes" / "2.1.197-subagents" / "projects").rglob("*-*-*-*-*.jsonl"))
    transcript = fed(*home.read_bytes().splitlines())
    assert sorted(transcript.children.values()) == [False, True]
    assert len(transcript.returned) == 1
    assert list(transcript.ended_agents.values()) == ["completed"]
    assert transcript.totals.tasks == ("1",)


def test_a_title_that_a_person_gave() -> None:
    path = "homes/2.1.328-subagents/projects/-home-dev-proj/01a35b33-4d85-4c60-9506-bbea38a6d832.jsonl"
    assert fed(*captured(path)).totals.title == "my-nice-name"


def test_a_member_of_a_team_says_so() -> None:
    path = "homes/2.1.328-team-tmux/projects/-home-dev-proj/7e6c5bea-ae97-43ff-b85b-1db3316c6147.jsonl"
    transcript = fed(*captured(path))
    assert (transcript.team, transcript.member) == ("session-eca845fc", "mate1")


# --- calls -------------------------------------------------------------------------------------------------


def test_a_call_is_in_flight_until_its_result_stands_there() -> None:
    call = ("toolu_1", "Bash", {"command": "pytest -q"})
    transcript = fed(prompt(0, "go"), answer(1, call))
    running = transcript.in_flight
    assert running is not None
    assert (running.words, transcript.turn_over) == ("Bash pytest -q", False)
    transcript.feed(line(result(2, "toolu_1")))
    assert (transcript.in_flight, transcript.activity, transcript.turn_over) == (None, "Bash pytest -q", False)
    transcript.feed(line(answer(3)))
    assert transcript.turn_over


def test_of_several_calls_the_newest_that_runs_is_told() -> None:
    first, second = ("toolu_1", "Bash", {"command": "a"}), ("toolu_2", "Bash", {"command": "b"})
    transcript = fed(answer(1, first), answer(1, second), result(2, "toolu_2"))
    running = transcript.in_flight
    assert running is not None
    assert running.words == "Bash a"


def test_a_call_without_a_result_ends_with_the_next_answer() -> None:
    transcript = fed(answer(1, ("toolu_1", "Bash", {"command": "a"})), answer(2))
    assert transcript.in_flight is None


def test_an_interrupted_turn_is_over() -> None:
    transcript = fed(answer(1, ("toolu_1", "Bash", {})), prompt(2, "[Request interrupted by user for tool use]"))
    assert transcript.in_flight is None
    assert transcript.turn_over


GRANTED = {"decision": "accept", "source": "hook", "reasonType": "hook", "reasonCode": "hook:PermissionRequest"}
BY_PERSON = {"decision": "accept", "source": "user_temporary", "grantScope": "once", "reasonCode": "unknown"}
BY_HOOK_LINE = {"type": "attachment", "attachment": {"type": "hook_permission_decision", "toolUseID": "toolu_1"}}


@pytest.mark.parametrize(
    ("before", "said", "answered_by"),
    [
        ([], {"permissionDecision": GRANTED}, "hook"),
        ([BY_HOOK_LINE], {}, "hook"),
        ([], {"permissionDecision": BY_PERSON}, "person"),
        ([], {"permissionDecision": {**BY_PERSON, "source": "user_permanent"}}, "person"),
        ([], {"toolDenialKind": "user-rejected"}, "person"),
        ([], {"toolUseResult": "User rejected tool use"}, "person"),
        ([], {"permissionDecision": {"decision": "accept", "source": "config", "reasonType": "mode"}}, "rules"),
        ([], {}, ""),
        ([], {"permissionDecision": "strange", "toolUseResult": ["x"]}, ""),
    ],
)
def test_who_answered_a_call_that_ended(before: list[dict[str, Any]], said: dict[str, Any], answered_by: str) -> None:
    given = {"file_path": "cart/sum.py", "content": "x"}
    transcript = fed(
        answer(1, ("toolu_1", "Write", given), cwd="/repo"), *before, result(2, "toolu_1", **said), agent="a9"
    )
    gate = call_gate_id("s1", "a9", "Write", {**given, "file_path": "/repo/cart/sum.py"})
    assert transcript.take_ended() == (CallEnded("s1/a9", gate, "Write", answered_by, False, 1_795_168_802_000),)


@pytest.mark.parametrize(
    ("content", "answered_by"),
    [
        ("later:\tfirst the tests", ""),
        ("Exit code 3", ""),
        ("Permission for this tool use was denied. The tool use was rejected (eg. if it was a file edit).", "person"),
    ],
)
def test_what_a_call_that_failed_gave_to_its_agent(content: str, answered_by: str) -> None:
    """In 2.1.197 a sub-agent's transcript tells only by these words who refused its call."""
    said = {"type": "tool_result", "tool_use_id": "toolu_1", "is_error": True, "content": content}
    transcript = fed(answer(1, ("toolu_1", "Bash", {})), {"type": "user", "message": {"content": [said]}})
    (call,) = transcript.take_ended()
    assert call.failed
    assert (call.said, call.answered_by) == (content.replace("\t", " "), answered_by)


def test_a_turn_that_ended_with_agents_in_the_background() -> None:
    over = {"type": "system", "subtype": "turn_duration", "pendingBackgroundAgentCount": 2}
    transcript = fed(prompt(0, "go"), answer(1), {**over, "timestamp": "2026-11-20T10:00:02.000Z"})
    assert (transcript.turn_over, transcript.waits_for) == (True, 2)
    transcript.feed(line(prompt(3, "<task-notification>\n<task-id>a1</task-id>")))
    assert (transcript.turn_over, transcript.waits_for) == (False, 0)


@pytest.mark.parametrize(
    "text", ["<local-command-stdout>x</local-command-stdout>", "<command-name>/model</command-name>"]
)
def test_a_command_at_the_terminal_begins_no_turn(text: str) -> None:
    assert fed(answer(1), prompt(2, text)).turn_over


# --- tasks -------------------------------------------------------------------------------------------------


def test_tasks_that_it_created_and_reported_on_the_newest_first() -> None:
    transcript = fed(
        answer(1, ("toolu_1", "TaskCreate", {"subject": "a"})),
        result(2, "toolu_1", "Task #7 created successfully: a"),
        answer(3, ("toolu_2", "TaskUpdate", {"taskId": "3", "metadata": {"stage": 2}})),
        answer(4, ("toolu_3", "TaskUpdate", {"taskId": "7"})),
        answer(5, ("toolu_4", "TaskUpdate", {"taskId": "7"})),
    )
    assert transcript.totals.tasks == ("7", "3")


# --- texts that arrived ------------------------------------------------------------------------------------


CONTEXT = {"type": "hook_additional_context", "content": [f"Decided: ship\nBy ann: decision {DECISION} on gate g r1."]}


@pytest.mark.parametrize(
    "given_to_it",
    [
        {"type": "attachment", "attachment": CONTEXT, "timestamp": "2026-11-20T10:00:02.000Z"},
        result(2, "toolu_1", f"Decided: ship\n{DECISION}"),
        prompt(2, f"Stop hook feedback:\nby decision {DECISION} on", isMeta=True),
        prompt(2, f"{DECISION}: ship"),
        {"type": "attachment", "attachment": {"type": "queued_command", "prompt": f"see {DECISION}"}},
        {"type": "system", "subtype": "stop_hook_summary", "hookErrors": [f"decision {DECISION}"]},
    ],
)
def test_an_identifier_has_arrived_when_the_agent_goes_on_after_it(given_to_it: dict[str, Any]) -> None:
    awaited = frozenset({DECISION, "d-ffffffffffff"})
    transcript = fed(answer(1, ("toolu_1", "Bash", {"command": "a"})), given_to_it)
    assert transcript.arrived(awaited) == {}, "it was given, but nothing shows yet that it was read"
    transcript.feed(line(answer(3, ("toolu_2", "Edit", {"file_path": "cart.py"}))))
    (words,) = transcript.arrived(awaited).values()
    assert words.startswith("its next answer came")
    assert words.endswith(": Edit cart.py")


def test_how_long_the_agent_took_to_go_on() -> None:
    transcript = fed(prompt(2, f"decision {DECISION}"), answer(4))
    assert transcript.arrived(frozenset({DECISION})) == {DECISION: "its next answer came 2.0 s later"}


@pytest.mark.parametrize(
    "printed",
    [
        {"type": "attachment", "attachment": {"type": "hook_success", "stdout": f'{{"x":"{DECISION}"}}'}},
        {"type": "queue-operation", "operation": "enqueue", "content": f"{DECISION}"},
        answer(2, ("toolu_2", "Bash", {"command": f"echo {DECISION}"})),
        {"type": "last-prompt", "lastPrompt": DECISION},
    ],
)
def test_what_was_only_printed_queued_or_said_by_itself_has_not_arrived(printed: dict[str, Any]) -> None:
    assert fed(answer(1), printed, answer(3)).arrived(frozenset({DECISION})) == {}


def test_identifiers_are_told_from_what_only_looks_like_them() -> None:
    said = f"id-{DECISION} x{DECISION} 61a8d-0123-4d-01 {MESSAGE}, ({DECISION[:-1]}f)"
    transcript = fed(prompt(1, said), answer(2))
    assert transcript.arrived(frozenset({DECISION})) == {}
    assert set(transcript.arrived(frozenset({MESSAGE, DECISION[:-1] + "f"}))) == {MESSAGE, DECISION[:-1] + "f"}


# --- hostile lines -----------------------------------------------------------------------------------------


STRANGE = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"\xff\xfe{}",
    b'{"type": "assistant"}',
    b'{"type": "assistant", "message": 5}',
    b'{"type": "assistant", "message": {"content": [null, 5, {"type": "tool_use"}], "usage": [], "id": 7}}',
    b'{"type": "user", "message": {"content": [{"type": "tool_result", "tool_use_id": []}]}}',
    b'{"type": "user", "message": {"content": {"a": 1}}, "timestamp": "yesterday"}',
    b'{"type": "attachment", "attachment": "x"}',
    b'{"type": "system", "subtype": "turn_duration", "pendingBackgroundAgentCount": true}',
    b'{"type": "cost-state", "totalCostUSD": "much"}',
    b'{"type": "cost-state", "totalCostUSD": 1e400}',
    b'{"type": ["user"], "cwd": {}}',
    b'{"type": "custom-title", "customTitle": 5}',
    b'{"type": "user", "message": {"content": ' + b"[" * 5_000 + b"]" * 5_000 + b"}}",
    b'{"type": "assistant", "message": {"content": "\\ud800 half a pair", "model": "\\u001b[31m"}}',
]


@pytest.mark.parametrize("strange", STRANGE, ids=range(len(STRANGE)))
def test_a_strange_line_is_passed_over(strange: bytes) -> None:
    transcript = fed(answer(1, ("toolu_1", "Bash", {"command": "a"})), strange, result(2, "toolu_1"))
    assert transcript.activity == "Bash a"
    feed_past(Totals(), Arrivals(), strange)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = ["type", "message", "content", "attachment", "usage", "id", "name", "input", "timestamp", "toolUseResult"]
KINDS = st.sampled_from(["assistant", "user", "attachment", "system", "cost-state", "queue-operation", "summary"])


@given(st.lists(st.tuples(KINDS, st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6)), max_size=8))
def test_no_shape_of_a_line_is_an_error(said: list[tuple[str, dict[str, Any]]]) -> None:
    transcript, past, arrivals = Transcript("s1"), Totals(), Arrivals()
    for kind, fields in said:
        written = json.dumps({**fields, "type": kind, "message": fields.get("message", fields)}).encode()
        transcript.feed(written)
        feed_past(past, arrivals, written)
    assert transcript.totals.tokens >= 0


def test_tables_have_an_end() -> None:
    calls = [(f"toolu_{number}", "Bash", {"command": "a"}) for number in range(200)]
    identifiers = " ".join(f"d-{number:012x}" for number in range(2_000))
    transcript = fed(answer(1, *calls), *(result(2, name) for name, _, _ in calls), prompt(3, identifiers), answer(4))
    assert len(transcript.take_ended()) <= MOST_CALLS
    known = frozenset(f"d-{number:012x}" for number in range(2_000))
    assert len(transcript.arrived(known)) <= MOST_IDENTIFIERS


def test_bulky_and_idle_lines_are_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: bytes) -> None:
        raise AssertionError("parsed")

    monkeypatch.setattr(entries, "parse", refuse)
    fed(
        {"type": "api-request-shape", "shape": "x" * 90_000},
        {"type": "file-history-snapshot", "snapshot": {}},
        {"parentUuid": "2835054a", "isSidechain": False, "attachment": {"type": "prompt_snapshot", "systemPrompt": []}},
        b'{"type": "mode", "mode": "normal"}',
    )


# --- totals ------------------------------------------------------------------------------------------------


def test_an_answer_of_several_lines_counts_once_with_its_largest_usage() -> None:
    early = answer(1, ("toolu_1", "Bash", {}))
    early["message"]["usage"] = {"input_tokens": 1_000, "output_tokens": 1}
    transcript = fed(early, answer(1, ("toolu_2", "Bash", {})), answer(1), answer(2))
    assert transcript.totals.tokens == 2_200
    assert transcript.totals.paid == pytest.approx(0.012)


def test_an_answer_without_a_known_price_leaves_the_cost_unknown() -> None:
    strange = answer(2)
    strange["message"]["model"] = "claude-opus-9"
    totals = fed(answer(1), strange, answer(3)).totals
    assert (totals.tokens, totals.paid, totals.model) == (3_300, None, "claude-opus-5-5")


def test_an_error_of_the_program_itself_is_no_answer_of_a_model() -> None:
    error = answer(2)
    error["message"]["model"] = "<synthetic>"
    assert fed(answer(1), error).totals.model == "claude-opus-5-5"
    assert fed(answer(1), error).totals.tokens == 1_100


@given(st.integers(0, 60))
def test_past_and_recent_part_together_are_the_whole(place: int) -> None:
    lines = captured("transcripts/main-headless.jsonl")
    whole = fed(*lines).totals
    recent = fed(*lines[place:]).totals
    past = Totals(frozenset(recent.first_ids))
    for one in lines[:place]:
        feed_past(past, Arrivals(), one)
    both = join(past, recent)
    assert (both.tokens, both.model, both.stated, both.settled) == (
        whole.tokens,
        whole.model,
        whole.stated,
        whole.settled,
    )
    assert both.paid == pytest.approx(whole.paid)
    assert (both.prompt, both.tasks) == (whole.prompt, whole.tasks)


# --- lines out of their order ------------------------------------------------------------------------------
# Claude Code 2.1.197 may write what began a session after the first answer to it; the lines' own times tell the order.


def test_what_began_a_session_has_arrived_with_an_answer_that_was_written_before_it() -> None:
    context = {"type": "attachment", "attachment": {**CONTEXT, "content": [MESSAGE]}, "timestamp": stamp(2)}
    transcript = fed(answer(3), {"type": "system", "timestamp": stamp(3)}, prompt(1, f"see {DECISION}"), context)
    assert transcript.arrived(frozenset({DECISION, MESSAGE})) == {
        DECISION: "its next answer came 2.0 s later",
        MESSAGE: "its next answer came 1.0 s later",
    }
    assert transcript.turn_over
    assert transcript.totals.prompt == f"see {DECISION}"


def test_what_is_given_after_the_first_answer_waits_for_the_next() -> None:
    transcript = fed(answer(2), prompt(1, "go"), prompt(5, DECISION))
    assert not transcript.turn_over
    assert transcript.arrived(frozenset({DECISION})) == {}
    transcript.feed(line(answer(6)))
    assert transcript.arrived(frozenset({DECISION})) == {DECISION: "its next answer came 1.0 s later"}


@pytest.mark.parametrize(
    "before",
    [[prompt(0, "go"), answer(2)], [answer(2, ("toolu_1", "Bash", {})), prompt(1, "go"), result(3, "toolu_1")]],
    ids=["in order", "gone on"],
)
def test_a_time_alone_does_not_make_what_is_given_later_arrive(before: list[dict[str, Any]]) -> None:
    said_while_it_answered = prompt(1, DECISION)
    assert fed(*before, said_while_it_answered).arrived(frozenset({DECISION})) == {}


def test_where_the_beginning_is_not_known_the_order_of_the_lines_counts() -> None:
    transcript = Transcript("s1", from_start=False)
    for one in (answer(2), prompt(1, DECISION)):
        transcript.feed(line(one))
    assert transcript.arrived(frozenset({DECISION})) == {}
