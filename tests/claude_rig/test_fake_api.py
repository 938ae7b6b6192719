"""The scripted model over HTTP, without the CLI."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.claude_rig.fake_api import FakeApi
from tests.claude_rig.script import Conversation, JsonObject, Step, call, marker, say
from tests.claude_rig.waiting import NotSeenError


@pytest.fixture
def api(tmp_path: Path) -> Iterator[FakeApi]:
    served = FakeApi(tmp_path / "requests.jsonl")
    yield served
    served.close()


def ask(api: FakeApi, text: str, *, stream: bool = False, tools: bool = True) -> str:
    body = {
        "model": "m",
        "stream": stream,
        "messages": [{"role": "user", "content": text}],
        "tools": [{"name": "Bash"}] if tools else [],
    }
    request = urllib.request.Request(f"{api.url}/v1/messages?beta=true", json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(answer.read().decode())


def test_a_scripted_answer_is_given_and_the_request_is_logged(api: FakeApi, tmp_path: Path) -> None:
    api.scripts["s"] = [say("hello")]

    answer: JsonObject = json.loads(ask(api, f"{marker('s')} DECISION fix"))

    assert answer["content"] == [{"type": "text", "text": "hello"}]
    assert answer["stop_reason"] == "end_turn"
    found = api.requests.first_with("DECISION fix", script="s")
    assert found is not None
    assert found.tools == ("Bash",)
    assert api.requests.first_with("DECISION fix", script="other") is None
    assert json.loads((tmp_path / "requests.jsonl").read_text())["script"] == "s"


def test_a_streamed_tool_call_is_spelled_in_events(api: FakeApi) -> None:
    api.scripts["s"] = [call("Bash", command="true")]

    events = [
        json.loads(line[6:]) for line in ask(api, marker("s"), stream=True).splitlines() if line.startswith("data: ")
    ]

    assert [event["type"] for event in events] == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert json.loads(events[2]["delta"]["partial_json"]) == {"command": "true"}
    assert events[4]["delta"]["stop_reason"] == "tool_use"


def test_a_request_without_tools_is_answered_and_not_logged(api: FakeApi) -> None:
    assert json.loads(ask(api, "a title, please", tools=False))["content"][0]["text"] == "ok"
    assert api.requests.all() == []


def test_a_held_step_is_logged_at_once_and_answered_when_it_is_let_go(api: FakeApi) -> None:
    let_go = threading.Event()
    api.scripts["s"] = [Step(text="late", hold=let_go)]
    answers: list[str] = []
    asking = threading.Thread(target=lambda: answers.append(ask(api, marker("s"))))
    asking.start()

    api.requests.wait_for_step("s", 0)
    assert answers == []
    let_go.set()
    asking.join()

    assert "late" in answers[0]


def test_a_script_that_raises_fails_the_request_and_the_closing(tmp_path: Path) -> None:
    api = FakeApi(tmp_path / "requests.jsonl")

    def broken(talk: Conversation) -> Step:
        raise KeyError(talk.script_name)

    api.scripts["s"] = broken
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(api, marker("s"))
    refused.value.close()

    assert refused.value.code == 400
    with pytest.raises(ExceptionGroup, match="the scripted model failed"):
        api.close()


def test_waiting_in_vain_names_what_was_waited_for_and_the_last_requests(api: FakeApi) -> None:
    api.scripts["s"] = [say("hello")]
    ask(api, f"{marker('s')} what was said")

    with pytest.raises(NotSeenError, match=r"(?s)'DECISION'.*1 model requests.*what was said"):
        api.requests.wait_for("DECISION", timeout=0)
