"""The scripted model picks its script by marker and its step by what has been said since."""

from __future__ import annotations

from tests.claude_rig.script import Conversation, JsonObject, Step, call, marker, next_step, say


def user(text: str) -> JsonObject:
    return {"role": "user", "content": [{"type": "text", "text": text}]}


def result(text: str) -> JsonObject:
    return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": text}]}


ASSISTANT: JsonObject = {"role": "assistant", "content": [{"type": "text", "text": "…"}]}


def conversation(*messages: JsonObject) -> Conversation:
    return Conversation({"messages": list(messages), "tools": [{"name": "Bash"}]})


def test_the_latest_marker_in_a_user_message_chooses_the_script_and_restarts_its_steps() -> None:
    talk = conversation(
        user(marker("one")), ASSISTANT, result(marker("quoted")), ASSISTANT, user(marker("two")), ASSISTANT
    )

    assert talk.script_name == "two"
    assert talk.step == 1


def test_each_assistant_message_is_one_step_and_the_script_ends() -> None:
    script = [call("Bash", command="true"), say("done")]
    opening = user(marker("s"))

    assert next_step(script, conversation(opening)) == script[0]
    assert next_step(script, conversation(opening, ASSISTANT, result("ok"))) == script[1]
    assert (
        next_step(script, conversation(opening, ASSISTANT, result("ok"), ASSISTANT, user("more"))).text
        == "(script end)"
    )


def test_a_step_repeats_until_its_condition_has_held_in_the_past_of_the_conversation() -> None:
    work = Step(calls=call("Bash", command="true").calls, until=lambda talk: "DECIDED" in talk.new_text)
    script = [work, say("done")]
    waiting = [user(marker("s")), ASSISTANT, result("nothing"), ASSISTANT, result("nothing")]

    assert next_step(script, conversation(*waiting)) == work
    assert next_step(script, conversation(*waiting, ASSISTANT, result("DECIDED fix"))) == script[1]


def test_a_function_answers_from_what_is_new() -> None:
    def echo(talk: Conversation) -> Step:
        return say(f"heard {talk.new_text}")

    assert next_step(echo, conversation(user("old"), ASSISTANT, result("new"))).text == "heard new"


def test_an_unknown_script_says_so() -> None:
    assert next_step(None, conversation(user(marker("missing")))).text == "(no script missing)"
