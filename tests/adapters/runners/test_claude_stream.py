"""What headless Claude Code prints, as news of an attempt: recorded streams of both versions, and hostile ones."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.adapters.runners.claude_limits import UNKNOWN_MS
from orchestrator_tui.adapters.runners.claude_stream import MOST_DENIALS, ClaudeFollower
from orchestrator_tui.adapters.sessions.lines import LINE_LIMIT
from orchestrator_tui.core.text import is_clean
from orchestrator_tui.runtime.run_world import AttemptNews
from tests.adapters.runners.made import feed_in

STREAMS = Path(__file__).with_name("streams")
"""Output of the real program with a scripted model; what nothing here reads was left out, paths were renamed."""

VERSIONS = ("2.1.328", "2.1.197")
NOW_MS = 1_795_249_560_000
WORDS = frozenset({"APPROVED", "READY"})


def follower() -> ClaudeFollower:
    return ClaudeFollower(WORDS, "/home/dev/project", lambda: NOW_MS)


def lines_of(version: str, name: str) -> list[bytes]:
    return (STREAMS / f"{version}-{name}.jsonl").read_bytes().splitlines(keepends=True)


def told(version: str, name: str) -> tuple[ClaudeFollower, list[AttemptNews]]:
    reader = follower()
    return reader, feed_in(reader, lines_of(version, name))


def say(reader: ClaudeFollower, **entry: Any) -> AttemptNews:
    news = reader.feed(json.dumps(entry).encode() + b"\n")
    assert news is not None
    return news


@pytest.mark.parametrize("version", VERSIONS)
def test_a_turn_with_calls_that_are_allowed_and_denied(version: str) -> None:
    reader, news = told(version, "tools")
    waiting = [one for one in news if one.asks]
    asked = list(dict.fromkeys(ask["tool_name"] for one in waiting for ask in one.asks))
    assert asked == ["Write", "Bash"]
    ask = waiting[0].asks[0]
    assert ask["hook_event_name"] == "PermissionRequest"
    assert ask["cwd"] == "/home/dev/project"
    assert ask["tool_input"]["content"] == "hello"
    assert ask["session_id"] == news[0].session
    last = news[-1]
    assert last.denials == ("Bash rm -rf build",)
    assert last.answered == tuple(one.asks[0]["request_id"] for one in (waiting[0], waiting[-1]))
    assert [one.idle for one in news] == [False] * (len(news) - 1) + [True]
    assert [one.activity for one in news][2:4] == ["Write a.txt", "asks: Write a.txt"]
    end = reader.end(0, "exited", b"")
    assert (end.claim, end.verdict, end.summary) == ("done", "APPROVED", "All done.")
    assert (end.turns, end.tokens) == (4, 648)
    assert end.cost_usd == pytest.approx(0.00528 if version == "2.1.328" else 0.0066)
    assert end.session == news[0].session
    assert end.model.startswith("claude-opus")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_denial_is_told_at_once_and_once(version: str) -> None:
    _, news = told(version, "tools")
    first = next(place for place, one in enumerate(news) if one.denials)
    assert not news[first].idle
    assert {one.denials for one in news[first:]} == {("Bash rm -rf build",)}


@pytest.mark.parametrize("version", VERSIONS)
def test_messages_are_heard_and_their_decisions_answered_once_it_goes_on(version: str) -> None:
    _, news = told(version, "mid-turn")
    assert [one.heard for one in news if one.idle] == [2, 3]
    assert news[-1].answered == ("d-123", "m-77")
    heard = next(place for place, one in enumerate(news) if one.heard == 2)
    assert (news[heard].answered, news[heard + 1].answered) == ((), ("d-123",))


@pytest.mark.parametrize(
    "content", ['{"decision": "d-9"}', [{"type": "text", "text": "Decided: ship. decision d-9 on g."}]]
)
def test_what_a_tool_brings_is_answered_once_it_goes_on(content: Any) -> None:
    reader = follower()
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": content}
    assert say(reader, type="user", message={"role": "user", "content": [result]}).answered == ()
    answer = {"id": "msg_1", "role": "assistant", "model": "m", "content": [{"type": "text", "text": "so"}]}
    assert say(reader, type="assistant", message=answer).answered == ("d-9",)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_interrupted_turn_can_be_gone_on_with(version: str) -> None:
    reader, news = told(version, "interrupt")
    assert [one.idle for one in news].count(True) == 2
    assert reader.end(0, "exited", b"").claim == "done"
    cut = follower()
    feed_in(cut, lines_of(version, "interrupt")[:7])
    assert cut.end(1, "exited", b"").summary == "error during execution"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_question_waits_as_the_hook_would_tell_it(version: str) -> None:
    _, news = told(version, "question")
    [asks] = {json.dumps(one.asks) for one in news if one.asks}
    [ask] = json.loads(asks)
    assert ask["tool_input"]["questions"][0]["question"] == "Ship?"
    assert news[-1].answered == (ask["request_id"],)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("name", "bound", "why"),
    [
        ("max-turns", "turns", "Reached maximum number of turns (2)"),
        ("budget", "cost", "Reached maximum budget ($0.5)"),
    ],
)
def test_bounds_of_its_own_end_it(version: str, name: str, bound: str, why: str) -> None:
    reader, news = told(version, name)
    end = reader.end(1, "exited", b"")
    assert (end.claim, end.bound, end.summary, end.parked_until_ms) == ("failed", bound, why, 0)
    assert news[-1].idle
    assert end.cost_usd > 0


@pytest.mark.parametrize("version", VERSIONS)
def test_a_rate_limit_parks_it(version: str) -> None:
    reader, news = told(version, "rate-limit")
    assert [one.parked_until_ms for one in news[:-1]] == [0] * (len(news) - 1)
    assert news[-1].parked_until_ms == NOW_MS + UNKNOWN_MS
    end = reader.end(1, "exited", b"")
    assert (end.claim, end.parked_until_ms, end.tokens) == ("failed", NOW_MS + UNKNOWN_MS, 0)
    assert "429" in end.summary


@pytest.mark.parametrize("version", VERSIONS)
def test_it_is_not_idle_while_a_sub_agent_works_in_the_background(version: str) -> None:
    reader, news = told(version, "background")
    assert [one.idle for one in news] == [False] * (len(news) - 1) + [True]
    end = reader.end(0, "exited", b"")
    assert (end.verdict, end.turns, end.tokens) == ("READY", 3, 810)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_sub_agent_asks_too(version: str) -> None:
    _, news = told(version, "sub-agent")
    [agent] = {ask["agent_id"] for one in news for ask in one.asks}
    assert agent.startswith("a")
    assert len(news[-1].answered) == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_conversation_has_cost_before_is_not_counted(version: str) -> None:
    reader, _ = told(version, "resumed")
    end = reader.end(0, "exited", b"")
    assert (end.tokens, end.turns) == (162, 1)
    assert end.cost_usd == pytest.approx(0.00132 if version == "2.1.328" else 0.00165)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["tools", "mid-turn", "background", "sub-agent", "rate-limit"])
def test_pieces_do_not_matter(version: str, name: str) -> None:
    data = b"".join(lines_of(version, name))
    ends = []
    for size in (1, 7, 1000, len(data)):
        reader = follower()
        news = feed_in(reader, [data[place : place + size] for place in range(0, len(data), size)])
        ends.append((news[-1], reader.end(0, "exited", b"")))
    assert all(one == ends[0] for one in ends)


def test_what_was_cut_off_by_its_death_is_no_result() -> None:
    lines = lines_of("2.1.328", "tools")
    reader = follower()
    feed_in(reader, [*lines[:-1], lines[-1].rstrip(b"\n")[:-10]])
    assert (reader.end(None, "signal 9", b"").claim, reader.end(None, "signal 9", b"").summary) == (
        "failed",
        "signal 9",
    )
    assert reader.end(0, "exited", b"").summary == "it ended without a result"
    assert reader.end(1, "exited", b"Error: Session ID x is already in use.\n").summary.startswith("Error: Session ID")


def test_an_answered_call_is_cancelled() -> None:
    reader = follower()
    request = {"subtype": "can_use_tool", "tool_name": "Write", "input": {"file_path": "/x"}, "tool_use_id": "t1"}
    assert len(say(reader, type="control_request", request_id="r1", request=request).asks) == 1
    assert len(say(reader, type="control_request", request_id="r2", request={**request, "tool_use_id": "t2"}).asks) == 2
    assert [ask["request_id"] for ask in say(reader, type="control_cancel_request", request_id="r1").asks] == ["r2"]
    result = {"type": "tool_result", "tool_use_id": "t2", "content": "x"}
    last = say(reader, type="user", message={"role": "user", "content": [result]})
    assert (last.asks, last.answered) == ((), ())


def test_limits_come_and_go() -> None:
    reader = follower()
    reset = NOW_MS // 1000 + 3600
    news = say(reader, type="rate_limit_event", rate_limit_info={"status": "rejected", "resetsAt": reset})
    assert news.parked_until_ms == reset * 1000
    news = say(reader, type="rate_limit_event", rate_limit_info={"status": "allowed_warning", "resetsAt": reset})
    assert news.parked_until_ms == 0
    news = say(reader, type="system", subtype="api_retry", error="rate_limit", error_status=429, retry_delay_ms=90_000)
    assert news.parked_until_ms == NOW_MS + 90_000
    message = {"id": "m", "model": "claude-opus-5-5", "content": [{"type": "text", "text": "on"}], "usage": {}}
    assert say(reader, type="assistant", message=message).parked_until_ms == 0
    say(reader, type="rate_limit_event", rate_limit_info={"status": "rejected", "resetsAt": reset})
    error = {"is_error": True, "api_error_status": 429, "result": "API Error: 429"}
    assert say(reader, type="result", subtype="success", **error).parked_until_ms == reset * 1000
    assert reader.end(1, "exited", b"").parked_until_ms == reset * 1000


def test_what_is_kept_is_bounded() -> None:
    reader = follower()
    denials = [{"tool_name": "Bash", "tool_use_id": f"t{n}", "tool_input": {"command": "x" * 5000}} for n in range(500)]
    for start in range(0, 500, 50):
        news = say(reader, type="result", is_error=False, result="", permission_denials=denials[start : start + 50])
    assert len(news.denials) == MOST_DENIALS
    assert max(map(len, news.denials)) <= 120
    for n in range(300):
        request = {"subtype": "can_use_tool", "tool_name": "Write", "input": {}, "tool_use_id": f"u{n}"}
        news = say(reader, type="control_request", request_id=f"r{n}", request=request)
    assert len(news.asks) == 64
    assert reader.feed(b"x" * (LINE_LIMIT + 1)) is None
    assert reader.feed(b"x\n") is None
    assert say(reader, type="user", isReplay=True, message={"content": "again"}).heard == 1


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["t1", "APPROVED"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = (
    "subtype message request response request_id tool_use_id tool_name input content id model usage result is_error"
    " permission_denials errors rate_limit_info status resetsAt task_id task_type tasks parent_tool_use_id isReplay"
    " modelUsage model_usage_since_last_result total_cost_usd queued_turn_count session_id cwd retry_delay_ms error"
    " text name type behavior api_error_status"
).split()
TYPES = "system assistant user result control_request control_response control_cancel_request rate_limit_event".split()
INNER = st.dictionaries(st.sampled_from(KEYS), JSON, max_size=5)
SUBTYPES = st.sampled_from(["init", "api_retry", "task_started", "task_notification", "can_use_tool"])
ENTRIES = st.fixed_dictionaries(
    {"type": st.sampled_from(TYPES) | JSON},
    optional={
        **{key: JSON | INNER | st.lists(INNER, max_size=2) for key in KEYS if key != "type"},
        "subtype": SUBTYPES | JSON,
        "message": st.fixed_dictionaries({"content": st.lists(INNER, max_size=2)}) | INNER,
        "request": st.fixed_dictionaries({"subtype": SUBTYPES, "tool_name": JSON, "input": INNER}) | JSON,
    },
)
LINES = st.one_of(ENTRIES.map(lambda entry: json.dumps(entry).encode()), st.binary(max_size=60))


@given(lines=st.lists(LINES, max_size=8), cuts=st.lists(st.integers(0, 2000), max_size=6))
def test_whatever_comes_in_whatever_pieces_is_the_same_news(lines: list[bytes], cuts: list[int]) -> None:
    data = b"\n".join(lines) + b"\n"
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    whole, cut = follower(), follower()
    first = feed_in(whole, [data])
    second = feed_in(cut, [data[start:end] for start, end in pairwise(places)])
    assert repr(first[-1:]) == repr(second[-1:])
    end = cut.end(0, "exited", data)
    assert repr(end) == repr(whole.end(0, "exited", data))
    for news in second:
        assert all(map(is_clean, (news.activity, news.session, news.model, *news.denials)))
        assert news.cost_usd >= 0
        assert news.tokens >= 0
    assert is_clean(end.summary)
